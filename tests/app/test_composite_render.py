"""The composite of ``render``: at output size, over the film's own pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from app.__main__ import main
from app.composite import enlarged
from app.frame import Pixels
from app.framing import Framing, framed
from app.painting import Painted
from app.render import Painter
from tests.app.inputs.clips import number_of, write_clip
from tests.fakes import Witness

Rendered = Callable[..., list[Painted]]


@pytest.fixture
def render(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rendered:
    """What ``render`` paints, by its options, and out.mp4 of it."""
    write_clip(tmp_path / "film.mp4", 10, size=(96, 64))
    left = np.zeros((64, 96), np.uint8)
    left[:, :48] = 255
    cv2.imwrite(str(tmp_path / "left.png"), left)
    monkeypatch.chdir(tmp_path)
    paint = Painter.paint

    def rendered(*options: str) -> list[Painted]:
        seen: list[Painted] = []

        def noted(painter: Painter, frames: Any) -> Iterator[Painted]:
            for painted in paint(painter, frames):
                seen.append(painted)
                yield painted

        monkeypatch.setattr(Painter, "paint", noted)
        monkeypatch.setattr("app.render.EngineHost", lambda choice, reserved_cores: Witness().make_host(choice))
        assert main(["render", "film.mp4", "-o", "out.mp4", "--size", "48x32", "--steps", "1", *options]) == 0
        return seen

    return rendered


def film() -> list[Pixels]:
    with av.open("out.mp4") as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def test_a_film_at_output_size_keeps_the_source_to_the_bit(render: Rendered) -> None:
    pictures = render("--mask", "left.png", "--output-size", "192x120", "--mirror")
    assert len(pictures) == 10
    for number, painted in enumerate(pictures):
        assert painted.rgb.shape == (128, 192, 3), "it covers the film, which cuts what is too much"
        assert painted.frame.plate is not None
        source = framed(painted.frame.plate.source, Framing(mirror=True), 192, 128)
        assert number_of(source[:, ::-1]) == number
        # The mask has half as many columns, so that its border is two wide.
        np.testing.assert_array_equal(painted.rgb[:, :95], source[:, :95])
        assert not np.array_equal(painted.rgb[:, 97:], source[:, 97:])
    frames = film()
    assert {frame.shape for frame in frames} == {(120, 192, 3)}
    for frame, painted in zip(frames, pictures, strict=True):
        assert np.abs(frame.astype(int) - painted.rgb[4:124]).mean() < 6, "but for the codec"
    assert Path("out.png").stat().st_size > 0


def test_by_itself_a_film_has_the_engines_size(render: Rendered) -> None:
    (painted, *_) = render("--mask", "left.png")
    assert painted.rgb.shape == (32, 48, 3)
    np.testing.assert_array_equal(painted.rgb[:, 24:], painted.frame.plate.source_at(48, 32)[:, 24:])  # type: ignore[union-attr]
    assert film()[0].shape == (32, 48, 3)


def test_without_the_composite_the_engine_paints_all_of_it(render: Rendered) -> None:
    kept, painted = (render("--mask", "left.png", "--output-size", "96x64", *more) for more in ([], ["--no-composite"]))
    for one, other in zip(kept, painted, strict=True):
        assert one.rgb.shape == other.rgb.shape == (64, 96, 3)
        assert other.frame.plate is None
        # The engine's picture is the same one.
        np.testing.assert_array_equal(one.rgb[:, :46], other.rgb[:, :46])
        assert not np.array_equal(one.rgb[:, 48:], other.rgb[:, 48:])


def test_without_a_mask_a_film_is_enlarged(render: Rendered) -> None:
    small, large = render(), render("--output-size", "96x64")
    for one, other in zip(small, large, strict=True):
        np.testing.assert_array_equal(other.rgb, enlarged(one.rgb, 96, 64))


def test_an_odd_size_that_a_film_cannot_have_is_told(render: Rendered, capsys: pytest.CaptureFixture[str]) -> None:
    render("--output-size", "97x65")
    assert film()[0].shape == (64, 96, 3)
    assert "96x64 in place of 97x65" in capsys.readouterr().err
    render("--output-size", "98x66")
    assert "in place of" not in capsys.readouterr().err


@pytest.mark.parametrize("size", ["8x8", "1280", "0x720", "big"])
@pytest.mark.usefixtures("render")
def test_a_size_that_makes_no_sense_is_told(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "film.mp4", "-o", "out.mp4", "--output-size", size]) == 2
    assert "size" in capsys.readouterr().err
    assert not Path("out.mp4").exists()


def test_none_takes_back_a_kept_size(render: Rendered) -> None:
    (painted, *_) = render("--output-size", "none")
    assert painted.rgb.shape == (32, 48, 3)
