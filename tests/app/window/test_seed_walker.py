"""The seed that walks: by each look's own pace, in seconds or on the beat, through the Show, held by the lock."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.look import Look
from app.seed_walk import SeedWalk
from app.show import Show
from app.tempo import Tempo
from app.window.main_window import MainWindow
from app.window.seed_walker import SeedWalker
from tests.app.window.hands import click, double_click

PATIENCE_MS = 60_000


def test_it_walks_one_seed_at_a_time_and_every_step_is_told(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    seeds: list[int] = []
    show.look_changed.connect(lambda look: seeds.append(look.params.seed))
    window.look.walk.every.number.setValue(0.1)
    click(window.look.walk.switch)
    assert show.look.seed_walk == SeedWalk(on=True, every_s=0.1)
    qtbot.waitUntil(lambda: show.look.params.seed >= 3, timeout=PATIENCE_MS)
    click(window.look.walk.switch)
    assert show.look.seed_walk == SeedWalk(on=False, every_s=0.1)
    walked = list(dict.fromkeys(seeds))
    assert walked == list(range(len(walked)))
    assert not window.walker.program.timer.isActive()
    assert window.look.seed.field.text() == str(show.look.params.seed)


def test_the_pace_is_the_looks_and_other_changes_do_not_delay_it(window: MainWindow, show: Show) -> None:
    show.set_seed_walk(on=True, every_s=20.0)
    clock = window.walker.program.timer
    assert (clock.isActive(), clock.interval()) == (True, 20_000)
    begun = clock.id()
    show.set_params(prompt="ink", seed=7)
    assert clock.id() == begun, "the same wait goes on"
    show.set_seed_walk(every_s=2.5)
    assert clock.interval() == 2500
    show.set_look(Look())
    assert not clock.isActive()
    assert window.look.walk.every.value == 4.0
    assert not window.look.walk.switch.isChecked()


def test_the_lock_holds_it(window: MainWindow, show: Show) -> None:
    show.set_seed_walk(on=True)
    clock = window.walker.program.timer
    click(window.look.seed.lock)
    assert not clock.isActive()
    assert show.look.seed_walk.on, "the look still asks for it"
    show.set_seed_walk(every_s=1.0)
    assert not clock.isActive()
    click(window.look.seed.lock)
    assert clock.isActive()


def test_a_double_click_on_the_title_is_the_default_unless_it_is_locked(window: MainWindow, show: Show) -> None:
    seed = window.look.seed
    show.set_params(seed=77)
    click(seed.lock)
    double_click(seed.title, seed.title.rect().center())
    assert show.look.params.seed == 77
    click(seed.lock)
    double_click(seed.title, seed.title.rect().center())
    assert show.look.params.seed == Look().params.seed


def test_program_and_audition_walk_side_by_side(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    show.set_seed_walk(on=True, every_s=0.1)
    show.begin_audition()
    show.set_params(prompt="lava")
    tried, shown = show.look.params.seed, show.program.params.seed
    qtbot.waitUntil(
        lambda: show.look.params.seed >= tried + 2 and show.program.params.seed >= shown + 2, timeout=PATIENCE_MS
    )
    show.set_seed_walk(on=False)
    tried, shown = show.look.params.seed, show.program.params.seed
    qtbot.waitUntil(lambda: show.program.params.seed >= shown + 2, timeout=PATIENCE_MS)
    assert show.look.params.seed == tried, "the audition's own walk is off"
    assert (show.look.params.prompt, show.program.params.prompt == "lava") == ("lava", False)
    show.drop_audition()
    assert window.walker.program.timer.isActive()
    assert not window.walker.audition.timer.isActive()


def test_a_taken_look_walks_on_as_it_did(window: MainWindow, show: Show) -> None:
    show.begin_audition()
    show.set_seed_walk(on=True, every_s=20.0)
    program, audition = window.walker.program.timer, window.walker.audition.timer
    assert (program.isActive(), audition.interval()) == (False, 20_000)
    show.take()
    assert (program.interval(), audition.isActive()) == (20_000, False)


def test_it_walks_with_the_beat(app: QApplication) -> None:
    """120 a minute: a bar is two seconds. The clock is the test's, and so is the timer."""
    now = [0.3]
    show = Show()
    show.set_setup(tempo=Tempo(120.0, origin=0.0))
    show.set_seed_walk(on=True, unit="beats", every_beats=4)
    walker = SeedWalker(show, clock=lambda: now[0])
    clock = walker.program.timer

    def at(moment: float) -> int:
        now[0] = moment
        clock.timeout.emit()
        return show.look.params.seed

    assert clock.interval() == 1700
    assert at(2.0005) == 1
    assert clock.interval() == 2000
    assert at(3.995) == 1, "a timer that is early has nothing to do yet"
    assert clock.interval() == 5
    assert at(4.01) == 2
    assert at(8.5) == 3, "one step, however late: the seed does not catch up"
    assert clock.interval() == 1500
    show.set_setup(tempo=Tempo(60.0, origin=8.0))
    assert clock.interval() == 3500, "a new tempo counts at once"
    assert at(12.0) == 4
    show.set_params(prompt="ink")
    show.set_setup(paused=True)
    assert clock.interval() == 4000, "other changes delay nothing"
    show.set_seed_walk(every_beats=1)
    assert clock.interval() == 1000
    show.set_seed_walk(unit="seconds", every_s=9.0)
    assert clock.interval() == 9000
    show.set_setup(tempo=Tempo(90.0))
    assert clock.interval() == 9000


def test_a_button_counts_beats_in_place_of_seconds(window: MainWindow, show: Show) -> None:
    walk = window.look.walk
    assert (walk.every.isHidden(), walk.beats.isHidden()) == (False, True)
    click(walk.by_beat)
    assert show.look.seed_walk == SeedWalk(unit="beats")
    assert (walk.every.isHidden(), walk.beats.isHidden()) == (True, False)
    walk.beats.number.setValue(8)
    assert show.look.seed_walk.every_beats == 8
    click(walk.by_beat)
    assert show.look.seed_walk == SeedWalk(every_beats=8)
    show.set_seed_walk(unit="beats")
    assert walk.by_beat.isChecked()
