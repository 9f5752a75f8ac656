from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.window import theme
from app.window.morph_length import MorphLength
from app.window.panels.size_row import SizeRow
from app.window.text_fields import LineField, PromptField
from tests.app.window.hands import click, press, type_text


class Desk(QWidget):
    """A window with one field, which has the focus, and something else to click on."""

    def __init__(self, field: QWidget, qtbot: QtBot) -> None:
        super().__init__()
        self.elsewhere = QLabel("elsewhere")
        layout = QVBoxLayout(self)
        layout.addWidget(field)
        layout.addWidget(self.elsewhere)
        qtbot.addWidget(self)
        with qtbot.waitActive(self):
            self.show()
            self.activateWindow()
        field.setFocus()


@pytest.fixture
def prompt(app: QApplication) -> PromptField:
    return PromptField("Prompt", "", "")


@pytest.fixture
def line(app: QApplication) -> LineField:
    return LineField("Path")


@pytest.fixture
def desk(request: pytest.FixtureRequest, qtbot: QtBot) -> Desk:
    name = "prompt" if "prompt" in request.fixturenames else "line"
    return Desk(request.getfixturevalue(name), qtbot)


def heard(signal: SignalInstance) -> list[str]:
    values: list[str] = []
    signal.connect(values.append)
    return values


def test_a_prompt_acts_once_after_a_pause_in_typing(desk: Desk, prompt: PromptField, qtbot: QtBot) -> None:
    edits = heard(prompt.edited)
    type_text(prompt, "neon rain")
    assert edits == []
    qtbot.waitUntil(lambda: bool(edits))
    qtbot.wait(50)
    assert edits == ["neon rain"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape])
def test_a_prompt_acts_on_enter_and_gives_the_keys_back(
    desk: Desk, prompt: PromptField, qtbot: QtBot, key: Qt.Key
) -> None:
    edits = heard(prompt.edited)
    type_text(prompt, "glass")
    press(prompt, key)
    assert edits == ["glass"]
    assert not prompt.hasFocus()
    assert prompt.toPlainText() == "glass"


def test_a_prompt_from_the_show_is_silent_and_keeps_the_cursor(desk: Desk, prompt: PromptField, qtbot: QtBot) -> None:
    type_text(prompt, "ab")
    press(prompt, Qt.Key.Key_Left)
    edits = heard(prompt.edited)
    prompt.put("ab")
    assert prompt.textCursor().position() == 1
    prompt.put("other")
    assert prompt.toPlainText() == "other"
    prompt.clearFocus()
    assert edits == []


@pytest.mark.parametrize("made", [lambda: PromptField("Prompt", "", ""), lambda: LineField("Seed")])
def test_what_arrives_under_a_typing_hand_is_typed_on_behind(
    app: QApplication, qtbot: QtBot, made: Callable[[], PromptField | LineField]
) -> None:
    field = made()
    desk = Desk(field, qtbot)
    type_text(field, "12")
    field.put("34")
    type_text(field, "5")
    assert (field.toPlainText() if isinstance(field, PromptField) else field.text()) == "345"
    desk.close()


def test_a_click_elsewhere_ends_the_typing(desk: Desk, prompt: PromptField, qtbot: QtBot) -> None:
    edits = heard(prompt.edited)
    type_text(prompt, "smoke")
    click(desk.elsewhere)
    assert not prompt.hasFocus()
    assert edits == ["smoke"]


def test_a_click_into_the_prompt_keeps_the_typing(desk: Desk, prompt: PromptField, qtbot: QtBot) -> None:
    type_text(prompt, "smoke")
    click(prompt.viewport())
    assert prompt.hasFocus()


def test_a_line_acts_on_enter_and_only_when_it_changed(desk: Desk, line: LineField, qtbot: QtBot) -> None:
    entries = heard(line.entered)
    type_text(line, "clip.mp4")
    press(line, Qt.Key.Key_Return)
    assert entries == ["clip.mp4"]
    assert not line.hasFocus()
    line.setFocus()
    press(line, Qt.Key.Key_Return)
    assert entries == ["clip.mp4"]


def test_escape_takes_a_line_back(desk: Desk, line: LineField, qtbot: QtBot) -> None:
    line.put("old.mp4")
    entries = heard(line.entered)
    type_text(line, "xyz")
    press(line, Qt.Key.Key_Escape)
    assert line.text() == "old.mp4"
    assert entries == []


@pytest.mark.parametrize("pixels", [15, 22])
def test_a_field_of_a_value_has_room_for_its_longest(app: QApplication, qtbot: QtBot, pixels: int) -> None:
    length, size = MorphLength(), SizeRow("Size", "", LineField("Typed"), (1920, 1080))
    for part, field in ((length, length.field), (size, size.typed)):
        qtbot.addWidget(part)
        part.setStyleSheet(f"* {{ font-size: {pixels}px }}")
        part.resize(part.minimumSizeHint())
        part.show()
        room = field.contentsRect().width() - 18  # the theme's padding, and what Qt keeps free beside it
        for text in ("599.5 s", "31.5 beats", "6 beats or 2.5 s") if field is length.field else ("1920x1080",):
            assert field.fontMetrics().horizontalAdvance(text) <= room, text
    size.offer([(320, 192), (1920, 1080)])
    size.put((1920, 1080))
    assert size.typed.placeholderText() == "1920x1080"
    assert size.typed.palette().placeholderText().color() == QColor(theme.TEXT), "a value, and not what could be one"


def test_what_is_too_long_is_seen_from_its_beginning_and_a_path_from_its_end(desk: Desk, line: LineField) -> None:
    line.setFixedWidth(80)
    line.clearFocus()
    line.put("a morph over many beats")
    assert line.cursorPosition() == 0
    line.setFocus()
    type_text(line, "and more of them")
    press(line, Qt.Key.Key_Return)
    assert line.cursorPosition() == 0
    line.put("/films/of a long night/clip.mp4")
    assert line.cursorPosition() == len(line.text())
