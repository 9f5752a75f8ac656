"""The figures of how still controls stand, on a scene made up for it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import controls
from benchmarks.starter import clips
from benchmarks.starter.clips import Clip, Missing
from benchmarks.starter.figures import Section
from controls.control import Pixels
from controls.people import Body


def noisy_scene(clip: Clip, folder: Path) -> list[Pixels]:
    scene = np.full((90, 160, 3), 90, np.uint8)
    cv2.rectangle(scene, (20, 20), (90, 70), (150, 160, 140), -1)
    cv2.circle(scene, (120, 45), 25, (60, 120, 180), -1)
    rng = np.random.default_rng(0)
    return [np.clip(scene + rng.normal(0, 2, scene.shape), 0, 255).astype(np.uint8) for _ in range(16)]


def test_smoothing_takes_flicker_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "pictures", noisy_scene)
    section = controls.measure_flicker(Path("nowhere"))
    rates = section.details["share of edge pixels that change, by clip and smoothing"]
    assert set(rates) == set(controls.STILL_CAMERAS)
    assert section.details["left out"] == {}
    mean, worst = section.figures
    assert mean.value == pytest.approx(1 - rates["walk"]["0.7"] / rates["walk"]["0"])
    assert 0 < mean.value <= 1
    assert worst.value == pytest.approx(mean.value), "all of them show the same"
    assert worst.floor == 0.6


def test_a_clip_that_tells_nothing_is_left_out_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    def pictures(clip: Clip, folder: Path) -> list[Pixels]:
        shown = noisy_scene(clip, folder)
        return (
            [np.roll(rgb, 9 * number, axis=1) for number, rgb in enumerate(shown)] if clip.name == "street" else shown
        )

    monkeypatch.setattr(clips, "pictures", pictures)
    details = controls.measure_flicker(Path("nowhere")).details
    assert set(details["left out"]) == {"street"}
    assert "edge pixels" in details["left out"]["street"]
    rates = details["share of edge pixels that change, by clip and smoothing"]
    assert set(rates) == set(controls.STILL_CAMERAS) - {"street"}


def test_what_does_not_move_has_no_jitter_and_what_does_has_as_much_as_it_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Found:
        def __init__(self, model: Path, most: int) -> None: ...

        def bodies(self, picture: Pixels, time: float) -> list[Body]:
            swing = self.reach * (-1) ** round(time * clips.RATE)
            points = np.linspace((0.3, 0.1), (0.6, 0.9), 18)
            return [
                Body(points, np.ones(18)),
                Body(points + np.array((0.7 + swing / controls.SIZE[1], 0)), np.ones(18)),
            ]

        def close(self) -> None: ...

        reach = 0.0

    monkeypatch.setattr(clips, "pictures", noisy_scene)
    monkeypatch.setattr(controls, "Finder", Found)
    monkeypatch.setattr(controls, "model_file", lambda name: Path(name))
    assert controls.measure_jitter(Path("nowhere")).figures[0].value == pytest.approx(0, abs=1e-9)
    Found.reach = 40.0
    assert controls.measure_jitter(Path("nowhere")).figures[0].value > 1


def test_a_missing_clip_ends_it_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def missing(clip: Clip, folder: Path) -> list[Pixels]:
        raise Missing("There is no walk.mp4.")

    monkeypatch.setattr(clips, "pictures", missing)
    monkeypatch.setattr(sys, "argv", ["controls", "--json", str(tmp_path / "kept.json")])
    assert controls.main() == 1
    assert capsys.readouterr().err == "There is no walk.mp4.\n"
    monkeypatch.setattr(controls, "measure_flicker", lambda folder: Section(()))
    monkeypatch.setattr(controls, "measure_jitter", lambda folder: Section(()))
    assert controls.main() == 0
    assert set(json.loads((tmp_path / "kept.json").read_text())["sections"]) == {"flicker", "jitter"}
