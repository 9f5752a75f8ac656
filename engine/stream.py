"""Stream: the one owner of all that a running stream remembers. Pictures and Params in, pictures out.

Knows no threads, no queues and no devices of the app. One thread uses it.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engine.autoencoder import PICTURES_PER_LATENT
from engine.block import CallBlock
from engine.catalog import Model
from engine.conditioning import ContextEncoder, encode_references, extended, fitted
from engine.errors import EngineError
from engine.graph import Recorder
from engine.lora import Adapters, GuestAdapters
from engine.noise import StreamNoise
from engine.params import ControlChunk, EngineChoice, Lora, Params, Picture, Pixels
from engine.prompts import Prompts, Submit
from engine.rollout import Rollout
from engine.trailing import trailing_on
from engine.transfer import Beside, Fetch, sent
from engine.words import running as words

log = logging.getLogger(__name__)

_BUFFERED_PICTURES = 9  # of which the oldest is encoded again, by models that recompute their memory


class Stream:
    """Turns control chunks into pictures, one chunk a ``step``, for as long as the show lasts.

    What it keeps: the transformer's memory (``Rollout``), the memories of the encoders and of the decoder, the noise it
    last began with, the prompt's embeddings, the references' latents. All of it is bounded; ``reset`` forgets all that
    is past.
    """

    def __init__(
        self,
        model: Model,
        choice: EngineChoice,
        submit: Submit | None = None,
        beside: Stream | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        """choice: width and height of the pictures, multiples of 16. submit: where prompts are read meanwhile.

        beside: the stream whose networks this one borrows, see ``second``. recorder: of the transformer's passes.
        """
        self._model, self._choice = model, choice
        self._size = (choice.height, choice.width)
        rows, columns = choice.height // 8, choice.width // 8
        dtype, device = model.device.dtype, model.device.torch_device
        self._recorder = recorder
        self._rollout = Rollout(model.dit, model.config, rows, columns, dtype, device, recorder)
        self._records = self._rollout.records
        self._context = ContextEncoder(model.vae, model.config.quirks)
        self._source = model.vae.streaming_encoder()
        self._decoder = model.vae.streaming_decoder()
        self._noise = StreamNoise(
            model.config.rollout.chunk,
            model.config.dit.latent_channels,
            rows,
            columns,
            model.config.rollout.noise_kept,
            device,
        )
        self._prompts: Prompts = (
            Prompts(model.text, submit, model.config.blend_power) if beside is None else beside._prompts.second()
        )
        self._adapters: Adapters | GuestAdapters = _adapters(model, beside)
        self._encoding, self._fetch = Beside(device), Fetch(device)
        self._trailing = trailing_on(device)
        self._decoded: deque[Tensor] = deque(maxlen=_BUFFERED_PICTURES)
        self._params: Params | None = None
        self._granted: Params | None = None
        self._stale = False
        self._source_seen = False
        self._troubles: list[str] = []
        self._unrecorded = 0
        self.reset()

    def second(self) -> Stream:
        """Another stream of the same networks, at its beginning, used on the same thread.

        It has a past, references and LoRAs of its own, and follows on this one: see ``follow_on``. Whatever is asked of
        it, this one's pictures stay the same to the bit. A second stream has no second of its own.
        """
        recorder = self._recorder if self._rollout.records else None  # what has failed here fails there
        second = Stream(self._model, self._choice, beside=self, recorder=recorder)
        second.call_blocks(self._rollout.call)
        if self._granted is not None:
            second.follow_on(self._granted)
        return second

    def follow_on(self, params: Params) -> None:
        """Take the place of a stream whose last chunk was painted with ``params``; call it before the first step.

        What these had asked for once, cuts and first and last frame, is done: only a change of it acts.
        """
        self._granted, self._begins = params, False

    def left_done(self, params: Params) -> Params:
        """``params``, which the last step was given, as a stream that takes this one's place has to be told of them: a
        last frame that still waits for its chunk is not done."""
        return params if self._last_due is None else replace(params, last_frame=None)

    def call_blocks(self, call: CallBlock) -> None:
        """Call the transformer's blocks so from the next chunk on: compiled, or as they are."""
        self._rollout.call = call
        self._unrecorded = self._rollout.chunks_to_record

    def drop_recordings(self) -> None:
        """Give back what recorded passes hold; should it go on, they are recorded anew."""
        self._rollout.drop_recordings()

    def reset(self) -> None:
        """Forget the past: the next chunk is the first of a new stream."""
        self._rollout.reset()
        self._noise.reset()
        self._context.reset()
        self._forget_source()
        self._decoder.reset()
        self._prompts.jump()
        self._decoded.clear()
        self._stale, self._settled, self._begins = False, True, True
        self._unrecorded = self._rollout.chunks_to_record if self._unrecorded else 0
        self._first_due: Picture | None = None
        self._last_due: Picture | None = None

    def wanted(self, params: Params) -> int:
        """How many pictures the next ``step`` with ``params`` takes, and gives back."""
        starts = self._rollout.frame == 0 and self._rollout.is_settled
        return self._model.config.rollout.pictures(first=starts or self._cuts(params))

    @property
    def chunks_to_warm(self) -> int:
        """After so many chunks of a stream nothing comes that had to be made ready first."""
        return max(2, self._rollout.chunks_to_record)

    @property
    def chunks_to_record(self) -> int:
        """See ``Rollout.chunks_to_record``."""
        return self._rollout.chunks_to_record

    @property
    def chunks_unrecorded(self) -> int:
        """So many chunks at most until the passes of blocks that are called otherwise are recorded again; 0 where none
        will be."""
        return min(self._unrecorded, self._rollout.chunks_to_record)

    @property
    def prompts_read(self) -> int:
        """How many prompts that were handed to ``submit`` have come back: when each does, chance decides."""
        return self._prompts.read

    @property
    def trailing_s(self) -> float:
        """Seconds that the device went on with the chunk before the last one after its ``settle`` had returned."""
        return self._trailing.seconds

    def troubles(self) -> tuple[str, ...]:
        """Wishes that could not be granted since the last call, in words. The stream went on without them."""
        said, self._troubles = tuple(self._troubles), []
        if self._records and not self._rollout.records:
            self._records = False
            return *said, words.NOT_RECORDED
        return said

    @torch.inference_mode()
    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        """The pictures (F, H, W, 3) uint8 that belong to the chunk's, one for one.

        ``params`` is compared with that of the step before, and what changed acts from this chunk on. EngineError when
        the chunk has the wrong size. Call ``settle`` once the pictures are handed out; a ``step`` without it settles
        first. After a failure the next chunk is the first of a new stream.
        """
        self.settle()
        self._check(chunk, params)
        try:
            with self._adapters.in_force():
                return self._paint(chunk, params)
        except Exception:
            self.reset()  # encoders and transformer no longer stand at one picture
            raise

    def _paint(self, chunk: ControlChunk, params: Params) -> Pixels:
        if self._cuts(params):
            waits = self._last_due
            self.reset()
            self._last_due = waits  # asked for and not painted yet: no part of the past
        self._follow(params)
        with self._encoding.work():
            guide, source, mask = self._pixels(chunk)
            source_latents = self._source_latents(source, params.strength)
            strength, due = params.control_strength, self._pictures_due(params)
            if strength == 0 and any(picture is not None for picture in due):
                # VACE alone can paint a given picture: for this chunk it is there, and shown that and no structure.
                strength, guide = 1.0, torch.zeros_like(guide)
            source, mask = extended(source, mask, *due)
            context = self._control(guide, source, mask, strength)
        self._encoding.join(context, source_latents)
        clean = self._rollout.denoise(
            lambda step: self._noise.of(params.seed, self._rollout.frame, step),
            self._rollout.sampler.steps(params.steps, params.strength),
            context,
            strength,
            source_latents,
            params.past,
        )
        self._params = self._granted = params
        self._settled = self._begins = False
        pixels = self._decoder.decode(clean)
        if self._model.config.rollout.memory == "recompute":
            self._decoded.extend(pixels.unbind(1))
        coming = self._fetch.start(_bytes(pixels))
        self._trailing.handing_out()
        if self._rollout.settles_at_once:
            self._settle_at_once()
        painted: Pixels = coming().numpy()
        self._trailing.handed_out()
        return composited(painted, chunk) if params.composite else painted

    def _settle_at_once(self) -> None:
        """The device goes on while its pictures are handed out. They are done, whatever becomes of that."""
        try:
            self._rollout.settle()
        except Exception:
            log.warning("The clean pass failed and is run again behind the pictures", exc_info=True)

    @torch.inference_mode()
    def settle(self) -> None:
        """What the next chunk needs to know of the last one; a while of work that nobody waits for.

        After a failure the next chunk is the first of a new stream.
        """
        if self._settled:
            return
        try:
            with self._adapters.in_force():
                self._rollout.settle(self._oldest_again())
            self._settled = True
            self._unrecorded = max(0, self._unrecorded - 1)
            self._adapters.settle()
        except Exception:
            self.reset()  # a part of the past is lost, and no next chunk follows on the rest
            raise
        self._trailing.over()

    # -- what changed

    def _follow(self, params: Params) -> None:
        """Take over what is not like the step before. Wishes that cannot be granted are told, and cost nothing else."""
        old = self._params
        self._read_prompts(params, again=self._mix_in(params.loras))
        wishes = (params.references, params.reference_mode)
        if old is None or wishes != (old.references, old.reference_mode):
            pictures = [self._fitted(picture) for picture in params.references]
            self._rollout.show_references(
                encode_references(self._model.vae, pictures) if pictures else None,
                in_sink=params.reference_mode == "sink",
                displacing=params.reference_mode == "reference" or self._model.config.quirks.displaced_references,
            )
        granted = self._granted
        if granted is not None and params.soft_cut != granted.soft_cut:
            self._rollout.soften_past(params.soft_cut_past, params.soft_cut_chunks)
        again = granted is None or params.frames_again != granted.frames_again
        first, last = _but(params.first_frame, params.frames_done[0]), _but(params.last_frame, params.frames_done[1])
        if self._begins:
            self._first_due = params.first_frame
        elif again or granted is None or params.first_frame != granted.first_frame:
            self._first_due = first
        if again or granted is None or params.last_frame != granted.last_frame:
            self._last_due = last

    def _mix_in(self, loras: tuple[Lora, ...]) -> bool:
        """Whether the network computes otherwise than before. Each file that cannot be used is told once."""
        for _ in loras:
            try:
                return self._adapters.apply(loras)
            except EngineError as error:
                self._troubles.append(str(error))
        return self._adapters.apply(loras)

    def _read_prompts(self, params: Params, again: bool) -> None:
        """again: the network has changed, and with it what it makes of the same words."""
        try:
            wording = self._prompts.advance(params)
        except EngineError as error:
            if self._params is None:
                raise  # without any words there is nothing to go on with
            self._troubles.append(str(error))
            wording = self._prompts.advance(params)
        if wording.changed or again:
            self._rollout.read_text(wording.embeds)
            self._stale |= wording.changed
        # A morph is followed by cross-attention alone; the past is read again once, when it has arrived.
        if self._stale and wording.arrived:
            self._stale = False
            if params.prompt_change == "recache":
                self._rollout.recache()

    def _cuts(self, params: Params) -> bool:
        return self._granted is not None and params.cut != self._granted.cut

    def _check(self, chunk: ControlChunk, params: Params) -> None:
        wanted = (self.wanted(params), *self._size, 3)
        if chunk.guide.shape != wanted:
            raise EngineError(words.wrong_pictures(chunk.guide.shape, wanted))

    # -- what goes into a chunk

    def _pixels(self, chunk: ControlChunk) -> tuple[Tensor, Tensor, Tensor]:
        """Guide and source [1, F, 3, H, W] in [-1, 1] on the device, mask [1, F, H, W] bool on the host."""
        device = self._model.device.torch_device

        def signed(pictures: Pixels) -> Tensor:
            tensor = sent(torch.from_numpy(np.ascontiguousarray(pictures)), device)
            return tensor.permute(0, 3, 1, 2).unsqueeze(0).float() / 127.5 - 1

        if chunk.mask is None:
            mask = torch.ones((1, 1, 1, 1), dtype=torch.bool).expand(1, *chunk.guide.shape[:3])
        else:
            mask = torch.from_numpy(np.ascontiguousarray(chunk.mask)).unsqueeze(0) > 127
        guide = signed(chunk.guide)
        return guide, guide if chunk.source is chunk.guide else signed(chunk.source), mask

    def _fitted(self, picture: Picture) -> Tensor:
        return sent(fitted(picture.pixels, *self._size), self._model.device.torch_device)

    def _pictures_due(self, params: Params) -> tuple[Tensor | None, Tensor | None]:
        """The pictures that this chunk begins and ends with. One latent frame takes one, and leaves the other."""
        first, self._first_due = self._first_due, None
        last = None
        if first is None or self._model.config.rollout.chunk > 1:
            last, self._last_due = self._last_due, None
        return (None if first is None else self._fitted(first)), (None if last is None else self._fitted(last))

    def _control(self, guide: Tensor, source: Tensor, mask: Tensor, strength: float) -> Tensor | None:
        """What VACE is shown; at strength 0 nothing is, and its encoders rest."""
        if strength == 0:
            self._context.reset()
            return None
        if self._context.starts and self._rollout.frame > 0:
            # An encoder gives its first latent frame to one picture: the last of the first four, so that all later
            # ones fall together with the decoder's.
            guide, source, mask = (part[:, PICTURES_PER_LATENT - 1 :] for part in (guide, source, mask))
        return self._context.encode(guide, source, mask)

    def _source_latents(self, source: Tensor, strength: float) -> Tensor | None:
        """The source as latents, for video to video; at full strength it is not looked at."""
        if strength == 1.0:
            self._forget_source()
            return None
        if not self._source_seen and self._rollout.frame > 0:
            source = source[:, PICTURES_PER_LATENT - 1 :]
        self._source_seen = True
        return self._source.encode(source)

    def _forget_source(self) -> None:
        self._source.reset()
        self._source_seen = False

    def _oldest_again(self) -> Tensor | None:
        """For models that recompute their memory: the oldest of the last nine pictures, encoded anew."""
        if not self._decoded or self._rollout.frame == 0:
            return None
        return encode_references(self._model.vae, [self._decoded[0].unsqueeze(1)])


def _but(picture: Picture | None, done: Picture | None) -> Picture | None:
    return None if picture == done else picture


def _adapters(model: Model, beside: Stream | None) -> Adapters | GuestAdapters:
    if beside is None:
        return Adapters(model.dit)
    if isinstance(beside._adapters, GuestAdapters):
        raise ValueError("a second stream has no second stream of its own")
    return beside._adapters.guest()


def composited(painted: Pixels, chunk: ControlChunk) -> Pixels:
    """``painted`` where the chunk's mask is 255, its source where it is 0, mixed in between; exact at both ends."""
    if chunk.mask is None:
        return painted
    weight = chunk.mask[..., None].astype(np.uint16)
    mixed = painted * weight + chunk.source * (255 - weight) + 127
    out: Pixels = (mixed // 255).astype(np.uint8)
    return out


def _bytes(pixels: Tensor) -> Tensor:
    """[1, F, 3, H, W] in [-1, 1] as (F, H, W, 3) uint8, where they are."""
    return pixels[0].permute(0, 2, 3, 1).mul(127.5).add(128).to(torch.uint8).contiguous()
