"""Modes by name: what is told of a look, and what it is without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.expand import Expand
from app.look import Look
from app.modes import modes_of, without_modes
from app.show import Show
from controls.control import ControlSetting
from controls.layout import Box
from controls.regions import Join, Repainted
from engine.params import Lora, Params, Picture, WeightedPrompt

RGB = Picture(np.zeros((2, 3, 3), np.uint8))
MASK = Picture(np.zeros((2, 3), np.uint8))
BOX = Box((0.0, 0.0, 0.5, 0.5))
PLAIN = Look(
    Params(prompt="ink", control_strength=0.5, seed=7, steps=3, cut=4, soft_cut=2, past=0.5, morph_chunks=3),
    (ControlSetting("edge", 0.4, on=False), ControlSetting("layout", 0.7, on=False)),
    treatment="freeze",
)
BOXES_ON = (PLAIN.controls[0], replace(PLAIN.controls[1], on=True))


def asked(**params: object) -> Look:
    return replace(PLAIN, params=replace(PLAIN.params, **params))  # type: ignore[arg-type]


MODES = [
    (replace(PLAIN, mask=MASK), "mask"),
    (replace(PLAIN, mask=MASK, invert_mask=True), "mask, inverted"),
    (replace(PLAIN, invert_mask=True), "inverted mask, none given"),
    (replace(PLAIN, unguided=True), "no guide in the mask"),
    (replace(PLAIN, repainted="person"), "people repainted"),
    (replace(PLAIN, repainted="background"), "background repainted"),
    (replace(PLAIN, expand=Expand(top=0.1)), "expand"),
    (replace(PLAIN, layout=(BOX,), controls=BOXES_ON), "1 box"),
    (replace(PLAIN, layout=(BOX, BOX), controls=BOXES_ON), "2 boxes"),
    (asked(composite=False), "no composite"),
    (asked(references=(RGB,)), "1 reference (kept)"),
    (asked(references=(RGB, RGB), reference_mode="aligned"), "2 references (beside)"),
    (asked(first_frame=RGB), "first frame"),
    (asked(last_frame=RGB), "last frame"),
    (asked(strength=0.6), "strength 0.60"),
    (asked(more_prompts=(WeightedPrompt("ice"),), prompt_weight=2.0), "1 more prompt (linear)"),
    (asked(more_prompts=(WeightedPrompt("a"),) * 2, blend="spherical"), "2 more prompts (spherical)"),
    (asked(loras=(Lora("a.safetensors"),)), "1 LoRA"),
]


@pytest.mark.parametrize(("look", "name"), MODES, ids=[name for _, name in MODES])
def test_a_mode_is_named_and_taken_back_and_nothing_else_is(look: Look, name: str) -> None:
    assert modes_of(look) == (name,)
    assert without_modes(look) == PLAIN


def test_a_look_without_modes_names_none() -> None:
    assert modes_of(Look()) == modes_of(PLAIN) == ()
    assert without_modes(PLAIN) == PLAIN
    assert modes_of(Look(), film_of_masks=True) == ("mask",)


def test_a_control_without_boxes_is_the_controls_affair() -> None:
    assert without_modes(replace(PLAIN, controls=BOXES_ON)).controls == BOXES_ON


def test_the_show_takes_all_of_them_back_in_one_change() -> None:
    params = replace(PLAIN.params, references=(RGB,), first_frame=RGB, strength=0.5, loras=(Lora("a"),))
    everything = replace(PLAIN, params=params, mask=MASK, expand=Expand(left=1.0), layout=(BOX,), controls=BOXES_ON)
    show, told = Show(everything), list[Look]()
    show.look_changed.connect(told.append)
    show.clear_modes()
    show.clear_modes()
    assert told == [PLAIN]


@pytest.mark.parametrize(
    ("repainted", "join", "name"),
    [
        ("person", "either", "people added"),
        ("background", "both", "people subtracted"),
        ("person", "both", "people intersected"),
        ("background", "either", "background added"),
    ],
)
def test_people_beside_a_mask_are_named_by_what_they_do_to_it(repainted: Repainted, join: Join, name: str) -> None:
    assert modes_of(replace(PLAIN, mask=MASK, repainted=repainted, mask_join=join)) == ("mask", name)
