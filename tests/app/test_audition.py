"""An audition on the live path: real source, real controls, two streams of the real network at a tiny size."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import audition_guides
from app.audition import Demand
from app.preprocessor import Preprocessor
from engine.errors import OutOfMemory
from engine.params import EngineChoice, Picture
from tests.app.stage import Stage, StageMaker
from tests.fakes import Witness


def prompts(live: Stage) -> set[str]:
    """Of all that the program was painted with."""
    return {params.prompt for _, params in list(live.witness.steps)}


def auditioned(live: Stage, prompt: str) -> None:
    """Wait until a picture of the audition, asked for with ``prompt``, is on the preview."""
    live.until(lambda: any(params.prompt == prompt for _, params in list(live.witness.auditioned)))
    live.until(lambda: (shown := live.rig.audition()) is not None and shown.kind == "engine")


def test_it_is_painted_in_turn_with_the_program_which_goes_on(stage: StageMaker) -> None:
    live = stage()
    live.painted(8)
    assert live.rig.audition() is None
    live.show.begin_audition()
    live.show.set_params(prompt="lava")
    auditioned(live, "lava")
    shown, program = live.rig.audition(), live.program("engine")
    assert shown is not None
    assert shown.rgb.shape == program.rgb.shape
    live.until(lambda: (now := live.rig.program.get()) is not None and now.number > program.number + 8)
    live.until(lambda: len(live.witness.auditioned) >= 6)
    assert prompts(live) == {"ink"}
    turns = list(pairwise(list(live.witness.order)))
    assert ("audition", "audition") not in turns, "never two in a row: the program has every other chunk at least"
    assert ("program", "audition") in turns
    assert not live.troubles()


def test_take_brings_it_to_the_program_at_the_next_chunk_and_frees_its_memory(stage: StageMaker) -> None:
    live = stage()
    live.show.begin_audition()
    live.show.set_params(prompt="lava")
    auditioned(live, "lava")
    assert len(live.witness.seconds) == 1
    live.show.take()
    live.until(lambda: live.witness.steps[-1][1].prompt == "lava")
    assert live.rig.audition() is None
    live.until(lambda: len(live.witness.seconds) == 0)
    painted = len(live.witness.auditioned)
    live.painted(12)
    assert len(live.witness.auditioned) == painted


def test_back_leaves_nothing_of_it_and_another_one_begins_anew(stage: StageMaker) -> None:
    live = stage()
    for prompt in ("lava", "neon"):
        live.show.begin_audition()
        live.show.set_params(prompt=prompt)
        auditioned(live, prompt)
        first = next(chunk for chunk, params in live.witness.auditioned if params.prompt == prompt)
        live.show.drop_audition()
        live.until(lambda: len(live.witness.seconds) == 0)
        assert first.guide.shape[0] <= 4
    assert prompts(live) == {"ink"}
    beginnings = [chunk for chunk, _ in live.witness.auditioned if len(chunk.guide) == 1]
    assert len(beginnings) == 2, "each audition is a stream of its own"


def test_its_controls_and_mask_are_its_own(stage: StageMaker) -> None:
    live = stage()
    live.painted(8)
    live.show.begin_audition()
    live.show.set_control("edge", on=False)
    live.show.set_mask(Picture(np.tile(np.array([[255, 0]], np.uint8), (1, 1))))
    live.until(lambda: any(chunk.mask is not None for chunk, _ in list(live.witness.auditioned)))
    live.until(lambda: live.witness.auditioned[-1][0].mask is not None)
    chunk, _ = live.witness.auditioned[-1]
    assert chunk.mask is not None
    assert (chunk.mask.min(), chunk.mask.max()) == (0, 255)
    assert np.all(chunk.guide == 128)
    live.painted(8)
    for program, _ in list(live.witness.steps):
        assert program.mask is None
        assert not np.all(program.guide == 128)
    live.until(lambda: (seen := live.rig.thumbnails.get()) is not None and not seen.parts)


def test_its_chunks_are_spread_over_the_time_that_passes(stage: StageMaker) -> None:
    """With controls of its own it is given a picture now and then, and no two chunks are of one moment."""
    live = stage()
    live.show.begin_audition()
    live.show.set_control("edge", weight=0.5)
    live.until(lambda: len(live.witness.auditioned) >= 6)
    firsts = [chunk.source[0] for chunk, _ in list(live.witness.auditioned)[1:]]
    assert all(not np.array_equal(one, other) for one, other in pairwise(firsts))


def test_where_both_looks_ask_for_the_same_guides_no_control_runs_twice(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Preprocessor] = []

    class Noted(Preprocessor):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(audition_guides, "Preprocessor", Noted)
    live = stage()
    live.show.begin_audition()
    live.show.set_params(prompt="lava", steps=2, control_strength=0.5)
    auditioned(live, "lava")
    assert made == []
    live.show.set_control("edge", weight=0.5)
    live.until(lambda: len(made) == 1)


def test_blackout_freeze_and_bypass_are_the_outputs_own(stage: StageMaker) -> None:
    live = stage()
    live.show.begin_audition()
    live.show.set_params(prompt="lava")
    auditioned(live, "lava")
    live.show.set_treatment("blackout")
    assert live.program("black").rgb.max() == 0
    before = live.rig.audition()
    assert before is not None
    live.until(lambda: (now := live.rig.audition()) is not None and now.number > before.number + 4)
    after = live.rig.audition()
    assert after is not None
    assert after.kind == "engine"
    live.show.set_treatment("bypass")
    live.program("bypass")
    live.show.drop_audition()
    assert live.show.program.treatment == "bypass", "going back is no way round a treatment"
    live.show.set_treatment("live")
    live.program("engine")


def test_a_cut_in_it_is_none_of_the_program(stage: StageMaker) -> None:
    live = stage()
    live.show.begin_audition()
    live.show.set_params(prompt="lava")
    auditioned(live, "lava")
    live.show.hard_cut()
    live.until(lambda: live.witness.auditioned[-1][1].cut == 1)
    first = next(chunk for chunk, params in live.witness.auditioned if params.cut == 1)
    assert len(first.guide) == 1
    live.painted(8)
    assert {params.cut for _, params in live.witness.steps} == {0}
    assert sum(len(chunk.guide) == 1 for chunk, _ in live.witness.steps) == 1


def no_room() -> None:
    raise OutOfMemory("An audition takes 2 GiB and 1 GiB is free, so it is not painted; the show goes on.")


def test_where_there_is_no_room_it_ends_by_itself_and_is_told(stage: StageMaker) -> None:
    live = stage(witness=Witness(before_second=no_room))
    live.painted(4)
    live.show.begin_audition()
    live.until(lambda: live.show.looks.audition is None)
    live.until(lambda: any("so it is not painted" in sentence for _, sentence in live.said))
    live.painted(8)
    assert not live.troubles(), "a warning, and no failure of the show"
    live.show.begin_audition()
    live.until(lambda: sum("so it is not painted" in sentence for _, sentence in live.said) == 2)


def test_what_was_changed_in_it_is_held_where_it_cannot_be_painted(stage: StageMaker) -> None:
    live = stage(witness=Witness(before_second=no_room))
    live.painted(4)
    live.show.begin_audition()
    live.show.set_params(prompt="lava")
    live.until(lambda: bool(live.rig.status().audition_trouble))
    live.painted(8)
    assert (live.show.look.params.prompt, live.show.program.params.prompt) == ("lava", "ink")
    assert sum("so it is not painted" in sentence for _, sentence in live.said) == 1, "it is not tried again and again"
    live.show.take()
    live.until(lambda: live.witness.steps[-1][1].prompt == "lava")
    assert live.rig.status().audition_trouble == ""


def test_an_audition_that_fails_is_told_and_the_program_plays_on(
    stage: StageMaker, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(number: int) -> None:
        if number == 2:
            raise ZeroDivisionError("oh")

    live = stage(witness=Witness(before_audition=fail))
    live.show.begin_audition()
    live.show.set_params(prompt="lava")
    live.until(lambda: bool(live.rig.status().audition_trouble))
    live.painted(8)
    assert live.witness.loads == 1
    assert [level for level, sentence in live.said if "oh" in sentence] == ["warning"]
    assert "the show goes on" in live.rig.status().audition_trouble
    assert len(live.witness.seconds) == 0
    assert "ZeroDivisionError" in caplog.text


def test_another_model_takes_the_audition_over(stage: StageMaker) -> None:
    live = stage()
    live.show.begin_audition()
    live.show.set_params(prompt="lava")
    auditioned(live, "lava")
    live.show.set_setup(engine=EngineChoice("tiny", 64, 32))
    live.until(lambda: (shown := live.rig.audition()) is not None and shown.rgb.shape == (32, 64, 3))
    live.until(lambda: len(live.witness.seconds) == 1)
    live.show.drop_audition()
    live.until(lambda: len(live.witness.seconds) == 0)
    told = [(who, None if params is None else params.prompt) for who, params in live.witness.followed]
    assert told == [("audition", None), ("program", "ink"), ("audition", "lava")], (
        "each goes on after its own last chunk"
    )


def test_a_picture_that_cannot_be_worked_on_for_it_reaches_the_program(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    live = stage()
    live.painted(4)
    monkeypatch.setattr(audition_guides.AuditionGuides, "guided", broken)
    live.show.begin_audition()
    live.painted(12)
    assert prompts(live) == {"ink"}


@given(
    rate=st.floats(5, 120),
    period=st.floats(0.05, 3),
    count=st.integers(1, 12),
    start=st.floats(0, 1e5),
)
def test_guides_are_as_many_as_are_taken_and_evenly_spaced(
    rate: float, period: float, count: int, start: float
) -> None:
    demand = Demand()
    turns = [start + index * period for index in range(3)]
    demand.turn(count, turns[0])
    demand.turn(count, turns[1])
    pictures = np.arange(turns[1], turns[2] + 4 * period, 1 / rate)
    wanted = [float(at) for at in pictures if demand.wants(float(at))]
    there = len(pictures)
    most = (turns[2] + 4 * period - turns[1]) / (period / (count + 1)) + 2
    assert len(wanted) <= min(there, most)
    if rate * period >= 2 * (count + 1):  # pictures enough
        for index in range(1, 5):
            begin = turns[1] + index * period
            within = [at for at in wanted if begin <= at < begin + period]
            assert len(within) >= count
    gaps = np.diff(wanted)
    if len(gaps):
        assert gaps.max() <= period / (count + 1) + 1 / rate + 1e-6


def test_until_a_pace_is_known_every_picture_counts() -> None:
    demand, now = Demand(), time.perf_counter()
    assert all(demand.wants(now + index / 30) for index in range(9))


def test_captured_pictures_of_the_program_carry_the_programs_cut(stage: StageMaker) -> None:
    """A cut in the audition flushes nothing of the program: its next chunk needs no new pictures."""
    live = stage()
    live.painted(4)
    live.show.begin_audition()
    for _ in range(3):
        live.show.hard_cut()
    live.painted(12)
    live.show.take(lambda look, program: replace(look, params=replace(look.params, cut=program.params.cut + 1)))
    live.until(lambda: live.witness.steps[-1][1].cut == 1)
    live.painted(8)
