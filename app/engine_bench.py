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

_TREE = Path(__file__).resolve().parents[1]
_VACE = {"on": (True,), "off": (False,), "both": (True, False)}


def add_engine_bench(parser: argparse.ArgumentParser, compares: bool) -> None:
    """Which network is measured, and how often. compares: with the plain form, for which VACE is always on."""
    parser.add_argument("--model", default="1.3b", help="1.3b, 14b, starter or tiny, with random weights; default 1.3b")
    parser.add_argument("--size", metavar="WxH", default="640x368", help="multiples of 16, default %(default)s")
    parser.add_argument(
        "--frames", metavar="N", type=int, default=60, help="pictures of each way, in whole chunks; default %(default)s"
    )
    parser.add_argument(
        "--width-share", metavar="X", default="1", help="of the real width, as 1/8: what a CPU can do in time"
    )
    parser.add_argument("--threads", metavar="N", type=int, default=0, help="of a CPU, default: as the live path has")
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="", help="default: the device's own")
    parser.add_argument("--json", dest="figures", metavar="FILE", type=Path, help="write all figures")
    if compares:
        parser.add_argument(
            "--wastes", metavar="NAMES", help="those measured by themselves, as lora,clone, or none; default: all"
        )
    else:
        parser.add_argument("--vace", choices=tuple(_VACE), default="both", help="default both, chunk by chunk in turn")
        parser.add_argument("--all", dest="everything", action="store_true", help="the set for a CUDA device")


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
        shape = command.Shape(options.model, *size_of(options.size), command.share_of(options.width_share))
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
        raise ShowError(
            "What measures the engine is part of the source tree and is not installed; run this command from there."
        ) from error
