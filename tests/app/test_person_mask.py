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
from app.modes import modes_of, without_modes
from app.preprocessor import Preprocessor
from app.show import Show
from controls import stack
from controls.control import Control, ControlSetting, ControlUnavailable, Region, Values
from controls.paced import Loading
from controls.person import SETTINGS
from controls.stack import CONTROLS, ControlKind, Guide
from engine.params import EMPTY_GUIDE, EngineChoice, Picture
from tests.controls.workers import HandWorker

WIDTH, HEIGHT = 96, 64
SETUP = Setup(engine=EngineChoice("starter", WIDTH, HEIGHT))
PEOPLE = Look(controls=(), person_mask=True)


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
    inverted = Look(controls=(), person_mask=True, invert_mask=True)
    np.testing.assert_array_equal(people_in(inverted), 255 - people_in(PEOPLE))


def test_the_controls_settings_count_whether_it_is_on_or_not() -> None:
    for on in (True, False):
        control = ControlSetting("person", on=on, values=(("threshold", 0.9),))
        assert people_in(Look(controls=(control,), person_mask=True)).max() == 90


@pytest.mark.parametrize("invert", [False, True])
def test_with_a_mask_both_must_say_so(invert: bool) -> None:
    painted = left_half().pixels
    look = Look(controls=(), mask=Picture(painted), person_mask=True, invert_mask=invert)
    people = people_in(PEOPLE)
    expected = np.minimum(255 - people, 255 - painted) if invert else np.minimum(people, painted)
    np.testing.assert_array_equal(people_in(look), expected)
    frame, _ = guided(Look(controls=(), person_mask=True, invert_mask=invert), somebody(30), mask=painted)
    np.testing.assert_array_equal(frame.mask, expected, err_msg="a film of masks does the same")


def test_where_people_cannot_be_told_it_is_no_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_person(monkeypatch, Blind())
    frame, guide = guided(PEOPLE, somebody(30))
    assert frame.mask is None
    assert guide.troubles == {"person": "There is no network; get one."}
    frame, _ = guided(Look(controls=(), mask=left_half(), person_mask=True), somebody(30))
    np.testing.assert_array_equal(frame.mask, left_half().pixels)


def test_while_its_network_loads_it_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a mask of people is to hide is repainted with all else, and nothing is held up or told."""
    loading = replace(CONTROLS["person"], loading=Loading(at_first=True))
    monkeypatch.setitem(CONTROLS, "person", loading)
    for look, before in ((PEOPLE, None), (Look(controls=(), mask=left_half(), person_mask=True), left_half().pixels)):
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
    look = Look(controls=(), person_mask=True, expand=Expand(0.5, 0.5, 0.5, 0.5))
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
        return guided(replace(look, controls=controls, invert_mask=invert), somebody(30))[1].rgb

    person, background = drawn("person", PEOPLE), drawn("background", PEOPLE)
    assert not np.array_equal(person, background)
    np.testing.assert_array_equal(drawn("mask", PEOPLE), background if invert else person)
    np.testing.assert_array_equal(drawn("outside mask", PEOPLE), person if invert else background)
    painted, both = Look(mask=left_half()), Look(mask=left_half(), person_mask=True)
    repainted = guided(replace(both, invert_mask=invert), somebody(30))[0].mask
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
    show.set_person_mask(True, invert=True)
    assert (show.look.person_mask, show.look.invert_mask) == (True, True)
    show.set_person_mask(False)
    assert show.look == Look()
    show.set_mask(left_half(), invert=True)
    show.set_person_mask(False)
    assert show.look == Look(mask=left_half(), invert_mask=True), "what is off already changes nothing"


def test_it_is_a_mode_with_a_name_and_is_kept() -> None:
    for look, name in (
        (Look(person_mask=True), "people repainted"),
        (Look(person_mask=True, invert_mask=True), "background repainted"),
    ):
        assert modes_of(look) == (name,)
        assert without_modes(look) == Look()
        assert from_json(Look, to_json(look)) == look
    old = to_json(Look(invert_mask=True))
    del old["person_mask"]
    assert from_json(Look, old) == Look(invert_mask=True), "what was kept before it was there"


def test_the_real_one_stands_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert stack.CONTROLS["person"].make(Path()).__class__.__name__ == "Person"
