"""The modes of a look: what a performer can ask for beyond prompt, controls, seed and steps. Named shortly, and undone.

Pure functions of a Look. Knows no widgets, no files and no engine.
"""

from __future__ import annotations

from dataclasses import replace

from app.look import Look
from app.words import modes as words
from engine.params import Params


def modes_of(look: Look, film_of_masks: bool = False) -> tuple[str, ...]:
    """What is on, each in a word or two; nothing of a look as it is by default.

    film_of_masks: whether masks from a film take the place of the look's.
    """
    params = look.params
    mask, invert = film_of_masks or look.mask is not None, look.invert_mask
    people, background = words.PEOPLE, words.BACKGROUND
    if mask:
        people, background = (words.WITH_MASK[who, look.mask_join] for who in ("person", "background"))
    named = (
        (mask, words.MASK_INVERTED if invert else words.MASK),
        (look.repainted == "person", people),
        (look.repainted == "background", background),
        (invert and not mask, words.INVERTED_NO_MASK),
        (look.unguided, words.UNGUIDED),
        (bool(look.expand), words.EXPAND),
        (not params.composite, words.NO_COMPOSITE),
        (bool(look.layout), words.boxes(look.layout)),
        (bool(params.references), words.references(params.references, params.reference_mode)),
        (params.first_frame is not None, words.FIRST_FRAME),
        (params.last_frame is not None, words.LAST_FRAME),
        (params.strength < 1.0, words.strength(params.strength)),
        (bool(params.more_prompts), words.more_prompts(params.more_prompts, params.blend)),
        (bool(params.loras), words.loras(params.loras)),
    )
    return tuple(name for on, name in named if on)


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
        unguided=default.unguided,
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
