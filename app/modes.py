"""The modes of a look: what a performer can ask for beyond prompt, controls, seed and steps. Named shortly, and undone.

Pure functions of a Look. Knows no widgets, no files and no engine.
"""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import replace

from app.look import Look
from engine.params import Params


def modes_of(look: Look, film_of_masks: bool = False) -> tuple[str, ...]:
    """What is on, each in a word or two; nothing of a look as it is by default.

    film_of_masks: whether masks from a film take the place of the look's.
    """
    params = look.params
    mask, invert = film_of_masks or look.mask is not None, look.invert_mask
    join = " or " if mask and look.mask_join == "either" else ""
    named = (
        (mask, "mask, inverted" if invert else "mask"),
        (look.repainted == "person", f"{join}people repainted".strip()),
        (look.repainted == "background", f"{join}background repainted".strip()),
        (invert and not mask, "inverted mask, none given"),
        (bool(look.expand), "expand"),
        (not params.composite, "no composite"),
        (bool(look.layout), _count(look.layout, "box", "boxes")),
        (bool(params.references), f"{_count(params.references, 'reference')} ({params.reference_mode})"),
        (params.first_frame is not None, "first frame"),
        (params.last_frame is not None, "last frame"),
        (params.strength < 1.0, f"strength {params.strength:.2f}"),
        (bool(params.more_prompts), f"{_count(params.more_prompts, 'more prompt')} ({params.blend})"),
        (bool(params.loras), _count(params.loras, "LoRA")),
    )
    return tuple(words for on, words in named if on)


def without_modes(look: Look) -> Look:
    """``look`` with all that ``modes_of`` names, and what belongs to it, as it is by default; the rest as it was.

    The control that draws the boxes goes off with them.
    """
    default = Look()
    controls = tuple(
        replace(control, on=False) if look.layout and control.name == "layout" else control for control in look.controls
    )
    return replace(
        look,
        params=_plain(look.params),
        controls=controls,
        mask=default.mask,
        invert_mask=default.invert_mask,
        mask_shape=default.mask_shape,
        repainted=default.repainted,
        mask_join=default.mask_join,
        expand=default.expand,
        layout=default.layout,
    )


def _plain(params: Params) -> Params:
    default = Params()
    return replace(
        params,
        prompt_weight=default.prompt_weight,
        more_prompts=default.more_prompts,
        blend=default.blend,
        strength=default.strength,
        references=default.references,
        reference_mode=default.reference_mode,
        first_frame=default.first_frame,
        last_frame=default.last_frame,
        composite=default.composite,
        loras=default.loras,
    )


def _count(things: Sized, one: str, many: str = "") -> str:
    return f"1 {one}" if len(things) == 1 else f"{len(things)} {many or one + 's'}"
