"""Every measure of the starter with known answers: a painter of a few lines stands in the network's place.

Clips, controls, players and figures are the real ones, small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.frame import GuidedFrame
from app.framing import resized
from benchmarks.starter import edge, following, given, looks, masking, prompting, reference, repeating, standing
from benchmarks.starter.bench import Bench, Effort, Size
from benchmarks.starter.figures import Section
from benchmarks.starter.player import Player
from benchmarks.starter.structure import within
from benchmarks.starter.targets import target
from controls.control import Pixels
from engine.params import ControlChunk, Params
from tests.benchmarks.small import LESS
from training.palettes import COLORS, GROUNDS
from training.prompts import DEFAULT_LOOK, LOOK_WORDS, LOOKS, Wish

SIZE = (96, 64)
ONE_LEVEL_DB = 48.1308
"""PSNR of pictures that are off by one grey level everywhere."""

Painted = NDArray[np.generic]
Paint = Callable[[ControlChunk, Params], Painted]


class PaintingHost:
    """What ``EngineHost`` does for a player, by a function."""

    def __init__(self, paint: Paint) -> None:
        self._paint = paint

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        return np.asarray(np.clip(self._paint(chunk, params), 0, 255), np.uint8)

    def settle(self) -> None: ...

    def close(self) -> None: ...


class PaintingPlayer(Player):
    def __init__(self, size: Size, paint: Paint) -> None:
        self._host = PaintingHost(paint)  # type: ignore[assignment]
        self._lengths = (1, 4)
        self.size, self.steps, self.skipped = size, 1, 5
        self._seed, self._cut = 1, 0


class PaintedBench(Bench):
    def __init__(self, paint: Paint) -> None:
        effort = Effort(3, LOOKS[:2], ("balance", "street"), ("walk",), SIZE, drift_pictures=88, drift_size=SIZE)
        super().__init__(Path("nowhere"), effort, lambda line: None)
        self._paint = paint

    def player(self, size: Size | None = None) -> Player:
        return PaintingPlayer(size or SIZE, self._paint)

    def pictures(self, name: str) -> list[Pixels]:
        """A bright box that wanders in a corner of a dark ground; each clip in colours of its own."""
        shade = sum(map(ord, name)) % 60
        pictures = []
        for number in range(12):
            picture = np.full((96, 144, 3), 30, np.uint8)
            picture[14:40, 10 + 2 * number : 50 + 2 * number] = (220, 190 - shade, 60 + shade)
            pictures.append(picture)
        return pictures


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, less in (*LESS, (repeating, "GRID_LOOKS", ("neon", "ink"))):
        monkeypatch.setattr(module, name, less)


def measured(measure: Callable[[Bench], Section], paint: Paint) -> dict[str, float]:
    return {figure.measure.split(": ", 1)[1]: figure.value for figure in measure(PaintedBench(paint)).figures}


def wish_of(prompt: str) -> Wish:
    """What a painter who knows all the words takes a prompt for."""
    words = prompt.replace(",", "").split()
    look = next((look for look, names in LOOK_WORDS.items() if any(name in prompt for name in names)), DEFAULT_LOOK)
    color = next((word for word in words if word in COLORS), None)
    return Wish(prompt, look, color, next((word for word in words if word in GROUNDS), None))


def as_taught(chunk: ControlChunk, params: Params) -> Pixels:
    return target(wish_of(params.prompt), chunk.guide)


def turned(pictures: Pixels) -> Pixels:
    return pictures[:, ::-1, ::-1]


def canny(pictures: Pixels) -> Pixels:
    lines = np.stack([cv2.Canny(rgb, 50, 100) for rgb in pictures])
    return np.asarray(lines[..., None].repeat(3, axis=-1), np.uint8)


def dilated(pictures: Pixels) -> Pixels:
    return np.stack([np.asarray(cv2.dilate(rgb, np.ones((5, 5), np.uint8)), np.uint8) for rgb in pictures])


def flat(chunk: ControlChunk, level: float) -> Pixels:
    return np.full_like(chunk.guide, round(level))


def test_edges_that_are_followed_as_strongly_as_asked() -> None:
    figures = measured(edge.measure_edge, lambda chunk, params: chunk.guide * params.control_strength)
    assert figures["F1 at strength 0, highest of all looks"] == 0
    assert figures["F1 at strength 1, mean of all looks"] > 0.99
    assert figures["the same by chance, against the guide turned round"] < 0.5
    assert figures["looks with F1 of 0.85 or more at strength 1"] == 2
    assert figures["looks whose F1 never falls as strength rises"] == 2
    assert figures["looks whose F1 rises by 0.3 or more from strength 0 to 1"] == 2
    assert figures["looks with F1 of 0.85 at strength 1, 0.3 at 0, and no fall between"] == 2
    assert figures["line contrast at strength 0, share of that at 1, highest of all looks"] == 0
    assert figures["line contrast at strength 0.5, share of that at 1, mean of all looks"] == pytest.approx(0.5, 0.02)
    assert figures["F1 at 80x48, three looks"] > 0.99
    assert figures["F1 with two steps, mean of all looks"] > 0.99


def test_edges_that_are_not_followed() -> None:
    def paint(chunk: ControlChunk, params: Params) -> Painted:
        if not params.prompt.startswith("neon"):
            return flat(chunk, 0)
        return chunk.guide if params.steps == 1 and len(chunk.guide[0]) == SIZE[1] else turned(chunk.guide)

    figures = measured(edge.measure_edge, paint)
    assert figures["F1 at strength 0, highest of all looks"] > 0.99
    assert figures["looks with F1 of 0.3 or less at strength 0"] == 1
    assert figures["looks whose F1 rises by 0.3 or more from strength 0 to 1"] == 0
    assert figures["looks with F1 of 0.85 at strength 1, 0.3 at 0, and no fall between"] == 0
    assert figures["F1 at strength 0, how far from chance, farthest of all looks"] > 0.5
    assert figures["F1 at strength 1, mean of all looks"] == pytest.approx(0.5, abs=0.01)
    assert figures["F1 with two steps, mean of all looks"] < 0.3
    assert figures["F1 at 80x48, three looks"] < 0.5


def test_lines_that_are_left_faint_at_strength_0_count_by_their_own_contrast_alone() -> None:
    figures = measured(edge.measure_edge, lambda chunk, params: chunk.guide * max(0.15, params.control_strength))
    assert figures["F1 at strength 0, highest of all looks"] > 0.9
    assert figures["F1 at strength 0 by levels fixed at strength 1, highest of all looks"] == 0


@pytest.mark.parametrize("follows", [True, False])
def test_gray_and_scribble_are_held_against_their_lines_and_those_turned_round(follows: bool) -> None:
    def from_gray(chunk: ControlChunk, params: Params) -> Painted:
        grays = np.stack([cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) for rgb in chunk.source])
        assert np.abs(chunk.guide.astype(np.int16) - grays[..., None]).mean() < 1
        return canny(chunk.guide) if follows else turned(canny(chunk.guide))

    def from_scribble(chunk: ControlChunk, params: Params) -> Painted:
        assert len(np.unique(chunk.guide)) > 2  # soft lines, where those of edge are black and white
        return chunk.guide if follows else turned(chunk.guide)

    gray = measured(following.measure_gray, from_gray)
    own, chance = gray["line F1, mean of all looks"], gray["the same by chance, against the lines turned round"]
    assert (own > 0.95 and chance < 0.5) if follows else (own < 0.5 and chance > 0.95)
    scribble = measured(following.measure_scribble, from_scribble)
    own, chance = scribble["line F1, mean of 1 looks"], scribble["the same by chance, against the guide turned round"]
    assert (own > 0.9 and chance < 0.5) if follows else (own < 0.5 and chance > 0.9)


def test_limbs_that_one_look_follows() -> None:
    def limbs(
        self: PaintedBench, name: str, *controls: str, chunks: int = 0, size: Size | None = None
    ) -> list[GuidedFrame]:
        guided = Bench.frames(self, name, chunks=chunks, size=size)
        guide = np.zeros_like(guided[0].guide)
        cv2.line(guide, (14, 8), (30, 30), (255, 0, 0), 3)
        return [replace(frame, guide=guide) for frame in guided]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PaintedBench, "frames", limbs)
        figures = measured(
            following.measure_pose,
            lambda chunk, params: dilated(chunk.guide) if "neon" in params.prompt else flat(chunk, 0),
        )
    assert figures["looks with IoU of 0.4 or more"] == 1
    assert figures["limb mask IoU, mean of all looks"] == pytest.approx(0.5, abs=0.1)
    assert figures["the same by chance, against the guide turned round"] < 0.1


def test_masks_that_are_obeyed_but_for_their_border() -> None:
    def paint(chunk: ControlChunk, params: Params) -> Painted:
        assert not params.composite
        assert chunk.mask is not None
        inside = chunk.mask > 127
        near = np.stack([within(mask, 3) for mask in inside]) & ~inside
        named = next(color for color in COLORS if color in params.prompt)
        filled = np.where(chunk.guide.max(axis=-1, keepdims=True) > 200, 0, np.asarray(colored(named), np.uint8))
        kept = np.minimum(chunk.source, 200) + np.where(near, 21, 1)[..., None]
        return np.where(inside[..., None], filled, np.where(chunk.source > 200, chunk.source - 1, kept))

    figures = measured(masking.measure_mask, paint)
    for what in ("PSNR outside", "outpainting, PSNR of what is kept"):
        assert figures[f"{what}, 8 px or more from the border"] == pytest.approx(ONE_LEVEL_DB, abs=1e-3)
    assert 25 < figures["PSNR everywhere outside"] < 40
    assert figures["outpainting, PSNR of all that is kept"] <= ONE_LEVEL_DB
    assert figures["share of prompts whose colour is seen inside"] == 1
    assert figures["outpainting, share of prompts whose colour is seen around"] == 1
    assert figures["edge F1 inside, 8 px or more from the border"] > 0.8


def test_masks_that_are_painted_in_red_whatever_is_asked() -> None:
    red = np.asarray(colored("red"), np.uint8)
    figures = measured(masking.measure_mask, lambda chunk, params: np.broadcast_to(red, chunk.source.shape))
    asked = [color for _, color in masking.MASK_PROMPTS]
    assert figures["share of prompts whose colour is seen inside"] == asked.count("red") / len(asked)
    assert figures["outpainting, share of prompts whose colour is seen around"] == 0
    assert figures["PSNR outside, 8 px or more from the border"] < 15


def test_colours_outside_a_mask_do_not_count_as_seen_inside() -> None:
    def paint(chunk: ControlChunk, params: Params) -> Painted:
        assert chunk.mask is not None
        named = next(color for color in COLORS if color in params.prompt)
        return np.where(chunk.mask[..., None] > 127, 128, np.asarray(colored(named)))

    figures = measured(masking.measure_mask, paint)
    assert figures["share of prompts whose colour is seen inside"] == 0
    assert figures["outpainting, share of prompts whose colour is seen around"] == 0


def colored(name: str) -> tuple[int, int, int]:
    hue = COLORS[name]
    rgb = cv2.cvtColor(np.array([[[hue, 1.0, 0.9]]], np.float32), cv2.COLOR_HSV2RGB)[0, 0]
    red, green, blue = (round(255 * float(value)) for value in rgb)
    return red, green, blue


def test_references_that_are_taken_whole() -> None:
    def paint(chunk: ControlChunk, params: Params) -> Painted:
        if not params.references:
            return as_taught(chunk, params)
        shown = resized(params.references[0].pixels, *SIZE, "stretch")
        return np.broadcast_to(shown, chunk.guide.shape)

    figures = measured(reference.measure_reference, paint)
    shares = {name: value for name, value in figures.items() if name.startswith("palette distance")}
    assert len(shares) == 2 * len(reference.MODES)
    assert max(shares.values()) < 0.15
    cases = [value for name, value in figures.items() if name.startswith("cases of 2")]
    assert cases == [2, 2, 2]
    assert figures["look taken from it"] == figures["look taken from it, aligned"] == 1


def test_references_that_one_mode_alone_sees() -> None:
    def paint(chunk: ControlChunk, params: Params) -> Painted:
        seen = params.references and params.reference_mode == "aligned"
        return np.broadcast_to(params.references[0].pixels[30, 60], chunk.guide.shape) if seen else flat(chunk, 128)

    figures = measured(reference.measure_reference, paint)
    assert figures["palette distance to it, over that without"] == 1
    assert figures["palette distance to it, over that without, reference"] == 1
    assert figures["palette distance to it, over that without, aligned"] != 1
    assert figures["cases of 2 with half of it or less"] == 0


def test_what_is_given_comes_out_off_by_one_level() -> None:
    levels: set[int] = set()

    def paint(chunk: ControlChunk, params: Params) -> Painted:
        if chunk.mask is not None:
            assert not chunk.mask.any()
            assert not params.composite
        if chunk.mask is not None or params.strength < 1:
            return np.minimum(chunk.source, 254) + 1
        levels.add(len(np.unique(chunk.guide)))
        painted = canny(chunk.source)
        if params.first_frame is not None and len(painted) == 1:
            painted[0] = np.minimum(params.first_frame.pixels, 254) + 1
        if params.last_frame is not None:
            painted[-1] = np.minimum(params.last_frame.pixels, 254) + 1
        return painted

    figures = measured(given.measure_given, paint)
    assert max(levels) > 2  # black, white, and what gray adds
    assert figures["PSNR of the first picture to the first frame given"] == pytest.approx(ONE_LEVEL_DB, abs=1e-3)
    assert figures["PSNR of the last picture to the last frame given"] == pytest.approx(ONE_LEVEL_DB, abs=1e-3)
    assert figures["PSNR to the source where a mask keeps all of it"] == pytest.approx(ONE_LEVEL_DB, abs=1e-3)
    assert figures["PSNR to the source, video to video at strength 0.2"] == pytest.approx(ONE_LEVEL_DB, abs=1e-3)
    assert figures["PSNR to the source, video to video at strength 1"] < 20
    assert figures["looks of 2 that come nearer to the source with each lower strength"] == 0
    assert figures["line F1 with edge and gray mixed"] > 0.95
    assert figures["the same by chance, against the lines turned round"] < 0.5


def test_video_to_video_that_one_look_takes_by_its_strength() -> None:
    def paint(chunk: ControlChunk, params: Params) -> Painted:
        far = params.strength if "neon" in params.prompt else 0.5
        return chunk.source.astype(np.int16) + round(20 * far)

    figures = measured(given.measure_given, paint)
    assert figures["looks of 2 that come nearer to the source with each lower strength"] == 1


def test_words_that_are_obeyed() -> None:
    figures = measured(prompting.measure_words, in_words)
    assert figures["colours of 10 seen as named, mean of all looks"] == 10
    assert figures["looks in which 8 of 10 colours or more are seen"] == 2
    assert figures["grounds seen as named"] == 1


def in_words(chunk: ControlChunk, params: Params) -> Painted:
    asked = wish_of(params.prompt)
    ground = np.asarray(GROUNDS[asked.ground], np.float64) * 255 if asked.ground else np.zeros(3)
    line = colored(asked.color) if asked.color else (128, 128, 128)
    return np.where(chunk.guide > 127, np.asarray(line), ground.round())


def test_words_of_which_one_look_takes_all_for_red() -> None:
    def paint(chunk: ControlChunk, params: Params) -> Painted:
        return in_words(chunk, params if params.prompt.startswith("neon") else Params("red neon"))

    figures = measured(prompting.measure_words, paint)
    assert figures["colours of 10 seen as named, mean of all looks"] == 5.5
    assert figures["looks in which 8 of 10 colours or more are seen"] == 1


def test_looks_are_told_apart_where_they_differ() -> None:
    figures = measured(looks.measure_looks, as_taught)
    assert figures["share of 2 looks told apart on unseen clips"] == 1
    assert figures["synonyms seen as their look"] == 1
    alike = measured(looks.measure_looks, lambda chunk, params: chunk.guide)
    assert alike["share of 2 looks told apart on unseen clips"] == 0.5
    assert alike["synonyms seen as their look"] < 1


@pytest.mark.parametrize(
    ("otherwise", "told", "synonyms"),
    [
        # One clip shows each look as the other clip shows the other look: what is tried was not learned from.
        (lambda chunk, words: chunk.source[..., 2].max() > 90, 0, None),
        (lambda chunk, words: bool(words & set(looks.HALVES[1])), 0, None),
        (lambda chunk, words: not words & set(LOOKS[:2]), 1, 0.2),
    ],
    ids=["clip", "colours", "synonyms"],
)
def test_looks_that_are_painted_otherwise_in_some(
    otherwise: Callable[[ControlChunk, set[str]], bool], told: float, synonyms: float | None
) -> None:
    def paint(chunk: ControlChunk, params: Params) -> Painted:
        asked = wish_of(params.prompt)
        neon = (asked.look == "neon") != otherwise(chunk, set(params.prompt.split()))
        look, ground = ("neon", "black") if neon else ("ink", "paper")
        return target(Wish("", look, asked.color, ground), chunk.guide)

    figures = measured(looks.measure_looks, paint)
    assert figures["share of 2 looks told apart on unseen clips"] == told
    assert synonyms is None or figures["synonyms seen as their look"] <= synonyms


@pytest.mark.parametrize(("way", "step"), [(lambda share: share, 0.1), (lambda share: float(share > 0.45), 1.0)])
def test_blends_move_as_their_weights_do(way: Callable[[float], float], step: float) -> None:
    def paint(chunk: ControlChunk, params: Params) -> Painted:
        (other,) = params.more_prompts
        assert other.weight + params.prompt_weight == pytest.approx(1)
        return flat(chunk, 200 * way(other.weight))

    figures = measured(prompting.measure_blend, paint)
    assert figures["largest of ten steps, as a share of the whole way, worst pair"] == pytest.approx(step)


@pytest.fixture
def shaking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise that flips lines: every other picture of a still stands three pixels beside."""

    def shaken(rgb: Pixels) -> Iterator[Pixels]:
        return (np.roll(rgb, 3 * (number % 2), axis=1) for number in count())

    monkeypatch.setattr(standing, "_noisy", shaken)


@pytest.mark.usefixtures("shaking")
def test_flicker_is_counted_in_grey_levels_and_beside_the_guide_s() -> None:
    numbers = count()

    def blinking(chunk: ControlChunk, params: Params) -> Pixels:
        levels = np.array([100 + 2 * (next(numbers) % 2) for _ in chunk.guide])
        return np.broadcast_to(levels[:, None, None, None], chunk.guide.shape)

    figures = measured(standing.measure_flicker, blinking)
    assert figures["change of pictures on a still with noise, mean"] == 2
    assert figures["change of pictures on still parts of clips, mean"] == 2
    names = ("the guide", "training's targets")
    guide, aim = (figures[f"change of {name} on a still with noise, mean"] for name in names)
    assert guide > 0.25
    assert figures["a still with noise, over the change of the guide"] == pytest.approx(2 / guide)
    assert figures["a still with noise, over the change of training's targets"] == pytest.approx(2 / aim)
    assert figures["a still with noise, mean of all looks"] == pytest.approx(2 / guide, rel=0.3)
    # Nothing moves there, and so does no guide.
    assert figures["still parts of clips, mean of all looks"] == figures["still parts of clips, worst look"] == 8
    assert "still parts of clips, over the change of the guide" not in figures


@pytest.mark.usefixtures("shaking")
def test_a_painter_who_repeats_the_guide_flickers_as_it_does() -> None:
    figures = measured(standing.measure_flicker, lambda chunk, params: chunk.guide)
    assert figures["a still with noise, mean of all looks"] == pytest.approx(1)
    assert figures["a still with noise, over the change of the guide"] == pytest.approx(1)
    assert figures["still parts of clips, mean of all looks"] == 0
    taught = measured(standing.measure_flicker, as_taught)
    assert taught["a still with noise, over the change of training's targets"] == pytest.approx(1)


def test_drift_is_that_of_the_last_window() -> None:
    painted: dict[str, int] = {}

    def paint(chunk: ControlChunk, params: Params) -> Painted:
        first = painted.get(params.prompt, 0)
        painted[params.prompt] = first + len(chunk.guide)
        numbers = np.arange(first, first + len(chunk.guide)).reshape(-1, 1, 1, 1)
        # Four windows of 22 pictures behind the first picture, which belongs to none.
        fades = (numbers >= 67) & ("neon" in params.prompt)
        luma = chunk.source @ np.array([0.299, 0.587, 0.114])
        around = (luma - luma.mean(axis=(1, 2), keepdims=True))[..., None]
        return chunk.source * 1.0 - np.where(fades, 0.4 * around, 0)  # its colours stay

    (deviation,) = measured(standing.measure_drift, paint).values()
    assert deviation == pytest.approx(0.4, abs=0.02)
    (none,) = measured(standing.measure_drift, lambda chunk, params: chunk.source).values()
    assert none == pytest.approx(0, abs=0.01)


def test_a_grid_is_seen_beside_the_target_s_own() -> None:
    def gridded(chunk: ControlChunk, params: Params) -> Painted:
        painted = as_taught(chunk, params).astype(np.int16)
        painted[:, ::8] += 60 * ("ink" in params.prompt)
        return painted

    own = measured(repeating.measure_grid, as_taught)
    assert set(own.values()) == {1.0}
    seen = measured(repeating.measure_grid, gridded)
    assert seen["8 px grid of what is painted, times the training target's own"] > 1.15
