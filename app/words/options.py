"""The help of every command and option of the command line. Names of options, of their values and of files that stand
in it are typed as they are and stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

# -- commands

PROGRAM = "Live visuals: a camera, screen or clip, repainted."
PROGRAM_END = "`python3 run.py test` runs the tests, `python3 run.py prepare` installs and stops there."
LIVE = "the live window (default), or the live path without one"
RENDER = "every picture of a source, offline, into an MP4"
REPLAY = "a recorded show painted again from its journal, into an MP4"
REPLAY_END = (
    "What is not asked for is as you had set it in the show, without what the governor took of it. With nothing asked "
    "for, the pictures are those of the show, bit for bit where the same processor paints them."
)
CONTROLS = "what the controls draw, beside the source, into an MP4"
BENCH = "what the controls and the engine cost on this machine"
BENCH_CONTROLS = "each control, in milliseconds a picture"
BENCH_ENGINE = "a network of the real shape, stage by stage (docs/speed.md)"
BENCH_COMPARE = "the same beside a deliberately plain form (docs/speed.md)"
DOCTOR = "what is there, what is missing, and what mends it"


def version(number: str) -> str:
    return f"VACE Live {number}"


def setting(name: str, low: float, high: float, default: float) -> str:
    return f"{name} {low:g} to {high:g} ({default:g})"


def settings(lines: str) -> str:
    """lines: each control's settings with their ranges."""
    return f"settings of the controls, as in --control edge=0.8,thickness=2 (defaults):\n{lines}"


# -- what is read, written and told of a run

LIVE_SOURCE = "camera, camera:NAME@1280x720@30, screen:1, testcard, a file or a URL"
SOURCE = "a file, a URL, testcard, camera:NAME, screen:1"
JOURNAL_READ = "the journal, which lies beside the recording"
SHEET = "the contact sheet; default: beside the MP4"
SECONDS = "only so many seconds of the source; needed where it never ends"
SECONDS_OF_GUIDES = "only so many of the source; needed where it never ends"
REPORT = "write what was done, in figures"
LOG = "write a log for a bug report"

# -- live

HEADLESS = "no window: for servers and tests"
NO_LOOP = "end with the clip (--headless)"
VIRTUAL_CAMERA = "default 1280x720@30"
RECORD = "record from the start"
JOURNAL = "beside each recording, what `replay` paints it again from (default)"
GOVERNOR = "hold the rate by fewer steps, then size, default on"
RATE = "pictures a second it holds, 0 = 16 or the source's"
LIVE_SECONDS = "end after so many (--headless)"
STATE = "where settings are kept between runs"
FRESH = "begin with default settings"

# -- replay

REPLAY_STEPS = "denoising passes a chunk, 1 to 8, default: as in the show"
REPLAY_SEED = "default: as in the show"

# -- doctor

DOCTOR_STATE = "whose devices and folders to look at"

# -- headings

WORDS_GROUP, STRUCTURE_GROUP, ENGINE_GROUP = "words", "structure", "engine"
PICTURES_GROUP = "what is kept, what is repainted, what appears"
FRAMING_GROUP = "framing of the source"

# -- framing, and the size that comes out

MIRROR = "left is right, as in a mirror"
ROTATE = "clockwise: 0, 90, 180 or 270"
CROP = "fractions cut off at left, top, right, bottom"
FIT = "how the source fills the picture, default fill, with --expand fit"
OUTPUT_SIZE = "of what comes out, as 1280x720, or none: the engine's, and live what the outputs ask for (default)"

# -- the engine

SIZE = "of the engine's pictures, multiples of 16, default 320x192"
MODELS = "where your model files are"
AUTOENCODER = "of the published models, default tiny"
PRECISION = "fp8 halves the transformer's memory"
ATTENTION = "sage: less exact, on GPUs that have SageAttention"
OFFLOAD = "keep the transformer in the computer's memory: slow"
COMPATIBILITY = "reference repeats the reference implementation's quirks"
ACCELERATION = "of a GPU, default full: blocks compiled, passes recorded; less where it makes trouble"


def model(names: Sequence[str]) -> str:
    return f"one of: {', '.join(names)}"


# -- prompts and what goes with them

PROMPT_WEIGHT = "its weight beside --also, default 1"
ALSO = "blended with --prompt; what follows the last = is part of the prompt unless it is a number; repeatable"
BLEND = "how prompts are blended, default linear"
MORPH_CHUNKS = "chunks over which new words come in, default 0"
PROMPT_CHANGE = "whether the past is read anew"
PAST = "weight of what was painted before, 0.01 to 1"
LORA = "-2 to 2, default 1; repeatable"
SEED = "the same seed and settings paint the same pictures"
STEPS = "denoising passes a chunk, 1 to 8, default: as the model was trained"


def prompt(default: str) -> str:
    return f'what the picture shows, in words, default "{default}"; "" asks for nothing'


# -- structure

STRUCTURE = "a second input, which the controls see in place of the source: camera, screen:1, a file, a URL, or none"
CONTROL_STRENGTH = "how much the controls count, 0 to 2, default 1"
STRENGTH = "how far the source is repainted, 0.05 to 1, default 1: all of it"
BOX = "a box of the control layout, fractions of the picture, and where it moves to, or none; repeatable"


def control(names: Sequence[str]) -> str:
    return (
        f"{', '.join(names)} or none, with a weight as in edge=0.8, and with settings of its own, mix, region "
        "and every as in pose,hands=1,region=person,every=3 (docs/controls.md has all); repeatable; default edge"
    )


def control_drawn(names: Sequence[str], default: str) -> str:
    """default: one of those below."""
    return (
        f"{', '.join(names)}, with a weight as in edge=0.8, and with settings of its own, mix, region and every as "
        f"in pose,hands=1,region=person,every=3 (docs/controls.md has all); repeatable; {default}"
    )


EACH_THAT_RUNS = "default: each one that runs here"
EACH_AND_TWO = "default: each one, and pose and edge together"

# -- masks and pictures

MASK = (
    "white is repainted, black kept; render takes a video, too; or person: people are repainted; or none; "
    "a FILE and person: people where it is white"
)
MASK_JOIN = "of a FILE and person: where both say so (default), or one of them"
MASK_GROW = "-40 to 40, in pixels of 320: below 0 it shrinks"
MASK_FEATHER = "0 to 80: over how much its border fades"
INVERT_MASK = "white is kept, black repainted; people are kept, the background repainted"
COMPOSITE = "put the source itself back where it is kept, at the output's size (default)"
EXPAND = "paint on around the whole source: fractions of its size, 0 to 1, or none"
REFERENCE = "what shall appear; up to three times"
REFERENCE_MODE = "how they are shown: kept (sink, the default), beside (aligned), instead (reference)"
FIRST_FRAME = "the picture that the stream begins with"
LAST_FRAME = "render: the last picture; live: the end of the next chunk"

# -- controls drawn or measured

GUIDE_SIZE = "of the guides, default: the source's own, 640 at most"
GUIDE_BOX = "a box of layout; repeatable"
GUIDE_MIX = "their mix, too; default: where several are named"
GUIDE_MASK = "a picture: what the region mask means"
DEFAULT = "default %(default)s"

# -- the engine measured

BENCH_MODEL = "1.3b, 14b, starter or tiny, with random weights; default 1.3b"
BENCH_SIZE = "multiples of 16, default %(default)s"
BENCH_FRAMES = "pictures of each way, in whole chunks; default %(default)s"
BENCH_WIDTH_SHARE = "of the real width, as 1/8: what a CPU can do in time"
BENCH_PROMPT_ROWS = "of the prompt's embeddings, the rest being padding; default %(default)s"
BENCH_THREADS = "of a CPU, default: as the live path has"
BENCH_PRECISION = "default: the device's own"
BENCH_JSON = "write all figures"
BENCH_WASTES = "those measured by themselves, as lora,clone, or none; default: all"
BENCH_VACE = "default both, chunk by chunk in turn"
BENCH_ALL = "the set for a CUDA device"

# -- the window's pictures

WINDOW_SIZE = "of the window, before scaling"
