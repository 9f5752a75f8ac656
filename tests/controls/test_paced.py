"""One control at its own rate: when it runs, where it runs, and what is shown meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controls.control import Pixels, Values
from controls.paced import Loading, PacedControl, Request, Turn
from controls.view import View
from tests.controls.workers import HandWorker

WIDTH, HEIGHT = 64, 36
PAPER = 7


class Numbered:
    """A control that draws how often it was called, and notes from which picture. Never from two threads at once."""

    def __init__(self) -> None:
        self.calls = self.resets = self.closes = 0
        self.times: list[float] = []
        self.threads: set[int] = set()
        self.failure: Exception | None = None
        self._busy = threading.Lock()

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        assert self._busy.acquire(blocking=False), "used from two threads at a time"
        try:
            self.calls += 1
            self.times.append(time)
            self.threads.add(threading.get_ident())
            if self.failure is not None:
                raise self.failure
            return np.full((height, width, 3), self.calls, np.uint8)
        finally:
            self._busy.release()

    def reset(self) -> None:
        assert self._busy.acquire(blocking=False), "reset while it draws"
        self.resets += 1
        self._busy.release()

    def close(self) -> None:
        assert self._busy.acquire(blocking=False), "closed while it draws"
        self.closes += 1
        self._busy.release()


def scene(seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8).repeat(12, axis=0).repeat(16, axis=1)


class Show:
    """Pictures one after the other through a paced control."""

    def __init__(self, control: Numbered, worker: HandWorker | ThreadPoolExecutor | None = None, *anew: str) -> None:
        """anew: settings that make the control load; with none it never does."""
        self.paced = PacedControl(control, 0, PAPER, worker, Loading(bool(anew), anew))
        self._time = -1.0

    def turn(self, every: int, picture: Pixels | None = None, width: int = WIDTH, values: Values | None = None) -> Turn:
        self._time += 1.0
        view = View(scene() if picture is None else picture, self._time)
        return self.paced.turn(Request(view, width, HEIGHT, values or {}), every)

    def number(self, every: int, **changed: Pixels | int | Values) -> int:
        """Which of the control's drawings is shown."""
        part = self.turn(every, **changed).part  # type: ignore[arg-type]
        assert (part == part[0, 0, 0]).all()
        return int(part[0, 0, 0])


@pytest.mark.parametrize("every", [1, 2, 3, 5])
def test_without_a_worker_it_runs_on_each_nth_picture(every: int) -> None:
    control = Numbered()
    show = Show(control)
    turns = [show.turn(every) for _ in range(12)]
    assert control.times == list(range(0, 12, every))
    assert [int(turn.part[0, 0, 0]) for turn in turns] == [number // every + 1 for number in range(12)]
    ran = [turn.ms is not None for turn in turns]
    assert ran == [number % every == 0 for number in range(12)]
    assert all((turn.carrying_ms > 0) != (turn.ms is not None) for turn in turns)


def test_it_runs_at_once_when_its_values_the_size_or_the_scene_change() -> None:
    control = Numbered()
    show = Show(control)
    assert [show.number(9), show.number(9)] == [1, 1]
    assert show.number(9, values={"detail": 1.0}) == 2
    assert show.number(9, values={"detail": 1.0}) == 2
    assert show.number(9, values={"detail": 1.0}, width=WIDTH * 2) == 3
    assert show.number(9, values={"detail": 1.0}, width=WIDTH * 2, picture=scene()[:-4]) == 4
    assert show.number(9, values={"detail": 1.0}, width=WIDTH * 2, picture=scene(1)[:-4]) == 5, "a cut"
    assert show.number(9, values={"detail": 1.0}, width=WIDTH * 2, picture=scene(1)[:-4]) == 5


def test_the_very_same_view_is_drawn_once() -> None:
    """The picture of a second input may come again and again."""
    control = Numbered()
    paced, view = PacedControl(control, 0, PAPER, None), View(scene(), 0.0)
    parts = [paced.turn(Request(view, WIDTH, HEIGHT, {}), 1).part for _ in range(3)]
    assert parts[0] is parts[1] is parts[2]
    paced.turn(Request(view, WIDTH, HEIGHT, {"detail": 1.0}), 1)
    assert control.calls == 2


def test_on_a_worker_no_picture_waits_and_paper_is_shown_until_the_first_drawing() -> None:
    control, worker = Numbered(), HandWorker()
    show = Show(control, worker)
    assert [show.number(2) for _ in range(5)] == [PAPER] * 5
    assert control.calls == 0
    worker.run()
    assert show.number(2) == 1
    assert control.times == [0.0]
    worker.run()
    assert [show.number(2) for _ in range(3)] == [2] * 3
    assert worker.most == 1, "one picture at a time, however slow it is"


def test_a_drawing_of_the_worker_tells_once_what_it_took() -> None:
    worker = HandWorker()
    show = Show(Numbered(), worker)
    show.turn(3)
    worker.run()
    assert [show.turn(3).ms is not None for _ in range(2)] == [True, False]


def test_what_the_worker_drew_at_another_size_is_not_shown() -> None:
    control, worker = Numbered(), HandWorker()
    show = Show(control, worker)
    show.turn(2)
    worker.run()
    assert show.number(2, width=WIDTH * 2) == PAPER
    worker.run()
    assert show.number(2, width=WIDTH) == PAPER, "drawn at the size before"
    worker.run()
    assert show.number(2) == 3


def test_new_values_are_drawn_next_and_the_drawing_before_stays_until_then() -> None:
    """A fader that is dragged must not blank the guide."""
    control, worker = Numbered(), HandWorker()
    show = Show(control, worker)
    show.turn(30)
    worker.run()
    assert show.number(30) == 1
    assert worker.waiting == 0
    assert show.number(30, values={"detail": 1.0}) == 1
    assert worker.waiting == 1, "out of its turn"
    worker.run()
    assert show.number(30, values={"detail": 1.0}) == 2
    assert worker.waiting == 0


def test_after_a_cut_the_worker_draws_at_once_and_nothing_is_shown_of_the_scene_before() -> None:
    worker = HandWorker()
    show = Show(Numbered(), worker)
    show.turn(30)
    worker.run()
    assert show.number(30) == 1
    assert worker.waiting == 0
    assert [show.number(30, picture=scene(1)) for _ in range(3)] == [PAPER] * 3
    assert worker.waiting == 1
    worker.run()
    assert [show.number(30, picture=scene(1)) for _ in range(3)] == [2] * 3
    assert worker.waiting == 0


def test_one_picture_of_another_scene_makes_one_gap_not_several() -> None:
    """Nothing is known until a drawing of the scene is there: what was known before does not come and go meanwhile."""
    control, worker = Numbered(), HandWorker()
    show = Show(control, worker)
    show.turn(30)
    worker.run()
    assert [show.number(30), show.number(30, picture=scene(1))] == [1, PAPER]
    assert [show.number(30) for _ in range(2)] == [PAPER] * 2
    worker.run()
    assert show.number(30) == PAPER, "of that one picture"
    worker.run()
    assert show.number(30) == 3


def test_what_the_worker_draws_of_the_scene_before_a_cut_is_not_shown_either() -> None:
    control, worker = Numbered(), HandWorker()
    show = Show(control, worker)
    show.turn(2)
    worker.run()
    assert [show.number(2) for _ in range(3)] == [1] * 3
    assert worker.waiting == 1
    assert show.number(2, picture=scene(1)) == PAPER
    worker.run()
    assert show.number(2, picture=scene(1)) == PAPER, "of the picture before the cut"
    worker.run()
    assert show.number(2, picture=scene(1)) == 3


def test_a_control_loads_on_the_worker_even_when_it_runs_on_each_picture() -> None:
    control, worker = Numbered(), HandWorker()
    show = Show(control, worker, "people", "hands")
    assert [show.number(1, values={"people": 2.0}) for _ in range(3)] == [PAPER] * 3
    assert (control.calls, worker.waiting) == (0, 1)
    worker.run()
    assert [show.number(1, values={"people": 2.0}) for _ in range(2)] == [2, 3], "loaded: here, on each picture"
    assert show.number(1, values={"people": 2.0, "detail": 1.0}) == 4, "nothing to load"
    assert worker.waiting == 0
    for values in ({"people": 3.0}, {"people": 3.0, "hands": 1.0}):
        calls = control.calls
        assert [show.number(1, values=values) for _ in range(3)] == [calls] * 3, "carried meanwhile"
        assert (control.calls, worker.waiting) == (calls, 1)
        worker.run()
        assert show.number(1, values=values) == calls + 2
    assert show.number(1, values=values, width=WIDTH * 2) == calls + 3, "another size loads nothing"


def test_without_a_worker_it_loads_here() -> None:
    show = Show(Numbered(), None, "people")
    assert [show.number(1, values={"people": people}) for people in (2.0, 2.0, 3.0)] == [1, 2, 3]


def test_a_turn_says_whether_it_is_of_this_very_picture() -> None:
    worker = HandWorker()
    show = Show(Numbered(), worker, "people")
    assert not show.turn(1).own, "empty paper"
    worker.run()
    assert [show.turn(1).own for _ in range(2)] == [True, True]
    assert [show.turn(2).own for _ in range(4)] == [False] * 4, "carried"
    view = View(scene(), 99.0)
    paced = PacedControl(Numbered(), 0, PAPER, None)
    assert [paced.turn(Request(view, WIDTH, HEIGHT, {}), 9).own for _ in range(2)] == [True, True]


def test_a_failure_on_the_worker_is_raised_here() -> None:
    control, worker = Numbered(), HandWorker()
    control.failure = RuntimeError("boom")
    show = Show(control, worker)
    show.turn(2)
    worker.run()
    with pytest.raises(RuntimeError, match="boom"):
        show.turn(2)


def test_networks_are_given_back_at_once_when_idle_or_queued_and_afterwards_when_it_draws() -> None:
    idle, queued, busy = Numbered(), Numbered(), Numbered()
    worker = HandWorker()
    shows = [Show(control, worker) for control in (idle, queued, busy)]
    shows[0].turn(1)
    shows[0].paced.close()
    assert (idle.calls, idle.closes) == (1, 1)

    shows[1].turn(2)
    shows[1].paced.close()
    assert queued.closes == 1
    worker.run()
    assert (queued.calls, queued.closes) == (0, 1)

    shows[2].turn(2)

    def close() -> None:
        shows[2].paced.close()
        assert busy.closes == 0

    worker.run(during=close)
    assert (busy.calls, busy.closes) == (1, 1)


def test_a_control_that_cannot_be_closed_is_told_of_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn(Numbered):
        def close(self) -> None:
            raise RuntimeError("boom")

    PacedControl(Stubborn(), 0, 0, None).close()
    assert "could not be closed" in caplog.text


def test_reset_forgets_what_was_drawn_and_keeps_what_was_loaded() -> None:
    control, worker = Numbered(), HandWorker()
    show = Show(control, worker, "people")
    assert show.number(1) == PAPER
    worker.run()
    assert show.number(1) == 2
    show.paced.reset()
    assert show.number(1) == 3, "at once, for nothing is loaded"
    assert (control.resets, control.closes, worker.given) == (1, 0, 1)
    assert show.number(9) == 3
    show.paced.reset()
    assert show.number(9) == PAPER, "of before"
    worker.run()
    assert show.number(9) == 4
    assert control.resets == 2


def test_what_the_worker_draws_of_before_a_reset_is_not_shown() -> None:
    control, worker = Numbered(), HandWorker()
    show = Show(control, worker)
    show.turn(5)
    show.paced.reset()
    assert [show.number(5), worker.waiting] == [PAPER, 1], "it never waits, and is never in two places"
    worker.run()
    assert [show.number(5), control.resets] == [PAPER, 0]
    worker.run()
    assert [show.number(5), control.resets] == [2, 1]


BLACK, WHITE = np.zeros_like(scene()), np.full_like(scene(), 255)


@pytest.mark.parametrize("on_worker", [True, False])
@pytest.mark.parametrize("blank", [BLACK, WHITE], ids=["dark", "blinding"])
def test_through_a_strobe_the_drawing_stays(blank: Pixels, on_worker: bool) -> None:
    """Half of the pictures show nothing: they are not drawn from, and no other scene."""
    control, worker = Numbered(), HandWorker()
    paced, shown = PacedControl(control, 0, PAPER, worker if on_worker else None), []
    for number in range(60):
        picture = blank if number % 4 in (2, 3) else scene()
        turn = paced.turn(Request(View(picture, number / 30), WIDTH, HEIGHT, {}), 3)
        worker.run()
        shown.append(int(turn.part[0, 0, 0]))
    assert shown[0] == (PAPER if on_worker else 1)
    assert PAPER not in [number for number in shown[1:] if number < 6]
    assert shown[1:] == sorted(shown[1:])
    assert control.calls >= 12, "it runs as often as it can"
    assert all(round(time * 30) % 4 < 2 for time in control.times), "on what is lit"


@pytest.mark.parametrize(("dark_s", "stays"), [(0.9, True), (1.5, False)])
def test_after_a_blackout_it_goes_on_where_it_was_unless_that_was_long(dark_s: float, stays: bool) -> None:
    control, worker = Numbered(), HandWorker()
    paced = PacedControl(control, 0, PAPER, worker)

    def number(time: float, picture: Pixels) -> int:
        return int(paced.turn(Request(View(picture, time), WIDTH, HEIGHT, {}), 30).part[0, 0, 0])

    number(0.0, scene())
    worker.run()
    assert number(0.1, scene()) == 1
    in_the_dark = [number(0.1 + time, BLACK) for time in np.arange(0.1, dark_s, 0.1)]
    assert in_the_dark[:9] == [1] * len(in_the_dark[:9])
    assert in_the_dark[-1] == (1 if stays else PAPER)
    assert number(0.1 + dark_s, scene()) == (1 if stays else PAPER)
    assert number(0.2 + dark_s, scene(1)) == PAPER, "another scene is another scene"


def test_on_each_picture_it_draws_the_dark_as_well() -> None:
    control = Numbered()
    show = Show(control)
    assert [show.number(1, picture=BLACK if number % 2 else scene()) for number in range(6)] == [1, 2, 3, 4, 5, 6]


class Comparison(Numbered):
    """Notes how far its pictures are said to lie apart."""

    apart = 0

    def __init__(self) -> None:
        super().__init__()
        self.told: list[int] = []

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        self.told.append(self.apart)
        return super().guide(picture, width, height, time, values)


@pytest.mark.parametrize("every", [1, 2, 5])
def test_a_control_that_compares_pictures_is_told_how_far_they_lie_apart(every: int) -> None:
    control = Comparison()
    show = Show(control)
    for _ in range(4 * every):
        show.turn(every)
    assert control.told == [1] + [every] * 3


def test_on_a_slow_worker_they_lie_as_far_apart_as_it_took() -> None:
    control, worker = Comparison(), HandWorker()
    show = Show(control, worker)
    for number in range(16):
        show.turn(2)
        if number % 5 == 4:
            worker.run()
    assert control.told == [1, 5, 5]


def test_the_same_picture_again_is_no_further_one() -> None:
    control = Comparison()
    paced = PacedControl(control, 0, PAPER, None)
    for number in range(9):
        if number % 3 == 0:
            view = View(scene(), float(number))
        paced.turn(Request(view, WIDTH, HEIGHT, {}), 4)
    assert control.told == [1, 2]


def test_a_worker_that_is_shut_down_draws_no_more() -> None:
    class Gone(HandWorker):
        def run_down(self) -> None:
            for future, _ in self._jobs:
                future.cancel()

    worker = Gone()
    show = Show(Numbered(), worker)
    show.turn(2)
    worker.run_down()
    assert show.number(2) == PAPER


@settings(max_examples=30)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=40), st.integers(0, 40))
def test_on_a_real_worker_it_is_never_in_two_places(rates: list[int], closed_after: int) -> None:
    """Whatever the rates do, and whenever it is closed."""
    control = Numbered()
    with ThreadPoolExecutor(1) as worker:
        show = Show(control, worker)
        for number, every in enumerate(rates):
            part = show.turn(every).part
            assert int(part[0, 0, 0]) in range(max(control.calls, PAPER) + 1)
            if number == closed_after:
                break
        show.paced.close()
    assert control.closes == 1
