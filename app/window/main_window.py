"""The window a performer works in. It shows what Show and rig hold, asks the Show, and waits for nothing.

Top bar; input and controls at the left; the canvas in the centre; look, mask and outputs at the right; cues below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.cue_sheet import CueSheet
from app.inputs.video import is_url
from app.looks import Looks
from app.mask_painting import Tool
from app.set_list import SUFFIX, Backups
from app.show import Show
from app.status import Status
from app.vision_mixer import VisionMixer
from app.window import icons
from app.window.actions import Actions
from app.window.beat import TempoBar
from app.window.bind import Bindings
from app.window.cards import Column, Scroller
from app.window.closing import Closing
from app.window.cue_grid import CueGrid
from app.window.displays import Displays
from app.window.dropped import Dropped
from app.window.fader import NumberField
from app.window.file_dialog import FileDialog
from app.window.hud import Hud
from app.window.keeping import StateKeeper
from app.window.key_table import key_table
from app.window.mask_editor import MaskEditor
from app.window.messages import MessageBar
from app.window.number_row import NumberRow
from app.window.on_air import OnAir
from app.window.panels.controls import ControlKind, ControlsPanel
from app.window.panels.frames import FramesPanel
from app.window.panels.input import InputPanel
from app.window.panels.look import LookPanel
from app.window.panels.loras import LORA_ENDINGS, LorasPanel
from app.window.panels.mask import MaskPanel
from app.window.panels.outputs import OutputsPanel
from app.window.panels.references import ReferencesPanel
from app.window.panels.seed import SeedField
from app.window.program_panel import ProgramPanel
from app.window.rig import Rig
from app.window.seed_walker import SeedWalker
from app.window.shortcuts import KeyList, bind_keys
from app.window.stage import Stage
from app.window.steps import Steps
from app.window.text_fields import PromptField
from app.window.top_bar import TopBar
from app.window.window_place import WindowPlace
from app.words import window as words
from app.words import window_hud as words_hud
from controls.stack import CONTROLS

STATUS_MS = 250
THUMBNAILS_MS = 100
SETTLES_MS = 1000
"""From what changes the layout to when it has long found its places."""
ROOM_FOR_CUES = QSize(900, 460)
"""Of a window in which the cues stand below all else, such as one on a display of 1920x1080 at 200 %; in a smaller one
they are scrolled to like the rest."""
WIDE = 1000
"""Pixels of a window that has some to spare beside its columns."""
LEAST_CANVAS, CANVAS_FIRST = 206, 400
"""Pixels of width: what the canvas's column has in any window, and up to which it is served before the panels."""
_SCROLL_BAR = 16
"""Pixels of the one beside the columns, and of the body's frame."""


class MainWindow(QMainWindow):
    """state_path: where the Show's state is kept; the window's own place is kept beside it. None keeps nothing."""

    def __init__(
        self,
        show: Show,
        rig: Rig,
        state_path: Path | None = None,
        controls: Mapping[str, ControlKind] = CONTROLS,
    ) -> None:
        super().__init__()
        self._rig, self._show = rig, show
        self._closed = False
        self._auditions = show.looks.audition is not None
        self._tool: Tool = "none"
        self.setWindowTitle(words.WINDOW_TITLE)
        self.setWindowIcon(icons.icon("sparkles"))
        self.setAcceptDrops(True)
        on_air = self._on_air = OnAir(show, rig)
        bindings = Bindings(show, self)
        self.performer = Actions(show)
        self._dropped = Dropped(show, self.performer, rig.later, self)
        displays = Displays(self)
        self.stage = Stage(show, rig, displays, self)
        self.top_bar = TopBar(bindings, self.performer)
        self.input = InputPanel(bindings, self.performer)
        self.controls = ControlsPanel(bindings, controls)
        self.editor = MaskEditor(show, self, rig.later, rig.keep)
        backups = Backups(state_path.parent / "cues") if state_path else None
        sheet = CueSheet(show, backups, on_air.thumbnail, on_air.chunk_s, self, rig.later, rig.keep)
        self.mixer = VisionMixer(show, sheet, on_air.chunk_alone_s, self)
        self.steps = Steps(show, sheet, self.editor, self)
        self.program = ProgramPanel(bindings, rig, self.editor, self.mixer, self.steps)
        self.look = LookPanel(bindings, self.performer)
        self.references = ReferencesPanel(bindings, on_air.output, rig.later)
        self.frames = FramesPanel(bindings, on_air.output, rig.later)
        self.loras = LorasPanel(bindings, rig.later)
        self.walker = SeedWalker(show, self)
        self.look.seed.lock.toggled.connect(self.walker.hold)
        self.mask_panel = MaskPanel(bindings, self.performer, self.editor)
        self.cues = CueGrid(sheet, show, self.mixer)
        self.outputs = OutputsPanel(bindings, self.performer, self.stage, displays)
        self.tempo = TempoBar(bindings, self.performer)
        self.cues.add_to_head(self.tempo)
        self.messages = MessageBar(self, rig.keep)
        self._columns = self._lay_out()
        self._settling = QTimer(self, singleShot=True, interval=SETTLES_MS)
        self.body.verticalScrollBar().rangeChanged.connect(
            lambda *_: QTimer.singleShot(0, self, self._scroll_to_canvas)
        )

        keys = key_table(self)
        bind_keys(self, keys)
        self._number_row = NumberRow(sheet.fire, self)
        for window in (self, self.messages.log):
            self._number_row.watch(window)
        self.stage.changed.connect(self._watch_stage)
        self.hud = Hud(self, self.program.preview)
        self.key_list = KeyList(keys, self, self.hud)
        self.messages.log.keep_clear_of(self.hud)
        self._alone = self._foot_button(
            "expand", words_hud.CANVAS_ALONE, words_hud.CANVAS_ALONE_TIP, self.toggle_panels
        )
        self.messages.add_button(self._alone)
        self.messages.add_button(self._foot_button("gauge", words_hud.HUD, words_hud.HUD_TIP, self.hud.toggle))
        self.messages.add_button(
            self._foot_button("keyboard", words.KEY_LIST, words.KEY_LIST_TIP, self.key_list.toggle)
        )

        self._keeper = StateKeeper(show, state_path, self, rig.keep) if state_path else None
        self._place = WindowPlace(self, self._columns, state_path.with_name("window.ini") if state_path else None)
        self._place.restore()
        for dialog in self.findChildren(FileDialog):
            dialog.later = rig.later
        self._closing = Closing(
            on_air.ends_with_window, lambda what: self.messages.say("warning", words.close_again(what)), self
        )
        self._listen(bindings)
        self._timers = [self._every(STATUS_MS, self.poll_status), self._every(THUMBNAILS_MS, self.poll_pictures)]
        self.poll_status()
        self.program.preview.setFocus()  # not a field: letters are shortcuts from the first moment

    # what the rig tells

    def poll_status(self) -> None:
        status = self._rig.status()
        self.top_bar.put(status, self.stage.status)
        self._put_figures(status)
        self.input.put_status(status)
        self.controls.put_status(status)
        self.program.put_status(status)
        self.outputs.put_status(status)
        self.messages.hold(
            (status.source_trouble, status.structure_trouble, status.governor.trouble),
            (status.source_refused, status.structure_refused),
        )
        self.look.put_chunk_s(self._on_air.chunk_s())
        devices = self._rig.devices.get()
        if devices is not None:
            self.input.put_devices(devices)

    def _put_figures(self, status: Status) -> None:
        beat = words_hud.beat(self.top_bar.lamp.shown[0], self.performer.setup.tempo.beats_per_minute)
        self.hud.put(status, self.stage.status, beat)

    def poll_pictures(self) -> None:
        view = self._rig.view.get()
        if view is not None:
            self.input.picture.set_picture(view.rgb)
        thumbnails = self._rig.thumbnails.get()
        if thumbnails is not None:
            self.controls.put_thumbnails(thumbnails)
            self.input.second.put_thumbnails(thumbnails)

    # what the performer drops on it

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        data = event.mimeData()
        url = data.urls()[0] if data.hasUrls() else QUrl()
        self._take_dropped(url.toLocalFile() if url.isLocalFile() else url.toString() or data.text().strip())
        event.acceptProposedAction()

    def _take_dropped(self, target: str) -> None:
        """Each file goes where it belongs; what belongs nowhere changes nothing."""
        ending = "" if is_url(target) else Path(target).suffix.lower()
        if ending == SUFFIX:
            self.cues.sheet.open(Path(target))
        elif ending in LORA_ENDINGS:
            self.loras.take([Path(target)])
        else:
            self._dropped.play(target)

    def toggle_panels(self) -> None:
        """Hide the panels around the canvas, and tell how they come back, or show them again."""
        sides = [panel for side in (0, 2) if (panel := self._columns.widget(side)) is not None]
        panels = [*sides, self.cues]
        alone = not panels[0].isHidden()
        for panel in panels:
            panel.setVisible(not alone)
        title, tip = (
            (words_hud.PANELS, words_hud.PANELS_TIP) if alone else (words_hud.CANVAS_ALONE, words_hud.CANVAS_ALONE_TIP)
        )
        self.messages.rename(self._alone, title)
        self._alone.setToolTip(tip)
        hint = f"{words.NO_PICTURE_YET}\n{words_hud.PANELS_HIDDEN}" if alone else words.NO_PICTURE_YET
        self.program.preview.set_placeholder(hint)
        if alone:
            self.messages.say("info", words_hud.PANELS_HIDDEN)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape, where nothing that has the focus wants it, puts away whatever lies over the preview."""
        if event.key() == Qt.Key.Key_Escape:
            self.key_list.hide()
            self.hud.hide()
            self.program.preview.setFocus()
        else:
            super().keyPressEvent(event)

    # opening and closing

    def changeEvent(self, event: QEvent) -> None:
        """Where nothing had the focus, Qt gives it to the first button when the window is active again, as after a
        dialog; and Space would begin to record."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and self.focusWidget() is None:
            self.program.preview.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.key_list.hide()
        self.hud.hide()
        self._place_cues()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._bring_canvas_in_sight()

    def _follow_audition(self, looks: Looks) -> None:
        """What the canvas is lettered with then must be read, in a window that scrolls as well."""
        if (looks.audition is not None) != self._auditions:
            self._auditions = not self._auditions
            self._bring_canvas_in_sight()

    def _follow_tool(self) -> None:
        """What it paints on must be seen, behind what it paints with."""
        if self.editor.tool != self._tool:
            self._tool = self.editor.tool
            self._bring_canvas_in_sight()

    def _bring_canvas_in_sight(self) -> None:
        """Later, and again while the layout finds out what has no room and is scrolled to."""
        self._settling.start()
        QTimer.singleShot(0, self, self._scroll_to_canvas)

    @Slot()
    def _scroll_to_canvas(self) -> None:
        if self._settling.isActive():
            self.body.ensureWidgetVisible(self.program.frame, 0, 8)

    def end_show(self) -> None:
        """Close, whatever is on the air: nobody asks who pressed Ctrl-C in the terminal."""
        self._closing.let_go()
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Everything disappears at once; then the rig may take the seconds it needs to finish a recording.

        Not at the first wish while anything is on the air: see ``Closing``.
        """
        if not self._closed and not self._closing.may_close():
            # What the window now says must be seen, also by one who closed it from a list of windows.
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
            event.ignore()
            return
        if not self._closed:
            self._closed = True
            for timer in self._timers:
                timer.stop()
            self._place.keep()
            if self._keeper is not None:
                self._keeper.save()
            self.stage.close()
            self.messages.log.close()
            self.hide()
            self._rig.stop()
        event.accept()

    def _place_cues(self) -> None:
        """Below all that scrolls, where there is room for both."""
        self.cues.fit_into(self.height())
        roomy = self.width() >= ROOM_FOR_CUES.width() and self.height() >= ROOM_FOR_CUES.height()
        layout = self._foot if roomy else self._body_rows
        side = 12 if self.width() >= WIDE else 6
        self._body_rows.setContentsMargins(side, 12, side, 12)
        # The panels give way before the canvas does: Qt would take all of it from the part that stretches.
        panels = sum(panel.minimumWidth() for at in (0, 2) if (panel := self._columns.widget(at)) is not None)
        left = self.width() - panels - 2 * (side + self._columns.handleWidth()) - _SCROLL_BAR
        self.program.setMinimumWidth(max(LEAST_CANVAS, min(CANVAS_FIRST, left)))
        if layout.indexOf(self.cues) < 0:
            layout.addWidget(self.cues)
            self._foot.setContentsMargins(12, 0, 12, 10 if roomy else 0)
            # Below all else they must not keep the window from becoming so small that they are scrolled to.
            self.cues.setMinimumSize(int(roomy), int(roomy))

    # how it is put together

    def _lay_out(self) -> QSplitter:
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.setHandleWidth(8)
        columns.setChildrenCollapsible(False)
        for part, width in (
            (Column(self.input, self.controls), 366),
            (self.program, LEAST_CANVAS),
            (Column(self.look, self.references, self.frames, self.loras, self.mask_panel, self.outputs), 330),
        ):
            part.setMinimumWidth(width)
            columns.addWidget(part)
        columns.setStretchFactor(1, 1)
        for side in (0, 2):
            columns.setStretchFactor(side, 0)
        body = QWidget()
        body.setObjectName("scrolled")
        self._body_rows = room = QVBoxLayout(body)
        # Columns, handles and a scroll bar beside them: all has to fit into 944 pixels, a display of 1920 at 200 %
        # without its window's frame.
        room.setContentsMargins(8, 12, 8, 12)
        room.setSpacing(10)
        room.addWidget(columns, 1)
        room.addWidget(self.cues)
        # At 200 % on a small display the window is smaller than what stands in it: then that is scrolled to.
        self.body = Scroller()
        self.body.setWidgetResizable(True)
        self.body.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.setWidget(body)
        centre = QWidget()
        rows = QVBoxLayout(centre)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.top_bar)
        rows.addWidget(self.body, 1)
        self._foot = QVBoxLayout()
        self._foot.setContentsMargins(12, 0, 12, 0)
        rows.addLayout(self._foot)
        rows.addWidget(self.messages)
        self.setCentralWidget(centre)
        return columns

    def _listen(self, bindings: Bindings) -> None:
        said: Callable[[str, str], None] = self.messages.say
        self._rig.said.connect(self.messages.report)
        self._show.looks_changed.connect(self._follow_audition)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._guard_focus)
        app.commitDataRequest.connect(self._closing.let_go)
        self.stage.said.connect(said)
        self.editor.said.connect(said)
        self.editor.changed.connect(self._follow_tool)
        self.steps.said.connect(said)
        self.cues.sheet.said.connect(said)
        for note in self.cues.sheet.notes:
            self.messages.say("warning", note)
        for panel in (
            self.references,
            self.frames,
            self.loras,
            self.program.audition_bar,
            self.program.preview,
            self._dropped,
        ):
            panel.said.connect(said)
        if self._keeper is not None:
            self._keeper.said.connect(said)
        bindings.show.look_switching.connect(self._finish_typing)
        bindings.show.look_coming.connect(self._tell_typed)
        bindings.show.watch_hand(lambda: QApplication.mouseButtons() != Qt.MouseButton.NoButton)
        self.program.preview.tapped.connect(self.performer.toggle_pause)
        bindings.refused.connect(lambda reason: self.messages.say("warning", words.refused(reason)))
        bindings.taken_back.connect(lambda reason: self.messages.take_back(words.refused(reason)))
        for taken_back in (
            self.editor.taken_back,
            self._dropped.taken_back,
            self.cues.morph.taken_back,
            self.program.audition_bar.morph.taken_back,
        ):
            taken_back.connect(self.messages.take_back)
        # Paths are refused by the disk, later than they are typed.
        self.input.pages.left.connect(lambda: self.messages.take_back(self._rig.status().source_refused))
        self.input.second.pages.left.connect(lambda: self.messages.take_back(self._rig.status().structure_refused))

    def _watch_stage(self) -> None:
        if self.stage.window is not None:
            self._number_row.watch(self.stage.window)

    def _guard_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        """Where a field with the focus disappears or is switched off, Qt hands the focus to the next one, which may be
        Blackout."""
        gone = old is not None and not (old.isVisible() and old.isEnabled())
        if gone and new is not None and new.window() is self:
            self.program.preview.setFocus()

    def _finish_typing(self) -> None:
        """What is being typed belongs to the look that is edited now, and not to the one that is edited next."""
        focus = self.focusWidget()
        if isinstance(focus, QLineEdit | QPlainTextEdit | QAbstractSpinBox):
            focus.clearFocus()

    def _tell_typed(self) -> None:
        """What is being typed into the look is a step of its own before another look comes. The hand types on: letters
        must not become shortcuts under it."""
        focus = self.focusWidget()
        if isinstance(focus, PromptField | SeedField):
            focus.tell()
        elif isinstance(focus, NumberField):
            focus.interpretText()

    @staticmethod
    def _foot_button(symbol: str, title: str, tip: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(icons.icon(symbol), f" {title}")
        button.setIconSize(QSize(20, 20))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(title)
        button.setToolTip(tip)
        button.clicked.connect(lambda _: act())
        return button

    def _every(self, interval_ms: int, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self, interval=interval_ms)
        timer.timeout.connect(act)
        timer.start()
        return timer
