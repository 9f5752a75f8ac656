"""Decoding a video file or stream URL through PyAV, picture by picture and pass by pass. Knows nothing of pace.

Every way in which a file or a network can disappoint ends in one ``SourceError`` sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation

from app.errors import SourceError
from app.frame import Pixels
from app.inputs.size import covering
from app.words import inputs as words

OPEN_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 1.5
"""A stream that is silent for this long counts as gone. Only then may a read take longer than ``Source.read`` promises:
FFmpeg's connections do not survive being interrupted, so a shorter patience would cut streams that merely stutter."""

_FALLBACK_RATE = 25.0
_GAP_S = 60.0  # a longer jump in the time stamps is a fault
_MISSING_S = 0.5  # a shorter difference to the promised length is rounding
_UNSPECIFIED = 2  # FFmpeg's AVCOL_SPC_UNSPECIFIED
_LIVE_SCHEMES = ("rtsp", "rtsps", "rtmp", "rtmps", "rtp", "udp", "srt", "tcp")


class VideoEnded(Exception):
    """The last picture of this pass has been handed out."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """media: seconds since the first picture of the pass. length: how long it is shown, seconds. pixel_aspect: how wide
    a pixel is in units of its height."""

    frame: VideoFrame
    media: float
    length: float
    pixel_aspect: float


def is_url(target: str) -> bool:
    """Whether ``target`` names a stream and not a file. One letter before the colon is a Windows drive."""
    scheme, separator, _ = target.partition("://")
    return bool(separator) and len(scheme) > 1 and scheme.replace("+", "").isalnum()


def is_live(target: str) -> bool:
    """Whether ``target`` is sent at its own pace and cannot be rewound, so that waiting would only add latency."""
    return is_url(target) and target.partition("://")[0].lower() in _LIVE_SCHEMES


class Video:
    """One opened video: ``next`` until VideoEnded, then ``rewind``; ``close`` at the end.

    name: what to call it. rate: pictures a second, 0 when unknown.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._url = is_url(target)
        self._live = is_live(target)
        self.name = target if self._url else Path(target).name
        self.rate = 0.0
        self._container: InputContainer | None = None
        self._frames: Iterator[VideoFrame] = iter(())
        self._seekable = not self._live
        self._first_pts: int | None = None
        self._origin_s: float | None = None
        self._media: float | None = None
        self._media_end = 0.0
        self._reached_s = 0.0

    def open(self) -> None:
        """Raises SourceError where there is nothing to play."""
        options = {"rtsp_flags": "prefer_tcp", "fflags": "nobuffer"} if self._live else {}
        timeout = (OPEN_TIMEOUT_S, READ_TIMEOUT_S) if self._url else None
        try:
            self._container = av.open(self._target, mode="r", options=options, timeout=timeout)
        except (OSError, ValueError, av.FFmpegError) as error:
            raise SourceError(self._why_not_opened(error)) from None
        streams = [s for s in self._container.streams.video if not s.disposition & Disposition.attached_pic]
        if not streams:
            self.close()
            raise SourceError(words.no_video(self.name))
        self._stream = streams[0]
        # Decoding pictures side by side keeps each back for a few picture lengths: good for files, latency for streams.
        self._stream.thread_type = "SLICE" if self._live else "AUTO"
        rate = float(self._stream.average_rate or self._stream.guessed_rate or 0)
        self.rate = rate if 0 < rate <= 1000 else 0.0
        self._start_pass(self._container)

    def next(self) -> Picture:
        """The next picture.

        Raises VideoEnded after the last one, SourceError when the file is damaged or the stream has gone.
        """
        frame = next(self._frames, None)
        if frame is None:
            raise self._ending()
        return self._timed(frame)

    def rewind(self) -> None:
        """Back to the first picture: by seeking where that lands on it, else by opening again."""
        if self._seekable and self._container is not None and self._first_pts is not None:
            wanted = self._first_pts
            try:
                self._container.seek(wanted, stream=self._stream)
                self._start_pass(self._container)
                first = next(self._frames, None)
            except (av.FFmpegError, SourceError):
                first = None
            if first is not None and first.pts == wanted:
                self._frames = chain([first], self._frames)
                return
        # MPEG transport streams and raw streams seek to somewhere near, if at all.
        self._seekable = False
        self.close()
        self.open()

    def close(self) -> None:
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
        self._container = None

    def _start_pass(self, container: InputContainer) -> None:
        self._frames = self._decoded(container)
        self._media = None
        self._media_end = 0.0
        self._reached_s = 0.0

    def _decoded(self, container: InputContainer) -> Iterator[VideoFrame]:
        for packet in self._demuxed(container):
            # A damaged packet costs its picture, not the show.
            with suppress(av.FFmpegError):
                yield from (frame for frame in packet.decode() if isinstance(frame, VideoFrame))
        with suppress(av.FFmpegError):  # what the decoder still holds where the data broke off
            yield from self._stream.codec_context.decode(None)

    def _demuxed(self, container: InputContainer) -> Iterator[Packet[Any]]:
        """The packets with video in them. All are looked at, to know how far the file reaches."""
        try:
            for packet in container.demux():
                if packet.pts is not None and packet.time_base is not None:
                    end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    self._reached_s = max(self._reached_s, end_s)
                if packet.stream is self._stream:
                    yield packet
        except av.error.ExitError:  # PyAV's word for its own time-out
            raise SourceError(words.stream_silent(self.name, READ_TIMEOUT_S)) from None
        except av.FFmpegError:
            return  # the end comes early; whether that matters is told from what is missing

    def _ending(self) -> Exception:
        """What the end of the data means: all of it was played, or it breaks off."""
        if self._live:
            return SourceError(words.stream_stopped(self.name))
        assert self._container is not None
        promised_s = (self._container.duration or 0) / av.time_base
        begin_s = (self._container.start_time or 0) / av.time_base
        missing_s = promised_s - (self._reached_s - begin_s)
        if missing_s <= _MISSING_S or self._media is None:
            return VideoEnded()
        return SourceError(words.breaks_off(self.name, self._media_end, missing_s, is_url=bool(self._url)))

    def _timed(self, frame: VideoFrame) -> Picture:
        """``frame`` with its time in this pass. A missing, falling or absurd time stamp gives way to the frame rate."""
        length = 1.0 / (self.rate or _FALLBACK_RATE)
        if self._media is None:
            self._origin_s = frame.time
            self._first_pts = frame.pts
            media = 0.0
        else:
            expected = self._media_end
            stamped = None if frame.time is None or self._origin_s is None else frame.time - self._origin_s
            media = expected if stamped is None or not self._media < stamped < expected + _GAP_S else stamped
        if frame.duration and frame.time_base:
            length = float(frame.duration * frame.time_base)
        self._media, self._media_end = media, media + length
        return Picture(frame, media, length, float(self._stream.sample_aspect_ratio or 1))

    def _why_not_opened(self, error: Exception) -> str:
        if self._url:
            reason = words.NO_ANSWER if isinstance(error, av.error.ExitError) else _reason(error)
            return words.stream_refused(self.name, reason)
        path = Path(self._target)
        if path.is_dir():
            return words.clip_is_folder(path)
        if isinstance(error, FileNotFoundError):
            return words.clip_missing(path)
        if isinstance(error, PermissionError):
            return words.clip_forbidden(path)
        if path.is_file() and path.stat().st_size == 0:
            return words.clip_empty(path.name)
        return words.clip_damaged(path.name)


def rgb_of(picture: Picture, wanted_width: int = 0, wanted_height: int = 0) -> Pixels:
    """(H, W, 3) uint8 RGB, upright and with square pixels, at its own size or the smaller one that covers the wanted.

    Shrinking happens while colours are converted, which costs less than afterwards.
    """
    frame = picture.frame
    quarter_turns = round(frame.rotation / 90) % 4
    if quarter_turns % 2:
        wanted_width, wanted_height = wanted_height, wanted_width
    upright_width = max(1, round(frame.width * picture.pixel_aspect))
    width, height = covering(upright_width, frame.height, wanted_width, wanted_height)
    shrinks = width < frame.width or height < frame.height
    # An untagged picture of HD height is BT.709 by convention, one below it BT.601, which is what swscale assumes.
    untagged_hd = frame.colorspace == _UNSPECIFIED and frame.height >= 720
    converted = frame.reformat(
        width=width,
        height=height,
        format="rgb24",
        src_colorspace=Colorspace.ITU709 if untagged_hd else None,
        interpolation=Interpolation.AREA if shrinks else Interpolation.BILINEAR,
        threads=1,
    )
    rgb = np.asarray(converted.to_ndarray(), np.uint8)
    return np.ascontiguousarray(np.rot90(rgb, quarter_turns) if quarter_turns else rgb)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)[:1].lower() + str(text)[1:]
