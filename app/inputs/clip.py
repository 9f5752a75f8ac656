"""A video file or stream URL as a source: loops without a gap, pauses on a picture, keeps to its own time stamps."""

from __future__ import annotations

from app.errors import SourceEnded, SourceError
from app.frame import Frame, Pixels
from app.inputs.pace import Pace
from app.inputs.video import Picture, Video, VideoEnded, is_live, rgb_of
from app.look import SourceChoice
from app.words import inputs as words

LONGEST_BEAT_S = 0.1
"""While a picture stands (pause, slides, a still scene at a variable rate) it is repeated at least this often."""

MOST_SKIPPED = 8
"""So many late pictures in a row are thrown away to catch up; then the clip goes on from where it is."""


class ClipSource:
    """``choice.target`` is a file or URL. Offline every picture comes, with its media time from 0, rising over loops.

    A stream that is sent live is not paced: its pictures are shown as they come.
    """

    def __init__(self, choice: SourceChoice, *, realtime: bool, pace: Pace | None = None) -> None:
        self.paused = False
        self._choice = choice
        self._realtime = realtime
        self._live = is_live(choice.target)
        self._pace = pace or Pace()
        self._video = Video(choice.target)
        self._opened = False
        self._next: Picture | None = None
        self._shown: Pixels | None = None
        self._size: tuple[int, int] | None = None
        self._pass_begin = 0.0
        self._pass_end = 0.0
        self._standing = True

    @property
    def title(self) -> str:
        if self._size is None:
            return self._video.name
        return words.at_rate(self._video.name, *self._size, self.rate)

    @property
    def rate(self) -> float:
        return self._video.rate

    def open(self) -> None:
        self.close()
        self._video.open()
        self._opened = True
        try:
            self._next = self._video.next()
        except VideoEnded:
            self.close()
            raise SourceError(words.nothing_to_decode(self._video.name)) from None
        except SourceError:
            self.close()
            raise
        height, width = self._rgb(self._next).shape[:2]
        self._size = (width, height)

    def read(self) -> Frame:
        if not self._opened:
            raise SourceError(words.not_open(self._video.name))
        if not self._realtime:
            picture = self._take()
            return Frame(self._rgb(picture), self._pass_begin + picture.media)
        return self._read_live() if self._live else self._read_paced()

    def close(self) -> None:
        self._video.close()
        self._opened = False
        self._next = None
        self._shown = None
        self._pass_begin = self._pass_end = 0.0
        self._standing = True

    def _read_live(self) -> Frame:
        picture = self._take()
        if not self.paused or self._shown is None:
            self._shown = self._rgb(picture)
        return Frame(self._shown, self._pace.now())

    def _read_paced(self) -> Frame:
        if self.paused and self._shown is not None:
            self._standing = True
            return self._again(self._shown)
        picture = self._in_time()
        due = self._pass_begin + picture.media
        if self._shown is not None and self._pace.until(due) > 2 * self._beat_s:
            return self._again(self._shown)
        rgb = self._rgb(picture)
        self._pace.wait(due)
        self._take()
        self._shown = rgb
        return Frame(rgb, self._pace.now())

    def _in_time(self) -> Picture:
        """The next picture that is not too late to be shown; it stays in ``_next``."""
        for _ in range(MOST_SKIPPED):
            asked = self._pace.now()
            picture = self._peek()
            due = self._pass_begin + picture.media
            # Where the picture itself came late (a slow network or decoder), dropping it brings the next no sooner.
            starved = self._pace.now() - asked > self._beat_s and self._pace.until(due) < 0
            if self._standing or starved:  # standing: before the first picture, and after a pause
                self._pace.start(due)
                self._standing = False
            if self._pace.until(due) > -self._beat_s:
                return picture
            self._take()
        picture = self._peek()
        self._pace.start(self._pass_begin + picture.media)
        return picture

    def _again(self, rgb: Pixels) -> Frame:
        self._pace.rest(self._beat_s)
        return Frame(rgb, self._pace.now())

    @property
    def _beat_s(self) -> float:
        return min(LONGEST_BEAT_S, 1.0 / self.rate if self.rate else LONGEST_BEAT_S)

    def _take(self) -> Picture:
        picture = self._peek()
        self._next = None
        self._pass_end = self._pass_begin + picture.media + picture.length
        return picture

    def _peek(self) -> Picture:
        """The next picture of this pass or, in a loop, of the next one."""
        if self._next is None:
            try:
                self._next = self._video.next()
            except VideoEnded:
                if not self._choice.loop:
                    raise SourceEnded(words.clip_ended(self._video.name)) from None
                self._video.rewind()
                self._pass_begin = self._pass_end
                self._next = self._first_of_pass()
        return self._next

    def _first_of_pass(self) -> Picture:
        try:
            return self._video.next()
        except VideoEnded:
            raise SourceError(words.no_second_time(self._video.name)) from None

    def _rgb(self, picture: Picture) -> Pixels:
        return rgb_of(picture, self._choice.width, self._choice.height)
