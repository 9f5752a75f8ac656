from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from app.errors import SourceError
from app.frame import Pixels
from app.inputs import open_source
from app.inputs.still import read_picture
from app.look import SourceChoice

RED, BLUE = (200, 30, 10), (10, 40, 220)


def halves(width: int = 40, height: int = 20) -> Pixels:
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[:, : width // 2], rgb[:, width // 2 :] = RED, BLUE
    return rgb


def saved(path: Path, bgr: np.ndarray) -> Path:
    ok, data = cv2.imencode(path.suffix, bgr)
    assert ok
    path.write_bytes(data.tobytes())
    return path


def near(rgb: Pixels, color: tuple[int, int, int], tolerance: int = 6) -> bool:
    return bool(np.abs(rgb.astype(int) - color).max() <= tolerance)


@pytest.mark.parametrize("name", ["plain.png", "photo.jpg", "täst bild.bmp", "a.tiff", "b.webp"])
def test_colours_are_rgb_whatever_the_format(tmp_path: Path, name: str) -> None:
    rgb = read_picture(saved(tmp_path / name, halves()[..., ::-1]))
    assert rgb.shape == (20, 40, 3)
    assert rgb.dtype == np.uint8
    assert near(rgb[5:15, 4:16], RED, 12)
    assert near(rgb[5:15, 24:36], BLUE, 12)


def test_grey_sixteen_bit_float_and_transparent_pictures_become_rgb(tmp_path: Path) -> None:
    gray = read_picture(saved(tmp_path / "gray.png", np.full((8, 8), 77, np.uint8)))
    assert near(gray, (77, 77, 77), 0)
    deep = read_picture(saved(tmp_path / "deep.png", (halves()[..., ::-1].astype(np.uint16) * 257)))
    assert (deep == halves()).all()
    light = read_picture(saved(tmp_path / "light.hdr", np.full((8, 8, 3), 0.5, np.float32)))
    assert near(light, (128, 128, 128), 2)
    bgra = np.dstack([halves()[..., ::-1], np.full((20, 40), 255, np.uint8)])
    bgra[:, 20:, 3] = 0
    bgra[:, :10, 3] = 128
    clear = read_picture(saved(tmp_path / "clear.png", bgra))
    assert near(clear[:, 20:], (0, 0, 0), 0)
    assert near(clear[:, 10:20], RED, 0)
    assert near(clear[:, :10], (100, 15, 5), 1)


def test_a_photograph_stands_upright(tmp_path: Path) -> None:
    path = saved(tmp_path / "phone.jpg", halves()[..., ::-1])
    data = path.read_bytes()
    # An Exif segment with one entry: orientation 6, the camera was turned; shown a quarter clockwise.
    tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
    exif = b"Exif\x00\x00" + tiff
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    rgb = read_picture(path)
    assert rgb.shape == (40, 20, 3)
    assert near(rgb[4:16, 5:15], RED, 12)
    assert near(rgb[24:36, 5:15], BLUE, 12)


def test_formats_that_only_ffmpeg_knows_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "odd.tga"
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("targa", rate=1)
        stream.width, stream.height, stream.pix_fmt = 40, 20, "bgr24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(halves(), format="rgb24")))
        container.mux(stream.encode())
    assert (read_picture(path) == halves()).all()


def test_live_repeats_the_same_picture_with_a_rising_time(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", halves()[..., ::-1])
    source = open_source(SourceChoice("still", str(path), rate=200), realtime=True)
    source.open()
    frames = [frame for frame in (source.read() for _ in range(5)) if frame is not None]
    assert len(frames) == 5
    assert all((frame.rgb == halves()).all() for frame in frames)
    assert all(one.time < other.time for one, other in pairwise(frames))
    assert source.title == "a.png, 40x20"
    source.close()


def test_offline_times_follow_the_rate(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", halves()[..., ::-1])
    source = open_source(SourceChoice("still", str(path)), realtime=False)
    source.open()
    times = [frame.time for frame in (source.read() for _ in range(4)) if frame is not None]
    assert times == pytest.approx([0, 1 / 30, 2 / 30, 3 / 30])


def size_of(path: Path, width: int = 0, height: int = 0) -> tuple[int, int]:
    """Width and height of what is shown of it."""
    source = open_source(SourceChoice("still", str(path), width=width, height=height), realtime=False)
    source.open()
    frame, next_one = source.read(), source.read()
    assert frame is not None
    assert next_one is not None
    assert next_one.rgb is frame.rgb, "held once"
    return frame.rgb.shape[1], frame.rgb.shape[0]


def test_a_large_picture_keeps_its_size_unless_less_is_wanted(tmp_path: Path) -> None:
    path = saved(tmp_path / "big.png", halves(4500, 1500)[..., ::-1])
    assert size_of(path) == (4500, 1500)
    assert size_of(path, 320, 192) == (576, 192)
    assert size_of(path, 9000, 9000) == (4500, 1500)


def test_a_picture_that_takes_too_much_memory_is_reduced_to_what_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.inputs.still.MOST_PIXELS", 20_000)
    for size, shown in (((400, 200), (200, 100)), ((200, 400), (100, 200)), ((200, 100), (200, 100))):
        assert size_of(saved(tmp_path / "big.png", halves(*size)[..., ::-1])) == shown


def test_what_cannot_be_shown_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "half.png").write_bytes(saved(tmp_path / "whole.png", halves()).read_bytes()[:40])
    for name, words in (
        ("gone.png", "There is no file"),
        ("", "is a folder"),
        ("empty.png", "not a picture"),
        ("text.png", "not a picture"),
        ("half.png", "not a picture"),
    ):
        source = open_source(SourceChoice("still", str(tmp_path / name)), realtime=True)
        with pytest.raises(SourceError, match=words):
            source.open()
        source.close()
        source.close()
