from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from controls import person, pose
from controls.control import Control, ControlSetting, ControlUnavailable, Pixels, Setting, Values
from controls.layout import Box, Leg
from controls.mixing import EMPTY_GUIDE
from controls.stack import CONTROLS, ControlKind, Stack, parse_control
from tests.controls.networks import network
from tests.controls.painted import Painted

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 64, 3), np.uint8)
WIDTH, HEIGHT = 32, 20
EDGE = ControlSetting("edge")
WITHOUT_MODELS = tuple(ControlSetting(name) for name, kind in CONTROLS.items() if not kind.loading.at_first)
WITH_MODELS = {"pose": pose.MODEL, "person": person.MODEL}


def guide_color(stack: Stack, *settings: ControlSetting) -> tuple[int, ...]:
    guide = stack.guide(PICTURE, WIDTH, HEIGHT, 0.0, settings)
    assert (guide.rgb == guide.rgb[0, 0]).all()
    return tuple(guide.rgb[0, 0].tolist())


def test_the_table_is_sound() -> None:
    for name, kind in CONTROLS.items():
        assert kind.name == name
        assert kind.title
        names = [setting.name for setting in kind.settings]
        assert len(names) == len(set(names))
        for setting in kind.settings:
            assert setting.low <= setting.default <= setting.high
            assert setting.title
            assert setting.help


def test_no_control_is_a_grey_guide() -> None:
    for settings in ((), (ControlSetting("edge", on=False), ControlSetting("pose", on=False))):
        guide = Stack().guide(PICTURE, WIDTH, HEIGHT, 0.0, settings)
        np.testing.assert_array_equal(guide.rgb, np.full((HEIGHT, WIDTH, 3), EMPTY_GUIDE))
        assert (guide.parts, guide.ms, guide.troubles) == ({}, {}, {})


def test_controls_are_mixed_by_the_brightest_each_with_its_weight(add: Callable[..., Painted]) -> None:
    add("red", (200, 0, 40))
    add("blue", (0, 100, 240))
    stack = Stack()
    assert guide_color(stack, ControlSetting("red")) == (200, 0, 40)
    assert guide_color(stack, ControlSetting("red", 0.5), ControlSetting("blue")) == (100, 100, 240)
    assert guide_color(stack, ControlSetting("red"), ControlSetting("blue", 0.1)) == (200, 10, 40)
    assert guide_color(stack, ControlSetting("red", 0.0)) == (0, 0, 0)
    guide = stack.guide(PICTURE, WIDTH, HEIGHT, 0.0, (ControlSetting("red", 0.5), ControlSetting("blue")))
    assert tuple(guide.parts["red"][0, 0]) == (200, 0, 40)  # as it was drawn, for the thumbnail
    assert guide.ms.keys() == {"red", "blue"}


def test_what_is_drawn_on_white_is_turned_to_black_only_beside_what_is_drawn_on_black(
    add: Callable[..., Painted],
) -> None:
    add("ink", (60, 60, 60), paper=255)
    add("chalk", (200, 200, 200), paper=255)
    add("light", (100, 0, 30))
    stack = Stack()
    ink, chalk, light = ControlSetting("ink"), ControlSetting("chalk"), ControlSetting("light")
    assert guide_color(stack, ink) == (60, 60, 60), "alone: as VACE draws it"
    assert guide_color(stack, ControlSetting("ink", 0.5)) == (157, 157, 157), "faded towards its paper"
    assert guide_color(stack, ControlSetting("ink", 0.0)) == (255, 255, 255)
    assert guide_color(stack, ink, chalk) == (60, 60, 60), "the one further from its paper"
    assert guide_color(stack, ink, light) == (195, 195, 195)
    assert guide_color(stack, ControlSetting("ink", 0.1), light) == (100, 20, 30)
    assert guide_color(stack, ink, ControlSetting("light", on=False)) == (60, 60, 60)


def test_colors_on_white_keep_their_hues_on_black(add: Callable[..., Painted]) -> None:
    """Half of a red's way to white is half of its way to black: what is pale there is dark here."""
    add("red", (255, 0, 0), paper=255)
    add("pale blue", (192, 192, 255), paper=255)
    add("lines", (0, 0, 0))
    stack = Stack()
    for name, color, on_black in (("red", (255, 0, 0), (255, 0, 0)), ("pale blue", (192, 192, 255), (0, 0, 63))):
        assert guide_color(stack, ControlSetting(name)) == color
        assert guide_color(stack, ControlSetting(name), ControlSetting("lines")) == on_black
        faded = guide_color(stack, ControlSetting(name, 0.5))
        assert faded == tuple(255 - (255 - channel + 1) // 2 for channel in color), "towards white when alone"


def test_lines_are_seen_over_flow_and_flow_between_them() -> None:
    """Flow's white paper must not hide the other controls."""
    first, second = np.zeros((2, 96, 160, 3), np.uint8)
    texture = np.random.default_rng(3).integers(40, 200, (24, 20, 3), np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    first[:, 40:120], second[:, 44:124] = texture, texture
    settings = (ControlSetting("flow"), ControlSetting("edge", values=(("smoothing", 0.0),)))
    stack = Stack()
    for time, picture in enumerate((first, second)):
        guide = stack.guide(picture, 160, 96, float(time), settings)
    lines = guide.parts["edge"] == 255
    assert lines.any()
    assert (guide.rgb[lines] == 255).all()
    red, _, blue = guide.rgb[~lines.any(axis=2) & (guide.parts["flow"][..., 2] < 128)].T
    assert red.mean() > 4 * blue.mean()
    assert (guide.rgb[:, :8] < 16).all()


def test_a_control_on_white_that_fails_leaves_white_paper(add: Callable[..., Painted]) -> None:
    add("ink", (0, 0, 0), paper=255).failure = RuntimeError("boom")
    add("light", (100, 0, 30))
    stack = Stack()
    assert guide_color(stack, ControlSetting("ink")) == (255, 255, 255)
    assert guide_color(stack, ControlSetting("ink"), ControlSetting("light")) == (100, 0, 30)


def test_boxes_reach_the_layout_and_nobody_else() -> None:
    box = Box((0.25, 0.25, 0.75, 0.75))
    layout = ControlSetting("layout")
    guide = Stack().guide(PICTURE, WIDTH, HEIGHT, 0.0, (layout,), (box,))
    assert (guide.rgb[HEIGHT // 4, WIDTH // 2] == 0).all(), "black on white"
    assert (guide.rgb[0] == 255).all()
    still = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for others in ((EDGE,), (ControlSetting("gray", 0.5),), (ControlSetting("color", 0.5),)):
        mixed = Stack().guide(still, WIDTH, HEIGHT, 0.0, (layout, *others), (box,)).rgb
        assert (mixed[HEIGHT // 4, WIDTH // 2] == 255).all(), "white above the others"
        plain = Stack().guide(still, WIDTH, HEIGHT, 0.0, others, (box,)).rgb
        np.testing.assert_array_equal(mixed[0], plain[0])


def test_the_later_of_two_settings_with_one_name_counts(add: Callable[..., Painted]) -> None:
    control = add("red", (200, 0, 0))
    assert guide_color(Stack(), ControlSetting("red"), ControlSetting("red", 0.5)) == (100, 0, 0)
    assert control.calls == 1


def test_a_control_gets_every_setting_in_range(add: Callable[..., Painted]) -> None:
    ranged = (Setting("a", "A", 0, 1, 0.25, help="x"), Setting("b", "B", 1, 9, 3, whole=True, help="x"))
    control = add("red", (9, 9, 9), 0, *ranged)
    stack = Stack()
    for values in ((), (("a", 7.0), ("b", 4.4)), (("b", -3.0), ("gone", 1.0))):
        guide_color(stack, ControlSetting("red", values=values))
    assert [values for _, values in control.seen] == [{"a": 0.25, "b": 3}, {"a": 1, "b": 4}, {"a": 0.25, "b": 1}]


def test_each_control_gets_the_picture_at_the_size_it_works_on(add: Callable[..., Painted]) -> None:
    at_guide, large, small = add("guide", (1, 1, 1)), add("large", (1, 1, 1), 500), add("small", (1, 1, 1), 16)
    guide_color(Stack(), *(ControlSetting(name) for name in ("guide", "large", "small")))
    shapes = [control.seen[0][0] for control in (at_guide, large, small)]
    assert shapes == [(HEIGHT, WIDTH, 3), PICTURE.shape, (10, 16, 3)]


FAILURES = [ControlUnavailable("No model here; install one."), RuntimeError("boom\nwith lines"), KeyError("x")]


@pytest.mark.parametrize("failure", FAILURES, ids=["unavailable", "runtime", "key"])
def test_a_control_that_fails_costs_only_itself(add: Callable[..., Painted], failure: Exception) -> None:
    broken, sound = add("broken", (255, 255, 255)), add("sound", (10, 20, 30))
    broken.failure = failure
    settings = (ControlSetting("broken"), ControlSetting("sound"))
    stack = Stack()
    for number in range(4):
        guide = stack.guide(PICTURE, WIDTH, HEIGHT, float(number), settings)
        assert not guide.parts["broken"].any()
        assert tuple(guide.rgb[0, 0]) == (10, 20, 30)
        (sentence,) = guide.troubles.values()
        assert "\n" not in sentence
        assert sentence.endswith(".")
    assert (broken.calls, sound.calls) == (1, 4)  # a broken one is not asked again

    broken.failure = None
    guide_color(stack, ControlSetting("sound"))
    assert guide_color(stack, *settings) == (255, 255, 255)  # until it was off and is on again


def test_the_traceback_goes_to_the_log(add: Callable[..., Painted], caplog: pytest.LogCaptureFixture) -> None:
    add("broken", (1, 1, 1)).failure = RuntimeError("boom")
    with caplog.at_level(logging.DEBUG, "controls"):
        Stack().guide(PICTURE, WIDTH, HEIGHT, 0.0, (ControlSetting("broken"),))
    assert "Traceback" in caplog.text
    assert "boom" in caplog.text


def test_reset_tries_again_what_failed_or_could_not_even_be_made(
    add: Callable[..., Painted], monkeypatch: pytest.MonkeyPatch
) -> None:
    control = add("red", (200, 0, 0))
    sound = CONTROLS["red"]

    def fail(folder: Path | None) -> Control:
        raise RuntimeError("boom")

    stack = Stack()
    monkeypatch.setitem(CONTROLS, "red", replace(sound, make=fail))
    assert guide_color(stack, ControlSetting("red")) == (0, 0, 0)
    monkeypatch.setitem(CONTROLS, "red", sound)
    control.failure = RuntimeError("boom")
    for _ in range(2):
        assert guide_color(stack, ControlSetting("red")) == (0, 0, 0)
        stack.reset()
    control.failure = None
    assert guide_color(stack, ControlSetting("red")) == (200, 0, 0)
    assert (control.calls, control.closes) == (2, 1), "one that failed is made anew"


def test_a_control_that_is_switched_off_gives_its_networks_back(add: Callable[..., Painted]) -> None:
    control = add("red", (200, 0, 0))
    stack = Stack()
    on, off = ControlSetting("red"), ControlSetting("red", on=False)
    for setting in (on, on, off, on):
        stack.guide(PICTURE, WIDTH, HEIGHT, 0.0, (setting,))
    assert control.closes == 1
    stack.guide(PICTURE, WIDTH, HEIGHT, 0.0, ())
    assert control.closes == 2


def test_reset_forgets_and_close_gives_networks_back(
    add: Callable[..., Painted], monkeypatch: pytest.MonkeyPatch
) -> None:
    control, made = add("red", (200, 0, 0)), 0

    def make(folder: Path | None) -> Control:
        nonlocal made
        made += 1
        return control

    monkeypatch.setitem(CONTROLS, "red", replace(CONTROLS["red"], make=make))
    stack = Stack()
    for resets in range(3):
        guide_color(stack, ControlSetting("red"))
        assert (control.resets, control.closes, made) == (resets, 0, 1)
        stack.reset()
    for _ in range(2):
        stack.close()
    assert (control.resets, control.closes) == (2, 1)
    guide_color(stack, ControlSetting("red"))
    assert made == 2, "a stack that was closed begins anew"


def test_moving_boxes_go_on_whatever_becomes_of_the_pictures() -> None:
    """They look at none: not when the source comes back, nor when a second input comes or goes."""
    box = Box((0.0, 0.0, 0.2, 1.0), (Leg((0.8, 0.0, 1.0, 1.0), 8.0),))
    stack, lefts = Stack(), []
    for number in range(8):
        if number == 3:
            stack.reset()
        structure = PICTURE[::-1] if number in (5, 6) else None
        settings = (ControlSetting("layout"), EDGE)
        guide = stack.guide(PICTURE, 200, 100, number, settings, (box,), structure=structure)
        lefts.append(int(np.nonzero(guide.parts["layout"][50, :, 0] == 0)[0][0]))
    assert lefts == [20 * number for number in range(8)]


def test_a_control_that_draws_another_size_is_told_of_not_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(Painted):
        def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
            return np.zeros((3, 3), np.uint8)

    monkeypatch.setitem(CONTROLS, "wrong", ControlKind("wrong", "Wrong", (), lambda folder: Wrong((0, 0, 0))))
    guide = Stack().guide(PICTURE, WIDTH, HEIGHT, 0.0, (ControlSetting("wrong"), EDGE))
    assert guide.troubles.keys() == {"wrong"}
    assert guide.rgb.any()


def test_an_unknown_control_is_a_sentence() -> None:
    guide = Stack().guide(PICTURE, WIDTH, HEIGHT, 0.0, (ControlSetting("hologram"), EDGE))
    assert "'hologram'" in guide.troubles["hologram"]
    assert "edge, pose" in guide.troubles["hologram"]
    assert guide.rgb.any()


ODD_PICTURES = {
    "gray": PICTURE[:, :, 0],
    "rgba": np.dstack([PICTURE, PICTURE[:, :, 0]]),
    "mirrored": PICTURE[::-1, ::-1],
    "empty": np.zeros((0, 0, 3), np.uint8),
    "1x1": PICTURE[:1, :1],
    "a line": PICTURE[:1],
    "float": PICTURE.astype(np.float64),
}
SIZES = st.lists(st.tuples(*[st.integers(1, 50)] * 4), min_size=1, max_size=4)


def assert_guides(
    stack: Stack, shown: list[tuple[NDArray[Any], int, int]], settings: tuple[ControlSetting, ...]
) -> None:
    """shown: pictures, and the guide's width and height."""
    for number, (picture, width, height) in enumerate(shown):
        guide = stack.guide(picture, width, height, number / 25, settings, (Box((0.2, 0.2, 0.6, 0.9)),))
        assert guide.rgb.shape == (height, width, 3)
        assert guide.rgb.dtype == np.uint8
        assert guide.troubles == {}
        assert guide.parts.keys() == {setting.name for setting in settings}


def noise(sizes: list[tuple[int, int, int, int]]) -> list[tuple[NDArray[Any], int, int]]:
    random = np.random.default_rng(len(sizes))
    return [(random.integers(0, 256, (h, w, 3), np.uint8), width, height) for w, h, width, height in sizes]


@pytest.fixture(scope="module")
def with_model(request: pytest.FixtureRequest) -> Iterator[tuple[Stack, ControlSetting]]:
    """A control that runs a network, and a stack that has loaded it: odd pictures come in the middle of a show."""
    name = request.param
    network(WITH_MODELS[name])
    stack = Stack()
    yield stack, ControlSetting(name)
    stack.close()


@pytest.mark.parametrize("picture", ODD_PICTURES.values(), ids=ODD_PICTURES.keys())
def test_odd_pictures_make_a_guide(picture: NDArray[Any]) -> None:
    shown = [(seen, WIDTH, HEIGHT) for seen in (picture, PICTURE, picture)]
    assert_guides(Stack(), shown, WITHOUT_MODELS)


@given(SIZES)
def test_sizes_may_change_at_any_time(sizes: list[tuple[int, int, int, int]]) -> None:
    assert_guides(Stack(), noise(sizes), WITHOUT_MODELS)


@pytest.mark.parametrize("with_model", WITH_MODELS, indirect=True)
def test_odd_pictures_make_a_guide_with_networks_too(with_model: tuple[Stack, ControlSetting]) -> None:
    stack, setting = with_model
    for picture in ODD_PICTURES.values():
        shown = [(seen, WIDTH, HEIGHT) for seen in (picture, PICTURE, picture)]
        assert_guides(stack, shown, (setting,))
    sudden = [(1, 1, 50, 1), (640, 3, 1, 50), (3, 640, 1, 1), (50, 40, 64, 64), (1, 50, 33, 21)]
    assert_guides(stack, noise(sudden), (setting,))


def test_the_window_opens_without_what_runs_networks() -> None:
    """mediapipe takes a second or two to import: only who needs it pays for it, at the first picture."""
    code = "import sys, controls.stack as s; s.Stack(); print({'mediapipe', 'onnxruntime'} & sys.modules.keys())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("edge", ControlSetting("edge")),
        ("pose=0.7", ControlSetting("pose", 0.7)),
        ("edge=0.7,low=80,high=160", ControlSetting("edge", 0.7, values=(("low", 80), ("high", 160)))),
        (" edge = 1 , detail = .25 ", ControlSetting("edge", 1.0, values=(("detail", 0.25),))),
        ("edge,detail=0,detail=1", ControlSetting("edge", values=(("detail", 1.0),))),
        ("pose,region=person,every=3", ControlSetting("pose", region="person", every=3)),
        (
            "gray=0.5, region = outside mask ,mix=screen",
            ControlSetting("gray", 0.5, mix="screen", region="outside mask"),
        ),
        ("edge,every=0,low=80", ControlSetting("edge", values=(("low", 80.0),))),
    ],
)
def test_a_control_is_read_from_the_command_line(text: str, expected: ControlSetting) -> None:
    assert parse_control(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("edgy", "'edgy' (did you mean 'edge'?); there are edge, pose"),
        ("xyz", "no control 'xyz'; there are edge, pose"),
        ("", "no control ''"),
        ("Pose", "did you mean 'pose'?"),
        ("edge=loud", "The weight of edge is 'loud', expected a number from 0 to 1"),
        ("edge=", "The weight of edge is ''"),
        ("edge=1.5", "from 0 to 1"),
        ("edge=nan", "from 0 to 1"),
        ("edge,tickness=3", "no setting 'tickness' (did you mean 'thickness'?); it has detail, low, high"),
        ("edge,low", "low of edge is ''"),
        ("edge,low=-1", "from 0 to 1000"),
        ("pose,people=2.5", "whole number"),
        ("edge,,", "no setting ''"),
        ("edge,tickness=3", "thickness, smoothing, mix, region, every."),
        ("edge,mix=ad", "mix of edge is 'ad' (did you mean 'add'?), expected one of max, add, screen"),
        ("edge,region=sky", "region of edge is 'sky', expected one of all, mask, outside mask, person, background"),
        ("edge,region", "region of edge is ''"),
        ("edge,every=31", "every of edge is '31', expected a number from 0 to 30"),
        ("edge,every=1.5", "whole number"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_that_says_what_can(text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_control(text)
    assert said in str(caught.value)
    assert str(caught.value).endswith(".")


@given(st.text(alphabet="edgpos=,.0178lowhinfamxry ", max_size=30))
def test_any_text_is_a_control_or_a_sentence(text: str) -> None:
    sentence, setting = "", None
    try:
        setting = parse_control(text)
    except ValueError as error:
        sentence = str(error)
    assert (setting is None) == sentence.endswith(".")
    if setting is not None:
        known = {s.name: s for s in CONTROLS[setting.name].settings}
        assert all(known[name].low <= value <= known[name].high for name, value in setting.values)
