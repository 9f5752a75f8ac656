"""Changing the model while live, on the real threads: who paints, who comes up, what is said, and what stays."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.model_switch import ModelSwitch
from engine.errors import EngineError, OutOfMemory
from engine.host import EngineHost
from engine.params import EngineChoice, Lora, Progress
from tests.app.stage import LOOK, TINY, Stage, StageMaker
from tests.engine.catalogued import catalogue_small
from tests.fakes import Witness

OLD = TINY.engine
NEW = EngineChoice("new", 64, 32)
OTHER = EngineChoice("other", 32, 48)


def refuses(choice: EngineChoice, error: Exception) -> Callable[[EngineChoice], None]:
    def refuse(begun: EngineChoice) -> None:
        if begun == choice:
            raise error

    return refuse


def wish(live: Stage, choice: EngineChoice) -> None:
    live.show.set_setup(engine=choice)


def shown(live: Stage, choice: EngineChoice) -> bool:
    program = live.rig.program.get()
    return program is not None and program.kind == "engine" and program.rgb.shape == (choice.height, choice.width, 3)


def test_the_old_model_paints_on_while_the_new_one_comes_up(stage: StageMaker) -> None:
    live = stage()
    live.painted()
    live.witness.may_load.clear()
    wish(live, NEW)
    live.until(lambda: live.witness.slices > 0)
    slices = live.witness.slices
    live.painted(20)
    live.until(lambda: live.witness.slices > slices)
    assert shown(live, OLD)
    assert live.witness.begun == [OLD, NEW], "the new one is begun once and goes on from there"
    assert live.witness.loaded == [OLD]
    assert live.rig.status().engine_state in ("running", "waiting")
    assert live.rig.status().model == "tiny"
    assert live.rig.status().loading == Progress(0.5, "waiting for leave to load")

    live.witness.may_load.set()
    live.until(lambda: shown(live, NEW))
    assert live.witness.loaded == [NEW], "the old one is closed"
    assert live.rig.status().loading is None
    assert live.rig.status().model == "new"
    live.painted(8)
    assert not live.troubles()


def test_the_new_model_begins_a_stream_of_its_own_between_two_chunks(stage: StageMaker) -> None:
    order: list[str] = []
    witness = Witness(before_step=lambda number: order.append("step"), before_settle=lambda: order.append("settle"))
    witness.before_close = lambda: order.append("close")
    live = stage(witness=witness)
    live.painted(8)
    wish(live, NEW)
    live.until(lambda: shown(live, NEW))
    live.painted(8)
    live.rig.stop()
    assert order.index("close") % 2 == 0, "not between a step and what belongs to it"
    sizes = [chunk.guide.shape[:3] for chunk, _ in witness.steps]
    first_new = sizes.index((1, NEW.height, NEW.width))
    assert all(size == (4, OLD.height, OLD.width) for size in sizes[1:first_new])
    assert all(size == (4, NEW.height, NEW.width) for size in sizes[first_new + 1 :])


def test_a_model_that_fails_leaves_the_old_one_playing(stage: StageMaker) -> None:
    live = stage(witness=Witness(before_load=refuses(NEW, EngineError("The file new.pt is damaged; get it anew."))))
    live.painted()
    wish(live, NEW)
    live.until(lambda: bool(live.troubles()))
    live.painted(20)
    assert live.troubles() == ["The file new.pt is damaged; get it anew. tiny at 48x32 plays on."]
    assert live.witness.begun == [OLD, NEW], "it is not tried again"
    assert live.witness.loaded == [OLD]
    assert live.rig.status().loading is None
    assert shown(live, OLD)

    wish(live, OTHER)
    live.until(lambda: shown(live, OTHER))
    wish(live, NEW)
    live.until(lambda: len(live.troubles()) == 2)
    assert live.witness.begun == [OLD, NEW, OTHER, NEW], "once more, for it was chosen once more"


def test_whatever_a_new_model_throws_becomes_a_sentence(stage: StageMaker) -> None:
    live = stage(witness=Witness(before_load=refuses(NEW, ZeroDivisionError("oh"))))
    live.painted()
    wish(live, NEW)
    live.until(lambda: bool(live.troubles()))
    live.painted(8)
    assert live.troubles() == ["The model could not be loaded (oh). tiny at 48x32 plays on."]


def test_where_two_do_not_fit_the_output_holds_and_the_new_one_comes_up_alone(stage: StageMaker) -> None:
    witness = Witness(fits=lambda choice: False)
    live = stage(witness=witness)
    live.painted(8)
    held = live.program("engine")
    witness.may_load.clear()
    wish(live, NEW)
    live.until(lambda: live.rig.status().engine_state == "loading" and witness.slices > 0)
    assert ("warning", hold_sentence("new at 64x32")) in live.said
    assert witness.loaded == [], "the old one made room"
    painted = live.rig.status().frames_out
    slices = witness.slices
    live.until(lambda: witness.slices > slices + 20)
    assert live.rig.status().frames_out == painted
    assert live.program("engine").rgb.shape == held.rgb.shape, "the last picture stays on air"
    witness.may_load.set()
    live.until(lambda: shown(live, NEW))
    assert not live.troubles()


def test_a_model_that_fails_after_the_old_one_was_closed_brings_the_old_one_back(stage: StageMaker) -> None:
    witness = Witness(fits=lambda choice: False, before_load=refuses(NEW, EngineError("The file new.pt ends early.")))
    live = stage(witness=witness)
    live.painted()
    wish(live, NEW)
    live.until(lambda: bool(live.troubles()))
    live.painted(20)
    assert live.troubles() == ["The file new.pt ends early. tiny at 48x32 is loaded again."]
    assert witness.begun == [OLD, NEW, OLD]
    assert witness.loaded == [OLD]
    assert shown(live, OLD)


def test_a_model_that_does_not_fit_against_the_budget_is_tried_alone(stage: StageMaker) -> None:
    tries = iter([True])

    def refuse(choice: EngineChoice) -> None:
        if choice == NEW and next(tries, False):
            raise OutOfMemory("There is not enough memory to load the model; choose a smaller size.")

    live = stage(witness=Witness(before_load=refuse))
    live.painted()
    wish(live, NEW)
    live.until(lambda: shown(live, NEW))
    assert live.witness.begun == [OLD, NEW, NEW]
    assert ("warning", hold_sentence("new at 64x32")) in live.said
    assert not live.troubles()


def test_a_model_that_does_not_even_fit_alone_gives_way_to_the_old_one(stage: StageMaker) -> None:
    live = stage(witness=Witness(before_load=refuses(NEW, OutOfMemory("There is not enough memory."))))
    live.painted()
    wish(live, NEW)
    live.until(lambda: bool(live.troubles()))
    live.painted(20)
    assert live.witness.begun == [OLD, NEW, NEW, OLD]
    assert live.troubles() == ["There is not enough memory. tiny at 48x32 is loaded again."]


def test_another_wish_meanwhile_takes_the_place_of_the_first(stage: StageMaker) -> None:
    live = stage()
    live.painted()
    live.witness.may_load.clear()
    wish(live, NEW)
    live.until(lambda: live.witness.slices > 0)
    wish(live, OTHER)
    live.until(lambda: live.witness.begun[-1] == OTHER)
    wish(live, OLD)
    live.until(lambda: live.rig.status().loading is None)
    live.painted(8)
    assert live.witness.loaded == [OLD]
    assert live.witness.loads == 1
    live.witness.may_load.set()
    live.painted(8)
    assert live.witness.begun == [OLD, NEW, OTHER]
    assert not live.troubles()


def test_the_old_model_may_fail_while_the_new_one_comes_up(stage: StageMaker) -> None:
    fails = threading.Event()

    def fail(number: int) -> None:
        if fails.is_set() and witness.loaded == [OLD]:
            raise EngineError("The device is gone; the last picture stays.")

    witness = Witness(before_step=fail)
    live = stage(witness=witness)
    live.painted()
    witness.may_load.clear()
    wish(live, NEW)
    live.until(lambda: witness.slices > 0)
    fails.set()
    live.until(lambda: bool(live.troubles()))
    witness.may_load.set()
    live.until(lambda: shown(live, NEW))
    assert witness.begun == [OLD, NEW], "the new one went on coming up"
    assert live.troubles() == ["The device is gone; the last picture stays."]


def test_the_show_ends_while_a_model_comes_up(stage: StageMaker) -> None:
    live = stage()
    live.painted()
    live.witness.may_load.clear()
    wish(live, NEW)
    live.until(lambda: live.witness.slices > 0)
    assert live.rig.stop(), "without the model ever having come up"
    assert live.witness.loaded == []
    assert live.witness.closes == 2


def test_bypass_keeps_the_shape_of_what_plays(stage: StageMaker) -> None:
    live = stage(witness=Witness(before_load=refuses(OTHER, EngineError("The file is damaged."))))
    live.painted()
    wish(live, OTHER)
    live.until(lambda: bool(live.troubles()))
    live.show.set_treatment("bypass")
    height, width = live.program("bypass").rgb.shape[:2]
    assert width / height == OLD.width / OLD.height


def test_a_wish_that_cannot_be_granted_is_told_and_the_show_goes_on(stage: StageMaker, tmp_path: Path) -> None:
    live = stage()
    live.painted()
    live.show.set_params(loras=(Lora(str(tmp_path / "gone.safetensors")),))
    live.until(lambda: any("gone.safetensors" in sentence for _, sentence in live.said))
    live.painted(8)
    assert [level for level, sentence in live.said if "gone.safetensors" in sentence] == ["warning"]
    assert not live.troubles()


def test_prompts_are_read_on_a_thread_of_their_own(stage: StageMaker) -> None:
    names: list[str] = []
    witness = Witness()
    live = stage(witness=witness)
    live.painted()
    assert witness.submit is not None
    witness.submit(lambda: names.append(threading.current_thread().name)).result(timeout=60)
    assert names[0].startswith("prompts")


def test_a_prompt_that_is_still_read_at_the_end_is_told(stage: StageMaker) -> None:
    goes_on = threading.Event()
    witness = Witness()
    live = stage(witness=witness)
    live.painted()
    assert witness.submit is not None
    reading = witness.submit(lambda: goes_on.wait(60))
    ended = live.rig.stop()
    goes_on.set()
    reading.result(timeout=60)
    assert not ended, "the caller is told that the process must be left"
    live.until(lambda: live.rig.stop())


def test_loading_takes_no_more_than_its_time_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of 10 ms each, 35 ms to spend: four of them, for the fourth begins in time."""
    clock = [0.0]
    monkeypatch.setattr("app.model_switch.time.perf_counter", lambda: clock[0])
    witness = Witness()
    chosen = [OLD]
    models = ModelSwitch(witness.make_host, lambda: chosen[0], lambda: LOOK.params, lambda *_: None)
    while models.playing is None:
        models.advance(until=0.0)
    witness.may_load.clear()
    witness.before_slice = lambda: clock.__setitem__(0, clock[0] + 0.010)
    chosen[0] = NEW
    while witness.slices == 0:
        models.advance(until=clock[0])
    for spare, slices in ((0.0, 1), (0.035, 4), (0.1, 10)):
        before = witness.slices
        models.advance(until=clock[0] + spare)
        assert witness.slices - before == slices
    models.close()
    assert witness.loaded == []


def test_what_plays_is_never_looked_through_for_garbage_and_leaves_none() -> None:
    left: list[object] = []
    witness = Witness()
    chosen = [OLD]
    models = ModelSwitch(witness.make_host, lambda: chosen[0], lambda: LOOK.params, lambda *_: None)
    assert gc.get_freeze_count() == 0
    knot: list[object] = [Witness()]
    knot.append(knot)  # of the model's own: only a collection finds it
    last = weakref.ref(knot[0])
    while models.playing is None:
        models.advance(until=0.0)
    assert gc.get_freeze_count() > 0
    del knot

    def collect() -> None:  # as an engine that is closed does
        gc.collect()
        left.append(last())

    witness.before_close = collect
    chosen[0] = NEW
    while models.playing is None or models.playing.choice != NEW:
        models.advance(until=0.0)
    assert left == [None]
    models.close()
    assert gc.get_freeze_count() == 0


def test_from_the_starter_to_a_published_model_and_back(
    stage: StageMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real engine, with real files of exact names at reduced width: sound ones, a damaged one, none."""
    published = catalogue_small(tmp_path, monkeypatch)
    starter, chosen = EngineChoice(width=64, height=48), published.choice
    live = stage(replace(TINY, engine=starter), make_host=EngineHost)
    live.until(lambda: shown(live, starter))
    live.show.set_setup(engine=chosen)
    live.until(lambda: shown(live, chosen))
    assert live.rig.status().model == chosen.model
    live.painted(12)

    file = published.folder / "taew2_1.pth"
    file.write_bytes(file.read_bytes()[:-100])
    live.show.set_setup(engine=replace(chosen, width=64))
    live.until(lambda: bool(live.troubles()))
    (trouble,) = live.troubles()
    assert "taew2_1.pth" in trouble
    assert trouble.endswith(f"{chosen.model} at 48x32 plays on.")
    live.painted(12)
    assert shown(live, chosen)

    live.show.set_setup(engine=starter)
    live.until(lambda: shown(live, starter))
    assert len(live.troubles()) == 1


def hold_sentence(title: str) -> str:
    return f"There is not enough memory for two models: the last picture is held until {title} is loaded."
