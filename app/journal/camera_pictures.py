"""The inputs' own pictures, as a journal keeps them: no larger than a replay at another size makes use of.

They wait for the engine with the frames that were made of them, so they are reduced before that, and once. Used by one
thread. Knows no engine and no files.
"""

from __future__ import annotations

from dataclasses import replace

from app.frame import Frame, GuidedFrame, Pixels
from app.pictures import shrunk

LONGEST_SIDE = 1920
"""Pixels: what a camera of 1080 lines sends is kept as it came."""


class CameraPictures:
    def __init__(self) -> None:
        self._second: tuple[Pixels, Pixels] | None = None

    def beside(self, guided: GuidedFrame, frame: Frame, structure: Frame | None) -> GuidedFrame:
        """``guided`` with the pictures that it was made of: the source's, and the second input's where there is one.

        A second input's picture that serves several of the source's is the same array in all of them.
        """
        second = None if structure is None else self._reduced_second(structure.rgb)
        return replace(guided, captured=shrunk(frame.rgb, LONGEST_SIDE), second=second)

    def _reduced_second(self, rgb: Pixels) -> Pixels:
        if self._second is None or self._second[0] is not rgb:
            self._second = (rgb, shrunk(rgb, LONGEST_SIDE))
        return self._second[1]
