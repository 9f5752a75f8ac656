"""The guides of the kinds that the starter was trained on: at default settings they stay what was stored of them.

``starter_guides.json`` holds those settings, and the guides as means of coarse blocks, so that another build of OpenCV
does not fail the test. It was stored after the starter's clips had been drawn, so that it does not prove that these are
the very guides it was trained on; docs/log.md tells by how much those differ.
A guide that is to change needs a starter that is trained on it: only then run this file as a module to store them anew.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from assets import CLIP
from controls.control import ControlSetting
from controls.layout import Box, Leg
from controls.pose import MODEL
from controls.stack import CONTROLS, Stack
from tests.controls.networks import network

STORED = Path(__file__).with_name("starter_guides.json")
NAMES = ("edge", "scribble", "flow", "color", "gray", "pose", "layout")
BOXES = (Box((0.1, 0.2, 0.4, 0.9)), Box((0.6, 0.1, 0.8, 0.5), (Leg((0.7, 0.3, 0.95, 0.8), 0.5),)))
"""What ``layout`` draws: one that stands and one that moves."""
WIDTH, HEIGHT = 640, 360
BLOCKS = (16, 9)
RATE = 16
SHOWN = (3, 7)
"""Pictures of the clip that are compared, of those from the first one on: flow and all that smooths remember."""

FARTHEST, MEAN = 12.0, 0.25
"""Grey levels that a block may differ by, which one thin line more or less takes it, and all blocks in the mean."""

Digest = NDArray[np.float64]


def drawn(name: str) -> Digest:
    """The means of all blocks, rounded: (pictures, rows, columns, 3)."""
    stack, digests = Stack(), []
    with av.open(str(CLIP)) as film:
        for number, frame in enumerate(islice(film.decode(video=0), SHOWN[-1] + 1)):
            picture = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            guide = stack.guide(picture, WIDTH, HEIGHT, number / RATE, (ControlSetting(name),), BOXES)
            assert guide.troubles == {}
            digests.append(cv2.resize(guide.rgb.astype(np.float64), BLOCKS, interpolation=cv2.INTER_AREA))
    stack.close()
    return np.round([digests[number] for number in SHOWN])


def defaults(name: str) -> dict[str, float]:
    return {setting.name: setting.default for setting in CONTROLS[name].settings}


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_is_as_the_starter_knows_it(name: str) -> None:
    stored = json.loads(STORED.read_text("utf-8"))[name]
    assert stored["defaults"].items() <= defaults(name).items(), "what has come since changes nothing by default"
    if name == "pose":
        network(MODEL)
    blocks = np.array(stored["blocks"], np.float64)
    assert blocks.std() > 1, "there is something to compare"
    difference = np.abs(drawn(name) - blocks)
    assert difference.max() <= FARTHEST
    assert difference.mean() <= MEAN


if __name__ == "__main__":
    told = {name: {"defaults": defaults(name), "blocks": drawn(name).astype(int).tolist()} for name in NAMES}
    STORED.write_text(json.dumps(told, separators=(",", ":")) + "\n", "utf-8")
