from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.window.choice import Picker, Segments, Switch
from tests.app.window.hands import click, press


def test_segments_show_and_tell_which_one_is_down(app: QApplication, qtbot: QtBot) -> None:
    segments = Segments("Fit", (("Fill", "fill"), ("Fit", "fit")))
    qtbot.addWidget(segments)
    picked: list[object] = []
    segments.picked.connect(picked.append)
    segments.put("fit")
    assert segments.button("fit").isChecked()
    assert picked == []
    click(segments.button("fill"))
    assert picked == ["fill"]
    assert not segments.button("fit").isChecked()


def test_what_has_too_little_room_is_read_in_the_tooltip(app: QApplication, qtbot: QtBot) -> None:
    picker = Picker("Camera", help="What is seen.")
    qtbot.addWidget(picker)
    picker.show()
    name = "A camera of a long name"
    picker.set_options([(name, ""), ("BRIO", "BRIO")])
    for width, value, expected in (
        (100, "", f"{name}\nWhat is seen."),
        (100, "BRIO", "What is seen."),
        (400, "", "What is seen."),
    ):
        picker.resize(width, 30)
        picker.put(value)
        assert picker.toolTip() == expected


def picker_of(qtbot: QtBot) -> tuple[Picker, list[object]]:
    picker = Picker("Camera", lambda name: f"{name} (not connected)")
    qtbot.addWidget(picker)
    picker.set_options([("First camera", ""), ("BRIO", "BRIO")])
    picked: list[object] = []
    picker.picked.connect(picked.append)
    return picker, picked


def test_a_picker_is_silent_while_its_choices_change(app: QApplication, qtbot: QtBot) -> None:
    picker, picked = picker_of(qtbot)
    picker.put("BRIO")
    picker.set_options([("First camera", ""), ("FaceTime", "FaceTime"), ("BRIO", "BRIO")])
    assert picker.currentText() == "BRIO"
    assert picked == []


def test_a_picker_keeps_showing_what_is_gone_and_finds_it_again(app: QApplication, qtbot: QtBot) -> None:
    picker, _ = picker_of(qtbot)
    picker.put("BRIO")
    picker.set_options([("First camera", "")])
    assert picker.currentText() == "BRIO (not connected)"
    picker.set_options([("First camera", ""), ("BRIO", "BRIO")])
    assert picker.currentText() == "BRIO"
    assert picker.count() == 2


def test_a_picker_tells_what_the_hand_chose(app: QApplication, qtbot: QtBot) -> None:
    picker, picked = picker_of(qtbot)
    picker.put("")
    press(picker, Qt.Key.Key_Down)
    assert picked == ["BRIO"]


def test_a_switch_follows_silently_and_tells_of_the_hand(app: QApplication, qtbot: QtBot) -> None:
    switch = Switch("Mirror")
    qtbot.addWidget(switch)
    clicked: list[bool] = []
    switch.clicked.connect(lambda on: clicked.append(on))
    switch.setChecked(True)
    assert clicked == []
    click(switch)
    assert clicked == [False]
