"""The window's part of an audition: which picture is which, what the keys do, and whose a change is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox
from pytestqt.qtbot import QtBot

from app.frame import Program
from app.set_list import Transition
from app.show import Show
from app.status import Status, Thumbnails
from app.window.main_window import MainWindow
from app.words import window as words
from tests.app.window.hands import click, double_click, pick, press, turn_wheel
from tests.app.window.reach import bring_in_sight, called, seen_whole
from tests.app.window.rig import StillRig, plain
from tests.app.window.test_picture import colour_at

RED, BLUE = (200, 20, 30), (10, 40, 220)


def on_both(rig: StillRig) -> None:
    """Red on the outputs, blue on the audition."""
    rig.play(plain(*RED))
    rig.auditioned = Program(plain(*BLUE), 1.0, "engine", 1)


def test_the_preview_shows_the_audition_and_the_program_beside_it(
    window: MainWindow, show: Show, rig: StillRig, qtbot: QtBot
) -> None:
    on_both(rig)
    panel = window.program
    qtbot.waitUntil(lambda: colour_at(panel.preview, 0.5, 0.5) == RED)
    handed = len(rig.handed)
    click(panel.audition)
    qtbot.waitUntil(lambda: colour_at(panel.preview, 0.5, 0.5) == BLUE)
    qtbot.waitUntil(lambda: colour_at(panel.audition_bar.program, 0.5, 0.5) == RED)
    assert panel.frame.caption == "AUDITION: only you see this"
    assert panel.audition_bar.frame.caption == "PROGRAM: outputs"
    assert panel.preview.accessibleName() == "Audition: only you see this"
    qtbot.waitUntil(lambda: len(rig.handed) > handed)
    assert {name for name, _ in rig.handed} == {"preview"}, "the audition's latency is none of the show's"
    click(panel.audition_bar.back)
    qtbot.waitUntil(lambda: colour_at(panel.preview, 0.5, 0.5) == RED)
    assert not panel.audition_bar.isVisible()
    assert panel.frame.caption == "PROGRAM: what the outputs show"


def test_the_two_frames_differ_without_their_colours(window: MainWindow, show: Show) -> None:
    """The marked one is dashed: along its side the line comes and goes."""
    frame = window.program.frame
    sides = []
    for _ in range(2):
        picture = frame.grab().toImage()
        column = [picture.pixelColor(1, y).value() for y in range(40, picture.height() - 10)]
        sides.append(max(column) - min(column))
        show.begin_audition()
    assert sides[0] < 10 < 60 < sides[1]


def test_what_else_the_canvas_shows_is_lettered_too(window: MainWindow, show: Show) -> None:
    panel = window.program
    panel.bar.show_("guide")
    assert panel.frame.caption == "PROGRAM: Guide"
    show.begin_audition()
    assert panel.frame.caption == "AUDITION: Guide; only you see this"
    panel.bar.show_("output")
    assert panel.frame.caption == "AUDITION: only you see this"


def test_why_there_is_no_picture_of_it_is_said(window: MainWindow, show: Show, rig: StillRig) -> None:
    show.begin_audition()
    rig.now = Status(audition_trouble="An audition takes 2 GiB.")
    window.poll_status()
    assert window.program.frame.caption == "AUDITION: no picture of it: An audition takes 2 GiB."


def test_a_take_comes_by_the_transition_that_is_chosen(window: MainWindow, show: Show) -> None:
    bar = window.program.audition_bar
    press(window, Qt.Key.Key_J)
    pick(bar.transition, Transition("soft cut"))
    show.set_params(prompt="lava")
    press(window, Qt.Key.Key_J, Qt.KeyboardModifier.ShiftModifier)
    assert (show.program.params.prompt, show.program.params.cut, show.program.params.soft_cut) == ("lava", 0, 1)
    press(window, Qt.Key.Key_F5)
    assert bar.transition.value == Transition("soft cut"), "it stays for the next one"
    press(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert show.looks.audition is None


def test_what_is_being_typed_never_falls_through_to_the_program(window: MainWindow, show: Show) -> None:
    prompt = window.look.prompt
    press(window, Qt.Key.Key_F5)
    prompt.setFocus()
    prompt.selectAll()
    QTest.keyClicks(prompt, "half a pro")
    press(prompt, Qt.Key.Key_F7)
    assert show.program.params.prompt == prompt.toPlainText() != "half a pro"
    press(window, Qt.Key.Key_F5)
    prompt.setFocus()
    prompt.selectAll()
    QTest.keyClicks(prompt, "lava")
    press(prompt, Qt.Key.Key_F6)
    assert show.program.params.prompt == "lava", "a take takes it along"


def test_a_stroke_that_is_on_its_way_never_falls_through_to_the_program(
    window: MainWindow, show: Show, rig: StillRig
) -> None:
    rig.play(plain(*RED))
    rig.thumbnails.put(Thumbnails({}, plain(0, 0, 0), None, (320, 160)))
    canvas = window.program.preview
    canvas.look()
    press(window, Qt.Key.Key_F5)
    rig.auditioned = Program(plain(*BLUE), 1.0, "engine", 1)
    canvas.look()
    window.editor.choose("brush")
    centre = QPoint(canvas.width() // 2, canvas.height() // 2)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, centre)
    assert not window.editor.is_empty
    assert show.look.mask is None, "it is told a moment later"
    press(window, Qt.Key.Key_F7)
    QTest.mouseMove(canvas, centre + QPoint(40, 0))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, centre)
    QTest.qWait(100)
    assert show.program.mask is None, "nor does the rest of the stroke"
    assert window.editor.is_empty


def test_a_frame_that_is_being_pulled_stays_in_its_look(window: MainWindow, show: Show, rig: StillRig) -> None:
    on_both(rig)
    rig.thumbnails.put(Thumbnails({}, plain(0, 0, 0), None, (320, 160)))
    canvas = window.program.preview
    press(window, Qt.Key.Key_F5)
    canvas.look()
    window.editor.choose("frame")
    geometry = canvas._geometry()
    assert geometry is not None
    edge = geometry.box((0.0, 0.0, 1.0, 1.0))
    start = QPoint(round(edge.left()), round(edge.center().y()))
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(canvas, start + QPoint(30, 0))
    assert show.look.expand
    press(window, Qt.Key.Key_F7)
    QTest.mouseMove(canvas, start + QPoint(60, 0))
    assert not show.program.expand


def test_a_cue_of_an_audition_has_the_auditions_thumbnail(window: MainWindow, show: Show, rig: StillRig) -> None:
    on_both(rig)
    press(window, Qt.Key.Key_F5)
    press(window, Qt.Key.Key_A)
    cue = window.cues.sheet.cue(0)
    assert cue is not None
    assert cue.thumbnail is not None
    assert tuple(cue.thumbnail.pixels[0, 0]) == BLUE


def test_all_of_it_is_named_and_reached_by_keys(window: MainWindow, show: Show) -> None:
    show.begin_audition()
    bar = window.program.audition_bar
    parts = [*bar.findChildren(QAbstractButton), *bar.findChildren(QComboBox)]
    assert len(parts) == 4
    for part in parts:
        assert part.accessibleName()
        assert part.toolTip()
        assert part.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert bar.program.accessibleName()


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (960, 540), (1280, 700), (1366, 720), (1920, 1080)])
def test_screenshot(
    window: MainWindow, show: Show, rig: StillRig, artefacts: Path, width: int, height: int, qtbot: QtBot
) -> None:
    on_both(rig)
    window.resize(width, height)
    show.begin_audition()
    panel = window.program
    qtbot.waitUntil(lambda: colour_at(panel.preview, 0.5, 0.5) == BLUE)
    qtbot.waitUntil(lambda: colour_at(panel.audition_bar.program, 0.5, 0.5) == RED)
    QApplication.processEvents()  # what has changed its size is laid out now
    picture = window.grab()
    assert (picture.width(), picture.height()) == (width, height)
    assert panel.preview.height() >= 100
    for part in (panel.audition_bar.take, panel.audition_bar.back, panel.audition_bar.transition):
        assert panel.rect().contains(part.mapTo(panel, part.rect().bottomRight()))
    assert picture.save(str(artefacts / f"window-audition-{width}x{height}.png"))


@pytest.mark.parametrize("size", [(1280, 700), (960, 540)])
def test_where_the_tools_give_their_room_a_button_brings_them_back(
    window: MainWindow, show: Show, size: tuple[int, int]
) -> None:
    window.resize(*size)
    show.begin_audition()
    QApplication.processEvents()
    panel, bar = window.program, window.program.audition_bar
    assert not panel.bar.isVisible()
    click(bar.tools)
    QApplication.processEvents()
    for part in (panel.bar.tools["brush"], panel.bar.shown, bar.take, bar.transition, bar.tools):
        bring_in_sight(part)
        assert seen_whole(part), called(part)
    for name, _ in bar.transition.options if size[0] > 1000 else ():
        room = bar.transition.width() - 30  # beside the arrow
        assert bar.transition.fontMetrics().horizontalAdvance(name) <= room, name
    longest = Transition("morph", 599.75, "beats")
    window.mixer.set_transition(longest)
    whole = words.transition(longest)
    assert (bar.transition.toolTip().splitlines()[0] == whole) == (size[0] < 1000), "it is cut in the narrow one alone"
    assert bar.length.text() in whole
    assert seen_whole(bar.length)
    click(bar.tools)
    assert not panel.bar.isVisible()
    show.drop_audition()
    assert panel.bar.isVisible()
    assert not bar.tools.isVisible()


def test_the_length_of_a_take_is_typed(window: MainWindow, show: Show) -> None:
    show.begin_audition()
    bar, mixer = window.program.audition_bar, window.mixer
    assert not bar.length.isVisible(), "a cut has no length"
    pick(bar.transition, Transition("morph", 4, "beats"))
    assert bar.length.text() == "4 beats"
    for typed, ends in (("1.5 s", Qt.Key.Key_Return), ("soon", Qt.Key.Key_Tab)):
        bar.length.setFocus()
        bar.length.selectAll()
        QTest.keyClicks(bar.length, typed)
        press(bar.length, ends)
        assert mixer.transition == bar.transition.value == Transition("morph", 1.5, "seconds")
        assert bar.length.text() == "1.5 s"

    def refused(typed: str) -> None:
        bar.length.setFocus()
        bar.length.selectAll()
        QTest.keyClicks(bar.length, typed)
        press(bar.length, Qt.Key.Key_Return)
        assert f"{typed} is no length" in window.messages.shown[1]

    refused("soon")
    refused("soon")
    mends: list[Callable[[], object]] = [
        lambda: press(bar.morph.slider, Qt.Key.Key_Right),
        lambda: mixer.set_transition(Transition("cut")),
        show.drop_audition,
    ]
    for mend in mends:
        mixer.set_transition(Transition("morph", 4, "beats"))
        refused("later")
        mend()
        assert window.messages.shown == ("", "")


def test_the_length_of_a_take_slides_turns_and_goes_back(window: MainWindow, show: Show) -> None:
    show.begin_audition()
    bar, mixer = window.program.audition_bar, window.mixer
    pick(bar.transition, Transition("morph", 8, "beats"))
    slider = bar.morph.slider
    assert slider.accessibleName() not in ("", bar.length.accessibleName())
    slider.setFocus()
    for key, expected in ((Qt.Key.Key_Right, 9), (Qt.Key.Key_End, 32), (Qt.Key.Key_Right, 32), (Qt.Key.Key_Home, 1)):
        press(slider, key)
        assert mixer.transition == Transition("morph", expected, "beats")
        assert bar.length.text() == bar.transition.currentText()[len("Morph over ") :]
        assert slider.accessibleName().endswith(bar.length.text())
    QApplication.processEvents()
    bring_in_sight(slider)
    turn_wheel(slider, 120)
    assert mixer.transition.length == 2
    turn_wheel(bar.length, -120)
    turn_wheel(bar.length, -120)
    assert mixer.transition.length == 1, "a morph has some length"
    double_click(slider, slider.rect().center())
    assert mixer.transition == Transition("morph", 4, "beats")
    pick(bar.transition, Transition("morph", 5, "seconds"))
    press(slider, Qt.Key.Key_Right)
    assert mixer.transition == Transition("morph", 5.5, "seconds")
    mixer.set_transition(Transition("morph", 90.0, "seconds"))
    assert slider.value() == slider.maximum()
    assert mixer.transition.length == 90, "what was typed may be longer"
    end = slider._handle().center()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=end)
    QTest.mouseMove(slider, QPoint(2, end.y()))
    assert bar.length.text() == "0.5 s"
    beyond = QPoint(2 * slider.width(), end.y())
    QTest.mouseMove(slider, beyond)
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=beyond)
    QApplication.processEvents()
    assert mixer.transition.length == 90
    assert bar.length.text() == "90 s"
