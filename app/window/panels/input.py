"""The input: which source, how its picture is turned and cut, what the device says of itself; and a second input.

Kinds that need a file show their page first; the source that runs goes on until the file is chosen.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.framing import Framing
from app.look import SourceChoice
from app.status import Devices, Status
from app.window.actions import Actions
from app.window.bind import Bindings
from app.window.cards import Card, Elided, Expander, Trouble, named
from app.window.choice import Segments, Switch
from app.window.fader import Fader
from app.window.panels.second_input import SecondInput
from app.window.panels.sources import SourcePages
from app.window.picture import PictureView
from app.words import window as words

CROP_LIMIT = 0.95
"""Of two opposite edges together: some of the picture has to stay."""

THUMBNAIL = QSize(128, 77)

SYMBOLS = ("camera", "monitor", "film", "image", "grid-3x3")
"""Of the kinds of source, in their order."""


class InputPanel(Card):
    """Binds ``setup.source``, ``setup.paused`` and ``setup.framing``."""

    def __init__(self, bindings: Bindings, actions: Actions) -> None:
        super().__init__(words.INPUT)
        self.kinds = Segments(words.SOURCE, words.SOURCE_KINDS, SYMBOLS, words.SOURCE_TIP)
        self.pages = SourcePages()
        self.body.addWidget(self.kinds)
        self.body.addWidget(self.pages)
        self.kinds.picked.connect(self.pages.pick)
        self.pages.picked.connect(actions.choose_source)

        self.picture = PictureView(words.SOURCE_PICTURE, words.NO_PICTURE_YET, size=THUMBNAIL)
        self.title = Elided("dim")
        self.trouble = Trouble()
        self.mirror = Switch(words.MIRROR, words.MIRROR_TIP)
        told = QVBoxLayout()
        told.addWidget(self.title)
        told.addWidget(self.trouble)
        told.addStretch(1)
        told.addWidget(self.mirror)
        beside = QHBoxLayout()
        beside.setSpacing(12)
        beside.addWidget(self.picture)
        beside.addLayout(told, 1)
        self.body.addLayout(beside)

        self.framing = FramingPart(bindings)
        self.body.addWidget(Expander(words.FRAMING, self.framing, words.FRAMING))
        self.body.addWidget(self.framing)
        self.second = SecondInput(bindings, actions)
        self.body.addWidget(self.second)

        bindings.setup(lambda setup: setup.source, self._put_source)
        self.pages.given_up.connect(lambda: self._put_source(bindings.show.setup.source))
        bindings.setup(
            lambda setup: setup.paused,
            self.pages.clip.pause.setChecked,
            self.pages.clip.pause.clicked,
            lambda _: actions.toggle_pause(),
        )
        bindings.setup(
            lambda setup: setup.framing.mirror,
            self.mirror.setChecked,
            self.mirror.clicked,
            lambda on: set_framing(bindings, mirror=on),
        )

    def put_devices(self, devices: Devices) -> None:
        self.pages.put_devices(devices)
        self.second.pages.put_devices(devices)

    def put_status(self, status: Status) -> None:
        self.title.put(status.source_title)
        self.trouble.put(status.source_trouble)
        self.second.put_status(status)

    def _put_source(self, source: SourceChoice) -> None:
        self.pages.put(source)
        self.kinds.put(source.kind)


class FramingPart(QWidget):
    """Rotate, fit and crop."""

    def __init__(self, bindings: Bindings) -> None:
        super().__init__()
        self.rotate = Segments(words.ROTATE, words.ROTATIONS, help=words.ROTATE_TIP)
        self.fit = Segments(words.FIT, words.FITS, help=words.FIT_TIP)
        self.crop = [
            Fader(name, 0, 90, 0, decimals=0, suffix=" %", help=words.CROP_TIP, title_width=92)
            for name in words.CROP_EDGES
        ]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(named(words.ROTATE, self.rotate))
        column.addLayout(named(words.FIT, self.fit))
        bindings.setup(
            lambda setup: setup.framing.rotate,
            self.rotate.put,
            self.rotate.picked,
            lambda angle: set_framing(bindings, rotate=angle),
        )
        bindings.setup(
            lambda setup: setup.framing.fit, self.fit.put, self.fit.picked, lambda fit: set_framing(bindings, fit=fit)
        )
        for edge, fader in enumerate(self.crop):
            column.addWidget(fader)
            self._bind_crop(bindings, edge, fader)

    def _bind_crop(self, bindings: Bindings, edge: int, fader: Fader) -> None:
        bindings.setup(
            lambda setup: setup.framing.crop[edge] * 100,
            fader.set_value,
            fader.moved,
            lambda percent: set_framing(bindings, crop=_cropped(bindings.show.setup.framing, edge, percent / 100)),
        )


def set_framing(bindings: Bindings, **changes: object) -> None:
    show = bindings.show
    show.set_setup(framing=replace(show.setup.framing, **changes))  # type: ignore[arg-type]  # fields of Framing


def _cropped(framing: Framing, edge: int, share: float) -> tuple[float, ...]:
    crop = list(framing.crop)
    crop[edge] = min(share, CROP_LIMIT - crop[(edge + 2) % 4])
    return tuple(crop)
