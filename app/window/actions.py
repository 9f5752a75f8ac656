"""What buttons and keys both do. Each one asks the Show; none of them knows a widget."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from app.expand import Expand
from app.look import Look, Setup, SourceChoice
from app.mask_combination import combination_of
from app.show import Show
from app.tempo import Taps


class Actions:
    """The performer's verbs on one Show."""

    def __init__(self, show: Show, clock: Callable[[], float] = time.perf_counter) -> None:
        """clock: tells when the tempo is tapped."""
        self._show, self._clock = show, clock
        self._taps = Taps()

    @property
    def setup(self) -> Setup:
        return self._show.setup

    def blackout(self) -> None:
        self._show.toggle_treatment("blackout")

    def freeze(self) -> None:
        self._show.toggle_treatment("freeze")

    def bypass(self) -> None:
        self._show.toggle_treatment("bypass")

    def hard_cut(self) -> None:
        self._show.hard_cut()

    def soft_cut(self) -> None:
        self._show.soft_cut()

    def clear_modes(self) -> None:
        self._show.clear_modes()

    def fill_mask(self) -> None:
        """What is painted is repainted."""
        self._mask_means()

    def keep_mask(self) -> None:
        """All but what is painted is."""
        self._mask_means(invert=True)

    def remove_mask(self) -> None:
        """What is painted is repainted, and no control counts in it: what is there leaves no trace."""
        self._mask_means(unguided=True)

    def replace_background(self) -> None:
        """All but people is repainted; what was painted is taken away until it is undone."""
        look = replace(self._show.look, mask=None, invert_mask=False, unguided=False, repainted="background")
        self._show.set_look(look)

    def keep_people(self) -> None:
        """Of what is painted, or of all where nothing is, people are kept."""
        self._show.set_look(replace(self._show.look, unguided=False, repainted="background", mask_join="both"))

    def expand_canvas(self) -> None:
        """A quarter of the source more at each side; nothing more where there is some already."""
        self._show.set_expand(Expand() if self._show.look.expand else Expand(0.25, 0.25, 0.25, 0.25))

    def _mask_means(self, *, invert: bool = False, unguided: bool = False) -> None:
        self._show.set_look(replace(self._show.look, invert_mask=invert, unguided=unguided, repainted="all"))

    def toggle_recording(self) -> None:
        recorder = self._show.setup.recorder
        self._show.set_setup(recorder=replace(recorder, on=not recorder.on))

    def toggle_virtual_camera(self) -> None:
        camera = self._show.setup.virtual_camera
        self._show.set_setup(virtual_camera=replace(camera, on=not camera.on))

    def toggle_stage(self) -> None:
        stage = self._show.setup.stage
        self._show.set_setup(stage=replace(stage, on=not stage.on))

    def tap_tempo(self) -> None:
        """A tap on the beat: two and more of them make the tempo."""
        tempo = self._taps.tap(self._clock())
        if tempo is not None:
            self._show.set_setup(tempo=tempo)

    def set_beats_per_minute(self, pace: float) -> None:
        """ValueError where it is not 20 to 300."""
        self._show.set_setup(tempo=self._show.setup.tempo.at_pace(pace, self._clock()))

    def beat_now(self) -> None:
        """The bar begins now."""
        self._show.set_setup(tempo=self._show.setup.tempo.from_now(self._clock()))

    def nudge_beat(self, beats: float) -> None:
        """Every beat comes earlier by so many beats, below 0 later."""
        self._show.set_setup(tempo=self._show.setup.tempo.nudged(beats))

    def toggle_pause(self) -> None:
        self._show.set_setup(paused=not self._show.setup.paused)

    def choose_source(self, source: SourceChoice) -> None:
        """A newly chosen source runs, for a pause belongs to the clip before it; the same one again starts anew."""
        if source == self._show.setup.source:
            self._show.restart_source()
            return
        paused = self._show.setup.paused and _same(source, self._show.setup.source)
        self._show.set_setup(source=source, paused=paused)

    def choose_structure(self, structure: SourceChoice | None) -> None:
        """What the controls see in place of the source, None for the source itself; the same one again starts anew."""
        if structure is not None and structure == self._show.setup.structure:
            self._show.restart_structure()
        else:
            self._show.set_setup(structure=structure)


def mask_verbs_of(look: Look) -> frozenset[str]:
    """Those verbs of the mask that say what ``look`` does, what is painted combined with people or not; two of them
    where they come to the same."""
    plain = not look.unguided and not look.invert_mask
    background = look.repainted == "background"
    painted = look.repainted == "all" or (look.mask is not None and combination_of(look) is not None)
    acting = {
        "fill_mask": painted and plain and look.mask is not None,
        "keep_mask": painted and look.invert_mask and not look.unguided,
        "remove_mask": painted and look.unguided and not look.invert_mask,
        "replace_background": background and plain and look.mask is None,
        "keep_people": background and not look.unguided and look.mask_join == "both",
        "expand_canvas": bool(look.expand),
    }
    return frozenset(verb for verb, acts in acting.items() if acts)


def _same(one: SourceChoice, other: SourceChoice) -> bool:
    return (one.kind, one.target) == (other.kind, other.target)
