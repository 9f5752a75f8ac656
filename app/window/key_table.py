"""The window's keys, all of them: what each one does.

Knows the window's parts by their names, and nothing of how they are laid out.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.mask_painting import Tool
from app.tempo import NUDGE
from app.window.cue_grid import KEYS, key_of
from app.window.fader import Fader
from app.window.morph_length import MorphLength
from app.window.panels.seed import SeedRow
from app.window.panels.size_row import SizeRow
from app.window.shortcuts import Key
from app.words import window as words
from app.words import window_cues as words_cues
from app.words import window_hud as words_hud
from app.words import window_program as words_program

if TYPE_CHECKING:
    from app.window.main_window import MainWindow

BRUSH_STEP = 1.25
WITH_DEFAULT = (Fader, SeedRow, SizeRow, MorphLength)
"""The values that go back to a default."""
TOOL_KEYS: dict[Tool, str] = {
    "none": "Q",
    "brush": "D",
    "eraser": "E",
    "lasso": "L",
    "rectangle": "G",
    "ellipse": "O",
    "fill": "K",
    "box": "N",
    "frame": "W",
}


def key_table(window: MainWindow) -> tuple[Key, ...]:
    """What the keys do in ``window``, and what the list of them says."""
    do, sheet, editor = window.performer, window.cues.sheet, window.editor
    return (
        Key(("B", "F2"), words.KEY_BLACKOUT, do.blackout),
        Key(("F", "F3"), words.KEY_FREEZE, do.freeze),
        Key(("Y", "Shift+B", "F4"), words.KEY_BYPASS, do.bypass),
        Key(("F5", "J"), words_program.KEY_AUDITION, window.mixer.audition),
        Key(("F6", "Shift+J"), words_program.KEY_TAKE, window.mixer.take),
        Key(("F7", "Ctrl+J"), words_program.KEY_BACK, window.mixer.back),
        Key(("C", "X"), words.KEY_CUT, do.hard_cut),
        Key(("Shift+C", "Shift+X"), words.KEY_SOFT_CUT, do.soft_cut),
        *(
            Key((key_of(place),), words.KEY_CUE if place < 9 else words.KEY_CUE_SHIFT, partial(sheet.fire, place))
            for place in range(KEYS)
        ),
        Key(("PgDown",), words.CUE_NEXT, sheet.next),
        Key(("PgUp",), words.CUE_PREVIOUS, sheet.previous),
        Key(("A",), words.CUE_ADD, lambda: sheet.add()),
        Key(("U",), words.CUE_UPDATE, window.cues.update_current),
        Key(("Ctrl+Alt+Z",), words.CUE_UNDO, sheet.undo),
        Key(("Ctrl+Alt+Y",), words.CUE_REDO, sheet.redo),
        Key(("Ctrl+S",), words_cues.KEY_SAVE_SET, window.cues.save),
        Key(("R",), words.KEY_RECORD, do.toggle_recording),
        Key(("V",), words.KEY_CAMERA, do.toggle_virtual_camera),
        Key(("S",), words.KEY_STAGE, do.toggle_stage),
        Key(("F11",), words.KEY_FULL_SCREEN, window.stage.toggle_full_screen),
        Key(("Space",), words.KEY_PAUSE, partial(_space, window)),
        Key(("P",), words.KEY_PROMPT, partial(_type_prompt, window)),
        *(
            Key((key,), words.key_tool(words.TOOLS[tool][0]), partial(editor.choose, tool))
            for tool, key in TOOL_KEYS.items()
        ),
        Key(("M",), words.KEY_MASK, partial(_toggle_mask_view, window)),
        Key(("Ctrl+Z",), words.KEY_UNDO, partial(_undo, window)),
        Key(("Ctrl+Shift+Z", "Ctrl+Y"), words.KEY_REDO, window.steps.redo),
        Key(("I",), words.KEY_INVERT, editor.invert),
        Key(("Del",), words.KEY_CLEAR, editor.clear_tool),
        Key(("[",), words.KEY_SMALLER, partial(editor.scale_brush, 1 / BRUSH_STEP)),
        Key(("]",), words.KEY_LARGER, partial(editor.scale_brush, BRUSH_STEP)),
        Key(("Ctrl+D",), words.KEY_DEFAULT, _to_default),
        Key(("0",), words.KEY_WHOLE, window.program.preview.fit_whole),
        Key(("T",), words_hud.KEY_TAP, do.tap_tempo),
        Key(("Shift+T",), words_hud.KEY_BEAT_NOW, do.beat_now),
        Key((",",), words_hud.KEY_NUDGE, partial(do.nudge_beat, -NUDGE)),
        Key((".",), words_hud.KEY_NUDGE, partial(do.nudge_beat, NUDGE)),
        Key(("Shift+H", "F8"), words_hud.KEY_HUD, lambda: window.hud.toggle()),
        Key(("F10",), words_hud.KEY_CANVAS_ALONE, window.toggle_panels),
        Key(("H",), words_hud.KEY_LOG, window.messages.log.toggle),
        Key(("F1",), words.KEY_KEYS, lambda: window.key_list.toggle()),
        Key(("Ctrl+Q",), words.KEY_QUIT, window.close),
    )


def _space(window: MainWindow) -> None:
    """It moves the canvas where that is enlarged and under the pointer; else, and where it moved nothing, the clip
    is paused."""
    if not window.program.preview.take_hold():
        window.performer.toggle_pause()


def _to_default() -> None:
    """Of the innermost value round what has the focus; nothing where that has none."""
    part = QApplication.focusWidget()
    while part is not None:
        if isinstance(part, WITH_DEFAULT):
            part.reset()
            return
        part = part.parentWidget()


def _undo(window: MainWindow) -> None:
    """What is being drawn is not there yet: it is given up; else the last step is taken back."""
    if not window.program.preview.give_up():
        window.steps.undo()


def _toggle_mask_view(window: MainWindow) -> None:
    window.program.bar.show_("output" if window.program.preview.shown == "mask" else "mask")


def _type_prompt(window: MainWindow) -> None:
    window.activateWindow()
    window.look.open()
    window.look.prompt.setFocus(Qt.FocusReason.ShortcutFocusReason)
    window.look.prompt.selectAll()
