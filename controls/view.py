"""One picture as the controls see it: at the sizes they ask for, whether it shows anything, and how it came from
earlier ones.

Knows no control.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import cv2
import numpy as np

from controls import motion
from controls.control import Pixels
from controls.motion import Vectors
from controls.picture import as_rgb, resized, within

_BLACK, _WHITE = 32, 224
_BLANK = 0.998
"""The share of a blank picture that is darker than the one, or brighter than the other: a lamp may be left."""


class View:
    """A picture and what is made of it, each once, when it is first asked for. Used by one thread.

    picture: of any form that ``as_rgb`` takes. time: seconds, rising from view to view.
    """

    def __init__(self, picture: Pixels, time: float) -> None:
        self._picture = as_rgb(picture)
        self.time = time
        self._sizes: dict[tuple[int, int], Pixels] = {}
        # Weak: a view must not keep the earlier ones alive, which keep still earlier ones.
        self._motions: WeakKeyDictionary[View, Vectors | None] = WeakKeyDictionary()
        self._gray: Pixels | None = None
        self._is_blank: bool | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture as it came."""
        height, width = self._picture.shape[:2]
        return width, height

    def at(self, width: int, height: int) -> Pixels:
        size = (width, height)
        if size not in self._sizes:
            self._sizes[size] = resized(self._picture, width, height)
        return self._sizes[size]

    def within(self, longest_side: int) -> Pixels:
        """Its longer side ``longest_side`` at most."""
        return self.at(*within(self._picture, longest_side))

    @property
    def gray(self) -> Pixels:
        """(H, W), as small as motion is looked for in."""
        if self._gray is None:
            self._gray = np.asarray(cv2.cvtColor(self.within(motion.LONGEST_SIDE), cv2.COLOR_RGB2GRAY), np.uint8)
        return self._gray

    @property
    def is_blank(self) -> bool:
        """Whether it is black or white all over: the light is out, or a flash blinds the camera."""
        if self._is_blank is None:
            least = _BLANK * self.gray.size
            self._is_blank = any(np.count_nonzero(side) >= least for side in (self.gray < _BLACK, self.gray > _WHITE))
        return self._is_blank

    def motion_since(self, old: View) -> Vectors | None:
        """As ``motion.motion_since``, from a view of the same size; None where this one shows another scene."""
        if old not in self._motions:
            vectors = motion.motion_since(old.gray, self.gray)
            self._motions[old] = None if motion.is_another_scene(old.gray, self.gray, vectors) else vectors
        return self._motions[old]
