"""Contact sheets: what the figures measure, to be looked at. Only clips whose terms allow printing are shown, each with
its credit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from app.errors import ShowError
from app.examples import DEFAULT_PROMPT
from app.expand import Expand
from app.frame import GuidedFrame
from app.look import Look
from benchmarks.starter.bench import Bench
from benchmarks.starter.clips import CLIPS as ALL_CLIPS
from benchmarks.starter.clips import credit
from benchmarks.starter.edge import STRENGTHS
from benchmarks.starter.grid import Grid
from benchmarks.starter.masking import moving_box
from benchmarks.starter.player import prepared
from benchmarks.starter.reference import REFERENCE_LOOKS, references
from benchmarks.starter.words import prompt_of, usual_prompt
from controls.layout import Box
from controls.stack import CONTROLS
from engine.params import Params, Picture, ReferenceMode
from training.palettes import COLORS
from training.prompts import LOOKS

Pixels = NDArray[np.uint8]

CLIPS = ("balance", "walk")
SIZES = ((256, 144), (320, 192), (384, 224), (448, 256), (512, 288))
PRINTED = ("meadow", "walk")
MOMENTS = 6
FEW_CHUNKS = 5
MANY_CHUNKS = 12
BOXES = (Box((0.1, 0.2, 0.4, 0.9)), Box((0.55, 0.1, 0.9, 0.6)))
MIXES: tuple[tuple[str, ...], ...] = (
    *((name,) for name in CONTROLS),
    ("edge", "pose"),
    ("edge", "color"),
    ("pose", "gray"),
    ("edge", "gray"),
)
UNKNOWN = "thunder over wheat fields"
"""No word of it was trained."""
FEW_LOOKS = tuple(look for look in ("neon", "watercolor", "blueprint", "lava") if look in LOOKS)


def draw_looks(bench: Bench, clip: str) -> Grid:
    """Source, guide and every look at six moments."""
    frames = bench.frames(clip, "edge", chunks=MANY_CHUNKS)
    note = "edge at strength 1; each row a stream of its own"
    grid = Grid(f"Looks, {clip}", note, cell_width=240, credits=_credits(clip))
    at = _moments(len(frames))
    grid.add("source", [frames[i].source for i in at])
    grid.add("guide", [frames[i].guide for i in at])
    for look in bench.effort.looks:
        bench.say(f"sheet of looks: {clip}, {look}")
        output = bench.player().play(frames, Params(usual_prompt(look))).output
        grid.add(usual_prompt(look), [output[i] for i in _moments(len(output))])
    return grid


def draw_colors(bench: Bench) -> Grid:
    """Every look in every colour."""
    frames = bench.frames(CLIPS[0], "edge", chunks=FEW_CHUNKS)
    grid = Grid("Looks and colours", "one picture of each stream", tuple(COLORS), 160, _credits(CLIPS[0]))
    for look in bench.effort.looks:
        bench.say(f"sheet of colours: {look}")
        grid.add(look, [_last(bench, frames, Params(prompt_of(look, color))) for color in COLORS])
    return grid


def draw_strengths(bench: Bench) -> Grid:
    """Control strength from 0 to 1 and beyond."""
    strengths = (*STRENGTHS, 1.5)
    frames = bench.frames(CLIPS[0], "edge", chunks=FEW_CHUNKS)
    names = tuple(f"strength {strength:g}" for strength in strengths)
    grid = Grid("Control strength", "the same frames and seed", ("guide", *names), credits=_credits(CLIPS[0]))
    for look in FEW_LOOKS:
        params = Params(usual_prompt(look))
        row = [_last(bench, frames, replace(params, control_strength=strength)) for strength in strengths]
        grid.add(usual_prompt(look), [frames[-1].guide, *row])
    return grid


def draw_controls(bench: Bench) -> Grid:
    """Every control, layout with two boxes, and mixes. The note says which of them cannot run here."""
    prompts = [usual_prompt(look) for look in FEW_LOOKS]
    note = "default settings, strength 1"
    grid = Grid("Controls", note, ("source", "guide", *prompts), credits=_credits(CLIPS[0]))
    for controls in MIXES:
        name = " + ".join(controls)
        bench.say(f"sheet of controls: {name}")
        pictures = bench.running(CLIPS[0], FEW_CHUNKS)
        try:
            frames = list(prepared(pictures, controls, bench.effort.size, look=Look(layout=BOXES)))
        except ShowError as error:
            bench.say(str(error))
            grid.note += f"; {name} is left out, it cannot run here"
            continue
        row = [_last(bench, frames, Params(prompt)) for prompt in prompts]
        grid.add(name, [frames[-1].source, frames[-1].guide, *row])
    return grid


def draw_masks(bench: Bench) -> Grid:
    """Inpainting with and without composite, everything but the box, and outpainting."""
    grid = Grid("Masks", "three moments each: what goes in, and what comes out", credits=_credits(CLIPS[1]))
    size = bench.effort.size
    wide = Look(expand=Expand(0.4, 0.15, 0.4, 0.15))
    params = Params(usual_prompt("neon"))
    rows: tuple[tuple[str, Look | None, Iterator[Pixels] | None, tuple[str, ...], Params], ...] = (
        ("box, edge", None, moving_box(*size), ("edge",), params),
        ("box, edge, no composite", None, moving_box(*size), ("edge",), replace(params, composite=False)),
        ("box, no control", None, moving_box(*size), (), Params(usual_prompt("watercolor"))),
        (
            "all but the box, edge",
            Look(invert_mask=True),
            moving_box(*size),
            ("edge",),
            Params(usual_prompt("blueprint")),
        ),
        ("expanded, no control", wide, None, (), Params(usual_prompt("watercolor"))),
        ("expanded, no composite", wide, None, (), Params(usual_prompt("watercolor"), composite=False)),
    )
    for name, look, masks, controls, asked in rows:
        bench.say(f"sheet of masks: {name}")
        frames = list(prepared(bench.running(CLIPS[1], MANY_CHUNKS), controls, size, masks, look))
        shot = bench.player().play(frames, asked)
        at = _moments(len(shot.output), 3)
        seen = [np.where(shot.mask[i][..., None], shot.guide[i], shot.source[i]) for i in at]
        grid.add(name, [*seen, *(shot.output[i] for i in at)])
    return grid


def draw_references(bench: Bench) -> Grid:
    """References in all three modes, beside the same prompt without one; prompts as they are measured."""
    modes: tuple[ReferenceMode, ...] = get_args(ReferenceMode)
    columns, clips = ("reference", "without", *modes), {CLIPS[0], *PRINTED}
    note = 'along edge; in mode "reference" it takes the place of the guide'
    grid = Grid("References", note, columns, credits=_credits(*sorted(clips)))
    frames = bench.frames(CLIPS[0], "edge", chunks=FEW_CHUNKS)
    for prompt in (*REFERENCE_LOOKS, DEFAULT_PROMPT):
        params = Params(prompt)
        without = _last(bench, frames, params)
        for name, reference in references(bench, PRINTED).items():
            bench.say(f"sheet of references: {prompt}, {name}")
            shown = replace(params, references=(reference,))
            row = [_last(bench, frames, replace(shown, reference_mode=mode)) for mode in modes]
            grid.add(prompt, [reference.pixels, without, *row])
    return grid


def draw_frames(bench: Bench) -> Grid:
    """A stream that begins with a picture, and one that ends with it."""
    frames = bench.frames(CLIPS[0], "edge", chunks=FEW_CHUNKS)
    note = "eight pictures that follow one another"
    grid = Grid("First and last frame", note, cell_width=176, credits=_credits(CLIPS[0]))
    given = bench.player().play(frames, Params(usual_prompt("lava"))).output[0]
    picture = Picture(given)
    params = Params(usual_prompt("neon"))
    first = bench.player().play(frames, replace(params, first_frame=picture)).output
    last = bench.player().play(frames, params, ending=replace(params, last_frame=picture)).output
    grid.add("the picture given", [given])
    grid.add("first frame", list(first[:8]))
    grid.add("last frame", list(last[-8:]))
    return grid


def draw_sources(bench: Bench) -> Grid:
    """Video to video: how far the source is repainted."""
    strengths = (0.2, 0.4, 0.6, 0.8, 1.0)
    columns = ("source", *(f"strength {strength:g}" for strength in strengths))
    grid = Grid("Video to video", "no control", columns, credits=_credits(CLIPS[1]))
    frames = bench.frames(CLIPS[1], chunks=FEW_CHUNKS)
    for look in FEW_LOOKS:
        params = Params(usual_prompt(look))
        row = [_last(bench, frames, replace(params, strength=strength)) for strength in strengths]
        grid.add(usual_prompt(look), [frames[-1].source, *row])
    return grid


def draw_prompts(bench: Bench) -> Grid:
    """Words alone: the guide is empty."""
    frames = bench.frames(CLIPS[0], chunks=MANY_CHUNKS)
    grid = Grid("Plain prompts", "no control; four moments", cell_width=208)
    for prompt in (*(usual_prompt(look) for look in bench.effort.looks), "", UNKNOWN):
        output = bench.player().play(frames, Params(prompt)).output
        grid.add(prompt or "(no prompt)", [output[i] for i in _moments(len(output), 4)])
    return grid


def draw_sizes(bench: Bench) -> Grid:
    """The same picture at every size."""
    grid = Grid("Sizes", "edge at strength 1", ("guide", *FEW_LOOKS), 256, _credits(CLIPS[0]))
    for size in SIZES:
        bench.say(f"sheet of sizes: {size[0]}x{size[1]}")
        frames = bench.frames(CLIPS[0], "edge", chunks=FEW_CHUNKS, size=size)
        player = bench.player(size)
        row = [player.play(frames, Params(usual_prompt(look))).output[-1] for look in FEW_LOOKS]
        grid.add(f"{size[0]}x{size[1]}", [frames[-1].guide, *row])
    return grid


SHEETS: dict[str, Callable[[Bench], Grid]] = {
    **{f"looks-{clip}": partial(draw_looks, clip=clip) for clip in CLIPS},
    "colors": draw_colors,
    "strengths": draw_strengths,
    "controls": draw_controls,
    "masks": draw_masks,
    "references": draw_references,
    "first-and-last": draw_frames,
    "video-to-video": draw_sources,
    "prompts": draw_prompts,
    "sizes": draw_sizes,
}
"""By the name of the file."""


def _credits(*clips: str) -> tuple[str, ...]:
    return tuple(credit(ALL_CLIPS[clip]) for clip in clips)


def _last(bench: Bench, frames: Sequence[GuidedFrame], params: Params) -> Pixels:
    """The last picture of a stream at the default size."""
    picture: Pixels = bench.player().play(frames, params).output[-1]
    return picture


def _moments(count: int, columns: int = MOMENTS) -> list[int]:
    """Evenly spread places, the last one included, the first chunk left out where there is room."""
    return [round(float(place)) for place in np.linspace(min(8, count // 2), count - 1, columns)]
