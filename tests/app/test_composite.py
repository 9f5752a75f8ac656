"""A painted picture over its plate: exact where the mask is 0 or 255, whatever sizes, framings and masks there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.composite import Compositor, asked_of_engine, blended, composited, enlarged
from app.expand import Area, Expand
from app.frame import Frame, GuidedFrame, Pixels, chunk_of
from app.framing import FITS, Framing, framed
from app.look import Look, Setup
from app.mask_painting import Brush, MaskPainting
from app.mask_shape import MaskShape
from app.placement import Placement
from app.plate import Plate
from app.preprocessor import Preprocessor
from controls.control import Values
from controls.person import SETTINGS
from controls.regions import Join, Repainted
from controls.stack import CONTROLS, ControlKind
from engine.params import EngineChoice, Params, Picture
from tests.app.inputs.clips import number_of, numbered

ENGINE = EngineChoice("starter", 96, 64)
SETUP = Setup(engine=ENGINE)


def noise(seed: int, height: int, width: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def guided(look: Look, rgb: Pixels, setup: Setup = SETUP, mask: Pixels | None = None) -> GuidedFrame:
    return Preprocessor().guided(Frame(rgb, 0.0), look, setup, 0, mask)[0]


def plate_of(look: Look, rgb: Pixels, setup: Setup = SETUP, mask: Pixels | None = None) -> Plate:
    plate = guided(replace(look, controls=()), rgb, setup, mask).plate
    assert plate is not None
    return plate


@given(st.integers(1, 200), st.integers(1, 150), st.integers(0, 255), st.integers(0, 2**32 - 1), st.booleans())
def test_each_picture_is_there_to_the_bit_and_between_them_a_blend(
    width: int, height: int, level: int, seed: int, patches: bool
) -> None:
    rng = np.random.default_rng(seed)
    painted, source = rng.integers(0, 256, (2, height, width, 3), np.uint8)
    before = painted.copy(), source.copy()
    mask = rng.choice(np.array([0, level, 255], np.uint8), (height, width))
    if patches:  # whole tiles of one kind beside such as are mixed
        mask = np.kron(mask[:4, :4], np.ones((70, 70), np.uint8))[:height, :width]
        mask = np.pad(mask, ((0, height - mask.shape[0]), (0, width - mask.shape[1])), mode="edge")
    out = blended(painted, source, mask)
    np.testing.assert_array_equal(out[mask == 0], source[mask == 0])
    np.testing.assert_array_equal(out[mask == 255], painted[mask == 255])
    weight = mask[..., None] / 255
    assert np.abs(out - (painted * weight + source * (1 - weight))).max() <= 1
    assert np.array_equal(painted, before[0])
    assert np.array_equal(source, before[1])


framings = st.builds(
    Framing,
    mirror=st.booleans(),
    rotate=st.sampled_from([0, 90, 180, 270]),
    crop=st.tuples(*[st.floats(0, 0.4)] * 4),
    fit=st.sampled_from(FITS),
)
border = st.floats(0, 1)
expansions = st.one_of(st.just(Expand()), st.builds(Expand, border, border, border, border))
shapes = st.builds(MaskShape, st.floats(-10, 10), st.floats(0, 20))
looks = st.builds(
    Look, mask_shape=shapes, expand=expansions, invert_mask=st.booleans(), controls=st.just(()), mask=st.none()
)


def painted_mask(seed: int, height: int, width: int) -> Pixels:
    """Hard and soft, with whole regions of either end."""
    levels = np.random.default_rng(seed).choice(np.array([0, 0, 255, 255, 120], np.uint8), (4, 6))
    return np.asarray(np.kron(levels, np.ones((height // 4 + 1, width // 6 + 1), np.uint8))[:height, :width])


@settings(max_examples=40, deadline=None)
@given(looks, framings, st.tuples(st.integers(24, 150), st.integers(24, 150)), st.floats(0.5, 3), st.integers(0, 10**6))
def test_the_source_shows_where_the_mask_is_0_and_the_engine_where_it_is_255(
    look: Look, framing: Framing, size: tuple[int, int], scale: float, seed: int
) -> None:
    height, width = size
    source, painted = noise(seed, height, width), noise(seed + 1, ENGINE.height, ENGINE.width)
    look = replace(look, mask=Picture(painted_mask(seed, height, width)))
    plate = plate_of(look, source, replace(SETUP, framing=framing))
    out_width, out_height = round(scale * ENGINE.width), round(scale * ENGINE.height)
    out, mask = composited(painted, plate, out_width, out_height), plate.mask_at(out_width, out_height)
    assert out.shape == (out_height, out_width, 3)
    resized = plate.source_at(out_width, out_height)
    np.testing.assert_array_equal(out[mask == 0], resized[mask == 0])
    whole = enlarged(painted, out_width, out_height)
    np.testing.assert_array_equal(out[mask == 255], whole[mask == 255])
    weight = mask[..., None] / 255
    assert np.abs(out - (whole * weight + resized * (1 - weight))).max() <= 1
    if not look.expand:
        np.testing.assert_array_equal(resized, framed(source, framing, out_width, out_height))


@settings(max_examples=40, deadline=None)
@given(looks, framings, st.integers(0, 10**6), st.booleans(), st.booleans())
def test_its_mask_is_the_very_one_that_the_engine_was_handed(
    look: Look, framing: Framing, seed: int, masked: bool, film: bool
) -> None:
    mask = painted_mask(seed, 70, 110)
    look = replace(look, mask=Picture(mask) if masked else None)
    frame = guided(look, noise(seed, 70, 110), replace(SETUP, framing=framing), 255 - mask if film else None)
    assert (frame.plate is None) == (frame.mask is None)
    if frame.plate is not None:
        np.testing.assert_array_equal(frame.plate.mask_at(ENGINE.width, ENGINE.height), frame.mask)


def test_a_mask_keeps_its_own_resolution() -> None:
    """A border that the engine's few pixels blur is as sharp as it was painted."""
    mask = np.zeros((384, 576), np.uint8)
    mask[:, 301:] = 255
    plate = plate_of(Look(mask=Picture(mask)), noise(0, 384, 576))
    np.testing.assert_array_equal(plate.mask_at(576, 384), mask)


@pytest.mark.parametrize("feather", [4.0, 20.0, 80.0])
@pytest.mark.parametrize("film", [False, True])
def test_a_feather_is_as_wide_at_every_size(feather: float, film: bool) -> None:
    mask = np.zeros((384, 640), np.uint8)
    mask[:, 320:] = 255
    look = Look(mask=None if film else Picture(mask), mask_shape=MaskShape(feather=feather))
    plate = plate_of(look, noise(0, 384, 640), Setup(engine=EngineChoice("starter", 320, 192)), mask if film else None)
    for width, height in ((320, 192), (640, 384), (1280, 768)):
        row = plate.mask_at(width, height)[height // 2].astype(int)
        assert (np.diff(row) >= 0).all()
        soft = np.count_nonzero((row > 8) & (row < 247)) * 320 / width
        assert soft == pytest.approx(0.9 * feather, abs=2 + 0.15 * feather)


def test_what_is_painted_around_an_expanded_source_is_the_engines() -> None:
    look, setup = Look(expand=Expand(0.3, 0.2, 0.7, 0.1)), Setup(engine=EngineChoice("starter", 320, 192))
    frame, source = guided(replace(look, controls=()), noise(0, 192, 320), setup), noise(0, 192, 320)
    assert frame.plate is not None
    assert frame.mask is not None
    painted = noise(1, 192, 320)
    out = composited(painted, frame.plate, 640, 384)
    kept = np.kron(frame.mask == 0, np.ones((2, 2), bool))
    np.testing.assert_array_equal(out[~kept], enlarged(painted, 640, 384)[~kept], "to the pixel that the engine saw")
    rows, columns = np.nonzero(kept)
    inner = framed(source, Framing(fit="stretch"), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    np.testing.assert_array_equal(out[kept].reshape(inner.shape), inner)


class Bright:
    """Stands in for the person control: whatever is bright is a person."""

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        return np.where(framed(picture, Framing(fit="stretch"), width, height) > 200, np.uint8(255), np.uint8(0))

    def reset(self) -> None:
        pass


@pytest.fixture
def bright(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONTROLS, "person", ControlKind("person", "Person", SETTINGS, lambda folder: Bright()))


@pytest.mark.usefixtures("bright")
def test_people_are_kept_where_they_are_in_their_own_picture() -> None:
    preprocessor, look = Preprocessor(), Look(controls=(), repainted="background")
    for number in range(1, 64, 3):
        source = numbered(number, 288, 192)
        plate = preprocessor.guided(Frame(source, number / 25), look, SETUP, 0)[0].plate
        assert plate is not None
        out = composited(np.full((64, 96, 3), 90, np.uint8), plate, 288, 192)
        assert number_of(out) == number, "his stripes, and no others"
        mask = plate.mask_at(288, 192)
        np.testing.assert_array_equal(out[mask == 0], source[mask == 0])
        assert {220} == set(np.unique(out[mask == 0]))
        assert (out[mask == 255] == 90).all()
        assert np.count_nonzero(mask == 0) > 0.8 * np.count_nonzero(source[..., 0] == 220)


@pytest.mark.usefixtures("bright")
@pytest.mark.parametrize("repainted", ["person", "background"])
@pytest.mark.parametrize("join", ["both", "either"])
@pytest.mark.parametrize("expand", [Expand(), Expand(0.5, 0, 0.25, 0.25)])
@pytest.mark.parametrize("masked", [False, True])
def test_people_joined_with_a_mask_are_what_the_engine_was_handed(
    repainted: Repainted, join: Join, expand: Expand, masked: bool
) -> None:
    mask = Picture(painted_mask(3, 64, 96)) if masked else None
    look = Look(controls=(), repainted=repainted, mask_join=join, mask=mask, expand=expand, mask_shape=MaskShape(2, 6))
    frame = guided(look, numbered(0b101101, 96, 64))
    assert frame.plate is not None
    np.testing.assert_array_equal(frame.plate.mask_at(96, 64), frame.mask)
    # Twice as large, and then as small again, it is the same but for the borders.
    large = frame.plate.mask_at(192, 128)[::2, ::2].astype(int)
    assert frame.mask is not None
    assert np.abs(large - frame.mask).mean() < 30


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("opacity", [0.1, 0.3, 0.5, 0.8, 1.0])
def test_so_much_of_the_painted_picture_shows_as_the_mask_was_painted_with(opacity: float, invert: bool) -> None:
    """What shows at all is painted: the engine is not told to keep a place of which a third is to be its own."""
    painting = MaskPainting(96, 64)
    painting.rectangle((20, 10), (70, 50), Brush(opacity=opacity))
    look = Look(controls=(), mask=Picture(painting.pixels), invert_mask=invert)
    frame = guided(look, np.full((64, 96, 3), 40, np.uint8))
    asked = chunk_of([frame]).mask
    assert asked is not None
    shown = painting.pixels if not invert else 255 - painting.pixels
    np.testing.assert_array_equal(asked[0] > 127, shown > 25, "the engine cuts at its half")
    out = composited(np.full((64, 96, 3), 240, np.uint8), frame.plate, 96, 64)
    share = 1 - opacity if invert else opacity
    assert out[30, 45, 0] == pytest.approx(40 + share * 200, abs=2)
    assert out[5, 5, 0] == (240 if invert else 40)


def test_without_the_original_outside_the_engines_half_divides() -> None:
    painting = MaskPainting(96, 64)
    painting.rectangle((20, 10), (70, 50), Brush(opacity=0.3))
    look = Look(Params(composite=False), controls=(), mask=Picture(painting.pixels))
    asked = chunk_of([guided(look, noise(0, 64, 96))]).mask
    assert asked is not None
    np.testing.assert_array_equal(asked[0], painting.pixels)


def test_without_a_mask_or_the_wish_there_is_no_plate() -> None:
    look, rgb = Look(controls=(), mask=Picture(painted_mask(0, 64, 96))), noise(0, 64, 96)
    assert guided(look, rgb).plate is not None
    assert guided(replace(look, params=replace(look.params, composite=False)), rgb).plate is None
    assert guided(replace(look, mask=None), rgb).plate is None


def test_without_a_plate_the_picture_is_enlarged_and_at_its_own_size_itself() -> None:
    painted = noise(0, 64, 96)
    assert composited(painted, None, 96, 64) is painted
    assert composited(painted, None, 192, 128).shape == (128, 192, 3)
    even = np.full((64, 96, 3), 77, np.uint8)
    assert (composited(even, None, 200, 131) == 77).all()
    assert (composited(even, None, 50, 40) == 77).all()


def test_the_compositor_gives_the_same_picture_again_until_something_changes() -> None:
    compositor, painted = Compositor(), noise(0, 64, 96)
    plate = plate_of(Look(mask=Picture(painted_mask(0, 64, 96))), noise(1, 64, 96))
    first = compositor.picture(painted, plate, 192, 128)
    assert compositor.picture(painted, plate, 192, 128) is first
    assert compositor.picture(painted, plate, 96, 64).shape == (64, 96, 3)
    assert not np.array_equal(compositor.picture(painted, None, 192, 128), first)
    np.testing.assert_array_equal(compositor.picture(painted, plate, 192, 128), first)
    assert not np.array_equal(compositor.picture(painted.copy()[::-1], plate, 192, 128), first)


@pytest.mark.parametrize("expand", [Expand(), Expand(0.5, 0, 0.25, 0.25)])
@pytest.mark.parametrize("framing", [Framing(), Framing(mirror=True, crop=(0.1, 0.0, 0.0, 0.2))])
def test_a_source_too_large_to_wait_shows_at_output_size_to_the_bit(framing: Framing, expand: Expand) -> None:
    """Of 1440 lines it keeps what the outputs show of them."""
    look = Look(controls=(), mask=Picture(painted_mask(0, 64, 96)), expand=expand)
    plate, painted = plate_of(look, noise(0, 1440, 2560), replace(SETUP, framing=framing)), noise(1, 64, 96)
    held = plate.reduced(1920, 1280)
    assert held.source.size <= 1920 * 1280 * 3 < plate.source.size
    assert held.detail == plate.detail
    assert held.reduced(96, 64) is held
    np.testing.assert_array_equal(composited(painted, held, 1920, 1280), composited(painted, plate, 1920, 1280))
    assert held.source_at(192, 128).shape == (128, 192, 3), "outputs that change meanwhile get it in their size"


def test_a_source_waits_as_it_came_where_the_outputs_show_all_of_it_or_it_is_not_large() -> None:
    look = Look(controls=(), mask=Picture(painted_mask(0, 64, 96)))
    for size, output in (((1440, 2560), (2560, 1707)), ((1080, 1920), (96, 64))):
        plate = plate_of(look, np.zeros((*size, 3), np.uint8))
        assert plate.reduced(*output) is plate


def test_the_engine_leaves_to_the_composite_what_is_its_own() -> None:
    params = Params(prompt="ink")
    place = Placement(Framing(), Area(0, 0, 96, 64), (96, 64), np.eye(3))
    assert asked_of_engine(params, [None, None]) is params
    plate = Plate(noise(0, 64, 96), place, Look())
    assert asked_of_engine(params, [None, plate]) == replace(params, composite=False)
