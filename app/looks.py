"""The looks of a show, as one frozen value: what the outputs show, and what is tried out on the preview before it.

Knows no Qt and no threads: whoever reads ``Show.looks`` once has both as they belong together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.look import Look


@dataclass(frozen=True)
class Looks:
    """program: what the outputs show. audition: what is tried out beside it; None = nothing is.

    auditions: how many have begun so far, which tells one from the next. The treatment is the outputs' own and is the
    same in both looks: blackout acts at once, whatever is being tried out.
    """

    program: Look = Look()
    audition: Look | None = None
    auditions: int = 0

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

    def begun(self) -> Looks:
        """With an audition, which starts from the program."""
        if self.audition is not None:
            return self
        return replace(self, audition=self.program, auditions=self.auditions + 1)

    def taken(self, look: Look) -> Looks:
        """``look`` as the program, and the end of the audition."""
        return replace(self, program=_counted(look, self.program), audition=None)

    def dropped(self) -> Looks:
        """The program as it is, and the end of the audition."""
        return replace(self, audition=None)


def _counted(look: Look, before: Look) -> Look:
    new, old = look.params, before.params
    params = replace(new, cut=max(new.cut, old.cut), soft_cut=max(new.soft_cut, old.soft_cut))
    return replace(look, params=params)
