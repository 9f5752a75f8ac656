"""The inputs' own pictures, as a journal keeps them: no larger than a replay at another size makes use of.

They wait for the engine with the frames that were made of them, so they are reduced before that, and once. Used by one
thread. Knows no engine and no files.
"""

from __future__ import annotations

from dataclasses import replace

from app.frame import Frame, GuidedFrame, Pixels
from app.pictures import shrunk
from app.repeats import Repeats

LONGEST_SIDE = 1920
"""Pixels: what a camera of 1080 lines sends is kept as it came."""


class CameraPictures:
    def __init__(self) -> None:
        self._captured, self._second = Repeats[Pixels](), Repeats[Pixels]()

    def beside(self, guided: GuidedFrame, frame: Frame, structure: Frame | None) -> GuidedFrame:
        """``guided`` with the pictures that it was made of: the source's, and the second input's where there is one.

        A picture that serves several frames, as a still does, or a second input's, is the same array in all of them.
        """
        second = None if structure is None else _reduced(self._second, structure.rgb)
        return replace(guided, captured=_reduced(self._captured, frame.rgb), second=second)


def _reduced(repeats: Repeats[Pixels], rgb: Pixels) -> Pixels:
    return repeats.made(rgb, None, lambda: shrunk(rgb, LONGEST_SIDE))
