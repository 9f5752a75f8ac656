"""What of a window can be acted on, and whether a hand on the keyboard, or one that scrolls, gets there.

Run as a program on a display that is scaled (see ``test_reach``) it prints what could not be seen whole, as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QWidget,
)

from app.look import TREATMENTS, Setup, SourceChoice
from app.show import Show
from app.window.cards import Expander
from app.window.main_window import MainWindow
from app.window.theme import apply_theme
from app.words import window as words
from controls.stack import CONTROLS
from tests.app.window.rig import StillRig

KINDS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
)
MOST_TABS = 600


def interactive(window: QWidget) -> Iterator[QWidget]:
    """Every visible part of ``window`` that a hand can do something with, or that takes the focus."""
    for widget in window.findChildren(QWidget):
        if widget.window() is not window or not widget.isVisible() or isinstance(widget, QScrollBar | QMenu):
            continue
        if isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox):
            continue  # a part of a control
        if isinstance(widget, KINDS) or widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            yield widget


def called(widget: QWidget) -> str:
    """For the message of a test that fails."""
    parents = []
    parent: QWidget | None = widget
    while parent is not None:
        parents.append(parent.accessibleName() or type(parent).__name__)
        parent = parent.parentWidget()
    return f"{type(widget).__name__} {' < '.join(parents[:4])}"


def open_all(window: MainWindow) -> None:
    """Every part that opens is open; there is a cue, and its name is being typed."""
    for expander in window.findChildren(Expander):
        expander.setChecked(True)
    window.cues.sheet.add()
    window.cues.rename(0)
    QApplication.processEvents()


def reached_by_tab(window: QWidget, start: QWidget) -> set[QWidget]:
    """Where Tab leads to from ``start``, until it is there again."""
    start.setFocus(Qt.FocusReason.TabFocusReason)
    reached: set[QWidget] = set()
    for _ in range(MOST_TABS):
        focus = window.focusWidget()
        assert focus is not None
        if focus is start and reached:
            break
        reached.add(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    return reached


def bring_in_sight(widget: QWidget) -> None:
    """Scroll as a hand would, from the innermost part that scrolls to the outermost."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            content = parent.widget()
            assert content is not None
            at = widget.mapTo(content, widget.rect().center())
            # Not ensureWidgetVisible: of a field it shows no more than the cursor.
            parent.ensureVisible(at.x(), at.y(), widget.width() // 2 + 1, widget.height() // 2 + 1)
            QApplication.processEvents()
        parent = parent.parentWidget()


def seen_whole(widget: QWidget) -> bool:
    """Whether all of it is seen; of the large ones, enough to work with."""
    seen = widget.visibleRegion().boundingRect()
    wide_enough = seen.width() >= min(widget.width(), 200)
    return wide_enough and seen.height() >= min(widget.height(), 80)


def cut_off(window: MainWindow, show: Show) -> list[str]:
    """Words that tell the state of the show and are not seen in full, whichever they are just now."""
    bar, program = window.top_bar, window.program
    found: list[str] = []

    def look(where: str, part: QWidget) -> None:
        QApplication.processEvents()
        bring_in_sight(part)
        needed = part.sizeHint()
        for _ in range(20):  # a layout may take several turns
            if part.width() >= needed.width():
                break
            QTest.qWait(10)
        if part.width() < needed.width() or part.height() < needed.height() or not seen_whole(part):
            found.append(f"{where}: {part.width()}x{part.height()} for {needed.width()}x{needed.height()}")

    lit = ((bar.recording, words.recording_for(5025)), (bar.virtual_camera, "● CAM"), (bar.stage, "● STAGE"))
    for chip, caption in lit:
        chip.put(caption, "on")
    for chip, caption in lit:
        look(caption, chip)
    look("no picture yet", program.on_air)
    for word in (words.STANDS, words.ENGINE_STOPPED):
        program.on_air.put(word, "warning")
        look(word, program.on_air)
    for treatment in TREATMENTS:
        show.set_treatment(treatment)
        look(treatment, program.on_air)
    show.begin_audition()
    for frame in (program.frame, program.audition_bar.frame):
        QApplication.processEvents()
        if frame.width() < frame.title_width:
            found.append(f"{frame.caption}: {frame.width()} for {frame.title_width}")
    show.drop_audition()
    show.set_treatment("live")
    return found


def main() -> None:
    app = QApplication(["test", "-platform", f"offscreen:configfile={sys.argv[1]}"])
    apply_theme(app)
    show = Show(setup=Setup(source=SourceChoice("clip", "/films/a.mp4")))
    window = MainWindow(show, StillRig(), Path(sys.argv[2]) / "state.json", CONTROLS)
    window.show()
    app.processEvents()
    screen = window.screen().availableGeometry()
    open_all(window)
    hidden = []
    for widget in interactive(window):
        bring_in_sight(widget)
        if not seen_whole(widget):
            seen = widget.visibleRegion().boundingRect()
            hidden.append(f"{called(widget)}: {seen.width()}x{seen.height()} of {widget.width()}x{widget.height()}")
    cut = cut_off(window, show)
    window.body.ensureWidgetVisible(window.program)
    app.processEvents()
    window.grab().save(sys.argv[3])
    told = {
        "window": [window.width(), window.height()],
        "screen": [screen.width(), screen.height()],
        "ratio": window.devicePixelRatioF(),
        "hidden": hidden,
        "cut": cut,
        "buttons": len(list(interactive(window))),
    }
    window.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
