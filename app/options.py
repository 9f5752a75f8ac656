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
from app.examples import DEFAULT_PROMPT
from app.expand import Expand
from app.framing import FITS, Framing
from app.inputs import parse_source
from app.look import Look, OutputSize, Setup, SourceChoice
from app.pictures import load_mask, load_picture
from app.words import commands as words
from app.words import options as help_words
from app.words.prompts import known_words
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
    _add_words(parser.add_argument_group(help_words.WORDS_GROUP, known_words(_HELP_WIDTH)))
    _add_structure(parser.add_argument_group(help_words.STRUCTURE_GROUP))
    _add_pictures(parser.add_argument_group(help_words.PICTURES_GROUP))
    add_engine(parser)
    source = parser.add_argument_group(help_words.FRAMING_GROUP)
    source.add_argument("--mirror", action="store_true", default=None, help=help_words.MIRROR)
    source.add_argument("--rotate", type=int, help=help_words.ROTATE)
    source.add_argument("--crop", metavar="L,T,R,B", help=help_words.CROP)
    source.add_argument("--fit", choices=FITS, help=help_words.FIT)
    parser.add_argument(
        "--output-size",
        metavar="WxH",
        help=help_words.OUTPUT_SIZE,
    )
    parser.add_argument("--report", metavar="REPORT.json", type=Path, help=help_words.REPORT)
    parser.add_argument("--log", metavar="FILE", type=Path, help=help_words.LOG)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Which model, and how it runs."""
    engine = parser.add_argument_group(help_words.ENGINE_GROUP)
    engine.add_argument("--size", metavar="WxH", help=help_words.SIZE)
    engine.add_argument("--model", help=help_words.model(MODELS))
    engine.add_argument("--models", metavar="FOLDER", type=Path, help=help_words.MODELS)
    engine.add_argument("--autoencoder", choices=get_args(Autoencoder), help=help_words.AUTOENCODER)
    engine.add_argument("--precision", choices=get_args(Precision), help=help_words.PRECISION)
    engine.add_argument("--attention", choices=get_args(AttentionKernels), help=help_words.ATTENTION)
    engine.add_argument("--offload", action=argparse.BooleanOptionalAction, help=help_words.OFFLOAD)
    engine.add_argument(
        "--compatibility",
        choices=get_args(Compatibility),
        help=help_words.COMPATIBILITY,
    )
    engine.add_argument(
        "--acceleration",
        choices=get_args(Acceleration),
        help=help_words.ACCELERATION,
    )


def _add_words(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--prompt", help=help_words.prompt(DEFAULT_PROMPT))
    group.add_argument("--prompt-weight", metavar="X", type=float, help=help_words.PROMPT_WEIGHT)
    group.add_argument(
        "--also",
        metavar="PROMPT[=WEIGHT]",
        action="append",
        help=help_words.ALSO,
    )
    group.add_argument("--blend", choices=get_args(Blend), help=help_words.BLEND)
    group.add_argument("--morph-chunks", metavar="N", type=int, help=help_words.MORPH_CHUNKS)
    group.add_argument("--prompt-change", choices=get_args(PromptChange), help=help_words.PROMPT_CHANGE)
    group.add_argument("--past", metavar="X", type=float, help=help_words.PAST)
    group.add_argument("--lora", metavar="FILE[=STRENGTH]", action="append", help=help_words.LORA)
    group.add_argument("--seed", type=int, help=help_words.SEED)
    group.add_argument("--steps", type=int, help=help_words.STEPS)


def _add_structure(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--control",
        action="append",
        metavar="NAME[=WEIGHT][,SETTING=VALUE]...",
        help=help_words.control(tuple(CONTROLS)),
    )
    group.add_argument(
        "--structure",
        metavar="SOURCE",
        help=help_words.STRUCTURE,
    )
    group.add_argument("--control-strength", type=float, help=help_words.CONTROL_STRENGTH)
    group.add_argument("--strength", type=float, help=help_words.STRENGTH)
    group.add_argument(
        "--box",
        metavar="L,T,R,B[:L,T,R,B@SECONDS]...",
        action="append",
        help=help_words.BOX,
    )


def _add_pictures(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--mask",
        metavar="FILE",
        action="append",
        help=help_words.MASK,
    )
    group.add_argument("--mask-join", choices=get_args(Join), help=help_words.MASK_JOIN)
    group.add_argument("--mask-grow", metavar="PX", type=float, help=help_words.MASK_GROW)
    group.add_argument("--mask-feather", metavar="PX", type=float, help=help_words.MASK_FEATHER)
    group.add_argument(
        "--invert-mask",
        action=argparse.BooleanOptionalAction,
        help=help_words.INVERT_MASK,
    )
    group.add_argument(
        "--composite",
        action=argparse.BooleanOptionalAction,
        help=help_words.COMPOSITE,
    )
    group.add_argument("--expand", metavar="L,T,R,B", help=help_words.EXPAND)
    group.add_argument("--reference", metavar="FILE", action="append", help=help_words.REFERENCE)
    group.add_argument("--reference-mode", choices=get_args(ReferenceMode), help=help_words.REFERENCE_MODE)
    group.add_argument("--first-frame", metavar="FILE", help=help_words.FIRST_FRAME)
    group.add_argument("--last-frame", metavar="FILE", help=help_words.LAST_FRAME)


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
        raise UsageError(words.cannot_be_set(str(error))) from error


def mask_film(options: argparse.Namespace) -> SourceChoice | None:
    """The film of masks that ``--mask`` names; None where it names a picture, or nothing."""
    file = _mask_file(options)
    if file is None:
        return None
    try:
        choice = parse_source(file)
    except SourceError:
        raise UsageError(words.no_mask_file(file, _PERSON)) from None
    if choice.kind not in ("still", "clip"):
        raise UsageError(words.no_mask(file, _PERSON))
    return choice if choice.kind == "clip" else None


def _mask_file(options: argparse.Namespace) -> str | None:
    """The picture or video that ``--mask`` names; None where it names none."""
    files = [text for text in options.mask or () if text not in ("none", _PERSON)]
    if len(files) > 1:
        raise UsageError(words.several_masks(files, _PERSON))
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
        raise UsageError(words.no_model(options.model, MODELS))
    if options.models is not None:
        if not options.models.is_dir():
            raise UsageError(words.no_models_folder(options.models))
        folder = str(options.models.absolute())
        engine, setup = replace(engine, folder=folder), replace(setup, model_folder=folder)
    return replace(setup, engine=engine)


def size_of(text: str) -> tuple[int, int]:
    """Width and height of "320x192". ValueError in words."""
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if not found:
        raise ValueError(words.no_size(text))
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
            Expand() if options.expand == "none" else Expand(*_fractions(options.expand, words.THE_EXPANSION))
        )
    if options.control is not None:
        wanted = _some(options.control)
        if wanted and len(wanted) < len(options.control):
            raise ValueError(words.NONE_AND_OTHERS)
        changes["controls"] = parse_controls(wanted)
    shape = {name.removeprefix("mask_"): value for name, value in _given(options, "mask_grow", "mask_feather").items()}
    changes["mask_shape"] = replace(look.mask_shape, **shape)
    look = replace(look, params=replace(look.params, **params), **changes)
    if options.invert_mask is not None:
        masked = look.mask is not None or mask_film(options) is not None
        look = _inverted(look, options.invert_mask, masked)
    if options.mask_join is not None and (look.repainted == "all" or not (look.mask or mask_film(options))):
        raise UsageError(words.join_without_both(_PERSON))
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
        raise ShowError(words.no_lora(name))
    return Lora(str(path), strength)


def _fractions(text: str, what: str) -> tuple[float, float, float, float]:
    try:
        left, top, right, bottom = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(words.no_fractions(what, text)) from None
    return left, top, right, bottom


def _framing(options: argparse.Namespace, framing: Framing) -> Framing:
    wishes = _given(options, *_FRAMING)
    if options.crop is not None:
        wishes["crop"] = _fractions(options.crop, words.THE_CROP)
    return replace(framing, **wishes)
