from __future__ import annotations

import math
from itertools import combinations

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.starter.structure import edge_f1
from controls.control import ControlSetting
from controls.stack import CONTROLS
from training.looks import LOOKS, REACH, Fields, distance_to, drawn, paint
from training.palettes import COLORS, GROUNDS, palette, palette_of
from training.structures import Clip, fields_of, noise_field


def edges(seed: int = 0, height: int = 48, width: int = 64) -> Tensor:
    """A few straight one-pixel lines, [1, H, W]."""
    rng = np.random.default_rng(seed)
    picture = torch.zeros(1, height, width)
    for _ in range(2):
        picture[0, int(rng.integers(height)), :] = 1
        picture[0, :, int(rng.integers(width))] = 1
    return picture


def fields(line: Tensor) -> Fields:
    return Fields(line, distance_to(line), torch.full_like(line, 0.5))


def hue(color: Tensor) -> float:
    """Degrees of the mean hue of pixels [..., 3], weighted by how coloured they are."""
    red, green, blue = color.unbind(-1)
    x, y = red - (green + blue) / 2, (green - blue) * math.sqrt(3) / 2
    return math.degrees(math.atan2(float(y.sum()), float(x.sum()))) % 360


@pytest.mark.parametrize("seed", range(4))
def test_distances_are_those_of_the_exact_transform(seed: int) -> None:
    line = edges(seed)
    away = (line[0].numpy() == 0).astype(np.uint8)
    exact = cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).clip(max=REACH)
    assert np.abs(distance_to(line)[0].numpy() - exact).max() < 1e-4


def test_a_faint_line_is_a_far_one() -> None:
    line = torch.zeros(1, 8, 8)
    assert (distance_to(line) == REACH).all()
    line[0, 4, 4] = 0.5
    assert float(distance_to(line)[0, 4, 4]) == pytest.approx(REACH / 2)


def test_lines_are_drawn_full_in_the_middle_and_about_three_pixels_wide() -> None:
    line = torch.zeros(1, 21, 21)
    line[0, 10] = 1
    across = drawn(line)[0, :, 10]
    assert float(across[10]) == 1.0
    assert 2.0 < float(across.sum()) < 3.5
    assert float(across[:7].sum()) == 0


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_shows_the_lines_in_every_colour(look: str) -> None:
    line = drawn(edges())
    for degrees in COLORS.values():
        picture = paint(look, fields(line), palette(degrees))
        assert picture.shape == (1, 3, 48, 64)
        assert float(picture.min()) >= 0
        assert float(picture.max()) <= 1
        plain = paint(look, fields(torch.zeros_like(line)), palette(degrees))
        here = line[0] > 0.8
        assert float((picture - plain)[0, :, here].abs().amax(0).mean()) > (0.2 if look != "led" else 0.05)


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_has_the_hue_that_is_asked_for(look: str) -> None:
    line = drawn(edges())
    for degrees in COLORS.values():
        seen = hue(paint(look, fields(line), palette(degrees))[0].permute(1, 2, 0).flatten(0, 1))
        away = abs((seen - degrees + 180) % 360 - 180)
        assert away < (25 if look not in ("ink", "pencil", "woodcut") else 50), (look, degrees, seen)


@pytest.fixture(scope="module")
def bent() -> Clip:
    """Edges and contours of round shapes before straight ones, 192x320, as the controls draw them."""
    picture = np.full((192, 320, 3), 90, np.uint8)
    for at in range(20, 320, 60):
        cv2.rectangle(picture, (at, 8), (at + 24, 184), (150, 140, 60), -1)
    for center, radius in (((80, 60), 34), ((210, 110), 48), ((280, 40), 22)):
        cv2.circle(picture, center, radius, (230, 210, 220), -1)
    blank = torch.zeros(1, 192, 320)
    drawings = {}
    for name in ("edge", "scribble"):
        values = CONTROLS[name].values(ControlSetting(name))
        drawings[name] = CONTROLS[name].make(None).guide(picture, 320, 192, 0.0, values)
    edge, scribble = (torch.from_numpy(drawings[name][None, ..., 0]).float() / 255 for name in ("edge", "scribble"))
    source = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    return Clip(source, edge, scribble, torch.zeros_like(source), blank, torch.ones_like(source))


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_shows_all_of_the_guide_at_full_strength_and_nothing_of_it_at_none(look: str, bent: Clip) -> None:
    """What the network can learn is bounded by what it is shown."""
    noise = noise_field(torch.randn(1, 1, 24, 40, generator=torch.Generator().manual_seed(0)))
    guide = (bent.edge[..., None].expand(-1, -1, -1, 3) * 255).byte().numpy()
    scores = []
    for strength in (0.0, 1.0):
        picture = paint(look, fields_of(bent, ("edge",), strength, noise), palette(172.0))
        scores.append(edge_f1((picture * 255).byte().permute(0, 2, 3, 1).numpy(), guide))
    assert scores[0] < 0.3
    assert scores[1] > 0.7  # hatching is counted as lines where a picture is empty


def test_no_two_looks_are_alike() -> None:
    painted = {look: paint(look, fields(drawn(edges())), palette(200.0)) for look in LOOKS}
    for one, other in combinations(LOOKS, 2):
        assert float((painted[one] - painted[other]).abs().mean()) > 0.03, (one, other)


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_moves_with_its_lines_on_the_grid(look: str) -> None:
    """Textures repeat every 16 pixels at most, so that the network need not know where it is."""
    line = torch.zeros(1, 96, 96)
    line[0, 40:50, 40:50] = 1
    moved = line.roll((16, 16), (1, 2))
    one, other = paint(look, fields(line), palette(30.0)), paint(look, fields(moved), palette(30.0))
    assert torch.allclose(one.roll((16, 16), (2, 3))[..., 20:-20, 20:-20], other[..., 20:-20, 20:-20], atol=1e-5)


def test_a_ground_is_drawn_on() -> None:
    line = drawn(edges())
    away = distance_to(line)[0] >= REACH - 1
    for look in ("neon", "chalk", "ink", "contour", "watercolor"):
        on_white = paint(look, fields(line), palette(172.0, GROUNDS["white"]))[0, :, away].mean()
        on_black = paint(look, fields(line), palette(172.0, GROUNDS["black"]))[0, :, away].mean()
        assert float(on_white - on_black) > 0.4, look


def test_the_palette_of_a_picture_has_its_colours() -> None:
    picture = torch.zeros(3, 32, 32)
    picture[0] = 0.8
    picture[:, :6] = 0.02
    colors = palette_of(picture)
    assert hue(colors[2]) == pytest.approx(0, abs=1)
    assert float(colors[0].max()) < 0.3
    assert colors.shape == (9, 3)
