"""Which of a look's first and last frame are still to be painted: those that a hand gives, once, and a fired cue's.

What a step back brings into the look again is there to be kept and fired, and is not painted: see
``Params.frames_done``. Knows no Show and no engine.
"""

from __future__ import annotations

from dataclasses import replace

from app.look import Look
from engine.params import Picture

Frames = tuple[Picture | None, Picture | None]


def frames_of(look: Look) -> Frames:
    """The first and the last one."""
    return look.params.first_frame, look.params.last_frame


def given(look: Look, before: Look) -> Look:
    """``look``, made of ``before`` by a hand: a frame that is another one now is to be painted."""
    pairs = zip(frames_of(look), frames_of(before), look.params.frames_done, strict=True)
    return _with_done(look, [done if frame == old else None for frame, old, done in pairs])


def brought_back(look: Look, before: Look, *, fired: bool) -> Look:
    """``look``, made of ``before`` by a step back or forth: no frame that it brings is to be painted.

    fired: whether the step fires a cue, or takes that back. Then the frames of both looks may be the same ones, and the
    cue's not painted yet: none at all is to be.
    """
    pairs = zip(frames_of(look), frames_of(before), look.params.frames_done, strict=True)
    return _with_done(look, [done if frame == old and not fired else frame for frame, old, done in pairs])


def taken(look: Look, program: Look) -> Look:
    """``look``, auditioned and now to be the program: a frame that the program has not is to be painted, and those of a
    cue that was fired, which the program may have. A cue that was taken back has left nothing that is due."""
    look = given(look, program)
    due = any(
        frame is not None and frame != done
        for frame, done in zip(frames_of(look), look.params.frames_done, strict=True)
    )
    fired = look.params.frames_again != program.params.frames_again
    return replace(look, params=replace(look.params, frames_again=program.params.frames_again + (fired and due)))


def _with_done(look: Look, done: list[Picture | None]) -> Look:
    first, last = done
    return replace(look, params=replace(look.params, frames_done=(first, last)))
