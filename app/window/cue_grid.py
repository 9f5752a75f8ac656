"""The cue grid at the foot of the window: a pad for each cue; a click or a key fires it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QColor, QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QScrollArea, QVBoxLayout, QWidget

from app.cue_sheet import CueSheet
from app.set_list import COLOURS, TRANSITIONS, Transition
from app.show import Show
from app.vision_mixer import VisionMixer
from app.window.cards import text, tool
from app.window.cue_pad import KEYS, CuePad, key_of
from app.window.file_dialog import FileDialog
from app.window.flow import Flow
from app.window.morph_length import MorphLength
from app.window.text_fields import LineField
from app.words import window as words
from app.words import window_cues as words_cues
from app.words import window_hud as words_hud

__all__ = ["KEYS", "CueGrid", "key_of"]

SPACING = 6
LAYOUTS = ((1060, 3, QSize(132, 92)), (840, 2, QSize(132, 84)), (660, 2, QSize(132, 62)), (580, 2, QSize(176, 34)))
"""From so many pixels of the window's height on: so many rows of pads of this size are seen, if there are
as many; the others are scrolled to."""
LOWEST = (1, QSize(176, 34))
"""In a window lower still; a pad of this height has key, colour and name beside one another, without the picture."""


class CueGrid(QWidget):
    """Pads in rows that scroll: one for each key, and always one more than there are cues; a click on an empty one adds
    a cue there."""

    def __init__(self, sheet: CueSheet, show: Show, mixer: VisionMixer) -> None:
        super().__init__()
        self.sheet, self._mixer = sheet, mixer
        self._auditions = mixer.auditions
        self.pads: list[CuePad] = []
        self._rows, self._pad_size = LAYOUTS[1][1:]
        self._shown: int | None = None
        self._flow = Flow(SPACING)
        inside = QWidget()
        inside.setObjectName("scrolled")
        inside.setLayout(self._flow)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._bring_in_sight)
        self.name = LineField(words.CUE_NAME, help=words.CUE_NAME_TIP)
        self.morph = MorphLength()
        self.length = self.morph.field
        self._named_for: int | None = None
        self._timed_for: int | None = None
        self.name.hide()
        self.name.editingFinished.connect(self._named)
        # Later: a field that hides while the focus leaves it takes the focus from where it goes.
        self.name.editingFinished.connect(self.name.hide, Qt.ConnectionType.QueuedConnection)
        self.morph.hide()
        self.morph.picked.connect(self._timed)
        self.morph.refused.connect(lambda reason: sheet.said.emit("warning", reason))
        self.morph.left.connect(self.morph.hide)
        self.buttons = {
            "previous": tool("skip-back", words.CUE_PREVIOUS, words.CUE_PREVIOUS_TIP),
            "next": tool("skip-forward", words.CUE_NEXT, words.CUE_NEXT_TIP),
            "add": tool("plus", words.CUE_ADD, words.CUE_ADD_TIP),
            "update": tool("refresh-cw", words.CUE_UPDATE, words.CUE_UPDATE_TIP),
            "undo": tool("undo-2", words.CUE_UNDO, words.CUE_UNDO_TIP),
            "redo": tool("redo-2", words.CUE_REDO, words.CUE_REDO_TIP),
            "open": tool("folder-open", words.SET_OPEN, words.SET_OPEN_TIP),
            "save": tool("save", words.SET_SAVE, words.SET_SAVE_TIP),
            "versions": tool("list", words_cues.VERSIONS, words_cues.VERSIONS_TIP),
        }
        self.opening = FileDialog(self, words.SET_OPEN, words.SET_FILTER, sheet.open)
        self.saving = FileDialog(
            self, words.SET_SAVE, words.SET_FILTER, sheet.save, saves="vlive", name=lambda: sheet.set_list.title
        )
        acts = {
            "previous": sheet.previous,
            "next": sheet.next,
            "add": sheet.add,
            "update": self.update_current,
            "undo": sheet.undo,
            "redo": sheet.redo,
            "open": self.opening.open,
            "save": self.saving.open,
            "versions": self._ask_version,
        }
        head = QHBoxLayout()
        head.setSpacing(5)
        head.addWidget(text(words.CUES, "card_title"))
        head.addSpacing(8)
        for name, button in self.buttons.items():
            button.clicked.connect(lambda _, act=acts[name]: act())
            head.addWidget(button)
        head.addWidget(self.name)
        head.addWidget(self.morph)
        head.addStretch(1)
        self._head = head
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(head)
        column.addWidget(self._scroll)
        sheet.changed.connect(self._follow)
        show.looks_changed.connect(self._follow_looks)
        show.history_changed.connect(self._follow_looks)
        self._follow()
        self._fit()

    def add_to_head(self, part: QWidget) -> None:
        """At the right of the line above the pads."""
        self._head.addWidget(part)

    def fit_into(self, height: int) -> None:
        """Take rows and pads that leave room for the canvas in a window of this height."""
        fitting = next(((rows, size) for least, rows, size in LAYOUTS if height >= least), LOWEST)
        if fitting != (self._rows, self._pad_size):
            self._rows, self._pad_size = fitting
            self._fit()

    def save(self) -> None:
        """To the file that the set list came from; where there is none yet, it is asked for."""
        if self.sheet.path is None:
            self.saving.open()
        else:
            self.sheet.save(self.sheet.path)

    def update_current(self) -> None:
        """The cue that was fired or added last takes the look as it is now."""
        if self.sheet.current is not None:
            self.sheet.update(self.sheet.current)

    def rename(self, place: int) -> None:
        """Type its name; Enter or a click elsewhere ends that."""
        cue = self.sheet.cue(place)
        if cue is not None:
            self._named_for = self.sheet.number(place)
            self.name.put(cue.name)
            self.name.show()
            self._type_in(self.name)

    def type_length(self, place: int) -> None:
        """Type how long its morph is, or slide; the same."""
        cue = self.sheet.cue(place)
        if cue is not None:
            self._timed_for = self.sheet.number(place)
            self.morph.put(cue.transition)
            self.morph.show()
            self._type_in(self.length)

    def menu(self, place: int) -> QMenu | None:
        """What can be done with the cue at ``place``; None for an empty place."""
        cue = self.sheet.cue(place)
        if cue is None:
            return None
        sheet, menu = self.sheet, QMenu(self)
        there = partial(self._where_it_is, sheet.number(place))
        menu.addAction(words.CUE_UPDATE, there(sheet.update))
        menu.addAction(words.CUE_RENAME, there(self.rename))
        menu.addAction(words.CUE_DUPLICATE, there(sheet.duplicate))
        self._add_transitions(menu.addMenu(words.CUE_TRANSITION), there, cue.transition)
        colours = menu.addMenu(words.CUE_COLOUR)
        for name, colour in zip(words.CUE_COLOURS, COLOURS, strict=True):
            swatch = QPixmap(16, 16)
            swatch.fill(QColor(colour))
            action = QAction(QIcon(swatch), name, colours, checkable=True)
            action.setChecked(colour == cue.colour)
            action.triggered.connect(there(partial(self._set, colour=colour)))
            colours.addAction(action)
        menu.addSeparator()
        left = menu.addAction(words_hud.CUE_LEFT, there(lambda place: sheet.swap(place, place - 1)))
        left.setEnabled(place > 0)
        menu.addAction(words_hud.CUE_RIGHT, there(lambda place: sheet.swap(place, place + 1)))
        menu.addSeparator()
        menu.addAction(words.CUE_DELETE, there(sheet.delete))
        return menu

    def versions_menu(self) -> QMenu:
        """The cues as they were kept, the newest first."""
        menu, today = QMenu(self), datetime.now().date()
        versions = self.sheet.versions()
        for kept in versions:
            menu.addAction(words_cues.version(kept, today), partial(self.sheet.open_version, kept))
        if not versions:
            menu.addAction(words_cues.NO_VERSIONS).setEnabled(False)
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_rows()
        self._bring_in_sight()

    def _where_it_is(self, number: int | None, act: Callable[[int], None]) -> Callable[..., None]:
        """``act`` on the cue of this number, wherever it is by then: a set that is read meanwhile moves them all."""

        def do(_: bool = False) -> None:
            place = self.sheet.place_of(number)
            if place is not None:
                act(place)

        return do

    def _add_transitions(
        self, menu: QMenu, there: Callable[[Callable[[int], None]], Callable[..., None]], now: Transition
    ) -> None:
        """The usual ones, the cue's own where it is none of them, and a length to be typed."""
        listed = TRANSITIONS if now in TRANSITIONS else (*TRANSITIONS, now)
        for transition in listed:
            action = QAction(words.transition(transition), menu, checkable=True)
            action.setChecked(transition == now)
            action.triggered.connect(there(partial(self._set, transition=transition)))
            menu.addAction(action)
        menu.addAction(words_cues.CUE_LENGTH, there(self.type_length))

    def _set(self, place: int, **changes: Transition | str) -> None:
        self.sheet.set_cue(place, **changes)

    # what is typed

    @staticmethod
    def _type_in(field: LineField) -> None:
        field.setFocus()
        field.selectAll()

    def _named(self) -> None:
        place, self._named_for = self.sheet.place_of(self._named_for), None
        if place is not None and self.name.text().strip():
            self.sheet.set_cue(place, name=self.name.text().strip())

    def _timed(self, transition: Transition) -> None:
        place = self.sheet.place_of(self._timed_for)
        if place is not None:
            self.sheet.set_cue(place, transition=transition)
            self.morph.put(transition)

    def _follow_length(self) -> None:
        """Of the cue whose length is open; a step back may have changed it."""
        cue = self.sheet.cue(place) if (place := self.sheet.place_of(self._timed_for)) is not None else None
        if cue is not None and cue.transition != self.morph.shown:
            self.morph.put(cue.transition)

    # pads

    def _clicked(self, place: int) -> None:
        if self.sheet.cue(place) is None:
            self.sheet.add(place)
        else:
            self.sheet.fire(place)

    def _ask(self, place: int, at: QPoint) -> None:
        self._pop_up(self.menu(place), at)

    def _ask_version(self) -> None:
        button = self.buttons["versions"]
        self._pop_up(self.versions_menu(), button.mapToGlobal(button.rect().bottomLeft()))

    @staticmethod
    def _pop_up(menu: QMenu | None, at: QPoint) -> None:
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(at)

    def _follow(self) -> None:
        wanted = max(KEYS, len(self.sheet.set_list.cues) + 1)
        while len(self.pads) < wanted:
            self._add_pad()
        while len(self.pads) > wanted:
            pad = self.pads.pop()
            self._flow.removeWidget(pad)
            pad.deleteLater()
        self._fit_rows()
        self._follow_length()
        current = self.sheet.current
        self._auditions = self._mixer.auditions
        on_air, auditioned = self._mixer.on_air, current if self._auditions else None
        for pad in self.pads:
            pad.put(self.sheet.cue(pad.place), pad.place == on_air, pad.place == auditioned)
        self.buttons["undo"].setEnabled(self.sheet.can_undo)
        self.buttons["redo"].setEnabled(self.sheet.can_redo)
        self.buttons["update"].setEnabled(current is not None)
        if current != self._shown:
            self._shown = current
            for pad in self.pads:
                if pad.clicked_last and pad.place != current:
                    pad.clearFocus()  # what a key has fired is not what Del would take away
            self._bring_in_sight()

    def _follow_looks(self) -> None:
        self.buttons["redo"].setEnabled(self.sheet.can_redo)  # what is done to the look ends the cues' way forward
        if self._mixer.auditions != self._auditions:
            self._follow()

    def _add_pad(self) -> None:
        pad = CuePad(len(self.pads), self._pad_size)
        pad.clicked.connect(partial(self._press, pad))
        pad.asked.connect(partial(self._ask, pad.place))
        pad.dropped.connect(partial(self._dropped, pad.place))
        pad.removed.connect(partial(self.sheet.delete, pad.place))
        self._flow.addWidget(pad)
        if self.pads:
            QWidget.setTabOrder(self.pads[-1], pad)
        self.pads.append(pad)

    def _press(self, pad: CuePad, _: bool = False) -> None:
        self._clicked(pad.place)

    def _dropped(self, to: int, place: int) -> None:
        self.sheet.move(place, to)

    def _fit(self) -> None:
        for pad in self.pads:
            pad.setFixedSize(self._pad_size)
        self._scroll.verticalScrollBar().setSingleStep(self._pad_size.height() + SPACING)
        self._fit_rows()
        self._bring_in_sight()

    def _fit_rows(self) -> None:
        """Up to the first row with an empty place behind all cues, as far as the window has room for them: empty rows
        would take from the canvas."""
        across = max(1, (self.width() + SPACING) // (self._pad_size.width() + SPACING))
        rows = min(self._rows, len(self.sheet.set_list.cues) // across + 1)
        room = rows * self._pad_size.height() + (rows - 1) * SPACING
        taken = self._flow.heightForWidth(max(self.width(), self._pad_size.width()))
        self._scroll.setFixedHeight(min(room, taken) + 2)  # a pad that is scrolled to is seen with its frame

    def _bring_in_sight(self, *_: int) -> None:
        """The cue that was fired last, once the pads have their places."""
        QTimer.singleShot(0, self, self._scroll_to_current)

    def _scroll_to_current(self) -> None:
        if self._shown is not None and self._shown < len(self.pads):
            self._scroll.ensureWidgetVisible(self.pads[self._shown], 0, 0)
