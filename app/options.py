"""What ``live`` and ``render`` understand alike: the options of a picture, for argparse, and as a Look and a Setup.

Every option that is not given leaves what is there. "none" takes away what earlier runs have kept.
"""

from __future__ import annotations

import argparse
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from app.errors import ShowError, SourceError, UsageError
from app.examples import DEFAULT_PROMPT, known_words
from app.expand import Expand
from app.framing import FITS, Framing
from app.inputs import parse_source
from app.look import Look, OutputSize, Setup, SourceChoice
from app.pictures import load_mask, load_picture
from controls.control import ControlSetting
from controls.layout import Box, parse_box
from controls.regions import Join
from controls.stack import CONTROLS, parse_controls
from engine.host import MODELS, trained_steps
from engine.params import (
    Acceleration,
    AttentionKernels,
    Autoencoder,
    Blend,
    Compatibility,
    Lora,
    Picture,
    Precision,
    PromptChange,
    ReferenceMode,
    WeightedPrompt,
)

_PARAMS = (
    *("prompt", "prompt_weight", "blend", "morph_chunks", "prompt_change", "control_strength", "strength"),
    *("reference_mode", "composite", "past", "seed", "steps"),
)
_ENGINE = ("model", "autoencoder", "precision", "attention", "offload", "compatibility", "acceleration")
_FRAMING = ("mirror", "rotate", "fit")

_PERSON = "person"
"""Stands for the people in the picture where a mask's file is expected."""

_HELP_WIDTH = 76
"""Characters; the help keeps the lines of such a text, and 80 is what the narrowest terminals have."""


def add_common(parser: argparse.ArgumentParser) -> None:
    """Everything that makes the picture, and what is told of a run."""
    _add_words(parser.add_argument_group("words", known_words(_HELP_WIDTH)))
    _add_structure(parser.add_argument_group("structure"))
    _add_pictures(parser.add_argument_group("what is kept, what is repainted, what appears"))
    add_engine(parser)
    source = parser.add_argument_group("framing of the source")
    source.add_argument("--mirror", action="store_true", default=None, help="left is right, as in a mirror")
    source.add_argument("--rotate", type=int, help="clockwise: 0, 90, 180 or 270")
    source.add_argument("--crop", metavar="L,T,R,B", help="fractions cut off at left, top, right, bottom")
    source.add_argument("--fit", choices=FITS, help="how the source fills the picture, default fill, with --expand fit")
    parser.add_argument(
        "--output-size",
        metavar="WxH",
        help="of what comes out, as 1280x720, or none: the engine's, and live what the outputs ask for (default)",
    )
    parser.add_argument("--report", metavar="REPORT.json", type=Path, help="write what was done, in figures")
    parser.add_argument("--log", metavar="FILE", type=Path, help="write a log for a bug report")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Which model, and how it runs."""
    engine = parser.add_argument_group("engine")
    engine.add_argument("--size", metavar="WxH", help="of the engine's pictures, multiples of 16, default 320x192")
    engine.add_argument("--model", help=f"one of: {', '.join(MODELS)}")
    engine.add_argument("--models", metavar="FOLDER", type=Path, help="where your model files are")
    engine.add_argument("--autoencoder", choices=get_args(Autoencoder), help="of the published models, default tiny")
    engine.add_argument("--precision", choices=get_args(Precision), help="fp8 halves the transformer's memory")
    engine.add_argument(
        "--attention", choices=get_args(AttentionKernels), help="sage: less exact, on GPUs that have SageAttention"
    )
    engine.add_argument(
        "--offload", action=argparse.BooleanOptionalAction, help="keep the transformer in the computer's memory: slow"
    )
    engine.add_argument(
        "--compatibility",
        choices=get_args(Compatibility),
        help="reference repeats the reference implementation's quirks",
    )
    engine.add_argument(
        "--acceleration",
        choices=get_args(Acceleration),
        help="of a GPU, default full: blocks compiled, passes recorded; less where it makes trouble",
    )


def _add_words(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--prompt", help=f'what the picture shows, in words, default "{DEFAULT_PROMPT}"; "" asks for nothing'
    )
    group.add_argument("--prompt-weight", metavar="X", type=float, help="its weight beside --also, default 1")
    group.add_argument(
        "--also",
        metavar="PROMPT[=WEIGHT]",
        action="append",
        help="blended with --prompt; what follows the last = is part of the prompt unless it is a number; repeatable",
    )
    group.add_argument("--blend", choices=get_args(Blend), help="how prompts are blended, default linear")
    group.add_argument("--morph-chunks", metavar="N", type=int, help="chunks over which new words come in, default 0")
    group.add_argument("--prompt-change", choices=get_args(PromptChange), help="whether the past is read anew")
    group.add_argument("--past", metavar="X", type=float, help="weight of what was painted before, 0.01 to 1")
    group.add_argument("--lora", metavar="FILE[=STRENGTH]", action="append", help="-2 to 2, default 1; repeatable")
    group.add_argument("--seed", type=int, help="the same seed and settings paint the same pictures")
    group.add_argument("--steps", type=int, help="denoising passes a chunk, 1 to 8, default: as the model was trained")


def _add_structure(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--control",
        action="append",
        metavar="NAME[=WEIGHT][,SETTING=VALUE]...",
        help=f"{', '.join(CONTROLS)} or none, with a weight as in edge=0.8, and with settings of its own, mix, region "
        "and every as in pose,hands=1,region=person,every=3 (docs/controls.md has all); repeatable; default edge",
    )
    group.add_argument(
        "--structure",
        metavar="SOURCE",
        help="a second input, which the controls see in place of the source: camera, screen:1, a file, a URL, or none",
    )
    group.add_argument("--control-strength", type=float, help="how much the controls count, 0 to 2, default 1")
    group.add_argument(
        "--strength", type=float, help="how far the source is repainted, 0.05 to 1, default 1: all of it"
    )
    group.add_argument(
        "--box",
        metavar="L,T,R,B[:L,T,R,B@SECONDS]...",
        action="append",
        help="a box of the control layout, fractions of the picture, and where it moves to, or none; repeatable",
    )


def _add_pictures(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--mask",
        metavar="FILE",
        action="append",
        help="white is repainted, black kept; render takes a video, too; or person: people are repainted; or none; "
        "a FILE and person: people where it is white",
    )
    group.add_argument("--mask-join", choices=get_args(Join), help="of a FILE and person: where both say so (default)")
    group.add_argument("--mask-grow", metavar="PX", type=float, help="-40 to 40, in pixels of 320: below 0 it shrinks")
    group.add_argument("--mask-feather", metavar="PX", type=float, help="0 to 80: over how much its border fades")
    group.add_argument(
        "--invert-mask",
        action=argparse.BooleanOptionalAction,
        help="white is kept, black repainted; people are kept, the background repainted",
    )
    group.add_argument(
        "--composite",
        action=argparse.BooleanOptionalAction,
        help="put the source itself back where it is kept, at the output's size (default)",
    )
    group.add_argument(
        "--expand", metavar="L,T,R,B", help="paint on around the whole source: fractions of its size, 0 to 1, or none"
    )
    group.add_argument("--reference", metavar="FILE", action="append", help="what shall appear; up to three times")
    group.add_argument("--reference-mode", choices=get_args(ReferenceMode), help="default sink")
    group.add_argument("--first-frame", metavar="FILE", help="the picture that the stream begins with")
    group.add_argument("--last-frame", metavar="FILE", help="render: the last picture; live: the end of the next chunk")


def wished(options: argparse.Namespace, look: Look, setup: Setup) -> tuple[Look, Setup]:
    """Look and setup with what the command line asks for. Raises ShowError where that makes no sense."""
    with in_words():
        look, setup = _wished_look(options, look), wished_engine(options, setup)
        if options.model is not None and options.steps is None:
            look = replace(look, params=replace(look.params, steps=trained_steps(setup.engine)))
        if options.structure is not None:
            structure = None if options.structure == "none" else parse_source(options.structure)
            setup = replace(setup, structure=structure)
        if options.output_size is not None:
            size = OutputSize() if options.output_size == "none" else OutputSize(*size_of(options.output_size))
            setup = replace(setup, output_size=size)
        return look, replace(setup, framing=_framing(options, setup.framing))


@contextmanager
def in_words() -> Iterator[None]:
    """Turns the ValueError of a value out of range, or of a wrong form, into a UsageError."""
    try:
        yield
    except ValueError as error:
        raise UsageError(f"That cannot be set: {str(error).rstrip('.')}.") from error


def mask_film(options: argparse.Namespace) -> SourceChoice | None:
    """The film of masks that ``--mask`` names; None where it names a picture, or nothing."""
    file = _mask_file(options)
    if file is None:
        return None
    takes = f"--mask takes the file of a picture, in `render` of a video too, or the word {_PERSON}"
    try:
        choice = parse_source(file)
    except SourceError:
        raise UsageError(f"There is no file {file}; {takes}.") from None
    if choice.kind not in ("still", "clip"):
        raise UsageError(f"{takes}, and {file} is none of them.")
    return choice if choice.kind == "clip" else None


def _mask_file(options: argparse.Namespace) -> str | None:
    """The picture or video that ``--mask`` names; None where it names none."""
    files = [text for text in options.mask or () if text not in ("none", _PERSON)]
    if len(files) > 1:
        raise UsageError(f"--mask takes one file, and beside it {_PERSON}; leave out {' or '.join(files)}.")
    return files[0] if files else None


def files_read(options: argparse.Namespace) -> list[Path]:
    """The pictures, masks and second inputs that any command's options name, whether they are there or not."""
    given = _given(options, "first_frame", "last_frame", "structure", "region_mask")
    several = _given(options, "mask", "reference")
    return [Path(text) for text in (*given.values(), *itertools.chain(*several.values()))]


def wished_engine(options: argparse.Namespace, setup: Setup) -> Setup:
    """``setup`` with the engine that is asked for. Raises ShowError or ValueError."""
    engine = replace(setup.engine, **_given(options, *_ENGINE))
    if options.size is not None:
        width, height = size_of(options.size)
        engine = replace(engine, width=width, height=height)
    if options.model is not None and options.model not in MODELS:
        raise UsageError(f"There is no model called {options.model!r}; choose one of: {', '.join(MODELS)}.")
    if options.models is not None:
        if not options.models.is_dir():
            raise UsageError(f"There is no folder {options.models} with models in it; name one that is there.")
        folder = str(options.models.absolute())
        engine, setup = replace(engine, folder=folder), replace(setup, model_folder=folder)
    return replace(setup, engine=engine)


def size_of(text: str) -> tuple[int, int]:
    """Width and height of "320x192". ValueError in words."""
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if not found:
        raise ValueError(f"the size {text!r} is not of the form 320x192")
    return int(found[1]), int(found[2])


def _wished_look(options: argparse.Namespace, look: Look) -> Look:
    params = _given(options, *_PARAMS)
    if options.also is not None:
        params["more_prompts"] = tuple(WeightedPrompt(*_weighted(text)) for text in _some(options.also))
    if options.lora is not None:
        params["loras"] = tuple(_lora(text) for text in _some(options.lora))
    if options.reference is not None:
        params["references"] = tuple(load_picture(Path(text)) for text in _some(options.reference))
    params |= {name: _picture(text) for name, text in _given(options, "first_frame", "last_frame").items()}
    changes: dict[str, Any] = _given(options, "mask_join")
    if options.mask is not None:
        file = None if mask_film(options) else _mask_file(options)
        changes["mask"] = None if file is None else load_mask(Path(file))
        changes["repainted"] = "person" if _PERSON in options.mask else "all"
    if options.expand is not None:
        changes["expand"] = (
            Expand() if options.expand == "none" else Expand(*_fractions(options.expand, "the expansion"))
        )
    if options.control is not None:
        wanted = _some(options.control)
        if wanted and len(wanted) < len(options.control):
            raise ValueError("--control none stands beside other controls; leave it out, or leave out the others")
        changes["controls"] = parse_controls(wanted)
    shape = {name.removeprefix("mask_"): value for name, value in _given(options, "mask_grow", "mask_feather").items()}
    changes["mask_shape"] = replace(look.mask_shape, **shape)
    look = replace(look, params=replace(look.params, **params), **changes)
    if options.invert_mask is not None:
        masked = look.mask is not None or mask_film(options) is not None
        look = _inverted(look, options.invert_mask, masked)
    if options.mask_join is not None and (look.repainted == "all" or not (look.mask or mask_film(options))):
        raise UsageError(f"--mask-join says how a file's mask and {_PERSON} act together; give both with --mask.")
    return look if options.box is None else with_boxes(look, tuple(parse_box(text) for text in _some(options.box)))


def _inverted(look: Look, invert: bool, masked: bool) -> Look:
    """``look`` with a mask and a choice of people as they are, or turned round. masked: whether there is a mask."""
    if look.repainted == "all":
        return replace(look, invert_mask=invert)
    return replace(look, invert_mask=invert and masked, repainted="background" if invert else "person")


def with_boxes(look: Look, boxes: tuple[Box, ...]) -> Look:
    """``look`` with these boxes, and the control that draws them on while there are any."""
    others = tuple(control for control in look.controls if control.name != "layout")
    layout = next((control for control in look.controls if control.name == "layout"), ControlSetting("layout"))
    return replace(look, layout=boxes, controls=(*others, replace(layout, on=True)) if boxes else others)


def _given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    given = {name: getattr(options, name, None) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def _some(texts: list[str]) -> list[str]:
    return [text for text in texts if text != "none"]


def _picture(text: str) -> Picture | None:
    return None if text == "none" else load_picture(Path(text))


def _weighted(text: str) -> tuple[str, float]:
    """Of "TEXT=NUMBER" or "TEXT", which counts 1; an equals sign may stand in the text."""
    head, equals, number = text.rpartition("=")
    try:
        return (head, float(number)) if equals else (text, 1.0)
    except ValueError:
        return text, 1.0


def _lora(text: str) -> Lora:
    name, strength = _weighted(text)
    path = Path(name).absolute()
    if not path.is_file():
        raise ShowError(f"There is no LoRA file {name}; check the name, or leave it out.")
    return Lora(str(path), strength)


def _fractions(text: str, what: str) -> tuple[float, float, float, float]:
    try:
        left, top, right, bottom = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"{what} {text!r} is not of the form 0.1,0,0.1,0 (left, top, right, bottom)") from None
    return left, top, right, bottom


def _framing(options: argparse.Namespace, framing: Framing) -> Framing:
    wishes = _given(options, *_FRAMING)
    if options.crop is not None:
        wishes["crop"] = _fractions(options.crop, "the crop")
    return replace(framing, **wishes)
