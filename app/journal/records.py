"""What a journal says in words, each a frozen value that is kept as JSON. Pictures are named in it, not held.

A journal is a row of records, and each holds until the next of its kind: a stream, a look, then chunk after chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from app.frame import Pixels
from app.framing import Framing
from app.look import Look
from engine.params import EngineChoice, ModelInfo, Params

VERSION = 2
"""1 knew one size of each kind of pictures in a chunk, and wrote what stays the same anew for each."""
SUFFIX = ".vjournal"


@dataclass(frozen=True)
class Head:
    """The first record. version: of the format, 0 where the file is no journal. program: that wrote it. recording: the
    name of the film beside it."""

    version: int = 0
    program: str = ""
    recording: str = ""


@dataclass(frozen=True)
class StreamRecord:
    """A stream of the engine: it began, began anew after a change of model or size or a failure, or was under way.

    info: what the model said of itself. tried_with: what it was tried out with on its way up, for it goes on with those
    words until others are read. before: chunks that it had painted before the journal began, since it last forgot its
    past. wished: what the performer had chosen where the governor had something faster in its place. after: what the
    chunk before the first one here was painted with, by this stream or by the one before it; None = the show began.
    """

    choice: EngineChoice = EngineChoice()
    info: ModelInfo = ModelInfo("", "", "")
    tried_with: Params = Params()
    before: int = 0
    wished: EngineChoice | None = None
    after: Params | None = None


@dataclass(frozen=True)
class LookRecord:
    """look: its params are those that entered the step, but for ``app.composite.asked_of_engine``. framing: how the
    source was brought to the engine's size. model_folder: where the controls' networks came from. wished_steps: what
    the performer had asked for where the governor allowed fewer; 0 = as painted."""

    look: Look = Look()
    framing: Framing = Framing()
    model_folder: str = ""
    wished_steps: int = 0


@dataclass(frozen=True)
class Track:
    """Pictures of a chunk of one kind and size; the kind is its name in ``GuidedFrame``, and may have several tracks.

    places: for each of the chunk's frames the number of its picture in the track; None = it has none here.
    film, row: where the pictures stand, if an earlier chunk had them, too: the name of that film's piece, and which of
    its tracks it is. "" = in the chunk's own film, whose tracks are in the order in which they are named.
    """

    name: str
    places: tuple[int | None, ...]
    film: str = ""
    row: int = 0


@dataclass(frozen=True)
class ChunkRecord:
    """What entered one step beside its look. times: of the source's pictures, in seconds on the show's clock.

    plated: for each picture, whether the outputs' composite was to put the source back, in place of the engine's: that
    was decided by the look under which it was guided, an earlier one perhaps than the step's.
    reduced: for each picture, whether it, or the second input's, is here smaller than it came.
    prompts_read: see ``Stream.prompts_read``, after the step. painted: digest of the pictures that came of it.
    checksum: CRC-32 of the film with the tracks.
    """

    times: tuple[float, ...] = ()
    tracks: tuple[Track, ...] = ()
    plated: tuple[bool, ...] = ()
    prompts_read: int = 0
    painted: str = ""
    checksum: int = 0
    reduced: tuple[bool, ...] = ()


@dataclass(frozen=True)
class EndRecord:
    """The last record. reason: why the journal ends before the recording does; "" = it does not."""

    reason: str = ""


Record = Head | StreamRecord | LookRecord | ChunkRecord | EndRecord

KINDS: dict[str, type[Record]] = {
    "journal": Head,
    "stream": StreamRecord,
    "look": LookRecord,
    "chunk": ChunkRecord,
    "end": EndRecord,
}
"""By the word in a record's name: ``00000012.look.json`` is a look."""


def digest_of(pictures: Sequence[Pixels]) -> str:
    """Names the content of the pictures of one chunk, each (H, W, 3) uint8."""
    digest = blake2b(digest_size=16)
    for rgb in pictures:
        digest.update(repr(rgb.shape).encode())
        digest.update(rgb.tobytes())
    return digest.hexdigest()
