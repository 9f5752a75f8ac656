"""The command that photographs the window: on the real rig, with the real network at a tiny size."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.errors import ShowError
from app.window import screenshots
from app.window.screenshots import SHOTS, take
from engine.params import EngineChoice
from tests.fakes import Witness

TINY = EngineChoice("tiny", 48, 32)


def test_each_shot_is_the_window_with_a_painted_picture(
    app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds: list[str] = []
    save = screenshots.Studio.save

    def note(studio: screenshots.Studio, path: Path) -> None:
        program = studio.rig.program.get()
        kinds.append("none" if program is None else program.kind)
        save(studio, path)

    monkeypatch.setattr(screenshots.Studio, "save", note)
    paths = take(tmp_path, QSize(1000, 700), TINY, Witness().make_host, pictures=2)
    assert [path.name for path in paths] == [f"window-{shot.__name__}.png" for shot in SHOTS]
    assert kinds == ["engine"] * len(SHOTS)
    pictures = [QImage(str(path)) for path in paths]
    assert {(picture.width(), picture.height()) for picture in pictures} == {(1000, 700)}
    assert len({path.read_bytes() for path in paths}) == len(SHOTS)


def test_an_engine_that_paints_nothing_is_told_in_words(
    app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshots, "PATIENCE_S", 0.3)
    witness = Witness()
    witness.may_load.clear()
    with pytest.raises(ShowError, match="painted too little"):
        take(tmp_path, QSize(1000, 700), TINY, witness.make_host)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["1280", "0x720", "ax720", "-1280x720"])
def test_a_size_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        screenshots.main(["somewhere", "--size", text])
    assert "size" in capsys.readouterr().err
