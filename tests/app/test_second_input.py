"""A second input: the controls see it, the engine's source stays the first, and nothing of the show waits for it."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.__main__ import main
from app.errors import SourceError
from app.expand import Expand
from app.frame import Frame, Pixels
from app.framing import Framing
from app.inputs import Source, open_source
from app.look import Look, Setup, SourceChoice, from_json, to_json
from app.outputs.contact_sheet import ContactSheet
from app.preprocessor import Preprocessor
from controls.control import ControlSetting
from controls.layout import Box, Leg
from engine.params import EMPTY_GUIDE, EngineChoice
from tests.app.inputs.clips import number_of, numbered, write_clip
from tests.app.stage import TINY, Stage, StageMaker
from tests.fakes import Witness

DARK, LIGHT = 60, 200
GRAY = (ControlSetting("gray"),)


def flat(value: int, width: int = 64, height: int = 48) -> Pixels:
    return np.full((height, width, 3), value, np.uint8)


def film(path: Path, value: int) -> SourceChoice:
    """A film of one grey."""
    return SourceChoice("clip", str(write_clip(path, pictures=[flat(value)] * 8)))


def brightness(live: Stage) -> tuple[float, float]:
    """Of source and guide in the last chunk that the engine was handed."""
    chunk = live.witness.steps[-1][0]
    return float(chunk.source.mean()), float(chunk.guide.mean())


def on_stage(stage: StageMaker, **setup: Any) -> Stage:
    live = stage(replace(TINY, **setup))
    live.show.set_look(replace(live.show.look, controls=GRAY))
    return live


def until_guided_by(live: Stage, value: int) -> None:
    live.until(lambda: bool(live.witness.steps) and abs(brightness(live)[1] - value) < 8)


def about_second_input(live: Stage) -> list[tuple[str, str]]:
    return [(level, sentence) for level, sentence in live.said if sentence.startswith("Second input: ")]


def test_controls_see_the_second_input_and_the_engine_repaints_the_first(stage: StageMaker, tmp_path: Path) -> None:
    live = on_stage(stage, source=film(tmp_path / "a.mp4", DARK), structure=film(tmp_path / "b.mp4", LIGHT))
    until_guided_by(live, LIGHT)
    assert abs(brightness(live)[0] - DARK) < 8
    assert live.rig.status().structure_title.startswith("b.mp4")
    thumbnails, view = live.rig.thumbnails.get(), live.rig.view.get()
    assert thumbnails is not None
    assert thumbnails.structure is not None
    assert abs(thumbnails.structure.mean() - LIGHT) < 8
    assert view is not None
    assert abs(view.rgb.mean() - DARK) < 8
    live.show.set_setup(structure=None)
    until_guided_by(live, DARK)
    assert live.rig.status().structure_title == ""
    assert not about_second_input(live)


def test_without_its_picture_the_source_is_seen_and_said_once(
    stage: StageMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.input_reader.RETRY_S", 0.01)
    gone = tmp_path / "b.mp4"
    live = on_stage(stage, source=film(tmp_path / "a.mp4", DARK), structure=SourceChoice("clip", str(gone)))
    live.painted(12)
    until_guided_by(live, DARK)
    ((level, sentence),) = about_second_input(live)
    assert level == "warning", "the show goes on"
    assert "b.mp4" in sentence
    assert sentence.endswith(" Until it comes, the controls see the source itself.")
    assert live.rig.status().structure_trouble in sentence
    assert live.rig.status().source_trouble == ""
    film(tmp_path / "new.mp4", LIGHT)
    (tmp_path / "new.mp4").rename(gone)
    until_guided_by(live, LIGHT)
    assert [level for level, _ in about_second_input(live)] == ["warning", "info"]
    assert about_second_input(live)[1][1].endswith(" is back.")
    assert live.rig.status().structure_trouble == ""


class Unplugged:
    """Gives as many pictures as ``script`` says for each opening, and is then unplugged."""

    paused = False
    title = "Old Webcam"
    rate = 0.0

    def __init__(self, script: Iterator[int]) -> None:
        self._script, self._left = script, 0

    def open(self) -> None:
        self._left = next(self._script)

    def read(self) -> Frame | None:
        if self._left == 0:
            raise SourceError("Old Webcam was unplugged, so its last picture stands.")
        self._left -= 1
        return Frame(flat(LIGHT), time.perf_counter())

    def close(self) -> None:
        pass


def test_its_last_picture_stays_when_it_is_lost(
    stage: StageMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = iter([3] + [0] * 10**6)
    opened: list[SourceChoice] = []

    def scripted(choice: SourceChoice, *, realtime: bool) -> Source:
        opened.append(choice)
        return Unplugged(script) if choice.kind == "camera" else open_source(choice, realtime=realtime)

    monkeypatch.setattr("app.input_reader.open_source", scripted)
    monkeypatch.setattr("app.input_reader.RETRY_S", 0.01)
    live = on_stage(stage, source=film(tmp_path / "a.mp4", DARK), structure=SourceChoice("camera", "Old Webcam"))
    live.until(lambda: len([choice for choice in opened if choice.kind == "camera"]) > 3)
    until_guided_by(live, LIGHT)
    live.painted(8)
    assert abs(brightness(live)[1] - LIGHT) < 8
    assert about_second_input(live) == [
        ("warning", "Second input: Old Webcam was unplugged, so its last picture stands.")
    ]
    assert len([choice for choice in opened if choice.kind == "clip"]) == 1, "the first input is left alone"


def test_as_its_own_second_input_a_source_is_opened_once(stage: StageMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[SourceChoice] = []

    def note(choice: SourceChoice, *, realtime: bool) -> Source:
        opened.append(choice)
        return open_source(choice, realtime=realtime)

    monkeypatch.setattr("app.input_reader.open_source", note)
    live = on_stage(stage, structure=TINY.source)
    live.painted(8)
    assert opened == [TINY.source]
    card = replace(TINY.source, rate=30.0)
    live.show.set_setup(structure=card)
    live.until(lambda: opened == [TINY.source, card])
    live.show.restart_structure()
    live.until(lambda: opened == [TINY.source, card, card])
    live.painted(4)
    assert len(opened) == 3


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film of twelve light pictures, one of five numbered ones, and a mask, in the folder that commands run in."""
    write_clip(tmp_path / "light.mp4", pictures=[flat(LIGHT, 96, 64)] * 12)
    write_clip(tmp_path / "numbers.mp4", 5, size=(96, 64))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_rendering_takes_it_picture_for_picture_and_its_last_one_stays(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = Witness()
    monkeypatch.setattr("app.render.EngineHost", lambda choice, reserved_cores: witness.make_host(choice))
    sheets: list[tuple[list[str], tuple[str, ...]]] = []
    drawn = ContactSheet.drawn

    def note(sheet: ContactSheet, title: str, *lines: str) -> Pixels:
        sheets.append((sheet._rows, lines))
        return drawn(sheet, title, *lines)

    monkeypatch.setattr(ContactSheet, "drawn", note)
    options = ["--size", "96x64", "--steps", "1", "--control", "passthrough", "--report", "report.json"]
    assert main(["render", "light.mp4", "-o", "out.mp4", "--structure", "numbers.mp4", *options]) == 0
    guides = [number_of(rgb) for chunk, _ in witness.steps for rgb in chunk.guide][:12]
    assert guides == [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4]
    assert all(abs(chunk.source.mean() - LIGHT) < 8 for chunk, _ in witness.steps)
    ((rows, lines),) = sheets
    assert rows == ["source", "structure", "passthrough", "output"]
    assert "guide from numbers.mp4" in lines[-1]
    asked = json.loads(Path("report.json").read_text())["asked"]
    assert asked["structure"] == "numbers.mp4"


def test_a_second_input_that_is_not_there_ends_a_rendering_in_a_sentence(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "light.mp4", "-o", "out.mp4", "--structure", "gone.mp4"]) == 1
    assert "gone.mp4" in capsys.readouterr().err
    before = Path("numbers.mp4").read_bytes()
    assert main(["render", "light.mp4", "-o", "numbers.mp4", "--structure", "numbers.mp4"]) == 1
    assert "would be lost" in capsys.readouterr().err
    assert Path("numbers.mp4").read_bytes() == before


def test_the_live_command_takes_it_and_none_takes_it_away(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Setup] = []
    kept = Setup(structure=SourceChoice("clip", "earlier.mp4"))
    monkeypatch.setattr("app.live.starting_values", lambda state, fresh: (Look(), kept, ""))

    def begin(look: Look, setup: Setup, *rest: Any) -> int:
        begun.append(setup)
        return 0

    monkeypatch.setattr("app.live.run_headless", begin)
    for options in ([], ["--structure", "numbers.mp4"], ["--structure", "none"]):
        assert main(["live", "--headless", *options]) == 0
    assert [setup.structure for setup in begun] == [kept.structure, SourceChoice("clip", "numbers.mp4"), None]


def test_it_is_kept_and_older_states_open_without_it() -> None:
    setup = Setup(structure=SourceChoice("camera", "BRIO", 640, 360))
    told = json.loads(json.dumps(to_json(setup)))
    assert from_json(Setup, told) == setup
    assert from_json(Setup, to_json(Setup())).structure is None
    del told["structure"], told["structure_restarts"]
    assert from_json(Setup, told) == Setup()


def test_it_comes_to_the_sources_place_unturned() -> None:
    framing = Framing(mirror=True, rotate=180, crop=(0.5, 0, 0, 0), fit="stretch")
    setup = Setup(engine=EngineChoice("starter", 96, 64), framing=framing)
    look = Look(controls=(ControlSetting("passthrough"),), expand=Expand(0.5, 0, 0.5, 0))
    other = Frame(numbered(45, 48, 32), 0.0)
    guided, guide = Preprocessor().guided(Frame(flat(LIGHT), 0.0), look, setup, 0, structure=other)
    assert guided.structure is not None
    assert guided.structure.shape == guided.source.shape == (64, 96, 3)
    place = (guided.source != EMPTY_GUIDE).all(axis=2)
    rows, columns = np.flatnonzero(place.any(axis=1)), np.flatnonzero(place.any(axis=0))
    inside = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    assert number_of(guided.structure[inside]) == 45
    assert number_of(guide.rgb[inside]) == 45
    assert (guide.rgb[~place] == EMPTY_GUIDE).all()
    assert Preprocessor().guided(Frame(flat(LIGHT), 0.0), look, setup, 0)[0].structure is None


def test_a_picture_that_is_seen_again_is_no_picture_in_which_nothing_moves() -> None:
    """A camera at 30 a second beside a film at 10: flow must not turn white in between, nor boxes stand still."""
    setup = Setup(engine=EngineChoice("starter", 96, 64))
    box = Box((0.0, 0.0, 0.2, 0.9), (Leg((0.8, 0.0, 1.0, 0.9)),))
    look = Look(controls=(ControlSetting("flow"), ControlSetting("layout")), layout=(box,))
    preprocessor = Preprocessor()
    rng = np.random.default_rng(0)
    noise = np.asarray(cv2.resize(rng.integers(0, 256, (16, 48, 3), np.uint8), (288, 96)), np.uint8)
    parts: list[dict[str, Pixels]] = []
    for number in range(24):
        if number % 3 == 0 and number < 9:
            place = number // 3 * 5
            film = Frame(np.ascontiguousarray(noise[:, 100 - place : 250 - place]), 0.0)
        parts.append(preprocessor.guided(Frame(flat(LIGHT), number / 30), look, setup, 0, structure=film)[1].parts)
    coloured = [bool((part["flow"] < 200).any()) for part in parts]
    assert coloured[:3] == [False] * 3, "the first picture has none before it"
    assert coloured[3:9] == [True] * 6
    assert not any(coloured[22:]), "but after half a second without a new one, all stands still"
    places = [np.flatnonzero((part["layout"] < 128).any(axis=(0, 2))).max() for part in parts]
    assert all(a < b for a, b in itertools.pairwise(places))
