"""The canvas's brush, and steps back."""

from __future__ import annotations

from collections.abc import Sequence

from app.look_history import ENGINE_SIZE, OUTPUT_SIZE, TAKE, Field
from app.mask_painting import Tool

BRUSH_SIZE, BRUSH_SIZE_TIP = "Size", "How wide the brush is, in pixels of a picture 1280 wide. Keys: [ and ]"
BRUSH_HARDNESS, BRUSH_HARDNESS_TIP = "Hard", "How much of the brush paints in full, before it fades."
BRUSH_OPACITY = "Opacity"
BRUSH_OPACITY_TIP = (
    "How much of what is painted anew shows over what the camera sees, however often a stroke crosses itself; with the "
    "eraser, how much it takes away. With Keep original outside off, from one half on all of it shows, and below "
    "nothing."
)

BRUSH_MORE = "More of the brush"
BRUSH_MORE_TIP = "Shows how hard and how opaque the brush is as well, at the cost of some of the canvas's height."

STROKE, SHAPE = "the stroke", "the shape"
DRAWN: dict[Tool, str] = {"brush": STROKE, "eraser": STROKE, "box": "the box", "frame": "the pull at the frame"}
NO_STEP_BACK = "There is nothing to take back."
NO_STEP_FORTH = "There is nothing to do again."
FIRED_CUE = "the cue that was fired"
MORE_FIELDS = "the look"
"""Of a step that changed a good deal."""
MOST_FIELDS = 3
FIELDS: dict[Field, str] = {
    ENGINE_SIZE: "the engine's size",
    OUTPUT_SIZE: "the outputs' size",
    TAKE: "the take",
    ("mask",): "the mask",
    ("invert_mask",): "what the mask means",
    ("mask_shape",): "the mask's border",
    ("unguided",): "whether controls count in the mask",
    ("mask_join",): "how mask and people join",
    ("repainted",): "what is repainted",
    ("expand",): "the frame",
    ("layout",): "the boxes",
    ("controls",): "the controls",
    ("seed_walk",): "the seed's walk",
    ("params", "prompt"): "the prompt",
    ("params", "prompt_weight"): "the prompt's weight",
    ("params", "more_prompts"): "the other prompts",
    ("params", "blend"): "how prompts blend",
    ("params", "morph_chunks"): "the morph's length",
    ("params", "prompt_change"): "how prompts change",
    ("params", "control_strength"): "the control's strength",
    ("params", "strength"): "the video's strength",
    ("params", "references"): "the references",
    ("params", "reference_mode"): "what references do",
    ("params", "first_frame"): "the first frame",
    ("params", "last_frame"): "the last frame",
    ("params", "composite"): "whether the original is kept outside",
    ("params", "seed"): "the seed",
    ("params", "steps"): "the steps",
    ("params", "past"): "the past's weight",
    ("params", "soft_cut_chunks"): "the soft cut's length",
    ("params", "soft_cut_past"): "the soft cut's weight",
    ("params", "loras"): "the LoRAs",
}


def given_up(tool: Tool) -> str:
    """Of what was being drawn with it."""
    return f"Given up: {DRAWN.get(tool, SHAPE)}. All is as before."


def undone(changed: Sequence[Field], cue: str | None = None) -> str:
    """cue: the name of the one that was fired, "" for one that is no more; None = none was."""
    return f"Taken back: {_named(changed, cue)}." if changed else NO_STEP_BACK


def redone(changed: Sequence[Field], cue: str | None = None) -> str:
    return f"Done again: {_named(changed, cue)}." if changed else NO_STEP_FORTH


def _named(changed: Sequence[Field], cue: str | None) -> str:
    if cue is not None:
        return f"{FIRED_CUE}, {cue}" if cue else FIRED_CUE
    named = list(changed)
    if ("layout",) in named and ("controls",) in named:
        named.remove(("controls",))  # the control that draws the boxes goes on and off with them
    if len(named) > MOST_FIELDS:
        return MORE_FIELDS
    *first, last = [FIELDS.get(field, MORE_FIELDS) for field in named]
    return f"{', '.join(first)} and {last}" if first else last
