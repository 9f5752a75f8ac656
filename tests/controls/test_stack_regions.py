"""The stack's regions and the person's matte: made once, of the very picture, and missed in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from controls.control import REGIONS, Control, ControlSetting, ControlUnavailable, Pixels, Setting, Values
from controls.paced import Loading
from controls.stack import CONTROLS, ControlKind, Guide, Stack
from tests.controls.painted import Painted
from tests.controls.workers import HandWorker

WIDTH, HEIGHT = 32, 20
LEFT = np.zeros((HEIGHT, WIDTH), np.uint8)
LEFT[:, : WIDTH // 2] = 255
TOP = np.zeros((HEIGHT, WIDTH), np.uint8)
TOP[: HEIGHT // 2] = 255


class Bright:
    """A person is what is bright. Counts its calls."""

    def __init__(self) -> None:
        self.calls = self.resets = self.closes = 0
        self.values: list[Values] = []
        self.failure: Exception | None = None

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        self.calls += 1
        self.values.append(values)
        if self.failure is not None:
            raise self.failure
        assert picture.shape == (height, width, 3)
        return np.where(picture > 127, 255, 0).astype(np.uint8)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closes += 1


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> list[Bright]:
    """Each one that the stack has made in place of the real person control."""
    made: list[Bright] = []

    def make(folder: object) -> Control:
        made.append(Bright())
        return made[-1]

    soft = Setting("softness", "Softness", 0, 9, 3, help="x")
    monkeypatch.setitem(CONTROLS, "person", ControlKind("person", "Person", (soft,), make))
    return made


def picture(of: Pixels) -> Pixels:
    """White where ``of`` is."""
    return np.repeat(of[:, :, None], 3, axis=2)


def guide(stack: Stack, *settings: ControlSetting, seen: Pixels = LEFT, time: float = 0.0, **more: object) -> Guide:
    return stack.guide(picture(seen), WIDTH, HEIGHT, time, settings, **more)  # type: ignore[arg-type]


def test_a_region_is_where_it_says(add: Callable[..., Painted], people: list[Bright]) -> None:
    add("red", (200, 0, 0))
    wanted = {
        "all": np.full_like(TOP, 255), "mask": TOP, "outside mask": 255 - TOP,
        "person": LEFT, "background": 255 - LEFT,
    }  # fmt: skip
    assert set(wanted) == set(REGIONS)
    for region, inside in wanted.items():
        setting = replace(ControlSetting("red"), region=region)  # type: ignore[arg-type]
        shown = guide(Stack(), setting, mask=TOP)
        np.testing.assert_array_equal(shown.rgb[:, :, 0], np.where(inside == 255, 200, 0))
        assert (shown.parts["red"][:, :, 0] == 200).all(), "the row's picture shows all of it"


def test_two_controls_share_the_picture(add: Callable[..., Painted], people: list[Bright]) -> None:
    add("red", (200, 0, 0))
    add("ink", (0, 0, 90), paper=255)
    shown = guide(Stack(), ControlSetting("red", region="person"), ControlSetting("ink", region="background"))
    assert (shown.rgb[:, : WIDTH // 2] == (200, 0, 0)).all()
    assert (shown.rgb[:, WIDTH // 2 :] == (165, 165, 255)).all(), "turned, as beside all that is drawn on black"
    alone = guide(Stack(), ControlSetting("ink", region="background"))
    assert (alone.rgb[:, : WIDTH // 2] == 255).all(), "its own paper"


def test_without_a_mask_all_is_inside_of_it(add: Callable[..., Painted]) -> None:
    add("red", (200, 0, 0))
    assert (guide(Stack(), ControlSetting("red", region="mask")).rgb[:, :, 0] == 200).all()
    assert not guide(Stack(), ControlSetting("red", region="outside mask")).rgb.any()


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="mask is"):
        guide(Stack(), mask=TOP[:-1])


def test_nobody_looks_for_people_unasked(add: Callable[..., Painted], people: list[Bright]) -> None:
    add("red", (200, 0, 0))
    shown = guide(Stack(), ControlSetting("red"), ControlSetting("red", region="person", on=False))
    assert (shown.matte, people) == (None, [])


def test_the_matte_is_made_once_whoever_asks(add: Callable[..., Painted], people: list[Bright]) -> None:
    add("red", (200, 0, 0))
    settings = (ControlSetting("person"), ControlSetting("red", region="person"))
    stack = Stack()
    for number, seen in enumerate((LEFT, TOP)):
        shown = guide(stack, *settings, seen=seen, time=float(number), repainted="person")
        assert shown.matte is not None
        np.testing.assert_array_equal(shown.matte, seen)
        np.testing.assert_array_equal(shown.parts["person"], picture(seen))
    assert [person.calls for person in people] == [2]
    assert guide(stack, repainted="person").parts == {}, "a matte is no control that is on"
    guide(stack)
    assert people[0].closes == 1


def test_there_is_never_one_more_network_than_is_used(people: list[Bright]) -> None:
    stack = Stack()
    on = ControlSetting("person")
    guide(stack, on)
    guide(stack, on, time=1.0, repainted="person")
    assert [person.closes for person in people] == [1, 0], "one draws for both"
    guide(stack, on, time=2.0, repainted="person", structure=picture(TOP))
    assert [person.closes for person in people] == [1, 0, 0], "two see two pictures"
    guide(stack, time=3.0, repainted="person", structure=picture(TOP))
    assert [person.closes for person in people] == [1, 0, 1]
    assert not any(person.resets for person in people), "its picture is the same all along"
    stack.close()
    assert [person.closes for person in people] == [1, 1, 1]


def test_the_matte_takes_the_settings_of_the_control_even_while_that_is_off(people: list[Bright]) -> None:
    guide(Stack(), ControlSetting("person", on=False, values=(("softness", 7.0),)), repainted="person")
    guide(Stack(), repainted="person")
    assert [person.values for person in people] == [[{"softness": 7.0}], [{"softness": 3.0}]]


def test_the_matte_is_of_this_very_picture_however_rarely_the_control_runs(people: list[Bright]) -> None:
    stack = Stack()
    for number in range(4):
        seen = np.roll(LEFT, 3 * number, axis=1)
        shown = guide(stack, ControlSetting("person", every=30), seen=seen, time=float(number), repainted="person")
        assert shown.matte is not None
        np.testing.assert_array_equal(shown.matte, seen)
        assert shown.every == {"person": 1}


def test_controls_see_the_structure_and_the_matte_the_picture(
    add: Callable[..., Painted], people: list[Bright]
) -> None:
    red, stack = add("red", (200, 0, 0)), Stack()
    settings = (ControlSetting("gray"), ControlSetting("person"), ControlSetting("red", region="person"))
    structure = np.repeat(np.repeat(picture(TOP), 2, axis=0), 2, axis=1)
    shown = guide(stack, *settings, structure=structure)
    np.testing.assert_array_equal(shown.parts["gray"], picture(TOP))
    np.testing.assert_array_equal(shown.parts["person"], picture(TOP), "the control draws what it sees")
    assert shown.matte is not None
    np.testing.assert_array_equal(shown.matte, LEFT)
    assert red.resets == 0
    shown = guide(stack, *settings, time=1.0)
    assert (red.resets, red.closes) == (1, 0), "what controls know of the one picture is nothing to the other"
    assert [person.resets for person in people] == [0, 0], "but the matte is of the same one"
    np.testing.assert_array_equal(shown.parts["gray"], picture(LEFT))


@pytest.mark.parametrize("failure", [ControlUnavailable("No model here; install one."), RuntimeError("boom")])
def test_without_a_matte_regions_are_everywhere_and_it_is_told(
    add: Callable[..., Painted], people: list[Bright], failure: Exception
) -> None:
    add("red", (200, 0, 0))
    stack = Stack()
    settings = (ControlSetting("red", region="person"), ControlSetting("person"))
    guide(stack, *settings)
    people[0].failure = failure
    for number in range(2):
        for region in ("person", "background"):
            shown = guide(stack, replace(settings[0], region=region), settings[1], time=1.0 + number)
            assert shown.matte is None
            assert (shown.rgb == (200, 0, 0)).all()
            assert shown.troubles.keys() == {"person"}
            assert not shown.parts["person"].any()
    assert people[0].calls == 2, "one that fails is not asked again"
    assert guide(stack, ControlSetting("red")).troubles == {}
    assert guide(stack, *settings).matte is not None, "until nobody wanted it, and somebody does again"


def test_a_failure_on_the_second_input_leaves_the_matte_of_the_first(
    add: Callable[..., Painted], people: list[Bright]
) -> None:
    add("red", (200, 0, 0))
    stack = Stack()
    settings = (ControlSetting("person"), ControlSetting("red", region="person"))
    guide(stack, *settings, structure=picture(TOP))
    of_picture, of_structure = people
    of_structure.failure = RuntimeError("boom")
    for number in range(1, 3):
        shown = guide(stack, *settings, time=float(number), structure=picture(255 - TOP))
        assert shown.matte is not None
        np.testing.assert_array_equal(shown.matte, LEFT)
        assert (shown.parts["red"] == (200, 0, 0)).all()
        assert not shown.parts["person"].any()
        assert shown.troubles.keys() == {"person"}
    assert (of_picture.calls, of_structure.calls) == (3, 2)
    of_picture.failure, of_structure.failure = RuntimeError("boom"), None
    stack.reset()
    for number in range(3, 5):
        shown = guide(stack, *settings, time=float(number), structure=picture(TOP))
    assert shown.matte is None
    np.testing.assert_array_equal(shown.parts["person"], picture(TOP))
    assert shown.troubles.keys() == {"person"}, "and the other way round"


@pytest.mark.parametrize("on", [True, False])
def test_the_matte_comes_when_its_network_is_there_and_no_picture_waits(
    add: Callable[..., Painted], people: list[Bright], monkeypatch: pytest.MonkeyPatch, on: bool
) -> None:
    add("red", (200, 0, 0))
    monkeypatch.setitem(CONTROLS, "person", replace(CONTROLS["person"], loading=Loading(at_first=True)))
    worker = HandWorker()
    stack = Stack(worker=worker)
    settings = (ControlSetting("person", on=on), ControlSetting("red", mix="add", region="person"))
    for number in range(3):
        shown = guide(stack, *settings, time=float(number), repainted="person")
        assert (shown.matte, shown.mask, shown.troubles) == (None, None, {})
        assert (shown.rgb == (200, 0, 0)).all(), "as without a matte: everywhere"
    assert (people[0].calls, worker.waiting) == (0, 1)
    worker.run()
    for number, seen in enumerate((TOP, LEFT, TOP)):
        setting = replace(settings[0], values=(("softness", float(number)),))
        shown = guide(stack, setting, settings[1], seen=seen, time=3.0 + number, repainted="person")
        assert shown.matte is not None, "not even for a setting that is dragged"
        np.testing.assert_array_equal(shown.matte, seen)
    assert worker.given == 1


def test_a_mask_is_cut_down_to_who_is_repainted(add: Callable[..., Painted], people: list[Bright]) -> None:
    add("red", (200, 0, 0))
    for repainted, where in (("all", np.full_like(TOP, 255)), ("person", LEFT), ("background", 255 - LEFT)):
        for mask in (None, TOP):
            inside = where if mask is None else np.minimum(where, mask)
            for region, expected in (("mask", inside), ("outside mask", 255 - inside)):
                setting = replace(ControlSetting("red"), region=region)  # type: ignore[arg-type]
                shown = guide(Stack(), setting, mask=mask, repainted=repainted)
                np.testing.assert_array_equal(shown.rgb[:, :, 0], np.where(expected == 255, 200, 0))
                assert (shown.matte is None) == (repainted == "all")
                if shown.mask is not None:
                    np.testing.assert_array_equal(shown.mask, inside)


def test_without_a_person_control_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not taken out of it: put back, it would stand last for all tests that follow.
    monkeypatch.setattr("controls.stack.CONTROLS", {name: kind for name, kind in CONTROLS.items() if name != "person"})
    shown = guide(Stack(), repainted="person")
    assert shown.matte is None
    assert shown.troubles["person"].endswith(".")
