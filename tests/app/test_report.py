"""What a report says was asked: of the controls as they are set, of the room as it stands."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from app.framing import Framing
from app.look import Look, Setup
from app.report import settings_of
from controls.control import ControlSetting
from controls.stack import parse_control


def asked(*controls: ControlSetting) -> Any:
    told = settings_of(replace(Look(), controls=controls), Setup())
    return json.loads(json.dumps(told["asked"]["controls"]))


def test_controls_are_told_with_all_that_differs() -> None:
    assert asked(
        parse_control("pose=0.7,people=1,smoothing=0.5,mix=screen,region=person,every=3"), parse_control("edge")
    ) == {
        "pose": {"weight": 0.7, "values": {"people": 1.0}, "mix": "screen", "region": "person", "every": 3},
        "edge": {"weight": 1.0},
    }, "smoothing is as it is by default"


def test_they_stand_in_the_order_in_which_they_are_mixed() -> None:
    assert list(asked(ControlSetting("pose"), ControlSetting("edge"))) == ["pose", "edge"]


def test_values_are_those_that_counted() -> None:
    assert asked(ControlSetting("edge", values=(("thickness", 99.0), ("gone", 1.0)))) == {
        "edge": {"weight": 1.0, "values": {"thickness": 15.0}}
    }
    assert asked(ControlSetting("gone", 0.5, values=(("a", 1.0),))) == {"gone": {"weight": 0.5, "values": {"a": 1.0}}}


def test_what_is_off_was_not_asked() -> None:
    look = replace(Look(), controls=(ControlSetting("edge", 0.5), ControlSetting("pose", on=False)))
    told = settings_of(look, Setup())
    assert told["controls"] == {"edge": 0.5}
    assert set(told["asked"]["controls"]) == {"edge"}


def test_the_framing_is_told() -> None:
    assert settings_of(Look(), Setup(framing=Framing(mirror=True)))["asked"]["framing"]["mirror"] is True
