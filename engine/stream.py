"""Stream: the one owner of all that a running stream remembers. Pictures and Params in, pictures out.

Knows no threads, no queues and no devices of the app. One thread uses it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engine.catalog import Model
from engine.conditioning import ContextEncoder
from engine.dit import TextMemory
from engine.errors import EngineError
from engine.kv_cache import KVCache
from engine.params import ControlChunk, EngineChoice, Params, Pixels
from engine.rope import RotaryTable, rotary_table
from engine.sampler import Sampler
from engine.tiny_vae import StreamingDecoder


class Stream:
    """Turns control chunks into pictures, one chunk a ``step``, for as long as the show lasts.

    What it keeps: the transformer's cache, the memories of the two context encoders and of the decoder, the number of
    the next latent frame, the prompt's keys and values. All of it is bounded; ``reset`` forgets all but the prompt.
    """

    def __init__(self, model: Model, choice: EngineChoice) -> None:
        """choice: width and height of the pictures, multiples of 16."""
        self._model = model
        self._rows, self._columns = choice.height // 8, choice.width // 8
        self._size = (choice.height, choice.width)
        dit, rollout = model.config.dit, model.config.rollout
        self._sampler = Sampler(rollout)
        self._cache = KVCache(
            dit.layers,
            rollout.window,
            rollout.sink,
            tokens=(self._rows // 2) * (self._columns // 2),
            heads=dit.heads,
            head_dim=dit.head_dim,
            dtype=model.device.dtype,
            device=model.device.torch_device,
        )
        self._context = ContextEncoder(model.vae)
        self._decoder = StreamingDecoder(model.vae)
        self._params: Params | None = None
        self._text: TextMemory | None = None
        self.reset()

    def reset(self) -> None:
        """Forget the past: the next chunk is the first of a new stream. The cache is simply overwritten."""
        self._frame = 0
        self._unsettled: tuple[Tensor, RotaryTable] | None = None
        self._context.reset()
        self._decoder.reset()

    def wanted(self, params: Params) -> int:
        """How many pictures the next ``step`` with ``params`` takes, and gives back."""
        starts = self._frame == 0 and self._unsettled is None
        return self._model.config.rollout.pictures(first=starts or self._cuts(params))

    @torch.inference_mode()
    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        """The pictures (F, H, W, 3) uint8 that belong to the chunk's, one for one.

        ``params`` is compared with that of the step before: a higher ``cut`` forgets the past, a new prompt is read
        anew, all else simply applies. EngineError when the chunk has the wrong size. Call ``settle`` once the pictures
        are handed out; a ``step`` without it settles first.
        """
        self.settle()
        if self._cuts(params):
            self.reset()
        self._check(chunk, params)
        if self._params is None or params.prompt != self._params.prompt:
            self._text = self._model.dit.read_text(self._model.text(params.prompt))
        self._params = params

        table = self._open_chunk()
        context = self._model.dit.read_context(self._context.encode(*self._pixels(chunk)))
        clean = self._sampler.denoise(
            lambda x, timestep: self._predict(x, timestep, table, context, params.control_strength),
            lambda step: self._noise(params.seed, step),
            self._sampler.steps(params.steps),
        )
        pixels = self._decoder.decode(clean)
        self._unsettled = (clean, table)
        return _bytes(pixels)

    @torch.inference_mode()
    def settle(self) -> None:
        """Write the last chunk's clean keys and values into the cache: what later chunks see of it. Without VACE."""
        if self._unsettled is None:
            return
        clean, table = self._unsettled
        self._predict(clean, 0.0, table)
        self._frame += self._model.config.rollout.chunk
        self._unsettled = None

    def _cuts(self, params: Params) -> bool:
        return self._params is not None and params.cut != self._params.cut

    def _check(self, chunk: ControlChunk, params: Params) -> None:
        wanted = (self.wanted(params), *self._size, 3)
        if chunk.guide.shape != wanted:
            raise EngineError(f"The engine was handed pictures of shape {chunk.guide.shape}, expected {wanted}.")

    def _open_chunk(self) -> RotaryTable:
        dit, frames = self._model.config.dit, self._model.config.rollout.chunk
        self._cache.open_chunk(self._frame, frames)
        device = self._model.device.torch_device
        return rotary_table(self._frame, frames, self._rows // 2, self._columns // 2, dit.head_dim, device)

    def _pixels(self, chunk: ControlChunk) -> tuple[Tensor, Tensor, Tensor]:
        """Guide and source [1, F, 3, H, W] in [-1, 1], mask [1, F, H, W] bool, on the device."""
        device = self._model.device.torch_device

        def signed(pictures: Pixels) -> Tensor:
            tensor = torch.from_numpy(np.ascontiguousarray(pictures)).to(device)
            return tensor.permute(0, 3, 1, 2).unsqueeze(0).float() / 127.5 - 1

        if chunk.mask is None:
            mask = torch.ones((1, *chunk.guide.shape[:3]), dtype=torch.bool, device=device)
        else:
            mask = torch.from_numpy(np.ascontiguousarray(chunk.mask)).to(device).unsqueeze(0) > 127
        return signed(chunk.guide), signed(chunk.source), mask

    def _predict(
        self, x: Tensor, timestep: float, table: RotaryTable, context: Tensor | None = None, strength: float = 1.0
    ) -> Tensor:
        assert self._text is not None  # the first step reads the prompt
        predicted: Tensor = self._model.dit(x, timestep, self._text, table, self._cache, context, strength)
        return predicted

    def _noise(self, seed: int, step: int) -> Tensor:
        """Noise of one chunk and step, made on the CPU: the same for a seed on every device, whatever ran before."""
        config = self._model.config
        state = np.random.SeedSequence([seed, self._frame, step]).generate_state(1, np.uint64)[0]
        generator = torch.Generator().manual_seed(int(state >> np.uint64(1)))
        shape = (1, config.rollout.chunk, config.dit.latent_channels, self._rows, self._columns)
        return torch.randn(shape, generator=generator).to(self._model.device.torch_device)


def _bytes(pixels: Tensor) -> Pixels:
    """[1, F, 3, H, W] in [-1, 1] as (F, H, W, 3) uint8 on the host."""
    scaled = pixels[0].permute(0, 2, 3, 1).mul(127.5).add(128).to(torch.uint8)
    out: Pixels = scaled.cpu().contiguous().numpy()
    return out
