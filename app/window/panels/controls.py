"""The controls: a row each with on and off, weight, a small live picture, its time and its trouble.

Opened, a row shows the control's own settings, how it mixes, where it counts and how often it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.look import Look
from app.status import ControlStatus, Status, Thumbnails
from app.window.bind import Bindings
from app.window.cards import Card, Elided, Expander, Trouble, named, text
from app.window.choice import Option, Picker, Switch
from app.window.fader import Fader
from app.window.picture import PictureView
from app.words import window as words
from controls.control import SLOWEST, ControlSetting, Setting

THUMBNAIL = QSize(96, 58)
RATES = (0, 1, 2, 3, 4, 6, 8, 12, 20, SLOWEST)
_TITLE_WIDTH = 112


class ControlKind(Protocol):
    """What a row needs to know of a control; ``controls.stack.CONTROLS`` holds these by name."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def settings(self) -> tuple[Setting, ...]: ...

    @property
    def moves(self) -> bool: ...


class ControlRow(QFrame):
    """One control of the look."""

    def __init__(self, bindings: Bindings, kind: ControlKind) -> None:
        super().__init__()
        self.setObjectName("row")
        self._kind = kind
        show, name = bindings.show, kind.name
        self.switch = Switch(kind.title, words.control_tip(kind.title), caption=False)
        self.weight = Fader(words.WEIGHT, 0.0, 1.0, 1.0, help=words.WEIGHT_TIP, title_width=52)
        self.weight.set_spoken_title(words.of_control(kind.title, words.WEIGHT))
        self.picture = PictureView(words.guide_of(kind.title), words.OFF, size=THUMBNAIL)
        self.time = Elided("dim")
        self.time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.trouble = Trouble()
        self.mix = self._picker(words.MIX, words.MIX_TIP, words.MIXES)
        self.region = self._picker(words.WHERE, words.WHERE_TIP, words.WHERES)
        self.every = self._picker(words.HOW_OFTEN, words.HOW_OFTEN_TIP, [(words.every(n), n) for n in RATES])
        self.settings = {setting.name: self._fader(bindings, setting) for setting in kind.settings}
        self._lay_out()
        bindings.look(
            lambda look: setting_of(look, name).on,
            self._put_on,
            self.switch.clicked,
            lambda on: show.set_control(name, on=on),
        )
        bindings.look(
            lambda look: setting_of(look, name).weight,
            self.weight.set_value,
            self.weight.moved,
            lambda weight: show.set_control(name, weight=weight),
        )
        bindings.look(
            lambda look: setting_of(look, name).mix,
            self.mix.put,
            self.mix.picked,
            lambda mix: show.set_control(name, mix=mix),
        )
        bindings.look(
            lambda look: setting_of(look, name).region,
            self.region.put,
            self.region.picked,
            lambda region: show.set_control(name, region=region),
        )
        bindings.look(
            lambda look: setting_of(look, name).every,
            self.every.put,
            self.every.picked,
            lambda every: show.set_control(name, every=every),
        )

    def put_thumbnail(self, thumbnails: Thumbnails) -> None:
        self.picture.set_picture(thumbnails.parts.get(self._kind.name) if self.switch.isChecked() else None)

    def put_status(self, status: ControlStatus | None) -> None:
        shown = status if self.switch.isChecked() else None
        ms = shown.ms.p50 if shown else None
        self.time.put(words.control_time(ms, shown.every) if shown and ms is not None else "")
        self.time.setToolTip(words.control_time_tip(shown.every) if shown else "")
        self.trouble.put(shown.trouble if shown else "")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.switch)
        head.addWidget(text(self._kind.title, "row_title"))
        head.addWidget(self.time, 1)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addLayout(head)
        right.addWidget(self.weight)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.picture)
        top.addLayout(right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.trouble)
        opened = self._own_settings()
        head.addWidget(Expander(words.settings_of(self._kind.title), opened))
        column.addWidget(opened)

    def _own_settings(self) -> QWidget:
        part = QWidget()
        lines = QVBoxLayout(part)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(6)
        for fader in self.settings.values():
            lines.addWidget(fader)
        lines.addLayout(named(words.MIX, self.mix, _TITLE_WIDTH))
        lines.addLayout(named(words.WHERE, self.region, _TITLE_WIDTH))
        if self._kind.moves:  # one that draws whatever the picture shows has nothing to carry
            lines.addLayout(named(words.HOW_OFTEN, self.every, _TITLE_WIDTH))
        return part

    def _picker(self, title: str, tip: str, options: Sequence[Option]) -> Picker:
        picker = Picker(words.of_control(self._kind.title, title), words.every, tip)
        picker.set_options(options)
        return picker

    def _put_on(self, on: bool) -> None:
        self.switch.setChecked(on)
        self.weight.setEnabled(on)
        self.picture.set_placeholder(words.NO_PICTURE_YET_SHORT if on else words.OFF)
        if not on:
            self.picture.set_picture(None)

    def _fader(self, bindings: Bindings, setting: Setting) -> Fader:
        show, name = bindings.show, self._kind.name
        span = setting.high - setting.low
        fader = Fader(
            setting.title,
            setting.low,
            setting.high,
            setting.default,
            whole=setting.whole,
            decimals=0 if span >= 100 else 1 if span >= 10 else 2,
            help=setting.help,
            title_width=_TITLE_WIDTH,
        )
        bindings.look(
            lambda look: dict(setting_of(look, name).values).get(setting.name, setting.default),
            fader.set_value,
            fader.moved,
            lambda value: show.set_control(name, values=_with(setting_of(show.look, name), setting, value)),
        )
        return fader


class ControlsPanel(Card):
    """A row for each control there is, and the mix of all that are on: what the engine is given."""

    def __init__(self, bindings: Bindings, kinds: Mapping[str, ControlKind]) -> None:
        super().__init__(words.CONTROLS)
        self.guide = PictureView(words.GUIDE, words.NO_PICTURE_YET_SHORT, size=THUMBNAIL)
        self.guide.setToolTip(words.GUIDE_TIP)
        self.header.addWidget(text(words.GUIDE, "dim"))
        self.header.addWidget(self.guide)
        self.rows = {name: ControlRow(bindings, kind) for name, kind in kinds.items()}
        for row in self.rows.values():
            self.body.addWidget(row)

    def put_thumbnails(self, thumbnails: Thumbnails) -> None:
        self.guide.set_picture(thumbnails.guide)
        for row in self.rows.values():
            row.put_thumbnail(thumbnails)

    def put_status(self, status: Status) -> None:
        for name, row in self.rows.items():
            row.put_status(status.controls.get(name))


def setting_of(look: Look, name: str) -> ControlSetting:
    """The look's setting of the control called ``name``; off where the look does not have it."""
    return next((control for control in look.controls if control.name == name), ControlSetting(name, on=False))


def _with(control: ControlSetting, setting: Setting, value: float) -> tuple[tuple[str, float], ...]:
    """``control.values`` with one more; a value that is the default is not kept, so that equal looks compare equal."""
    values = {**dict(control.values), setting.name: value}
    if value == setting.default:
        del values[setting.name]
    return tuple(sorted(values.items()))
