"""Rollout: one stream's causal roll-out in latents, chunk after chunk. Owns the transformer's memory of the past.

Knows no pixels, no prompts and no Params: embeddings, contexts and noise go in, clean latents come out. Latents are
[1, frames, 16, rows, columns], float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import TypeVar

import torch
from torch import Tensor

from engine.block import CallBlock, call_block
from engine.bound import BoundBlocks
from engine.conditioning import reference_context
from engine.config import ModelConfig
from engine.dit import ContextMemory, TextMemory, TimeMemory, WanDiT
from engine.graph import Recorder, Recordings
from engine.kv_cache import KVCache
from engine.linear import Linear
from engine.params import MAX_REFERENCES
from engine.sampler import Sampler
from engine.time_table import TimeTable
from engine.transfer import sent

G = TypeVar("G")
_Given = tuple[Tensor, Tensor, Tensor, ContextMemory | None, Tensor | None, Tensor | None]


class Rollout:
    """One chunk is ``denoise``, then ``settle``. ``reset`` forgets the past, not the text and not the references."""

    def __init__(
        self,
        dit: WanDiT,
        config: ModelConfig,
        rows: int,
        columns: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        recorder: Recorder | None = None,
    ) -> None:
        """rows, columns: of the latents. dtype, device: of the cache. recorder: of passes; None runs them as they are.

        Passes of offloaded networks are not recorded: what is copied is decided as layers are called.
        """
        self._dit = dit
        self._linears = [layer for layer in dit.modules() if isinstance(layer, Linear)]
        self._passes = Recordings(None if dit.is_offloaded else recorder)
        self._config = config.rollout
        self._zero_key_padding = config.quirks.zero_key_padding
        self.sampler = Sampler(config.rollout)
        self._times = TimeTable(dit)
        self._called: CallBlock = BoundBlocks() if torch.device(device).type == "cpu" else call_block
        self.cache = KVCache(
            dit.config, config.rollout, rows // 2, columns // 2, references=MAX_REFERENCES, dtype=dtype, device=device
        )
        # Kernels of GPUs are fastest without a weight, and recorded passes want texts of one length.
        self._weighs_padding = torch.device(device).type == "cpu" and not self._passes.records
        self._text: TextMemory | None = None
        self._references: Tensor | None = None
        self._reference_noise = torch.empty(0)
        self._kept_in_sink = False
        self._displacing = False
        self.reset()

    def reset(self) -> None:
        """The next chunk is the first of a new stream. The cache is simply overwritten."""
        self.frame = 0
        self._unsettled: Tensor | None = None
        self._history: Tensor | None = None
        self._remembered: Tensor | None = None
        self._softened = 1.0
        self._softened_before = 0
        self._softened_chunks = 0
        self.cache.restart()

    @property
    def is_settled(self) -> bool:
        """Whether the last chunk's clean latents are in the cache."""
        return self._unsettled is None

    @property
    def call(self) -> CallBlock:
        """How blocks are called from the next chunk on."""
        return self._called

    @call.setter
    def call(self, call: CallBlock) -> None:
        if call is not self._called:
            self._called = call
            self.drop_recordings()  # none of them would be played again

    def drop_recordings(self) -> None:
        """Passes are recorded anew from the next chunk on."""
        self._passes.drop()

    @property
    def records(self) -> bool:
        """Whether passes are recorded as they come again; no longer after that has failed."""
        return self._passes.records

    @property
    def chunks_to_record(self) -> int:
        """So many chunks from the start of a stream until every phase of the ring is recorded; 0 where none will be."""
        config = self._config
        ring = config.window - config.sink
        phases = ring // math.gcd(ring, config.chunk) if config.memory == "clean" else 1
        # Each phase comes once as it is, the first one with the chunk that fills the window, and once to be recorded.
        return -(-config.window // config.chunk) - 1 + 2 * phases if self._passes.records else 0

    @property
    def settles_at_once(self) -> bool:
        """Whether the device is told of the whole clean pass in no time, so that it need not be told after the rest: it
        is a recording that is there."""
        if self._unsettled is None or self._config.memory != "clean" or not self._may_record():
            return False
        return self._passes.has(self._key("write"), self._clean_given(self._unsettled))

    # -- what a chunk is painted with

    def read_text(self, embeds: Tensor) -> None:
        """Paint by these embeddings [1, rows, text_dim] from now on. The cache keeps what it has: see ``recache``."""
        read = self._dit.read_text(embeds, self._weighs_padding)
        if self._text is None or self._weighs_padding:
            self._text = read
        else:
            self._text.take(read)  # where recorded passes look for it

    @property
    def text_rows(self) -> int:
        """Of the text in force that are attended to; 0 before there is one."""
        return 0 if self._text is None else self._text.main[0][0].shape[1]

    def recache(self, keep_sink: bool = True) -> None:
        """Read the remembered past again with the text now in force (prompt switch of LongLive, arXiv 2509.22622).

        One pass over the frames of the window at timestep 0, without VACE. keep_sink: the sink stays as it is; else it
        is made anew of the oldest of these frames.
        """
        self._write_references()
        if self._history is None:
            return
        if self._config.memory == "recompute":
            self._recompute()
            return
        self.cache.open_recache(self.frame, self._history.shape[1], keep_sink)
        self._write(self._history)

    def show_references(self, latents: Tensor | None, in_sink: bool = False, displacing: bool = False) -> None:
        """Reference pictures as clean latents [1, k, 16, rows, columns], seen by the Context Blocks; None = none.

        in_sink: they are also written into the main network's cache, before frame 0, where every frame sees them, as in
        the bidirectional model. displacing: they take the place of the chunk's first control frames, as published.
        """
        self._references, self._kept_in_sink, self._displacing = latents, in_sink, displacing
        if latents is not None:
            # The same in every pass of every chunk, so that references do not flicker.
            noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(0))
            self._reference_noise = sent(noise, latents.device)
        self._write_references()

    def soften_past(self, weight: float, chunks: int) -> None:
        """A soft cut: what was made so far weighs only ``weight`` for ``chunks`` chunks, and leaves the sink."""
        if self.frame == 0:
            return  # there is no past
        self._softened, self._softened_before, self._softened_chunks = weight, self.frame, chunks
        self.cache.anchor(self.frame)

    # -- one chunk

    def denoise(
        self,
        noise: Callable[[int], Tensor],
        steps: list[float],
        context: Tensor | None = None,
        control_strength: float = 1.0,
        source: Tensor | None = None,
        past: float = 1.0,
    ) -> Tensor:
        """The next chunk's clean latents.

        noise, steps, source: see ``Sampler.denoise``. context: [1, n, 96, rows, columns]; None runs without VACE. past:
        weight of past keys, on top of the model's own.
        """
        assert self.is_settled
        config = self._config
        self._passes.begin_chunk()
        self.cache.open_chunk(self.frame if config.memory == "clean" else self._context_length(), config.chunk)
        self._weigh_past(config.past * past)
        references, noise_beside = None if self._displacing else self._references, self._reference_noise
        read: ContextMemory | None = None
        strength: Tensor | None = None
        if context is not None and control_strength != 0:
            read = self._read_context(context)
            strength = torch.full((), control_strength, dtype=self._dit.dtype, device=context.device)

        def predict(x: Tensor, timestep: float) -> Tensor:
            beside = None
            if references is not None and read is not None:
                beside = self.sampler.schedule.add_noise(references, noise_beside, timestep)
            return self._predict(x, timestep, read, strength, beside)

        self._unsettled = self.sampler.denoise(predict, noise, steps, source)
        return self._unsettled

    def settle(self, oldest_again: Tensor | None = None) -> None:
        """Write the last chunk's clean keys and values into the cache: what later chunks see of it. Without VACE.

        oldest_again: for models that recompute their memory, the oldest of the last nine decoded pictures, encoded
        again [1, 1, 16, rows, columns]; None = the latent frame itself.
        """
        clean = self._unsettled
        if clean is None:
            return
        history = clean if self._history is None else torch.cat([self._history, clean], dim=1)
        if self._config.memory == "clean":
            self._write(clean)
        else:
            last = history[:, -self._config.context :]
            first = last[:, :1] if oldest_again is None else oldest_again
            self._remembered = torch.cat([first, last[:, 1:]], dim=1)
            self._recompute()
        # Only now, so that a pass that failed can be repeated.
        self.frame += self._config.chunk
        self._history = history[:, -self._config.window :]
        self._unsettled = None
        self._softened_chunks = max(0, self._softened_chunks - 1)

    # -- parts

    def _predict(
        self,
        x: Tensor,
        timestep: float,
        context: ContextMemory | None,
        control_strength: Tensor | None,
        references: Tensor | None,
    ) -> Tensor:
        text, time = self._text, self._times[timestep]
        assert text is not None  # a text is read before the first chunk

        def work(given: _Given) -> Tensor:
            x, rows, head, context, strength, references = given
            time, control_strength = TimeMemory(timestep, rows, head), 1.0 if strength is None else strength
            predicted: Tensor = self._dit(
                x,
                time,
                text,
                self.cache,
                context,
                control_strength,
                references,
                self._zero_key_padding,
                self._call(),
            )
            return predicted

        predicted = self._run("denoise", work, (x, time.rows, time.head, context, control_strength, references))
        assert predicted is not None
        return predicted

    def _write(self, clean: Tensor) -> None:
        """Keys and values of clean frames, where the cache was opened."""
        text = self._text
        assert text is not None

        def work(given: tuple[Tensor, Tensor, Tensor]) -> None:
            clean, rows, head = given
            time = TimeMemory(0.0, rows, head)
            self._dit.remember(clean, time, text, self.cache, self._zero_key_padding, self._call())

        self._run("write", work, self._clean_given(clean))

    def _clean_given(self, clean: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        time = self._times[0.0]
        return clean, time.rows, time.head

    def _run(self, key: str, work: Callable[[G], Tensor | None], given: G) -> Tensor | None:
        """A pass, recorded where it may come again: not while the window fills, nor while LoRAs hang on the weights
        as branches, which are merged into them, in place, as soon as their strengths stand still."""
        if not self._may_record():
            return work(given)
        return self._passes.run(self._key(key), work, given)

    def _may_record(self) -> bool:
        return self.cache.is_full and not self._is_branched()

    def _key(self, key: str) -> Hashable:
        """With all else that the host decides within a pass."""
        return key, self.cache.layout, self._call()

    def _is_branched(self) -> bool:
        return any(layer.branches for layer in self._linears)

    def _call(self) -> CallBlock:
        """Compiled blocks know no branches, whose factors would be compiled in."""
        return call_block if self._is_branched() else self._called

    def _read_context(self, context: Tensor) -> ContextMemory:
        frames = self._config.chunk
        if self._references is not None:
            context = torch.cat([reference_context(self._references), context], dim=1)
            frames += 0 if self._displacing else self._references.shape[1]
        return self._dit.read_context(context, frames)

    def _write_references(self) -> None:
        if self._references is None or not self._kept_in_sink:
            self.cache.open_references(0)
        elif self._text is not None:
            self.cache.open_references(self._references.shape[1])
            self._write(self._references)

    def _recompute(self) -> None:
        """Rebuild the cache from the remembered frames in one clean pass, at positions 0 and up."""
        assert self._remembered is not None
        self.cache.restart()
        self.cache.open_chunk(0, self._remembered.shape[1])
        self._write(self._remembered)

    def _context_length(self) -> int:
        return 0 if self._remembered is None else self._remembered.shape[1]

    def _weigh_past(self, past: float) -> None:
        lasting = self._softened_chunks > 0
        before = self._softened_before
        if self._config.memory == "recompute":  # its frames are counted anew in each chunk
            before = max(0, self._context_length() - (self.frame - before)) if lasting else 0
        self.cache.weigh(past, before, self._softened, only_anchors=not lasting)
