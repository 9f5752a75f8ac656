"""The figures, the beat and the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.message_log import Message
from app.status import LatencyParts, Level, OutputStatus, Status
from app.words import window_governor as words_governor
from app.words.outputs import NAMES
from app.words.window import A_SECOND, DROPPED, ENGINE_RATE, LEVELS, REPEATED, SOURCE_RATE, UNKNOWN, milliseconds, rate
from engine.params import GpuMemory

_GIBIBYTE = 2**30

# figures
LATENCY = "Latency"
LATENCY_TIP = "From the lens to the outputs, on average over the last two seconds."
AT_LEAST = "≥ "
NOTHING_PAINTED = "No picture was painted within the last two seconds."
NOTHING_TAKEN = (
    "No output takes the engine's pictures now, nor does the canvas show them; this is the time until they are painted."
)
LATENCY_PARTS = ("Capture", "Control", "Engine", "Playout")
LATENCY_PARTS_TIP = (
    "from the lens until the controls take the picture up",
    "until its guide is made",
    "until it is painted, with the wait for its chunk",
    "until an output has it",
)
GPU_MEMORY, GPU_MEMORY_TIP = "GPU memory", "How full the memory of the GPU that paints is."
NO_GPU = "The engine paints on the processor: there is no GPU to fill."
HUD, HUD_TIP = "Figures", "All figures of the show, over the window. Keys: Shift+H, F8"
KEY_HUD = "All figures on or off"

# window
CANVAS_ALONE, CANVAS_ALONE_TIP = (
    "Canvas",
    "The canvas alone, with the room of the panels and the cues. Key: F10",
)
PANELS, PANELS_TIP = "Panels", "Show the panels and the cues again. Key: F10"
PANELS_HIDDEN = "The canvas has the room of panels and cues; F10 brings them back."
KEY_CANVAS_ALONE = "The canvas alone or with its panels"

# beat
BEAT, BEAT_TIP = "Beat", "Which beat of the bar it is, 1 to 4, and how many there are in a minute."
TEMPO = "Beats per minute"
TEMPO_TIP = "The tempo: what a morph over beats takes its time from. Type it, turn the wheel, or tap it. 20 to 300"
TAP, TAP_TIP = "Tap", "Press on the beat, four times or more; the first is beat 1. Key: T"
BEAT_NOW, BEAT_NOW_TIP = "Now", "Beat 1 is now; the tempo stays. Key: Shift+T"
BEAT_NOW_NAME = "Beat 1 now"
NUDGE_LATER, NUDGE_LATER_TIP = "Beat later", "Every beat comes a little later. Key: , (comma)"
NUDGE_EARLIER, NUDGE_EARLIER_TIP = "Beat earlier", "Every beat comes a little earlier. Key: . (point)"
KEY_TAP = "Tap the tempo"
KEY_BEAT_NOW = "Beat 1 is now"
KEY_NUDGE = "Beat a little later or earlier"

# cues
CUE_LEFT, CUE_RIGHT = "Move left", "Move right"

# log
NO_MESSAGE = "No message"
LOG, LOG_TIP = "Log", "Everything that was said since the start, in a window of its own. Key: H"
MORE_IN_LOG = "  (all of it: Log, H)"
KEY_LOG = "Log of messages"
LOG_WINDOW = "VACE Live log"
LOG_SHOWS, LOG_SHOWS_TIP = "Show", "Which messages are listed."
LOG_LEVELS: Sequence[tuple[str, Level]] = (("All", "info"), ("Warnings", "warning"), ("Errors", "error"))
LOG_FIND, LOG_FIND_TIP = "Find in the log", "Only messages with these words are listed."
LOG_FIND_PLACEHOLDER = "Words to find"
LOG_COPY, LOG_COPY_TIP = "Copy", "The chosen messages, or all that are listed, with date and time. Key: Ctrl+C"
LOG_SAVE, LOG_SAVE_TIP = "Save", "All that are listed, as a text file."
LOG_FILTER = "Text (*.txt)"

# canvas
CANVAS_KEYS = (
    "Arrow keys move the tool, Shift finely; Enter puts it down and takes it up. Plus and minus look closer and away. "
    "With Space held a drag moves the enlarged picture."
)

# top bar
REC_TIP = "Record what the outputs show; lit while it is. Key: R"
CAM_TIP = "The virtual camera that Zoom, Meet or OBS can open; lit while it runs. Key: V"
STAGE_TIP = "The stage window; lit while it is open. Key: S"


def latency_parts(parts: LatencyParts) -> tuple[float | None, ...]:
    """In the order of ``LATENCY_PARTS``."""
    return parts.capture_ms, parts.control_ms, parts.engine_ms, parts.playout_ms


def latency(parts: LatencyParts | None) -> str:
    """The whole; what is known of it where no output takes a picture."""
    if parts is None:
        return UNKNOWN
    return f"{AT_LEAST if parts.playout_ms is None else ''}{milliseconds(parts.whole_ms)}"


def latency_note(status: Status) -> str:
    """Why the figure is none, or not the whole."""
    if status.latency is None:
        return NOTHING_PAINTED
    return NOTHING_TAKEN if status.latency.playout_ms is None else ""


def latency_tip(status: Status) -> str:
    lines = [LATENCY_TIP, *filter(None, (latency_note(status),))]
    if status.latency is not None:
        for name, tip, ms in zip(LATENCY_PARTS, LATENCY_PARTS_TIP, latency_parts(status.latency), strict=True):
            lines.append(f"{name}: {milliseconds(ms)}, {tip}")
    lines.append(f"All outputs: {_spread(status.latency_ms.p50, status.latency_ms.p95)}")
    return "\n".join(lines)


def latency_said(parts: LatencyParts | None) -> str:
    """The parts for a screen reader, in one line."""
    if parts is None:
        return UNKNOWN
    named = zip(LATENCY_PARTS, latency_parts(parts), strict=True)
    return f"{latency(parts)}: " + ", ".join(f"{name} {milliseconds(ms)}" for name, ms in named)


def gibibytes(bytes_: int) -> str:
    return f"{bytes_ / _GIBIBYTE:.1f}"


def gpu_memory(memory: GpuMemory | None) -> str:
    return UNKNOWN if memory is None else f"{gibibytes(memory.used)} GB"


def gpu_memory_of(memory: GpuMemory | None) -> str:
    if memory is None:
        return UNKNOWN
    share = memory.used / memory.total if memory.total else 0.0
    return f"{gibibytes(memory.used)} of {gibibytes(memory.total)} GB ({share:.0%})"


def gpu_memory_tip(memory: GpuMemory | None) -> str:
    return NO_GPU if memory is None else f"{GPU_MEMORY_TIP}\n{gpu_memory_of(memory)}, all programs together"


def beats_per_minute(pace: float) -> str:
    return f"{pace:.1f}".removesuffix(".0")


def beat(number: int, pace: float) -> str:
    return f"{number} of 4, {beats_per_minute(pace)} a minute"


def figures(status: Status, stage: OutputStatus, beat_now: str) -> list[tuple[str, str]]:
    """Name and figure, in the order of the picture's way; the parts of the latency stand elsewhere."""
    rows = [
        (f"{SOURCE_RATE}, {A_SECOND}", rate(status.source_rate)),
        (f"{ENGINE_RATE}, {A_SECOND}", rate(status.engine_rate)),
        (words_governor.FIGURE, words_governor.state(status.governor)),
        ("One chunk", _spread(status.chunk_ms.p50, status.chunk_ms.p95)),
        (GPU_MEMORY, gpu_memory_of(status.gpu_memory)),
        (DROPPED, str(status.dropped)),
        (BEAT, beat_now),
    ]
    for name, control in status.controls.items():
        rows.append((f"Control {name}", milliseconds(control.ms.p50, decimals=1)))
    for name, output in status.outputs.items():
        called = NAMES.get(name, name)
        rows.append((f"Latency to the {called}", _spread(output.latency_ms.p50, output.latency_ms.p95)))
        if output.written:
            rows.append((f"{REPEATED}, {called}", f"{output.repeated} of {output.written}, {output.missed} missed"))
    if stage.running:
        rows.append(("Stage", stage.title))
    return rows


def message_said(level: str, sentence: str) -> str:
    """level: as a word; "" where there is no message."""
    return f"{level}: {sentence}" if sentence else NO_MESSAGE


def log_line(message: Message) -> str:
    times = f"   (× {message.times})" if message.times > 1 else ""
    return f"{_clock(message.at)}   {LEVELS[message.level]}   {message.sentence}{times}"


def log_count(shown: int, kept: int) -> str:
    return f"{shown} of {kept} messages"


def log_saved(path: object) -> str:
    return f"The log is saved as {path}."


def log_not_saved(path: object, reason: str) -> str:
    return f"The log could not be saved as {path} ({reason}); nothing of it is lost. Choose another place."


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def _spread(middle: float | None, worst: float | None) -> str:
    if middle is None:
        return UNKNOWN
    return f"{milliseconds(middle)}, at worst {milliseconds(worst)} (95 %)"
