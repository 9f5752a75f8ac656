"""The real window on the real rig with the real network at a tiny size: what a performer does, and what comes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.journal.reader import JournalReader
from app.look import Look, RecorderChoice, Setup, SourceChoice, from_json
from app.rig import Rig
from app.set_list import Transition
from app.show import Show, load_state
from app.window.main_window import MainWindow
from assets import CLIP
from controls.control import ControlSetting
from engine.params import EngineChoice, Params, Picture
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
def desk(app: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(qtbot, tmp_path / "state.json")
    yield desk
    desk.window.end_show()
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
    desk.window.end_show()
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


def test_a_fired_cue_arrives_once(desk: Desk) -> None:
    """By its key, as a hard cut: one step is the first with the look, all of it, and every later one has it."""
    desk.on_air("engine")
    for prompt, strength in (("lava", 1.5), ("ink", 0.5)):
        desk.show.set_params(prompt=prompt, control_strength=strength, seed=len(prompt), morph_chunks=4)
        desk.press(Qt.Key.Key_A)
    desk.qtbot.waitUntil(lambda: desk.witness.steps[-1][1].prompt == "ink", timeout=PATIENCE_MS)
    told: list[Look] = []
    desk.show.look_changed.connect(told.append)
    before = len(desk.witness.steps)
    desk.press(Qt.Key.Key_1)
    desk.qtbot.waitUntil(lambda: desk.witness.steps[-1][1].prompt == "lava", timeout=PATIENCE_MS)
    arrived = len(desk.witness.steps)
    desk.qtbot.waitUntil(lambda: len(desk.witness.steps) >= arrived + 4, timeout=PATIENCE_MS)
    assert len(told) == 1
    seen = [
        (params.prompt, params.control_strength, params.seed, params.cut) for _, params in desk.witness.steps[before:]
    ]
    assert set(seen) <= {("ink", 0.5, 3, 0), ("lava", 1.5, 4, 1)}
    assert seen == sorted(seen, key=lambda step: step[3]), "it comes once and stays"
    assert desk.show.look.params.morph_chunks == 4, "the fader is the performer's"
    assert desk.witness.steps[-1][1].morph_chunks == 0, "and a cut has no morph, whatever it says"
    cue = desk.window.cues.sheet.cue(0)
    assert cue is not None
    assert replace(desk.show.look, params=replace(desk.show.look.params, cut=0, morph_chunks=0)) == cue.look


def test_the_morph_of_a_cue_is_what_the_engine_and_the_journal_get(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.on_air("engine")
    sheet, chunks = desk.window.cues.sheet, 6
    for prompt, strength, past, grow in (("lava", 1.5, 0.5, 8.0), ("ink", 0.5, 1.0, 0.0)):
        desk.show.set_params(prompt=prompt, control_strength=strength, past=past, morph_chunks=3)
        desk.show.set_mask_shape(grow=grow)
        desk.press(Qt.Key.Key_A)
    sheet.set_cue(0, transition=Transition("morph", 12.0, "seconds"))
    monkeypatch.setattr(sheet, "_chunk_s", lambda: 12.0 / chunks)
    desk.qtbot.waitUntil(lambda: desk.witness.steps[-1][1].prompt == "ink", timeout=PATIENCE_MS)
    record = tmp_path / "show.mp4"
    desk.show.set_setup(recorder=RecorderChoice(on=True, path=str(record)))
    desk.qtbot.waitUntil(
        lambda: "recorder" in desk.rig.status().outputs and desk.rig.status().outputs["recorder"].written > 2,
        timeout=PATIENCE_MS,
    )
    desk.press(Qt.Key.Key_1)
    desk.qtbot.waitUntil(lambda: desk.witness.steps[-1][1].prompt == "lava", timeout=PATIENCE_MS)
    arrived = len(desk.witness.steps)
    desk.qtbot.waitUntil(lambda: len(desk.witness.steps) >= arrived + chunks + 2, timeout=PATIENCE_MS)
    asked = [params for _, params in desk.witness.steps]
    first = next(number for number, params in enumerate(asked) if params.prompt == "lava" and params.morph_chunks == 6)
    steps = asked[first : first + chunks + 2]
    wanted = [0.5 + min(1.0, number / chunks) for number in range(1, chunks + 3)]
    assert [params.control_strength for params in steps] == pytest.approx(wanted)
    assert [params.past for params in steps] == pytest.approx([1.25 - strength / 2 for strength in wanted])
    assert {(params.prompt, params.morph_chunks) for params in steps} == {("lava", chunks)}
    assert asked[first - 1].control_strength == 0.5
    assert desk.show.look.params.morph_chunks == 3, "the fader is the performer's"
    desk.show.set_setup(recorder=RecorderChoice(on=False))
    desk.window.close()
    with JournalReader(next(tmp_path.glob("*.vjournal"))) as journal:
        kept = [journal.look(chunk).look for chunk in journal.chunks]
    begun = next(number for number, look in enumerate(kept) if look.params.morph_chunks == chunks)
    assert [look.params for look in kept[begun : begun + chunks + 2]] == steps
    grown = [look.mask_shape.grow for look in kept[begun : begun + chunks + 2]]
    assert grown == pytest.approx([8 * (strength - 0.5) for strength in wanted])


def test_fifty_steps_are_taken_back_while_it_plays(desk: Desk) -> None:
    """Each by Ctrl+Z, past prompts and faders; the engine is then handed the look of the beginning."""
    desk.on_air("engine")
    seen = [desk.show.look]
    for number in range(25):
        desk.show.set_params(prompt=f"ink {number}")
        seen.append(desk.show.look)
        desk.show.set_params(seed=1000 + number)
        seen.append(desk.show.look)
    desk.qtbot.waitUntil(lambda: desk.witness.steps[-1][1].seed == 1024, timeout=PATIENCE_MS)
    for look in reversed(seen[:-1]):
        QTest.keyClick(desk.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert desk.show.look == look
    first = seen[0].params
    desk.qtbot.waitUntil(
        lambda: (desk.witness.steps[-1][1].prompt, desk.witness.steps[-1][1].seed) == (first.prompt, first.seed),
        timeout=PATIENCE_MS,
    )


def test_a_set_that_was_saved_gives_the_same_look_in_a_fresh_window(desk: Desk, tmp_path: Path) -> None:
    """Another process, another window, another engine: fired by its key, the cue is what it was here."""
    desk.on_air("engine")
    mask = np.zeros((90, 160), np.uint8)
    mask[20:60, 40:120] = 128
    desk.show.set_params(prompt="lava", control_strength=1.5, seed=7)
    desk.show.set_mask(Picture(mask))
    desk.press(Qt.Key.Key_A)
    cue = desk.window.cues.sheet.cue(0)
    assert cue is not None
    path = tmp_path / "friday.vlive"
    desk.window.cues.sheet.save(path)
    desk.qtbot.waitUntil(path.exists, timeout=PATIENCE_MS)  # written beside, then put in its place
    told = subprocess.run(
        [sys.executable, "-m", "tests.app.fresh_window", str(path)], capture_output=True, text=True, check=True
    )
    look = from_json(Look, json.loads(told.stdout))
    assert replace(look, params=replace(look.params, cut=0, frames_again=0)) == cue.look
