"""Show: the only writer of the current Look and Setup. Widgets, keys and later MIDI ask it; everyone else reads.

Lives on the GUI thread. Other threads read ``looks`` and ``setup``, whole frozen values behind one reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.expand import Expand
from app.look import Look, Setup, Treatment, from_json, to_json
from app.looks import Looks
from app.modes import without_modes
from app.seed_walk import seed_after
from controls.control import ControlSetting
from controls.layout import Box
from controls.regions import Join, Repainted
from engine.params import Picture, WeightedPrompt


class Show(QObject):
    """The performer's settings. Setters take the fields of the frozen values by name and check their ranges.

    A change that changes nothing is not announced. ValueError of a value out of range reaches the caller, and the
    look stays as it was.

    ``look`` is what is edited, ``program`` what the outputs show. They are one and the same but for the time of an
    audition: then setters, cues and undo change the look that is tried out, and the treatment alone acts on both.
    """

    look_changed = Signal(object)
    """The edited look."""
    looks_changed = Signal(object)
    """The edited look, the program, or which of them is edited."""
    look_switching = Signal()
    """Another look is about to be edited: whoever still holds a change of this one must ask for it now."""
    setup_changed = Signal(object)

    def __init__(self, look: Look | None = None, setup: Setup | None = None) -> None:
        super().__init__()
        self._looks = Looks(look or Look())
        self._setup = setup or Setup()

    @property
    def look(self) -> Look:
        """What is edited."""
        return self._looks.edited

    @property
    def program(self) -> Look:
        """What the outputs show."""
        return self._looks.program

    @property
    def looks(self) -> Looks:
        return self._looks

    @property
    def setup(self) -> Setup:
        return self._setup

    def set_look(self, look: Look) -> None:
        """Edit: all at once. The counters never go back, whatever a stored look says."""
        self._change(self._looks.with_edited(look))

    def begin_audition(self) -> None:
        """From here on a copy of the program is edited, and nothing of it is on the outputs."""
        self.look_switching.emit()
        self._change(self._looks.begun())

    def take(self, bring: Callable[[Look, Look], Look] | None = None) -> None:
        """The auditioned look becomes the program, and the audition ends.

        bring: makes of it and of the program what comes, its transition for example; None = it comes at once, without
        a cut. The audition's own cuts are no cuts of the program.
        """
        self.look_switching.emit()
        look, program = self._looks.audition, self._looks.program
        if look is not None:
            uncut = replace(look.params, cut=program.params.cut, soft_cut=program.params.soft_cut)
            look = replace(look, params=uncut)
            self._change(self._looks.taken(look if bring is None else bring(look, program)))

    def drop_audition(self) -> None:
        """The program is edited again, as it is."""
        self.look_switching.emit()
        self._change(self._looks.dropped())

    def refuse_audition(self, number: int) -> None:
        """Audition ``number`` cannot be painted. It ends, unless something has been changed in it already.

        That is not thrown away, and hands that believe to be beside the show must not land in it.
        """
        self.look_switching.emit()
        looks = self._looks
        if looks.auditions == number and looks.audition == looks.program:
            self._change(looks.dropped())

    def _change(self, looks: Looks) -> None:
        before, self._looks = self._looks, looks
        if looks == before:
            return
        if looks.edited != before.edited:
            self.look_changed.emit(looks.edited)
        self.looks_changed.emit(self._looks)

    def set_setup(self, **changes: Any) -> None:
        setup = replace(self._setup, **changes)
        if setup != self._setup:
            self._setup = setup
            self.setup_changed.emit(setup)

    def set_params(self, **changes: Any) -> None:
        self.set_look(replace(self.look, params=replace(self.look.params, **changes)))

    def set_prompts(self, prompts: Sequence[WeightedPrompt]) -> None:
        """All prompts with their weights, the first of them ``Params.prompt``; none at all is an empty one.

        The weight of a lone prompt says nothing, so it is 1.
        """
        first, *more = prompts or (WeightedPrompt(""),)
        weight = first.weight if more else 1.0
        self.set_params(prompt=first.text, prompt_weight=weight, more_prompts=tuple(more))

    def set_seed_walk(self, **changes: Any) -> None:
        """on, every_s: see ``SeedWalk``."""
        self.set_look(replace(self.look, seed_walk=replace(self.look.seed_walk, **changes)))

    def next_seed(self) -> None:
        self.set_params(seed=seed_after(self.look.params.seed))

    def set_control(self, name: str, **changes: Any) -> None:
        """Change the control called ``name``, adding it behind the others when the look does not have it yet."""
        self.set_look(_with_control(self.look, name, **changes))

    def set_mask(self, mask: Picture | None, *, invert: bool = False) -> None:
        """Which parts are repainted: see ``Look.mask``. invert: those that the mask would keep."""
        self.set_look(replace(self.look, mask=mask, invert_mask=invert))

    def set_mask_shape(self, **changes: float) -> None:
        """How the mask grows and fades: see ``MaskShape``."""
        self.set_look(replace(self.look, mask_shape=replace(self.look.mask_shape, **changes)))

    def set_repainted(self, repainted: Repainted, join: Join | None = None) -> None:
        """Whether all is repainted, people alone, or all but people. join: with a mask; None = as it is."""
        self.set_look(replace(self.look, repainted=repainted, mask_join=join or self.look.mask_join))

    def set_expand(self, expand: Expand) -> None:
        """How much is painted on around the source."""
        self.set_look(replace(self.look, expand=expand))

    def set_layout(self, boxes: tuple[Box, ...]) -> None:
        """The boxes that the control ``layout`` draws, which is on while there are any."""
        self.set_look(replace(_with_control(self.look, "layout", on=bool(boxes)), layout=boxes))

    def clear_modes(self) -> None:
        """Take back every mode that is on, from the mask to the LoRAs: see ``app.modes``. All else stays."""
        self.set_look(without_modes(self.look))

    def set_treatment(self, treatment: Treatment) -> None:
        self.set_look(replace(self.look, treatment=treatment))

    def toggle_treatment(self, treatment: Treatment) -> None:
        """Blackout, Freeze and Bypass: the first press switches it on (and the others off), the second back to live."""
        self.set_treatment("live" if self.look.treatment == treatment else treatment)

    def restart_source(self) -> None:
        """Open the source anew: a clip that is over plays again, a device gets another chance."""
        self.set_setup(restarts=self._setup.restarts + 1, paused=False)

    def restart_structure(self) -> None:
        """The same for the second input."""
        self.set_setup(structure_restarts=self._setup.structure_restarts + 1)

    def hard_cut(self) -> None:
        """Forget the past: cache, autoencoder memories and every frame still in a queue."""
        self.set_params(cut=self.look.params.cut + 1)

    def soft_cut(self) -> None:
        """Weigh the past down for a few chunks: see ``Params.soft_cut_chunks`` and ``soft_cut_past``."""
        self.set_params(soft_cut=self.look.params.soft_cut + 1)


def _with_control(look: Look, name: str, **changes: Any) -> Look:
    controls = list(look.controls)
    names = [control.name for control in controls]
    if name in names:
        index = names.index(name)
        controls[index] = replace(controls[index], **changes)
    else:
        controls.append(replace(ControlSetting(name, on=False), **changes))
    return replace(look, controls=tuple(controls))


def save_state(show: Show, path: Path) -> None:
    """Keep the program's look and the setup for the next run.

    Written beside and then swapped in, so that a crash leaves the old file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    state = {"version": 1, "look": to_json(show.program), "setup": to_json(show.setup)}
    beside.write_text(json.dumps(state, indent=1), "utf-8")
    beside.replace(path)


def load_state(path: Path) -> tuple[Look, Setup] | None:
    """What ``save_state`` kept. Outputs and treatments start off: nothing goes on air by itself.

    None where there is no such file, or a damaged one: a show must start all the same.
    """
    try:
        state = json.loads(path.read_text("utf-8"))
        look, setup = from_json(Look, state["look"]), from_json(Setup, state["setup"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # A last frame is an event, not a state: it was reached in the last show.
    look = replace(look, treatment="live", params=replace(look.params, cut=0, soft_cut=0, last_frame=None))
    setup = replace(
        setup,
        restarts=0,
        structure_restarts=0,
        paused=False,
        virtual_camera=replace(setup.virtual_camera, on=False),
        stage=replace(setup.stage, on=False),
        recorder=replace(setup.recorder, on=False, path=""),
    )
    return look, setup
