"""The look's panels in the real window on the real rig: what a hand does there is in the engine's next chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.look import Look, Setup, SourceChoice
from app.pictures import load_picture
from app.rig import Rig
from app.show import Show
from app.window.main_window import MainWindow
from assets import CLIP
from controls.control import ControlSetting
from engine.params import EngineChoice, Params, Picture, WeightedPrompt
from tests.app.window.hands import click, drop_on, files, press, type_text
from tests.app.window.rig import quarters
from tests.fakes import Witness

PATIENCE_MS = 60_000


class Desk:
    """A window whose engine paints, and what goes into that engine."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.witness = Witness()
        look = Look(Params(prompt="ink", steps=1), controls=(ControlSetting("edge"),))
        setup = Setup(source=SourceChoice("clip", str(CLIP)), engine=EngineChoice("tiny", 96, 64))
        self.show = Show(look, setup)
        self.rig = Rig(self.show, self.witness.make_host)
        self.window = MainWindow(self.show, self.rig)
        qtbot.addWidget(self.window)
        self.window.show()
        self.rig.start()
        self.until(lambda: (program := self.rig.program.get()) is not None and program.kind == "engine")

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def until_painted_with(self, condition: Callable[[Params], bool]) -> None:
        """Wait until a chunk is painted with such Params."""
        self.until(lambda: condition(self.witness.steps[-1][1]))


@pytest.fixture
def desk(app: QApplication, qtbot: QtBot) -> Iterator[Desk]:
    desk = Desk(qtbot)
    yield desk
    desk.window.end_show()
    desk.rig.stop()


def test_prompts_with_weights_and_faders_are_in_the_next_chunk(desk: Desk) -> None:
    look = desk.window.look
    click(look.prompts.add)
    field = look.prompts.rows[1].field
    field.setFocus()
    type_text(field, "gold leaf")
    press(field, Qt.Key.Key_Return)
    look.prompts.rows[1].weight.number.setValue(0.5)
    look.morph.fader.number.setValue(3)
    look.strengths.past.number.setValue(0.4)
    look.strengths.video.number.setValue(0.7)
    wanted = (WeightedPrompt("ink"), WeightedPrompt("gold leaf", 0.5))
    desk.until_painted_with(
        lambda params: (params.prompts, params.morph_chunks, params.past, params.strength) == (wanted, 3, 0.4, 0.7)
    )
    click(look.prompts.rows[0].down)
    desk.until_painted_with(lambda params: params.prompts == wanted[::-1])
    click(look.modes.clear)
    desk.until_painted_with(lambda params: params.prompts == (WeightedPrompt("gold leaf"),))
    assert desk.rig.status().engine_state != "failed"


def test_dropped_and_grabbed_pictures_are_in_the_next_chunk(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "face.png"
    assert cv2.imwrite(str(path), cv2.cvtColor(quarters(), cv2.COLOR_RGB2BGR))
    references, frames = desk.window.references, desk.window.frames
    drop_on(references, files(path))
    desk.until_painted_with(lambda params: params.references == (load_picture(path),))
    QTest.keyClick(desk.window, Qt.Key.Key_F)
    painted = len(desk.witness.steps)
    desk.until(lambda: len(desk.witness.steps) > painted + 2)  # what was on its way when it froze is shown by then
    click(references.tray.buttons["grab"])
    program = desk.rig.program.get()
    assert program is not None
    assert desk.show.look.params.references == (load_picture(path), Picture(program.rgb))
    frames.open()
    frames.tray.choose(1)
    click(frames.tray.buttons["grab"])
    desk.until_painted_with(lambda params: params.last_frame == Picture(program.rgb))
    drop_on(frames.tray.wells[0], files(path))
    desk.until_painted_with(lambda params: params.first_frame == load_picture(path))
    assert len(desk.witness.steps[-1][1].references) == 2


def test_the_seed_walks_through_the_engine(desk: Desk) -> None:
    walk = desk.window.look.walk
    walk.every.number.setValue(0.2)
    click(walk.switch)
    # Chunks that take long pass over seeds.
    desk.until(lambda: len({params.seed for _, params in desk.witness.steps}) >= 3)
    click(walk.switch)
    seeds = [params.seed for _, params in desk.witness.steps]
    assert seeds == sorted(seeds)


def test_a_typed_size_is_painted_at(desk: Desk) -> None:
    typed = desk.window.look.size_row.typed
    typed.setFocus()
    type_text(typed, "128x80")
    press(typed, Qt.Key.Key_Return)
    desk.until(lambda: desk.witness.steps[-1][0].guide.shape[1:] == (80, 128, 3))
    desk.until(lambda: (program := desk.rig.program.get()) is not None and program.rgb.shape == (80, 128, 3))
    desk.until(lambda: desk.witness.loaded == [EngineChoice("tiny", 128, 80)])
