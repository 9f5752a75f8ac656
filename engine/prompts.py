"""Prompts: the wording of a stream, chunk by chunk: reading, blending, morphing. Knows no networks and no threads.

Reading a prompt can take seconds. Where the owner hands in ``submit``, all but the first wording is read through it,
one prompt at a time, while the wording in force stays: the stream plays on. Without it, prompts are read where they are
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from engine.blending import blend_embeddings
from engine.params import Blend, Params, WeightedPrompt
from engine.text import TextEncoder

Submit = Callable[[Callable[[], Tensor]], "Future[Tensor]"]

BRIEF_S = 0.02
"""What a chunk waits for a prompt that was just handed in: a small table, or a file of embeddings, is read by then."""
REMEMBERED = 16
"""Prompts whose embeddings stay in memory, at most 8 MiB each (512 rows of 4096): fading between them costs nothing."""


@dataclass(frozen=True, eq=False)
class Wording:
    """What one chunk is told. embeds: [1, rows, text_dim] float32, not to be written to.

    changed: they differ from those of the chunk before. arrived: no morph is under way; also so while a new prompt is
    still being read, for until then the wording before it holds.
    """

    embeds: Tensor
    changed: bool
    arrived: bool


class Prompts:
    """Reads a stream's prompts and leads it from one wording to the next. One thread uses it."""

    def __init__(self, encode: TextEncoder, submit: Submit | None = None, power: float = 1.0) -> None:
        """submit: runs a call on another thread, for example ``Executor.submit``; ``encode`` is then called there.

        power: that weights are raised to, and the shares of a morph (``ModelConfig.blend_power``).
        """
        self._encode = encode
        self._submit = submit
        self._power = power
        self._memory: dict[str, Tensor] = {}  # by prompt, the last used last
        self._reading: tuple[str, Future[Tensor]] | None = None
        self._unreadable: Set[str] | None = None
        self._aimed_at: tuple[tuple[WeightedPrompt, ...], Blend] | None = None
        self._origin: Tensor | None = None
        self._target: Tensor | None = None
        self._embeds: Tensor | None = None
        self._way = 1.0  # from origin (0) to target (1)
        self._jump = False
        self._begins = True
        self.read = 0
        """How many prompts have come back from ``submit``."""

    def second(self) -> Prompts:
        """For another stream of the same model. It begins with the wording in force here, and reads nothing again."""
        second = Prompts(self._encode, self._submit, self._power)
        second._memory = dict(self._memory)
        second._aimed_at, second._target = self._aimed_at, self._target
        second._embeds = self._target
        return second

    def jump(self) -> None:
        """A cut: what is asked for next is there without a morph, and a morph under way is at its end."""
        self._jump = True

    @torch.no_grad()
    def advance(self, params: Params) -> Wording:
        """The wording of the next chunk; call it once a chunk.

        New prompts, weights or blend are morphed to over ``params.morph_chunks`` chunks from whatever is in force,
        along ``params.blend``; with 0 they are there at once. Which prompts are read and count: ``Params.heard``.

        Raises what reading raises (EngineError), once: the wording in force stays, and later calls go on with it until
        other prompts are asked for. Before the first wording there is none to stay, so each call tries again.
        """
        prompts = params.heard
        texts = {prompt.text for prompt in prompts}
        if ready := self._has_read(texts):
            self._aim(prompts, params.blend)
        before = self._embeds
        self._embeds = after = self._go_on(params)
        if ready or texts == self._unreadable:
            self._jump = False  # else it waits for the prompts that are being read
        changed = self._begins or before is None or (before is not after and not torch.equal(before, after))
        self._begins = False
        return Wording(after, changed, arrived=self._way == 1)

    def _has_read(self, texts: Set[str]) -> bool:
        """Whether all ``texts`` are in the memory. What is missing is read now, or by and by through ``submit``."""
        if self._reading is not None and self._reading[1].done():
            text, future = self._reading
            self._reading = None
            self.read += 1
            # What nobody asks for any more may fail, and who shuts down may call reads off.
            if not future.cancelled() and (text in texts or future.exception() is None):
                self._take(text, future.result, texts)
        missing = sorted(texts - self._memory.keys())
        if not missing:
            self._unreadable = None
            return True
        if self._embeds is not None and texts == self._unreadable:
            return False
        if self._embeds is None or self._submit is None:
            for text in missing:
                self._take(text, partial(self._encode, text), texts)
            return True
        if self._reading is None:
            self._reading = missing[0], self._submit(partial(self._encode, missing[0]))
            wait([self._reading[1]], timeout=BRIEF_S)
            if self._reading[1].done():
                return self._has_read(texts)
        return False

    def _take(self, text: str, read: Callable[[], Tensor], wanted: Set[str]) -> None:
        try:
            self._memory[text] = read().float()
        except Exception:
            self._unreadable = wanted
            raise
        for other in [other for other in self._memory if other not in wanted]:
            if len(self._memory) > REMEMBERED:
                del self._memory[other]

    def _aim(self, prompts: tuple[WeightedPrompt, ...], blend: Blend) -> None:
        """Make the blend of ``prompts`` the target, and what is in force the origin of the way there."""
        if self._aimed_at == (prompts, blend):
            return
        self._aimed_at = prompts, blend
        for prompt in prompts:
            self._memory[prompt.text] = self._memory.pop(prompt.text)
        embeds = [self._memory[prompt.text] for prompt in prompts]
        target = blend_embeddings(embeds, [prompt.weight**self._power for prompt in prompts], blend)
        if self._target is None or not torch.equal(self._target, target):
            self._origin, self._target, self._way = self._embeds, target, 0.0

    def _go_on(self, params: Params) -> Tensor:
        """The embeddings one chunk further on the way."""
        assert self._target is not None  # the first wording is read before anything else
        if self._way < 1:
            at_once = self._origin is None or self._jump or params.morph_chunks == 0
            self._way += 1.0 if at_once else 1 / params.morph_chunks
        if self._origin is None or self._way > 1 - 1e-6:  # tenths do not sum to one
            self._origin, self._way = None, 1.0
            return self._target
        shares = [(1 - self._way) ** self._power, self._way**self._power]
        return blend_embeddings([self._origin, self._target], shares, params.blend)
