"""The first and the last frame: the pictures that a chunk begins and ends with."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from app.file_worker import Later
from app.look import Look
from app.window.bind import Bindings
from app.window.cards import FoldingCard
from app.window.picture_data import may_hold_pictures
from app.window.picture_tray import PictureTray
from app.words import window_look as words_look
from engine.params import Picture

Frames = tuple[Picture | None, Picture | None]


class FramesPanel(FoldingCard):
    """Binds ``params.first_frame`` and ``params.last_frame``. What is dropped beside both goes where there is none."""

    said = Signal(str, str)
    changed = Signal(object)
    """Both, as the performer's hand would have them."""

    def __init__(self, bindings: Bindings, grab: Callable[[], Picture | None], later: Later) -> None:
        """grab: what the outputs show. later: where files are read."""
        super().__init__(words_look.FRAMES, opened=False)
        show = bindings.show
        self._frames: Frames = (None, None)
        self.tray = PictureTray(
            words_look.FRAMES,
            words_look.FRAME_NAMES,
            grab,
            later,
            words_look.FRAMES_STAY,
            words_look.FRAMES_TIP,
            rowed=False,
        )
        show.look_switching.connect(self.tray.let_go)
        self.setAcceptDrops(True)
        self.body.addWidget(self.tray)
        self.tray.said.connect(self.said)
        self.tray.given.connect(self._give)
        self.tray.removed.connect(lambda place: self._set(place, [None]))
        bindings.look(
            _frames_of,
            self._put,
            self.changed,
            lambda frames: show.set_params(first_frame=frames[0], last_frame=frames[1]),
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if may_hold_pictures(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.open()
        self.tray.take(event.mimeData())

    def _put(self, frames: Frames) -> None:
        self._frames = frames
        self.tray.put(frames)
        self.summary.put(words_look.frames_in(frames[0] is not None, frames[1] is not None))

    def _give(self, place: int, pictures: list[Picture]) -> None:
        """Two at once for the first are first and last."""
        self._set(place, pictures[: len(self._frames) - place])

    def _set(self, place: int, pictures: list[Picture] | list[None]) -> None:
        frames = [*self._frames]
        frames[place : place + len(pictures)] = pictures
        self.changed.emit(tuple(frames))


def _frames_of(look: Look) -> Frames:
    return look.params.first_frame, look.params.last_frame
