"""The commands: live (default), render, doctor. Reads what was typed, calls what does it, tells the exit code.

0: done. 1: it could not be done, the sentence says why. 2: the command was not understood. 130: ended by Ctrl-C.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from app import __version__, doctor
from app.errors import ShowError, UsageError
from app.framing import FITS, Framing
from app.inputs import parse_source
from app.look import Look, RecorderChoice, Setup, VirtualCameraChoice
from app.show import load_state
from controls.stack import CONTROLS, parse_control
from engine.host import MODELS
from engine.params import EngineChoice


def run(arguments: list[str]) -> int:
    """Run one command; the live window where none is named. Returns the exit code, raises ShowError or EngineError."""
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version")):
        arguments = ["live", *arguments]
    options = _parser().parse_args(arguments)
    _check_files(options)
    if options.log:
        try:
            logging.basicConfig(
                filename=options.log, level=logging.DEBUG, format="%(asctime)s %(name)s %(message)s", force=True
            )
        except OSError as error:
            raise ShowError(f"The log cannot be written to {options.log}: {error.strerror}.") from error
    code: int = options.run(options)
    return code


def _live(options: argparse.Namespace) -> int:
    from app import live

    look, setup, notice = live.starting_values(options.state, fresh=options.headless or options.fresh)
    look, setup = _wished(options, look, setup)
    if options.headless:
        return live.run_headless(look, setup, options.seconds, options.report)
    if options.seconds is not None or options.report is not None:
        raise UsageError("--seconds and --report belong to a run without a window: add --headless.")
    reason = live.display_missing()
    if reason and (options.source or options.record or options.virtual_camera is not None):
        raise ShowError(f"{reason} Add --headless to stream without one, or use `render`.")
    if reason:
        return live.render_instead(reason, look, setup, Path.cwd())
    return live.open_window(look, setup, options.state, notice)


def _render(options: argparse.Namespace) -> int:
    from app.render import render

    look, setup = _wished(options, Look(), Setup())
    out: Path = options.output
    sheet = options.sheet or out.with_suffix(".png")
    result = render(look, setup, out, sheet, options.seconds)
    if options.report is not None:
        result.report.save(options.report)
    if result.report.frames_out:
        print(f"{result.report.frames_out} pictures are in {out}, a contact sheet of them in {sheet}.")
    if result.interrupted:
        print("Stopped by Ctrl-C; what was painted until then is kept.", file=sys.stderr)
        return 130
    if not result.report.frames_out:
        raise ShowError(f"{result.report.source} gave no picture, so there is nothing to render.")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    kept = load_state(options.state)
    setup = kept[1] if kept else Setup()
    if options.models is not None:
        setup = replace(setup, model_folder=str(options.models))
    return doctor.run(as_json=options.json, setup=setup)


def _wished(options: argparse.Namespace, look: Look, setup: Setup) -> tuple[Look, Setup]:
    """Look and setup with what the command line asks for. Raises ShowError where that makes no sense."""
    try:
        params = {
            name: getattr(options, name)
            for name in ("prompt", "control_strength", "seed", "steps")
            if getattr(options, name) is not None
        }
        look = replace(look, params=replace(look.params, **params))
        if options.control:
            named = [text for text in options.control if text != "none"]
            look = replace(look, controls=tuple(parse_control(text) for text in named))
        if options.source is not None:
            setup = replace(setup, source=parse_source(options.source))
        if not options.loop:
            setup = replace(setup, source=replace(setup.source, loop=False))
        engine = setup.engine
        if options.size is not None:
            width, height = _size(options.size)
            engine = EngineChoice(engine.model, width, height)
        if options.model is not None:
            if options.model not in MODELS:
                raise UsageError(f"There is no model called {options.model!r}; choose one of: {', '.join(MODELS)}.")
            engine = replace(engine, model=options.model)
        setup = replace(setup, engine=engine, framing=_framing(options, setup.framing))
        if options.models is not None:
            if not options.models.is_dir():
                raise UsageError(f"There is no folder {options.models} with models in it; name one that is there.")
            setup = replace(setup, model_folder=str(options.models.absolute()))
        if options.virtual_camera is not None:
            setup = replace(setup, virtual_camera=_virtual_camera(options.virtual_camera))
        if options.record is not None:
            setup = replace(setup, recorder=RecorderChoice(on=True, path=str(options.record)))
    except ValueError as error:
        raise UsageError(f"That cannot be set: {str(error).rstrip('.')}.") from error
    return look, setup


def _check_files(options: argparse.Namespace) -> None:
    """Whether all files that are to be written can have their names and folders, before any work is done."""
    for name in ("output", "record"):
        film: Path | None = getattr(options, name, None)
        if film is not None and film.suffix.lower() != ".mp4":
            raise UsageError(f"{film} is not an MP4 file name; write {film.with_suffix('.mp4')}.")
    for name in ("output", "record", "sheet", "report", "log"):
        path: Path | None = getattr(options, name, None)
        if path is not None and not path.absolute().parent.is_dir():
            raise UsageError(f"There is no folder {path.parent} for {path.name}; make it first or name another.")


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if not found:
        raise ValueError(f"the size {text!r} is not of the form 320x192")
    return int(found[1]), int(found[2])


def _virtual_camera(text: str) -> VirtualCameraChoice:
    """Of "" (1280x720 at 30), "640x360" or "640x360@24"."""
    choice = VirtualCameraChoice(on=True)
    size, _, rate = text.partition("@")
    if size:
        width, height = _size(size)
        choice = replace(choice, width=width, height=height)
    if rate:
        choice = replace(choice, rate=_number(rate, "the rate"))
    return choice


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{what} {text!r} is not a number") from None


def _crop(text: str) -> tuple[float, float, float, float]:
    try:
        left, top, right, bottom = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"the crop {text!r} is not of the form 0.1,0,0.1,0 (left, top, right, bottom)") from None
    return left, top, right, bottom


def _framing(options: argparse.Namespace, framing: Framing) -> Framing:
    wishes: dict[str, Any] = {
        name: getattr(options, name) for name in ("mirror", "rotate", "fit") if getattr(options, name) is not None
    }
    if options.crop is not None:
        wishes["crop"] = _crop(options.crop)
    return replace(framing, **wishes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vace-live",
        description="Live visuals: a camera, screen or clip, repainted.",
        epilog="`python3 run.py test` runs the tests, `python3 run.py prepare` installs and stops there.",
    )
    parser.add_argument("--version", action="version", version=f"VACE Live {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="live | render | doctor")

    settings = "\n".join(
        f"  {kind.name}: " + ", ".join(f"{s.name} {s.low:g} to {s.high:g} ({s.default:g})" for s in kind.settings)
        for kind in CONTROLS.values()
    )
    controls = f"settings of the controls, as in --control edge=0.8,thickness=2 (defaults):\n{settings}"
    shape = argparse.RawDescriptionHelpFormatter

    live = commands.add_parser(
        "live", help="the live window (default), or the live path without one", epilog=controls, formatter_class=shape
    )
    live.add_argument("--headless", action="store_true", help="no window: for servers and tests")
    live.add_argument("--source", help="camera, camera:NAME@1280x720@30, screen:1, testcard, a file or a URL")
    live.add_argument("--no-loop", dest="loop", action="store_false", help="end with the clip (--headless)")
    live.add_argument("--virtual-camera", metavar="WxH@RATE", nargs="?", const="", help="default 1280x720@30")
    live.add_argument("--record", metavar="OUT.mp4", type=Path, help="record from the start")
    live.add_argument("--seconds", type=_positive, help="end after so many (--headless)")
    live.add_argument("--state", type=Path, default=_state_path(), help="where settings are kept between runs")
    live.add_argument("--fresh", action="store_true", help="begin with default settings")
    _add_common(live)
    live.set_defaults(run=_live)

    render = commands.add_parser(
        "render", help="every picture of a source, offline, into an MP4", epilog=controls, formatter_class=shape
    )
    render.add_argument("source", help="a file, a URL, testcard, camera:NAME, screen:1")
    render.add_argument("-o", "--output", metavar="OUT.mp4", type=Path, required=True)
    render.add_argument("--sheet", metavar="OUT.png", type=Path, help="the contact sheet; default: beside the MP4")
    render.add_argument("--seconds", type=_positive, help="only so many seconds of the source")
    _add_common(render)
    render.set_defaults(run=_render, loop=False, virtual_camera=None, record=None)

    examine = commands.add_parser("doctor", help="what is there, what is missing, and what mends it")
    examine.add_argument("--json", action="store_true")
    examine.add_argument("--state", type=Path, default=_state_path(), help="whose devices and folders to look at")
    examine.add_argument("--models", metavar="FOLDER", type=Path, help="where your model files are")
    examine.set_defaults(run=_doctor, log=None)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--control", action="append", metavar="NAME[=WEIGHT]", help="edge=0.8, pose, none; repeatable; default edge"
    )
    parser.add_argument("--control-strength", type=float, help="how much the controls count, 0 to 2, default 1")
    parser.add_argument("--prompt", help="what the picture shows, in words")
    parser.add_argument("--steps", type=int, help="denoising passes a chunk, 1 to 8, default 2")
    parser.add_argument("--seed", type=int, help="the same seed and settings paint the same pictures")
    parser.add_argument("--size", metavar="WxH", help="of the engine's pictures, multiples of 16, default 320x192")
    parser.add_argument("--model", help=f"one of: {', '.join(MODELS)}")
    parser.add_argument("--models", metavar="FOLDER", type=Path, help="where your model files are")
    parser.add_argument("--mirror", action="store_true", default=None, help="left is right, as in a mirror")
    parser.add_argument("--rotate", type=int, help="clockwise: 0, 90, 180 or 270")
    parser.add_argument("--crop", metavar="L,T,R,B", help="fractions cut off at left, top, right, bottom")
    parser.add_argument("--fit", choices=FITS, help="how the source fills the picture, default fill")
    parser.add_argument("--report", metavar="REPORT.json", type=Path, help="write what was done, in figures")
    parser.add_argument("--log", metavar="FILE", type=Path, help="write a log for a bug report")


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return value


def _state_path() -> Path:
    return Path(platformdirs.user_config_dir("vace-live", appauthor=False)) / "state.json"
