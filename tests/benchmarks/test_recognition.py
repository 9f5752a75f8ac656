"""The classifier tells textures apart whatever they lie on, and not what looks the same."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from benchmarks.starter.recognition import Classifier, features
from controls.control import Pixels

SHAPE = (96, 160)


def scene(seed: int) -> Pixels:
    """Lines of something, (H, W) uint8 on black."""
    rng = np.random.default_rng(seed)
    lines = np.zeros(SHAPE, np.uint8)
    for _ in range(6):
        a, b = (tuple(int(v) for v in rng.integers(0, (160, 96))) for _ in range(2))
        cv2.line(lines, a, b, 255, 2)
    return lines


def glow(lines: Pixels) -> Pixels:
    blurred = np.asarray(cv2.GaussianBlur(lines, (0, 0), 4), np.uint8)
    return np.maximum(lines, (blurred * 1.5).clip(0, 255).astype(np.uint8))


def paper(lines: Pixels) -> Pixels:
    return np.asarray(255 - lines * 0.9, np.uint8)


def dots(lines: Pixels) -> Pixels:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    spots = ((x % 8 - 4) ** 2 + (y % 8 - 4) ** 2 < 6) * 120
    return np.asarray(np.maximum(lines, spots), np.uint8)


LOOKS: dict[str, Callable[[Pixels], Pixels]] = {"glow": glow, "paper": paper, "dots": dots}
TINTS = ((255, 80, 60), (90, 255, 80), (80, 120, 255), (240, 220, 60))


def examples(seeds: range, tints: tuple[tuple[int, int, int], ...]) -> tuple[np.ndarray, list[str]]:
    rows, names = [], []
    for seed in seeds:
        for name, look in LOOKS.items():
            for tint in tints:
                rgb = (look(scene(seed))[..., None] * (np.array(tint) / 255)).astype(np.uint8)
                rows.append(features(rgb))
                names.append(name)
    return np.stack(rows), names


def agreeing(said: list[str], names: list[str]) -> float:
    return float(np.mean([a == b for a, b in zip(said, names, strict=True)]))


def test_looks_are_told_apart_on_new_scenes_in_new_colours() -> None:
    classifier = Classifier(*examples(range(3), TINTS[:2]))
    rows, names = examples(range(10, 13), TINTS[2:])
    assert classifier.named(rows) == names


def test_what_was_named_at_random_is_not_learned_by_heart() -> None:
    rows, names = examples(range(12), TINTS[:2])
    at_random = np.random.default_rng(0).permutation(names).tolist()
    assert agreeing(Classifier(rows, names).named(rows), names) > 0.95
    assert agreeing(Classifier(rows, at_random).named(rows), at_random) < 0.85


def test_looks_are_called_what_they_were_taught_as() -> None:
    rows, names = examples(range(3), TINTS[:2])
    others = dict(zip(LOOKS, ("b", "c", "a"), strict=True))
    classifier = Classifier(rows, [others[name] for name in names])
    rows, names = examples(range(10, 12), TINTS[2:])
    assert classifier.named(rows) == [others[name] for name in names]


def test_pictures_that_show_the_same_get_one_name() -> None:
    classifier = Classifier(*examples(range(3), TINTS[:2]))
    rows, names = examples(range(10, 14), TINTS[2:])
    for look in LOOKS:
        mine = [number for number, name in enumerate(names) if name == look]
        # One picture of another look does not outvote them.
        assert classifier.named_together(rows[[*mine, (mine[0] + len(TINTS[2:])) % len(rows)]]) == look


@pytest.mark.parametrize("size", [(192, 320), (144, 256), (288, 512)])
def test_there_are_six_tiles_of_statistics_at_every_size(size: tuple[int, int]) -> None:
    found = features(np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8))
    assert found.shape == (6, 92)
    assert np.isfinite(found).all()


def test_a_flat_picture_has_finite_statistics() -> None:
    assert np.isfinite(features(np.zeros((192, 320, 3), np.uint8))).all()
