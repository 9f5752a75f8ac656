"""The second input: whether the controls see another picture than the source's, which one, and how it fares."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.look import SourceChoice, SourceKind
from app.status import Status, Thumbnails
from app.window.actions import Actions
from app.window.bind import Bindings
from app.window.cards import Elided, Trouble, named
from app.window.choice import Picker
from app.window.panels.sources import SourcePages
from app.window.picture import PictureView
from app.words import window as words

THUMBNAIL = QSize(96, 58)


class SecondInput(QWidget):
    """Binds ``setup.structure``; one line while it is off. A kind that needs a file waits for it, as for the source."""

    def __init__(self, bindings: Bindings, actions: Actions) -> None:
        super().__init__()
        self._actions = actions
        self.kinds = Picker(words.SECOND_INPUT, help=words.SECOND_INPUT_TIP)
        self.kinds.set_options(words.SECOND_INPUTS)
        self.pages = SourcePages(pausable=False)
        self.picture = PictureView(words.SECOND_PICTURE, words.NO_PICTURE_YET_SHORT, size=THUMBNAIL)
        self.title = Elided("dim")
        self.trouble = Trouble()
        self._lay_out()
        self.kinds.picked.connect(self._kind_picked)
        self.pages.picked.connect(actions.choose_structure)
        bindings.setup(lambda setup: setup.structure, self._put)
        self.pages.given_up.connect(lambda: self._put(bindings.show.setup.structure))

    def put_status(self, status: Status) -> None:
        self.title.put(status.structure_title)
        self.trouble.put(status.structure_trouble)

    def put_thumbnails(self, thumbnails: Thumbnails) -> None:
        self.picture.set_picture(thumbnails.structure)

    def _lay_out(self) -> None:
        told = QVBoxLayout()
        told.addWidget(self.title)
        told.addWidget(self.trouble)
        told.addStretch(1)
        beside = QHBoxLayout()
        beside.setSpacing(12)
        beside.addWidget(self.picture)
        beside.addLayout(told, 1)
        self._opened = QWidget()
        inside = QVBoxLayout(self._opened)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self.pages)
        inside.addLayout(beside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(named(words.SECOND_INPUT, self.kinds))
        column.addWidget(self._opened)

    def _put(self, structure: SourceChoice | None) -> None:
        self.kinds.put(None if structure is None else structure.kind)
        self._opened.setVisible(structure is not None)
        if structure is not None:
            self.pages.put(structure)

    def _kind_picked(self, kind: SourceKind | None) -> None:
        self._opened.setVisible(kind is not None)
        if kind is None:
            self._actions.choose_structure(None)
        else:
            self.pages.pick(kind)
