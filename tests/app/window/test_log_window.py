"""The log's window: what was said, filtered, copied, saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.show import Show
from app.window.log_window import KEPT, LogWindow
from app.window.main_window import MainWindow
from tests.app.window.hands import click, press, type_text
from tests.app.window.rig import StillRig

AT = datetime(2026, 5, 4, 20, 15, 7)
_ALPHA = QImage.Format.Format_Alpha8


@pytest.fixture
def log(app: object, qtbot: QtBot) -> Iterator[LogWindow]:
    parent = QWidget()
    qtbot.addWidget(parent)
    log = LogWindow(parent, clock=lambda: AT)
    log.toggle()
    yield log
    log.close()


def fill(log: LogWindow) -> None:
    log.add("info", "The camera is back.")
    log.add("warning", "The camera is gone.")
    log.add("error", "The engine has stopped.")


def test_it_lists_newest_first_with_time_and_level_in_words(log: LogWindow) -> None:
    fill(log)
    assert log.sentences == [
        "20:15:07   Error   The engine has stopped.",
        "20:15:07   Warning   The camera is gone.",
        "20:15:07   Note   The camera is back.",
    ]
    signs = [log.list.item(row).icon().pixmap(18, 18).toImage().convertToFormat(_ALPHA) for row in range(3)]
    assert signs[0] != signs[1] != signs[2] != signs[0], "the signs differ in shape, not in colour alone"


def test_the_same_again_is_counted_in_its_line(log: LogWindow) -> None:
    log.add("info", "Before.")
    for _ in range(50):
        log.add("warning", "Dropped.")
    assert len(log.sentences) == 2
    assert "× 50" in log.sentences[0]


def test_it_is_bounded(log: LogWindow) -> None:
    for number in range(KEPT + 20):
        log.add("info", f"Number {number}.")
    assert len(log.sentences) == KEPT
    assert f"Number {KEPT + 19}." in log.sentences[0]
    log.search.setText("number")
    assert len(log.sentences) == KEPT, "a filter brings back nothing that was dropped"


def test_the_filter_lists_by_level_and_words_what_comes_later_too(log: LogWindow) -> None:
    fill(log)
    click(log.level.button("warning"))
    assert [line.split("   ")[1] for line in log.sentences] == ["Error", "Warning"]
    type_text(log.search, "camera")
    assert [line.split("   ")[2] for line in log.sentences] == ["The camera is gone."]
    log.add("info", "The camera is back.")
    log.add("error", "No camera at all.")
    assert [line.split("   ")[2] for line in log.sentences] == ["No camera at all.", "The camera is gone."]
    log.search.clear()
    click(log.level.button("info"))
    assert len(log.sentences) == 5


def test_copy_takes_what_is_listed_or_chosen_oldest_first(log: LogWindow) -> None:
    fill(log)
    click(log.copy)
    lines = QApplication.clipboard().text().splitlines()
    assert [line.split("  ")[-1].strip() for line in lines] == [
        "The camera is back.",
        "The camera is gone.",
        "The engine has stopped.",
    ]
    assert lines[0].startswith("2026-05-04 20:15:07")
    log.list.item(1).setSelected(True)
    log.list.setFocus()
    press(log.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "2026-05-04 20:15:07  warning  The camera is gone.\n"


def test_it_is_saved_as_text_and_a_folder_that_is_not_there_is_told(log: LogWindow, tmp_path: Path) -> None:
    fill(log)
    said: list[tuple[str, str]] = []
    log.said.connect(lambda level, sentence: said.append((level, sentence)))
    log.write(tmp_path / "evening.txt")
    assert (tmp_path / "evening.txt").read_text("utf-8").splitlines()[2].endswith("The engine has stopped.")
    log.write(tmp_path / "nowhere" / "evening.txt")
    assert [level for level, _ in said] == ["info", "warning"]
    assert "Choose another place" in said[1][1]


def test_h_opens_it_and_escape_closes_it(window: MainWindow, rig: StillRig, show: Show) -> None:
    rig.said.emit("warning", "The disk is nearly full.")
    log = window.messages.log
    press(window, Qt.Key.Key_H)
    assert log.isVisible()
    assert not log.isModal()
    assert "The disk is nearly full." in log.sentences[0]
    press(log.list, Qt.Key.Key_B)
    assert show.look.treatment == "blackout", "every key works on in it"
    press(log.list, Qt.Key.Key_Escape)
    assert not log.isVisible()


def test_it_goes_with_the_window(window: MainWindow) -> None:
    window.messages.log.toggle()
    window.close()
    assert not window.messages.log.isVisible()


def test_it_is_written_where_the_rig_writes_whatever_is_in_it(
    window: MainWindow, rig: StillRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Callable[[], None]] = {}
    monkeypatch.setattr(window.messages.log, "_keep", asked.__setitem__)
    window.messages.say("warning", "There is no file \udcff.png.")
    path = tmp_path / "evening.txt"
    window.messages.log.write(path)
    assert not path.exists()
    asked[str(path)]()
    assert "no file \\udcff.png" in path.read_text("utf-8")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a disk that fails")

    monkeypatch.setattr("app.window.log_window.swapped_in", fail)
    asked[str(path)]()
    assert "a disk that fails" in window.messages.shown[1]


def test_what_is_long_is_wrapped_and_never_scrolled_sideways(log: LogWindow) -> None:
    log.add("info", "Its journal is /home/ada/Videos/VACE Live/VACE Live 2026-11-23 21.52.24.vjournal. " * 3)
    log.resize(420, 300)
    log.show()
    QApplication.processEvents()
    assert log.list.visualItemRect(log.list.item(0)).height() > 4 * log.list.fontMetrics().height()
    assert not log.list.horizontalScrollBar().isVisible()
