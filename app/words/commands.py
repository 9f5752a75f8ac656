"""What the command line says while it works, and of what was typed: sentences that end a command, or tell what it did.

The doctor says its own in ``doctor``. Imports nothing of the program: it must speak where nothing else loads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.status import EngineState

# -- the end of a command

STOPPED = "Stopped."


def unexpected(fault: str) -> str:
    return (
        f"VACE Live failed unexpectedly ({fault}). Run it again with --log vace-live.log and send that file with a"
        " report."
    )


def does_not_load(missing: str, error: Exception) -> str:
    return f"VACE Live cannot start because {missing} does not load ({error}). `vace-live doctor` tells more."


def not_understood(message: str, program: str) -> str:
    """message: of argparse."""
    return f"{message[:1].upper()}{message[1:].rstrip('.')}; see `{program} --help`."


def cannot_be_set(reason: str) -> str:
    return f"That cannot be set: {reason.rstrip('.')}."


def film_done(pictures: int, film: Path, sheet: Path) -> str:
    count = "1 picture is" if pictures == 1 else f"{pictures} pictures are"
    return f"{count} in {film}, a contact sheet beside it in {sheet}."


PAINTED, DRAWN = "painted", "drawn"


def stopped(made: str, some: bool) -> str:
    """made: one of the two above. some: whether there was anything of it by then."""
    return f"Stopped; what was {made} until then is kept." if some else f"Stopped before anything was {made}."


def broken_off(made: str, file: Path) -> str:
    return f"What was {made} until then is in {file}."


def same_pictures(same: int, others: int) -> str:
    like = f"; {others} are like it" if others else ""
    return f"{same} of them are those of the show, bit for bit{like}."


def as_painted(width: int, height: int) -> str:
    """Of a replay with the show's own settings: the size of its film."""
    return (
        f"The film is {width}x{height}, as the engine painted the show; a recording may be larger. --size, such as "
        "--size 960x576, paints it at another size."
    )


def no_picture_to_render(source: str) -> str:
    return f"{source} gave no picture, so there is nothing to render."


def no_picture_to_draw(source: str) -> str:
    return f"{source} gave no picture, so there is nothing to draw."


# -- live

WINDOWLESS_OPTIONS = "--seconds and --report belong to a run without a window: add --headless."


def film_as_mask(file: str) -> str:
    return f"{file} is a video, and the live path takes a picture as its mask; `render` takes both."


def no_window(reason: str) -> str:
    return f"{reason} Add --headless to stream without one, or use `render`."


def rendering_instead(reason: str) -> str:
    return f"{reason} Rendering the bundled clip instead."


def rendered_instead(video: Path, sheet: Path) -> str:
    return f"The picture is in {video}, a contact sheet of it in {sheet}."


OPENS_WITH_A_DISPLAY = "With a display, the same command opens the window; `live --headless` streams without one."


ENGINE_STATES: dict[EngineState, str] = {
    "loading": "loading",
    "running": "running",
    "waiting": "waiting",
    "failed": "failed",
    "stopped": "stopped",
}


def status_line(
    source: float,
    engine: float,
    state: EngineState,
    loading: float | None,
    preparing: str,
    latency_ms: float | None,
    dropped: int,
) -> str:
    """source, engine: pictures a second. loading: how far a model has come, 0 to 1. preparing: how far the one that
    plays is on its way to its full pace, in words."""
    coming = "" if loading is None else f", loading {loading:.0%}"
    coming += f", {preparing}" if preparing else ""
    latency = "-" if latency_ms is None else f"{latency_ms:.0f} ms"
    doing = f"{ENGINE_STATES[state]}{coming}"
    return f"in {source:.1f}/s, engine {engine:.1f}/s ({doing}), latency {latency}, dropped {dropped}"


# -- files that are written


def log_not_written(path: Path, reason: str) -> str:
    return f"The log cannot be written to {path}: {reason}."


def report_not_written(path: Path, reason: str) -> str:
    return f"The report could not be written to {path}: {reason}. The run itself is done."


def no_mp4(path: Path, instead: Path) -> str:
    return f"{path} is not an MP4 file name; write {instead}."


def no_png(path: Path, instead: Path) -> str:
    return f"{path} is not a PNG file name; write {instead}."


def no_folder_for(path: Path) -> str:
    return f"There is no folder {path.parent} for {path.name}; make it first or name another."


def is_source(path: Path) -> str:
    return f"{path} is the source itself and would be lost; choose another name for the output."


def is_read(path: Path) -> str:
    return f"{path} is one of the files that are read and would be lost; choose another name for the output."


def is_recording(path: Path) -> str:
    return f"{path} is the show's own recording and would be lost; choose another name for the output."


# -- what is asked for

THE_RATE, THE_EXPANSION, THE_CROP = "the rate", "the expansion", "the crop"


def no_number(what: str, text: str) -> str:
    return f"{what} {text!r} is not a number"


def no_seconds(text: str) -> str:
    return f"{text} is not a number of seconds above 0"


def no_size(text: str) -> str:
    return f"the size {text!r} is not of the form 320x192"


def no_guide_size(text: str, low: int, high: int) -> str:
    return f"the size {text} is out of range, expected sides of {low} to {high} pixels"


def no_window_size(text: str) -> str:
    return f"{text} is no size; write WIDTHxHEIGHT, such as 1280x720"


def no_fractions(what: str, text: str) -> str:
    return f"{what} {text!r} is not of the form 0.1,0,0.1,0 (left, top, right, bottom)"


def no_model(name: str, models: Sequence[str]) -> str:
    return f"There is no model called {name!r}; choose one of: {', '.join(models)}."


def no_models_folder(folder: Path) -> str:
    return f"There is no folder {folder} with models in it; name one that is there."


def no_lora(name: str) -> str:
    return f"There is no LoRA file {name}; check the name, or leave it out."


# person: the word that stands for people


def no_mask_file(file: str, person: str) -> str:
    return f"There is no file {file}; {_mask_takes(person)}."


def no_mask(file: str, person: str) -> str:
    return f"{_mask_takes(person)}, and {file} is none of them."


def _mask_takes(person: str) -> str:
    return f"--mask takes the file of a picture, in `render` of a video too, or the word {person}"


def several_masks(files: Sequence[str], person: str) -> str:
    return f"--mask takes one file, and beside it {person}; leave out {' or '.join(files)}."


def join_without_both(person: str) -> str:
    return f"--mask-join says how a file's mask and {person} act together; give both with --mask."


def no_region_mask(text: str) -> str:
    return (
        f"There is no picture {text} to be the mask. Where people are is a region of a control, as in "
        "--control edge,region=person; it needs no mask."
    )


NONE_AND_OTHERS = "--control none stands beside other controls; leave it out, or leave out the others"
LAYOUT_WITHOUT_BOXES = "layout draws the boxes of --box, and there are none; give one, as in --box 0.1,0.2,0.4,0.8."
MEASURED_FROM_THE_TREE = (
    "What measures the engine is part of the source tree and is not installed; run this command from there."
)


def left_out(controls: Sequence[str]) -> str:
    return f"Left out, for it cannot run here: {', '.join(controls)}; `vace-live doctor` says why."


# -- the line below a contact sheet's title

NO_PROMPT = "no prompt"


def of_model(name: str, note: str) -> str:
    return f"{name} ({note})" if note else name


def rendered_with(model: str, size: str, steps: int, control_strength: float, seed: int, prompt: str) -> str:
    """model, prompt: as above; a prompt stands in quotation marks."""
    passes = "1 step" if steps == 1 else f"{steps} steps"
    return f"{model}, {size}, {passes}, control strength {control_strength:g}, seed {seed}, {prompt}"


def guide_from(structure: str) -> str:
    return f"guide from {structure}"


# -- a control's settings that differ from its defaults


def weight(value: float) -> str:
    return f"weight {value:g}"


def mix(name: str) -> str:
    return f"mix {name}"


def region(name: str) -> str:
    return f"region {name}"


def every(pictures: int) -> str:
    return f"every {pictures}"


# -- progress

PICTURES_UNIT = " pictures"


def so_far(frames: int, total: int | None) -> str:
    """A line in a log. total: of the pictures, where it is known."""
    return f"{frames} of {total} pictures" if total else f"{frames} pictures"


# -- the window's pictures


def painted_too_little(state: EngineState, seconds: float) -> str:
    return (
        f"The engine ({ENGINE_STATES[state]}) painted too little within {seconds:.0f} seconds, so there is nothing to"
        " take a picture of. `vace-live doctor` tells what is missing."
    )


def picture_not_written(path: Path) -> str:
    return f"{path} cannot be written; name a folder that is there and may be written to."
