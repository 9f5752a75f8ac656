"""AuditionGuides: the controls thread's part of an audition. The auditioned look may ask for other guides.

Where it does not, the program's guides serve both and cost nothing. Where it does, a second set of controls works, on
as many pictures as the engine takes for the audition and no more. Used by the controls thread alone.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from app.audition import Audition
from app.frame import Frame, GuidedFrame
from app.look import Look, Setup
from app.looks import Looks
from app.preprocessor import Preprocessor
from controls.stack import Guide


class AuditionGuides:
    """Its controls are made when a look first needs them, and given back by ``close``."""

    def __init__(self, worker: Executor) -> None:
        """worker: where slow controls run; not the program's, whose guides must not wait for these."""
        self._worker = worker
        self._preprocessor: Preprocessor | None = None
        self._folder = ""

    def guided(
        self,
        audition: Audition,
        looks: Looks,
        program: tuple[GuidedFrame, Guide],
        frame: Frame,
        setup: Setup,
        epoch: int,
        structure: Frame | None,
    ) -> tuple[GuidedFrame, Guide] | None:
        """``frame`` for the audition: see ``Preprocessor.guided``. None where the engine needs none of it.

        program: what the program was given of the same picture. epoch: the auditioned look's, when it was captured.
        """
        look = audition.look(looks)
        if look is None:
            return None
        if _alike(look, looks.program):
            guided, guide = program
            return replace(guided, epoch=epoch), guide
        if not audition.demand.wants(frame.time):
            return None
        if self._folder != setup.model_folder:
            self.close()
        if self._preprocessor is None:
            self._folder = setup.model_folder
            self._preprocessor = Preprocessor(Path(self._folder) if self._folder else None, self._worker)
        return self._preprocessor.guided(frame, look, setup, epoch, structure=structure)

    def reset(self) -> None:
        """Forget all earlier pictures: see ``Preprocessor.reset``."""
        if self._preprocessor is not None:
            self._preprocessor.reset()

    def close(self) -> None:
        """Give all back: the audition is over."""
        if self._preprocessor is not None:
            self._preprocessor.close()
            self._preprocessor = None


def _alike(one: Look, other: Look) -> bool:
    """Whether both looks ask for the same guides and masks: what the engine is asked for plays no part in them."""
    return replace(one, params=other.params, treatment=other.treatment) == other
