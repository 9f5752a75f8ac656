"""Show and its values: one writer, ranges, announcements, and what is kept between runs."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.expand import Expand
from app.framing import FITS, Framing
from app.look import (
    TREATMENTS,
    Look,
    RecorderChoice,
    Setup,
    SourceChoice,
    StageChoice,
    Treatment,
    VirtualCameraChoice,
    from_json,
    to_json,
)
from app.mask_shape import MaskShape
from app.seed_walk import SeedWalk
from app.show import Show, load_state, save_state
from controls.control import MIXES, REGIONS, SLOWEST, ControlSetting
from controls.layout import Box, Leg
from controls.regions import Join, Repainted
from engine.params import EngineChoice, Lora, Params, Picture, WeightedPrompt

RGB = Picture(np.arange(36, dtype=np.uint8).reshape(3, 4, 3))
MASK = Picture(np.array([[0, 255, 100]], np.uint8))

pictures = st.builds(
    lambda shape, seed: Picture(np.random.default_rng(seed).integers(0, 256, shape, np.uint8)),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.just(3)),
    st.integers(0, 9),
)
masks = pictures.map(lambda picture: Picture(picture.pixels[..., 0]))
fractions = st.floats(0, 1)
box_sides = st.tuples(st.floats(-1, 0), st.floats(-1, 0), st.floats(0.5, 2), st.floats(0.5, 2))

looks = st.builds(
    Look,
    params=st.builds(
        Params,
        prompt=st.text(max_size=20),
        control_strength=st.floats(0, 2),
        seed=st.integers(0, 2**63 - 1),
        steps=st.integers(1, 8),
        cut=st.integers(0, 9),
        more_prompts=st.lists(st.builds(WeightedPrompt, st.text(max_size=5), st.floats(0, 100)), max_size=2).map(tuple),
        blend=st.sampled_from(["linear", "spherical"]),
        strength=st.floats(0.05, 1),
        references=st.lists(pictures, max_size=3).map(tuple),
        reference_mode=st.sampled_from(["sink", "aligned", "reference"]),
        first_frame=st.none() | pictures,
        last_frame=st.none() | pictures,
        composite=st.booleans(),
        past=st.floats(0.01, 1),
        loras=st.lists(st.builds(Lora, st.text(max_size=5), st.floats(-2, 2)), max_size=2).map(tuple),
    ),
    mask=st.none() | masks,
    invert_mask=st.booleans(),
    unguided=st.booleans(),
    mask_shape=st.builds(MaskShape, st.floats(-40, 40), st.floats(0, 80)),
    repainted=st.sampled_from(get_args(Repainted)),
    mask_join=st.sampled_from(get_args(Join)),
    expand=st.builds(Expand, fractions, fractions, fractions, fractions),
    layout=st.lists(
        st.builds(Box, box_sides, st.lists(st.builds(Leg, box_sides, st.floats(0.1, 9)), max_size=2).map(tuple)),
        max_size=2,
    ).map(tuple),
    controls=st.lists(
        st.builds(
            ControlSetting,
            name=st.sampled_from(["edge", "pose"]),
            weight=st.floats(0, 1),
            on=st.booleans(),
            values=st.lists(st.tuples(st.text(max_size=5), st.floats(0, 255)), max_size=2).map(tuple),
            mix=st.sampled_from(MIXES),
            region=st.sampled_from(REGIONS),
            every=st.integers(0, SLOWEST),
        ),
        max_size=3,
    ).map(tuple),
    treatment=st.sampled_from(TREATMENTS),
)
setups = st.builds(
    Setup,
    source=st.builds(
        SourceChoice,
        kind=st.sampled_from(["camera", "clip", "screen"]),
        target=st.text(max_size=9),
        width=st.integers(0, 4000),
        rate=st.floats(0, 120),
        region=st.none() | st.tuples(*[st.integers(0, 999)] * 4),
        loop=st.booleans(),
    ),
    framing=st.builds(Framing, mirror=st.booleans(), fit=st.sampled_from(FITS)),
    engine=st.builds(
        EngineChoice,
        width=st.integers(1, 40).map(lambda n: 16 * n),
        folder=st.text(max_size=5),
        autoencoder=st.sampled_from(["tiny", "wan", "light"]),
        precision=st.sampled_from(["bf16", "fp8"]),
        offload=st.booleans(),
        compatibility=st.sampled_from(["sound", "reference"]),
        acceleration=st.sampled_from(["full", "graphs", "none"]),
    ),
    preview_fit=st.sampled_from(FITS),
)


@given(looks, setups)
def test_values_survive_json(look: Look, setup: Setup) -> None:
    assert from_json(Look, json.loads(json.dumps(to_json(look)))) == look
    assert from_json(Setup, json.loads(json.dumps(to_json(setup)))) == setup


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["params", "controls", "seed", "steps", "treatment", "name", "source", "crop", "framing"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_damaged_settings_give_valid_ones(data: object) -> None:
    assert isinstance(from_json(Look, data), Look)
    assert isinstance(from_json(Setup, data), Setup)


def test_one_bad_value_costs_only_itself() -> None:
    data = to_json(Look(Params(prompt="keep me", seed=5)))
    data["params"]["steps"] = "many"
    data["params"]["first_frame"] = "no picture"
    data["mask"] = 3
    data["params"]["references"] = [to_json(RGB), 7]
    assert from_json(Look, data).params == Params(prompt="keep me", seed=5, references=(RGB,))


def test_controls_of_an_older_version_keep_what_they_have() -> None:
    """Mixes, regions and rates came later, and one that is no longer known is like one that is not there."""
    kept = Look(controls=(ControlSetting("edge", 0.5, values=(("low", 80.0),)), ControlSetting("pose", region="mask")))
    data = to_json(kept)
    for name in ("mix", "region", "every"):
        del data["controls"][0][name]
    data["controls"][1]["mix"] = "multiply"
    assert from_json(Look, data) == kept


def test_a_change_is_announced_once_and_no_change_not_at_all() -> None:
    show, told = Show(), list[object]()
    show.look_changed.connect(told.append)
    show.setup_changed.connect(told.append)
    show.set_params(seed=5)
    show.set_params(seed=5)
    show.set_control("edge", weight=0.5)
    show.set_control("edge", weight=0.5)
    show.set_setup(paused=True)
    show.set_setup(paused=True)
    assert len(told) == 3
    assert told[-2:] == [show.look, show.setup]


def test_a_value_out_of_range_changes_nothing() -> None:
    show = Show()
    before = show.look
    with pytest.raises(ValueError, match="control_strength is 9"):
        show.set_params(control_strength=9.0)
    assert show.look is before


def test_the_cut_counter_never_goes_back() -> None:
    show = Show()
    show.hard_cut()
    show.hard_cut()
    show.set_look(Look(Params(prompt="a cue", cut=0)))
    assert show.look.params == Params(prompt="a cue", cut=2)


def test_a_soft_cut_counts_up_and_never_goes_back() -> None:
    show = Show()
    show.soft_cut()
    show.soft_cut()
    show.set_look(Look(Params(prompt="a cue")))
    assert show.look.params == Params(prompt="a cue", soft_cut=2)


def test_a_cut_keeps_everything_else() -> None:
    look = Look(Params(prompt="ink", references=(RGB,), first_frame=RGB), mask=MASK, expand=Expand(top=0.5))
    show = Show(look)
    show.hard_cut()
    assert show.look == replace(look, params=replace(look.params, cut=1))


def test_mask_expansion_and_boxes_are_set_and_taken_away() -> None:
    show, told = Show(), list[Look]()
    show.look_changed.connect(told.append)
    box = Box((0.0, 0.0, 0.5, 0.5))
    show.set_mask(MASK, invert=True)
    show.set_expand(Expand(left=0.5))
    show.set_layout((box,))
    layout = ControlSetting("layout", on=True)
    controls = (*Look().controls, layout)
    assert show.look == Look(mask=MASK, invert_mask=True, expand=Expand(left=0.5), layout=(box,), controls=controls)
    assert len(told) == 3, "each is one change"
    show.set_mask(None)
    show.set_expand(Expand())
    show.set_layout(())
    assert show.look == Look(controls=(*Look().controls, replace(layout, on=False)))


def test_a_mask_has_no_colours() -> None:
    with pytest.raises(ValueError, match="mask has colours"):
        Show().set_mask(RGB)


def test_treatments_toggle_and_exclude_each_other() -> None:
    show = Show()
    seen = []
    presses: list[Treatment] = ["blackout", "freeze", "freeze", "bypass"]
    for press in presses:
        show.toggle_treatment(press)
        seen.append(show.look.treatment)
    assert seen == ["blackout", "freeze", "live", "bypass"]


def test_a_control_that_the_look_does_not_have_is_added() -> None:
    show = Show(Look(controls=()))
    show.set_control("pose", on=True)
    assert show.look.controls == (ControlSetting("pose", on=True),)


def test_state_is_kept_but_nothing_goes_on_air_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    params = Params(
        "ink", seed=3, cut=7, soft_cut=2, references=(RGB,), first_frame=RGB, last_frame=RGB, frames_again=4
    )
    look = Look(params, mask=MASK, expand=Expand(left=0.5), treatment="blackout")
    setup = Setup(
        source=SourceChoice("clip", "a.mp4"),
        paused=True,
        virtual_camera=VirtualCameraChoice(on=True, width=640, height=360),
        stage=StageChoice(on=True, screen="HDMI-1"),
        recorder=RecorderChoice(on=True, path="x.mp4"),
    )
    save_state(Show(look, setup), path)
    kept = load_state(path)
    assert kept is not None
    kept_look, kept_setup = kept
    kept_params = replace(params, cut=0, soft_cut=0, last_frame=None, frames_again=0)
    assert kept_look == replace(look, params=kept_params, treatment="live"), "a last frame was reached in the last show"
    assert kept_setup == replace(
        setup,
        paused=False,
        virtual_camera=VirtualCameraChoice(on=False, width=640, height=360),
        stage=StageChoice(on=False, screen="HDMI-1"),
        recorder=RecorderChoice(),
    )
    assert [file.name for file in path.parent.iterdir()] == ["state.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"look": 3}', "\x00", 99_999 * "["])
def test_a_damaged_state_is_told_from_a_kept_one(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    assert load_state(path) is None


def test_signals_cost_no_references() -> None:
    """PySide6 6.12.0 frees a reference to True with every emission, which ends a show on Python 3.11."""
    show, told = Show(), list[int]()
    show.look_changed.connect(lambda look: told.append(look.params.cut))  # a look that is kept holds values of its own
    before = sys.getrefcount(True)
    for _ in range(200):
        show.hard_cut()
    assert len(told) == 200
    assert abs(sys.getrefcount(True) - before) < 100


def test_prompts_are_set_together_and_a_lone_one_has_no_weight() -> None:
    show = Show()
    prompts = [WeightedPrompt("ink", 2.0), WeightedPrompt("gold", 0.5), WeightedPrompt("ice")]
    show.set_prompts(prompts)
    assert list(show.look.params.prompts) == prompts
    show.set_prompts(prompts[:1])
    assert show.look.params == replace(Look().params, prompt="ink"), "equal to a look that never had others"
    show.set_prompts([])
    assert list(show.look.params.prompts) == [WeightedPrompt("")]


def test_the_seed_goes_on_by_one_and_round_the_end() -> None:
    show = Show()
    show.next_seed()
    assert show.look.params.seed == 1
    show.set_params(seed=2**63 - 1)
    show.next_seed()
    assert show.look.params.seed == 0


def test_the_seeds_walk_is_a_part_of_the_look_that_is_kept() -> None:
    show = Show()
    show.set_seed_walk(on=True, every_s=0.5)
    assert show.look == Look(seed_walk=SeedWalk(on=True, every_s=0.5))
    assert from_json(Look, to_json(show.look)) == show.look
    with pytest.raises(ValueError, match="seconds a step"):
        show.set_seed_walk(every_s=0.0)
    assert show.look.seed_walk.every_s == 0.5


def test_a_walk_in_beats_is_kept_and_bounded() -> None:
    show = Show()
    show.set_seed_walk(on=True, unit="beats", every_beats=8)
    assert from_json(Look, to_json(show.look)) == show.look
    for wrong in ({"every_beats": 0}, {"every_beats": 257}, {"unit": "bars"}):
        with pytest.raises(ValueError, match="the seed's walk is"):
            show.set_seed_walk(**wrong)
    assert show.look.seed_walk == SeedWalk(on=True, unit="beats", every_beats=8)
    older = {"seed_walk": {"on": True, "every_s": 2.0}}
    assert from_json(Look, older).seed_walk == SeedWalk(on=True, every_s=2.0)


def test_the_programs_seed_goes_on_whatever_is_edited() -> None:
    show = Show()
    told: list[Look] = []
    show.look_changed.connect(told.append)
    show.next_program_seed()
    assert (show.look.params.seed, len(told)) == (1, 1), "what is edited is the program"
    show.begin_audition()
    show.set_params(prompt="lava")
    edited, told[:] = show.look, []
    show.next_program_seed()
    assert (show.look, told) == (edited, [])
    show.cut_program()
    assert (show.look, told) == (edited, [])
    assert show.program == replace(Look(), params=replace(Look().params, seed=2, cut=1))
