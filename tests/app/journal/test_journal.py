"""Journals that are written and read: whole, torn, killed, on a full disk, and where the disk is too slow."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import tarfile
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.errors import ShowError
from app.frame import GuidedFrame
from app.journal.reader import JournalReader
from app.journal.records import LookRecord, StreamRecord
from app.journal.writer import Step
from app.look import Look, to_json
from app.mask_shape import MaskShape
from controls.control import ControlSetting
from engine.params import EngineChoice, Picture
from tests.app.journal.performance import Performance

ROOT = Path(__file__).parents[3]


@pytest.fixture
def show(tmp_path: Path) -> Performance:
    show = Performance(tmp_path)
    show.journal.begin(show.recording)
    return show


def chunks_in(path: Path) -> list[list[GuidedFrame]]:
    with JournalReader(path) as journal:
        return [journal.frames(chunk) for chunk in journal.chunks]


def test_what_entered_each_step_is_there_with_its_look_and_its_stream(show: Performance) -> None:
    show.play(2)
    looks = [show.look] * 2
    mask = Picture(np.full((20, 30), 200, np.uint8))
    show.look = Look(
        show.look.params, (ControlSetting("edge", 0.5),), mask, mask_shape=MaskShape(3.0), repainted="person"
    )
    show.change(references=(Picture(np.full((9, 8, 3), 7, np.uint8)),), seed=5)
    show.play(mask=np.full((32, 48), 255, np.uint8))
    show.load(EngineChoice("tiny", 64, 48))
    show.play()
    looks += [show.look] * 2
    show.finish()
    with JournalReader(show.path) as journal:
        assert journal.head.recording == "show.mp4"
        assert journal.end is not None
        assert journal.end.reason == ""
        assert [to_json(journal.look(chunk).look) for chunk in journal.chunks] == [to_json(look) for look in looks]
        assert [chunk.stream.choice.width for chunk in journal.chunks] == [48, 48, 48, 64]
        assert journal.chunks[0].stream is journal.chunks[2].stream
        assert journal.pictures == len(show.painted) == 1 + 4 + 4 + 1
        times = [time for chunk in journal.chunks for time in chunk.record.times]
        assert times == pytest.approx([100 + 0.04 * (number + 1) for number in range(10)])
        masks = [frame.mask is not None for chunk in journal.chunks for frame in journal.frames(chunk)]
        assert masks == [False] * 5 + [True] * 4 + [False]


def test_any_archiver_opens_it_and_a_mask_is_in_it_once(show: Performance) -> None:
    show.look = Look(show.look.params, mask=Picture(np.full((20, 30), 200, np.uint8)))
    for seed in range(4):
        show.change(seed=seed)
        show.play()
    show.finish()
    with tarfile.open(show.path) as archive:
        names = archive.getnames()
    assert sum(name.startswith("pictures/") for name in names) == 1
    assert sum(name.endswith(".look.json") for name in names) == 4
    assert names[0] == "00000000.journal.json"
    assert names[-1].endswith(".end.json")


def test_a_torn_end_costs_what_is_torn(show: Performance) -> None:
    """Wherever it is torn: in a header, in a film, in a record."""
    show.play(4)
    show.finish()
    whole, data = chunks_in(show.path), show.path.read_bytes()
    with tarfile.open(show.path) as archive:
        pieces = archive.getmembers()
    for number, piece in enumerate(pieces[1:], 1):
        left = sum(before.name.endswith(".chunk.json") for before in pieces[:number])
        for end in (piece.offset + 100, piece.offset_data, piece.offset_data + piece.size // 2):
            show.path.write_bytes(data[:end])
            with JournalReader(show.path) as journal:
                assert journal.end is None
                assert len(journal.chunks) == left
    for chunk, other in zip(chunks_in(show.path), whole, strict=True):
        assert all(np.array_equal(a.source, b.source) for a, b in zip(chunk, other, strict=True))


def test_a_hole_is_found(show: Performance) -> None:
    """A machine that lost its power may leave zeros where the disk was not asked in time."""
    show.play(3)
    show.finish()
    with JournalReader(show.path) as journal:
        hole = journal.chunks[1].film
    data = bytearray(show.path.read_bytes())
    middle = hole.offset + hole.size // 2
    data[middle : middle + 64] = bytes(64)
    show.path.write_bytes(data)
    with JournalReader(show.path) as journal:
        assert journal.frames(journal.chunks[0])
        with pytest.raises(ShowError, match="damaged"):
            journal.frames(journal.chunks[1])


WRITE_FOR_EVER = """
import sys
from pathlib import Path
from tests.app.journal.performance import Performance

show = Performance(Path(sys.argv[1]))
show.journal.begin(show.recording)
while True:
    show.play()
    show.journal.write_waiting()
    print(len(show.painted), flush=True)
"""


def test_a_process_that_is_killed_loses_at_most_the_chunk_under_way(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert process.stdout is not None
    for _ in range(6):
        written = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    frames = [frame for chunk in chunks_in(tmp_path / "show.vjournal") for frame in chunk]
    assert len(frames) >= written


def test_the_last_of_the_disk_is_left_to_the_recording(show: Performance, monkeypatch: pytest.MonkeyPatch) -> None:
    show.play(2)
    show.journal.write_waiting()
    monkeypatch.setattr("app.journal.writer.KEPT_FREE", 2**62)
    show.play(3)
    show.journal.write_waiting()
    assert [level for level, _ in show.said] == ["warning"]
    assert "The journal ends here, because" in show.said[0][1]
    assert "The show and the recording go on." in show.said[0][1]
    show.finish()
    assert len(show.said) == 1, "nothing more is told of a journal that has ended"
    with JournalReader(show.path) as journal:
        assert len(journal.chunks) == 2
        assert journal.end is not None
        assert "left to the recording" in journal.end.reason


def test_a_full_disk_ends_the_journal_in_words(show: Performance) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    show.play(2)
    show.journal.write_waiting()
    written = show.path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (written + 5000, hard))
    try:
        show.play(2)
        show.journal.write_waiting()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    show.finish()
    assert [level for level, _ in show.said] == ["warning"]
    assert "largest size" in show.said[0][1]
    assert len(chunks_in(show.path)) == 2


def test_a_disk_that_is_too_slow_costs_camera_pictures_and_then_the_journal(
    show: Performance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody writes, and what waits stays bounded: the engine's thread never waits."""
    monkeypatch.setattr("app.journal.journal.MOST_WAITING", 400_000)
    show.play(30)
    show.finish()
    (_, thinned), (_, ended) = show.said
    assert "leaves out camera pictures" in thinned
    assert "The journal ends here, because" in ended
    assert "does not keep up" in ended
    chunks = chunks_in(show.path)
    assert 2 < len(chunks) < 30
    captured = [frame.captured is not None for chunk in chunks for frame in chunk]
    assert captured[0]
    assert not captured[-1]
    assert captured == sorted(captured, reverse=True)


def test_a_large_engines_own_pictures_count_among_what_waits() -> None:
    """Those that came large have room of their own, see ``CameraPictures``; what the engine was handed has none."""
    large = [np.zeros((16, 2048, 3), np.uint8) for _ in range(3)]
    frame = GuidedFrame(large[0], large[1], 0.0, 0, mask=large[2][..., 0], captured=np.zeros((16, 4096, 3), np.uint8))
    step = Step(StreamRecord(), LookRecord(), (frame,), large[0][None], 0)
    assert step.nbytes == 16 * 2048 * (3 + 3 + 3 + 1)


def test_a_finished_journal_is_on_the_disk_and_not_only_on_its_way(
    show: Performance, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_size)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    show.play(2)
    show.finish()
    assert synced == [show.path.stat().st_size]


def test_a_night_of_painted_masks_is_read_without_holding_them(show: Performance) -> None:
    """Each chunk has another mask; of the last ones alone the pictures are there, however many are read."""
    for level in range(1, 41):
        show.look = replace(show.look, mask=Picture(np.full((20, 30), level, np.uint8)))
        show.play()
    show.finish()
    read: list[weakref.ref[Picture]] = []
    with JournalReader(show.path) as journal:
        assert [chunk.sketch.look.mask for chunk in journal.chunks] == [None] * 40
        for level, chunk in enumerate(journal.chunks, 1):
            mask = journal.look(chunk).look.mask
            assert mask is not None
            assert mask.pixels[0, 0] == level
            read.append(weakref.ref(mask))
            del mask
            assert sum(picture() is not None for picture in read) <= 10
        assert journal.look(journal.chunks[0]) == journal.look(journal.chunks[0])


def test_a_mask_that_is_missing_or_damaged_is_told(show: Performance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.words.values.NO_PNG", "das ist kein PNG")
    show.look = replace(show.look, mask=Picture(np.full((20, 30), 200, np.uint8)))
    show.play()
    show.finish()
    whole = show.path.read_bytes()
    with tarfile.open(show.path) as archive:
        mask = next(piece for piece in archive.getmembers() if piece.name.startswith("pictures/"))
    show.path.write_bytes(whole[: mask.offset_data] + b"no PNG" + whole[mask.offset_data + 6 :])
    with JournalReader(show.path) as journal, pytest.raises(ShowError, match=r"damaged.*das ist kein PNG"):
        journal.look(journal.chunks[0])
    gone = mask.offset_data + -(-mask.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    show.path.write_bytes(whole[: mask.offset] + whole[gone:])
    with pytest.raises(ShowError, match="is missing"):
        JournalReader(show.path)


def test_a_journal_without_a_picture_leaves_no_file(show: Performance) -> None:
    show.finish()
    assert not show.path.exists()
    assert show.said == []


def test_a_file_that_exists_is_never_touched(show: Performance) -> None:
    show.path.write_text("an older one")
    show.play()
    show.finish()
    assert show.path.read_text() == "an older one"
    assert len(chunks_in(show.path.with_stem("show-2"))) == 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    show = Performance(tmp_path)
    show.journal.begin(tmp_path / "gone" / "show.mp4")
    show.play()
    show.finish()
    assert [level for level, _ in show.said] == ["warning"]
    assert show.said[0][1].startswith("There is no journal, because")


@pytest.mark.parametrize("content", [b"", b"no journal", bytes(2000), b"x" * 2000])
def test_what_is_no_journal_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "show.vjournal"
    path.write_bytes(content)
    with pytest.raises(ShowError, match="is no journal"):
        JournalReader(path)


def test_a_newer_version_is_told(show: Performance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.journal.writer.VERSION", 99)
    show.play()
    show.finish()
    with pytest.raises(ShowError, match="newer version"):
        JournalReader(show.path)


def test_a_journal_of_version_1_is_read(tmp_path: Path) -> None:
    """Written by version 1 itself. Its pictures are flat: the n-th one that was made is (n, 2n, 255 - n)."""
    path = tmp_path / "show.vjournal"
    path.write_bytes(gzip.decompress(Path(__file__).with_name("version-1.vjournal.gz").read_bytes()))
    with JournalReader(path) as journal:
        assert journal.head.version == 1
        assert journal.reduced == 0
        frames = [frame for chunk in journal.chunks for frame in journal.frames(chunk)]
        mask = journal.look(journal.chunks[1]).look.mask
    assert mask is not None
    assert mask.pixels.shape == (20, 30)
    assert [frame.mask is not None for frame in frames] == [False] + [True] * 4
    for number, frame in enumerate(frames):
        assert frame.captured is not None
        for made, (picture, size) in enumerate(
            ((frame.source, (32, 48)), (frame.guide, (32, 48)), (frame.captured, (20, 30))), 3 * number + 1
        ):
            assert np.array_equal(picture, np.full((*size, 3), (made, 2 * made, 255 - made), np.uint8))


def test_a_chunk_that_says_too_little_is_told(show: Performance) -> None:
    """As those of an older version: the replay ends there with a sentence."""
    show.play(1)
    show.finish()
    show.path.write_bytes(show.path.read_bytes().replace(b'"plated"', b'"platen"'))
    with JournalReader(show.path) as journal, pytest.raises(ShowError, match="whether the source was put back"):
        journal.frames(journal.chunks[0])
