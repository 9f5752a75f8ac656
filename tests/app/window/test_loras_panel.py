"""LoRAs in the window: files of the starter's shapes, added, faded, removed; wrong ones told and left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QMimeData, QUrl
from safetensors.torch import save_file

from app.show import Show
from app.window.main_window import MainWindow
from app.window.panels.loras import LorasPanel
from app.words import window as words
from engine.config import STARTER
from engine.params import Lora
from tests.app.window.hands import click, drop_on, files


@pytest.fixture
def loras(window: MainWindow) -> LorasPanel:
    window.loras.open()
    return window.loras


def starter_lora(path: Path, width: int = STARTER.dit.dim) -> Path:
    key = "diffusion_model.blocks.1.self_attn.q"
    save_file({f"{key}.lora_A.weight": torch.zeros(2, width), f"{key}.lora_B.weight": torch.zeros(width, 2)}, path)
    return path


def held(show: Show) -> tuple[Lora, ...]:
    return show.look.params.loras


def test_loras_are_added_faded_and_removed(loras: LorasPanel, show: Show, tmp_path: Path) -> None:
    ink, gold = starter_lora(tmp_path / "ink.safetensors"), starter_lora(tmp_path / "gold.safetensors")
    click(loras.add)
    dialog = loras.opening.dialog
    assert dialog is not None
    dialog.fileSelected.emit(str(ink))
    dialog.close()
    drop_on(loras, files(gold))
    assert held(show) == (Lora(str(ink)), Lora(str(gold)))
    assert [row.name.whole for row in loras.rows] == ["ink.safetensors", "gold.safetensors"]
    loras.rows[1].strength.number.setValue(-1.5)
    assert held(show) == (Lora(str(ink)), Lora(str(gold), -1.5))
    show.set_params(loras=(Lora(str(ink), 0.25), Lora(str(gold), -1.5)))
    assert loras.rows[0].strength.value == 0.25
    loras.rows[0].strength.reset()
    assert show.look.params.loras[0].strength == 1.0
    click(loras.rows[0].remove)
    assert held(show) == (Lora(str(gold), -1.5),)
    assert len(loras.rows) == 1
    assert loras.summary.whole == "1"
    assert "LoRA gold.safetensors" in loras.rows[0].strength.number.accessibleName()


def test_the_fader_ends_at_two(loras: LorasPanel, show: Show, tmp_path: Path) -> None:
    drop_on(loras, files(starter_lora(tmp_path / "ink.safetensors")))
    fader = loras.rows[0].strength
    for end, strength in ((fader.slider.minimum(), -2.0), (fader.slider.maximum(), 2.0)):
        fader.slider.setValue(end)
        assert show.look.params.loras[0].strength == strength


def test_what_is_no_lora_for_this_model_is_told_and_left_out(
    loras: LorasPanel, window: MainWindow, show: Show, tmp_path: Path
) -> None:
    good = starter_lora(tmp_path / "good.safetensors")
    drop_on(loras, files(good))
    before = show.look
    picture = tmp_path / "face.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n and so on")
    cases = {
        picture: "face.png holds",
        starter_lora(tmp_path / "large.safetensors", 1536): "model of another size",
        tmp_path / "gone.safetensors": "cannot be read",
        good: "is there already",
    }
    for path, reason in cases.items():
        drop_on(loras, files(path))
        level, sentence = window.messages.shown
        assert level == words.LEVELS["warning"]
        assert reason in sentence
        assert show.look is before
    drop_on(loras, files(starter_lora(tmp_path / "other.safetensors"), picture))
    assert show.look is before, "all of a drop or none of it"
    address = QMimeData()
    address.setUrls([QUrl("https://example.org/style.safetensors")])
    drop_on(loras, address)
    assert "is no file" in window.messages.shown[1]
