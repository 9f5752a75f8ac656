"""Controls on the live path that are slow or fail: beside it, shown in the status, and ended with the show."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.guide_maker import GuideMaker
from app.look import Look, SourceChoice
from app.status import ControlStatus
from app.words import show as words
from controls.control import ControlSetting, Pixels, Values
from controls.paced import Loading
from controls.stack import CONTROLS, ControlKind, Guide
from engine.params import Params
from tests.app.inputs.clips import write_clip
from tests.app.stage import StageMaker

NOTHING = ControlStatus()


class Gated:
    """A control that draws only when the test lets it."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.threads: set[str] = set()
        self.calls = self.resets = self.closes = 0

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        self.threads.add(threading.current_thread().name)
        self.calls += 1
        self.gate.wait()
        return np.full((height, width, 3), 99, np.uint8)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closes += 1


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
    assert gated.closes == 1
    assert "slow controls_0" not in [thread.name for thread in threading.enumerate()]
    assert not live.troubles()


def test_that_people_are_not_told_from_the_rest_yet_is_said_once_and_when_they_are(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    people = Gated()
    request.addfinalizer(people.gate.set)  # Python waits for its thread, a failed test or not
    kind = ControlKind("person", "Person", (), lambda folder: people, loading=Loading(at_first=True))
    monkeypatch.setitem(CONTROLS, "person", kind)
    live = stage()
    live.painted(2)
    assert not {words.PEOPLE_AWAITED, words.PEOPLE_FOUND} & {sentence for _, sentence in live.said}
    live.show.set_look(replace(live.show.look, controls=(), repainted="person"))
    live.until(lambda: people.calls == 1)
    live.painted(8)
    told = [(level, sentence) for level, sentence in live.said if level != "error"]
    assert told.count(("info", words.PEOPLE_AWAITED)) == 1
    assert ("info", words.PEOPLE_FOUND) not in told
    people.gate.set()
    live.until(lambda: ("info", words.PEOPLE_FOUND) in live.said)
    live.painted(8)
    assert live.said.count(("info", words.PEOPLE_AWAITED)) == live.said.count(("info", words.PEOPLE_FOUND)) == 1


def test_what_a_control_takes_is_told_of_its_last_runs_and_of_nothing_that_is_off(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs that were slow once are forgotten, soon or with the control."""
    slow = threading.Event()
    slow.set()
    told: list[float] = []
    tell_troubles = GuideMaker._tell_troubles

    def tell(guides: GuideMaker, guide: Guide) -> None:
        told.append(1.0)
        tell_troubles(guides, replace(guide, ms=dict.fromkeys(guide.ms, 900.0 if slow.is_set() else 2.0)))

    monkeypatch.setattr(GuideMaker, "_tell_troubles", tell)
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
    live.until(lambda: gated.closes == 1)
    calls = gated.calls
    live.until(lambda: gated.calls > calls)
    assert gated.threads == {"slow controls_0"}


@pytest.mark.parametrize("every", [1, 2])
def test_a_source_that_comes_back_costs_no_loading(stage: StageMaker, gated: Gated, tmp_path: Path, every: int) -> None:
    """Nor does another one, nor a second input that comes and goes: networks stay, what was seen is forgotten."""
    gated.gate.set()
    film, other = (SourceChoice("clip", str(write_clip(tmp_path / f"{name}.mp4", 12))) for name in "ab")
    live = stage()
    live.show.set_look(replace(live.show.look, controls=(ControlSetting("gated", every=every),)))
    live.until(lambda: gated.calls > 1)
    changes: tuple[Callable[[], None], ...] = (
        live.show.restart_source,
        lambda: live.show.set_setup(source=film),
        lambda: live.show.set_setup(structure=other),
        lambda: live.show.set_setup(structure=None),
    )
    for change in changes:
        resets = gated.resets
        change()
        live.until(lambda resets=resets: gated.resets > resets)  # type: ignore[misc]
    assert gated.closes == 0
    assert live.rig.stop()
    assert gated.closes == 1
    assert not live.troubles()


@pytest.mark.parametrize("every", [1, 2])
def test_a_control_that_throws_is_told_once_and_the_show_goes_on(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, every: int
) -> None:
    class Broken(Gated):
        def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
            self.calls += 1
            raise ZeroDivisionError("oh")

    broken = Broken()
    monkeypatch.setitem(CONTROLS, "broken", ControlKind("broken", "Broken", (), lambda folder: broken))
    live = stage()
    live.painted()
    live.show.set_look(
        replace(live.show.look, controls=(ControlSetting("edge"), ControlSetting("broken", every=every)))
    )
    live.until(lambda: bool(live.rig.status().controls.get("broken", NOTHING).trouble))
    live.painted(12)
    sentence = live.rig.status().controls["broken"].trouble
    assert sentence.startswith("Broken failed (ZeroDivisionError: oh)")
    assert [told for told in live.said if "Broken" in told[1]] == [("warning", sentence)]
    assert broken.calls == 1
    assert live.rig.status().controls["edge"].trouble == ""
    thumbnails = live.rig.thumbnails.get()
    assert thumbnails is not None
    assert thumbnails.parts["edge"].any()
    assert not thumbnails.parts["broken"].any()
    assert "ZeroDivisionError" in caplog.text, "the log keeps what the performer is spared"
    live.show.set_control("broken", on=False)
    live.until(lambda: live.rig.status().controls.keys() == {"edge"})
    assert broken.closes == 1
