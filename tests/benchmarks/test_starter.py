"""The benchmark runs what is played: the real starter, small, on pictures made here."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from app.errors import ShowError
from app.frame import GuidedFrame
from app.look import Look
from app.outputs.contact_sheet import save_picture
from benchmarks.starter import __main__ as command
from benchmarks.starter import (
    edge,
    films,
    given,
    looks,
    masking,
    prompting,
    repeating,
    sheets,
    standing,
)
from benchmarks.starter.bench import Bench, Effort, Size
from benchmarks.starter.clips import RATE, Missing
from benchmarks.starter.fidelity import psnr
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.masking import moving_box
from benchmarks.starter.player import SKIPPED_CHUNKS, Player, prepared
from benchmarks.starter.sheets import SHEETS
from benchmarks.starter.words import color_for, prompt_of, usual_prompt
from controls import depth, skeleton
from controls.control import Pixels
from engine.params import Params
from tests.benchmarks.small import LESS
from training.palettes import COLORS
from training.prompts import LOOKS, vocabulary

SIZE = (64, 48)


def moving(count: int) -> list[Pixels]:
    """A bright box that wanders over a dark ground."""
    pictures = []
    for number in range(count):
        picture = np.full((96, 128, 3), 30, np.uint8)
        picture[20:60, 10 + 2 * number : 50 + 2 * number] = (220, 200, 90)
        pictures.append(picture)
    return pictures


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    player = Player(*SIZE, seed=1)
    yield player
    player.close()


def test_frames_are_made_by_the_controls_at_the_engine_s_size() -> None:
    frames = list(prepared(moving(3), ("edge",), SIZE))
    assert frames[0].source.shape == frames[0].guide.shape == (SIZE[1], SIZE[0], 3)
    assert frames[0].guide.max() == 255
    assert frames[0].mask is None
    empty = next(prepared(moving(1), (), SIZE))
    assert (empty.guide == 128).all()


def test_no_empty_guide_is_measured_in_place_of_one_that_cannot_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depth, "MODELS", ("nowhere.onnx",))
    with pytest.raises(ShowError, match=r"nowhere\.onnx was not found"):
        next(prepared(moving(1), ("depth",), SIZE))


def test_the_prompt_of_unknown_words_has_no_word_that_was_trained() -> None:
    assert not set(sheets.UNKNOWN.split()) & set(vocabulary())


def test_masks_and_looks_reach_the_frames() -> None:
    masks = list(islice(moving_box(*SIZE), 2))
    frames = list(prepared(moving(2), ("edge",), SIZE, masks))
    assert all(
        frame.mask is not None and np.array_equal(frame.mask, mask) for frame, mask in zip(frames, masks, strict=True)
    )
    inverted = next(prepared(moving(1), ("edge",), SIZE, masks, Look(invert_mask=True)))
    assert inverted.mask is not None
    assert np.array_equal(inverted.mask, 255 - masks[0])


def test_the_box_moves_evenly_and_stays_in_the_picture() -> None:
    masks = list(islice(moving_box(320, 192), 300))
    lefts = [int(np.flatnonzero(mask.any(axis=0))[0]) for mask in masks]
    assert {int((mask > 0).sum()) for mask in masks} == {round(0.4 * 320) * round(0.55 * 192)}
    assert max(abs(b - a) for a, b in pairwise(lefts)) == 3
    assert min(lefts) == 0
    assert max(lefts) >= 320 - 128 - 2


def test_a_stream_gives_each_frame_its_picture(player: Player) -> None:
    frames = list(prepared(moving(player.count(3) + 2), ("edge",), SIZE))
    whole = player.play(frames, Params("neon"))
    assert len(whole.frames) == len(whole.output) == player.count(3)
    assert whole.frames == frames[: player.count(3)]
    assert whole.output.shape[1:] == (SIZE[1], SIZE[0], 3)


def test_the_first_chunks_are_left_out_of_what_is_measured(player: Player) -> None:
    frames = list(prepared(moving(player.count(4)), ("edge",), SIZE))
    whole, shot = player.play(frames, Params("neon")), player.shot(frames, Params("neon"))
    assert player.skipped == player.count(SKIPPED_CHUNKS)
    assert np.array_equal(shot.output, whole.output[player.skipped :])
    assert np.array_equal(shot.guide[0], frames[player.skipped].guide)
    assert shot.mask.all()


def test_every_stream_starts_anew_and_repeats_itself(player: Player) -> None:
    frames = list(prepared(moving(player.count(3)), ("edge",), SIZE))
    first = player.play(frames, Params("neon")).output
    other = player.play(frames, Params("ink", control_strength=0.5)).output
    again = player.play(frames, Params("neon")).output
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_another_seed_paints_other_pictures() -> None:
    frames = list(prepared(moving(1), ("edge",), SIZE))
    one, two = (Player(*SIZE, seed=seed).play(frames, Params("neon")).output for seed in (1, 2))
    assert not np.array_equal(one, two)


def test_the_last_chunk_alone_is_asked_for_the_ending(player: Player) -> None:
    frames = list(prepared(moving(player.count(3)), ("edge",), SIZE))
    plain = player.play(frames, Params("neon")).output
    ended = player.play(frames, Params("neon"), ending=Params("ink")).output
    before = player.count(2)
    assert np.array_equal(plain[:before], ended[:before])
    assert not np.array_equal(plain[before:], ended[before:])


def test_prompts_name_look_and_colour() -> None:
    assert prompt_of("neon", "teal") == "neon teal lines on black"
    assert prompt_of("ink", "red") == "ink wash, paper, red"
    assert prompt_of("ink") == "ink wash, paper"
    for look in LOOKS:
        assert look in usual_prompt(look).split()
        assert color_for(look) in COLORS
        assert not set(prompt_of(look).split()) & set(COLORS)


class SyntheticBench(Bench):
    """Its clips are made here; all else is the real one."""

    def pictures(self, name: str) -> list[Pixels]:
        return moving(12)

    def frames(self, name: str, *controls: str, chunks: int = 0, size: Size | None = None) -> list[GuidedFrame]:
        """The box has no limbs to be found: pose draws somebody's in its place."""
        if controls != ("pose",):
            return super().frames(name, *controls, chunks=chunks, size=size)
        points = np.full((18, 2), np.nan)
        points[1], points[2], points[8], points[9] = (0.5, 0.2), (0.4, 0.2), (0.45, 0.55), (0.45, 0.9)
        width, height = size or self.effort.size
        guide = skeleton.draw([points], width, height)
        return [replace(frame, guide=guide) for frame in super().frames(name, chunks=chunks, size=size)]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[SyntheticBench]:
    for module, name, less in (
        *LESS,
        (prompting, "BLENDS", prompting.BLENDS[:1]),
        (given, "SOURCE_LOOKS", ("neon",)),
        (given, "FALLING", (1.0, 0.2)),
        (repeating, "GRID_LOOKS", ("neon",)),
    ):
        monkeypatch.setattr(module, name, less)
    effort = Effort(3, LOOKS[:2], ("balance", "street"), ("walk",), size=SIZE, drift_pictures=44, drift_size=SIZE)
    bench = SyntheticBench(Path("nowhere"), effort, lambda line: None)
    yield bench
    bench.close()


@pytest.mark.parametrize("name", [name for name in command.MEASURES if name != "speed"])
def test_measures_run_on_the_starter(bench: SyntheticBench, name: str) -> None:
    section = command.MEASURES[name](bench)
    assert section.figures
    assert all(np.isfinite(figure.value) for figure in section.figures)
    assert json.dumps(section.details)


def test_strengths_between_show_in_the_contrast_of_lines(bench: SyntheticBench) -> None:
    bench.effort = replace(bench.effort, looks=("neon",), clips=("balance",))
    details = edge.measure_edge(bench).details
    contrast = details["line contrast by look and strength, in grey levels"]["neon"]
    assert set(contrast) == set(details["f1 by look and strength"]["neon"]) == set(edge.STRENGTHS)
    assert contrast[0.0] < contrast[1.0]
    assert details["line contrast at strength 0.5, share of that at 1"]["neon"] == contrast[0.5] / contrast[1.0]


def test_edges_at_strength_0_are_counted_by_both_measures_beside_chance(bench: SyntheticBench) -> None:
    bench.effort = replace(bench.effort, looks=("neon",), clips=("balance",))
    section = edge.measure_edge(bench)
    values = {figure.measure: figure.value for figure in section.figures}
    rows = [section.details[f"f1 by look and strength{what}"]["neon"] for what in ("", ", by chance")]
    own, chance = (row[0.0] for row in rows)
    fixed = section.details["f1 by look and strength, levels fixed at strength 1"]["neon"]
    assert values["edge: F1 at strength 0, highest of all looks"] == own
    assert values["edge: F1 at strength 0 by levels fixed at strength 1, highest of all looks"] == fixed[0.0]
    assert values["edge: F1 at strength 0, how far from chance, farthest of all looks"] == abs(own - chance)
    assert values["edge: looks with F1 of 0.3 or less at strength 0"] == (own <= 0.3)
    assert values["edge: line contrast at strength 0, share of that at 1, highest of all looks"] < 1


@pytest.mark.parametrize(("scores", "steady"), [([0.1, 0.1, 0.4], True), ([0.1, 0.4, 0.39], False)])
def test_any_fall_is_a_fall(scores: list[float], steady: bool) -> None:
    assert edge._never_falls(scores) == steady


def test_pictures_that_are_given_come_out_nearer_than_others(bench: SyntheticBench) -> None:
    bench.effort = replace(bench.effort, clips=("balance",))
    frames = bench.frames("balance", "edge")
    plain = bench.player().play(frames, Params(usual_prompt(given.LOOK))).output
    assert given._first(bench, "balance") > psnr(plain[:1], frames[0].source[None])
    assert given._last(bench, "balance") > psnr(plain[-1:], frames[-1].source[None])
    assert given._kept(bench, "balance") > psnr(plain, np.stack([frame.source for frame in frames[: len(plain)]]))


def test_drift_is_never_measured_over_fewer_pictures_than_asked_for(bench: SyntheticBench) -> None:
    bench.effort = replace(bench.effort, drift_pictures=50)  # no whole number of turns
    section = standing.measure_drift(bench)
    windows = section.details["chroma and contrast by window"]["neon"]
    pictures = len(windows) * section.details["pictures in a window"]
    assert pictures >= bench.effort.drift_pictures > pictures - section.details["pictures in a window"]
    assert section.figures[0].measure.endswith(f"over {pictures} pictures")


def test_what_is_kept_for_other_measures_is_made_once(bench: SyntheticBench) -> None:
    assert looks.taught(bench, without="street") is looks.taught(bench, without="street")
    assert looks.taught(bench, without="street") is not looks.taught(bench, without="balance")


def test_more_steps_than_the_player_s_paint_other_pictures(player: Player) -> None:
    frames = list(prepared(moving(player.count(3)), ("edge",), SIZE))
    usual = player.shot(frames, Params("neon")).output
    assert np.array_equal(usual, player.shot(frames, Params("neon"), steps=player.steps).output)
    assert not np.array_equal(usual, player.shot(frames, Params("neon"), steps=player.steps + 1).output)


@pytest.mark.parametrize(("asked", "right"), [("red", True), ("blue", False)])
def test_the_colour_inside_a_mask_is_told_from_the_names_of_clips(
    bench: SyntheticBench, monkeypatch: pytest.MonkeyPatch, asked: str, right: bool
) -> None:
    monkeypatch.setattr(masking, "hue_seen", lambda pictures, where: 0.0)
    found = masking._Kept()
    frames = list(prepared(bench.running("a red street"), ("edge",), SIZE, moving_box(*SIZE)))
    masking._measure(bench, "a red street", frames, (("neon", asked),), found)
    assert list(found.seen.values()) == ["red"]
    assert found.right == [right]


def test_films_show_every_look_beside_the_source(
    bench: SyntheticBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(films, "SECONDS", 1)
    films.write_films(bench, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"{look}.mp4" for look in bench.effort.looks}
    with av.open(str(tmp_path / "neon.mp4")) as film:
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(pictures) >= 2 * math.floor(RATE / 4)
    assert pictures[0].shape == (SIZE[1], 2 * SIZE[0], 3)
    source, painted = pictures[-1][:, : SIZE[0]], pictures[-1][:, SIZE[0] :]
    assert np.abs(source.astype(int) - painted).mean() > 10


@pytest.mark.parametrize("name", ["masks", "references", "first-and-last", "sizes"])
def test_sheets_are_drawn_of_the_starter(
    bench: SyntheticBench, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for constant, less in {
        "FEW_CHUNKS": 3,
        "MANY_CHUNKS": 3,
        "FEW_LOOKS": ("neon",),
        "REFERENCE_LOOKS": (),
        "SIZES": (SIZE, (80, 48)),
    }.items():
        monkeypatch.setattr(sheets, constant, less)
    sheet = SHEETS[name](bench).drawn()
    save_picture(tmp_path / f"{name}.png", sheet)
    assert sheet.std() > 5


def test_the_sheet_of_controls_shows_boxes_and_says_what_cannot_run(
    bench: SyntheticBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for constant, less in {"FEW_CHUNKS": 3, "FEW_LOOKS": ("neon",), "MIXES": (("layout",), ("depth",))}.items():
        monkeypatch.setattr(sheets, constant, less)
    monkeypatch.setattr(depth, "MODELS", ("nowhere.onnx",))
    sheet = sheets.draw_controls(bench)
    assert sheet.note.endswith("depth is left out, it cannot run here")
    ((name, (_, boxes, painted)),) = sheet._rows
    assert name == "layout"
    assert boxes.min() < 128 < boxes.mean()
    assert painted.std() > 5
    assert "BSD-3-Clause" in sheet.credits[0]


def test_sections_that_are_not_measured_stay_in_the_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept.json"
    monkeypatch.setattr(
        command, "MEASURES", {name: lambda bench, name=name: Section((Figure(name, 1.0),)) for name in ("a", "b")}
    )
    for only in ("a", "b"):
        monkeypatch.setattr(sys, "argv", ["starter", "--quick", "--only", only, "--json", str(kept)])
        assert command.main() == 0
    assert set(json.loads(kept.read_text())["sections"]) == {"a", "b"}


def test_the_table_is_printed_from_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    row = {"measure": "edge: x", "value": 7.0, "floor": 6.0, "goal": 10.0, "unit": "", "at_most": False, "met": "floor"}
    kept.write_text(json.dumps({"sections": {"edge": {"figures": [row], "details": {}}}}))
    monkeypatch.setattr(sys, "argv", ["starter", "--table", "--json", str(kept)])
    assert command.main() == 0
    assert "| edge: x | 7 | >= 6 | >= 10 | floor |" in capsys.readouterr().out


def test_the_table_says_whose_weights_it_is_of_and_warns_where_they_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    monkeypatch.setattr(sys, "argv", ["starter", "--table", "--json", str(kept)])
    said = []
    for other in ("a1", "b2"):
        sections = {"edge": "a1", "mask": other}
        kept.write_text(
            json.dumps({"sections": {name: {"figures": [], "weights": sha} for name, sha in sections.items()}})
        )
        assert command.main() == 0
        said.append(capsys.readouterr().out)
    assert "weights a1: edge, mask" in said[0]
    assert "WARNING" not in said[0]
    assert "weights a1: edge\nweights b2: mask\nWARNING" in said[1]


def test_a_missing_clip_ends_it_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(bench: Bench) -> Section:
        raise Missing("There is no walk.mp4.")

    monkeypatch.setattr(command, "MEASURES", {"edge": measure})
    monkeypatch.setattr(sys, "argv", ["starter", "--quick", "--only", "edge"])
    assert command.main() == 1
    assert capsys.readouterr().err == "There is no walk.mp4.\n"
