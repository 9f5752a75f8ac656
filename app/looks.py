"""The looks of a show, as one frozen value: what the outputs show, and what is tried out on the preview before it.

Knows no Qt and no threads: whoever reads ``Show.looks`` once has both as they belong together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.look import COUNTERS, Look, without_events


@dataclass(frozen=True)
class Arrival:
    """A look that was brought in as a whole. number: tells one from the next. chunks: over how many it comes, 0 = at
    once. look: as it was brought in; None = the stream began with what it has."""

    number: int = 0
    chunks: int = 0
    look: Look | None = None

    def followed_by(self, look: Look, chunks: int) -> Arrival:
        return Arrival(self.number + 1, chunks, look)


@dataclass(frozen=True)
class Looks:
    """program: what the outputs show. audition: what is tried out beside it; None = nothing is.

    auditions: how many have begun so far, which tells one from the next. arrival, audition_arrival: how what was last
    brought in comes; both looks say where to. The treatment is the outputs' own and is the same in both looks: blackout
    acts at once, whatever is being tried out.
    """

    program: Look = Look()
    audition: Look | None = None
    auditions: int = 0
    arrival: Arrival = Arrival()
    audition_arrival: Arrival = Arrival()

    @property
    def edited(self) -> Look:
        """What the performer's hands are on."""
        return self.program if self.audition is None else self.audition

    def with_edited(self, look: Look) -> Looks:
        """``look`` in place of the edited one. Counters never go back: an old cut would revive flushed frames."""
        look = _counted(look, self.edited)
        if self.audition is None:
            return replace(self, program=look)
        return replace(self, program=replace(self.program, treatment=look.treatment), audition=look)

    def with_program(self, look: Look) -> Looks:
        """``look`` in place of what the outputs show, whatever is edited."""
        return replace(self, program=_counted(look, self.program))

    def with_brought_in(self, look: Look, chunks: int) -> Looks:
        """The same as a whole, which comes over ``chunks``."""
        looks = self.with_edited(look)
        if looks.audition is None:
            return replace(looks, arrival=self.arrival.followed_by(looks.program, chunks))
        return replace(looks, audition_arrival=self.audition_arrival.followed_by(looks.audition, chunks))

    def begun(self) -> Looks:
        """With an audition, which starts from the program."""
        if self.audition is not None:
            return self
        return replace(self, audition=self.program, auditions=self.auditions + 1, audition_arrival=Arrival())

    @property
    def untouched(self) -> bool:
        """Whether the audition is as the program is, but for seeds that have walked, and events that are over."""
        audition, program = self.audition, self.program
        if audition is None or audition.seed_walk != program.seed_walk:
            return False
        walked = program.params.seed if program.seed_walk.on else audition.params.seed
        walked_too = replace(audition, params=replace(audition.params, seed=walked))
        return without_events(walked_too) == without_events(program)

    def taken(self, look: Look, chunks: int | None = None) -> Looks:
        """``look`` as the program, and the end of the audition. chunks: over how many it comes; None = as a hand's."""
        program = _counted(look, self.program)
        arrival = self.arrival if chunks is None else self.arrival.followed_by(program, chunks)
        return replace(self, program=program, audition=None, arrival=arrival)

    def dropped(self) -> Looks:
        """The program as it is, and the end of the audition."""
        return replace(self, audition=None)


def _counted(look: Look, before: Look) -> Look:
    new, old = look.params, before.params
    counters = {name: max(getattr(new, name), getattr(old, name)) for name in COUNTERS}
    return replace(look, params=replace(new, **counters))
