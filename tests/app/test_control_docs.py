"""docs/controls.md says what the controls are: every one, every setting with its range and default, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from controls import depth, face, hands, person, pose
from controls.control import MIXES, REGIONS
from controls.stack import CONTROLS

PAGE = (Path(__file__).parents[2] / "docs" / "controls.md").read_text("utf-8")


def test_every_control_is_described() -> None:
    assert re.findall(r"^\| `(\w+)` \| [^|]+ \|$", PAGE.split("## Settings")[0], re.MULTILINE) == list(CONTROLS)


def test_every_setting_stands_there_with_its_range_and_default() -> None:
    told, control = [], ""
    part = PAGE.split("## Settings")[1].split("## ")[0]
    for name, setting, low, high, default in re.findall(
        r"^\| (?:`(\w+)`)? *\| `(\w+)` \| (\S+) to (\S+) \| (\S+) \|", part, re.MULTILINE
    ):
        control = name or control
        told.append((control, setting, float(low), float(high), float(default)))
    assert told == [
        (kind.name, setting.name, setting.low, setting.high, setting.default)
        for kind in CONTROLS.values()
        for setting in kind.settings
    ]


def test_every_model_file_is_named() -> None:
    for name in (pose.MODEL, hands.MODEL, face.MODEL, person.MODEL, depth.MODELS[0]):
        assert f"`{name}`" in PAGE.split("## Model files")[1]


def test_every_way_to_mix_is_described() -> None:
    for name in (*(f"mix={mix}" for mix in MIXES), *(f"`{region}`" for region in REGIONS)):
        assert name in PAGE
