"""A still picture as a live source: the same picture again and again, each time with a new capture time."""

from __future__ import annotations

import math
from pathlib import Path

import av
import cv2
import numpy as np

from app.errors import SourceError
from app.frame import Frame, Pixels
from app.inputs.pace import Ticker
from app.inputs.size import covering
from app.look import SourceChoice
from app.words import inputs as words

RATE = 30.0
MOST_PIXELS = 64_000_000
"""What the largest of usual cameras have: 192 MB, held once. A still comes as large as it is, for a composite shows of
it what the outputs have room for; only a picture larger than this is reduced."""


class StillSource:
    """``choice.target`` is the file. Wanted width and height shrink the picture to what covers them."""

    def __init__(self, choice: SourceChoice, *, realtime: bool) -> None:
        self.paused = False
        self._path = Path(choice.target)
        self._wanted = (choice.width, choice.height)
        self._rate = choice.rate if choice.rate > 0 else RATE
        self._realtime = realtime
        self._rgb: Pixels | None = None
        self._ticker: Ticker | None = None
        self._number = -1

    @property
    def title(self) -> str:
        if self._rgb is None:
            return self._path.name
        height, width = self._rgb.shape[:2]
        return f"{self._path.name}, {width}x{height}"

    @property
    def rate(self) -> float:
        return self._rate

    def open(self) -> None:
        rgb = read_picture(self._path)
        height, width = rgb.shape[:2]
        scale = min(1.0, math.sqrt(MOST_PIXELS / (width * height)))
        wanted = self._wanted if any(self._wanted) else (int(width * scale), 0)
        size = covering(width, height, *wanted)
        self._rgb = rgb if size == (width, height) else np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
        self._ticker = Ticker(self._rate)
        self._number = -1

    def read(self) -> Frame | None:
        if self._rgb is None or self._ticker is None:
            raise SourceError(words.not_open(self._path.name))
        if self._realtime:
            return None if self._ticker.tick() is None else Frame(self._rgb, self._ticker.now())
        self._number += 1
        return Frame(self._rgb, self._number / self._rate)

    def close(self) -> None:
        self._rgb = None
        self._ticker = None


def read_picture(path: Path) -> Pixels:
    """The picture in ``path`` as (H, W, 3) uint8 RGB: grey is spread to colour, 16 bit and float reduced, transparent
    parts stand on black, and the camera's orientation tag is obeyed. Raises SourceError in one sentence.
    """
    rgb = read_pixels(path)
    if rgb.shape[2] == 4:
        alpha = rgb[..., 3:].astype(np.uint16)
        rgb = ((rgb[..., :3] * alpha + 127) // 255).astype(np.uint8)
    rgb.flags.writeable = False
    return rgb


def read_pixels(path: Path) -> Pixels:
    """As ``read_picture``, but (H, W, 4) with the opacity last where the file has one: 255 hides what is behind."""
    try:
        data = np.fromfile(path, np.uint8)  # not cv2.imread: it cannot open every path on Windows
    except OSError as error:
        raise SourceError(_unreadable(path, error)) from None
    pixels = _decoded(data) if data.size else None
    if pixels is None:
        pixels = _decoded_by_ffmpeg(path)
    if pixels is None:
        raise SourceError(words.picture_unreadable(path.name))
    return pixels


def _unreadable(path: Path, error: OSError) -> str:
    if path.is_dir():
        return words.picture_is_folder(path)
    if isinstance(error, FileNotFoundError):
        return words.picture_missing(path)
    return words.picture_refused(path, error.strerror or str(error))


def _decoded(data: Pixels) -> Pixels | None:
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        if picture is not None and (picture.ndim == 2 or picture.shape[2] != 4):
            # Only without IMREAD_UNCHANGED does OpenCV obey the orientation that a camera has written.
            picture = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error:  # for example more pixels than OpenCV agrees to
        return None
    if picture is None:
        return None
    eight_bit = _eight_bit(np.asarray(picture))
    order = cv2.COLOR_BGRA2RGBA if eight_bit.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(eight_bit, order), np.uint8)


def _eight_bit(picture: np.ndarray) -> Pixels:
    if picture.dtype == np.uint8:
        return picture
    if picture.dtype == np.uint16:
        return ((picture.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return np.asarray(np.nan_to_num(np.clip(picture.astype(np.float32), 0.0, 1.0)) * 255.0 + 0.5).astype(np.uint8)


def _decoded_by_ffmpeg(path: Path) -> Pixels | None:
    """The first picture, for the formats that only FFmpeg knows; None where it knows none either."""
    try:
        with av.open(str(path)) as container:
            # Phones store HEIC pictures as a grid of streams, of which one alone is a corner of the picture.
            frame = next(container.decode(video=0), None) if len(container.streams.video) == 1 else None
    except (av.FFmpegError, IndexError, ValueError):
        return None
    return None if frame is None else np.array(frame.to_ndarray(format="rgb24"), np.uint8)
