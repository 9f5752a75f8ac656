"""The stack's controls at their own rates: carried, on the worker, chosen by itself, and given back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest

from controls import paced
from controls.control import ControlSetting, Pixels, Setting, Values
from controls.layout import Box, Leg
from controls.paced import Loading
from controls.stack import CONTROLS, ControlKind, Guide, Stack
from tests.controls.painted import Painted
from tests.controls.workers import HandWorker

WIDTH, HEIGHT = 320, 180


def scene(x: float = 0.0) -> Pixels:
    """Shapes before a soft background, all of it moved by ``x`` pixels to the right."""
    random = np.random.default_rng(4)
    coarse = random.integers(60, 120, (18, 48, 3), np.uint8)
    wide = np.asarray(cv2.resize(coarse, (3 * WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
    for number in range(12):
        cv2.circle(wide, (80 * number + 20, 40 + (number * 53) % 110), 22, (220, 190, 160), -1, cv2.LINE_AA)
    matrix = np.array([[1, 0, x - WIDTH], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(wide, matrix, (WIDTH, HEIGHT)), np.uint8)


def guide(
    stack: Stack, number: int, *settings: ControlSetting, picture: Pixels | None = None, rate: float = 30
) -> Guide:
    return stack.guide(scene() if picture is None else picture, WIDTH, HEIGHT, number / rate, settings)


def farthest(lines: Pixels, other: Pixels) -> float:
    """How far the lines of ``lines`` are from one of ``other``, in pixels: 98 % are nearer."""
    away = cv2.distanceTransform((other[:, :, 0] < 128).astype(np.uint8), cv2.DIST_L2, 5)
    return float(np.quantile(away[lines[:, :, 0] > 127], 0.98))


def test_each_control_runs_at_its_own_rate_and_says_so(add: Callable[..., Painted]) -> None:
    often, rarely = add("often", (200, 0, 0)), add("rarely", (0, 0, 100))
    stack = Stack()
    for number in range(12):
        shown = guide(stack, number, ControlSetting("often"), ControlSetting("rarely", every=4))
        assert (shown.rgb == (200, 0, 100)).all()
        assert shown.every == {"often": 1, "rarely": 4}
        assert ("rarely" in shown.ms) == (number % 4 == 0)
        assert "often" in shown.ms
    assert (often.calls, rarely.calls) == (12, 3)


@pytest.mark.parametrize("speed", [1.0, 2.5, 5.0])
def test_a_carried_guide_follows_a_picture_that_moves(speed: float) -> None:
    """Edges that are found in each third picture lie where those of each picture lie."""
    edge = ControlSetting("edge", values=(("smoothing", 0.0), ("low", 60.0), ("high", 150.0)))
    carried, each = Stack(), Stack()
    for number in range(9):
        moved = scene(speed * number)
        found = guide(carried, number, replace(edge, every=3), picture=moved).rgb
        true = guide(each, number, edge, picture=moved).rgb
        inside = slice(None), slice(24, -24)
        assert farthest(found[inside], true[inside]) <= 2.0
        assert farthest(true[inside], found[inside]) <= 2.0


def test_on_a_still_scene_worker_and_no_worker_give_the_same() -> None:
    settings = tuple(
        ControlSetting(name, every=every) for name, every in (("edge", 3), ("scribble", 2), ("color", 4), ("gray", 1))
    )
    worker = HandWorker()
    beside, here, at_once = Stack(worker=worker), Stack(), Stack()
    for number in range(24):
        slow = guide(beside, number, *settings)
        worker.run()
        plain = guide(here, number, *settings)
        each = guide(at_once, number, *(replace(setting, every=1) for setting in settings))
    for name in ("edge", "scribble", "color", "gray"):
        np.testing.assert_array_equal(slow.parts[name], plain.parts[name])
        np.testing.assert_array_equal(slow.parts[name], each.parts[name])
    np.testing.assert_array_equal(slow.rgb, each.rgb)


class Clock:
    """In place of the clock that runs are measured by: time passes while a control of ``Slow`` draws."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.s = 0.0
        monkeypatch.setattr(paced, "perf_counter", lambda: self.s)


class Slow(Painted):
    def __init__(self, clock: Clock, ms: float) -> None:
        super().__init__((90, 0, 0))
        self._clock, self.ms = clock, ms

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        self._clock.s += self.ms / 1000
        return super().guide(picture, width, height, time, values)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """A control that takes 70 ms of a clock of its own."""
    control = Slow(Clock(monkeypatch), 70.0)
    monkeypatch.setitem(CONTROLS, "slow", ControlKind("slow", "Slow", (), lambda folder: control))
    return control


def test_a_control_that_is_too_slow_goes_to_the_worker_by_itself(slow: Slow) -> None:
    worker = HandWorker()
    stack = Stack(worker=worker)
    rates = []
    for number in range(40):
        shown = guide(stack, number, ControlSetting("slow"), ControlSetting("gray"))
        rates.append(shown.every["slow"])
        assert shown.every["gray"] == 1
        worker.run()
    assert rates[0] == 1
    assert rates[-1] >= 4, "70 ms of a room of 20"
    assert worker.given == pytest.approx((40 - rates.index(rates[-1])) / rates[-1], abs=1)


@pytest.mark.parametrize("every", [0, 1])
def test_without_a_worker_or_when_told_so_a_slow_control_runs_on_each_picture(slow: Slow, every: int) -> None:
    worker = HandWorker()
    stack = Stack(worker=worker if every else None)
    for number in range(40):
        assert guide(stack, number, ControlSetting("slow", every=every)).every == {"slow": 1}
    assert (slow.calls, worker.given) == (40, 0)


def test_what_loads_a_model_loads_it_on_the_worker(
    add: Callable[..., Painted], monkeypatch: pytest.MonkeyPatch
) -> None:
    heavy = add("heavy", (0, 0, 200))
    monkeypatch.setitem(CONTROLS, "heavy", replace(CONTROLS["heavy"], loading=Loading(at_first=True)))
    worker = HandWorker()
    stack = Stack(worker=worker)
    shown = guide(stack, 0, ControlSetting("heavy"))
    assert (heavy.calls, worker.waiting) == (0, 1)
    assert not shown.parts["heavy"].any()
    worker.run()
    assert (guide(stack, 1, ControlSetting("heavy")).rgb == (0, 0, 200)).all()


@pytest.mark.parametrize("every", [1, 4])
def test_it_does_so_however_often_it_is_told_to_run(
    add: Callable[..., Painted], monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    people = Setting("people", "People", 1, 4, 2, whole=True, help="x")
    heavy = add("heavy", (0, 0, 200), 0, people)
    monkeypatch.setitem(CONTROLS, "heavy", replace(CONTROLS["heavy"], loading=Loading(True, ("people",))))
    worker = HandWorker()
    stack = Stack(worker=worker)
    two = ControlSetting("heavy", every=every)
    for number, setting in enumerate((two, replace(two, values=(("people", 3.0),)))):
        calls = heavy.calls
        shown = guide(stack, 3 * number, setting)
        assert (heavy.calls, worker.waiting) == (calls, 1)
        assert (shown.rgb == (0, 0, 200 * number)).all(), "paper at first, then what was drawn last"
        worker.run()
        assert (guide(stack, 3 * number + 1, setting).rgb == (0, 0, 200)).all()
        guide(stack, 3 * number + 2, setting)
        worker.run()


def test_the_table_knows_what_loads_models() -> None:
    """mediapipe and ONNX Runtime, and the settings of pose that make it load others."""
    assert {name for name, kind in CONTROLS.items() if kind.loading.at_first} == {"pose", "person", "depth"}
    for kind in CONTROLS.values():
        assert set(kind.loading.anew) <= {setting.name for setting in kind.settings}
    assert set(CONTROLS["pose"].loading.anew) == {"people", "hands", "face"}


def test_a_failure_on_the_worker_costs_only_that_control(add: Callable[..., Painted]) -> None:
    broken = add("broken", (200, 0, 0))
    add("sound", (0, 0, 100))
    broken.failure = RuntimeError("boom")
    settings = (ControlSetting("broken", every=2), ControlSetting("sound"))
    worker = HandWorker()
    stack = Stack(worker=worker)
    for number in range(6):
        shown = guide(stack, number, *settings)
        worker.run()
        assert (shown.rgb == (0, 0, 100)).all()
    assert shown.troubles["broken"].startswith("Broken failed (RuntimeError: boom)")
    assert broken.calls == 1
    broken.failure = None
    guide(stack, 6, settings[1])
    for number in (7, 8):
        shown = guide(stack, number, *settings)
        worker.run()
    assert (shown.rgb == (200, 0, 100)).all(), "until it was off and is on again"


def test_nothing_of_before_a_reset_is_shown(add: Callable[..., Painted]) -> None:
    control, worker = add("red", (200, 0, 0)), HandWorker()
    stack = Stack(worker=worker)
    setting = ControlSetting("red", every=3)
    guide(stack, 0, setting)
    worker.run(during=stack.reset)
    assert not guide(stack, 1, setting).rgb.any(), "drawn of what was before"
    assert control.resets == 0
    worker.run()
    assert control.resets == 1, "before it drew anew"
    assert guide(stack, 2, setting).rgb.any()
    assert control.closes == 0


def test_closing_never_waits_and_gives_networks_back_once(add: Callable[..., Painted]) -> None:
    control, worker = add("red", (200, 0, 0)), HandWorker()
    stack = Stack(worker=worker)
    setting = ControlSetting("red", every=3)
    guide(stack, 0, setting)
    worker.run(during=stack.close)
    assert control.closes == 1, "when it had done drawing"
    assert not guide(stack, 1, setting).rgb.any()
    stack.close()
    assert worker.waiting == 0
    assert control.closes == 2
    stack.close()
    assert control.closes == 2


def test_what_does_not_move_with_the_picture_is_drawn_anew_for_each() -> None:
    stack = Stack(worker=HandWorker())
    box = Box((0.0, 0.25, 0.25, 0.75), (Leg((0.75, 0.25, 1.0, 0.75)),))
    setting = ControlSetting("layout", every=30)
    lefts = []
    for number in range(5):
        shown = stack.guide(scene(), WIDTH, HEIGHT, number / 4, (setting,), (box,))
        assert shown.every == {"layout": 1}
        lefts.append(int(np.nonzero(shown.rgb[HEIGHT // 2, :, 0] == 0)[0][0]))
    assert np.diff(lefts) == pytest.approx(WIDTH * 0.75 / 4, abs=2)


def test_a_real_worker_draws_on_its_own_thread_and_ends(add: Callable[..., Painted]) -> None:
    slow, quick = add("slow", (200, 0, 0)), add("quick", (0, 0, 100))
    with ThreadPoolExecutor(1, "slow controls") as worker:
        stack = Stack(worker=worker)
        number = 0
        while slow.calls < 4:
            guide(stack, number, ControlSetting("slow", every=2), ControlSetting("quick"))
            number += 1
        stack.close()
    assert {name.rsplit("_", 1)[0] for name in slow.threads} == {"slow controls"}
    assert "slow controls_0" not in quick.threads
    assert slow.closes == quick.closes == 1
    assert quick.calls == number
