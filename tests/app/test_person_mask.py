"""People as the mask: in the look, on the command line, in what the engine is handed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.expand import Expand, source_area
from app.frame import Frame, GuidedFrame, Pixels
from app.framing import Framing
from app.look import Look, Setup, from_json, to_json
from app.mask_shape import MaskShape
from app.modes import modes_of, without_modes
from app.preprocessor import Preprocessor
from app.show import Show
from controls import stack
from controls.control import Control, ControlSetting, ControlUnavailable, Region, Values
from controls.paced import Loading
from controls.person import SETTINGS
from controls.regions import Join, Repainted
from controls.stack import CONTROLS, ControlKind, Guide
from engine.params import EMPTY_GUIDE, EngineChoice, Picture
from tests.controls.workers import HandWorker

WIDTH, HEIGHT = 96, 64
SETUP = Setup(engine=EngineChoice("starter", WIDTH, HEIGHT))
PEOPLE = Look(controls=(), repainted="person")


class Bright:
    """Stands in for the person control: whatever is bright is a person."""

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        row = np.linspace(0, picture.shape[0] - 1, height).round().astype(int)
        column = np.linspace(0, picture.shape[1] - 1, width).round().astype(int)
        found = picture[row][:, column] > 200
        return np.where(found, np.uint8(values["threshold"] * 100), np.uint8(0))

    def reset(self) -> None:
        pass


class Blind(Bright):
    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        raise ControlUnavailable("There is no network; get one.")


@pytest.fixture(autouse=True)
def bright(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_person(monkeypatch, Bright())


def replace_person(monkeypatch: pytest.MonkeyPatch, control: Control) -> None:
    monkeypatch.setitem(CONTROLS, "person", ControlKind("person", "Person", SETTINGS, lambda folder: control))


def somebody(left: int, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    picture = np.full((height, width, 3), 60, np.uint8)
    picture[8:-8, left : left + 24] = 250
    return picture


def left_half() -> Picture:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, : WIDTH // 2] = 255
    return Picture(mask)


def guided(look: Look, rgb: Pixels, setup: Setup = SETUP, mask: Pixels | None = None) -> tuple[GuidedFrame, Guide]:
    return Preprocessor().guided(Frame(rgb, 0.0), look, setup, 0, mask)


def people_in(look: Look, left: int = 30) -> Pixels:
    mask = guided(look, somebody(left))[0].mask
    assert mask is not None
    return mask


SURE = 40
"""What the stand-in draws for a person, under the default threshold."""


def test_people_are_the_mask_of_their_own_picture() -> None:
    preprocessor = Preprocessor()
    for number, left in enumerate((10, 40, 65)):
        frame, guide = preprocessor.guided(Frame(somebody(left), number / 25), PEOPLE, SETUP, 0)
        np.testing.assert_array_equal(frame.mask, (frame.source[..., 0] == 250) * np.uint8(SURE))
        assert guide.parts == {}
        assert (guide.rgb == EMPTY_GUIDE).all()


def test_inverted_the_background_is_repainted() -> None:
    inverted = Look(controls=(), repainted="background")
    np.testing.assert_array_equal(people_in(inverted), 255 - people_in(PEOPLE))


def test_the_controls_settings_count_whether_it_is_on_or_not() -> None:
    for on in (True, False):
        control = ControlSetting("person", on=on, values=(("threshold", 0.9),))
        assert people_in(Look(controls=(control,), repainted="person")).max() == 90


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("repainted", ["person", "background"])
@pytest.mark.parametrize("join", ["both", "either"])
def test_with_a_mask_both_must_say_so_or_either(repainted: Repainted, invert: bool, join: Join) -> None:
    painted = left_half().pixels
    asked = Look(controls=(), repainted=repainted, invert_mask=invert, mask_join=join)
    people, mask = people_in(PEOPLE), 255 - painted if invert else painted
    expected = {"both": np.minimum, "either": np.maximum}[join](people if repainted == "person" else 255 - people, mask)
    np.testing.assert_array_equal(people_in(replace(asked, mask=Picture(painted))), expected)
    frame, _ = guided(asked, somebody(30), mask=painted)
    np.testing.assert_array_equal(frame.mask, expected, err_msg="a film of masks does the same")
    alone = people_in(replace(asked, invert_mask=False))
    np.testing.assert_array_equal(alone, people if repainted == "person" else 255 - people)


def test_a_mask_grows_and_fades_in_its_place_and_people_do_not() -> None:
    look = Look(controls=(), mask=left_half(), mask_shape=MaskShape(grow=20, feather=30))
    frame, _ = guided(look, somebody(30))
    np.testing.assert_array_equal(frame.mask, look.mask_shape.of(left_half().pixels))
    np.testing.assert_array_equal(people_in(replace(look, mask=None, repainted="person")), people_in(PEOPLE))
    frame, _ = guided(replace(look, mask=None), somebody(30), mask=left_half().pixels)
    np.testing.assert_array_equal(frame.mask, look.mask_shape.of(left_half().pixels))


def test_where_people_cannot_be_told_it_is_no_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_person(monkeypatch, Blind())
    frame, guide = guided(PEOPLE, somebody(30))
    assert frame.mask is None
    assert guide.troubles == {"person": "There is no network; get one."}
    frame, _ = guided(Look(controls=(), mask=left_half(), repainted="person"), somebody(30))
    np.testing.assert_array_equal(frame.mask, left_half().pixels)


def test_while_its_network_loads_it_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a mask of people is to hide is repainted with all else, and nothing is held up or told."""
    loading = replace(CONTROLS["person"], loading=Loading(at_first=True))
    monkeypatch.setitem(CONTROLS, "person", loading)
    for look, before in ((PEOPLE, None), (Look(controls=(), mask=left_half(), repainted="person"), left_half().pixels)):
        worker = HandWorker()
        preprocessor = Preprocessor(worker=worker)
        for number in range(3):
            frame, guide = preprocessor.guided(Frame(somebody(30), number / 25), look, SETUP, 0)
            np.testing.assert_array_equal(frame.mask, before)
            assert guide.troubles == {}
        worker.run()
        frame, _ = preprocessor.guided(Frame(somebody(50), 1.0), look, SETUP, 0)
        np.testing.assert_array_equal(frame.mask, guided(look, somebody(50))[0].mask)
        assert worker.waiting == 0


def test_nobody_there_repaints_nothing() -> None:
    frame, _ = guided(PEOPLE, np.full((HEIGHT, WIDTH, 3), 60, np.uint8))
    assert frame.mask is not None
    assert not frame.mask.any()


def test_it_is_framed_and_expanded_with_the_source() -> None:
    look = Look(controls=(), repainted="person", expand=Expand(0.5, 0.5, 0.5, 0.5))
    setup = Setup(engine=SETUP.engine, framing=Framing(mirror=True))
    frame, _ = guided(look, somebody(10), setup)
    assert frame.mask is not None
    area = source_area(look.expand, WIDTH, HEIGHT)
    inside = frame.mask[area.slices]
    np.testing.assert_array_equal(inside, (frame.source[area.slices][..., 0] > 200) * np.uint8(SURE))
    assert inside[:, area.width // 2 :].any(), "he stands at the right, as in a mirror"
    border = np.ones((HEIGHT, WIDTH), bool)
    border[area.slices] = False
    assert (frame.mask[border] == 255).all()


@pytest.mark.parametrize("invert", [False, True])
def test_regions_that_name_the_mask_name_people(invert: bool) -> None:
    """And where there is a painted mask, too, what both repaint."""

    def drawn(region: Region, look: Look) -> Pixels:
        controls = (ControlSetting("passthrough", region=region),)
        return guided(turned(look, invert, controls), somebody(30))[1].rgb

    def turned(look: Look, invert: bool, controls: tuple[ControlSetting, ...] = ()) -> Look:
        people: Repainted = "all" if look.repainted == "all" else "background" if invert else "person"
        return replace(look, controls=controls, invert_mask=invert, repainted=people)

    person, background = drawn("person", PEOPLE), drawn("background", PEOPLE)
    assert not np.array_equal(person, background)
    np.testing.assert_array_equal(drawn("mask", PEOPLE), background if invert else person)
    np.testing.assert_array_equal(drawn("outside mask", PEOPLE), person if invert else background)
    painted, both = Look(mask=left_half()), Look(mask=left_half(), repainted="person")
    repainted = guided(turned(both, invert), somebody(30))[0].mask
    assert repainted is not None
    assert 0 < np.count_nonzero(repainted) < repainted.size
    shown = drawn("all", both).astype(float)
    for drawn_there, inside in (
        (drawn("mask", both), repainted),
        (drawn("outside mask", both), 255 - repainted),
    ):
        np.testing.assert_allclose(drawn_there.astype(float), shown * inside[..., None] / 255, atol=0.51)
    halves = slice(None, WIDTH // 2), slice(WIDTH // 2, None)
    assert [bool(drawn("mask", painted)[:, half].any()) for half in halves] == [not invert, invert]


def test_the_show_sets_it_and_takes_it_away() -> None:
    show = Show()
    show.set_repainted("background", "either")
    assert show.look == Look(repainted="background", mask_join="either")
    show.set_repainted("all")
    assert show.look == Look(mask_join="either")
    with pytest.raises(ValueError, match="expected one of all, person, background"):
        show.set_repainted("nobody")  # type: ignore[arg-type]


def test_it_is_a_mode_with_a_name_and_is_kept() -> None:
    for look, name in (
        (Look(repainted="person"), "people repainted"),
        (Look(repainted="background"), "background repainted"),
    ):
        assert modes_of(look) == (name,)
        assert without_modes(look) == Look()
        assert from_json(Look, to_json(look)) == look
    old = to_json(Look(invert_mask=True))
    del old["repainted"]
    assert from_json(Look, old) == Look(invert_mask=True), "what was kept before it was there"


def test_the_real_one_stands_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert stack.CONTROLS["person"].make(Path()).__class__.__name__ == "Person"
