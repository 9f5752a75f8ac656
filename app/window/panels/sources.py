"""One page for each kind of source, and the pages of one input, of which one is open.

A page displays a ``SourceChoice`` and speaks when the performer makes another.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.look import SourceChoice, SourceKind
from app.status import Devices
from app.window import icons
from app.window.cards import text
from app.window.choice import Picker, Switch
from app.window.fader import NumberField
from app.window.file_dialog import FileDialog
from app.window.text_fields import LineField
from app.words import window as words

SIZES = ((640, 360), (640, 480), (960, 540), (1280, 720), (1920, 1080))
RATES = (15.0, 24.0, 25.0, 30.0, 50.0, 60.0)
FIRST_REGION = (0, 0, 1280, 720)


class SourcePage(QWidget):
    """``picked(choice)`` speaks only of the performer's hand; ``put`` is silent."""

    picked = Signal(object)
    given_up = Signal()
    """Nothing was chosen after all: what plays is what should be shown."""

    def __init__(self, kind: SourceKind) -> None:
        super().__init__()
        self.choice = SourceChoice(kind)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)

    @property
    def ready(self) -> bool:
        """Whether there is something to open already."""
        return True

    def put(self, choice: SourceChoice) -> None:
        self.choice = choice
        self.display(choice)

    def put_devices(self, devices: Devices) -> None:
        """A device came or went."""

    def display(self, choice: SourceChoice) -> None:
        """Bring the page's widgets in line with ``choice``. For each page to fill: this one has no widgets yet."""

    def pick(self, **changes: object) -> None:
        self.put(replace(self.choice, **changes))  # type: ignore[arg-type]  # the fields are named by the pages below
        self.picked.emit(self.choice)


class SizeAndRate(QHBoxLayout):
    """Two lists: the picture's size and how many a second, 0 for what the device prefers."""

    def __init__(self, page: SourcePage) -> None:
        super().__init__()
        self.setSpacing(6)
        self.size = Picker(words.SOURCE_SIZE, lambda size: words.size(*size), words.SOURCE_SIZE_TIP)
        self.size.set_options([(words.ANY_SIZE, (0, 0)), *((words.size(*size), size) for size in SIZES)])
        self.rate = Picker(words.RATE, words.per_second, words.RATE_TIP)
        self.rate.set_options([(words.ANY_RATE, 0.0), *((words.per_second(rate), rate) for rate in RATES)])
        self.addWidget(self.size, 3)
        self.addWidget(self.rate, 2)
        self.size.picked.connect(lambda size: page.pick(width=size[0], height=size[1]))
        self.rate.picked.connect(lambda rate: page.pick(rate=rate))

    def display(self, choice: SourceChoice) -> None:
        self.size.put((choice.width, choice.height))
        self.rate.put(choice.rate)


class CameraPage(SourcePage):
    """A camera by its name; the list is renewed while it is open, as cameras come and go."""

    def __init__(self) -> None:
        super().__init__("camera")
        self.camera = Picker(words.CAMERA, words.not_connected, words.CAMERA_TIP)
        self.wanted = SizeAndRate(self)
        self.column.addWidget(self.camera)
        self.column.addLayout(self.wanted)
        self.camera.picked.connect(lambda name: self.pick(target=name))
        self.put_devices(Devices())
        self.display(self.choice)

    def put_devices(self, devices: Devices) -> None:
        first = words.first_camera(devices.cameras)
        self.camera.set_options([(first, ""), *((name, name) for name in devices.cameras)])

    def display(self, choice: SourceChoice) -> None:
        self.camera.put(choice.target)
        self.wanted.display(choice)


class ScreenPage(SourcePage):
    """A screen or a region of it."""

    def __init__(self) -> None:
        super().__init__("screen")
        self.screen_picker = Picker(words.SCREEN, words.not_connected, words.SCREEN_TIP)
        self.region = Switch(words.REGION, words.REGION_TIP)
        self._box = QWidget()
        grid = QGridLayout(self._box)
        grid.setContentsMargins(0, 0, 0, 0)
        self.edges: list[NumberField] = []
        for index, (name, low) in enumerate(zip(words.REGION_EDGES, (0, 0, 16, 16), strict=True)):
            number = NumberField(low, 16384, 0)
            number.setMinimumWidth(56)
            number.setAccessibleName(f"{words.REGION}: {name}")
            number.setToolTip(words.REGION_TIP)
            number.valueChanged.connect(self._edges_moved)
            self.edges.append(number)
            grid.addWidget(text(name, "caption"), 0, index)
            grid.addWidget(number, 1, index)
        self.column.addWidget(self.screen_picker)
        self.column.addWidget(self.region)
        self.column.addWidget(self._box)
        self.screen_picker.picked.connect(lambda name: self.pick(target=name))
        self.region.clicked.connect(lambda on: self.pick(region=FIRST_REGION if on else None))
        self.put_devices(Devices())
        self.display(self.choice)

    def put_devices(self, devices: Devices) -> None:
        self.screen_picker.set_options([(words.FIRST_SCREEN, ""), *((name, name) for name in devices.screens)])

    def display(self, choice: SourceChoice) -> None:
        self.screen_picker.put(choice.target)
        self.region.setChecked(choice.region is not None)
        self._box.setVisible(choice.region is not None)
        for number, value in zip(self.edges, choice.region or FIRST_REGION, strict=True):
            number.blockSignals(True)
            number.setValue(value)
            number.blockSignals(False)

    def _edges_moved(self) -> None:
        self.pick(region=tuple(round(number.value()) for number in self.edges))


class FilePage(SourcePage):
    """A file by path, by dialog or dropped on the window; a clip may be a stream's URL as well."""

    def __init__(self, kind: SourceKind, title: str, placeholder: str, suffixes: str, help: str) -> None:
        super().__init__(kind)
        self.path = LineField(title, placeholder, help)
        self.browse = QToolButton()
        self.browse.setIcon(icons.icon("folder-open"))
        self.browse.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.browse.setAccessibleName(words.BROWSE)
        self.browse.setToolTip(words.BROWSE)
        self.browse.clicked.connect(self.open_dialog)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.path, 1)
        line.addWidget(self.browse)
        self.column.addLayout(line)
        self.path.entered.connect(self._entered)
        self._files = FileDialog(
            self, words.BROWSE, suffixes, lambda path: self._entered(str(path)), begins=self._folders
        )
        self._files.given_up.connect(self.given_up)

    @property
    def ready(self) -> bool:
        return bool(self.choice.target)

    @property
    def dialog(self) -> QFileDialog | None:
        """The dialog while it is open."""
        return self._files.dialog

    def display(self, choice: SourceChoice) -> None:
        self.path.put(choice.target)

    def open_dialog(self) -> None:
        """Not modal: the show runs on, and every key still works."""
        self._files.open()

    def _folders(self) -> list[Path]:
        films = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation))
        return [Path(self.choice.target).parent, films] if self.choice.target else [films]

    def _entered(self, target: str) -> None:
        if target:
            self.pick(target=target)
        else:
            self.display(self.choice)


class ClipPage(FilePage):
    """A file page with loop and pause. pausable: whether the input's clip can stand still."""

    def __init__(self, pausable: bool = True) -> None:
        super().__init__("clip", words.CLIP, words.CLIP_PLACEHOLDER, words.CLIP_FILTER, words.CLIP_TIP)
        self.loop = Switch(words.LOOP, words.LOOP_TIP)
        self.pause = Switch(words.PAUSE, words.PAUSE_TIP)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.loop)
        line.addWidget(self.pause)
        self.pause.setVisible(pausable)
        line.addStretch(1)
        self.column.addLayout(line)
        self.loop.clicked.connect(lambda on: self.pick(loop=on))
        self.display(self.choice)

    def display(self, choice: SourceChoice) -> None:
        super().display(choice)
        self.loop.setChecked(choice.loop)


class StillPage(FilePage):
    """A file page, as it is."""

    def __init__(self) -> None:
        super().__init__("still", words.STILL, words.STILL_PLACEHOLDER, words.STILL_FILTER, words.STILL_TIP)
        self.display(self.choice)


class CardPage(SourcePage):
    """Size and rate are all there is to choose."""

    def __init__(self) -> None:
        super().__init__("testcard")
        self.wanted = SizeAndRate(self)
        self.column.addLayout(self.wanted)
        self.display(self.choice)

    def display(self, choice: SourceChoice) -> None:
        self.wanted.display(choice)


class SourcePages(QStackedWidget):
    """A page for each kind; ``picked(choice)`` speaks only of the performer's hand. pausable: see ``ClipPage``."""

    picked = Signal(object)
    given_up = Signal()
    """See ``SourcePage``."""
    left = Signal()
    """A path was typed, or given up, or looked at: what was refused of one before has been read."""

    def __init__(self, pausable: bool = True) -> None:
        super().__init__()
        self.camera, self.screen_page, self.clip = CameraPage(), ScreenPage(), ClipPage(pausable)
        self.still, self.testcard = StillPage(), CardPage()
        self._pages: dict[SourceKind, SourcePage] = {
            "camera": self.camera,
            "screen": self.screen_page,
            "clip": self.clip,
            "still": self.still,
            "testcard": self.testcard,
        }
        for page in self._pages.values():
            self.addWidget(page)
            page.picked.connect(self.picked)
            page.given_up.connect(self.given_up)
        for file in (self.clip, self.still):
            file.path.left.connect(self.left)

    @property
    def page(self) -> SourcePage:
        """The page that is open."""
        page = self.currentWidget()
        assert isinstance(page, SourcePage)
        return page

    def put(self, choice: SourceChoice) -> None:
        self._pages[choice.kind].put(choice)
        self._open(choice.kind)

    def put_devices(self, devices: Devices) -> None:
        for page in self._pages.values():
            page.put_devices(devices)

    def pick(self, kind: SourceKind) -> None:
        """The performer wants such a source: as its page was last set, or once its file is chosen."""
        self._open(kind)
        page = self._pages[kind]
        if page.ready:
            self.picked.emit(page.choice)
        elif isinstance(page, FilePage):
            page.open_dialog()

    def _open(self, kind: SourceKind) -> None:
        self.setCurrentWidget(self._pages[kind])
        # A stack is as high as its highest page unless the hidden ones ask for nothing.
        for other_kind, other in self._pages.items():
            policy = other.sizePolicy()
            policy.setVerticalPolicy(policy.Policy.Preferred if other_kind == kind else policy.Policy.Ignored)
            other.setSizePolicy(policy)
