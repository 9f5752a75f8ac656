"""What ``bench engine`` and ``bench compare`` understand, and where what measures is found: in the source tree."""

from __future__ import annotations

import argparse
import importlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.errors import ShowError
from app.options import in_words, size_of
from app.words import commands as words
from app.words import options as help_words

_TREE = Path(__file__).resolve().parents[1]
_VACE = {"on": (True,), "off": (False,), "both": (True, False)}


def add_engine_bench(parser: argparse.ArgumentParser, compares: bool) -> None:
    """Which network is measured, and how often. compares: with the plain form, for which VACE is always on."""
    parser.add_argument("--model", default="1.3b", help=help_words.BENCH_MODEL)
    parser.add_argument("--size", metavar="WxH", default="640x368", help=help_words.BENCH_SIZE)
    parser.add_argument("--frames", metavar="N", type=int, default=60, help=help_words.BENCH_FRAMES)
    parser.add_argument("--width-share", metavar="X", default="1", help=help_words.BENCH_WIDTH_SHARE)
    parser.add_argument("--prompt-rows", metavar="N", type=int, default=64, help=help_words.BENCH_PROMPT_ROWS)
    parser.add_argument("--threads", metavar="N", type=int, default=0, help=help_words.BENCH_THREADS)
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="", help=help_words.BENCH_PRECISION)
    parser.add_argument("--json", dest="figures", metavar="FILE", type=Path, help=help_words.BENCH_JSON)
    if compares:
        parser.add_argument("--wastes", metavar="NAMES", help=help_words.BENCH_WASTES)
    else:
        parser.add_argument("--vace", choices=tuple(_VACE), default="both", help=help_words.BENCH_VACE)
        parser.add_argument("--all", dest="everything", action="store_true", help=help_words.BENCH_ALL)


def bench_engine(options: argparse.Namespace) -> str:
    """The table. Raises ShowError or EngineError where it cannot be measured."""
    command = _measuring()
    return str(command.bench_engine(_wish(command, options, _VACE[options.vace], options.everything)))


def bench_compare(options: argparse.Namespace) -> str:
    """The same, beside the plain form."""
    command = _measuring()
    wish = _wish(command, options, (True,), everything=False)
    with in_words():
        if options.wastes is not None:
            names = () if options.wastes == "none" else tuple(options.wastes.split(","))
            wish = replace(wish, wastes=names)
        return str(command.bench_compare(wish))


def _wish(command: Any, options: argparse.Namespace, vace: tuple[bool, ...], everything: bool) -> Any:
    with in_words():
        share = command.share_of(options.width_share)
        shape = command.Shape(options.model, *size_of(options.size), share, options.prompt_rows)
        return command.EngineBenchWish(
            shape=shape,
            vace=vace,
            frames=options.frames,
            everything=everything,
            threads=options.threads,
            precision=options.precision,
            figures=options.figures,
        )


def _measuring() -> Any:
    if (_TREE / "benchmarks" / "engine").is_dir() and str(_TREE) not in sys.path:
        sys.path.append(str(_TREE))
    try:
        return importlib.import_module("benchmarks.engine.command")
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("benchmarks"):
            raise
        raise ShowError(words.MEASURED_FROM_THE_TREE) from error
