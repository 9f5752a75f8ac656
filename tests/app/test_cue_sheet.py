"""Cues: fired, changed, moved, taken back, kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.cue_sheet import CueSheet
from app.look import Look
from app.set_list import Backups, Cue, SetList, Transition
from app.show import Show
from app.tempo import Tempo
from engine.params import Params, Picture

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
    before = show.look.params
    sheet.fire(0)
    assert (show.look.params.cut, show.look.params.soft_cut) == (before.cut + 1, before.soft_cut)
    sheet.set_cue(1, transition=Transition("soft cut"))
    sheet.fire(1)
    assert (show.look.params.cut, show.look.params.soft_cut) == (before.cut + 1, before.soft_cut + 1)
    sheet.set_cue(2, transition=Transition("morph", 8, "beats"))
    sheet.fire(2)
    assert show.look.params.morph_chunks == 16, "eight beats at 120 a minute: four seconds of a quarter each"
    show.set_setup(tempo=Tempo(60.0))
    sheet.fire(2)
    assert show.look.params.morph_chunks == 32, "at half the tempo they last twice as long"
    assert (show.look.params.cut, show.look.params.soft_cut) == (before.cut + 1, before.soft_cut + 1)
    sheet.set_cue(2, transition=Transition("morph", 600, "seconds"))
    sheet.fire(2)
    assert show.look.params.morph_chunks == 1000
    sheet.fire(0)
    assert show.look.params.morph_chunks == 0


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
    cue = sheet.cue(sheet.add())
    assert cue is not None
    assert (cue.look.params.last_frame, cue.look.params.cut) == (None, 0)
    assert cue.thumbnail == RGB


def test_next_and_previous_go_round_over_empty_places(show: Show, sheet: CueSheet) -> None:
    sheet.delete(1)
    seen: list[int | None] = []
    sheet.current = None
    for go in (sheet.next, sheet.next, sheet.next, sheet.previous, sheet.previous):
        go()
        seen.append(sheet.current)
    assert seen == [0, 2, 0, 2, 0]
    CueSheet(show).next()


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
