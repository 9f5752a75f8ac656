"""The stage: the program alone, full screen on a chosen display. Follows ``setup.stage``; closing it asks the Show.

A display that is unplugged takes the stage with it, never the performer's own screen: the stage waits, says so, and is
back by itself when the display is.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QScreen

from app.look import Setup, StageChoice
from app.show import Show
from app.status import OutputStatus
from app.window.displays import Display, Displays, screen_of, within
from app.window.preview import ProgramView
from app.window.rig import Rig
from app.words import window as words

_TITLE_BAR = 48
"""Pixels, more than desktops take for one: how much they do is only known once it is there."""


class StageWindow(ProgramView):
    """Nothing but the picture. ``dismissed``: Escape was pressed, or the desktop wants the window closed.

    fills: whether it is to cover its display, whatever the desktop makes of it meanwhile.
    """

    dismissed = Signal()

    def __init__(self, rig: Rig, choice: StageChoice) -> None:
        super().__init__(rig, "stage", words.STAGE, choice.fit, around="#000000")
        self.setWindowFlags(Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle(words.STAGE_WINDOW_TITLE)
        self.set_placeholder("")  # black until the first picture: an audience reads no messages
        self._retiring = False
        self._windowed: QRect | None = None
        self.fills = False

    def fill(self, screen: QScreen, activates: bool = True) -> None:
        """Cover ``screen``. activates: whether it takes the keyboard, as what a hand has opened may."""
        if self.isVisible() and not self.fills:
            self._windowed = self.geometry()
        self.fills = True
        self._dress(Qt.CursorShape.BlankCursor, frameless=True)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not activates)
        self.setScreen(screen)
        self.setGeometry(screen.geometry())
        self.showFullScreen()

    def leave_full_screen(self) -> None:
        """An ordinary window, for one display or for capture by another program: where it was as one, or else in the
        middle with half the display's width. Its title bar is on the display."""
        room = self.screen().availableGeometry()
        self.fills = False
        self._dress(Qt.CursorShape.ArrowCursor, frameless=False)
        self.showNormal()
        self.setGeometry(within(self._windowed or _middle_of(room), room.adjusted(0, _TITLE_BAR, 0, 0)))

    def _dress(self, cursor: Qt.CursorShape, *, frameless: bool) -> None:
        """A window that can be moved has a frame to be moved by, and a cursor to do it with."""
        self.setCursor(cursor)
        if bool(self.windowFlags() & Qt.WindowType.FramelessWindowHint) != frameless:
            self.setWindowFlag(Qt.WindowType.FramelessWindowHint, frameless)  # hides it until it is shown again

    def retire(self) -> None:
        """Close for good, without asking."""
        self._retiring = True
        self.close()
        self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._retiring:
            event.accept()
        else:
            event.ignore()
            self.dismissed.emit()


def _middle_of(room: QRect) -> QRect:
    half = QRect(0, 0, room.width() // 2, room.height() // 2)
    half.moveCenter(room.center())
    return half


class Stage(QObject):
    """Opens, moves and closes the one stage window as the Show and the displays change.

    said(level, sentence): what happened to the display. changed(): ``status`` is different now.
    """

    said = Signal(str, str)
    changed = Signal()

    def __init__(self, show: Show, rig: Rig, displays: Displays, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._show, self._rig, self._displays = show, rig, displays
        self._choice = show.setup.stage
        self._window: StageWindow | None = None
        self._display: Display | None = None
        self._trouble = ""
        displays.came.connect(self._display_came)
        displays.went.connect(self._display_went)
        displays.rearranged.connect(self._fill_again)
        show.setup_changed.connect(self._follow)
        self._arrange()

    @property
    def window(self) -> StageWindow | None:
        return self._window

    @property
    def status(self) -> OutputStatus:
        """In the words that every other output uses."""
        title = "" if self._display is None else words.on_display(self._display.title)
        return OutputStatus(title, running=self._window is not None, trouble=self._trouble)

    def toggle_full_screen(self) -> None:
        """Between full screen and an ordinary window; opens the stage when it is closed."""
        if self._window is None:
            self._ask(on=True)
        elif self._window.fills:
            self._window.leave_full_screen()
        else:
            self._arrange()

    def close(self) -> None:
        """At the end of the program: no questions, and the Show keeps what it has."""
        self._show.setup_changed.disconnect(self._follow)
        self._retire("")

    def _follow(self, setup: Setup) -> None:
        if setup.stage != self._choice:
            fit_only = replace(setup.stage, fit=self._choice.fit) == self._choice
            self._choice = setup.stage
            if not fit_only:
                self._arrange()
            elif self._window is not None:
                self._window.set_fit(self._choice.fit)

    def _arrange(self) -> None:
        """Bring the window in line with what the Show wants and the displays that are there."""
        display = self._wanted() if self._choice.on else None
        if display is None:
            self._retire(words.display_gone(self._choice.screen) if self._choice.on else "")
        else:
            self._open_on(display)

    def _wanted(self) -> Display | None:
        there = self._displays.there
        if self._choice.screen:
            return next((display for display in there if display.name == self._choice.screen), None)
        return self._second() or next(iter(there), None)

    def _second(self) -> Display | None:
        return next((display for display in reversed(self._displays.there) if not display.main), None)

    def _open_on(self, display: Display, activates: bool = True) -> None:
        screen = screen_of(display)
        if screen is None:
            return
        if self._window is None:
            self._window = StageWindow(self._rig, self._choice)
            self._window.dismissed.connect(lambda: self._ask(on=False))
        self._window.set_fit(self._choice.fit)
        self._window.fill(screen, activates)
        self._display, self._trouble = display, ""
        self.changed.emit()

    def _retire(self, trouble: str) -> None:
        if self._window is not None:
            self._window.retire()
        self._window, self._display, self._trouble = None, None, trouble
        self.changed.emit()

    def _fill_again(self) -> None:
        """A display has another size or place; a projector that is switched over, for one."""
        screen = None if self._display is None else screen_of(self._display)
        if screen is not None and self._window is not None and self._window.fills:
            self._window.fill(screen, activates=False)

    # What opens by itself must not take the keyboard from a prompt that is being typed.

    def _display_came(self, display: Display) -> None:
        if self._trouble and self._choice.screen in ("", display.name):
            self._open_on(display, activates=False)
            self.said.emit("info", words.display_back(display.name))

    def _display_went(self, display: Display) -> None:
        if self._display is None or self._display.key != display.key:
            return
        other = None if self._choice.screen else self._second()
        if other is not None:
            self._open_on(other, activates=False)
            self.said.emit("warning", words.stage_moved(display.name, other.name))
        else:
            self._retire(words.display_gone(display.name))
            self.said.emit("warning", self._trouble)

    def _ask(self, *, on: bool) -> None:
        self._show.set_setup(stage=replace(self._show.setup.stage, on=on))
