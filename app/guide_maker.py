"""GuideMaker: each captured picture becomes what the engine is handed, with its guide, for program and audition.

What the rig's controls thread does. Tells how the controls fare, and lets the window see what they were given and what
they draw. Knows no device, no engine's host and no output.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

from app.audition import Audition
from app.audition_guides import AuditionGuides
from app.frame import Frame, GuidedFrame, Pixels
from app.input_reader import Reading
from app.journal.camera_pictures import CameraPictures
from app.latency import LatencyMeter
from app.look import Setup, SourceChoice
from app.mailbox import Inbox, Latest
from app.meter import timing_of
from app.morph import Morph, in_force
from app.output_size import output_size
from app.preprocessor import Preprocessor
from app.repeats import Repeats
from app.show import Show
from app.status import ControlStatus, Thumbnails
from app.words import show as words
from controls.stack import Guide
from engine.params import EngineChoice

log = logging.getLogger(__name__)

_RUNS = 30
"""What controls take is told of so many runs, so that it follows what the performer does."""


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """A source picture, the cut counts it was captured under, and the number of the source it came from.

    audition_epoch: the cut count of the edited look, which is the auditioned one while there is one.
    """

    frame: Frame
    epoch: int
    source: int
    audition_epoch: int


class GuideMaker:
    """``follow`` on a thread of its own; all else on any.

    view, thumbnails: of the edited look's guides, for the window. skipped: pictures that nobody had time for, so far.
    """

    def __init__(
        self,
        show: Show,
        playing: Callable[[], EngineChoice | None],
        audition: Callable[[], Audition | None],
        structure: Callable[[Setup], Reading | None],
        inbox: Inbox,
        latency: LatencyMeter,
        morph: Morph,
        say: Callable[[str, str], object],
        behind: Callable[[], bool],
    ) -> None:
        """playing: which engine's size guides have; None = the one that is wished for. structure: the second input's
        newest picture. inbox: where the program's pictures wait. morph: the program's. say: takes level and sentence.
        behind: whether the journal does not keep up.
        """
        self._show, self._playing, self._audition, self._structure = show, playing, audition, structure
        self._inbox, self._latency, self._morph, self._say = inbox, latency, morph, say
        self.view: Latest[Frame] = Latest()
        self.thumbnails: Latest[Thumbnails] = Latest()
        self.skipped = 0
        self._camera_pictures = CameraPictures(behind)
        self._program_views, self._audition_views = Repeats[Pixels](), Repeats[Pixels]()
        self._ms: dict[str, deque[float]] = {}
        self._rates: dict[str, int] = {}
        self._troubles: dict[str, str] = {}
        self._unseen_troubles: dict[str, str] = {}
        self._told_loading = False

    def status(self) -> dict[str, ControlStatus]:
        """How each control of the edited look fares."""
        troubles, rates = dict(self._troubles), dict(self._rates)
        return {
            name: ControlStatus(timing_of(list(ms)), troubles.get(name, ""), rates.get(name, 1))
            for name, ms in list(self._ms.items())
        }

    def follow(
        self, pictures: Latest[Captured], stopping: threading.Event, worker: Executor, audition: AuditionGuides
    ) -> None:
        """Work on the newest of ``pictures``, until ``stopping`` is set. worker: where slow controls run."""
        seen, folder, preprocessor = 0, "", Preprocessor(worker=worker)
        source: int = 0
        second: SourceChoice | None = None
        while not stopping.is_set():
            number, captured = pictures.wait(seen, timeout=0.1)
            if captured is None or number == seen:
                continue
            self.skipped += max(0, number - seen - 1) if seen else 0
            seen = number
            setup = self._show.setup
            if folder != setup.model_folder:
                preprocessor.close()
                folder = setup.model_folder
                preprocessor = Preprocessor(Path(folder) if folder else None, worker)
            structure = self._structure(setup)
            choice = None if structure is None else structure.choice
            # Where a second input comes or goes, the stack forgets by itself what it has to.
            if captured.source != source or (choice is not None and second is not None and choice != second):
                preprocessor.reset()  # nothing of the last source's pictures belongs into this one's guides
                audition.reset()
            source, second = captured.source, choice
            try:
                other = None if structure is None else structure.frame
                self._make_guide(captured, other, preprocessor, audition, setup)
            except Exception:  # a picture that cannot be worked on is dropped; the next one may do
                log.exception("A picture was dropped")
                self.skipped += 1
        preprocessor.close()
        audition.close()

    def _make_guide(
        self,
        captured: Captured,
        structure: Frame | None,
        preprocessor: Preprocessor,
        audition_guides: AuditionGuides,
        setup: Setup,
    ) -> None:
        begun = time.perf_counter()
        setup = replace(setup, engine=self._playing() or setup.engine)
        frame, audition = captured.frame, self._audition()
        looks = in_force(self._show.looks, self._morph, None if audition is None else audition.morph)
        guided, guide = preprocessor.guided(frame, looks.program, setup, captured.epoch, structure=structure)
        program = (_to_wait(guided, setup, self._program_views), guide)
        self._latency.guided(program[0].time, begun, time.perf_counter())
        journal = setup.recorder.on and setup.recorder.journal
        self._inbox.put(self._camera_pictures.beside(program[0], frame, structure) if journal else program[0])
        if audition is None:
            audition_guides.close()
            self._publish(program, frame)
            return
        epoch = captured.audition_epoch
        edited = audition_guides.guided(audition, looks, program, frame, setup, epoch, structure)
        if edited is not None:
            audition.inbox.put(_to_wait(edited[0], setup, self._audition_views))
            self._publish(edited, frame)
        if edited is None or edited[1] is not program[1]:
            self._tell_unseen(program[1])

    def _publish(self, edited: tuple[GuidedFrame, Guide], frame: Frame) -> None:
        """Let the window see what the edited look's guide was made from and what it is."""
        guided, guide = edited
        self._tell_troubles(guide)
        self._tell_loading(guide)
        self.view.put(Frame(guided.source, guided.time))
        height, width = frame.rgb.shape[:2]
        self.thumbnails.put(Thumbnails(guide.parts, guide.rgb, guided.structure, (width, height), guided.mask))

    def _tell_troubles(self, guide: Guide) -> None:
        self._rates = dict(guide.every)
        known = self._ms
        self._ms = {name: known.get(name, deque(maxlen=_RUNS)) for name in guide.every}
        for name, ms in guide.ms.items():
            self._ms[name].append(ms)
        for name, sentence in guide.troubles.items():
            if self._troubles.get(name) != sentence:
                self._say("warning", sentence)
        self._troubles = dict(guide.troubles)

    def _tell_loading(self, guide: Guide) -> None:
        """Once, each time that people are asked for and not yet told from the rest."""
        if guide.people_awaited and not self._told_loading:
            self._say("info", words.PEOPLE_AWAITED)
        elif self._told_loading and guide.matte is not None:
            self._say("info", words.PEOPLE_FOUND)
        self._told_loading = guide.people_awaited

    def _tell_unseen(self, guide: Guide) -> None:
        """Of the program's controls, while the window shows those of an audition."""
        told = {*self._troubles.values(), *self._unseen_troubles.values()}
        for sentence in guide.troubles.values():
            if sentence not in told:
                self._say("warning", sentence)
        self._unseen_troubles = dict(guide.troubles)


def _to_wait(guided: GuidedFrame, setup: Setup, views: Repeats[Pixels]) -> GuidedFrame:
    """With no more of a large source than the outputs show, where they do not change before it is shown.

    views: of the same stream.
    """
    plate = guided.plate
    if plate is None:
        return guided
    return replace(guided, plate=plate.reduced(*output_size(setup, *plate.place.canvas, plate.detail), views))
