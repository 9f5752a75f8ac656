"""ModelSwitch: which model plays, which one comes up beside it, and when one gives way to the other.

The model that is wished for is brought up in slices, between the chunks of the one that plays, and takes over between
two chunks. Where both do not fit, the output holds its last picture, the old one is closed, and the new one comes up
alone. One that fails leaves the old one playing, or brings it back, and is not tried again until the wish changes.
Used by the engine thread alone. Knows no pictures, no queues, no Qt.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Protocol

from app.status import Level
from app.words import show as words
from engine.errors import EngineError, OutOfMemory
from engine.host import SecondStream
from engine.params import ControlChunk, EngineChoice, GpuMemory, ModelInfo, Params, Pixels, Progress

log = logging.getLogger(__name__)


class Host(Protocol):
    """``engine.host.EngineHost``, or what stands in its place."""

    def bring_up(self, params: Params, beside: bool) -> Generator[Progress, None, ModelInfo]: ...
    def fits_beside(self) -> bool: ...
    @property
    def prompts_read(self) -> int: ...
    def follow_on(self, params: Params) -> None: ...
    def left_done(self, params: Params) -> Params: ...
    def wanted(self, params: Params) -> int: ...
    def step(self, chunk: ControlChunk, params: Params) -> Pixels: ...
    def troubles(self) -> tuple[str, ...]: ...
    def memory(self) -> GpuMemory | None: ...
    def settle(self) -> None: ...
    @property
    def preparing(self) -> Progress | None: ...
    @property
    def trailing_s(self) -> float: ...
    def second_stream(self, after: Params | None = None) -> SecondStream: ...
    def close(self) -> None: ...


@dataclass(frozen=True, eq=False)
class Playing:
    """The model that paints. info: what it says of itself. tried_with: what it was tried out with on its way up.
    after: what the last chunk of the show before it was painted with, as ``Host.left_done`` has it; None = there was
    none."""

    host: Host
    choice: EngineChoice
    info: ModelInfo
    tried_with: Params
    after: Params | None = None


class ModelSwitch:
    """``advance`` between chunks does it all. The public attributes may be read on any thread.

    info: of the model that plays, or played last. progress: of the one that comes up. latest: what was begun last.
    """

    def __init__(
        self,
        make_host: Callable[[EngineChoice], Host],
        wish: Callable[[], EngineChoice],
        params: Callable[[], Params],
        say: Callable[[Level, str], None],
        may_hold: Callable[[EngineChoice], bool] = lambda choice: True,
        painted_with: Callable[[], Params | None] = lambda: None,
    ) -> None:
        """wish: what is to play. params: what the next chunk would be painted with. say: to tell the performer.
        may_hold: whether the output may be held for a model that does not fit beside the one that plays; else it is
        refused. painted_with: what the last chunk was painted with; None = nothing has been painted."""
        self._make_host = make_host
        self._wish = wish
        self._params = params
        self._say = say
        self._may_hold = may_hold
        self._painted_with = painted_with
        self._coming: _Coming | None = None
        self._refused: EngineChoice | None = None
        self._alone: EngineChoice | None = None
        self._played: EngineChoice | None = None
        self.playing: Playing | None = None
        self.info: ModelInfo | None = None
        self.progress: Progress | None = None
        self.latest: EngineChoice | None = None

    @property
    def target(self) -> EngineChoice:
        """What shall play: the performer's wish, or where that has failed, what played before."""
        wish = self._wish()
        if wish != self._refused:
            self._refused = None
        return wish if self._refused is None or self._played is None else self._played

    @property
    def busy(self) -> bool:
        """Whether there is anything for ``advance`` to do."""
        return self._coming is not None or self.playing is None or self.playing.choice != self.target

    @property
    def loading(self) -> bool:
        """Whether a model is coming up."""
        return self._coming is not None

    def advance(self, until: float) -> None:
        """Work on the wish until ``until`` (``time.perf_counter()``), at least for one slice.

        Raises what went wrong where nothing plays and there is nothing to go back to.
        """
        target = self.target
        if self._coming is not None and self._coming.choice != target:
            self._drop()
        if self.playing is not None and self.playing.choice == target:
            return
        try:
            self._bring_up(target, until)
        except Exception as error:  # nothing that one model does may stop another
            log.exception("The model could not be brought up: %s", target)
            self._give_up(target, error)

    def lose(self) -> None:
        """Close the model that plays: it has failed, or it has to make room."""
        playing, self.playing = self.playing, None
        if playing is not None:
            gc.unfreeze()
            _close(playing.host)

    def begin_anew(self) -> None:
        """What plays has lost its past and goes on without: another stream of the same model."""
        after = self._painted_with()
        if self.playing is not None and after is not None:
            self.playing.host.follow_on(after)
            self.playing = replace(self.playing, tried_with=after, after=after)

    def close(self) -> None:
        """The show is over."""
        self._drop()
        self.lose()

    def _bring_up(self, choice: EngineChoice, until: float) -> None:
        if self._coming is None:
            self.latest = choice
            self._coming = _Coming(choice, self._make_host(choice), self._params(), self.playing is not None)
        coming = self._coming
        while True:
            progress = coming.advance()
            if isinstance(progress, ModelInfo):
                self._take_over(coming, progress)
                return
            self.progress = progress
            if progress.part > 0 and not coming.has_room:
                coming.has_room = True
                self._make_room(coming)
            if time.perf_counter() >= until:
                return

    def _make_room(self, coming: _Coming) -> None:
        """What the model needs is there and sound; now it begins to take memory."""
        if self.playing is None or (self._alone != coming.choice and coming.host.fits_beside()):
            return
        if not self._may_hold(coming.choice):
            raise EngineError(words.no_room_beside(coming.title))
        self._say("warning", words.model_held_back(coming.title))
        self.lose()

    def _take_over(self, coming: _Coming, info: ModelInfo) -> None:
        self._coming = self.progress = self._alone = None
        self.lose()
        after = self._painted_with()
        if after is not None:
            coming.host.follow_on(after)
        self.playing = Playing(coming.host, coming.choice, info, coming.params, after)
        self.info, self._played = info, coming.choice
        # To look through what stays, all modules and a model, stops every thread for 0.15 s on a slow machine.
        gc.freeze()
        if info.note:
            self._say("info", words.model_note(info.name, info.device, info.note))

    def _give_up(self, choice: EngineChoice, error: Exception) -> None:
        """``choice`` has failed: let the show go on with what there is."""
        self._drop()
        may_hold = self._may_hold(choice)
        if self.playing is not None and isinstance(error, OutOfMemory) and self._alone != choice and may_hold:
            self._alone = choice  # the old model may be what was in its way
            return
        self._alone = None
        if self._played is None or (self.playing is None and choice == self._played):
            raise error
        self._refused = choice
        sentence = str(error) if isinstance(error, EngineError) else words.model_failed(error)
        told = words.goes_on_with(sentence, _title(self._played), plays=self.playing is not None)
        self._say("error" if may_hold else "warning", told)

    def _drop(self) -> None:
        coming, self._coming, self.progress = self._coming, None, None
        if coming is not None:
            coming.drop()


class _Coming:
    """A model on its way up. has_room: whether it may take memory."""

    def __init__(self, choice: EngineChoice, host: Host, params: Params, beside: bool) -> None:
        self.choice = choice
        self.host = host
        self.params = params
        self.title = _title(choice)
        self.has_room = False
        self._slices = host.bring_up(params, beside)

    def advance(self) -> Progress | ModelInfo:
        """One slice; the model's info when it is up."""
        try:
            return next(self._slices)
        except StopIteration as end:
            info: ModelInfo = end.value
            return info

    def drop(self) -> None:
        self._slices.close()
        _close(self.host)


def _title(choice: EngineChoice) -> str:
    return words.model_at(choice.model, choice.width, choice.height)


def _close(host: Host) -> None:
    try:
        host.close()
    except Exception:  # a device that has failed may refuse even this; the next model tells whether it works
        log.exception("The engine could not be closed")
