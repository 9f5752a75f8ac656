from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import PySide6
import pytest
from PySide6.QtCore import QMimeData, QObject, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.look import Setup, SourceChoice, SourceKind
from app.show import Show
from app.status import Devices, Status, Thumbnails
from app.window.actions import Actions
from app.window.dropped import Dropped
from app.window.main_window import MainWindow
from app.window.panels.sources import FilePage, SourcePages
from app.words import window as words
from tests.app.window.hands import click, files, pick, press, type_text
from tests.app.window.rig import StillRig, plain
from tests.app.window.test_loras_panel import starter_lora


def changes_of(show: Show) -> list[Setup]:
    changes: list[Setup] = []
    show.setup_changed.connect(changes.append)
    return changes


def test_a_camera_is_chosen_by_its_name(window: MainWindow, show: Show, rig: StillRig) -> None:
    rig.devices.put(Devices(("BRIO", "FaceTime"), ()))
    window.poll_status()
    changes = changes_of(show)
    pick(window.input.pages.camera.camera, "FaceTime")
    assert show.setup.source == SourceChoice("camera", "FaceTime")
    assert len(changes) == 1


def test_cameras_that_come_and_go_change_the_list_and_not_the_choice(
    window: MainWindow, show: Show, rig: StillRig
) -> None:
    show.set_setup(source=SourceChoice("camera", "BRIO"))
    changes = changes_of(show)
    camera = window.input.pages.camera.camera
    for cameras, text in (((), "BRIO (not connected)"), (("FaceTime", "BRIO"), "BRIO"), (("FaceTime",), "BRIO (not")):
        rig.devices.put(Devices(cameras, ()))
        window.poll_status()
        assert camera.currentText().startswith(text)
        assert [name for _, name in camera.options if name in cameras] == list(cameras)
    assert changes == []


def test_size_and_rate_are_asked_of_the_camera(window: MainWindow, show: Show) -> None:
    pick(window.input.pages.camera.wanted.size, (1280, 720))
    pick(window.input.pages.camera.wanted.rate, 25.0)
    source = show.setup.source
    assert (source.width, source.height, source.rate) == (1280, 720, 25.0)
    show.set_setup(source=SourceChoice("camera", width=777, height=333))  # an odd wish from a file is shown as it is
    assert window.input.pages.camera.wanted.size.currentText() == "777 × 333"


@pytest.mark.parametrize("kind", ["screen", "testcard"])
def test_sources_that_need_no_file_run_at_once(window: MainWindow, show: Show, qtbot: QtBot, kind: SourceKind) -> None:
    click(window.input.kinds.button(kind))
    assert show.setup.source.kind == kind
    click(window.input.kinds.button("camera"))
    assert show.setup.source.kind == "camera"


def test_a_clip_waits_for_its_file_and_the_old_source_goes_on(
    window: MainWindow, show: Show, qtbot: QtBot, tmp_path: Path
) -> None:
    before = show.setup.source
    click(window.input.kinds.button("clip"))
    page = window.input.pages.clip
    assert show.setup.source == before
    assert window.input.pages.page is page
    dialog = page.dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert not dialog.isModal()
    dialog.fileSelected.emit(str(tmp_path / "dance.mp4"))
    dialog.close()
    assert page.dialog is None
    assert show.setup.source == SourceChoice("clip", str(tmp_path / "dance.mp4"))
    assert page.path.text() == str(tmp_path / "dance.mp4")


@pytest.mark.parametrize("kind", ["clip", "still"])
def test_a_dialog_that_is_given_up_leaves_all_as_it_was(window: MainWindow, show: Show, kind: SourceKind) -> None:
    """Else a source is lit that does not play, and what pauses the clip that does is out of sight."""
    plays: SourceKind = "still" if kind == "clip" else "clip"
    chosen: list[tuple[SourcePages, Callable[[], None]]] = [
        (window.input.pages, lambda: click(window.input.kinds.button(kind))),
        (window.input.second.pages, lambda: pick(window.input.second.kinds, kind)),
    ]
    for pages, choose in chosen:
        show.set_setup(source=SourceChoice(plays, "/films/rain"), structure=SourceChoice(plays, "/films/rain"))
        before = show.setup
        playing = pages.page
        choose()
        assert isinstance(pages.page, FilePage)
        assert pages.page is not playing
        assert pages.page.dialog is not None
        press(pages.page.dialog, Qt.Key.Key_Escape)
        assert pages.page is playing
        assert show.setup == before
    assert window.input.kinds.button(plays).isChecked()
    assert window.input.second.kinds.value == plays


def test_a_second_input_that_is_given_up_stays_off(window: MainWindow, show: Show) -> None:
    second = window.input.second
    pick(second.kinds, "clip")
    assert second.pages.clip.dialog is not None
    press(second.pages.clip.dialog, Qt.Key.Key_Escape)
    assert second.kinds.value is None
    assert not second.pages.isVisible()


def test_each_kind_remembers_what_it_was_set_to(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    show.set_setup(source=SourceChoice("clip", "/films/rain.mp4", loop=False))
    click(window.input.kinds.button("camera"))
    click(window.input.kinds.button("clip"))
    assert show.setup.source == SourceChoice("clip", "/films/rain.mp4", loop=False)


def test_a_stream_is_typed_as_a_url(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    show.set_setup(source=SourceChoice("clip", "/films/rain.mp4"))
    field = window.input.pages.clip.path
    field.setFocus()
    field.selectAll()
    type_text(field, "rtsp://10.0.0.2/live")
    press(field, Qt.Key.Key_Return)
    assert show.setup.source.target == "rtsp://10.0.0.2/live"


def test_loop_and_pause(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    show.set_setup(source=SourceChoice("clip", "/films/rain.mp4"))
    page = window.input.pages.clip
    click(page.pause)
    assert show.setup.paused
    click(page.loop)
    assert not show.setup.source.loop
    assert show.setup.paused  # still the same clip
    show.set_setup(paused=False, source=SourceChoice("clip", "/films/rain.mp4"))
    assert not page.pause.isChecked()
    assert page.loop.isChecked()


def test_another_clip_does_not_start_paused(window: MainWindow, show: Show) -> None:
    show.set_setup(source=SourceChoice("clip", "/films/rain.mp4"), paused=True)
    window.performer.choose_source(SourceChoice("clip", "/films/sun.mp4"))
    assert not show.setup.paused


def test_a_region_of_the_screen(window: MainWindow, show: Show, rig: StillRig, qtbot: QtBot) -> None:
    rig.devices.put(Devices((), ("Screen 1", "Screen 2")))
    window.poll_status()
    click(window.input.kinds.button("screen"))
    page = window.input.pages.screen_page
    pick(page.screen_picker, "Screen 2")
    assert show.setup.source == SourceChoice("screen", "Screen 2")
    click(page.region)
    assert show.setup.source.region == (0, 0, 1280, 720)
    page.edges[0].setValue(100)
    assert show.setup.source.region == (100, 0, 1280, 720)
    show.set_setup(source=SourceChoice("screen", region=(1, 2, 30, 40)))
    assert [number.value() for number in page.edges] == [1, 2, 30, 40]
    click(page.region)
    assert show.setup.source.region is None


def test_mirror_rotate_and_fit_go_both_ways(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    panel = window.input
    click(panel.mirror)
    click(panel.framing.rotate.button(90))
    click(panel.framing.fit.button("stretch"))
    assert (show.setup.framing.mirror, show.setup.framing.rotate, show.setup.framing.fit) == (True, 90, "stretch")
    show.set_setup(framing=Setup().framing)
    assert not panel.mirror.isChecked()
    assert panel.framing.rotate.button(0).isChecked()
    assert panel.framing.fit.button("fill").isChecked()


def test_crop_leaves_some_of_the_picture(window: MainWindow, show: Show) -> None:
    left, top, right, bottom = window.input.framing.crop
    left.slider.setValue(left.slider.maximum())
    right.slider.setValue(right.slider.maximum())
    top.number.setValue(7)
    crop = show.setup.framing.crop
    assert crop == pytest.approx((0.9, 0.07, 0.05, 0.0))
    assert right.value == pytest.approx(5)  # shows what it became
    assert bottom.value == 0


def test_what_the_device_says_is_shown(window: MainWindow, rig: StillRig) -> None:
    rig.now = Status(source_title="BRIO, 1280x720 at 30", source_trouble="The camera BRIO is gone.")
    window.poll_status()
    assert window.input.title.whole == "BRIO, 1280x720 at 30"
    assert window.input.trouble.sentence == "The camera BRIO is gone."
    assert window.input.trouble.isVisible()
    rig.now = Status(source_title="BRIO, 1280x720 at 30")
    window.poll_status()
    assert not window.input.trouble.isVisible()


def drop(window: MainWindow, data: QMimeData) -> None:
    at, none = QPointF(700, 400), Qt.KeyboardModifier.NoModifier
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    # Qt 6.12 deprecates the whole-pixel position, which is all that older ones take.
    where: Any = at if PySide6.__version_info__ >= (6, 12) else at.toPoint()
    enter = QDragEnterEvent(where, copy, data, left, none)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(at, copy, data, left, none))


@pytest.mark.parametrize(("name", "kind"), [("dance.mp4", "clip"), ("face.PNG", "still")])
def test_a_file_dropped_on_the_window_plays(
    window: MainWindow, show: Show, tmp_path: Path, name: str, kind: SourceKind
) -> None:
    file = tmp_path / name
    file.touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    drop(window, data)
    assert show.setup.source == SourceChoice(kind, str(file))
    assert window.input.pages.page.choice.target == str(file)


def test_a_dropped_address_plays_and_dropped_nonsense_is_told(window: MainWindow, show: Show) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/live.m3u8")])
    drop(window, data)
    assert show.setup.source == SourceChoice("clip", "https://example.org/live.m3u8")
    nonsense = QMimeData()
    nonsense.setText("not a file")
    drop(window, nonsense)
    assert show.setup.source.target == "https://example.org/live.m3u8"
    level, sentence = window.messages.shown
    assert level == words.LEVELS["warning"]
    assert "not a file" in sentence
    show.set_engine_size(256, 144)
    assert window.messages.shown == (level, sentence)
    drop(window, data)
    assert window.messages.shown == ("", ""), "the source that stayed has gone"
    drop(window, nonsense)
    window.cues.sheet.said.emit("info", "Something else.")
    show.set_setup(source=SourceChoice("testcard"))
    assert window.messages.shown[1] == "Something else.", "that is still true"


def test_what_is_no_picture_never_becomes_the_source(window: MainWindow, show: Show, tmp_path: Path) -> None:
    """A set is opened, a LoRA goes where LoRAs go, all else is refused in a sentence."""
    before = show.setup.source
    window.cues.sheet.add()
    kept = window.cues.sheet.set_list.cues
    window.cues.sheet.save(tmp_path / "friday.vlive")
    window.cues.sheet.delete(0)
    drop(window, files(tmp_path / "friday.vlive"))
    assert window.cues.sheet.set_list.cues == kept
    drop(window, files(starter_lora(tmp_path / "gold.safetensors")))
    assert [Path(lora.path).name for lora in show.look.params.loras] == ["gold.safetensors"]
    for name in ("night.vjournal", "state.json", "notes"):
        (tmp_path / name).touch()
        drop(window, files(tmp_path / name))
        assert name in window.messages.shown[1]
    assert show.setup.source == before


def test_the_dialog_is_ours_alone_and_opens_once(window: MainWindow, qtbot: QtBot) -> None:
    click(window.input.kinds.button("still"))
    click(window.input.pages.still.browse)
    assert len(window.findChildren(QFileDialog)) == 1


def test_the_second_input_is_off_until_one_is_chosen(
    window: MainWindow, show: Show, rig: StillRig, tmp_path: Path
) -> None:
    second = window.input.second
    changes = changes_of(show)
    assert second.kinds.currentText() == "The source"
    assert not second.pages.isVisible()
    pick(second.kinds, "testcard")
    assert show.setup.structure == SourceChoice("testcard")
    assert second.pages.isVisible()
    pick(second.kinds, "clip")
    assert len(changes) == 1, "a clip waits for its file"
    dialog = second.pages.clip.dialog
    assert dialog is not None
    assert dialog.isVisible()
    dialog.fileSelected.emit(str(tmp_path / "dance.mp4"))
    dialog.close()
    clip = SourceChoice("clip", str(tmp_path / "dance.mp4"))
    assert show.setup.structure == clip
    assert not second.pages.clip.pause.isVisible(), "what pauses is the source"
    second.pages.clip.picked.emit(clip)
    assert show.setup.structure_restarts == 1, "the same one again plays anew"
    assert show.setup.restarts == 0
    pick(second.kinds, None)
    assert changes[-1].structure is None
    assert not second.pages.isVisible()
    assert {setup.source for setup in changes} == {Setup().source}


def test_the_second_input_shows_what_the_show_holds(window: MainWindow, show: Show, rig: StillRig) -> None:
    second = window.input.second
    rig.devices.put(Devices(("BRIO", "FaceTime"), ()))
    show.set_setup(structure=SourceChoice("camera", "FaceTime"))
    rig.now = Status(structure_title="FaceTime, 640x480", structure_trouble="FaceTime was unplugged.")
    rig.thumbnails.put(Thumbnails({}, plain(1, 2, 3), plain(90, 90, 90)))
    window.poll_status()
    window.poll_pictures()
    assert second.kinds.value == "camera"
    assert second.pages.camera.camera.currentText() == "FaceTime"
    assert second.title.whole == "FaceTime, 640x480"
    assert second.trouble.sentence == "FaceTime was unplugged."
    assert second.picture.grab().toImage().pixelColor(48, 29).red() == 90
    assert window.input.title.whole == ""
    show.set_setup(structure=None)
    assert second.kinds.value is None
    assert not second.title.isVisible()


@dataclass
class Waiting:
    """A disk that answers when the test says so."""

    works: list[Callable[[], None]] = field(default_factory=list)

    def later(self, name: str, work: Callable[[], None]) -> None:
        self.works.append(work)

    def answer(self) -> None:
        while self.works:
            self.works.pop(0)()


def test_a_share_that_does_not_answer_holds_up_nothing(show: Show, tmp_path: Path) -> None:
    """What is dropped meanwhile counts, as does what is chosen elsewhere; the disk is not asked on the window's
    thread."""
    disk, parent, said = Waiting(), QObject(), list[str]()
    dropped = Dropped(show, Actions(show), disk.later, parent)
    dropped.said.connect(lambda level, sentence: said.append(sentence))
    before = show.setup.source
    names = [str(tmp_path / name) for name in ("a.mp4", "b.mp4", "c.mp4")]
    for name in names[:2]:
        dropped.play(name)  # neither is there yet
        Path(name).touch()
    assert show.setup.source == before
    disk.answer()
    assert show.setup.source == SourceChoice("clip", names[1]), "the last one alone"
    dropped.play(names[2])
    Path(names[2]).touch()
    show.set_setup(source=SourceChoice("testcard"))
    disk.answer()
    assert show.setup.source == SourceChoice("testcard")
    assert said == [words.dropped(words.FOUND_TOO_LATE)]


def test_what_was_refused_of_a_path_is_told_until_the_field_is_left_again(
    window: MainWindow, show: Show, rig: StillRig
) -> None:
    show.set_setup(source=SourceChoice("clip", "/films/rain.mp4"))
    path = window.input.pages.clip.path
    rig.now = Status(source_refused="There is no file X. The clip goes on.")
    rig.said.emit("warning", rig.now.source_refused)
    window.poll_status()
    for typed in ("/films/rain.mp4", ""):
        rig.said.emit("warning", rig.now.source_refused)
        path.setFocus()
        path.selectAll()
        type_text(path, typed)
        assert window.messages.shown[1]
        press(path, Qt.Key.Key_Return)
        window.poll_status()
        assert window.messages.shown == ("", ""), "the one that plays is what is wished for"
    rig.said.emit("warning", "The camera has gone.")
    rig.now = Status()
    window.poll_status()
    path.setFocus()
    path.clearFocus()
    assert "camera" in window.messages.shown[1], "that is about something else"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_drop_that_is_refused_takes_nothing_from_the_one_before(
    show: Show, tmp_path: Path, order: tuple[int, int]
) -> None:
    """Whichever the disk knows first; nor does what loops meanwhile."""
    disk, parent = Waiting(), QObject()
    dropped = Dropped(show, Actions(show), disk.later, parent)
    good = tmp_path / "a.mp4"
    good.touch()
    for path in (good, tmp_path / "missing.mp4"):
        dropped.play(str(path))
    show.set_setup(source=replace(show.setup.source, loop=False))
    told: list[str] = []
    dropped.said.connect(lambda level, sentence: told.append(sentence))
    dropped.taken_back.connect(told.remove)
    for number in order:
        disk.works[number]()
    assert show.setup.source == SourceChoice("clip", str(good), loop=False)
    assert told == []
