"""The look's panels: prompts, seed, size, pictures, LoRAs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from app.words import modes
from app.words.window import to_default
from engine.params import MAX_REFERENCES, Blend, PromptChange, ReferenceMode

# prompts
ADD_PROMPT = "Add a prompt"
ADD_PROMPT_TIP = "One more prompt, blended with the others by its weight once it has words."
MORE_PROMPT_TIP = "Blended with the other prompts by its weight. Acts on Enter and after a short pause."
MORE_PROMPT_PLACEHOLDER = "Empty: does not count yet"
PROMPT_WEIGHT = "Weight"
PROMPT_WEIGHT_TIP = (
    "How much this prompt counts beside the others: with 2 and 1 it has two thirds. 0 leaves it out. Up to 100 typed."
)
PROMPT_UP, PROMPT_UP_TIP = "Move up", "Swap this prompt with the one above it."
PROMPT_DOWN, PROMPT_DOWN_TIP = "Move down", "Swap this prompt with the one below it."
PROMPT_REMOVE, PROMPT_REMOVE_TIP = "Remove", "Take this prompt away."
BLEND = "Blend"
BLEND_TIP = "How prompts are blended: Linear mixes them, Spherical keeps the strength that each has alone."
BLENDS: Sequence[tuple[str, Blend]] = (("Linear", "linear"), ("Spherical", "spherical"))
MORPH = "Morph"
MORPH_TIP = (
    "Over how many of the engine's chunks new words and weights come in; 0 is at once. Up to 1000 typed.\n"
    "A cue comes by its own transition, and leaves this as it is."
)
PAST_READ = "Past"
PAST_READ_TIP = (
    "When the words change: Follows reads what was painted before again with the new words, so the picture turns as a "
    "whole; Stays keeps it as it was, so the picture turns slowly."
)
PAST_READS: Sequence[tuple[str, PromptChange]] = (("Follows", "recache"), ("Stays", "keep"))
MORE = "More"

# strengths
PAST = "Past"
PAST_TIP = "How much of what was painted before stays in what is painted next: 1 holds it, little lets it go."
VIDEO = "Video"
VIDEO_TIP = (
    "Video to video: how far the source itself is repainted. 1 paints from nothing but the guide, less keeps more of "
    "the source's light and colour."
)
SOFT_CUT_CHUNKS = "Soft cut"
SOFT_CUT_CHUNKS_TIP = "Over how many chunks a soft cut (Shift+C) weakens the past. Up to 1000 typed."
SOFT_CUT_PAST = "To past"
SOFT_CUT_PAST_TIP = "How much of the past counts during a soft cut."

# seed
WALK = "Walk"
WALK_TIP = "Seconds from one seed to the next while the seed walks. Up to 600 typed."
WALK_BEATS_TIP = "Beats of the show's tempo from one seed to the next while the seed walks. Up to 256 typed."
WALK_BY_BEAT = "Walk on the beat"
WALK_BY_BEAT_TIP = "Count beats of the show's tempo, from the first of a bar, in place of seconds."
BEATS_SUFFIX, SECONDS_SUFFIX = " b", " s"
WALK_ON = "Let the seed walk"
WALK_ON_TIP = "Go to the next seed by itself, again and again. The lock holds it."

# size
SIZE_TYPED = "Size, typed"
SIZE_TYPED_TIP = (
    "Any size, width by height, both multiples of 16, as in 640x352; Enter takes it. While it has the focus, the wheel "
    "goes through the offered sizes."
)
OUTPUT_SIZE_TYPED = "Output size, typed"
OUTPUT_SIZE_TYPED_TIP = (
    "Any size, width by height, each 16 to 4096, as in 1600x900; Enter takes it. While it has the focus, the wheel "
    "goes through the offered sizes."
)

# pictures
REFERENCES = "References"
REFERENCES_TIP = (
    f"Up to {MAX_REFERENCES} pictures of what shall appear. Drop or paste them, open a file, or grab what the outputs "
    "show; drag to reorder.\nKeys: Ctrl+V, Delete, Ctrl+Left, Ctrl+Right"
)
REFERENCE_MODE = "Shown"
REFERENCE_MODE_TIP = (
    "Kept: in the network's own memory, and shown to VACE. Beside: shown to VACE alone. "
    "Instead: in the place of each chunk's first control pictures, as published."
)
REFERENCE_MODES: Sequence[tuple[str, ReferenceMode]] = [
    (modes.REFERENCE_MODES[mode].capitalize(), mode) for mode in get_args(ReferenceMode)
]
REFERENCES_STAY = "The references stay as they are."
FRAMES = "First and last frame"
FRAMES_TIP = (
    "Drop or paste a picture, open a file, or grab what the outputs show. Keys: Ctrl+V, Delete\n"
    "First: the next chunk begins with it, and so does every stream after a hard cut.\n"
    "Last: the next chunk ends with it, once; take it away and put it back to have it again."
)
FRAME_NAMES = ("First", "Last")
FRAMES_STAY = "The frames stay as they are."
PICTURE_OPEN, PICTURE_OPEN_TIP = "Open a picture", "A picture file, for the marked place."
PICTURE_PASTE, PICTURE_PASTE_TIP = "Paste a picture", "What was copied, for the marked place. Key, on a place: Ctrl+V"
PICTURE_GRAB, PICTURE_GRAB_TIP = "Grab the output", "What the outputs show now, for the marked place."
PICTURE_LEFT, PICTURE_LEFT_TIP = "Move to the left", "Swap the marked picture with the one before it."
PICTURE_RIGHT, PICTURE_RIGHT_TIP = "Move to the right", "Swap the marked picture with the one after it."
PICTURE_REMOVE, PICTURE_REMOVE_TIP = "Remove", "Take the marked picture away. Key, on a place: Delete"
DROP_HERE = "Drop here"
NO_PICTURE_IN_IT = "There is no picture in it; take a picture file, or a picture that was copied."
NOTHING_TO_GRAB = "The outputs show no picture that could be grabbed yet; wait for one, or open a file."

# LoRAs
LORAS = "LoRAs"
LORAS_TIP = "Files that change how the model paints, each by its fader. Drop them here, or add them with the button."
LORA_ADD, LORA_ADD_TIP = "Add a LoRA", "A LoRA file for the model that is chosen."
LORA_FILTER = "LoRAs (*.safetensors *.pt *.pth);;All files (*)"
LORA_REMOVE, LORA_REMOVE_TIP = "Remove", "Take this LoRA out of the model."
LORA_STRENGTH = "Amount"
LORA_STRENGTH_TIP = "How much of it is mixed in: 1 as it was made, 0 nothing, below 0 the contrary."
NO_LORAS = "None. Drop a file here, or add one."


def prompt_name(index: int) -> str:
    return f"Prompt {index + 1}"


def of_prompt(index: int, what: str) -> str:
    return f"{prompt_name(index)}: {what}"


def morph_lasts(chunks: int, chunk_s: float) -> str:
    """At the pace that the engine has now. chunk_s: 0 = that is not known yet."""
    if not chunks:
        return "at once"
    return f"about {chunks * chunk_s:.1f} s now" if chunk_s > 0 else "in seconds once the engine paints"


def references_in(count: int) -> str:
    return f"{count} of {MAX_REFERENCES}" if count else ""


def frames_in(first: bool, last: bool) -> str:
    return ", ".join(name for name, there in zip(FRAME_NAMES, (first, last), strict=True) if there)


def loras_in(count: int) -> str:
    return str(count) if count else ""


def picture_place(tray: str, caption: str, filled: bool) -> str:
    return f"{tray}, {caption}: {'a picture' if filled else 'empty'}"


def too_many_references(wanted: int) -> str:
    return f"That would be {wanted} references, and there is room for {MAX_REFERENCES}; remove one first."


def lora_name(name: str) -> str:
    return f"LoRA {name}"


def unreadable(reason: str) -> str:
    return f"The file cannot be read ({reason})."


def lora_there(name: str) -> str:
    return f"The LoRA {name} is there already; its fader says how much of it is mixed in."


def no_lora_dropped() -> str:
    return "What was dropped is no file; drop a LoRA file. The LoRAs stay as they are."


def size_unreadable(text: str) -> str:
    return f"the size {text!r} is not of the form 640x352"


def along(title: str) -> str:
    """Of the slider beside a field of this title."""
    return f"{title}, slider"


def size_slider_tip(default: str) -> str:
    return (
        f"Through the offered sizes: drag and let go, or turn the wheel while it has the focus.\n{to_default(default)}"
    )


def seed_slider_tip(largest: int, default: str) -> str:
    return f"Drag through the seeds up to {largest}, or turn the wheel; larger ones are typed.\n{to_default(default)}"
