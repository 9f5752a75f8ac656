"""Run in a process of its own with a stand-in device preloaded: feeds a VirtualCamera and tells how it went.

Argument: a JSON object with the fields of VirtualCameraChoice, "pictures" (how many) and "size" (of each). Prints a
JSON object: title, written, and error, the sentence of an OutputError.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from app.errors import OutputError
from app.frame import Pixels, Program
from app.look import VirtualCameraChoice
from app.outputs.virtual_camera import VirtualCamera

QUARTERS = ((220, 30, 40), (30, 200, 60), (40, 60, 210), (235, 235, 235))


def quarters(width: int, height: int) -> Pixels:
    """Red, green above blue, white."""
    rgb = np.empty((height, width, 3), np.uint8)
    red, green, blue, white = QUARTERS
    rgb[: height // 2, : width // 2], rgb[: height // 2, width // 2 :] = red, green
    rgb[height // 2 :, : width // 2], rgb[height // 2 :, width // 2 :] = blue, white
    return rgb


def main(pictures: int, size: tuple[int, int], **choice: Any) -> None:
    camera = VirtualCamera(VirtualCameraChoice(on=True, **choice))
    told: dict[str, Any] = {"error": "", "written": 0}
    picture = quarters(*size)
    try:
        camera.open()
        for number in range(pictures):
            # Every second write repeats the picture before, as a slow engine makes it.
            camera.write(Program(picture if number < 2 else 255 - picture, None, "engine", number // 2), number / 30)
            told["written"] += 1
    except OutputError as error:
        told["error"] = str(error)
    finally:
        told["title"] = camera.title
        camera.close()
        camera.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
