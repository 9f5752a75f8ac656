"""The journal beside a running show: the engine's thread hands over each step, another thread writes it down.

Nobody waits for the disk. Where it is too slow, large pictures as they came are reduced first (``CameraPictures`` does
that), then they are left out, which only a replay at another size misses; then the journal ends, for a stream with a
gap can be painted no second time. The show and the recording go on either way. Starts no thread.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import OutputError
from app.frame import GuidedFrame, Pixels
from app.governor import Level as Quality
from app.journal.records import LookRecord, StreamRecord
from app.journal.writer import JournalWriter, Step
from app.look import Look, Setup
from app.model_switch import Playing
from app.words import journal as words
from engine.params import Params

log = logging.getLogger(__name__)

MOST_WAITING = 512 * 2**20
"""Bytes of steps that are held for the disk."""

MOST_BEHIND = 3
"""Steps that may wait, the one that is being written among them: more, and those that write do not keep up."""

_LOOK_S = 0.1  # how often the writing thread looks whether the show is over


@dataclass(frozen=True)
class _Begin:
    recording: Path


@dataclass(frozen=True)
class _End:
    why: str = ""


class Journal:
    """``begin`` and ``end`` on the recorder's thread, ``put`` on the engine's, ``write`` on its own."""

    def __init__(self, setup: Callable[[], Setup], say: Callable[[str, str], None], cut: Callable[[], None]) -> None:
        """setup: the room as it is now. say: takes (level, sentence), on any thread. cut: asks for a hard cut of the
        program, on any thread."""
        self._setup = setup
        self._say = say
        self._cut_program = cut
        self._changed = threading.Condition()
        self._waiting: deque[_Begin | Step | _End] = deque()
        self._bytes = 0
        self._open = False
        self._playing: Playing | None = None
        self._painted_with: Params | None = None
        self._stream = StreamRecord()
        self._cut = 0
        self._painted = self._steps = 0
        self._prompts_read = self._read_before = 0
        self._begins = self._awaits_cut = self._thinned = self._reduced = False
        self._writer: JournalWriter | None = None

    @property
    def behind(self) -> bool:
        """Whether what is handed over waits longer and longer. On any thread."""
        return len(self._waiting) > MOST_BEHIND

    def begin(self, path: Path) -> None:
        """A recording to ``path`` has begun: keep a journal beside it; where that is wished for, from a cut on."""
        with self._changed:
            self._open, self._begins, self._thinned, self._reduced = True, True, False, False
            self._awaits_cut = self._steps > 0 and self._setup().recorder.begin_with_cut
            self._hand_over(_Begin(path))
        if self._awaits_cut:
            self._cut_program()

    def end(self) -> None:
        """The recording is over."""
        with self._changed:
            self._open = False
            self._hand_over(_End())

    def put(
        self,
        playing: Playing,
        frames: Sequence[GuidedFrame],
        look: Look,
        pictures: Pixels,
        wished: Quality | None = None,
    ) -> None:
        """``playing`` has painted ``pictures`` of ``frames`` under ``look``, whose params are those that it was given.
        wished: what it would have been painted with if there were no governor; None = just so.

        Arrays are kept, not copied: nobody writes to them again. Every step is to be told, journal or not.
        """
        with self._changed:
            self._follow(playing, look, wished)
            self._painted += 1
            self._steps += 1
            self._painted_with = playing.host.left_done(look.params)
            self._prompts_read = playing.host.prompts_read
            if self._open and not self._awaits_cut:
                setup = self._setup()
                kept = LookRecord(look, setup.framing, setup.model_folder, _more_steps(look, wished))
                read = self._prompts_read - self._read_before
                self._take(Step(self._stream, kept, tuple(frames), pictures, read))

    def write(self, stopping: threading.Event) -> None:
        """Write what is handed over, until ``stopping`` is set and the last journal has ended."""
        while self._open or self._waiting or not stopping.is_set():
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting), _LOOK_S)
            self.write_waiting()

    def write_waiting(self) -> None:
        """Write what has been handed over until now."""
        while self._waiting:
            item = self._waiting[0]
            try:
                self._write_down(item)
            except OutputError as error:
                self._give_up(str(error))
            except Exception as error:  # nothing that a journal does may end the show
                log.exception("The journal failed")
                self._give_up(words.failed(error))
            with self._changed:
                self._waiting.popleft()
                self._bytes -= item.nbytes if isinstance(item, Step) else 0

    def _follow(self, playing: Playing, look: Look, wished: Quality | None) -> None:
        """See which stream the step belongs to, and how many steps it has behind it: since its model came up, and since
        it last forgot its past."""
        if playing is not self._playing:
            anew = self._playing is not None and self._playing.host is playing.host
            self._playing = playing
            governed = None if wished is None or wished.choice == playing.choice else wished.choice
            self._stream = StreamRecord(
                playing.choice, playing.info, playing.tried_with, wished=governed, after=playing.after
            )
            self._painted = self._steps = 0
            self._prompts_read = self._read_before = self._prompts_read if anew else 0
        elif look.params.cut != self._cut:
            self._steps = 0
        self._cut = look.params.cut
        if self._steps == 0:
            self._awaits_cut = False
        if self._open and self._begins and not self._awaits_cut:
            self._begins = False
            self._read_before = self._prompts_read
            if self._painted:
                # Its words have long been read; a replay that begins here has to know them from the start.
                self._stream = replace(
                    self._stream, before=self._steps, tried_with=look.params, after=self._painted_with
                )
            if self._steps:
                self._say("info", words.BEGAN_AMIDST)

    def _take(self, step: Step) -> None:
        if self._bytes + step.nbytes > MOST_WAITING / 2:
            if not self._thinned:
                self._thinned = True
                self._say("warning", words.THINNED)
            step = step.as_handed()
        if not self._reduced and any(frame.reduced for frame in step.frames):
            self._reduced = True
            self._say("warning", words.REDUCED)
        size = step.nbytes
        if self._bytes and self._bytes + size > MOST_WAITING:
            self._open = False
            self._hand_over(_End(words.TOO_SLOW))
            return
        self._bytes += size
        self._hand_over(step)

    def _hand_over(self, item: _Begin | Step | _End) -> None:
        self._waiting.append(item)
        self._changed.notify_all()

    def _write_down(self, item: _Begin | Step | _End) -> None:
        if isinstance(item, _Begin):
            self._close()
            self._writer = JournalWriter(item.recording)
        elif isinstance(item, Step):
            if self._writer is not None:
                self._writer.write(item)
        elif item.why:
            self._give_up(item.why)
        else:
            self._close()

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            if writer.chunks:
                self._say("info", words.there(writer.path, writer.reduced, writer.left_out, writer.pictures))

    def _give_up(self, why: str) -> None:
        """The journal ends here."""
        writer, self._writer = self._writer, None
        with self._changed:
            # A recording that has begun since then has a journal of its own.
            if not any(isinstance(item, _Begin) for item in list(self._waiting)[1:]):
                self._open = False
        if writer is None:
            self._say("warning", words.no_journal(why))
            return
        writer.close(why)
        self._say("warning", words.ends_here(why, writer.path if writer.chunks else None))


def _more_steps(look: Look, wished: Quality | None) -> int:
    return 0 if wished is None or wished.steps == look.params.steps else wished.steps
