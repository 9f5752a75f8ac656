"""The outputs: virtual camera, stage, recorder; each a button that says in words how it is doing, and its settings.

The rate that is held for all of them stands below; the size of what they get stands with the look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.look import RecorderChoice, Setup, VirtualCameraChoice
from app.status import OutputStatus, Status
from app.window import icons
from app.window.actions import Actions
from app.window.bind import Bindings
from app.window.cards import Elided, Expander, FoldingCard, Trouble, named
from app.window.choice import Picker, Segments, Switch
from app.window.displays import Displays
from app.window.file_dialog import FileDialog
from app.window.panels.governor import GovernorRow
from app.window.stage import Stage
from app.window.text_fields import LineField
from app.words import window as words

CAMERA_FORMATS = ((640, 360, 30.0), (1280, 720, 30.0), (1280, 720, 60.0), (1920, 1080, 30.0))
RECORDER_SIZES = ((640, 384), (1280, 720), (1920, 1080))


class OutputRow(QFrame):
    """A toggle button, a line about its state, trouble in words, and settings behind an arrow."""

    def __init__(
        self,
        bindings: Bindings,
        title: str,
        symbol: str,
        tip: str,
        is_on: Callable[[Setup], bool],
        toggle: Callable[[], None],
        style: str = "output",
    ) -> None:
        super().__init__()
        self.setObjectName("row")
        self.button = QPushButton(icons.icon(symbol), f" {title}")
        self.button.setObjectName(style)
        self.button.setIconSize(QSize(20, 20))
        self.button.setCheckable(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setAccessibleName(title)
        self.button.setToolTip(tip)
        self.state = Elided("dim")
        self.trouble = Trouble()
        self.opened = QWidget()
        self.options = QVBoxLayout(self.opened)
        self.options.setContentsMargins(0, 0, 0, 0)
        self.options.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(self.button, 1)
        head.addWidget(Expander(words.settings_of(title), self.opened))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 7)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.state)
        column.addWidget(self.trouble)
        column.addWidget(self.opened)
        bindings.setup(is_on, self.button.setChecked, self.button.clicked, lambda _: toggle())

    def put_status(self, status: OutputStatus | None) -> None:
        status = status or OutputStatus()
        on = self.button.isChecked()
        self.state.put(words.output_state(on, status))
        self.trouble.put(status.trouble)


class OutputsPanel(FoldingCard):
    """Binds ``setup.virtual_camera``, ``stage``, ``recorder`` and ``governor``."""

    def __init__(self, bindings: Bindings, actions: Actions, stage: Stage, displays: Displays) -> None:
        super().__init__(words.OUTPUTS)
        self._bindings = bindings
        self._stage = stage
        self.virtual_camera = OutputRow(
            bindings,
            words.VIRTUAL_CAMERA,
            "webcam",
            words.VIRTUAL_CAMERA_TIP,
            lambda setup: setup.virtual_camera.on,
            actions.toggle_virtual_camera,
        )
        self.stage = OutputRow(
            bindings, words.STAGE, "projector", words.STAGE_TIP, lambda setup: setup.stage.on, actions.toggle_stage
        )
        self.recorder = OutputRow(
            bindings,
            words.RECORD,
            "circle-dot",
            words.RECORD_TIP,
            lambda setup: setup.recorder.on,
            actions.toggle_recording,
            style="record",
        )
        for row in (self.virtual_camera, self.stage, self.recorder):
            self.body.addWidget(row)
        self.governor = GovernorRow(bindings)
        self.body.addWidget(self.governor)
        self.format = self._format()
        self.display = self._display()
        # The recorder takes the next free name by itself.
        self._files = FileDialog(
            self,
            words.RECORD_BROWSE,
            words.RECORD_FILTER,
            self._record_to,
            saves="mp4",
            begins=self._recorded_before,
        )
        self.path = self._path()
        self.recorder_size = self._recorder_size()
        # A recording that runs keeps its file and size: to change them is to begin another.
        bindings.setup(lambda setup: not setup.recorder.on, self.recorder.opened.setEnabled)
        self.fits = {name: self._fit(name) for name in ("virtual_camera", "stage", "recorder")}
        for row, fit in zip((self.virtual_camera, self.stage, self.recorder), self.fits.values(), strict=True):
            row.options.addLayout(named(words.FIT, fit, 64))
        self.journal = self._of_journal(words.JOURNAL, words.JOURNAL_TIP, "journal")
        self.begin_with_cut = self._of_journal(words.BEGIN_WITH_CUT, words.BEGIN_WITH_CUT_TIP, "begin_with_cut")
        bindings.setup(lambda setup: setup.recorder.journal, self.begin_with_cut.setEnabled)
        self._put_displays(displays)
        for changed in (displays.came, displays.went):
            changed.connect(lambda _: self._put_displays(displays))
        displays.rearranged.connect(lambda: self._put_displays(displays))
        stage.changed.connect(self.put_stage)

    @property
    def dialog(self) -> QFileDialog | None:
        """The dialog while it is open."""
        return self._files.dialog

    def put_status(self, status: Status) -> None:
        self.virtual_camera.put_status(status.outputs.get("virtual camera"))
        self.recorder.put_status(status.outputs.get("recorder"))
        self.governor.put_status(status.governor)
        self.put_stage()

    def put_stage(self) -> None:
        self.stage.put_status(self._stage.status)

    def _put_displays(self, displays: Displays) -> None:
        options = [(display.title, display.name) for display in displays.there]
        self.display.set_options([(words.OTHER_DISPLAY, ""), *options])

    def _format(self) -> Picker:
        picker = Picker(words.FORMAT, lambda chosen: words.size_at(*chosen), words.FORMAT_TIP)
        picker.set_options([(words.size_at(*chosen), chosen) for chosen in CAMERA_FORMATS])
        self.virtual_camera.options.addLayout(named(words.FORMAT, picker, 64))
        self._bindings.setup(
            lambda setup: _format_of(setup.virtual_camera),
            picker.put,
            picker.picked,
            lambda chosen: self._set("virtual_camera", width=chosen[0], height=chosen[1], rate=chosen[2]),
        )
        return picker

    def _display(self) -> Picker:
        picker = Picker(words.DISPLAY, words.not_connected, words.DISPLAY_TIP)
        self.stage.options.addLayout(named(words.DISPLAY, picker, 64))
        self._bindings.setup(
            lambda setup: setup.stage.screen, picker.put, picker.picked, lambda name: self._set("stage", screen=name)
        )
        return picker

    def _path(self) -> LineField:
        field = LineField(words.RECORD_PATH, words.RECORD_PATH_PLACEHOLDER, words.RECORD_PATH_TIP)
        self.browse = QToolButton()
        self.browse.setIcon(icons.icon("folder-open"))
        self.browse.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.browse.setAccessibleName(words.RECORD_BROWSE)
        self.browse.setToolTip(words.RECORD_BROWSE)
        self.browse.clicked.connect(self._files.open)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(field, 1)
        line.addWidget(self.browse)
        self.recorder.options.addLayout(named(words.RECORD_PATH, line, 64))
        self._bindings.setup(
            lambda setup: setup.recorder.path,
            field.put,
            field.entered,
            lambda path: self._set("recorder", path=path),
            field,
        )
        return field

    def _recorder_size(self) -> Picker:
        picker = Picker(words.RECORD_SIZE, lambda size: words.size(*size), words.RECORD_SIZE_TIP)
        picker.set_options([(words.AS_IT_COMES, (0, 0)), *((words.size(*size), size) for size in RECORDER_SIZES)])
        self.recorder.options.addLayout(named(words.RECORD_SIZE, picker, 64))
        self._bindings.setup(
            lambda setup: _size_of(setup.recorder),
            picker.put,
            picker.picked,
            lambda size: self._set("recorder", width=size[0], height=size[1]),
        )
        return picker

    def _of_journal(self, title: str, tip: str, name: str) -> Switch:
        switch = Switch(title, tip)
        self.recorder.options.addWidget(switch)
        self._bindings.setup(
            lambda setup: bool(getattr(setup.recorder, name)),
            switch.setChecked,
            switch.clicked,
            lambda on: self._set("recorder", **{name: on}),
        )
        return switch

    def _fit(self, name: str) -> Segments:
        segments = Segments(words.FIT, words.FITS, help=words.FIT_TIP)
        self._bindings.setup(
            lambda setup: getattr(setup, name).fit, segments.put, segments.picked, lambda fit: self._set(name, fit=fit)
        )
        return segments

    def _record_to(self, path: Path) -> None:
        self._set("recorder", path=str(path))

    def _recorded_before(self) -> list[Path]:
        last = self._bindings.show.setup.recorder.path
        return [Path(last).parent] if last else []

    def _set(self, name: str, **changes: object) -> None:
        show = self._bindings.show
        show.set_setup(**{name: replace(getattr(show.setup, name), **changes)})


def _format_of(camera: VirtualCameraChoice) -> tuple[int, int, float]:
    return camera.width, camera.height, camera.rate


def _size_of(recorder: RecorderChoice) -> tuple[int, int]:
    return recorder.width, recorder.height
