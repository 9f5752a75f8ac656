"""Cues: fired, changed, moved, taken back, kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.cue_sheet import CueSheet
from app.file_worker import FileWorker, Work
from app.look import Look
from app.set_list import Backups, Cue, SetList, Transition, load, save
from app.show import Show
from app.tempo import Tempo
from engine.params import Lora, Params, Picture
from tests.app.damage import damage_contents

RGB = Picture(np.zeros((4, 6, 3), np.uint8))


@pytest.fixture
def show(qapp: QApplication) -> Show:
    return Show()


@pytest.fixture
def sheet(show: Show, tmp_path: Path) -> CueSheet:
    sheet = CueSheet(show, Backups(tmp_path / "cues"), thumbnail=lambda: RGB, chunk_s=lambda: 0.25)
    for prompt in ("ink", "neon", "lava"):
        show.set_params(prompt=prompt)
        sheet.add()
    return sheet


def names(sheet: CueSheet) -> list[str | None]:
    return [None if cue is None else cue.look.params.prompt for cue in sheet.set_list.cues]


def test_a_fired_cue_is_the_whole_look_and_arrives_once(show: Show, sheet: CueSheet) -> None:
    show.set_look(Look(Params(prompt="other", steps=5, seed=3), repainted="person"))
    told: list[Look] = []
    show.look_changed.connect(told.append)
    sheet.fire(0)
    assert len(told) == 1
    cue = sheet.cue(0)
    assert cue is not None
    assert replace(show.look, params=replace(show.look.params, cut=0)) == cue.look
    assert sheet.current == 0
    sheet.fire(7)
    assert len(told) == 1, "an empty place is nothing"


def test_transitions(show: Show, sheet: CueSheet) -> None:
    show.set_params(morph_chunks=6)
    before = show.look.params

    def came() -> tuple[int, int, int]:
        """How many cuts and soft cuts there have been, and over how many chunks the last cue comes."""
        params, arrival = show.look.params, show.looks.arrival
        assert arrival.look == show.look
        assert params.morph_chunks == 6, "the fader is the performer's"
        return params.cut - before.cut, params.soft_cut - before.soft_cut, arrival.chunks

    sheet.fire(0)
    assert came() == (1, 0, 0)
    sheet.set_cue(1, transition=Transition("soft cut"))
    sheet.fire(1)
    assert came() == (1, 1, 0)
    sheet.set_cue(2, transition=Transition("morph", 8, "beats"))
    sheet.fire(2)
    assert came() == (1, 1, 16), "eight beats at 120 a minute: four seconds of a quarter each"
    show.set_setup(tempo=Tempo(60.0))
    sheet.fire(2)
    assert came() == (1, 1, 32), "at half the tempo they last twice as long"
    sheet.set_cue(2, transition=Transition("morph", 600, "seconds"))
    sheet.fire(2)
    assert came() == (1, 1, 1000)
    sheet.fire(0)
    assert came() == (2, 1, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: sheet.move(0, 2),
        lambda sheet: sheet.move(2, 0),
        lambda sheet: sheet.move(1, 7),
        lambda sheet: sheet.swap(0, 1),
        lambda sheet: sheet.duplicate(0),
        lambda sheet: sheet.duplicate(1),
        lambda sheet: sheet.delete(0),
        lambda sheet: sheet.set_cue(1, name="Renamed"),
        lambda sheet: sheet.update(0),
    ],
)
def test_the_cue_that_was_fired_last_stays_so_wherever_it_goes(
    show: Show, sheet: CueSheet, change: Callable[[CueSheet], None]
) -> None:
    def current() -> str:
        cue = None if sheet.current is None else sheet.cue(sheet.current)
        assert cue is not None
        return cue.look.params.prompt

    sheet.fire(1)
    change(sheet)
    for step in (sheet.undo, sheet.redo, sheet.undo):
        assert current() == "neon"
        step()
    assert current() == "neon"
    change(sheet)
    place = sheet.current
    assert place is not None
    show.set_params(prompt="better neon")
    sheet.update(place)
    assert sorted(name for name in names(sheet) if name)[0] == "better neon"
    assert {"ink", "lava"} >= {name for name in names(sheet) if name} - {"neon", "better neon"}


def test_a_cue_that_is_taken_away_and_comes_back_is_still_the_one_that_was_fired(sheet: CueSheet) -> None:
    sheet.fire(1)
    sheet.delete(1)
    assert sheet.current is None
    sheet.undo()
    assert sheet.current == 1


def test_two_places_are_swapped(sheet: CueSheet) -> None:
    sheet.fire(0)
    sheet.swap(0, 1)
    assert names(sheet) == ["neon", "ink", "lava"]
    assert sheet.current == 1, "the cue that was fired last is still that cue"
    sheet.swap(2, 4)
    assert names(sheet) == ["neon", "ink", None, None, "lava"]
    sheet.swap(4, 3)
    assert names(sheet) == ["neon", "ink", None, "lava"], "no empty place is left at the end"
    sheet.undo()
    sheet.undo()
    assert names(sheet) == ["neon", "ink", "lava"]
    for place, other in ((0, -1), (3, 0), (1, 1)):
        sheet.swap(place, other)
        assert names(sheet) == ["neon", "ink", "lava"]


def test_a_cue_never_ends_a_blackout(show: Show, sheet: CueSheet) -> None:
    show.set_treatment("blackout")
    sheet.fire(0)
    assert show.look.treatment == "blackout"
    sheet.update(0)
    cue = sheet.cue(0)
    assert cue is not None
    assert cue.look.treatment == "live"


def test_events_are_not_kept_in_a_cue(show: Show, sheet: CueSheet) -> None:
    show.set_params(last_frame=RGB)
    show.hard_cut()
    show.set_params(frames_again=1)
    cue = sheet.cue(sheet.add())
    assert cue is not None
    assert (cue.look.params.last_frame, cue.look.params.cut, cue.look.params.frames_again) == (RGB, 0, 0)
    assert cue.thumbnail == RGB


def test_a_cues_first_and_last_frame_come_each_time_it_is_fired(show: Show, sheet: CueSheet, tmp_path: Path) -> None:
    """Also out of a file; a cue without any asks for nothing, and a step back takes them out of the look again."""
    show.set_params(first_frame=RGB, last_frame=RGB)
    place = sheet.add()
    sheet.save(tmp_path / "a")
    sheet.open(tmp_path / "a.vlive")
    seen = []
    for fired in (0, place, place, 1, place):
        sheet.fire(fired)
        params = show.look.params
        seen.append((params.first_frame, params.last_frame, params.frames_again))
    assert seen == [(None, None, 0), (RGB, RGB, 1), (RGB, RGB, 2), (None, None, 2), (RGB, RGB, 3)]
    show.undo()
    assert (show.look.params.first_frame, show.look.params.last_frame) == (None, None)
    assert show.look.params.frames_again == 3, "what was painted is not taken back"


def test_a_step_back_over_a_cue_brings_its_frames_into_the_look_unpainted(show: Show, sheet: CueSheet) -> None:
    """So that the cue can be changed and keeps them; what a hand gives after that is painted."""
    other = Picture(np.full((4, 6, 3), 200, np.uint8))
    places = []
    for prompt, last in (("one", RGB), ("two", other), ("three", None)):
        show.set_params(prompt=prompt, last_frame=last)
        places.append(sheet.add())
    for place in places:
        sheet.fire(place)
    for place, last in ((places[1], other), (places[0], RGB)):
        show.undo()
        assert (sheet.current, show.look.params.last_frame) == (place, last)
        assert show.look.params.frames_done == (None, last)
    again = show.look.params.frames_again
    sheet.update(places[0])
    cue = sheet.cue(places[0])
    assert cue is not None
    assert (cue.look.params.last_frame, cue.look.params.frames_done) == (RGB, (None, None))
    show.set_params(last_frame=None)
    show.set_params(last_frame=RGB)
    assert (show.look.params.frames_done, show.look.params.frames_again) == ((None, None), again)
    show.undo()
    show.undo()
    assert show.look.params.frames_done == (None, RGB)


@pytest.mark.parametrize("back", [False, True])
def test_a_cue_that_was_auditioned_is_painted_when_it_is_taken(show: Show, sheet: CueSheet, back: bool) -> None:
    """Also where its frames are those that the program has; one that was taken back is not."""
    show.set_params(prompt="one", last_frame=RGB)
    place = sheet.add()
    sheet.fire(place)
    show.set_params(prompt="two")
    before = show.program.params.frames_again
    show.begin_audition()
    sheet.fire(place)
    if back:
        show.undo()
    show.take()
    params = show.program.params
    assert params.last_frame == RGB
    assert params.frames_again == (before if back else before + 1)
    assert params.frames_done[1] == (RGB if back else None)
    show.begin_audition()
    show.take()
    assert show.program.params.frames_again == params.frames_again, "what is taken without a cue asks for nothing again"


def test_frames_that_an_audition_asked_for_are_its_own(show: Show, sheet: CueSheet) -> None:
    """The outputs get those that they had not; fired and taken back, nothing of it is left."""
    other = Picture(np.full((4, 6, 3), 200, np.uint8))
    show.set_params(last_frame=RGB)
    place = sheet.add()
    show.set_params(first_frame=other)
    before = show.program
    show.begin_audition()
    sheet.fire(place)
    show.undo()
    assert show.looks.untouched
    show.take()
    assert replace(show.program, params=replace(show.program.params, frames_done=(None, None))) == before
    show.begin_audition()
    show.set_params(last_frame=other)
    show.set_params(last_frame=None)
    show.undo()
    show.take()
    params = show.program.params
    assert (params.last_frame, params.frames_done[1], params.frames_again) == (other, None, 0)


def test_next_and_previous_go_round_over_empty_places(show: Show, sheet: CueSheet) -> None:
    sheet.delete(1)
    seen: list[int | None] = []
    sheet.current = None
    for go in (sheet.next, sheet.next, sheet.next, sheet.previous, sheet.previous):
        go()
        seen.append(sheet.current)
    assert seen == [0, 2, 0, 2, 0]
    CueSheet(show).next()


@pytest.mark.parametrize(("deleted", "step", "reached"), [(1, 1, 2), (1, -1, 0), (2, 1, 0), (2, -1, 1), (0, 1, 1)])
def test_behind_the_place_of_a_deleted_cue_the_set_goes_on(
    show: Show, sheet: CueSheet, deleted: int, step: int, reached: int
) -> None:
    sheet.fire(deleted)
    sheet.delete(deleted)
    assert sheet.current is None
    sheet.next() if step > 0 else sheet.previous()
    assert sheet.current == reached


def test_a_set_that_was_opened_begins_at_its_first_cue(show: Show, sheet: CueSheet, tmp_path: Path) -> None:
    sheet.fire(1)
    save(SetList("other", sheet.set_list.cues), tmp_path / "other.vlive")
    sheet.open(tmp_path / "other.vlive")
    sheet.next()
    assert sheet.current == 0


def test_moving_keeps_all_cues(sheet: CueSheet) -> None:
    sheet.move(0, 2)
    assert [name for name in names(sheet) if name] == ["neon", "ink", "lava"]
    sheet.undo()
    sheet.move(2, 0)
    assert [name for name in names(sheet) if name] == ["lava", "ink", "neon"]
    sheet.undo()
    sheet.move(1, 5)
    assert names(sheet) == ["ink", None, "lava", None, None, "neon"]
    sheet.move(5, 1)
    assert [names(sheet)[place] for place in range(3)] == ["ink", "neon", "lava"]


def test_other_changes(show: Show, sheet: CueSheet) -> None:
    sheet.duplicate(0)
    assert names(sheet) == ["ink", "ink", "neon", "lava"]
    sheet.set_cue(1, name="Second", colour="#000000")
    cue = sheet.cue(1)
    assert cue is not None
    assert (cue.name, cue.colour) == ("Second", "#000000")
    show.set_params(prompt="gold")
    sheet.update(1)
    assert names(sheet) == ["ink", "gold", "neon", "lava"]
    sheet.delete(1)
    assert names(sheet) == ["ink", None, "neon", "lava"], "the keys of the others stay"
    assert sheet.add(1) == 1
    assert names(sheet) == ["ink", "gold", "neon", "lava"]
    assert sheet.add(1) == 4
    sheet.delete(4)
    assert len(sheet.set_list.cues) == 4


def test_fifty_steps_are_taken_back(show: Show, sheet: CueSheet) -> None:
    seen = [sheet.set_list]
    for number in range(50):
        show.set_params(seed=number + 1)
        if number % 3 == 0:
            sheet.add()
        elif number % 3 == 1:
            sheet.update(0)
        else:
            sheet.duplicate(1)
        seen.append(sheet.set_list)
    for wanted in reversed(seen[:-1]):
        sheet.undo()
        assert sheet.set_list == wanted
    for wanted in seen[1:]:
        sheet.redo()
        assert sheet.set_list == wanted


def test_every_change_is_there_at_the_next_start(show: Show, sheet: CueSheet, tmp_path: Path) -> None:
    sheet.delete(0)
    again = CueSheet(show, Backups(tmp_path / "cues"))
    assert again.set_list == sheet.set_list
    assert not again.can_undo


def test_the_cue_that_was_fired_last_is_so_at_the_next_start(show: Show, sheet: CueSheet, tmp_path: Path) -> None:
    def again() -> CueSheet:
        return CueSheet(Show(), Backups(tmp_path / "cues"))

    sheet.fire(1)
    versions = len(sheet.versions())
    next_time = again()
    assert next_time.current == 1
    next_time.next()
    assert again().current == next_time.current == 2
    assert len(sheet.versions()) == versions, "to fire a cue makes no version of them"
    next_time.move(2, 5)
    assert again().current == 5
    next_time.undo()
    assert again().current == 2


def test_a_cue_that_is_fired_in_an_audition_is_kept_with_its_take(show: Show, sheet: CueSheet, tmp_path: Path) -> None:
    sheet.fire(1)
    show.begin_audition()
    sheet.fire(0)
    assert CueSheet(Show(), Backups(tmp_path / "cues")).current == 1
    show.take()
    assert CueSheet(Show(), Backups(tmp_path / "cues")).current == 0


@pytest.mark.parametrize("kept", [None, "[", "{}", '{"version": 3, "place": "x"}', '{"version": 2, "place": 1}'])
def test_without_a_word_on_the_cue_that_was_fired_last_none_was(
    show: Show, sheet: CueSheet, tmp_path: Path, kept: str | None
) -> None:
    """As older runs kept none, or of cues that cannot be read by now."""
    file = tmp_path / "cues" / "fired.json"
    assert '"version": 3' in file.read_text()
    file.unlink() if kept is None else file.write_text(kept)
    again = CueSheet(Show(), Backups(tmp_path / "cues"))
    assert (again.current, again.set_list) == (None, sheet.set_list)


def test_where_nothing_can_be_kept_it_is_said_once(show: Show, tmp_path: Path) -> None:
    (tmp_path / "cues").write_text("a file where the folder would be")
    sheet = CueSheet(show, Backups(tmp_path / "cues"))
    said: list[str] = []
    sheet.said.connect(lambda level, sentence: said.append(sentence))
    sheet.add()
    sheet.add()
    assert len(said) == 1
    assert len(sheet.set_list.cues) == 2


def test_a_set_is_saved_and_opened(show: Show, sheet: CueSheet, tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []
    sheet.said.connect(lambda level, sentence: said.append((level, sentence)))
    sheet.save(tmp_path / "friday")
    other = CueSheet(show)
    other.add()
    other.open(tmp_path / "friday.vlive")
    assert other.set_list == SetList("friday", sheet.set_list.cues)
    other.undo()
    assert len(other.set_list.cues) == 1
    other.said.connect(lambda level, sentence: said.append((level, sentence)))
    other.open(tmp_path / "gone.vlive")
    assert len(other.set_list.cues) == 1
    sheet.save(tmp_path / "nowhere" / "friday")
    assert [level for level, _ in said] == ["info", "warning", "warning"]
    assert all(isinstance(cue, Cue) for cue in sheet.set_list.cues)


def test_a_set_is_called_as_the_file_that_it_was_saved_as(show: Show, sheet: CueSheet, tmp_path: Path) -> None:
    sheet.save(tmp_path / "friday.vlive")
    assert sheet.set_list.title == "friday"
    assert CueSheet(show, Backups(tmp_path / "cues")).set_list.title == "friday", "after a start as well"
    sheet.delete(0)
    assert sheet.set_list.title == "friday"
    sheet.undo()
    assert sheet.set_list.title == "friday"
    sheet.undo()
    assert (sheet.set_list.title, len(sheet.set_list.cues)) == ("friday", 2), "to save was no step"
    sheet.redo()
    assert sheet.set_list == load(tmp_path / "friday.vlive").set_list


def test_dots_in_a_name_belong_to_it(sheet: CueSheet, tmp_path: Path) -> None:
    sheet.save(tmp_path / "Berlin 12.vlive")
    other = (tmp_path / "Berlin 12.vlive").read_bytes()
    sheet.delete(0)
    sheet.save(tmp_path / "Berlin 12.10")
    assert (tmp_path / "Berlin 12.vlive").read_bytes() == other
    assert load(tmp_path / "Berlin 12.10.vlive").set_list == SetList("Berlin 12.10", sheet.set_list.cues)


def test_what_a_set_replaces_stays_beside_it(sheet: CueSheet, tmp_path: Path) -> None:
    said: list[str] = []
    sheet.said.connect(lambda level, sentence: said.append(sentence))
    path = tmp_path / "friday.vlive"
    before = sheet.set_list.cues
    sheet.save(path)
    sheet.delete(0)
    sheet.save(path)
    assert load(path).set_list.cues == sheet.set_list.cues
    assert load(tmp_path / "friday.vlive~").set_list.cues == before
    assert [sentence.count("friday.vlive~") for sentence in said] == [0, 1]


def test_files_are_written_and_read_where_the_sheet_is_told_to(show: Show, tmp_path: Path) -> None:
    waiting: dict[str, Work] = {}
    sheet = CueSheet(show, Backups(tmp_path / "cues"), later=waiting.__setitem__, keep=waiting.__setitem__)
    sheet.add()
    sheet.add()
    sheet.save(tmp_path / "friday")
    assert list(tmp_path.iterdir()) == [], "nothing is written while the window waits"
    assert len(waiting) == 2, "of both versions of the cues, the latest"
    kept = sheet.set_list
    for work in waiting.values():
        work()
    assert CueSheet(show, Backups(tmp_path / "cues")).set_list == kept
    sheet.delete(0)
    waiting.clear()
    sheet.open(tmp_path / "friday.vlive")
    assert sheet.set_list.cues[0] is None
    waiting[str(tmp_path / "friday.vlive")]()
    assert sheet.set_list.cues == kept.cues
    assert sheet.path == tmp_path / "friday.vlive"


def test_a_set_that_is_read_on_another_thread_comes_back_on_this_one(
    show: Show, sheet: CueSheet, tmp_path: Path, qtbot: QtBot
) -> None:
    sheet.save(tmp_path / "friday")
    worker = FileWorker()
    other = CueSheet(show, Backups(tmp_path / "other"), later=worker.later, keep=worker.later)
    on: list[threading.Thread] = []
    other.changed.connect(lambda: on.append(threading.current_thread()))
    other.open(tmp_path / "friday.vlive")
    qtbot.waitUntil(lambda: other.set_list.cues == sheet.set_list.cues, timeout=60_000)
    other.set_cue(0, name="Opening")
    assert worker.wait(60)
    assert on == [threading.current_thread()] * 2
    assert CueSheet(show, Backups(tmp_path / "other")).set_list == other.set_list, "the last change is there at the end"


def test_a_damaged_version_never_stops_the_start(show: Show, sheet: CueSheet, tmp_path: Path) -> None:
    before = sheet.set_list
    sheet.delete(0)
    newest = sorted((tmp_path / "cues").glob("*.vlive"))[-1]
    damage_contents(newest)
    again = CueSheet(show, Backups(tmp_path / "cues"))
    assert again.set_list == before
    assert [note for note in again.notes if "damaged" in note] == list(again.notes)
    assert len(again.notes) == 1
    for path in set((tmp_path / "cues").glob("*.vlive")) - {newest}:
        damage_contents(path)
    nothing = CueSheet(show, Backups(tmp_path / "cues"))
    assert nothing.set_list == SetList()
    assert len(nothing.notes) == 1
    nothing.add()
    assert CueSheet(show, Backups(tmp_path / "cues")).set_list == nothing.set_list


def test_an_older_version_is_opened_and_taken_back(show: Show, sheet: CueSheet) -> None:
    whole = sheet.set_list
    sheet.delete(0)
    left = sheet.set_list
    versions = sheet.versions()
    assert [version.kept for version in versions] == sorted((version.kept for version in versions), reverse=True)
    sheet.open_version(versions[1])
    assert sheet.set_list == whole
    sheet.undo()
    assert sheet.set_list == left


def test_loras_are_looked_for_by_name_and_missed_when_the_set_is_opened(show: Show, tmp_path: Path) -> None:
    models, elsewhere = tmp_path / "models", tmp_path / "elsewhere"
    for file in (models / "loras" / "glow.safetensors", elsewhere / "here.safetensors"):
        file.parent.mkdir(parents=True)
        file.write_bytes(b"")
    asked = ("C:\\loras\\glow.safetensors", "/gone/dust.safetensors", str(elsewhere / "here.safetensors"))
    show.set_params(loras=tuple(Lora(path, 0.5) for path in asked))
    sheet = CueSheet(show)
    sheet.add()
    sheet.save(tmp_path / "friday")
    show.set_setup(model_folder=str(models))
    said: list[str] = []
    sheet.said.connect(lambda level, sentence: said.append(sentence))
    sheet.open(tmp_path / "friday.vlive")
    cue = sheet.cue(0)
    assert cue is not None
    found = (str(models / "loras" / "glow.safetensors"), *asked[1:])
    assert cue.look.params.loras == tuple(Lora(path, 0.5) for path in found)
    assert len(said) == 1
    assert "dust.safetensors" in said[0]


@pytest.mark.parametrize("path", ["/" + 5000 * "x", "nul\0byte", "/forbidden/a.safetensors", "\udcff.safetensors", ""])
def test_no_path_of_a_lora_stops_the_start_or_an_opening(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    cues = SetList("night", (Cue("One", Look(Params(loras=(Lora(path),)))),))
    Backups(tmp_path / "cues").keep(cues)
    show.set_setup(model_folder=str(tmp_path))

    def forbidden(self: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_file", forbidden)
    sheet = CueSheet(show, Backups(tmp_path / "cues"))
    assert sheet.set_list == cues
    assert len(sheet.notes) == 1
    said: list[str] = []
    sheet.said.connect(lambda level, sentence: said.append(sentence))
    sheet.open(next((tmp_path / "cues").glob("*.vlive")))
    assert len(said) == 1


def test_at_the_start_nobody_waits_for_the_folder_of_loras(show: Show, tmp_path: Path) -> None:
    there = tmp_path / "models" / "deep" / "glow.safetensors"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"")
    look = Look(Params(loras=(Lora("/gone/glow.safetensors", 0.5),)))
    Backups(tmp_path / "cues").keep(SetList("night", (Cue("One", look), None, Cue("Two", look))))
    show.set_setup(model_folder=str(tmp_path / "models"))
    waiting: dict[str, Work] = {}
    sheet = CueSheet(show, Backups(tmp_path / "cues"), later=waiting.__setitem__)
    sheet.delete(0)
    waiting.popitem()[1]()
    sheet.undo()
    found = [cue.look.params.loras for cue in sheet.set_list.cues if cue is not None]
    assert found == [(Lora(str(there), 0.5),)] * 2, "also in the version that comes back"


def test_the_file_belongs_to_the_cues_that_are_in_it(show: Show, sheet: CueSheet, tmp_path: Path) -> None:
    """Or Ctrl+S after an opening that was taken back writes these cues over those of the other file."""
    friday, saturday = tmp_path / "friday.vlive", tmp_path / "saturday.vlive"
    sheet.delete(2)
    sheet.save(friday)
    sheet.duplicate(0)
    CueSheet(show).save(saturday)
    sheet.open(saturday)
    assert sheet.path == saturday
    told: list[str] = []
    sheet.taken_back.connect(told.append)
    sheet.undo()
    assert told == ["open"]
    assert sheet.path == friday
    sheet.undo()
    assert sheet.path == friday, "the same set list before its last change"
    sheet.redo()
    sheet.redo()
    assert sheet.path == saturday


def test_a_step_back_behind_a_fired_cue_takes_its_mark_along(show: Show, sheet: CueSheet) -> None:
    sheet.fire(0)
    sheet.fire(1)
    show.set_params(steps=7)
    marks = []
    for step in (show.undo, show.undo, show.undo, show.redo, show.redo):
        step()
        marks.append(sheet.current)
    assert marks == [1, 0, 2, 0, 1], "before anything was fired, the cue that was added last is the current one"
    show.begin_audition()
    sheet.fire(2)
    show.take(fired=(sheet.number(1), sheet.fired))
    assert sheet.current == 2
    show.undo()
    assert sheet.current == 1


def test_a_name_that_is_no_unicode_is_kept(show: Show, sheet: CueSheet, tmp_path: Path) -> None:
    sheet.set_cue(0, name="half of \udc3d a \U0001f3a8")
    sheet.save(tmp_path / "friday\udcff")
    assert load(tmp_path / "friday\udcff.vlive").set_list.cues == sheet.set_list.cues
    assert CueSheet(show, Backups(tmp_path / "cues")).set_list == sheet.set_list


def test_whatever_keeps_a_set_from_being_saved_is_told(
    show: Show, sheet: CueSheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    sheet.said.connect(lambda level, sentence: said.append(f"{level}: {sentence}"))

    def fail(*_: object, **__: object) -> None:
        raise UnicodeEncodeError("utf-8", "x", 0, 1, "surrogates not allowed")

    monkeypatch.setattr("app.cue_sheet.save", fail)
    sheet.save(tmp_path / "friday")
    monkeypatch.setattr(Backups, "keep", fail)
    sheet.delete(0)
    sheet.delete(1)
    assert [sentence.split(" ", 1)[0] for sentence in said] == ["warning:", "warning:"]
    assert all("surrogates not allowed" in sentence for sentence in said)


def test_a_set_that_hung_is_not_opened_over_the_one_that_was_opened_since(
    show: Show, sheet: CueSheet, tmp_path: Path
) -> None:
    waiting: dict[str, Work] = {}
    hung, other = tmp_path / "hung.vlive", tmp_path / "other.vlive"
    sheet.save(hung)
    sheet.delete(0)
    sheet.save(other)
    fresh = CueSheet(show, later=waiting.__setitem__)
    fresh.open(hung)
    fresh.open(other)
    waiting[str(other)]()
    waiting[str(hung)]()
    assert fresh.path == other
    assert fresh.set_list.cues == sheet.set_list.cues


def test_a_cue_keeps_its_picture_where_the_outputs_show_none(show: Show) -> None:
    seen: list[Picture | None] = [Picture(np.zeros((2, 2, 3), np.uint8))]
    sheet = CueSheet(show, thumbnail=lambda: seen[-1])
    sheet.add()
    seen.append(None)
    show.set_params(prompt="lava")
    sheet.update(0)
    cue = sheet.cue(0)
    assert cue is not None
    assert cue.look.params.prompt == "lava"
    assert cue.thumbnail == seen[0]


def test_a_new_cue_has_a_name_that_none_has(show: Show) -> None:
    sheet = CueSheet(show)
    for _ in range(3):
        sheet.add()
    sheet.delete(0)
    sheet.duplicate(1)
    sheet.add()
    names = [cue.name for cue in sheet.set_list.cues if cue is not None]
    assert len(set(names)) == len(names)
    assert names[-1] == "Cue 4"


def test_the_second_save_costs_nothing_of_what_the_first_one_replaced(
    show: Show, sheet: CueSheet, tmp_path: Path
) -> None:
    path = tmp_path / "friday.vlive"
    precious = SetList("friday", (Cue("Precious"),))
    save(precious, path)
    said: list[str] = []
    sheet.said.connect(lambda level, sentence: said.append(sentence))
    for _ in range(3):
        sheet.duplicate(0)
        sheet.save(path)
    assert load(path).set_list.cues == sheet.set_list.cues
    assert load(tmp_path / "friday.vlive~").set_list == precious
    assert ["friday.vlive~" in sentence for sentence in said] == [True, False, False]
