"""What ``controls`` and ``bench controls`` understand: their options, for argparse, and as what is to be drawn or
measured."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.bench import BenchWish
from app.errors import UsageError
from app.guides import GuidesWish
from app.inputs import parse_source
from app.look import Look
from app.options import in_words, size_of, with_boxes
from app.pictures import load_mask
from app.words import commands as words
from app.words import options as help_words
from controls.layout import parse_box
from controls.stack import CONTROLS, parse_control, parse_controls
from engine.params import Picture

_SIDES = (16, 4096)
"""Pixels that a guide's sides may have."""


def add_guides(parser: argparse.ArgumentParser) -> None:
    """What is drawn, from what, and how large."""
    _add_controls(parser, help_words.EACH_THAT_RUNS)
    parser.add_argument("--size", metavar="WxH", help=help_words.GUIDE_SIZE)
    parser.add_argument("--box", metavar="L,T,R,B[:L,T,R,B@SECONDS]...", action="append", help=help_words.GUIDE_BOX)
    parser.add_argument("--mix", action=argparse.BooleanOptionalAction, help=help_words.GUIDE_MIX)
    parser.add_argument("--mask", dest="region_mask", metavar="FILE", help=help_words.GUIDE_MASK)


def wished_guides(options: argparse.Namespace) -> GuidesWish:
    """Raises ShowError where what is asked for makes no sense or is not there."""
    with in_words():
        settings = None if options.control is None else parse_controls(options.control)
        boxes = tuple(parse_box(text) for text in options.box or ())
        if boxes and settings is not None:
            settings = with_boxes(Look(controls=settings), boxes).controls
        return GuidesWish(
            source=parse_source(options.source),
            settings=settings,
            seconds=options.seconds,
            size=None if options.size is None else _size(options.size),
            boxes=boxes,
            mix=options.mix,
            mask=None if options.region_mask is None else _mask(options.region_mask),
            model_folder=_folder(options),
        )


def add_bench(parser: argparse.ArgumentParser) -> None:
    """What is measured, and how often."""
    _add_controls(parser, help_words.EACH_AND_TWO)
    parser.add_argument("--pictures", metavar="N", type=int, default=BenchWish.pictures, help=help_words.DEFAULT)


def wished_bench(options: argparse.Namespace) -> BenchWish:
    """Raises ShowError where what is asked for makes no sense."""
    with in_words():
        settings = None if options.control is None else tuple(parse_control(text) for text in options.control)
        return BenchWish(settings, options.pictures, _folder(options))


def _add_controls(parser: argparse.ArgumentParser, default: str) -> None:
    names = help_words.control_drawn(tuple(CONTROLS), default)
    parser.add_argument("--control", action="append", metavar="NAME[=WEIGHT][,SETTING=VALUE]...", help=names)
    parser.add_argument("--models", metavar="FOLDER", type=Path, help=help_words.MODELS)


def _folder(options: argparse.Namespace) -> Path | None:
    folder: Path | None = options.models
    if folder is not None and not folder.is_dir():
        raise UsageError(words.no_models_folder(folder))
    return folder


def _mask(text: str) -> Picture:
    """Its sentence, where there is no such file, knows what else could have been meant."""
    if text in ("person", "background") and not Path(text).exists():
        raise UsageError(words.no_region_mask(text))
    return load_mask(Path(text))


def _size(text: str) -> tuple[int, int]:
    width, height = size_of(text)
    low, high = _SIDES
    if not (low <= width <= high and low <= height <= high):
        raise ValueError(words.no_guide_size(text, low, high))
    return width, height
