"""The references: up to three pictures of what shall appear, their order, and how the model is shown them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from app.file_worker import Later
from app.window.bind import Bindings
from app.window.cards import FoldingCard, named
from app.window.choice import Segments
from app.window.picture_data import may_hold_pictures
from app.window.picture_tray import PictureTray
from app.words import window_look as words_look
from engine.params import MAX_REFERENCES, Picture


class ReferencesPanel(FoldingCard):
    """Binds ``params.references`` and ``params.reference_mode``. What is dropped anywhere on it is added."""

    said = Signal(str, str)
    changed = Signal(object)
    """All references, as the performer's hand would have them."""

    def __init__(self, bindings: Bindings, grab: Callable[[], Picture | None], later: Later) -> None:
        """grab: what the outputs show. later: where files are read."""
        super().__init__(words_look.REFERENCES, opened=False)
        show = bindings.show
        self._references: tuple[Picture, ...] = ()
        captions = [str(number + 1) for number in range(MAX_REFERENCES)]
        self.tray = PictureTray(
            words_look.REFERENCES,
            captions,
            grab,
            later,
            words_look.REFERENCES_STAY,
            words_look.REFERENCES_TIP,
            rowed=True,
        )
        show.look_switching.connect(self.tray.let_go)
        self.mode = Segments(words_look.REFERENCE_MODE, words_look.REFERENCE_MODES, help=words_look.REFERENCE_MODE_TIP)
        self.setAcceptDrops(True)
        self.body.addWidget(self.tray)
        self.body.addLayout(named(words_look.REFERENCE_MODE, self.mode, 56))
        self.tray.said.connect(self.said)
        self.tray.given.connect(self._give)
        self.tray.removed.connect(self._remove)
        self.tray.moved.connect(self._move)
        bindings.look(
            lambda look: look.params.references,
            self._put,
            self.changed,
            lambda references: show.set_params(references=references),
        )
        bindings.look(
            lambda look: look.params.reference_mode,
            self.mode.put,
            self.mode.picked,
            lambda mode: show.set_params(reference_mode=mode),
        )
        self.tray.choose(MAX_REFERENCES)  # what is added first is added behind what was kept

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if may_hold_pictures(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.open()
        self.tray.take(event.mimeData())

    def _put(self, references: tuple[Picture, ...]) -> None:
        self._references = references
        self.tray.put([*references, *[None] * (MAX_REFERENCES - len(references))])
        self.tray.choose(self.tray.current)
        self.summary.put(words_look.references_in(len(references)))

    def _give(self, place: int, pictures: list[Picture]) -> None:
        """The first takes the place of what is there, the others come behind all."""
        references = [*self._references]
        references[place : place + 1] = pictures[:1]
        references += pictures[1:]
        if len(references) > MAX_REFERENCES:
            too_many = words_look.too_many_references(len(references))
            self.said.emit("warning", f"{too_many} {words_look.REFERENCES_STAY}")
        else:
            self.changed.emit(tuple(references))

    def _remove(self, place: int) -> None:
        self.changed.emit(self._references[:place] + self._references[place + 1 :])

    def _move(self, place: int, to: int) -> None:
        references = [*self._references]
        references.insert(to, references.pop(place))
        self.changed.emit(tuple(references))
