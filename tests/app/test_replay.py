"""A show that is painted again from its journal: the same pictures bit for bit, or a better film of the same length."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app.__main__ import main
from app.errors import ShowError
from app.frame import Pixels
from app.governor import Level
from app.journal.reader import JournalReader
from app.look import Look, RecorderChoice, Setup
from app.model_switch import Host
from app.replay import Changes, Replayer, ReplayResult, replay
from app.words import journal as words
from controls.control import ControlSetting
from engine.host import Submit
from engine.params import ControlChunk, EngineChoice, Params, Picture
from tests.app.journal.performance import SMALL, Performance, same
from tests.fakes import TinyHost


def tiny_host(choice: EngineChoice, *, reserved_cores: int, submit: Submit | None, threads: int) -> Host:
    return TinyHost(choice, submit)


def begun(folder: Path, **how: Any) -> Performance:
    show = Performance(folder, **how)
    show.journal.begin(show.recording)
    return show


def replayed(path: Path, changes: Changes | None = None) -> tuple[list[Pixels], Replayer]:
    with JournalReader(path) as journal:
        replayer = Replayer(journal, changes or Changes(), lambda sentence: None, True, tiny_host)
        pictures = [painted.painted for painted in replayer.paint()]
        replayer.close()
    return pictures, replayer


def filmed(path: Path, changes: Changes | None = None) -> ReplayResult:
    out = path.with_suffix(".mp4")
    return replay(path, changes or Changes(), out, path.with_suffix(".png"), quiet=True, make_host=tiny_host)


def sizes_and_times(path: Path) -> tuple[set[tuple[int, int]], list[float]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return {(frame.width, frame.height) for frame in frames}, [float(frame.time or 0.0) for frame in frames]


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Performance:
    """Looks, a mask, references, cuts, a larger picture, a failure: all that an engine meets in a night."""
    show = begun(tmp_path_factory.mktemp("eventful"))
    show.play(3)
    show.change(prompt="lava", morph_chunks=3, seed=4, past=0.5)
    show.play(2)
    mask = np.zeros((32, 48), np.uint8)
    mask[:, 20:] = 180
    show.look = replace(show.look, mask=Picture(mask), controls=(ControlSetting("edge"),))
    show.play(2, mask=mask)
    show.change(references=(Picture(np.full((20, 20, 3), (200, 30, 60), np.uint8)),), steps=2)
    show.play(2)
    show.change(cut=1, strength=0.6)
    show.play(2)
    show.change(soft_cut=1, first_frame=Picture(np.full((32, 48, 3), 90, np.uint8)))
    show.play(2)
    show.load(EngineChoice("tiny", 64, 48))
    show.play(2)
    show.load(EngineChoice("tiny", 64, 48))
    show.change(last_frame=Picture(np.full((32, 48, 3), 9, np.uint8)))
    show.play(2)
    show.finish()
    return show


def test_the_same_settings_give_the_same_pictures_bit_for_bit(eventful: Performance) -> None:
    pictures, replayer = replayed(eventful.path)
    assert same(pictures, eventful.painted)
    assert replayer.same == len(eventful.painted)
    assert not replayer.changed


def test_what_a_mask_keeps_is_the_source_itself(eventful: Performance) -> None:
    masked = 0
    with JournalReader(eventful.path) as journal:
        replayer = Replayer(journal, Changes(), lambda sentence: None, True, tiny_host)
        for painted in replayer.paint():
            mask = painted.frame.mask
            if mask is None:
                assert np.array_equal(painted.rgb, painted.painted)
                continue
            masked += 1
            assert np.array_equal(painted.rgb[mask == 0], painted.frame.source[mask == 0])
            assert not np.array_equal(painted.rgb[mask > 0], painted.frame.source[mask > 0])
        replayer.close()
    assert masked == 8


@pytest.mark.parametrize("now", [True, False])
def test_pictures_guided_before_the_outside_was_kept_or_given_up_are_the_same(tmp_path: Path, now: bool) -> None:
    """They wait for the engine while "Keep original outside" is switched: some of the next chunk, or all of it."""
    show, mask = begun(tmp_path), np.zeros((32, 48), np.uint8)
    mask[:, 20:] = 180
    show.change(composite=not now)
    show.play(2, mask=mask)
    show.change(composite=now)
    show.play(1, mask=mask, plated=not now)
    show.play(2, mask=mask)
    show.finish()
    pictures, replayer = replayed(show.path)
    assert same(pictures, show.painted)
    assert replayer.same == len(show.painted)
    with JournalReader(show.path) as journal:
        plated = [plated for chunk in journal.chunks for plated in chunk.record.plated]
    assert plated == [not now] * 9 + [now] * 8


def test_what_differs_is_counted(eventful: Performance, monkeypatch: pytest.MonkeyPatch) -> None:
    frames_of = JournalReader.frames

    def other_guide(journal: JournalReader, chunk: Any) -> Any:
        frames = frames_of(journal, chunk)
        ends_a_stream = chunk is journal.chunks[12]
        return [replace(frame, guide=255 - frame.guide) for frame in frames] if ends_a_stream else frames

    monkeypatch.setattr(JournalReader, "frames", other_guide)
    pictures, replayer = replayed(eventful.path)
    assert not same(pictures, eventful.painted)
    assert replayer.same == len(eventful.painted) - 4, "all but that chunk"


def test_words_come_when_they_came_in_the_show(tmp_path: Path) -> None:
    """A prompt that is read beside the stream arrives by chance; until then the old words hold, also in the replay."""
    waiting: list[Callable[[], None]] = []

    def submit(work: Callable[[], Any], /) -> Future[Any]:
        future: Future[Any] = Future()
        waiting.append(lambda: future.set_result(work()))
        return future

    def painted(folder: Path, late: int) -> Performance:
        show = begun(folder, submit=submit)
        show.play(2)
        show.change(prompt="lava", morph_chunks=4)
        show.play(late)
        waiting.pop()()
        show.play(3)
        show.finish()
        return show

    soon, late = painted(tmp_path / "soon", 1), painted(tmp_path / "late", 2)
    assert not same(soon.painted, late.painted), "when the words come makes a difference"
    for show in (soon, late):
        assert same(replayed(show.path)[0], show.painted)


def test_a_recording_that_begins_in_mid_stream_is_the_same_after_the_next_cut(tmp_path: Path) -> None:
    show = Performance(tmp_path)
    show.change(prompt="lava")
    show.play(3)
    before = len(show.painted)
    show.journal.begin(show.recording)
    show.play(2)
    show.change(cut=1)
    cut = len(show.painted)
    show.play(3)
    show.finish()
    pictures, replayer = replayed(show.path)
    assert len(pictures) == len(show.painted) - before
    assert not same(pictures[: cut - before], show.painted[before:cut])
    assert same(pictures[cut - before :], show.painted[cut:])
    assert replayer.same == len(show.painted) - cut
    assert any("in the middle of a stream" in sentence for sentence in replayer.warnings())
    assert [sentence for _, sentence in show.said if "until the next hard cut" in sentence] != [], "it was told at once"
    assert show.cuts_wished == 0, "the show goes on as if nothing was recorded"


def test_a_recording_that_wishes_for_a_cut_begins_with_it_and_is_the_same_throughout(tmp_path: Path) -> None:
    """The cut comes when the performer's thread has seen to it: some steps later."""
    show = Performance(tmp_path)
    show.setup = Setup(recorder=RecorderChoice(begin_with_cut=True))
    show.change(prompt="lava")
    show.play(3)
    show.journal.begin(show.recording)
    assert show.cuts_wished == 1
    show.play(2)
    before = len(show.painted)
    show.change(cut=1)
    show.play(2)
    show.change(cut=2)
    show.play(2)
    show.finish()
    pictures, replayer = replayed(show.path)
    assert same(pictures, show.painted[before:])
    assert replayer.same == len(pictures)
    assert list(replayer.warnings()) == []
    assert [level for level, _ in show.said] == ["info"], "only where the journal is"
    again = tmp_path / "again.mp4"
    show.journal.begin(again)
    assert show.cuts_wished == 2, "the next recording has a cut of its own"
    show.finish()
    assert not again.with_suffix(".vjournal").exists(), "no cut came"


def test_where_a_stream_begins_anyway_no_cut_is_wished_for(tmp_path: Path) -> None:
    show = Performance(tmp_path)
    show.setup = Setup(recorder=RecorderChoice(begin_with_cut=True))
    show.journal.begin(show.recording)
    show.play(2)
    show.finish()
    assert show.cuts_wished == 0
    assert same(replayed(show.path)[0], show.painted)


def test_a_recording_that_begins_with_a_cut_is_the_same_from_its_first_picture(tmp_path: Path) -> None:
    show = Performance(tmp_path)
    show.play(2)
    show.journal.begin(show.recording)
    show.change(cut=1, prompt="lava")
    before = len(show.painted)
    show.play(3)
    show.finish()
    pictures, replayer = replayed(show.path)
    assert same(pictures, show.painted[before:])
    assert list(replayer.warnings()) == []


def test_two_recordings_of_one_stream_have_a_journal_each(tmp_path: Path) -> None:
    show = begun(tmp_path)
    show.play(2)
    show.journal.end()
    first = len(show.painted)
    show.play()
    show.change(cut=1)
    second = len(show.painted)
    show.journal.begin(tmp_path / "again.mp4")
    show.play(2)
    show.finish()
    assert same(replayed(show.path)[0], show.painted[:first])
    assert same(replayed(tmp_path / "again.vjournal")[0], show.painted[second:])


def test_the_film_has_the_times_of_the_show(eventful: Performance) -> None:
    result = filmed(eventful.path)
    frames, times = sizes_and_times(eventful.path.with_suffix(".mp4"))
    assert frames == {(64, 48)}, "the largest of the show's sizes"
    assert times == pytest.approx([0.04 * number for number in range(len(eventful.painted))], abs=1e-3)
    assert result.report.same == result.report.frames_out == len(eventful.painted)
    assert result.report.troubles == ()
    assert eventful.path.with_suffix(".png").exists()


@pytest.mark.parametrize("captured", [(90, 60), (0, 0)])
def test_another_size_and_more_steps_give_another_film_of_the_same_length(
    tmp_path: Path, captured: tuple[int, int]
) -> None:
    """Also where camera pictures were left out: then what the engine was handed is enlarged."""
    show = begun(tmp_path)
    show.look = Look(show.look.params, (ControlSetting("edge"),), mask=Picture(np.full((60, 90), 200, np.uint8)))
    show.play(3, captured=captured)
    show.change(cut=1)
    show.play(2, captured=captured)
    show.finish()
    large = Changes(lambda choice: replace(choice, width=96, height=64), {"steps": 3})
    pictures, replayer = replayed(show.path, large)
    assert replayer.changed
    assert {picture.shape for picture in pictures} == {(64, 96, 3)}
    assert len(pictures) == len(show.painted)
    told = [] if captured[0] else [words.left_out_of(len(pictures), len(pictures))]
    assert [sentence in show.said[-1][1] for sentence in told] == [True] * len(told), "it was said at the end, too"
    assert ("left out" in show.said[-1][1]) == bool(told)
    assert list(replayer.warnings()) == told
    result = filmed(show.path, large)
    frames, times = sizes_and_times(tmp_path / "show.mp4")
    assert frames == {(96, 64)}
    assert len(times) == len(show.painted)
    assert result.report.same is None
    assert (result.report.steps, result.report.size) == (3, "96x64")


def test_a_large_camera_is_recorded_and_replayed_to_the_bit(tmp_path: Path) -> None:
    """What changes all the time, larger than any output shows."""
    show = begun(tmp_path)
    show.play(2, captured=(2560, 1440))
    show.finish()
    assert [level for level, _ in show.said] == ["info"], "nothing is left out"
    with JournalReader(show.path) as journal:
        kept = [frame for chunk in journal.chunks for frame in journal.frames(chunk)]
        assert journal.reduced == 0
    assert not any(frame.reduced for frame in kept)
    for frame, picture in zip(kept, show.came, strict=True):
        assert frame.captured is not None
        assert np.array_equal(frame.captured, picture)
    again, replayer = replayed(show.path)
    assert replayer.same == len(show.painted) == len(show.came)
    assert same(again, show.painted)


def test_those_who_write_too_slowly_cost_size_and_the_same_show_is_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody writes for a while: large pictures are reduced from then on, it is said once and counted, and where the
    writing has caught up they are as they came again."""
    monkeypatch.setattr("app.journal.camera_pictures.LONGEST_SIDE", 64)
    show = begun(tmp_path)
    show.play(5)
    assert show.journal.behind
    show.journal.write_waiting()
    show.play(1)
    show.finish()
    (level, sentence), (_, there) = show.said
    assert level == "warning"
    assert sentence == words.REDUCED
    with JournalReader(show.path) as journal:
        chunks = [journal.frames(chunk) for chunk in journal.chunks]
        reduced = journal.reduced
    assert [{frame.reduced for frame in frames} for frames in chunks] == [{False}] * 3 + [{True}] * 2 + [{False}]
    assert reduced == 2 * 4
    assert words.reduced_of(reduced, len(show.came)) in there
    for frame, picture in zip((frame for frames in chunks for frame in frames), show.came, strict=True):
        assert frame.captured is not None
        assert frame.captured.shape == (43, 64, 3) if frame.reduced else np.array_equal(frame.captured, picture)
    again, replayer = replayed(show.path)
    assert same(again, show.painted)
    assert list(replayer.warnings()) == []
    larger = Changes(lambda choice: replace(choice, width=96, height=64))
    with JournalReader(show.path) as journal:
        replayer = Replayer(journal, larger, lambda sentence: None, True, tiny_host)
        assert list(replayer.warnings()) == [words.reduced_of(reduced, len(show.came))]
        replayer.close()


def test_where_no_bar_is_drawn_a_line_says_now_and_then_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    show = begun(tmp_path)
    show.play(2)
    show.finish()
    path = show.path
    replay(path, Changes(), tmp_path / "short.mp4", tmp_path / "short.png", make_host=tiny_host)
    assert "pictures" not in capfd.readouterr().err, "a short film needs none"
    monkeypatch.setattr("app.film.LINE_S", 0.0)
    replay(path, Changes(), tmp_path / "short.mp4", tmp_path / "short.png", make_host=tiny_host)
    count = len(show.painted)
    assert f"{count} of {count} pictures\n" in capfd.readouterr().err


def test_another_film_of_a_governed_show_is_as_the_performer_wished_it(tmp_path: Path) -> None:
    """All its steps, and one stream of his own size, however often the governor had changed it. Unasked, the show."""
    wish, made = EngineChoice("tiny", 64, 48), list[EngineChoice]()
    steps = set[int]()

    class Noted(TinyHost):
        def step(self, chunk: ControlChunk, params: Params) -> Pixels:
            steps.add(params.steps)
            return super().step(chunk, params)

    def noted_host(choice: EngineChoice, *, reserved_cores: int, submit: Submit | None, threads: int) -> Host:
        made.append(choice)
        return Noted(choice, submit)

    show = begun(tmp_path, choice=wish)
    show.change(steps=3)
    show.play()
    show.wished = Level(3, wish)
    show.change(steps=1)
    for choice in (SMALL, wish):
        show.load(choice)
        show.play()
    show.wished = Level(3, EngineChoice("starter", 64, 48))  # a model that could not be brought up
    show.load(wish)
    show.play()
    show.finish()

    def hosts(changes: Changes) -> tuple[list[EngineChoice], set[int]]:
        made.clear()
        steps.clear()
        with JournalReader(show.path) as journal:
            replayer = Replayer(journal, changes, lambda sentence: None, True, noted_host)
            assert len([*replayer.paint()]) == len(show.painted)
            replayer.close()
            assert replayer.same == (0 if replayer.changed else len(show.painted))
        return made.copy(), steps.copy()

    assert hosts(Changes(params={"seed": 9})) == ([wish], {3})
    assert hosts(Changes(lambda choice: replace(choice, width=80))) == ([replace(wish, width=80)], {3})
    assert hosts(Changes(params={"steps": 2})) == ([wish], {2})
    assert hosts(Changes()) == ([wish, SMALL, wish, wish], {3, 1})


BLACK, GREY = (Picture(np.full((32, 48, 3), level, np.uint8)) for level in (9, 90))


@pytest.mark.parametrize(
    ("before", "with_it"),
    [
        ({"last_frame": BLACK, "frames_again": 3, "soft_cut": 2}, {}),
        ({"first_frame": GREY, "last_frame": BLACK}, {"frames_again": 1}),
        ({}, {"last_frame": BLACK, "soft_cut": 1}),
    ],
    ids=["long reached", "fired with the cut", "given with the cut"],
)
def test_a_journal_that_begins_with_a_cut_is_the_show_whatever_was_painted_before(
    tmp_path: Path, before: dict[str, Any], with_it: dict[str, Any]
) -> None:
    show = Performance(tmp_path)
    show.change(**before)
    show.play(2)
    show.journal.begin(show.recording)
    show.change(cut=1, **with_it)
    begins = len(show.painted)
    show.play(2)
    show.finish()
    assert same(replayed(show.path)[0], show.painted[begins:])


def test_another_model_goes_on_after_a_last_frame_and_so_does_its_replay(tmp_path: Path) -> None:
    painted = []
    for last in (BLACK, None):
        show = begun(tmp_path / str(last is None))
        show.change(last_frame=BLACK)
        show.play()
        show.change(last_frame=last)
        show.load(EngineChoice("tiny", 64, 48))
        show.play(2)
        show.finish()
        assert same(replayed(show.path)[0], show.painted)
        painted.append(show.painted)
    assert same(*painted)


def test_a_last_frame_that_waits_comes_with_the_next_model_and_in_its_replay(tmp_path: Path) -> None:
    """The tiny model's chunk takes one of two frames, and leaves the other."""
    painted = []
    for last in (BLACK, None):
        show = begun(tmp_path / str(last is None))
        show.play()
        show.change(first_frame=GREY, last_frame=last)
        show.play()
        show.load(EngineChoice("tiny", 64, 48))
        show.play(2)
        show.finish()
        assert same(replayed(show.path)[0], show.painted)
        painted.append(show.painted)
    with_last, without = painted
    assert same(with_last[:5], without[:5])
    assert not same(with_last[5:6], without[5:6])


@pytest.mark.parametrize("captured", [(90, 60), (0, 0)])
def test_guides_are_made_anew_from_the_camera_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captured: tuple[int, int]
) -> None:
    """A picture with one upright edge: its guide has that edge, sharp, at the new size, whatever guide the show had.
    So it is where the camera's own pictures were left out."""
    show = begun(tmp_path)
    show.look = Look(show.look.params, (ControlSetting("edge"),))

    def halves(width: int, height: int) -> Pixels:
        picture = np.zeros((height, width, 3), np.uint8)
        picture[:, width // 2 :] = 255
        return picture

    monkeypatch.setattr(show, "_noise", halves)
    show.play(3, captured=captured)
    show.finish()
    with JournalReader(show.path) as journal:
        changes = Changes(lambda choice: replace(choice, width=160, height=96))
        replayer = Replayer(journal, changes, lambda sentence: None, True, tiny_host)
        painted = list(replayer.paint())
        replayer.close()
    for picture in painted:
        assert "edge" in picture.rows()
        guide = picture.frame.guide[20:76]
        assert guide.shape == (56, 160, 3)
        columns = np.flatnonzero(guide.max(axis=(0, 2)) > 127)
        assert columns.size
        assert np.all(np.abs(columns - 80) < 5)


def test_the_settings_of_the_show_asked_for_by_name_change_nothing(tmp_path: Path) -> None:
    show = begun(tmp_path)
    show.play(2)
    show.finish()
    changes = Changes(lambda choice: replace(choice, width=48, height=32, folder="/elsewhere"), {"steps": 1})
    pictures, replayer = replayed(show.path, changes)
    assert not replayer.changed
    assert same(pictures, show.painted)


def test_another_machine_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    show = begun(tmp_path)
    show.play(2)
    show.finish()
    bring_up = TinyHost.bring_up

    def on_a_gpu(host: TinyHost, *wishes: Any, **named: Any) -> Any:
        info = yield from bring_up(host, *wishes, **named)
        return replace(info, device="GPU", threads=3)

    monkeypatch.setattr(TinyHost, "bring_up", on_a_gpu)
    (sentence,) = filmed(show.path).report.troubles
    assert "on CPU (float32), and this is painted on GPU (float32, 3 threads)" in sentence
    assert "not the same bit for bit" in sentence


def test_a_journal_that_breaks_off_is_told_and_replayed(tmp_path: Path) -> None:
    show = begun(tmp_path)
    show.play(4)
    show.finish()
    data = show.path.read_bytes()
    show.path.write_bytes(data[: round(len(data) * 0.7)])
    result = filmed(show.path)
    assert "has no end" in result.report.troubles[0]
    assert 0 < result.report.frames_out < len(show.painted)
    assert result.report.same == result.report.frames_out


def test_a_journal_without_a_chunk_is_told(tmp_path: Path) -> None:
    show = begun(tmp_path)
    show.play()
    show.finish()
    data = show.path.read_bytes()
    show.path.write_bytes(data[:2048])
    with pytest.raises(ShowError, match="no picture"):
        filmed(show.path)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["gone.vjournal"], 1, "There is no journal"),
        (["no.vjournal"], 1, "is no journal"),
        (["show.vjournal"], 1, "tiny"),  # the model of the tests, which nobody has
        (["show.vjournal", "--steps", "9"], 2, "steps is 9"),
        (["show.vjournal", "--size", "100x50"], 2, "multiple of 16"),
        (["show.vjournal", "--model", "none such"], 2, "no model called"),
    ],
)
def test_what_cannot_be_replayed_is_one_sentence(
    arguments: list[str], code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    show = begun(tmp_path)
    show.play()
    show.finish()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no.vjournal").write_text("nothing of the kind")
    assert main(["replay", *arguments, "-o", "out.mp4"]) == code
    said = capsys.readouterr().err.strip()
    assert words in said
    assert "\n" not in said
    assert not (tmp_path / "out.mp4").exists()
    assert not (tmp_path / "out.part.mp4").exists()


def test_the_journal_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    show = begun(tmp_path)
    show.play()
    show.finish()
    before = show.path.read_bytes()
    assert main(["replay", str(show.path), "-o", str(tmp_path / "a.mp4"), "--report", str(show.path)]) == 1
    assert show.path.read_bytes() == before
    assert "would be lost" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["show", "friday"])
def test_the_shows_own_recording_is_not_written_over(name: str, tmp_path: Path, capsys: Any) -> None:
    """Nor where both were given another name."""
    show = begun(tmp_path)
    show.play()
    show.finish()
    journal, film = show.path.rename(tmp_path / f"{name}.vjournal"), tmp_path / f"{name}.mp4"
    film.write_bytes(b"the evening")
    assert main(["replay", str(journal), "-o", str(film)]) == 1
    assert "the show's own recording and would be lost" in capsys.readouterr().err
    assert main(["replay", str(journal), "-o", str(tmp_path / "a.mp4"), "--report", str(film)]) == 1
    assert "the show's own recording and would be lost" in capsys.readouterr().err
    assert film.read_bytes() == b"the evening"


def test_the_report_says_how_much_is_the_same(tmp_path: Path) -> None:
    show = begun(tmp_path)
    show.play(2)
    show.finish()
    filmed(show.path).report.save(tmp_path / "report.json")
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["same"] == told["frames_out"] == len(show.painted)
    assert told["asked"]["engine"]["width"] == SMALL.width


def test_a_replay_as_the_show_was_says_that_it_has_the_engines_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    show = begun(tmp_path)
    show.play()
    show.finish()
    monkeypatch.setattr("app.replay.replay", lambda path, changes, *_: filmed(path, changes))
    assert main(["replay", str(show.path), "-o", str(tmp_path / "again.mp4")]) == 0
    told = capsys.readouterr().out
    assert f"The film is {SMALL.width}x{SMALL.height}, as the engine painted" in told
    assert "--size" in told
    assert main(["replay", str(show.path), "-o", str(tmp_path / "again.mp4"), "--size", "96x64"]) == 0
    assert "as the engine painted" not in capsys.readouterr().out


@pytest.mark.parametrize(("asked", "journal"), [([], True), (["--journal"], True), (["--no-journal"], False)])
def test_a_journal_is_kept_unless_it_is_asked_for_none(
    asked: list[str], journal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wished: list[RecorderChoice] = []

    def note(look: Look, setup: Setup, *_: Any) -> int:
        wished.append(setup.recorder)
        return 0

    monkeypatch.setattr("app.live.run_headless", note)
    path = tmp_path / "show.mp4"
    assert main(["live", "--headless", "--source", "testcard", "--record", str(path), *asked]) == 0
    assert wished == [RecorderChoice(on=True, path=str(path), journal=journal)]
