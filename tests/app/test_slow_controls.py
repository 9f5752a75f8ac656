"""Slow controls on the live path: beside it, shown in the status, and ended with the show."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from app.look import Look
from app.rig import Rig
from controls.control import ControlSetting, Pixels, Values
from controls.paced import Loading
from controls.stack import CONTROLS, ControlKind, Guide
from engine.params import Params
from tests.app.stage import StageMaker


class Gated:
    """A control that draws only when the test lets it."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.threads: set[str] = set()
        self.calls = self.resets = 0

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        self.threads.add(threading.current_thread().name)
        self.calls += 1
        self.gate.wait()
        return np.full((height, width, 3), 99, np.uint8)

    def reset(self) -> None:
        self.resets += 1


@pytest.fixture
def gated(monkeypatch: pytest.MonkeyPatch) -> Gated:
    control = Gated()
    kind = ControlKind("gated", "Gated", (), lambda folder: control, loading=Loading(at_first=True))
    monkeypatch.setitem(CONTROLS, "gated", kind)
    return control


def test_no_picture_waits_for_a_slow_control(stage: StageMaker, gated: Gated) -> None:
    live = stage()
    live.show.set_look(Look(Params(steps=1), controls=(ControlSetting("edge"), ControlSetting("gated", every=3))))
    live.until(lambda: gated.calls == 1)
    live.painted(12)
    thumbnails = live.rig.thumbnails.get()
    assert thumbnails is not None
    assert not thumbnails.parts["gated"].any()
    gated.gate.set()
    live.until(lambda: (shown := live.rig.thumbnails.get()) is not None and bool((shown.parts["gated"] == 99).all()))
    live.until(lambda: live.rig.status().controls["gated"].ms.p50 is not None)
    status = live.rig.status().controls
    assert (status["edge"].every, status["gated"].every) == (1, 3)
    live.show.set_control("gated", every=5)
    live.until(lambda: live.rig.status().controls["gated"].every == 5)
    assert gated.threads == {"slow controls_0"}
    assert live.rig.stop()
    assert gated.resets == 1
    assert "slow controls_0" not in [thread.name for thread in threading.enumerate()]
    assert not live.troubles()


def test_what_a_control_takes_is_told_of_its_last_runs_and_of_nothing_that_is_off(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs that were slow once are forgotten, soon or with the control."""
    slow = threading.Event()
    slow.set()
    told: list[float] = []
    tell_troubles = Rig._tell_troubles

    def tell(rig: Rig, guide: Guide) -> None:
        told.append(1.0)
        tell_troubles(rig, replace(guide, ms=dict.fromkeys(guide.ms, 900.0 if slow.is_set() else 2.0)))

    monkeypatch.setattr(Rig, "_tell_troubles", tell)
    live = stage()
    live.show.set_look(Look(Params(steps=1), controls=(ControlSetting("edge"), ControlSetting("gray"))))
    live.until(lambda: len(told) > 40)
    live.until(lambda: live.rig.status().controls["edge"].ms.p95 == 900.0)
    slow.clear()
    live.until(lambda: live.rig.status().controls["edge"].ms.p95 == 2.0)
    assert live.rig.status().controls.keys() == {"edge", "gray"}
    live.show.set_control("gray", on=False)
    live.until(lambda: live.rig.status().controls.keys() == {"edge"})
    slow.set()
    live.show.set_control("gray", on=True)
    live.until(lambda: "gray" in live.rig.status().controls)
    live.until(lambda: live.rig.status().controls["gray"].ms.p50 == 900.0)


def test_another_model_folder_gives_the_old_controls_back(stage: StageMaker, gated: Gated) -> None:
    gated.gate.set()
    live = stage()
    live.show.set_look(replace(live.show.look, controls=(ControlSetting("gated", every=2),)))
    live.until(lambda: gated.calls > 1)
    live.show.set_setup(model_folder="/no/models/here")
    live.until(lambda: gated.resets == 1)
    calls = gated.calls
    live.until(lambda: gated.calls > calls)
    assert gated.threads == {"slow controls_0"}
