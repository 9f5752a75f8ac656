"""What was made of a picture is there for it again, and does not keep the picture."""

from __future__ import annotations

import weakref

import numpy as np

from app.repeats import Repeats


def test_the_same_array_is_worked_on_once_and_not_held() -> None:
    repeats, made = Repeats[int](), list[int]()

    def make() -> int:
        made.append(len(made))
        return made[-1]

    rgb = np.zeros((4, 4, 3), np.uint8)
    assert [repeats.made(rgb, "small", make), repeats.made(rgb, "small", make)] == [0, 0]
    assert repeats.made(rgb, "large", make) == 1
    assert repeats.made(rgb.copy(), "large", make) == 2
    held = weakref.ref(rgb)
    repeats.made(rgb, "small", make)
    del rgb
    assert held() is None
