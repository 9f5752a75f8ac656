"""A screen, or a region of one, as a source (mss). Paces itself; where the desktop forbids it, one sentence says so.

Wayland lets no program read the screen but through its portal and PipeWire, for which no light Python library exists:
an X11 session or OBS is the way there.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from dataclasses import dataclass

import cv2
import mss
import numpy as np

from app.errors import SourceError
from app.frame import Frame
from app.inputs.pace import Ticker
from app.look import SourceChoice
from app.words import inputs as words

RATE = 30.0

Box = tuple[int, int, int, int]
"""left, top, width, height in pixels."""


@dataclass(frozen=True)
class ScreenInfo:
    """number: from 1, what the performer chooses by. box: where it lies on the desktop."""

    number: int
    name: str
    box: Box


def list_screens() -> list[ScreenInfo]:
    """The screens that can be captured, none where the desktop forbids it. Never raises."""
    if _hindrance(ask=False):
        return []
    try:
        with mss.MSS() as screens:
            return _screens(screens)
    except mss.ScreenShotError:
        return []


class ScreenSource:
    """``choice.target``: a screen's number, "" for the first; ``choice.region``: a part, counted from its corner."""

    def __init__(self, choice: SourceChoice, *, realtime: bool) -> None:
        self.paused = False
        self._choice = choice
        self._realtime = realtime
        self._rate = choice.rate if choice.rate > 0 else RATE
        self._screens: mss.MSS | None = None
        self._screen: ScreenInfo | None = None
        self._box: Box = (0, 0, 0, 0)
        self._ticker: Ticker | None = None
        self._first: float | None = None

    @property
    def title(self) -> str:
        if self._screen is None:
            return words.called(words.SCREEN, self._choice.target)
        return words.at_rate(self._screen.name, *self._box[2:], self._rate)

    @property
    def rate(self) -> float:
        return self._rate

    def open(self) -> None:
        self.close()
        hindrance = _hindrance(ask=True)
        if hindrance:
            raise SourceError(hindrance)
        try:
            self._screens = mss.MSS()
            screens = _screens(self._screens)
        except mss.ScreenShotError as error:
            self.close()
            raise SourceError(words.no_screens(_first_line(error))) from None
        try:
            self._screen = _chosen(screens, self._choice.target)
            self._box = region_on(self._screen.box, self._choice.region)
        except SourceError:
            self.close()
            raise
        self._ticker = Ticker(self._rate)
        self._first = None

    def read(self) -> Frame | None:
        if self._screens is None or self._ticker is None:
            raise SourceError(words.not_open(words.A_SCREEN))
        if self._ticker.tick() is None:
            return None
        left, top, width, height = self._box
        now = self._ticker.now()
        try:
            shot = self._screens.grab({"left": left, "top": top, "width": width, "height": height})
        except (mss.ScreenShotError, AssertionError):  # mss asserts that its X connection still stands
            self.close()
            raise SourceError(words.screen_gone(self.title.split(",")[0])) from None
        bgra = np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)
        rgb = np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB), np.uint8)
        self._first = now if self._first is None else self._first
        return Frame(rgb, now if self._realtime else now - self._first)

    def close(self) -> None:
        screens, self._screens = self._screens, None
        if screens is not None:
            with contextlib.suppress(mss.ScreenShotError):  # the X server may have gone before us
                screens.close()


def region_on(screen: Box, region: Box | None) -> Box:
    """``region``, counted from the corner of ``screen``, in desktop pixels and cut to the screen.

    Raises SourceError where nothing is left of it.
    """
    if region is None:
        return screen
    left, top = max(0, region[0]), max(0, region[1])
    right, bottom = min(screen[2], region[0] + region[2]), min(screen[3], region[1] + region[3])
    if right <= left or bottom <= top:
        raise SourceError(words.region_outside(region, *screen[2:]))
    return screen[0] + left, screen[1] + top, right - left, bottom - top


def _screens(screens: mss.MSS) -> list[ScreenInfo]:
    # mss puts the whole desktop first; where it knows no single screens, that one is the screen.
    monitors = screens.monitors[1:] or screens.monitors
    return [
        ScreenInfo(
            number,
            words.screen_named(number, monitor.get("name") or monitor.get("output") or ""),
            (monitor["left"], monitor["top"], monitor["width"], monitor["height"]),
        )
        for number, monitor in enumerate(monitors, 1)
    ]


def _chosen(screens: list[ScreenInfo], target: str) -> ScreenInfo:
    for screen in screens:
        if target in ("", str(screen.number), screen.name):
            return screen
    raise SourceError(words.no_such_screen(target, [screen.number for screen in screens]))


def _hindrance(ask: bool) -> str:
    """Why this desktop lets no program capture its screen, "" where it does. ask: whether macOS may ask the user."""
    if sys.platform.startswith("linux") and _is_wayland():
        return words.WAYLAND
    if sys.platform == "darwin" and not _macos_allows(ask):
        return words.MACOS_FORBIDS
    return ""


def _is_wayland() -> bool:
    # Under XWayland an X server answers, but all that it shows of the desktop is black.
    return os.environ.get("XDG_SESSION_TYPE") == "wayland" or "WAYLAND_DISPLAY" in os.environ


def _macos_allows(ask: bool) -> bool:
    """What CoreGraphics says; asking shows the system's own question the first time."""
    graphics = ctypes.CDLL("/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics")
    allows: ctypes._NamedFuncPointer = graphics.CGPreflightScreenCaptureAccess
    asks: ctypes._NamedFuncPointer = graphics.CGRequestScreenCaptureAccess
    allows.restype = asks.restype = ctypes.c_bool
    return bool(allows() or (ask and asks()))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [words.NO_REASON])[0].rstrip(".")
