"""One MP4 file written picture by picture, playable after a crash. Knows no show, no clock and no file naming.

While it grows the file is fragmented, one fragment a second, each handed to the operating system as soon as it is
whole: a killed process costs the last second or two. ``close`` turns it into an ordinary MP4 with its index at the end.
"""

from __future__ import annotations

import contextlib
import errno
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from app.errors import OutputError
from app.frame import Pixels
from app.framing import Fit, resized
from app.words import outputs as words

TICKS = 60000
"""Time stamps are whole 1/60000 s: exact for 24, 25, 30, 50, 60 and for 30000/1001, and small enough for MPEG-4."""

LONGEST = 2**31 - 1
"""Ticks, close to ten hours: more than this MPEG-4 cannot say of one picture."""

KEYFRAME_EVERY = TICKS
"""A fragment begins with a key frame, so this is also how much of the picture a crash can cost."""

BT709 = 1
"""libavutil's number for the primaries, the transfer curve and the matrix of HD video (ITU-R BT.709)."""

FRAGMENTED = {"movflags": "hybrid_fragmented+frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
"""flush_packets: without it a whole fragment may sit in libavformat's buffer when the process dies."""


@dataclass(frozen=True)
class Encoder:
    """name: libavcodec's. bits_per_pixel: the rate for encoders without constant quality, 0 for those with it."""

    name: str
    title: str
    options: dict[str, str] = field(default_factory=dict)
    bits_per_pixel: int = 0


# zerolatency: no look-ahead and no B frames, so that what was written is in the file and not in the encoder.
ENCODERS = (
    Encoder("libx264", "H.264", {"preset": "superfast", "tune": "zerolatency", "crf": "18"}),
    Encoder("libopenh264", "H.264", bits_per_pixel=6),
    Encoder("mpeg4", "MPEG-4 Part 2", bits_per_pixel=8),
)


def best_encoder() -> Encoder:
    """The first of ``ENCODERS`` that this PyAV was built with. Raises OutputError where there is none."""
    for encoder in ENCODERS:
        try:
            av.Codec(encoder.name, "w")
        except ValueError:
            continue
        return encoder
    raise OutputError(words.NO_ENCODER)


class Mp4Writer:
    """Writes (H, W, 3) uint8 pictures with their times. Every failure is an OutputError in one sentence.

    The size is fixed and even (4:2:0 chroma): odd sizes lose a row or column, pictures of another size are fitted.
    """

    def __init__(self, path: Path, width: int, height: int, fit: Fit = "fill") -> None:
        """Begins the file, replacing what is there. width, height: pixels, at least 2."""
        self.path = path
        self.width, self.height = max(2, width - width % 2), max(2, height - height % 2)
        self.encoder = best_encoder()
        self.frames = 0
        self._fit = fit
        self._reformatter = VideoReformatter()
        self._start = 0.0
        self._ticks = 0
        self._keyframe_ticks = 0
        self._last_interval = TICKS // 30
        self._held: av.Packet[av.VideoStream] | None = None
        self._open = True
        try:
            # An absolute path, because libavformat takes what stands before a colon for a protocol.
            self._container = av.open(str(path.absolute()), "w", format="mp4", options=FRAGMENTED)
            stream = self._container.add_stream(self.encoder.name, rate=30, options=self.encoder.options)
            assert isinstance(stream, av.VideoStream)
            self._stream = stream
            self._configure(stream.codec_context)
            stream.time_base = Fraction(1, TICKS)
            self._container.start_encoding()
        except (av.FFmpegError, OSError) as error:
            raise OutputError(words.cannot_begin(path, reason(error))) from error

    def _configure(self, codec: av.VideoCodecContext) -> None:
        codec.width, codec.height, codec.pix_fmt = self.width, self.height, "yuv420p"
        codec.time_base = Fraction(1, TICKS)
        codec.gop_size = 600  # key frames are placed by time, see _frame
        codec.max_b_frames = 0
        codec.thread_count = 2
        codec.colorspace, codec.color_primaries, codec.color_trc = BT709, BT709, BT709
        codec.color_range = ColorRange.MPEG
        if self.encoder.bits_per_pixel:
            codec.bit_rate = self.width * self.height * self.encoder.bits_per_pixel

    @property
    def seconds(self) -> float:
        """From the first picture to the end of the last, as far as that is known."""
        return (self._ticks + self._last_interval) / TICKS if self.frames else 0.0

    def write(self, rgb: Pixels, time: float) -> None:
        """Append a picture. time: seconds, any origin; the first is the file's zero, a time that does not rise counts
        as one tick after the last."""
        if not self._open:
            raise OutputError(words.is_closed(self.path.name))
        if self.frames == 0:
            self._start = time
            ticks = 0
        else:
            ticks = min(max(round((time - self._start) * TICKS), self._ticks + 1), self._ticks + LONGEST)
            self._last_interval = ticks - self._ticks
        self._ticks = ticks
        picture = self._frame(rgb, ticks)
        try:
            for packet in self._stream.encode(picture):
                self._mux(packet)
        except (av.FFmpegError, OSError) as error:
            self._give_up()
            raise OutputError(words.has_stopped(reason(error), self.path)) from error
        self.frames += 1

    def close(self, end: float | None = None) -> None:
        """Finish the file; a file without pictures is removed. May be called twice.

        end: when the last picture ends, seconds on the clock of ``write``; it lasts at least as long as the one before.
        """
        if not self._open:
            return
        self._open = False
        if end is not None and self.frames:
            lasted = round((end - self._start) * TICKS) - self._ticks
            self._last_interval = min(max(self._last_interval, lasted), LONGEST)
        try:
            if self.frames:
                for packet in self._stream.encode(None):
                    self._mux(packet)
                self._mux(None)
            self._container.close()
        except (av.FFmpegError, OSError) as error:
            with contextlib.suppress(OSError):
                trim(self.path)
            raise OutputError(words.not_finished(reason(error), self.path)) from error
        finally:
            if not self.frames:
                self.path.unlink(missing_ok=True)

    def _frame(self, rgb: Pixels, ticks: int) -> av.VideoFrame:
        fitted = resized(rgb, self.width, self.height, self._fit)
        picture = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(fitted, format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        picture.pts, picture.time_base = ticks, Fraction(1, TICKS)
        if self.frames == 0 or ticks - self._keyframe_ticks >= KEYFRAME_EVERY:
            self._keyframe_ticks = ticks
            picture.pict_type = PictureType.I
        return picture

    def _mux(self, packet: av.Packet[av.VideoStream] | None) -> None:
        """Write the packet before this one; None writes the last. The muxer takes a packet's duration from the time of
        the next one, and only the last has to be told its own, which is not known before ``close``."""
        held, self._held = self._held, packet
        if held is None:
            return
        if packet is None:
            held.duration = self._last_interval
        self._container.mux(held)

    def _give_up(self) -> None:
        """After a failed write: let go of the file. Its whole fragments stay playable."""
        self._open = False
        with contextlib.suppress(av.FFmpegError, OSError):  # the failure that led here is being told
            self._container.close()
        with contextlib.suppress(OSError):
            trim(self.path)


def trim(path: Path) -> None:
    """Cut off the last fragment of an unfinished MP4 where only a part of it reached the disk.

    Some players refuse a file for it. Boxes as in ISO/IEC 14496-12, 4.2: 32-bit size, type, and a 64-bit size where
    the first is 1. A fragment is a moof box with the mdat box behind it.
    """
    size = path.stat().st_size
    at = whole = 0
    with path.open("r+b") as file:
        while at + 16 <= size:
            file.seek(at)
            header = file.read(16)
            length, kind = int.from_bytes(header[:4]), header[4:8]
            length = int.from_bytes(header[8:]) if length == 1 else length
            if length < 8 or at + length > size:
                break
            at += length
            if kind != b"moof":
                whole = at
        file.truncate(whole)


def reason(error: Exception) -> str:
    """A failure of the file system or the encoder: what it is and what to do, as sentences."""
    code = error.errno if isinstance(error, OSError | av.FFmpegError) else None
    if code in (errno.ENOSPC, errno.EDQUOT):
        return words.DISK_FULL
    if code == errno.EFBIG:
        return words.FILE_TOO_LARGE
    if code in (errno.EACCES, errno.EPERM):
        return words.FORBIDDEN
    if code == errno.EROFS:
        return words.READ_ONLY
    if code in (errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        return words.NO_FOLDER
    return words.other_reason(getattr(error, "strerror", None) or error)
