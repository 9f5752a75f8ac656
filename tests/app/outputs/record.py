"""Run in a process of its own: writes an MP4 at 30 pictures a second of media time, then dies or runs out of space.

Arguments: the path, the number of pictures, and "kill" or the largest file size in bytes. Prints the sentence of an
OutputError, if there is one.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path

import numpy as np

from app.errors import OutputError
from app.outputs.mp4 import Mp4Writer


def main(path: str, pictures: str, end: str) -> None:
    if end != "kill":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(end), int(end)))
    # A texture that drifts: large in the file, but nothing in it makes an encoder place a key frame by itself.
    texture = np.random.default_rng(0).integers(0, 255, (192, 320, 3), np.uint8)
    try:
        writer = Mp4Writer(Path(path), 320, 192)
        for number in range(int(pictures)):
            writer.write(np.roll(texture, number, axis=1), number / 30)
        if end == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        writer.close()
    except OutputError as error:
        print(error)


if __name__ == "__main__":
    main(*sys.argv[1:])
