"""The real window on the real rig with the real network at a tiny size: what a performer does, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.look import Look, RecorderChoice, Setup, SourceChoice
from app.rig import Rig
from app.show import Show, load_state
from app.window.main_window import MainWindow
from app.window.theme import apply_theme
from assets import CLIP
from controls.control import ControlSetting
from engine.params import EngineChoice, Params
from tests.fakes import Witness

PATIENCE_MS = 60_000


class Desk:
    """A window, its rig, and a hand on the keys."""

    def __init__(self, qtbot: QtBot, state: Path) -> None:
        self.qtbot = qtbot
        self.witness = Witness()
        look = Look(Params(steps=1), controls=(ControlSetting("edge"), ControlSetting("pose", on=False)))
        setup = Setup(source=SourceChoice("clip", str(CLIP)), engine=EngineChoice("tiny", 96, 64))
        self.show = Show(look, setup)
        self.rig = Rig(self.show, self.witness.make_host)
        self.window = MainWindow(self.show, self.rig, state)
        qtbot.addWidget(self.window)
        self.window.show()
        self.rig.start()

    def on_air(self, kind: str) -> None:
        self.qtbot.waitUntil(
            lambda: (program := self.rig.program.get()) is not None and program.kind == kind, timeout=PATIENCE_MS
        )

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.window, key)


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app)
    desk = Desk(qtbot, tmp_path / "state.json")
    yield desk
    desk.window.close()
    desk.rig.stop()


def test_the_preview_shows_what_the_engine_paints(desk: Desk, artefacts: Path) -> None:
    desk.on_air("engine")
    desk.qtbot.waitUntil(lambda: desk.rig.status().latency_ms.p50 is not None, timeout=PATIENCE_MS)
    desk.window.poll_status()
    desk.window.poll_pictures()
    desk.window.grab().save(str(artefacts / "window-live.png"))
    preview = rgb_of(desk.window.program.preview.grab().toImage())
    program = desk.rig.program.get()
    assert program is not None
    height, width = preview.shape[:2]
    shown = preview[height // 2 - 20 : height // 2 + 20, width // 2 - 20 : width // 2 + 20]
    assert shown.std() > 1, "a picture, not a flat surface"


def test_keys_act_on_what_is_on_air(desk: Desk) -> None:
    desk.on_air("engine")
    desk.press(Qt.Key.Key_B)
    desk.on_air("black")
    desk.press(Qt.Key.Key_B)
    desk.on_air("engine")
    desk.press(Qt.Key.Key_Y)
    desk.on_air("bypass")
    desk.press(Qt.Key.Key_Y)
    desk.on_air("engine")
    desk.press(Qt.Key.Key_C)
    desk.qtbot.waitUntil(lambda: desk.witness.steps[-1][1].cut == 1, timeout=PATIENCE_MS)


def test_a_typed_prompt_reaches_the_engine(desk: Desk) -> None:
    desk.on_air("engine")
    desk.press(Qt.Key.Key_P)
    QTest.keyClicks(desk.window.look.prompt, "black ink")
    QTest.keyClick(desk.window.look.prompt, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: desk.witness.steps[-1][1].prompt == "black ink", timeout=PATIENCE_MS)
    assert desk.show.look.treatment == "live", "letters of a prompt are no shortcuts"


def test_space_pauses_and_never_blacks_out(desk: Desk) -> None:
    """Where the field that has the focus disappears, the focus must not land on Blackout."""
    desk.on_air("engine")
    desk.window.input.pages.clip.setFocus()
    desk.window.look.prompt.setFocus()
    desk.window.look.hide()
    assert desk.window.focusWidget() is desk.window.program.preview
    seen: list[tuple[bool, bool]] = []
    for key in (Qt.Key.Key_Space, Qt.Key.Key_F1, Qt.Key.Key_Escape, Qt.Key.Key_Space):
        QTest.keyClick(desk.window.focusWidget(), key)
        seen.append((desk.show.setup.paused, desk.window.key_list.isVisible()))
    assert seen == [(True, False), (True, True), (True, False), (False, False)]
    assert desk.show.look.treatment == "live"


def test_where_a_recording_went_is_said(desk: Desk, tmp_path: Path) -> None:
    said: list[str] = []
    desk.rig.said.connect(lambda level, sentence: said.append(sentence))
    desk.on_air("engine")
    path = tmp_path / "show.mp4"
    desk.show.set_setup(recorder=RecorderChoice(on=True, path=str(path)))
    desk.qtbot.waitUntil(
        lambda: "recorder" in desk.rig.status().outputs and desk.rig.status().outputs["recorder"].written > 5,
        timeout=PATIENCE_MS,
    )
    desk.show.set_setup(recorder=RecorderChoice(on=False))
    desk.qtbot.waitUntil(lambda: any(str(path) in sentence for sentence in said), timeout=PATIENCE_MS)


def test_a_control_switched_off_leaves_the_guide_empty(desk: Desk) -> None:
    desk.on_air("engine")
    desk.show.set_control("edge", on=False)
    desk.qtbot.waitUntil(lambda: bool(np.all(desk.witness.steps[-1][0].guide == 128)), timeout=PATIENCE_MS)


def test_closing_the_window_finishes_the_recording_and_keeps_the_settings(desk: Desk, tmp_path: Path) -> None:
    desk.on_air("engine")
    record = tmp_path / "show.mp4"
    desk.show.set_params(prompt="lava")
    desk.show.set_setup(recorder=RecorderChoice(on=True, path=str(record)))
    desk.qtbot.waitUntil(
        lambda: "recorder" in desk.rig.status().outputs and desk.rig.status().outputs["recorder"].written > 5,
        timeout=PATIENCE_MS,
    )
    desk.window.close()
    film = cv2.VideoCapture(str(record))
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) > 5
    film.release()
    kept = load_state(tmp_path / "state.json")
    assert kept is not None
    look, setup = kept
    assert look.params.prompt == "lava"
    assert setup.source.target == str(CLIP)
    assert not setup.recorder.on


def rgb_of(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def test_what_is_painted_is_in_the_next_chunk(desk: Desk) -> None:
    """A stroke on the canvas while the picture moves; the engine's next chunk is handed the mask, in its place."""
    desk.on_air("engine")
    desk.qtbot.waitUntil(lambda: desk.rig.thumbnails.get() is not None, timeout=PATIENCE_MS)
    before = desk.witness.steps[-1][0].mask
    assert before is None
    canvas = desk.window.program.preview
    desk.qtbot.waitUntil(lambda: canvas.picture is not None, timeout=PATIENCE_MS)
    desk.press(Qt.Key.Key_D)
    left, right = (QPoint(round(x * canvas.width()), canvas.height() // 2) for x in (0.3, 0.4))
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, left)
    QTest.mouseMove(canvas, right)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, right)
    desk.qtbot.waitUntil(lambda: desk.witness.steps[-1][0].mask is not None, timeout=PATIENCE_MS)
    mask = next(chunk.mask for chunk, _ in reversed(desk.witness.steps))
    assert mask is not None
    columns = np.flatnonzero(mask[-1].max(axis=0) > 127)
    assert 0.2 < columns.mean() / mask.shape[-1] < 0.5
    desk.press(Qt.Key.Key_Delete)
    desk.qtbot.waitUntil(lambda: desk.witness.steps[-1][0].mask is None, timeout=PATIENCE_MS)
