"""Pictures of the real window, kept as artefacts for a person to look at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.frame import Frame, Pixels
from app.look import Look, SourceChoice
from app.show import Show
from app.status import ControlStatus, Devices, LatencyParts, OutputStatus, Status, Thumbnails, Timing
from app.window.main_window import MainWindow
from engine.params import Params, Picture
from tests.app.window.rig import StillRig

LOOK = Look(params=Params(prompt="a dancer of liquid glass in neon rain, deep blue and magenta", seed=48213))
GOOD = Status(
    source_title="Logitech BRIO, 1280x720 at 30",
    source_rate=29.97,
    engine_state="running",
    engine_rate=12.4,
    model="starter",
    device="cpu",
    note="untrained weights",
    dropped=213,
    chunk_ms=Timing(310, 340),
    latency_ms=Timing(405, 530),
    latency=LatencyParts(21, 9, 290, 92),
    outputs={"virtual camera": OutputStatus("/dev/video10, 1280x720 at 30", running=True, repeated=500)},
    controls={"edge": ControlStatus(Timing(2.1, 3.0))},
)
BAD = replace(
    GOOD,
    source_trouble="The camera Logitech BRIO is gone; the last picture is held until it is back.",
    outputs={
        "virtual camera": OutputStatus(trouble="There is no virtual camera; run vace-live doctor."),
        "recorder": OutputStatus("evening.mp4", running=True),
    },
    controls={"edge": ControlStatus(Timing(2.1, 3.0)), "pose": ControlStatus(trouble="The pose model is missing.")},
)


def waves(width: int, height: int) -> Pixels:
    """A colourful picture."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width, y / height
    red = 0.5 + 0.5 * np.sin(6 * x + 3 * np.sin(5 * y))
    green = 0.3 + 0.3 * np.sin(4 * y + 5 * x * y + 1)
    blue = 0.5 + 0.5 * np.sin(72 * (x - 0.5) ** 2 + 6 * y + 2)
    return (np.dstack([red, green, blue]) * 255).astype(np.uint8)


def fill(window: MainWindow, show: Show, rig: StillRig, status: Status) -> None:
    picture = waves(320, 192)
    lines = np.dstack([cv2.Canny(picture, 40, 90).astype(np.uint8)] * 3)
    show.set_look(LOOK)
    camera = replace(show.setup.virtual_camera, on=status is GOOD)
    show.set_setup(source=SourceChoice("camera", "Logitech BRIO"), virtual_camera=camera)
    rig.play(picture)
    rig.view.put(Frame(picture[:, ::-1], 0.0))
    rig.thumbnails.put(Thumbnails({"edge": lines}, lines, None, (1280, 768)))
    rig.devices.put(Devices(("Logitech BRIO",), ("Screen 1",)))
    rig.now = status


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [
        ("evening", 1400, 900),
        ("evening", 1920, 1080),
        ("trouble", 1400, 900),
        ("keys", 1400, 900),
        ("painting", 1400, 900),
        ("small", 960, 540),
        ("smallest", 640, 360),
        ("keys-smallest", 640, 360),
        ("figures", 1400, 900),
        ("figures-smallest", 640, 360),
    ],
)
def test_screenshot(
    window: MainWindow, show: Show, rig: StillRig, artefacts: Path, name: str, width: int, height: int
) -> None:
    fill(window, show, rig, BAD if name == "trouble" else GOOD)
    window.resize(width, height)
    window.program.preview.look()
    if name == "trouble":
        show.set_setup(recorder=replace(show.setup.recorder, on=True))
        show.set_control("pose", on=True)
        show.set_treatment("freeze")
        rig.said.emit("error", "The engine has run out of memory; the source is shown while it starts again.")
    if name == "painting":
        window.program.bar.show_("mask")
        window.editor.choose("brush")
        y, x = np.mgrid[:180, :320]
        show.set_mask(Picture((np.hypot(x - 200, (y - 90) * 1.4) < 70).astype(np.uint8) * 255))
        window.program.preview.look()
    if name.startswith("keys"):
        window.key_list.toggle()
    if name.startswith("figures"):
        window.hud.toggle()
    window.poll_pictures()
    window.poll_status()
    QApplication.processEvents()  # what has changed its size is laid out now
    picture = window.grab()
    assert (picture.width(), picture.height()) == (width, height)
    assert picture.save(str(artefacts / f"window-{name}-{width}x{height}.png"))
