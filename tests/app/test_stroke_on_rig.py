"""A stroke in the real window on the real rig: the very next chunk has it, down to the context that the real network,
at a tiny size, is handed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.frame import GuidedFrame, Pixels
from app.governor import Level as Quality
from app.look import Look, Setup, SourceChoice
from app.model_switch import Playing
from app.rig import Rig
from app.show import Show
from app.window.main_window import MainWindow
from assets import CLIP
from controls.control import ControlSetting
from engine.conditioning import ContextEncoder, mask_channels
from engine.params import EngineChoice, Params
from tests.app.window.hands import NO_KEY
from tests.fakes import Witness

PATIENCE_MS = 60_000


@dataclass
class Encoded:
    """What one chunk's context was encoded of, and the context."""

    guide: torch.Tensor
    source: torch.Tensor
    mask: torch.Tensor
    context: torch.Tensor


class Desk:
    """A window whose engine stands still, before a step that the test chooses, until the test lets it go on."""

    def __init__(self, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
        self.qtbot = qtbot
        self.held = threading.Event()
        self._hold_before, self._let_go = 0, threading.Event()
        self._let_go.set()
        self.encoded: list[Encoded] = []
        self.frames: list[list[GuidedFrame]] = []
        monkeypatch.setattr(ContextEncoder, "encode", self._recording(ContextEncoder.encode))
        self.witness = Witness(before_settle=self._before_settle)
        look = Look(Params(steps=1), controls=(ControlSetting("edge"),))
        self.show = Show(look, Setup(source=SourceChoice("clip", str(CLIP)), engine=EngineChoice("tiny", 96, 64)))
        self.rig = Rig(self.show, self.witness.make_host)
        kept = self.rig._engine._keep

        def keep(playing: Playing, frames: list[GuidedFrame], look: Look, pictures: Pixels, wished: Quality) -> None:
            self.frames.append(frames)
            kept(playing, frames, look, pictures, wished)

        self.rig._engine._keep = keep
        self.window = MainWindow(self.show, self.rig)
        qtbot.addWidget(self.window)
        self.window.show()
        self.rig.start()
        self.until(lambda: len(self.frames) > 1 and self.rig.thumbnails.get() is not None)
        self.canvas = self.window.program.preview
        self.until(lambda: self.canvas.picture is not None)

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def hold_engine(self) -> None:
        """After the chunk under way, whose pictures are out. From here on nothing is taken from the inbox."""
        self._let_go.clear()
        self.until(self.held.is_set)

    def let_go(self) -> None:
        self._let_go.set()

    def paint(self, start: float, end: float) -> float:
        """A stroke across the middle of the picture, between two shares of its width. Returns when the hand came up."""
        rect = self.canvas.placing(96, 64)[1]
        left, right = (QPoint(round(rect.x() + x * rect.width()), self.canvas.height() // 2) for x in (start, end))
        QTest.mousePress(self.canvas, Qt.MouseButton.LeftButton, NO_KEY, left)
        QTest.mouseMove(self.canvas, right)
        QTest.mouseRelease(self.canvas, Qt.MouseButton.LeftButton, NO_KEY, right)
        return time.perf_counter()

    def captured_since(self, moment: float) -> int:
        """How many pictures taken after ``moment`` have their guides."""
        with self.rig._inbox._changed:
            return sum(frame.time > moment for frame in self.rig._inbox._frames)

    def _before_settle(self) -> None:
        if not self._let_go.is_set():
            self.held.set()
            assert self._let_go.wait(PATIENCE_MS / 1000)
            self.held.clear()

    def _recording(self, encode: object) -> object:
        def recorded(
            encoder: ContextEncoder, guide: torch.Tensor, source: torch.Tensor, mask: torch.Tensor
        ) -> torch.Tensor:
            context = encode(encoder, guide, source, mask)  # type: ignore[operator]
            self.encoded.append(Encoded(guide.clone(), source.clone(), mask.clone(), context.clone()))
            return context  # type: ignore[no-any-return]

        return recorded


@pytest.fixture
def desk(app: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(qtbot, monkeypatch)
    yield desk
    desk.let_go()
    desk.window.close()
    desk.rig.stop()


def test_a_stroke_is_in_the_very_next_chunk_and_in_its_context(desk: Desk) -> None:
    QTest.keyClick(desk.window, Qt.Key.Key_D)
    assert all(chunk.mask is None for chunk, _ in desk.witness.steps)
    desk.hold_engine()
    done = len(desk.witness.steps)
    moment = desk.paint(0.3, 0.45)
    desk.until(lambda: desk.captured_since(moment) >= 2)  # the third picture of four tells the context
    desk.let_go()
    desk.until(lambda: len(desk.frames) > done)
    frames, encoded = desk.frames[done], desk.encoded[done]
    chunk, _ = desk.witness.steps[done]
    assert chunk.mask is not None, "the next chunk, and no later one"
    later = [place for place, frame in enumerate(frames) if frame.time > moment]
    assert later, "it ends with the newest picture"
    for place in later:
        assert_a_stroke(chunk.mask[place], 0.3, 0.45)
    assert chunk.mask[-1].min() == 0, "the rest is kept"

    # The context: what is painted anew is taken from the guide, what is kept from the source, and the mask says which.
    painted = torch.from_numpy(chunk.mask > 127)[None]
    assert torch.equal(encoded.mask.cpu(), painted)
    channels = encoded.context[:, :, 32:].cpu()
    lead = channels.shape[1] * 4 - painted.shape[1]
    repeated = torch.cat([*[painted[:, :1]] * lead, painted], dim=1)
    assert torch.equal(channels, mask_channels(repeated).to(channels.dtype))
    assert not channels.all(), "a part of this very context is kept"
    assert desk.encoded[done - 1].context[:, :, 32:].all(), "nothing was before"

    shown = desk.rig.thumbnails.get()
    assert shown is not None
    assert shown.mask is not None, "the window is told of it as it acts"
    assert_a_stroke(shown.mask, 0.3, 0.45)


def test_what_is_erased_is_gone_from_the_very_next_chunk(desk: Desk) -> None:
    QTest.keyClick(desk.window, Qt.Key.Key_D)
    desk.paint(0.3, 0.45)
    desk.until(lambda: desk.witness.steps[-1][0].mask is not None)
    desk.hold_engine()
    done = len(desk.witness.steps)
    QTest.keyClick(desk.window, Qt.Key.Key_Delete)
    moment = time.perf_counter()
    desk.until(lambda: desk.captured_since(moment) >= 1)
    desk.let_go()
    desk.until(lambda: len(desk.frames) > done)
    frames, encoded = desk.frames[done], desk.encoded[done]
    assert frames[-1].time > moment
    assert frames[-1].mask is None
    assert encoded.mask[0, -1].all(), "its last picture is repainted whole"


def assert_a_stroke(mask: Pixels, left: float, right: float) -> None:
    """It goes across the picture's middle between these shares of its width, and nowhere else."""
    rows, columns = np.nonzero(mask > 127)
    height, width = mask.shape
    assert rows.mean() / height == pytest.approx(0.5, abs=0.03)
    assert columns.mean() / width == pytest.approx((left + right) / 2, abs=0.03)
    assert columns.min() / width > left - 0.1
    assert columns.max() / width < right + 0.1
