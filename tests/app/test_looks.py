"""Program and audition: which look is edited, which one the outputs show, and what passes between them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from app.cue_sheet import CueSheet
from app.look import TREATMENTS, Look
from app.looks import Looks
from app.set_list import Transition
from app.show import Show, load_state, save_state
from app.vision_mixer import VisionMixer
from engine.params import Params, Picture

MASK = Picture(np.array([[0, 255]], np.uint8))


@pytest.fixture
def show(qapp: QApplication) -> Show:
    return Show(Look(Params(prompt="ink")))


@pytest.fixture
def mixer(show: Show) -> VisionMixer:
    """Beside an audition a chunk comes every half second, without one every quarter."""
    return VisionMixer(show, CueSheet(show, chunk_s=lambda: 0.5), lambda: 0.25)


def test_without_an_audition_there_is_one_look(show: Show) -> None:
    show.set_params(prompt="lava")
    assert show.look is show.program
    assert show.program.params.prompt == "lava"


def test_what_is_edited_in_an_audition_leaves_the_program_alone(show: Show) -> None:
    before = show.program
    show.begin_audition()
    assert show.look == before
    show.set_params(prompt="lava", seed=4)
    show.set_mask(MASK)
    show.set_control("pose", on=True)
    show.hard_cut()
    show.soft_cut()
    assert show.program == before
    assert (show.look.params.prompt, show.look.mask, show.look.params.cut) == ("lava", MASK, 1)
    show.drop_audition()
    assert show.look is show.program
    assert show.program == before


@pytest.mark.parametrize("kind", ["cut", "soft cut", "morph"])
def test_a_take_brings_the_whole_look_by_its_transition(show: Show, mixer: VisionMixer, kind: str) -> None:
    show.hard_cut()
    mixer.audition()
    show.set_params(prompt="lava", seed=4, morph_chunks=5)
    show.set_mask(MASK)
    for _ in range(5):
        show.hard_cut()  # the audition's own: they are no cuts of the program
        show.soft_cut()
    mixer.set_transition(Transition(kind, 2, "seconds"))  # type: ignore[arg-type]
    mixer.take()
    params = show.program.params
    assert (params.prompt, params.seed, show.program.mask) == ("lava", 4, MASK)
    assert (params.cut, params.soft_cut) == (1 + (kind == "cut"), int(kind == "soft cut"))
    assert (show.looks.arrival.look, show.looks.arrival.chunks) == (show.program, 8 if kind == "morph" else 0)
    assert params.morph_chunks == 5, "the performer's own fader stays"
    assert show.look is show.program
    assert show.looks.audition is None


def test_a_take_without_a_transition_cuts_nothing(show: Show) -> None:
    show.begin_audition()
    show.set_params(prompt="lava")
    show.hard_cut()
    show.take()
    assert show.program.params == Params(prompt="lava")


def test_each_audition_has_a_number_and_starts_from_the_program(show: Show) -> None:
    numbers = []
    for prompt in ("lava", "neon"):
        show.begin_audition()
        assert show.look.params.prompt == "ink"
        show.set_params(prompt=prompt)
        show.begin_audition()
        assert show.look.params.prompt == prompt, "one that is under way goes on"
        numbers.append(show.looks.auditions)
        show.drop_audition()
    assert numbers == [1, 2]
    show.take()
    show.drop_audition()
    assert show.program.params.prompt == "ink", "there is nothing to take and nothing to drop"


@given(st.lists(st.sampled_from(["begin", "take", "drop", "prompt", "cut", *TREATMENTS]), max_size=30))
def test_the_treatment_is_the_outputs_own_and_cuts_never_go_back(steps: list[str]) -> None:
    looks, treatment, prompt = Looks(), "live", 0
    for step in steps:
        before, edited = looks, looks.edited
        if step == "begin":
            looks = looks.begun()
        elif step == "take":
            looks = looks.taken(edited)
        elif step == "drop":
            looks = looks.dropped()
        elif step == "prompt":
            prompt += 1
            looks = looks.with_edited(replace(edited, params=replace(edited.params, prompt=str(prompt), cut=0)))
        elif step == "cut":
            looks = looks.with_edited(replace(edited, params=replace(edited.params, cut=edited.params.cut + 1)))
        else:
            treatment = step
            looks = looks.with_edited(replace(edited, treatment=step))  # type: ignore[arg-type]
        assert looks.program.treatment == looks.edited.treatment == treatment
        assert looks.program.params.cut >= before.program.params.cut
        if looks.audition is not None and step not in TREATMENTS:
            assert looks.program == before.program


def test_each_change_is_told_once_to_those_it_concerns(show: Show) -> None:
    edited: list[str] = []
    looks: list[tuple[str, bool]] = []
    show.look_changed.connect(lambda look: edited.append(look.params.prompt))
    show.looks_changed.connect(lambda now: looks.append((now.program.params.prompt, now.audition is not None)))
    show.begin_audition()
    show.set_params(prompt="lava")
    show.set_params(prompt="lava")
    show.drop_audition()
    show.drop_audition()
    assert edited == ["lava", "ink"], "for the window nothing changes where the same look is edited"
    assert looks == [("ink", True), ("ink", True), ("ink", False)]


def test_a_change_that_is_on_its_way_belongs_to_the_look_it_was_made_in(show: Show) -> None:
    held = iter(["before", "during", "after"])
    show.look_switching.connect(lambda: show.set_params(prompt=next(held)))
    show.begin_audition()
    assert (show.program.params.prompt, show.look.params.prompt) == ("before", "before")
    show.take()
    assert show.program.params.prompt == "during"


def test_a_refused_audition_ends_unless_something_was_changed_in_it(show: Show) -> None:
    show.begin_audition()
    auditions = []
    for number in (0, 1):  # an earlier one, and this one
        show.refuse_audition(number)
        auditions.append(show.looks.audition is not None)
    assert auditions == [True, False]
    show.begin_audition()
    show.set_params(prompt="lava")
    show.refuse_audition(2)
    assert show.look.params.prompt == "lava"
    assert show.program.params.prompt == "ink"


def test_a_refused_audition_ends_although_both_seeds_have_walked_meanwhile(show: Show) -> None:
    show.set_seed_walk(on=True)
    show.begin_audition()
    show.next_program_seed()
    show.refuse_audition(1)
    assert show.looks.audition is None
    assert show.look.params.seed == 1
    show.begin_audition()
    show.set_seed_walk(on=False)
    show.next_program_seed()
    show.refuse_audition(2)
    assert show.looks.untouched is False, "stopping the walk is a change"
    show.drop_audition()
    show.set_seed_walk(on=False)
    show.begin_audition()
    show.set_params(seed=77)
    show.refuse_audition(3)
    assert show.look.params.seed == 77, "so is a seed that was picked"


def test_the_program_is_what_the_next_run_begins_with(show: Show, tmp_path: Path) -> None:
    show.begin_audition()
    show.set_params(prompt="lava")
    save_state(show, tmp_path / "state.json")
    kept = load_state(tmp_path / "state.json")
    assert kept is not None
    assert kept[0].params.prompt == "ink"


def test_cues_are_fired_into_the_audition_and_going_back_goes_back_to_the_programs(show: Show) -> None:
    sheet = CueSheet(show)
    mixer = VisionMixer(show, sheet)
    for prompt in ("ink", "neon", "lava"):
        show.set_params(prompt=prompt)
        sheet.add()
    sheet.fire(0)
    program = show.program
    mixer.audition()
    sheet.fire(2)
    assert show.program == program
    assert show.look.params.prompt == "lava"
    mixer.back()
    assert (sheet.current, show.look) == (0, program)
    mixer.audition()
    sheet.fire(1)
    mixer.take()
    assert (sheet.current, show.program.params.prompt) == (1, "neon")
    mixer.audition()
    sheet.fire(2)
    sheet.delete(1)
    mixer.back()
    assert sheet.current is None, "the program's cue is no more"
