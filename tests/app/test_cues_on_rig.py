"""Cues on the live path: a morph goes its way in the guides as well as in the engine, in program and audition."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.cue_sheet import CueSheet
from app.look import Look
from app.looks import Looks
from app.morph import Morph, in_force
from app.set_list import Transition
from app.vision_mixer import VisionMixer
from engine.params import ControlChunk, Params
from tests.app.stage import LOOK, Stage, StageMaker

WHITE = 255
CHUNKS = 8
FAINT = 0.2


def faint() -> Look:
    controls = (replace(LOOK.controls[0], weight=FAINT),)
    return replace(LOOK, params=replace(LOOK.params, prompt="lava", control_strength=0.5), controls=controls)


def with_cue(live: Stage) -> CueSheet:
    """A sheet whose only cue comes over ``CHUNKS``."""
    sheet = CueSheet(live.show, chunk_s=lambda: 0.25)
    sheet.set_cue(sheet.add(), look=faint(), transition=Transition("morph", CHUNKS * 0.25, "seconds"))
    return sheet


def levels(steps: list[tuple[ControlChunk, Params]]) -> list[int]:
    """The brightest of each chunk's guide."""
    return [int(chunk.guide.max()) for chunk, _ in steps]


def arrived(steps: list[tuple[ControlChunk, Params]]) -> bool:
    return bool(steps) and levels(steps[-1:])[0] == round(FAINT * WHITE)


def assert_went(steps: list[tuple[ControlChunk, Params]]) -> None:
    seen = levels(steps)
    assert seen == sorted(seen, reverse=True)
    assert len({level for level in seen if FAINT * WHITE + 1 < level < WHITE}) >= CHUNKS // 2, seen
    strengths = [params.control_strength for _, params in steps]
    assert {0.5, 1.0} < set(strengths), "the engine goes the same way"


def test_a_morph_reaches_the_guides_chunk_by_chunk(stage: StageMaker) -> None:
    live = stage()
    sheet = with_cue(live)
    live.painted(8)
    assert set(levels(live.witness.steps)) == {WHITE}
    sheet.fire(0)
    live.until(lambda: arrived(live.witness.steps))
    assert_went(live.witness.steps)


def test_an_audition_takes_cues_and_their_morphs_and_the_program_none(stage: StageMaker) -> None:
    live = stage()
    sheet = with_cue(live)
    mixer = VisionMixer(live.show, sheet, lambda: 0.25)
    sheet.bring_back(None)
    live.painted(8)
    for end in (mixer.back, mixer.take):
        mixer.audition()
        live.until(lambda: levels(live.witness.auditioned[-1:]) == [WHITE])
        begun = len(live.witness.auditioned) - 1
        sheet.fire(0)
        live.until(lambda: arrived(live.witness.auditioned))
        assert_went(live.witness.auditioned[begun:])
        assert {params.prompt for _, params in live.witness.steps} == {"ink"}
        assert set(levels(live.witness.steps)) == {WHITE}
        assert sheet.current == 0
        end()
        assert sheet.current == (None if end == mixer.back else 0)
    live.until(lambda: arrived(live.witness.steps))
    live.show.undo()
    assert sheet.current is None, "the take is one step, with the cue that was fired in it"


def test_what_is_in_force_is_each_looks_own_way() -> None:
    start, goal = LOOK, faint()
    morphs = Morph(), Morph()
    looks = Looks(start).begun()
    for morph in morphs:
        morph.next(start, looks.arrival)
    looks = looks.with_brought_in(goal, 4)
    assert in_force(looks, *morphs) == replace(looks, audition=morphs[1].now(goal, looks.audition_arrival))
    morphs[1].next(goal, looks.audition_arrival)
    shown = in_force(looks, *morphs)
    assert shown.program.controls == start.controls
    assert shown.audition is not None
    assert shown.audition.controls[0].weight == pytest.approx(1 - 0.8 / 4)
    assert in_force(looks, morphs[0], None).audition == goal
