"""What happens to cameras, played in a process that has the stand-in devices loaded; each scene returns plain values.

Run as ``python -m tests.app.inputs.camera_scenes`` with LD_PRELOAD and V4L2_CAPTURE_FOLDER set; prints one JSON object.
"""

from __future__ import annotations

import json
import os
import struct
import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2

from app.errors import SourceError
from app.frame import Pixels
from app.inputs import camera as camera_module
from app.inputs import list_cameras, v4l2
from app.inputs.camera import CameraSource
from app.look import SourceChoice
from tests.app.inputs.clips import number_of, numbered

FOLDER = Path(os.environ["V4L2_CAPTURE_FOLDER"])
SMALL, LARGE = (64, 48), (128, 96)
MARK = (200, 40, 30)
"""The colour of a strip at the lower edge, by which red and blue are told apart."""


def picture(number: int, size: tuple[int, int]) -> Pixels:
    rgb = numbered(number, *size)
    rgb[-size[1] // 4 :] = MARK
    return rgb


def recording(name: str, pictures: list[bytes]) -> Path:
    path = FOLDER / name
    path.write_bytes(b"".join(struct.pack("I", len(data)) + data for data in pictures))
    return path


def raw(name: str = "raw", size: tuple[int, int] = SMALL, count: int = 64) -> Path:
    pictures = [cv2.cvtColor(picture(i, size), cv2.COLOR_RGB2YUV_YUY2).tobytes() for i in range(count)]
    return recording(name, pictures)


def compressed(name: str = "jpegs", size: tuple[int, int] = LARGE, count: int = 64) -> Path:
    return recording(name, [cv2.imencode(".jpg", picture(i, size)[..., ::-1])[1].tobytes() for i in range(count)])


def plug_in(number: int, card: str = "Stand-in Camera", *lines: str) -> Path:
    path = FOLDER / f"video{number}"
    if not any(line.startswith("format") for line in lines):
        lines += (f"format YUYV 64 48 100 {raw()}",)
    path.write_text("\n".join((f"card {card}", *lines)) + "\n")
    return path


def opened(
    target: str = "", width: int = 0, height: int = 0, rate: float = 0.0, *, realtime: bool = True
) -> CameraSource:
    source = CameraSource(SourceChoice("camera", target, width, height, rate), realtime=realtime)
    source.open()
    return source


def sentence(act: Callable[[], object]) -> str:
    try:
        return f"no error but {act()!r}"
    except SourceError as error:
        return str(error)


def pictures_arrive_in_order_with_their_colours() -> object:
    plug_in(0)
    source = opened("Stand-in Camera", *SMALL, 100)
    frames = [frame for frame in (source.read() for _ in range(12)) if frame is not None]
    now = source._clock()
    source.close()
    return {
        "numbers": [number_of(frame.rgb[: SMALL[1] // 2]) for frame in frames],
        "strips": [frame.rgb[-4, 10].tolist() for frame in frames],
        "shape": frames[0].rgb.shape,
        "times_rise": all(one.time < other.time for one, other in pairwise(frames)),
        "times_are_past": all(now - 30 < frame.time <= now for frame in frames),
        "title": source.title,
        "rate": source.rate,
    }


def compressed_pictures_are_decoded() -> object:
    plug_in(0, "Stand-in Camera", f"format MJPG 128 96 100 {compressed()}")
    source = opened("0", *LARGE)
    frames = [frame for frame in (source.read() for _ in range(5)) if frame is not None]
    source.close()
    return {
        "numbers": [number_of(frame.rgb[: LARGE[1] // 2]) for frame in frames],
        "strip": frames[0].rgb[-8, 20].tolist(),
        "title": source.title,
    }


def a_damaged_picture_costs_only_itself() -> object:
    jpegs = [cv2.imencode(".jpg", picture(i, LARGE)[..., ::-1])[1].tobytes() for i in range(6)]
    jpegs[2] = bytes(300)
    jpegs[3] = jpegs[3][:40]
    plug_in(0, "Stand-in Camera", f"format MJPG 128 96 100 {recording('jpegs', jpegs)}")
    source = opened()
    frames = [source.read() for _ in range(6)]
    source.close()
    return [None if frame is None else number_of(frame.rgb[: LARGE[1] // 2]) for frame in frames]


def the_compressed_format_is_taken_where_it_is_needed() -> object:
    plug_in(
        0,
        "Stand-in Camera",
        f"format YUYV 64 48 100 {raw()}",
        f"format YUYV 128 96 5 {raw('slow', LARGE, 4)}",
        f"format MJPG 64 48 100 {compressed('small', SMALL)}",
        f"format MJPG 128 96 60 {compressed()}",
    )
    result = {}
    for width, height, rate in ((64, 48, 30.0), (128, 96, 30.0), (128, 96, 5.0), (128, 96, 0.0), (0, 0, 0.0)):
        (FOLDER / "log").unlink(missing_ok=True)
        source = opened("", width, height, rate)
        frame = source.read()
        assert frame is not None
        source.close()
        last_format = [line.split() for line in (FOLDER / "log").read_text().splitlines() if line.startswith("S_FMT")][
            -1
        ]
        last_format[1] = struct.pack("I", int(last_format[1])).decode()
        result[f"{width}x{height} at {rate:g}"] = [*last_format[1:], source.title, frame.rgb.shape[:2]]
    return result


def few_buffers_keep_latency_low() -> object:
    plug_in(0)
    (FOLDER / "log").unlink(missing_ok=True)
    source = opened()
    source.close()
    return [line.split()[2] for line in (FOLDER / "log").read_text().splitlines() if line.startswith("STREAMON")]


def offline_times_count_from_the_first_picture() -> object:
    plug_in(0)
    source = opened(realtime=False)
    times = [frame.time for frame in (source.read() for _ in range(5)) if frame is not None]
    source.close()
    return times


def only_capturing_nodes_are_listed_by_telling_names() -> object:
    plug_in(10, "Wide Camera", "bus usb-2")
    plug_in(2, "Twin", "bus usb-1")
    plug_in(3, "Twin", "bus usb-1", "capabilities 800000")  # the metadata node of a UVC camera
    plug_in(4, "Twin", "bus usb-3")
    plug_in(5, "Infrared", "bus usb-4")
    plug_in(6, "Infrared", "bus usb-4")
    (FOLDER / "video9").write_text("card Secret\ndenied\n")
    names = [(camera.name, camera.device) for camera in list_cameras()]
    source = opened("Twin (usb-3)")
    twin = source.title
    source.close()
    (FOLDER / "video2").unlink()
    alone = opened("Twin (usb-3)")
    alone.close()
    return {"names": names, "twin": twin, "alone": alone.title, "first": list_cameras()[0].name}


def a_camera_is_asked_once_and_again_when_another_takes_its_place() -> object:
    asked = []
    ask = v4l2._asked

    def noting(path: Path, key: tuple[str, int, int]) -> v4l2.Node | None:
        asked.append(path.name)
        return ask(path, key)

    v4l2._asked = noting
    plug_in(0, "First")
    names = [[camera.name for camera in list_cameras()] for _ in range(3)]
    once = list(asked)
    (FOLDER / "video0").unlink()
    names.append([camera.name for camera in list_cameras()])
    plug_in(0, "Second")
    names.append([camera.name for camera in list_cameras()])
    v4l2._asked = ask
    return {"names": names, "once": once, "asked": asked, "remembered": len(v4l2._known)}


def a_camera_in_use_says_so() -> object:
    plug_in(0)
    other = opened()
    other.read()
    said = sentence(opened)
    still_plays = other.read() is not None
    other.close()
    mine = opened()
    freed = mine.read() is not None
    mine.close()
    return {"said": said, "still_plays": still_plays, "freed": freed}


def what_cannot_be_opened_says_why() -> object:
    none = sentence(opened)
    plug_in(0, "Jammed", "jammed")
    (FOLDER / "video1").write_text("card Secret\ndenied\n")
    return {
        "none": none,
        "name": sentence(lambda: opened("Logitech")),
        "number": sentence(lambda: opened("7")),
        "denied": sentence(lambda: opened("/dev/video1")),
        "jammed": sentence(lambda: opened("Jammed")),
    }


def an_unplugged_camera_comes_back_under_another_number() -> object:
    path = plug_in(0)
    source = opened("Stand-in Camera")
    before = source.read() is not None
    path.unlink()
    gone = sentence(source.read)
    while_gone = sentence(source.open)
    listed = len(list_cameras())
    plug_in(3)
    source.open()
    after = source.read() is not None
    source.close()
    source.close()
    return {"before": before, "gone": gone, "while_gone": while_gone, "listed": listed, "after": after}


def a_mute_camera_gives_none_and_is_then_given_up() -> object:
    plug_in(0, "Mute", "mute")
    now = [1000.0]
    source = CameraSource(SourceChoice("camera", "Mute"), realtime=True, clock=lambda: now[0])
    source.open()
    first = source.read()
    now[0] += camera_module.SILENCE_S + 1
    said = sentence(source.read)
    return {"first": first, "said": said}


SCENES: tuple[Callable[[], object], ...] = (
    pictures_arrive_in_order_with_their_colours,
    compressed_pictures_are_decoded,
    a_damaged_picture_costs_only_itself,
    the_compressed_format_is_taken_where_it_is_needed,
    few_buffers_keep_latency_low,
    offline_times_count_from_the_first_picture,
    only_capturing_nodes_are_listed_by_telling_names,
    a_camera_is_asked_once_and_again_when_another_takes_its_place,
    a_camera_in_use_says_so,
    what_cannot_be_opened_says_why,
    an_unplugged_camera_comes_back_under_another_number,
    a_mute_camera_gives_none_and_is_then_given_up,
)


def main() -> None:
    results: dict[str, object] = {}
    for scene in SCENES:
        for path in FOLDER.iterdir():
            path.unlink()
        try:
            results[scene.__name__] = scene()
        except Exception:  # noqa: BLE001 - told to the test, which fails with it
            results[scene.__name__] = traceback.format_exc()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
