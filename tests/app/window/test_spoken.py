"""What a screen reader is given: figures with their captions, sliders with their values, messages as they come."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.show import Show
from app.status import LatencyParts, Status
from app.tempo import Tempo
from app.window.main_window import MainWindow
from tests.app.window.rig import StillRig

FULL = Status(source_rate=29.9, engine_rate=12.5, dropped=77, latency=LatencyParts(21.4, 9.2, 290.0, 92.4))


def spoken(part: QWidget, what: QAccessible.Text = QAccessible.Text.Name) -> str:
    interface = QAccessible.queryAccessibleInterface(part)
    assert interface is not None
    return interface.text(what)


def test_figures_are_said_with_caption_and_unit(window: MainWindow, show: Show, rig: StillRig) -> None:
    rig.now = FULL
    show.set_setup(tempo=Tempo(96.0))
    window.poll_status()
    bar, hud = window.top_bar, window.hud
    said = {readout: spoken(readout.findChildren(QLabel)[1]) for readout in (bar.source, bar.dropped, bar.memory)}
    assert said == {
        bar.source: "Source 29.9 pictures a second",
        bar.dropped: "Dropped 77",
        bar.memory: "GPU memory unknown",
    }
    latency = bar.latency.findChildren(QLabel)[1]
    assert spoken(latency) == spoken(hud.whole) == "Latency 413 ms"
    assert "Engine 290 ms" in spoken(latency, QAccessible.Text.Description)
    assert spoken(bar.pace) == "Beats per minute 96"
    assert spoken(bar.lamp) == f"Beat {bar.lamp.shown[0]}"
    assert [spoken(part.figure) for part in hud.parts] == [
        "Capture 21 ms",
        "Control 9 ms",
        "Engine 290 ms",
        "Playout 92 ms",
    ]


def test_no_label_hides_from_a_listener_what_stands_in_it(window: MainWindow, rig: StillRig) -> None:
    rig.now = FULL
    window.hud.toggle()
    window.poll_status()
    rig.said.emit("warning", "The camera is gone. " + "It is looked for. " * 30)
    hidden = [
        (label.text(), spoken(label))
        for label in window.findChildren(QLabel)
        if label.text().strip(" –…") and label.text().split("…")[0] not in spoken(label)
    ]
    assert hidden == []
    assert spoken(window.messages._sentence).count("It is looked for.") == 30, "also what has no room"


def test_a_slider_says_what_the_number_beside_it_shows(window: MainWindow, show: Show) -> None:
    strength, steps = window.look.strength, window.look.steps
    assert spoken(strength.slider) == "Control 1.00"
    show.set_params(control_strength=0.35, steps=4)
    assert spoken(strength.slider).endswith(strength.number.text())
    assert spoken(steps.slider, QAccessible.Text.Value) == "4"
    strength.slider.setValue(strength.slider.value() + 1)
    assert show.look.params.control_strength == 0.36, "a place of the slider is a last digit"
    weight = window.controls.rows["edge"].weight
    assert spoken(weight.slider) == f"{spoken(weight.number)} 1.00"
    every = window.look.walk.every
    every.set_value(2.5)
    assert spoken(every.slider).endswith(every.number.text())
    assert every.number.suffix().strip()


def test_a_message_is_said_once_when_it_comes(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, QAccessible.AnnouncementPoliteness]] = []

    def take(event: QAccessibleEvent) -> None:
        if isinstance(event, QAccessibleAnnouncementEvent):
            said.append((event.message(), event.politeness()))

    monkeypatch.setattr(QAccessible, "updateAccessibility", take)
    for level, sentence in (("info", "Saved."), ("error", "The engine failed."), ("error", "The engine failed.")):
        window.messages.say(level, sentence)
    polite = QAccessible.AnnouncementPoliteness
    assert said == [("Note: Saved.", polite.Polite), ("Error: The engine failed.", polite.Assertive)]
