"""A moving test card: colour bars, ramp, grid, a bouncing ball and a sweeping hand, with the picture's number and time.

What stands still is drawn once; each picture copies it and draws only what moves. Picture n is the same in every run.
"""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np

from app.errors import SourceError
from app.frame import Frame, Pixels
from app.inputs.pace import Ticker
from app.look import SourceChoice
from app.words import inputs as words

SIZE = (1280, 720)
RATE = 30.0
CODE_BITS = 16
"""The picture's number stands at the lower edge in black and white fields, highest bit first, modulo 2**CODE_BITS."""

_BARS = ((191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0), (0, 0, 191))
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LIMIT = 8192


class TestCardSource:
    """``choice.width``, ``height`` and ``rate`` as wanted, 1280x720 at 30 where they are 0."""

    __test__ = False  # the name starts like a test's

    def __init__(self, choice: SourceChoice, *, realtime: bool) -> None:
        self.paused = False
        self._size = (choice.width or SIZE[0], choice.height or SIZE[1])
        self._rate = choice.rate or RATE
        self._realtime = realtime
        self._number = -1
        self._ticker: Ticker | None = None
        self._card: TestCard | None = None

    @property
    def title(self) -> str:
        return words.test_card(*self._size, self._rate)

    @property
    def rate(self) -> float:
        return self._rate

    def open(self) -> None:
        width, height = self._size
        if not (16 <= width <= _LIMIT and 16 <= height <= _LIMIT and 0.1 <= self._rate <= 1000):
            raise SourceError(words.no_such_test_card(width, height, self._rate, _LIMIT))
        self._card = TestCard(width, height, self._rate)
        self._ticker = Ticker(self._rate)
        self._number = -1

    def read(self) -> Frame | None:
        if self._card is None or self._ticker is None:
            raise SourceError(words.not_open(words.A_TEST_CARD))
        if self._realtime:
            number = self._ticker.tick()
            if number is None:
                return None
            return Frame(self._card.picture(number), self._ticker.now())
        self._number += 1
        return Frame(self._card.picture(self._number), self._number / self._rate)

    def close(self) -> None:
        self._card = None
        self._ticker = None


class TestCard:
    """Draws picture ``number`` of a card of (width, height) pixels, at least 16 each, that runs at ``rate``."""

    __test__ = False

    def __init__(self, width: int, height: int, rate: float) -> None:
        self._width, self._height, self._rate = width, height, rate
        self._unit = max(1, min(width, height) // 18)
        self._base = self._still_part()

    def picture(self, number: int) -> Pixels:
        """(height, width, 3) uint8 RGB, the same for the same number."""
        rgb = self._base.copy()
        self._draw_sweep(rgb, number)
        self._draw_hand(rgb, number)
        self._draw_ball(rgb, number)
        self._draw_text(rgb, number)
        self._draw_code(rgb, number)
        return rgb

    def _still_part(self) -> Pixels:
        width, height, unit = self._width, self._height, self._unit
        rgb = np.full((height, width, 3), 40, np.uint8)
        bars_bottom = height * 11 // 18
        edges = np.linspace(0, width, len(_BARS) + 1).astype(int)
        for color, left, right in zip(_BARS, edges[:-1], edges[1:], strict=True):
            rgb[:bars_bottom, left:right] = color
        ramp = np.linspace(0, 255, width).astype(np.uint8)
        rgb[bars_bottom : bars_bottom + unit] = ramp[None, :, None]
        for x in range(0, width, max(2, 2 * unit)):
            rgb[bars_bottom + unit :, x] = 90
        for y in range(bars_bottom + unit, height, max(2, 2 * unit)):
            rgb[y] = 90
        center, radius = (width // 2, height // 2), int(min(width, height) * 0.44)
        cv2.circle(rgb, center, radius, (255, 255, 255), max(1, unit // 10), cv2.LINE_AA)
        cv2.circle(rgb, center, radius // 3, (16, 16, 16), -1, cv2.LINE_AA)
        cv2.circle(rgb, center, radius // 3, (255, 255, 255), max(1, unit // 10), cv2.LINE_AA)
        cv2.rectangle(rgb, (0, 0), (width - 1, height - 1), (255, 255, 255), 1)
        self._put(rgb, words.on_test_card(width, height, self._rate), width // 2, int(unit * 1.6), 0.9)
        return rgb

    def _draw_sweep(self, rgb: Pixels, number: int) -> None:
        """A white line that crosses the card in two seconds; a torn picture breaks it."""
        x = int(number / self._rate / 2.0 % 1.0 * self._width)
        half = max(1, self._unit // 8)
        rgb[self._unit * 2 : self._height - self._unit * 2, max(0, x - half) : x + half] = 255

    def _draw_hand(self, rgb: Pixels, number: int) -> None:
        """A clock hand that turns once a second, so that latency can be read off two screens side by side."""
        angle = 2 * math.pi * (number / self._rate % 1.0)
        radius = int(min(self._width, self._height) * 0.44) // 3
        x, y = self._width // 2, self._height // 2
        tip = (x + round(radius * 0.85 * math.sin(angle)), y - round(radius * 0.85 * math.cos(angle)))
        cv2.line(rgb, (x, y), tip, (255, 200, 0), max(1, self._unit // 6), cv2.LINE_AA)

    def _draw_ball(self, rgb: Pixels, number: int) -> None:
        seconds = number / self._rate
        radius = self._unit
        x = radius + (self._width - 2 * radius) * _triangle(seconds / 5.0)
        y = self._height * 0.6 - abs(math.sin(math.pi * seconds)) * self._height * 0.42
        cv2.circle(rgb, (round(x), round(y)), radius, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(rgb, (round(x), round(y)), max(1, radius * 2 // 3), (230, 60, 30), -1, cv2.LINE_AA)

    def _draw_text(self, rgb: Pixels, number: int) -> None:
        seconds = number / self._rate
        minutes, hours = int(seconds // 60) % 60, int(seconds // 3600)
        time = f"{hours:02d}:{minutes:02d}:{seconds % 60:06.3f}"
        x, y = self._width // 2, self._height - self._unit * 3
        self._put(rgb, f"{number:06d}   {time}", x, y, 1.4)

    def _draw_code(self, rgb: Pixels, number: int) -> None:
        for bit, (left, right) in enumerate(code_fields(self._width)):
            white = number >> (CODE_BITS - 1 - bit) & 1
            rgb[-self._unit :, left:right] = 235 if white else 16

    def _put(self, rgb: Pixels, text: str, x: int, y: int, size: float) -> None:
        """``text`` in white on black, centred on ``x``, standing on ``y``. size: height in units."""
        scale, thick = size * self._unit / 30.0, max(1, self._unit // 12)
        (width, height), _ = cv2.getTextSize(text, _FONT, scale, thick)
        if width >= self._width:
            return  # unreadable on a card this small
        pad, left = self._unit // 3, x - width // 2
        cv2.rectangle(rgb, (left - pad, y - height - pad), (left + width + pad, y + pad), (16, 16, 16), -1)
        cv2.putText(rgb, text, (left, y), _FONT, scale, (255, 255, 255), thick, cv2.LINE_AA)


def code_fields(width: int) -> list[tuple[int, int]]:
    """Left and right edge of each field of the number's code on a card ``width`` pixels wide."""
    edges = np.linspace(0, width, CODE_BITS + 1).astype(int)
    return [(int(left), int(right)) for left, right in pairwise(edges)]


def _triangle(phase: float) -> float:
    """0 to 1 and back to 0 while ``phase`` goes from 0 to 1, and so on."""
    return 1.0 - abs(phase % 1.0 * 2.0 - 1.0)
