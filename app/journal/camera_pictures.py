"""The inputs' own pictures, as a journal keeps them: as they came, of whatever size, while there is time and room.

A large one waits for the engine with the frames that were made of it, and then for the disk. Where too many do, or
those that write do not keep up, the next ones are reduced to what outputs mostly show: the engine is never handed them,
so that alone a replay at another size sees it. Used by one thread. Knows no engine and no files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from weakref import ref

from app.frame import Frame, GuidedFrame, Pixels
from app.pictures import shrunk
from app.repeats import Repeats

LONGEST_SIDE = 1920
"""Pixels: one with a longer side is large. What a camera of 1080 lines sends is kept as it came, always."""

LARGE_WAITING = 768 * 2**20
"""Bytes of large pictures, between lens and disk: thirty-two of 3840x2160."""


class CameraPictures:
    def __init__(self, behind: Callable[[], bool] = lambda: False) -> None:
        """behind: whether those that write them down do not keep up now."""
        self._behind = behind
        self._held: list[ref[Pixels]] = []
        self._captured, self._second = Repeats[Pixels](), Repeats[Pixels]()

    def beside(self, guided: GuidedFrame, frame: Frame, structure: Frame | None) -> GuidedFrame:
        """``guided`` with the pictures that it was made of: the source's, and the second input's where there is one.

        A picture that serves several frames, as a still does, or a second input's, is the same array in all of them.
        """
        captured = self._kept(frame.rgb, self._captured)
        second = None if structure is None else self._kept(structure.rgb, self._second)
        reduced = captured is not frame.rgb or (structure is not None and second is not structure.rgb)
        return replace(guided, captured=captured, second=second, reduced=reduced)

    def _kept(self, rgb: Pixels, repeats: Repeats[Pixels]) -> Pixels:
        if not is_large(rgb) or self._has_room(rgb):
            return rgb
        return repeats.made(rgb, None, lambda: shrunk(rgb, LONGEST_SIDE))

    def _has_room(self, rgb: Pixels) -> bool:
        """Whether ``rgb`` may wait as it is. From then on it counts until nobody holds it."""
        held = [(kept, picture) for kept in self._held if (picture := kept()) is not None]
        self._held = [kept for kept, _ in held]
        if any(picture is rgb for _, picture in held):
            return True
        if self._behind() or sum(picture.nbytes for _, picture in held) + rgb.nbytes > LARGE_WAITING:
            return False
        self._held.append(ref(rgb))
        return True


def is_large(rgb: Pixels) -> bool:
    height, width = rgb.shape[:2]
    return bool(max(height, width) > LONGEST_SIDE)
