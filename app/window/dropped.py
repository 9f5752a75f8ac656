"""What is dropped on the window to be played: whether it is a file of that kind is asked of the disk on another thread.

A share that does not answer holds up nothing. Knows no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.errors import SourceError
from app.file_worker import Later
from app.inputs import parse_source
from app.inputs.notation import CLIPS
from app.inputs.video import is_url
from app.look import SourceChoice
from app.show import Show
from app.window.actions import Actions
from app.words import inputs as words_inputs
from app.words import window as words


@dataclass(frozen=True)
class _Request:
    """chosen: what played when it was dropped. found: what it is; None = the disk has yet to answer."""

    chosen: tuple[SourceChoice, int]
    found: SourceChoice | None = None


class Dropped(QObject):
    """Makes it the source, unless another one was chosen before the disk had answered. Of several that it is asked for,
    the last one that is any source."""

    said = Signal(str, str)
    taken_back = Signal(str)
    """What ``said`` told was refused: there is another source now."""
    _answered = Signal(int, object, str)

    def __init__(self, show: Show, actions: Actions, later: Later, parent: QObject) -> None:
        """later: where the disk is asked."""
        super().__init__(parent)
        self._show, self._actions, self._later = show, actions, later
        self._asked = 0
        self._requests: dict[int, _Request] = {}
        self._refusal, self._stayed = "", self._chosen()
        self._answered.connect(self._take)
        show.setup_changed.connect(self._follow)

    def play(self, target: str) -> None:
        """A file's path, a stream's URL, or a source in words: see ``app.inputs.notation``."""
        self._asked += 1
        number = self._asked
        self._requests[number] = _Request(self._chosen())
        self._later(target, lambda: self._look_for(target, number))

    def _chosen(self) -> tuple[SourceChoice, int]:
        """What plays, however often."""
        setup = self._show.setup
        return replace(setup.source, loop=True), setup.restarts

    def _look_for(self, target: str, number: int) -> None:
        try:
            found = playable(target)
        except Exception as error:  # noqa: BLE001 - a hand waits for an answer
            self._answered.emit(number, None, str(error))
        else:
            self._answered.emit(number, found, "")

    @Slot(int, object, str)
    def _take(self, number: int, source: SourceChoice | None, reason: str) -> None:
        """reason: why it is none."""
        request = self._requests.pop(number, None)
        if source is None:
            self._refuse(reason)
        if request is None:
            self._take_back()
            return  # a later one plays already
        if source is not None:
            self._requests[number] = replace(request, found=source)
        last = self._requests[max(self._requests)] if self._requests else None
        if last is None or last.found is None:
            return
        self._requests.clear()
        if last.chosen != self._chosen():
            self._refuse(words.FOUND_TOO_LATE)
        else:
            self._actions.choose_source(replace(last.found, loop=self._show.setup.source.loop))

    def _refuse(self, reason: str) -> None:
        self._refusal, self._stayed = words.dropped(reason), self._chosen()
        self.said.emit("warning", self._refusal)

    def _take_back(self) -> None:
        refusal, self._refusal = self._refusal, ""
        if refusal:
            self.taken_back.emit(refusal)

    def _follow(self) -> None:
        """The source that stayed is not the one that plays any more."""
        if self._chosen() != self._stayed:
            self._take_back()


def playable(target: str) -> SourceChoice:
    """Asks the disk. Raises SourceError in one sentence where ``target`` is no source, or a file that does not look
    like a picture or a video: what a hand drops by mistake must not stop the show's picture."""
    source = parse_source(target)
    if source.kind == "clip" and not is_url(target) and Path(target).suffix.lower() not in CLIPS:
        raise SourceError(words_inputs.no_picture_file(Path(target).name))
    return source
