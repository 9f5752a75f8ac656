"""Show: the only writer of the current Look and Setup. Widgets, keys and later MIDI ask it; everyone else reads.

Lives on the GUI thread. Other threads read ``looks`` and ``setup``, whole frozen values behind one reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.due_frames import brought_back, given
from app.due_frames import taken as taken_frames
from app.expand import Expand
from app.look import Look, OutputSize, Setup, Treatment, from_json, to_json, without_events
from app.look_history import ENGINE_SIZE, OUTPUT_SIZE, Back, Fired, LookHistory
from app.looks import Looks
from app.modes import without_modes
from app.safe_write import swapped_in
from app.seed_walk import seed_after
from controls.control import ControlSetting
from controls.layout import Box
from controls.regions import Join, Repainted
from engine.params import Picture, WeightedPrompt

_HELD_MS = 50
"""How often a hand that has changed something is looked at, whether it still holds it."""


class Show(QObject):
    """The performer's settings. Setters take the fields of the frozen values by name and check their ranges.

    A change that changes nothing is not announced. ValueError of a value out of range reaches the caller, and the
    look stays as it was.

    ``look`` is what is edited, ``program`` what the outputs show. They are one and the same but for the time of an
    audition: then setters, cues and undo change the look that is tried out, and the treatment alone acts on both.

    What a hand does is a step that can be taken back, painting, cues and all; an audition has steps of its own, which
    end with it, and taking it is one step of the program's. The sizes of engine and outputs are neither look's: what
    was done to them in an audition is taken back behind it as well.
    """

    look_changed = Signal(object)
    """The edited look."""
    looks_changed = Signal(object)
    """The edited look, the program, or which of them is edited."""
    look_switching = Signal()
    """Another look is about to be edited: whoever still holds a change of this one must ask for it now."""
    look_coming = Signal()
    """A whole look is about to come in place of the edited one, by a cue: whoever still holds a change of this one, as
    a stroke or what is typed, must ask for it now."""
    setup_changed = Signal(object)
    history_changed = Signal()
    """Whether there is a step to take back, or one to do again."""
    fired_again = Signal(object)
    """A step back or forth: the cue of this number is the one that was fired last; None = none is."""

    def __init__(self, look: Look | None = None, setup: Setup | None = None) -> None:
        super().__init__()
        self._looks = Looks(look or Look())
        self._setup = setup or Setup()
        self._is_down: Callable[[], bool] = lambda: False
        self._held = QTimer(self, interval=_HELD_MS)
        self._held.timeout.connect(self._look_at_hand)
        self._numbers = count(1)
        self._audition_began = 0
        self._program_steps = self._steps()
        self._audition_steps = self._steps()
        self._size_steps = LookHistory(number_step=self.number_step)
        self._told_history = (False, False)

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

    def set_look(self, look: Look, *, step: bool = True) -> None:
        """Edit: all at once. The counters never go back, whatever a stored look says.

        step: whether a hand did it, which makes it a step of its own; else nobody can take it back, as with what goes
        on by itself.
        """
        self._edit(look, step=step, joins=False)

    # steps back

    @property
    def can_undo(self) -> bool:
        return self.done > self._began

    @property
    def can_redo(self) -> bool:
        return self.undone is not None

    @property
    def done(self) -> int:
        """The number of the last step that is not taken back; of an audition without one, that of its beginning."""
        return max(self._began, *(steps.done for steps in self._lines))

    @property
    def undone(self) -> int | None:
        """When the step that can be done again was taken back, in the order of all steps; None where there is none."""
        return max((undone for steps in self._lines if (undone := steps.undone or 0) > self.newest), default=None)

    @property
    def newest(self) -> int:
        """The number of the last step that was made, taken back or not; in an audition not less than its beginning."""
        return max(self._began, self._program_steps.newest, *(steps.newest for steps in self._lines))

    def number_step(self) -> int:
        """For a step of something else than the looks, as of the cues, and for each taking back of one: its number in
        the order of all steps."""
        self._history.settle()
        return next(self._numbers)

    def undo(self) -> Back | None:
        """Take back what a hand did last to the edited look, or to a size; None where there is nothing."""
        last = max(self._lines, key=lambda steps: steps.done)
        return self._go(last.undo(self.look)) if self.can_undo else None

    def redo(self) -> Back | None:
        """Do again what was taken back last."""
        last = max(self._lines, key=lambda steps: steps.undone or 0)
        return self._go(last.redo(self.look)) if self.can_redo else None

    def begin_step(self) -> None:
        """Until ``end_step``, changes of the same kind are one step: a stroke, a drag on the canvas."""
        self._history.begin()

    def end_step(self) -> None:
        self._history.end()

    def watch_hand(self, is_down: Callable[[], bool]) -> None:
        """is_down: whether a hand holds something, as it holds a fader that it drags; what it does until it lets go is
        one step."""
        self._is_down = is_down

    def _look_at_hand(self) -> None:
        if not self._is_down():
            self._held.stop()
            for steps in (self._program_steps, self._audition_steps):
                steps.let_go()

    @property
    def _history(self) -> LookHistory:
        return self._program_steps if self._looks.audition is None else self._audition_steps

    @property
    def _lines(self) -> tuple[LookHistory, LookHistory]:
        """Of the edited look, and of the sizes of engine and outputs."""
        return self._history, self._size_steps

    @property
    def _began(self) -> int:
        """The number of the audition's beginning, behind which no step goes back in it; 0 = there is none."""
        return 0 if self._looks.audition is None else self._audition_began

    def _steps(self) -> LookHistory:
        return LookHistory(is_down=lambda: self._is_down(), number_step=self._numbers.__next__)

    def _go(self, step: Back | None) -> Back | None:
        if step is None:
            return None
        look = brought_back(step.look, self.look, fired=bool(step.fired))
        self._change(self._looks.with_edited(look))
        if step.size is not None:
            self.set_setup(engine=replace(self._setup.engine, width=step.size[0], height=step.size[1]))
        if step.output is not None:
            self.set_setup(output_size=OutputSize(*step.output))
        for number in step.fired:
            self.fired_again.emit(number)
        return step

    def _edit(self, look: Look, *, step: bool = True, joins: bool = True) -> None:
        looks = self._looks.with_edited(given(look, self.look))
        if step:
            self._history.note(self.look, looks.edited, joins=joins)
            if self._is_down() and not self._held.isActive():
                self._held.start()
        self._change(looks)

    # program and audition

    def settled_look(self) -> Look:
        """The edited one, with all that hands hold of it, before another comes in its place."""
        self.look_coming.emit()
        return self.look

    def bring_in(self, look: Look, chunks: int, fired: Fired | None = None) -> None:
        """The same, coming over so many of the engine's chunks; 0 = at once. See ``app.morph``.

        fired: the cues that were fired last, before and with this: a step back takes that back as well.
        """
        looks = self._looks.with_brought_in(look, chunks)
        self._history.note(self.look, looks.edited, joins=False, fired=fired)
        self._change(looks)

    def begin_audition(self) -> None:
        """From here on a copy of the program is edited, and nothing of it is on the outputs."""
        self._let_go()
        if self._looks.audition is None:
            self._audition_steps = self._steps()
            self._audition_began = next(self._numbers)
        self._change(self._looks.begun())

    def take(
        self,
        bring: Callable[[Look, Look], Look] | None = None,
        chunks: int | None = None,
        fired: Fired | None = None,
    ) -> None:
        """The auditioned look becomes the program, and the audition ends.

        bring: makes of it and of the program what comes, its transition for example; None = it comes at once, without
        a cut. chunks: over how many it comes; None = words over as many as the look says, all else at once.
        fired: see ``bring_in``. The audition's own cuts are no cuts of the program; its first and last frame
        are painted where the program has others.
        """
        self._let_go()
        look, program = self._looks.audition, self._looks.program
        if look is not None:
            look = taken_frames(look, program)
            uncut = replace(look.params, cut=program.params.cut, soft_cut=program.params.soft_cut)
            look = replace(look, params=uncut)
            taken = self._looks.taken(look if bring is None else bring(look, program), chunks)
            self._program_steps.note(program, taken.program, joins=False, fired=fired, taken=True)
            self._change(taken)

    def drop_audition(self) -> None:
        """The program is edited again, as it is."""
        self._let_go()
        self._change(self._looks.dropped())

    def refuse_audition(self, number: int) -> None:
        """Audition ``number`` cannot be painted. It ends, unless something has been changed in it already.

        That is not thrown away, and hands that believe to be beside the show must not land in it.
        """
        self._let_go()
        looks = self._looks
        if looks.auditions == number and looks.untouched:
            self._change(looks.dropped())

    def _let_go(self) -> None:
        """Of the look that is edited: another one comes."""
        self.look_switching.emit()
        self.end_step()

    def _change(self, looks: Looks) -> None:
        before, self._looks = self._looks, looks
        history = (self.can_undo, self.can_redo)
        if history != self._told_history:
            self._told_history = history
            self.history_changed.emit()
        if looks == before:
            return
        if looks.edited != before.edited:
            self.look_changed.emit(looks.edited)
        self.looks_changed.emit(self._looks)

    # the room

    def set_setup(self, **changes: Any) -> None:
        setup = replace(self._setup, **changes)
        if setup != self._setup:
            self._setup = setup
            self.setup_changed.emit(setup)

    def set_engine_size(self, width: int, height: int) -> None:
        """Of the pictures that the engine paints: a step, as what is done to the look. See ``EngineChoice``."""
        before = self._setup.engine
        engine = replace(before, width=width, height=height)
        if engine != before:
            self._size_steps.note_size(ENGINE_SIZE, (before.width, before.height), (width, height))
            self.set_setup(engine=engine)
            self.history_changed.emit()

    def set_output_size(self, width: int, height: int) -> None:
        """Of the pictures that the outputs get, a step as well; 0 x 0 = by itself. See ``OutputSize``."""
        before, size = self._setup.output_size, OutputSize(width, height)
        if size != before:
            self._size_steps.note_size(OUTPUT_SIZE, (before.width, before.height), (width, height))
            self.set_setup(output_size=size)
            self.history_changed.emit()

    # the look, part by part

    def set_params(self, **changes: Any) -> None:
        self._edit(replace(self.look, params=replace(self.look.params, **changes)))

    def set_prompts(self, prompts: Sequence[WeightedPrompt]) -> None:
        """All prompts with their weights, the first of them ``Params.prompt``; none at all is an empty one.

        The weight of a lone prompt says nothing, so it is 1.
        """
        first, *more = prompts or (WeightedPrompt(""),)
        weight = first.weight if more else 1.0
        self.set_params(prompt=first.text, prompt_weight=weight, more_prompts=tuple(more))

    def set_seed_walk(self, **changes: Any) -> None:
        """on, every_s, every_beats, unit: see ``SeedWalk``."""
        self._edit(replace(self.look, seed_walk=replace(self.look.seed_walk, **changes)))

    def next_seed(self, *, step: bool = True) -> None:
        """Of the edited look. step: see ``set_look``."""
        params = replace(self.look.params, seed=seed_after(self.look.params.seed))
        self._edit(replace(self.look, params=params), step=step)

    def next_program_seed(self) -> None:
        """Of what the outputs show, also while another look is edited."""
        self._set_program_params(seed=seed_after(self.program.params.seed))

    def cut_program(self) -> None:
        """A hard cut of what the outputs show, also while another look is edited."""
        self._set_program_params(cut=self.program.params.cut + 1)

    def _set_program_params(self, **changes: Any) -> None:
        program = self.program
        self._change(self._looks.with_program(replace(program, params=replace(program.params, **changes))))

    def set_control(self, name: str, **changes: Any) -> None:
        """Change the control called ``name``, adding it behind the others when the look does not have it yet."""
        self._edit(_with_control(self.look, name, **changes))

    def set_mask(self, mask: Picture | None, *, invert: bool = False) -> None:
        """Which parts are repainted: see ``Look.mask``. invert: those that the mask would keep."""
        self._edit(replace(self.look, mask=mask, invert_mask=invert))

    def set_mask_shape(self, **changes: float) -> None:
        """How the mask grows and fades: see ``MaskShape``."""
        self._edit(replace(self.look, mask_shape=replace(self.look.mask_shape, **changes)))

    def set_repainted(self, repainted: Repainted, join: Join | None = None) -> None:
        """Whether all is repainted, people alone, or all but people. join: with a mask; None = as it is."""
        self._edit(replace(self.look, repainted=repainted, mask_join=join or self.look.mask_join))

    def set_expand(self, expand: Expand) -> None:
        """How much is painted on around the source."""
        self._edit(replace(self.look, expand=expand))

    def set_layout(self, boxes: tuple[Box, ...]) -> None:
        """The boxes that the control ``layout`` draws, which is on once there are any, and off once there are none.
        The same ones again leave it as it is."""
        if boxes == self.look.layout:
            return
        self._edit(replace(_with_control(self.look, "layout", on=bool(boxes)), layout=boxes))

    def clear_modes(self) -> None:
        """Take back every mode that is on, from the mask to the LoRAs: see ``app.modes``. All else stays."""
        self.set_look(without_modes(self.look))

    def set_treatment(self, treatment: Treatment) -> None:
        self._edit(replace(self.look, treatment=treatment))

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
    write_state(show.program, show.setup, path)


def write_state(look: Look, setup: Setup, path: Path) -> None:
    """The same of these two values, on any thread. OSError where it cannot be done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {"version": 1, "look": to_json(look), "setup": to_json(setup)}  # what is no Unicode stays, as an escape
    with swapped_in(path) as file:
        file.write(json.dumps(state, indent=1).encode())


def load_state(path: Path) -> tuple[Look, Setup] | None:
    """What ``save_state`` kept. Outputs and treatments start off: nothing goes on air by itself.

    None where there is no such file, or a damaged one: a show must start all the same.
    """
    try:
        state = json.loads(path.read_text("utf-8"))
        look, setup = from_json(Look, state["look"]), from_json(Setup, state["setup"])
    except Exception:  # noqa: BLE001 - such as a list in a list, a thousand deep: there are more ways than can be named
        return None
    # A last frame is an event, not a state: it was reached in the last show.
    look = without_events(look)
    look = replace(look, treatment="live", params=replace(look.params, last_frame=None))
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
