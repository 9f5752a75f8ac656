"""Small real videos, written by PyAV, whose every picture carries its number."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

from app.errors import SourceEnded, SourceError
from app.frame import Frame, Pixels
from app.inputs.clip import ClipSource

BITS = 6


def numbered(number: int, width: int = 64, height: int = 48) -> Pixels:
    """(height, width, 3) with ``number`` in upright stripes, lowest bit at the left: light is 1, dark is 0."""
    rgb = np.full((height, width, 3), 30, np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            rgb[:, bit * width // BITS : (bit + 1) * width // BITS] = 220
    return rgb


def number_of(rgb: Pixels) -> int:
    """The number that ``numbered`` has put in, at any size."""
    height, width = rgb.shape[:2]
    row = rgb[height // 2].mean(axis=1)
    return sum(int(row[(2 * bit + 1) * width // (2 * BITS)] > 125) << bit for bit in range(BITS))


def write_clip(
    path: Path,
    count: int = 20,
    *,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate: int = 25,
    times: Sequence[int] | None = None,
    pictures: Sequence[Pixels] | None = None,
    sound_s: float = 0.0,
    pixel_aspect: Fraction | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """``count`` numbered pictures, or ``pictures``, at ``times`` in units of 1 / rate, by default one after another."""
    pictures = [numbered(i, *size) for i in range(count)] if pictures is None else pictures
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], pixels
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        sound = container.add_stream("aac", rate=8000) if sound_s else None
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = i if times is None else times[i]
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            for i in range(int(sound_s * 8000) // 1024):
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                silence.sample_rate, silence.pts = 8000, i * 1024
                container.mux(sound.encode(silence))
            container.mux(sound.encode())
    return path


def write_sound(path: Path, *, cover: bool = False) -> Path:
    """A file of sound alone; with ``cover``, the way music carries a picture of its sleeve."""
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=8000)
        if cover:
            sleeve = container.add_stream("mjpeg", rate=1)
            assert isinstance(sleeve, av.VideoStream)
            sleeve.width, sleeve.height, sleeve.pix_fmt = 64, 48, "yuvj420p"
            sleeve.disposition = Disposition.attached_pic
            container.mux(sleeve.encode(av.VideoFrame.from_ndarray(numbered(1), format="rgb24")))
            container.mux(sleeve.encode())
        for i in range(8):
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            silence.sample_rate, silence.pts = 8000, i * 1024
            container.mux(sound.encode(silence))
        container.mux(sound.encode())
    return path


def turn_in_header(path: Path) -> None:
    """Mark the MP4 as filmed with the camera on its side: players turn it a quarter clockwise."""
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 44  # version 0 of the track header box, ISO 14496-12
    quarter = (0, 0x10000, 0, 0x100000000 - 0x10000, 0, 0, 0, 0, 0x40000000)
    data[matrix : matrix + 36] = b"".join(value.to_bytes(4, "big") for value in quarter)
    path.write_bytes(data)


def read_to_end(source: ClipSource) -> tuple[list[Frame], Exception]:
    """All frames, and what came after the last one."""
    frames: list[Frame] = []
    while len(frames) < 10_000:
        try:
            frames.append(source.read())
        except (SourceEnded, SourceError) as end:
            return frames, end
    raise AssertionError("the clip does not end")
