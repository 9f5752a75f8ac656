"""The figures over the window, the beat in the top bar and the controls that set the tempo."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.show import Show
from app.status import ControlStatus, LatencyParts, OutputStatus, Status, Timing
from app.tempo import Tempo
from app.window.beat import BeatLamp
from app.window.log_window import clear_of
from app.window.main_window import MainWindow
from app.words import window as words
from engine.params import GpuMemory
from tests.app.window.hands import click, press, turn_wheel
from tests.app.window.rig import StillRig

FULL = Status(
    source_rate=30.0,
    engine_rate=12.5,
    dropped=41,
    chunk_ms=Timing(310.0, 330.0),
    latency=LatencyParts(21.4, 9.2, 290.0, 92.4),
    gpu_memory=GpuMemory(6 * 2**30, 12 * 2**30),
    outputs={
        "virtual camera": OutputStatus(running=True, written=90, repeated=7, missed=1, latency_ms=Timing(400, 500))
    },
    controls={"edge": ControlStatus(Timing(2.1, 3.0))},
)


def milliseconds(text: str) -> int:
    found = re.fullmatch(r"(\d+) ms", text)
    assert found is not None, text
    return int(found[1])


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time by which the tempo is tapped."""
    clock = Clock()
    monkeypatch.setattr(window.performer, "_clock", clock)
    return clock


def test_a_key_opens_and_closes_all_figures(window: MainWindow, rig: StillRig) -> None:
    rig.now = FULL
    window.poll_status()
    press(window, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert window.hud.isVisible()
    lines = window.hud.lines
    assert lines["GPU memory"] == "6.0 of 12.0 GB (50%)"
    assert lines["Dropped"] == "41"
    assert lines["Control edge"] == "2.1 ms"
    assert lines["Repeated, virtual camera"] == "7 of 90, 1 missed"
    assert lines["One chunk"] == "310 ms, at worst 330 ms (95 %)"
    press(window, Qt.Key.Key_F8)
    assert not window.hud.isVisible()


def test_keys_and_log_leave_the_figures_to_be_read(window: MainWindow) -> None:
    window.hud.toggle()
    press(window, Qt.Key.Key_F1)
    assert window.key_list.isVisible()
    assert not window.hud.isVisible()
    press(window, Qt.Key.Key_F1)
    assert window.hud.isVisible()
    press(window, Qt.Key.Key_F1)
    press(window, Qt.Key.Key_Escape)
    assert not window.key_list.isVisible()
    figures, least = QRect(407, 249, 492, 339), QSize(480, 200)
    for width, height in ((1920, 700), (1000, 1080), (1920, 1080)):
        display = QRect(0, 0, width, height)
        place = clear_of(figures, display, least)
        assert place is not None
        assert display.contains(place)
        assert not place.intersects(figures)
    assert clear_of(figures, QRect(0, 0, 1000, 700), least) is None


def test_the_parts_that_are_read_add_up_to_the_whole(window: MainWindow, rig: StillRig) -> None:
    rig.now = FULL
    window.poll_status()
    parts = [milliseconds(part.figure.text()) for part in window.hud.parts]
    assert parts == [21, 9, 290, 92]
    # Each is rounded by itself.
    assert abs(sum(parts) - milliseconds(window.hud.whole.text())) <= 2
    assert window.top_bar.latency.figure == window.hud.whole.text()


def test_what_no_output_takes_has_a_latency_as_far_as_it_is_known(window: MainWindow, rig: StillRig) -> None:
    rig.now = replace(FULL, latency=LatencyParts(21.4, 9.2, 290.0, None))
    window.poll_status()
    assert [part.figure.text() for part in window.hud.parts] == ["21 ms", "9 ms", "290 ms", words.UNKNOWN]
    assert window.hud.whole.text() == window.top_bar.latency.figure == "≥ 321 ms"
    assert "No output takes" in window.hud.note.text()
    assert "No output takes" in window.top_bar.latency.toolTip()
    rig.now = FULL
    window.poll_status()
    assert not window.hud.note.text()
    assert "No output takes" not in window.top_bar.latency.toolTip()


def test_what_is_not_measured_is_no_figure(window: MainWindow, rig: StillRig) -> None:
    rig.now = Status()
    window.poll_status()
    assert window.hud.whole.text() == words.UNKNOWN
    assert window.hud.lines["GPU memory"] == words.UNKNOWN
    assert window.top_bar.memory.figure == words.UNKNOWN
    assert "processor" in window.top_bar.memory.toolTip()


def test_outputs_that_go_leave_no_line(window: MainWindow, rig: StillRig) -> None:
    rig.now = FULL
    window.poll_status()
    rig.now = replace(FULL, outputs={}, controls={})
    window.poll_status()
    assert not [name for name in window.hud.lines if "virtual camera" in name or "edge" in name]


def test_figures_and_keys_have_room_or_are_scrolled_to(window: MainWindow, rig: StillRig) -> None:
    rig.now = FULL
    window.resize(640, 360)
    QApplication.processEvents()
    window.poll_status()
    for overlay in (window.hud, window.key_list):
        overlay.toggle()
        QApplication.processEvents()
        assert window.rect().contains(overlay.geometry())
        content = overlay.area.widget()
        assert content is not None
        for bar, hint, room in (
            (overlay.area.verticalScrollBar(), content.height(), overlay.area.viewport().height()),
            (overlay.area.horizontalScrollBar(), content.width(), overlay.area.viewport().width()),
        ):
            assert bar.maximum() >= hint - room, "what is not seen can be scrolled to"
        overlay.toggle()


# the beat


def test_the_lamp_tells_the_beat_by_number_and_light(app: object) -> None:
    clock = Clock()
    lamp = BeatLamp(clock)
    lamp.put(Tempo(120.0))
    seen = []
    for tick in range(16):
        clock.now = tick * 0.125 + 0.01
        lamp.look()
        seen.append(lamp.shown)
    assert [number for number, _ in seen] == [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4
    assert [lit for _, lit in seen] == [True, True, False, False] * 4


def test_tapping_by_key_and_by_button_is_one_row(window: MainWindow, show: Show, clock: Clock) -> None:
    for number in range(4):
        clock.now = 50 + number * 0.4
        if number % 2:
            QTest.mousePress(window.tempo.tap, Qt.MouseButton.LeftButton)
            QTest.mouseRelease(window.tempo.tap, Qt.MouseButton.LeftButton)
        else:
            press(window, Qt.Key.Key_T)
    assert show.setup.tempo.beats_per_minute == pytest.approx(150)
    assert show.setup.tempo.beat(50.01)[0] == 1
    assert window.tempo.pace.value() == pytest.approx(150)
    assert window.top_bar.pace.text() == "150"


def test_a_typed_tempo_keeps_the_beat_and_its_range(window: MainWindow, show: Show, clock: Clock) -> None:
    clock.now = 1.3
    before = show.setup.tempo.beat(clock.now)
    field = window.tempo.pace
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "87.5")
    press(field, Qt.Key.Key_Return)
    assert show.setup.tempo.beats_per_minute == 87.5
    after = show.setup.tempo.beat(clock.now)
    assert after == pytest.approx(before)
    for typed in ("999", "5"):
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, typed)
        press(field, Qt.Key.Key_Return)
        assert 20 <= show.setup.tempo.beats_per_minute <= 300
    show.set_setup(tempo=Tempo(100.0))
    turn_wheel(field, 120)
    assert show.setup.tempo.beats_per_minute == 101


def test_beat_now_and_nudges_by_key_and_button(window: MainWindow, show: Show, clock: Clock) -> None:
    clock.now = 12.34
    press(window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert show.setup.tempo.beat(clock.now) == (1, 0.0)
    press(window, Qt.Key.Key_Period)
    assert show.setup.tempo.beat(clock.now) == pytest.approx((1, 1 / 16))
    press(window, Qt.Key.Key_Comma)
    click(window.tempo.later)
    assert show.setup.tempo.beat(clock.now) == pytest.approx((4, 15 / 16))
    click(window.tempo.earlier)
    click(window.tempo.now)
    assert show.setup.tempo.beat(clock.now) == (1, 0.0)
    assert show.setup.tempo.beats_per_minute == 120
