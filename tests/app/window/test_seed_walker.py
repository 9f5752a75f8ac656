"""The seed that walks: by the look's pace, through the Show, held by the lock."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.look import Look
from app.seed_walk import SeedWalk
from app.show import Show
from app.window.main_window import MainWindow
from app.window.seed_walker import SeedWalker
from tests.app.window.hands import click, double_click

PATIENCE_MS = 60_000


def timer(walker: SeedWalker) -> QTimer:
    (found,) = walker.findChildren(QTimer)
    return found


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
    assert not timer(window.walker).isActive()
    assert window.look.seed.field.text() == str(show.look.params.seed)


def test_the_pace_is_the_looks_and_other_changes_do_not_delay_it(window: MainWindow, show: Show) -> None:
    show.set_seed_walk(on=True, every_s=20.0)
    clock = timer(window.walker)
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
    clock = timer(window.walker)
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
