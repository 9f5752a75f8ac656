"""Program and audition."""

from __future__ import annotations

AUDITION = "Audition"
AUDITION_TIP = (
    "Try a look out on the preview: from here on, controls, cues and canvas change that look alone, and the outputs "
    "keep theirs. The engine paints both in turn, each at half its pace. Keys: F5, J"
)
TAKE = "Take"
TAKE_TIP = "What is auditioned goes to the outputs, by the transition beside. Keys: F6, Shift+J"
BACK = "Back"
BACK_TIP = "Drop what is auditioned, and edit what the outputs show again. Keys: F7, Ctrl+J"
TOOLS = "Tools"
TOOLS_TIP = "Show the canvas's views and tools, for which there is little room here; press again to put them away."
TAKE_BY = "How a take comes"
TAKE_BY_TIP = "Cut forgets the past, a soft cut weakens it; a morph brings words and faders over this time."

PROGRAM_FRAME = "PROGRAM"
PROGRAM_LINE, PROGRAM_LINE_SHORT = "what the outputs show", "outputs"
AUDITION_UNKEPT = "the audition (which is not kept)"
AUDITION_FRAME = "AUDITION"
AUDITION_LINE = "only you see this"
AUDITION_SHOWN = "Audition: only you see this"
BESIDE = "Program, beside the audition"

KEY_AUDITION = "Audition: edit beside the show"
KEY_TAKE = "Take the audition to the outputs"
KEY_BACK = "Drop the audition"


def audition_line(shown: str, trouble: str) -> str:
    """What stands beside AUDITION. shown: what the canvas shows instead of its picture, "" for that."""
    return f"no picture of it: {trouble}" if trouble else f"{shown}; {AUDITION_LINE}" if shown else AUDITION_LINE


def program_line(shown: str) -> str:
    """The same beside PROGRAM."""
    return shown or PROGRAM_LINE
