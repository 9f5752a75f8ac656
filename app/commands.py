"""The commands: live (default), render, replay, controls, bench, doctor. Reads what was typed, calls what does it,
tells the exit code.

0: done. 1: it could not be done, the sentence says why. 2: the command was not understood. 130: ended by Ctrl-C, or by
SIGTERM.
"""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import platformdirs

from app import __version__, doctor
from app.control_options import add_bench, add_guides, wished_bench, wished_guides
from app.engine_bench import add_engine_bench, bench_compare, bench_engine
from app.errors import ShowError, UsageError
from app.inputs import parse_source
from app.journal.reader import recordings_of
from app.journal.records import SUFFIX
from app.look import Look, RecorderChoice, Setup, VirtualCameraChoice
from app.options import add_common, add_engine, files_read, in_words, mask_film, size_of, wished, wished_engine
from app.show import load_state
from app.words import commands as words
from app.words import options as help_words
from controls.stack import CONTROLS
from engine.host import trained_steps
from engine.params import Params


def run(arguments: list[str]) -> int:
    """Run one command; the live window where none is named. Returns the exit code, raises ShowError or EngineError."""
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version")):
        arguments = ["live", *arguments]
    options = _parser().parse_args(arguments)
    if options.command in ("render", "replay", "controls") and options.sheet is None:
        options.sheet = options.output.with_suffix(".png")
    _check_files(options)
    if options.log:
        try:
            logging.basicConfig(
                filename=options.log, level=logging.DEBUG, format="%(asctime)s %(name)s %(message)s", force=True
            )
        except OSError as error:
            raise ShowError(words.log_not_written(options.log, str(error.strerror))) from error
    code: int = options.run(options)
    return code


def _live(options: argparse.Namespace) -> int:
    from app import live

    if (film := mask_film(options)) is not None:
        raise UsageError(words.film_as_mask(film.target))
    look, setup, notice = live.starting_values(options.state, fresh=options.headless or options.fresh)
    look, setup = _wished(options, look, setup)
    if options.headless:
        return live.run_headless(look, setup, options.seconds, options.report)
    if options.seconds is not None or options.report is not None:
        raise UsageError(words.WINDOWLESS_OPTIONS)
    reason = live.display_missing()
    if reason and (options.source or options.record or options.virtual_camera is not None):
        raise ShowError(words.no_window(reason))
    if reason:
        return live.render_instead(reason, look, setup, Path.cwd())
    return live.open_window(look, setup, options.state, notice)


def _render(options: argparse.Namespace) -> int:
    from app.render import render

    look, setup = _wished(options, Look(), Setup())
    result = render(look, setup, options.output, options.sheet, options.seconds, mask=mask_film(options))
    if options.report is not None:
        result.report.save(options.report)
    code = _tell_film(result.report.frames_out, result.interrupted, options, words.PAINTED)
    if not code and not result.report.frames_out:
        raise ShowError(words.no_picture_to_render(result.report.source))
    return code


def _replay(options: argparse.Namespace) -> int:
    from app.replay import Changes, replay

    wishes = {name: getattr(options, name) for name in ("steps", "seed") if getattr(options, name) is not None}
    with in_words():  # whatever the show was, these must be possible
        replace(Params(), **wishes)
        model = wished_engine(options, Setup()).engine
    if options.model is not None and options.steps is None:
        wishes["steps"] = trained_steps(model)
    changes = Changes(lambda choice: wished_engine(options, Setup(engine=choice)).engine, wishes)
    result = replay(Path(options.source), changes, options.output, options.sheet)
    report = result.report
    if options.report is not None:
        report.save(options.report)
    code = _tell_film(report.frames_out, result.interrupted, options, words.PAINTED)
    if report.same is not None and report.frames_out:
        print(words.same_pictures(report.same, report.frames_out - report.same))
        print(words.as_painted(*result.size))
    return code


def _tell_film(frames: int, interrupted: bool, options: argparse.Namespace, made: str) -> int:
    """Where the film is, and whether it was ended early. The exit code."""
    if frames:
        print(words.film_done(frames, options.output, options.sheet))
    if interrupted:
        print(words.stopped(made, bool(frames)), file=sys.stderr)
        return 130
    return 0


def _controls(options: argparse.Namespace) -> int:
    from app.guides import draw_guides

    done = draw_guides(wished_guides(options), options.output, options.sheet)
    code = _tell_film(done.frames, done.interrupted, options, words.DRAWN)
    if not code and not done.frames:
        raise ShowError(words.no_picture_to_draw(options.source))
    return code


def _bench(options: argparse.Namespace) -> int:
    from app.bench import bench_controls
    from app.bench_report import bench_json, bench_text

    wish = wished_bench(options)
    costs = bench_controls(wish)
    if not any(cost.ms for cost in costs):
        raise ShowError(next(cost.trouble for cost in costs))
    print(bench_json(wish, costs) if options.json else bench_text(wish, costs))
    return 0


def _bench_engine(options: argparse.Namespace) -> int:
    print(bench_engine(options))
    return 0


def _bench_compare(options: argparse.Namespace) -> int:
    print(bench_compare(options))
    return 0


def _doctor(options: argparse.Namespace) -> int:
    kept = load_state(options.state)
    with in_words():
        setup = wished_engine(options, kept[1] if kept else Setup())
    return doctor.run(as_json=options.json, setup=setup)


def _wished(options: argparse.Namespace, look: Look, setup: Setup) -> tuple[Look, Setup]:
    """Look and setup with what the command line asks for. Raises ShowError where that makes no sense."""
    look, setup = wished(options, look, setup)
    with in_words():
        if options.source is not None:
            setup = replace(setup, source=parse_source(options.source))
        if not options.loop:
            setup = replace(setup, source=replace(setup.source, loop=False))
        if options.virtual_camera is not None:
            setup = replace(setup, virtual_camera=_virtual_camera(options.virtual_camera))
        if options.record is not None:
            recorder = RecorderChoice(on=True, path=str(options.record), journal=setup.recorder.journal)
            setup = replace(setup, recorder=recorder)
        if options.journal is not None:
            setup = replace(setup, recorder=replace(setup.recorder, journal=options.journal))
        if options.governor is not None:
            setup = replace(setup, governor=replace(setup.governor, on=options.governor == "on"))
        if options.rate is not None:
            setup = replace(setup, governor=replace(setup.governor, rate=options.rate))
    return look, setup


def _check_files(options: argparse.Namespace) -> None:
    """Whether all files that are to be written can have their names and folders, before any work is done."""
    for name in ("output", "record"):
        film: Path | None = getattr(options, name, None)
        if film is not None and film.suffix.lower() != ".mp4":
            raise UsageError(words.no_mp4(film, film.with_suffix(".mp4")))
    sheet: Path | None = getattr(options, "sheet", None)
    if sheet is not None and sheet.suffix.lower() != ".png":
        raise UsageError(words.no_png(sheet, sheet.with_suffix(".png")))
    for name in ("output", "record", "sheet", "report", "log", "figures"):
        path: Path | None = getattr(options, name, None)
        if path is not None and not path.absolute().parent.is_dir():
            raise UsageError(words.no_folder_for(path))
        if path is not None and path.exists():
            _check_not_read(path, options)


def _check_not_read(path: Path, options: argparse.Namespace) -> None:
    """Whether ``path``, which will be written, is none of the files that are read, nor the show's own recording."""
    source: str | None = getattr(options, "source", None)
    if source and Path(source).exists() and path.samefile(source):
        raise ShowError(words.is_source(path))
    if any(path.samefile(other) for other in files_read(options) if other.exists()):
        raise ShowError(words.is_read(path))
    films = recordings_of(Path(source)) if source and options.command == "replay" else None
    if any(path.samefile(film) for film in films or () if film.exists()):
        raise ShowError(words.is_recording(path))


def _virtual_camera(text: str) -> VirtualCameraChoice:
    """Of "" (1280x720 at 30), "640x360" or "640x360@24"."""
    choice = VirtualCameraChoice(on=True)
    size, _, rate = text.partition("@")
    if size:
        width, height = size_of(size)
        choice = replace(choice, width=width, height=height)
    if rate:
        choice = replace(choice, rate=_number(rate, words.THE_RATE))
    return choice


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(words.no_number(what, text)) from None


class _Parser(argparse.ArgumentParser):
    """Says in one sentence what it does not understand, without the page of usage before it."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(words.not_understood(message, self.prog))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="vace-live",
        description=help_words.PROGRAM,
        epilog=help_words.PROGRAM_END,
    )
    parser.add_argument("--version", action="version", version=help_words.version(__version__))
    names = "live | render | replay | controls | bench | doctor"
    commands = parser.add_subparsers(dest="command", required=True, metavar=names)

    settings = "\n".join(
        f"  {kind.name}: " + ", ".join(help_words.setting(s.name, s.low, s.high, s.default) for s in kind.settings)
        for kind in CONTROLS.values()
        if kind.settings
    )
    controls = help_words.settings(settings)
    shape = argparse.RawDescriptionHelpFormatter

    live = commands.add_parser("live", help=help_words.LIVE, epilog=controls, formatter_class=shape)
    live.add_argument("--headless", action="store_true", help=help_words.HEADLESS)
    live.add_argument("--source", help=help_words.LIVE_SOURCE)
    live.add_argument("--no-loop", dest="loop", action="store_false", help=help_words.NO_LOOP)
    live.add_argument("--virtual-camera", metavar="WxH@RATE", nargs="?", const="", help=help_words.VIRTUAL_CAMERA)
    live.add_argument("--record", metavar="OUT.mp4", type=Path, help=help_words.RECORD)
    live.add_argument(
        "--journal",
        action=argparse.BooleanOptionalAction,
        help=help_words.JOURNAL,
    )
    live.add_argument("--governor", choices=("on", "off"), help=help_words.GOVERNOR)
    live.add_argument("--rate", metavar="N", type=float, help=help_words.RATE)
    live.add_argument("--seconds", type=_positive, help=help_words.LIVE_SECONDS)
    live.add_argument("--state", type=Path, default=_state_path(), help=help_words.STATE)
    live.add_argument("--fresh", action="store_true", help=help_words.FRESH)
    add_common(live)
    live.set_defaults(run=_live)

    render = commands.add_parser("render", help=help_words.RENDER, epilog=controls, formatter_class=shape)
    render.add_argument("source", help=help_words.SOURCE)
    render.add_argument("-o", "--output", metavar="OUT.mp4", type=Path, required=True)
    render.add_argument("--sheet", metavar="OUT.png", type=Path, help=help_words.SHEET)
    render.add_argument("--seconds", type=_positive, help=help_words.SECONDS)
    add_common(render)
    live_alone = dict.fromkeys(("virtual_camera", "record", "journal", "governor", "rate"))
    render.set_defaults(run=_render, loop=False, **live_alone)

    replay = commands.add_parser(
        "replay",
        help=help_words.REPLAY,
        epilog=help_words.REPLAY_END,
    )
    replay.add_argument("source", metavar=f"SHOW{SUFFIX}", help=help_words.JOURNAL_READ)
    replay.add_argument("-o", "--output", metavar="OUT.mp4", type=Path, required=True)
    replay.add_argument("--sheet", metavar="OUT.png", type=Path, help=help_words.SHEET)
    replay.add_argument("--steps", type=int, help=help_words.REPLAY_STEPS)
    replay.add_argument("--seed", type=int, help=help_words.REPLAY_SEED)
    add_engine(replay)
    replay.add_argument("--report", metavar="REPORT.json", type=Path, help=help_words.REPORT)
    replay.add_argument("--log", metavar="FILE", type=Path, help=help_words.LOG)
    replay.set_defaults(run=_replay)

    guides = commands.add_parser(
        "controls",
        help=help_words.CONTROLS,
        epilog=controls,
        formatter_class=shape,
    )
    guides.add_argument("source", help=help_words.SOURCE)
    guides.add_argument("-o", "--output", metavar="OUT.mp4", type=Path, required=True)
    guides.add_argument("--sheet", metavar="OUT.png", type=Path, help=help_words.SHEET)
    guides.add_argument("--seconds", type=_positive, help=help_words.SECONDS_OF_GUIDES)
    add_guides(guides)
    guides.add_argument("--log", metavar="FILE", type=Path, help=help_words.LOG)
    guides.set_defaults(run=_controls)

    bench = commands.add_parser("bench", help=help_words.BENCH)
    measured = bench.add_subparsers(dest="what", required=True)
    controls_bench = measured.add_parser("controls", help=help_words.BENCH_CONTROLS)
    controls_bench.add_argument("--json", action="store_true")
    add_bench(controls_bench)
    controls_bench.set_defaults(run=_bench, log=None)
    engine_bench = measured.add_parser("engine", help=help_words.BENCH_ENGINE)
    add_engine_bench(engine_bench, compares=False)
    engine_bench.set_defaults(run=_bench_engine, log=None)
    comparison = measured.add_parser("compare", help=help_words.BENCH_COMPARE)
    add_engine_bench(comparison, compares=True)
    comparison.set_defaults(run=_bench_compare, log=None)

    examine = commands.add_parser("doctor", help=help_words.DOCTOR)
    examine.add_argument("--json", action="store_true")
    examine.add_argument("--state", type=Path, default=_state_path(), help=help_words.DOCTOR_STATE)
    add_engine(examine)
    examine.set_defaults(run=_doctor, log=None)
    return parser


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(words.no_seconds(text))
    return value


def _state_path() -> Path:
    return Path(platformdirs.user_config_dir("vace-live", appauthor=False)) / "state.json"
