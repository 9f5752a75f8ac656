"""The window's titles, tips and sentences that have no module of their own beside this one."""

from __future__ import annotations

from collections.abc import Sequence

from app.examples import EXAMPLES
from app.frame import Kind
from app.framing import Fit
from app.inputs.notation import CLIPS, PICTURES
from app.look import SourceKind, Treatment
from app.mask_combination import Combination
from app.mask_painting import Tool
from app.set_list import Cue, Transition
from app.status import EngineState, OutputStatus, Status
from app.words.prompts import known_words
from controls.control import Mix, Region
from controls.regions import Repainted
from engine.params import Progress

WINDOW_TITLE = "VACE Live"
STAGE_WINDOW_TITLE = "VACE Live stage"
UNKNOWN = "–"
UNKNOWN_SAID = "unknown"
A_SECOND = "pictures a second"
OFF = "Off"
NO_PICTURE_YET = "Waiting for the first picture"
NO_PICTURE_YET_SHORT = "Waiting"

# top bar
SOURCE_RATE, SOURCE_RATE_TIP = "Source", "Pictures a second that come from the source."
ENGINE_RATE, ENGINE_RATE_TIP = "Engine", "New pictures a second that the engine makes."
DROPPED, DROPPED_TIP = "Dropped", "Pictures that nobody had time for, since the start."
REPEATED, REPEATED_TIP = "Repeated", "Pictures that an output showed again because no new one was there in time."
REC, CAM, STAGE_CHIP = "REC", "CAM", "STAGE"
BLACKOUT, BLACKOUT_TIP = "Blackout", "All outputs go black at once; press again to come back. Keys: B, F2"
FREEZE, FREEZE_TIP = "Freeze", "All outputs hold their picture; press again to go on. Keys: F, F3"
BYPASS, BYPASS_TIP = "Bypass", "All outputs show the source itself; press again for the engine. Keys: Y, Shift+B, F4"

# preview
PREVIEW = "Program"
PREVIEW_TIP = "What every output shows now."
PREVIEW_FIT_TIP = (
    "How the preview uses its room; the outputs have their own. "
    "Fill cuts what is too much, Fit shows all, Stretch distorts."
)
TREATMENTS: dict[Treatment, str] = {"blackout": "BLACKOUT", "freeze": "FROZEN", "bypass": "BYPASS"}
NO_PICTURE = "NO PICTURE YET"
STANDS, ENGINE_STOPPED = "! NO PICTURES", "! ENGINE OFF"
KINDS: dict[Kind, str] = {"engine": "● LIVE", "bypass": "SOURCE", "slate": "SLATE", "black": "BLACK"}
NOTE_TIP = "What the model says of itself."
PREVIEW_FIT = "How the preview fits"
ENGINE_STATES: dict[EngineState, str] = {
    "loading": "The source, or the last picture, is shown until the model is there",
    "running": "",
    "waiting": "The engine is waiting for pictures",
    "failed": "The engine has stopped; the outputs go on without it",
    "stopped": "The engine is off",
}

# canvas
CANVAS = "Canvas"
CANVAS_TIP = "What the canvas shows. Wheel: closer; middle button, or Space held: move. Key: M for the mask"
CANVAS_VIEWS = {"output": "Output", "input": "Input", "guide": "Guide", "mask": "Mask"}
CANVAS_SHOWS = {"output": PREVIEW, "input": "Input", "guide": "Guide", "mask": "Mask over the input"}
TOOLS: dict[Tool, tuple[str, str]] = {
    "none": ("Look only", "Nothing is painted. Key: Q"),
    "brush": ("Brush", "Paint where the picture is repainted; the right button takes away. Key: D"),
    "eraser": ("Eraser", "Take away what was painted. Key: E"),
    "lasso": ("Lasso", "Paint what a line goes round; the right button takes away. Key: L"),
    "rectangle": ("Rectangle", "Paint a rectangle; the right button takes away. Key: G"),
    "ellipse": ("Ellipse", "Paint an ellipse; the right button takes away. Key: O"),
    "fill": ("Fill", "Paint an area up to what is painted around it; the right button takes away. Key: K"),
    "box": (
        "Boxes",
        "Draw a box for the control Layout. Drag a box: it goes there, as quickly as you did; a click stops it, "
        "the right button takes it away. Key: N",
    ),
    "frame": ("Frame", "Pull the picture's frame inwards: what is around it is painted on. Right button: none. Key: W"),
}
UNDO, UNDO_TIP = "Undo", "Take back what you did last: painting, any part of the look, a cue. Key: Ctrl+Z"
REDO, REDO_TIP = "Redo", "Do again what was taken back. Keys: Ctrl+Shift+Z, Ctrl+Y"
INVERT_PAINTED, INVERT_PAINTED_TIP = "Invert", "Paint what was not painted, and the other way round. Key: I"
CLEAR_PAINTED, CLEAR_PAINTED_TIP = "Clear", "Paint nothing, so that all is repainted; or draw no boxes. Key: Delete"
WHOLE, WHOLE_TIP = "Whole picture", "Show all of the picture again. Key: 0"

# mask
MASK = "Mask"
_ALONE_AGAIN = "With people: Alone, until you choose another."
MASK_VERBS = {
    "fill_mask": ("Fill", f"What is painted is repainted; the rest stays as the camera sees it. {_ALONE_AGAIN}"),
    "keep_mask": ("Keep", f"What is painted stays as the camera sees it; the rest is repainted. {_ALONE_AGAIN}"),
    "remove_mask": ("Remove", f"What is painted is repainted without following what is there. {_ALONE_AGAIN}"),
    "replace_background": (
        "Background",
        "All that is behind people is repainted, wherever they go. What is painted is taken away: Undo brings it back.",
    ),
    "keep_people": ("Keep people", "People stay as the camera sees them, also where something is painted."),
    "expand_canvas": ("Expand", "The picture shrinks, and what is around it is painted on; again to take it back."),
}
PAINT_FIRST = "Now paint on the picture: as long as nothing is painted, all of it is repainted."
PAINTED_TAKEN_AWAY = "The background is repainted, and what was painted is taken away: Undo brings it back."
MASK_WITH_PEOPLE = "The painted mask with people"
MASK_COMBINATIONS: Sequence[tuple[str, Combination]] = (
    ("Alone", "alone"),
    ("Add", "add"),
    ("Subtract", "subtract"),
    ("Intersect", "intersect"),
)
MASK_COMBINATION_TIPS: dict[Combination, str] = {
    "alone": "What Fill, Keep or Remove repaints is repainted, wherever people go.",
    "add": "What Fill, Keep or Remove repaints is repainted, and people are, wherever they go.",
    "subtract": "What Fill, Keep or Remove repaints is repainted, but for people, wherever they go.",
    "intersect": "People are repainted where Fill, Keep or Remove would repaint, and nothing else is.",
}
MASK_GROW, MASK_GROW_TIP = "Grow", "Moves the mask's border outwards, below 0 inwards; in pixels of a picture 320 wide."
MASK_FEATHER = "Feather"
MASK_FEATHER_TIP = "Over how much the mask's border fades; in pixels of a picture 320 wide."
KEEP_OUTSIDE = "Keep original outside"
KEEP_OUTSIDE_TIP = "What the mask keeps is the source itself, as sharp as it comes; off: the engine's picture of it."
LOAD_MASK, LOAD_MASK_TIP = "Open a mask", "A picture file: white is repainted, or what is opaque where parts are clear."
SAVE_MASK, SAVE_MASK_TIP = "Save the mask", "As a grey PNG: white is repainted."
MASK_FILTER = "Pictures (*.png)"

# input
INPUT = "Input"
SOURCE, SOURCE_TIP = "Source", "What the show is made from."
SOURCE_PICTURE = "Source picture"
SOURCE_KINDS: Sequence[tuple[str, SourceKind]] = (
    ("Camera", "camera"),
    ("Screen", "screen"),
    ("Clip", "clip"),
    ("Still", "still"),
    ("Test card", "testcard"),
)
CAMERA, CAMERA_TIP = "Camera", "Which camera; the list follows what is plugged in."
SCREEN, SCREEN_TIP = "Screen", "Which display is captured."
FIRST_SCREEN = "First screen"
REGION, REGION_TIP = "Only a region", "Capture a rectangle of the display, in its own pixels from its top left corner."
REGION_EDGES = ("Left", "Top", "Width", "Height")
CLIP, CLIP_TIP = "Clip", "A video file or a stream's URL; files can be dropped on the window as well."
CLIP_PLACEHOLDER = "File or URL"
CLIP_FILTER = f"Video ({' '.join(f'*{ending}' for ending in CLIPS)});;All files (*)"
STILL, STILL_TIP = "Still", "A picture file; files can be dropped on the window as well."
STILL_PLACEHOLDER = "Picture file"
STILL_FILTER = f"Pictures ({' '.join(f'*{ending}' for ending in PICTURES)});;All files (*)"
BROWSE = "Choose a file"
LOOP, LOOP_TIP = "Loop", "Start again at the end of the clip."
PAUSE, PAUSE_TIP = "Pause", "Hold the clip where it is; the engine paints on. Key: Space"
SOURCE_SIZE, SOURCE_SIZE_TIP = "Size", "The size that is asked of the device; it may give the nearest it has."
RATE, RATE_TIP = "Rate", "Pictures a second that are asked of the device."
ANY_SIZE, ANY_RATE = "Any size", "Any rate"
SECOND_INPUT = "Guide from"
SECOND_INPUT_TIP = (
    "What the controls see: the source, or a second input, whose picture then leads the engine. "
    "What is repainted is the source in either case."
)
SECOND_INPUTS: Sequence[tuple[str, SourceKind | None]] = (("The source", None), *SOURCE_KINDS)
SECOND_PICTURE = "Picture of the second input"
MIRROR, MIRROR_TIP = "Mirror", "Swap left and right, as a mirror does."
FRAMING = "Rotate, fit, crop"
ROTATE, ROTATE_TIP = "Rotate", "Turn the source clockwise."
ROTATIONS = (("0°", 0), ("90°", 90), ("180°", 180), ("270°", 270))
FIT = "Fit"
FIT_TIP = (
    "Fill cuts what is too much, Fit shows all with black bars, Stretch distorts. "
    "While the source is expanded, Fill acts like Fit."
)
FITS: Sequence[tuple[str, Fit]] = (("Fill", "fill"), ("Fit", "fit"), ("Stretch", "stretch"))
CROP_EDGES, CROP_TIP = ("Crop left", "Crop top", "Crop right", "Crop bottom"), "How much is cut off at this edge."

# controls
CONTROLS = "Controls"
GUIDE, GUIDE_TIP = "Guide", "The mix of all controls: the structure that the engine paints over."
WEIGHT, WEIGHT_TIP = "Weight", "How strongly this control is mixed into the guide."
MIX = "Mix"
MIX_TIP = "How this control joins those above it: the brighter of the two counts, their sum, or as light on light."
MIXES: Sequence[tuple[str, Mix]] = (("Brightest", "max"), ("Sum", "add"), ("Screen", "screen"))
WHERE = "Where"
WHERE_TIP = (
    "Where this control counts. The mask is where the picture is repainted; people are found by the control Person."
)
WHERES: Sequence[tuple[str, Region]] = (
    ("Everywhere", "all"),
    ("In the mask", "mask"),
    ("Outside the mask", "outside mask"),
    ("On people", "person"),
    ("Behind people", "background"),
)
HOW_OFTEN = "Runs"
HOW_OFTEN_TIP = (
    "How often this control looks at the picture; between, what it drew moves with the picture. "
    "By itself: always, unless it is too slow for the time there is."
)
BY_ITSELF = "By itself"

# look
LOOK = "Look"
PROMPT = "Prompt"
PROMPT_TIP = (
    "What the picture shows and how it looks. Acts on Enter and after a short pause. Key: P\n"
    "Examples also lists the words that the starter knows."
)
PROMPT_PLACEHOLDER = f"Describe the picture: {EXAMPLES[1]}"
EXAMPLE_PROMPTS, EXAMPLE_PROMPTS_TIP = "Examples", "Prompts to begin with; the one you choose takes the place of yours."
KNOWN_WORDS, KNOWN_WORDS_LIST = "Words that the starter knows", known_words(64)
STRENGTH, STRENGTH_TIP = "Control", "How strictly the picture follows the guide: 0 ignores it, 1 is as trained."
STEPS, STEPS_TIP = "Steps", "Passes for each picture: more is cleaner and slower."
REPAINT = "Repaint"
REPAINT_TIP = (
    "What is painted anew: the whole picture, the people in it, or all that is behind them.\n"
    "The rest stays as the camera sees it. What a mask keeps stays in any case."
)
REPAINTED: Sequence[tuple[str, Repainted]] = (("All", "all"), ("People", "person"), ("Behind", "background"))
SEED, SEED_TIP = "Seed", "The start of all chance: the same seed gives the same pictures. Wheel: next or previous."
SEED_LOCK, SEED_LOCK_TIP = "Lock the seed", "Keep this seed: the field and its buttons do nothing until it is unlocked."
SEED_NEXT, SEED_NEXT_TIP = "Next seed", "Go to the seed that follows."
SEED_RANDOM, SEED_RANDOM_TIP = "Random seed", "Draw a seed by chance."
ENGINE_SIZE, ENGINE_SIZE_TIP = "Size", "The size that the engine paints at: larger is finer and slower."
MODES_TIP = "What else is asked of the engine, here, on the canvas, or by options of a start."
CLEAR, CLEAR_MODES = "Clear", "Clear all modes"
CLEAR_MODES_TIP = "Take all of these back. Prompt, controls, seed and steps stay."
HARD_CUT, HARD_CUT_TIP = "Hard cut", "Forget the past and start from what is seen now. Keys: C, X"

# outputs
OUTPUTS = "Outputs"
VIRTUAL_CAMERA, VIRTUAL_CAMERA_TIP = "Virtual camera", "A webcam that Zoom, Meet or OBS can open. Key: V"
STAGE, STAGE_TIP = "Stage", "The picture alone, full screen on a display; Escape there closes it. Keys: S, F11"
RECORD, RECORD_TIP = "Record", "Write what the outputs show to an MP4 file. Key: R"
FORMAT, FORMAT_TIP = "Format", "Size and rate of the virtual camera; 1280x720 at 30 is what Zoom and Meet expect."
DISPLAY, DISPLAY_TIP = "Display", "Where the stage opens."
OTHER_DISPLAY = "Second display"
RECORD_PATH, RECORD_PATH_TIP = "File", "Where the recording goes; a file that exists is never written over."
RECORD_PATH_PLACEHOLDER = "By date, in the video folder"
RECORD_BROWSE = "Choose where to record"
RECORD_FILTER = "Video (*.mp4)"
RECORD_SIZE, RECORD_SIZE_TIP = "Size", "The size of the recorded picture."
AS_IT_COMES = "As it comes"
OUTPUT_SIZE, OUTPUT_SIZE_TITLE = "Output size", "Output"
OUTPUT_SIZE_TIP = (
    "How large the picture is when the source is put back around it and all outputs get it.\n"
    "By itself: as large as the outputs ask for, up to 1280x720."
)
JOURNAL = "Journal, for a replay"
JOURNAL_TIP = "Keep what `vace-live replay` paints the show from again; it takes far more room than the film."
BEGIN_WITH_CUT = "Begin with a hard cut"
BEGIN_WITH_CUT_TIP = (
    "The picture begins anew with the journal, so that its replay is the same as the show from the first picture on.\n"
    "Off: the show goes on as if nothing was recorded, and its replay is the same from the next hard cut on."
)

# cues
CUES = "Cues"
CUE_PREVIOUS, CUE_PREVIOUS_TIP = "Previous cue", "Fire the cue before this one. Key: PgUp"
CUE_NEXT, CUE_NEXT_TIP = "Next cue", "Fire the cue after this one. Key: PgDown"
CUE_ADD, CUE_ADD_TIP = "Add a cue", "Keep the look as it is now as a new cue. Key: A"
CUE_UPDATE, CUE_UPDATE_TIP = "Update from now", "The cue that was fired last takes the look as it is now. Key: U"
CUE_UNDO, CUE_UNDO_TIP = "Undo in the cues", "Take back the last change of the cues. Keys: Ctrl+Alt+Z"
CUE_REDO, CUE_REDO_TIP = "Redo in the cues", "Do it again. Keys: Ctrl+Alt+Y"
CUE_RENAME, CUE_NAME, CUE_NAME_TIP = "Rename", "Name of the cue", "Enter, or a click elsewhere, ends it."
CUE_DUPLICATE = "Duplicate"
CUE_TRANSITION = "Transition"
CUE_COLOUR = "Colour"
CUE_COLOURS = ("Teal", "Amber", "Red", "Violet", "Green", "Pink", "Blue", "Sand")
CUE_DELETE = "Delete"
SET_OPEN, SET_OPEN_TIP = "Open a set list", "Take the cues of a .vlive file in place of these; undo brings them back."
SET_SAVE = "Save the set list"
SET_SAVE_TIP = "All cues with their pictures in one file, which opens on any machine. Key to save it again: Ctrl+S"
SET_FILTER = "Set lists (*.vlive)"

# messages
LEVELS = {"info": "Note", "warning": "Warning", "error": "Error"}

# keys
KEY_LIST = "Keys"
KEY_LIST_TIP = "All keys. Key: F1"
KEY_LIST_NOTE = "While a prompt or a path is typed, letters are text; Enter, Escape or a click elsewhere ends that."
KEY_BLACKOUT = "Blackout on or off"
KEY_FREEZE = "Freeze on or off"
KEY_BYPASS = "Bypass on or off"
KEY_CUT = "Hard cut"
KEY_SOFT_CUT = "Soft cut: weaken the past for some chunks"
KEY_RECORD = "Record on or off"
KEY_CAMERA = "Virtual camera on or off"
KEY_STAGE = "Stage on or off"
KEY_FULL_SCREEN = "Stage full screen or in a window"
KEY_PAUSE = "Pause the clip; held, it moves the enlarged canvas"
KEY_PROMPT = "Type the prompt"
KEY_TOOLS = "Paint with"
KEY_MASK = "Show the mask over the input"
KEY_UNDO = "Undo what was done last: painting, look or cue"
KEY_REDO = "Redo it"
KEY_INVERT = "Invert what is painted"
KEY_CLEAR = "Paint nothing"
KEY_SMALLER = "Smaller brush"
KEY_LARGER = "Larger brush"
KEY_WHOLE = "All of the picture in the canvas"
KEY_CUE = "Fire cues 1 to 9"
KEY_CUE_SHIFT = "Fire cues 10 to 18"
KEY_DEFAULT = "The value that has the focus back to its default"
KEY_KEYS = "This list"
KEY_QUIT = "Quit"
ON_AIR = {"recorder": "the recording", "virtual camera": "the virtual camera", "stage": "the stage"}


def figure_said(caption: str, figure: str, unit: str = "") -> str:
    """For a screen reader, which passes over a dash."""
    return f"{caption} {UNKNOWN_SAID}" if figure == UNKNOWN else f"{caption} {figure} {unit}".rstrip()


def fader_tip(help: str, default: str) -> str:
    return f"{help}\nDrag, type or turn the wheel (Ctrl: finer). {to_default(default)}".lstrip()


def to_default(default: str) -> str:
    """How a value goes back to it."""
    return f"Double-click or Ctrl+D: {default}"


def rate(per_second: float) -> str:
    return f"{per_second:.1f}" if per_second > 0 else UNKNOWN


def milliseconds(ms: float | None, decimals: int = 0) -> str:
    return UNKNOWN if ms is None else f"{ms:.{decimals}f} ms"


def engine_tip(dropped: int, repeated: int) -> str:
    return f"{ENGINE_RATE_TIP}\n{DROPPED}: {dropped}   {REPEATED}: {repeated}"


def recording_for(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"● {REC} {hours}:{minutes:02}:{seconds % 60:02}" if hours else f"● {REC} {minutes:02}:{seconds % 60:02}"


def on_air(caption: str, running: bool, trouble: str) -> str:
    return f"! {caption}" if trouble else f"● {caption}" if running else caption


def on_air_now(treatment: Treatment, kind: Kind | None, trouble: str = "") -> str:
    """What the outputs show, in a word. trouble: see ``standstill``."""
    if treatment != "live":
        return TREATMENTS[treatment]
    if kind is None:
        return NO_PICTURE
    return trouble or KINDS[kind] if kind in ("engine", "bypass") else KINDS[kind]


def standstill(status: Status) -> str:
    """Why the engine's picture stands, in a word; "" where new ones come."""
    if status.engine_state == "failed":
        return ENGINE_STOPPED
    starves = status.engine_state == "waiting" and status.source_rate == 0
    return STANDS if status.source_trouble or starves else ""


def model_line(status: Status, note: str) -> str:
    reduced = status.governor.reduced
    coming = (loading(status.loading), preparing(status.preparing))
    parts = (*coming, reduced, note, status.model, status.device, ENGINE_STATES[status.engine_state])
    return "  ·  ".join(part for part in parts if part)


def loading(progress: Progress | None) -> str:
    return "" if progress is None else f"Loading {progress.part:.0%}: {progress.doing}"


def preparing(progress: Progress | None) -> str:
    """While it plays."""
    return "" if progress is None else progress.doing[:1].upper() + progress.doing[1:]


def note(of_the_model: str) -> str:
    return f"! {of_the_model}" if of_the_model else ""


def size(width: int, height: int) -> str:
    return f"{width} × {height}" if width and height else ANY_SIZE


def size_at(width: int, height: int, rate: float) -> str:
    return f"{width} × {height} at {rate:g}"


def per_second(rate: float) -> str:
    return f"{rate:g} /s"


def first_camera(cameras: Sequence[str]) -> str:
    return f"First camera ({cameras[0]})" if cameras else "First camera (none found)"


def not_connected(name: str) -> str:
    return f"{name} (not connected)"


def display(name: str, width: int, height: int, main: bool) -> str:
    return f"{name}, {width} × {height}" + (" (main)" if main else "")


def on_display(name: str) -> str:
    return f"On {name}"


def control_tip(title: str) -> str:
    return f"{title}: on or off."


def every(pictures: int) -> str:
    """How often a control runs, by the pictures from one run to the next; 0 = as it decides."""
    if pictures == 0:
        return BY_ITSELF
    if pictures == 1:
        return "Every picture"
    ending = "th" if pictures % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(pictures % 10, "th")
    return f"Every {pictures}{ending} picture"


def control_time(ms: float, pictures: int) -> str:
    """What a run takes, and on which share of the pictures there is one where that is not all."""
    taken = milliseconds(ms, decimals=1 if ms < 10 else 0)
    return taken if pictures == 1 else f"{taken}, 1/{pictures}"


def control_time_tip(pictures: int) -> str:
    return f"{every(pictures)}: what it takes to run."


def of_control(title: str, what: str) -> str:
    return f"{title}: {what}"


def guide_of(title: str) -> str:
    return f"{title}: live picture"


def settings_of(title: str) -> str:
    return f"{title}: settings"


def output_state(on: bool, status: OutputStatus) -> str:
    if status.running:
        return status.title or "On"
    if not on:
        return OFF
    return "Not running" if status.trouble else "Starting"


def modes_on(modes: Sequence[str]) -> str:
    return f"On: {', '.join(modes)}" if modes else "No modes are on"


def refused(reason: str) -> str:
    return f"That value cannot be used: {reason}. The old one stays."


def transition(wanted: Transition) -> str:
    if wanted.kind != "morph":
        return {"cut": "Cut: forget the past", "soft cut": "Soft cut: weaken the past"}[wanted.kind]
    one, more = {"beats": ("beat", "beats"), "seconds": ("s", "s")}[wanted.unit]
    return f"Morph over {wanted.length:g} {one if wanted.length == 1 else more}"


def transition_mark(wanted: Transition) -> str:
    """What a cue's pad says of it."""
    if wanted.kind != "morph":
        return {"cut": "cut", "soft cut": "soft"}[wanted.kind]
    return f"{wanted.length:g} {wanted.unit[0]}"


def cue_pad(place: int, name: str, on_air: bool, auditioned: bool) -> str:
    if not name:
        return f"Empty place {place + 1}"
    marks = f"{', fired last' if on_air else ''}{', on audition' if auditioned else ''}"
    return f"Cue {place + 1}: {name}{marks}"


def cue_tip(cue: Cue | None, key: str) -> str:
    keys = f" Key: {key}" if key else ""
    if cue is None:
        return "Keep the look as it is now as a cue here."
    return f"{cue.name}\n{transition(cue.transition)}.{keys}\nRight button or arrow down: more. Drag: move. Del: gone."


def key_tool(name: str) -> str:
    others = {TOOLS["none"][0]: "Only look", TOOLS["box"][0]: "Draw boxes", TOOLS["frame"][0]: "Pull at the frame"}
    return others.get(name) or f"{KEY_TOOLS}: {name}"


def mask_saved(path: object) -> str:
    return f"The mask is saved as {path}."


def mask_not_saved(path: object, reason: str) -> str:
    return f"The mask could not be saved as {path} ({reason}); it stays as it is. Choose another place."


FOUND_TOO_LATE = "It was found too late: another source was chosen meanwhile. Drop it again."
READ_TOO_LATE = "The file was read too late: another look is edited by now. Open it again."


def mask_not_loaded(reason: str) -> str:
    return f"{reason} The mask stays as it is."


def display_gone(name: str) -> str:
    return f"The display {name} is gone, so the stage is closed; it opens again by itself when the display is back."


def display_back(name: str) -> str:
    return f"The display {name} is back, and the stage with it."


def stage_moved(old: str, new: str) -> str:
    return f"The display {old} is gone; the stage has moved to {new}."


STATE = "Your settings"


def not_saved(path: object, reason: str) -> str:
    return f"The settings cannot be kept in {path} ({reason}); the show goes on, but the next start will not know them."


def close_again(on_air: Sequence[str]) -> str:
    """What is said at the first wish to end the show."""
    what = " and ".join(on_air)
    return (
        f"{what[0].upper()}{what[1:]} {'is' if len(on_air) == 1 else 'are'} on: press Ctrl+Q or close the window again "
        "within three seconds to end the show."
    )


def dropped(reason: str) -> str:
    return f"What was dropped is no source: {reason} The old source stays."
