"""What the outputs say of themselves, and why one of them is off."""

from __future__ import annotations

from collections.abc import Mapping

VIRTUAL_CAMERA, RECORDER = "Virtual camera", "Recorder"
NAMES: Mapping[str, str] = {"virtual camera": "virtual camera", "recorder": "recorder", "stage": "stage"}
"""In the middle of a sentence."""
ROWS: Mapping[str, str] = {
    "source": "source",
    "structure": "structure",
    "mix": "mix",
    "mask": "mask",
    "output": "output",
}
"""Of a contact sheet, and what stands above a film's pictures; controls stand there by their names."""
NO_ENCODER = "This PyAV has no MP4 encoder, so nothing can be recorded. Run `pip install --force-reinstall av`."
RECORDER_NOT_OPEN = "The recorder is not open, so nothing is recorded. Switch it on again."
CAMERA_NOT_OPEN = "The virtual camera is not open, so nothing is sent to it. Switch it on again."
A_VIRTUAL_CAMERA = "the virtual camera"
"""One that was given no name."""
DISK_FULL = "the disk is full. Free some space or choose another folder."
FILE_TOO_LARGE = "the file has reached the largest size that is allowed here. Choose another disk."
FORBIDDEN = "this user may not write there. Choose another folder."
READ_ONLY = "the disk is read-only. Choose another folder."
NO_FOLDER = "the folder is not there. Choose another folder."


def failed(name: str, error: Exception) -> str:
    return f"The {NAMES.get(name, name)} failed ({error}) and is off; all else goes on. Switch it on to try again."


def not_closed(name: str) -> str:
    return f"The {NAMES.get(name, name)} did not close cleanly."


def other_reason(reason: object) -> str:
    return f"{reason}. Choose another folder or disk."


# recordings


def recording(file: str, encoder: str) -> str:
    return f"{file}, {encoder}"


def recorded(seconds: float, path: object, evened: tuple[tuple[int, int], tuple[int, int]] | None = None) -> str:
    """evened: width and height that were wanted, and those that the file has instead."""
    if evened is None:
        return f"Recorded {seconds:.0f} seconds to {path}."
    return f"Recorded {seconds:.0f} seconds to {path}, {_evened(*evened)}"


def film_evened(wanted: tuple[int, int], made: tuple[int, int]) -> str:
    return f"The film is {_evened(wanted, made)}"


def _evened(wanted: tuple[int, int], made: tuple[int, int]) -> str:
    (wanted_width, wanted_height), (width, height) = wanted, made
    return f"at {width}x{height} in place of {wanted_width}x{wanted_height}: an MP4 has an even width and height."


def cannot_begin(path: object, reason: str) -> str:
    return f"Recording to {path} cannot begin: {reason}"


def is_closed(name: str) -> str:
    return f"The recording {name} is closed. Start a new one."


def has_stopped(reason: str, path: object) -> str:
    return f"Recording has stopped: {reason} What was recorded until then is in {path}."


def not_finished(reason: str, path: object) -> str:
    return f"The recording could not be finished: {reason} All but the last second is in {path}."


def no_png(path: object) -> str:
    return f"The picture {path} could not be made into a PNG, so it is not written."


def picture_not_written(path: object, reason: str) -> str:
    return f"The picture {path} cannot be written: {reason}"


# the virtual camera. mend: what a person does to have one, in a sentence

GET_CAMERA: Mapping[str, str] = {
    "darwin": "Install OBS 30 or later, press Start Virtual Camera there once, then Stop Virtual Camera, and close it.",
    "win32": "Install OBS, or UnityCapture, and stop OBS's own virtual camera: only one program can feed it.",
}
"""On these systems."""
NO_CAMERA_ON_SYSTEM = "pyvirtualcam supports Linux, macOS and Windows only."


def run(command: str) -> str:
    return f"Run `{command}`."


def camera_at(device: str, width: int, height: int, rate: float) -> str:
    return f"{device}, {width}x{height} at {rate:g}"


def no_pyvirtualcam(error: Exception) -> str:
    return (
        f"The virtual camera stays off because pyvirtualcam cannot be loaded ({error}). Run `pip install pyvirtualcam`."
    )


def takes_no_pictures(device: str) -> str:
    return (
        f"{device} no longer takes pictures: it was removed, or another program has changed its "
        "format. Close other programs that feed it, then switch the virtual camera on again."
    )


def no_such_rate(rate: float) -> str:
    return f"A virtual camera cannot run at {rate:g} pictures a second, so it stays off: choose 30."


def odd_size(width: int, height: int) -> str:
    return (
        f"A virtual camera of {width}x{height} does not work in browsers, so it stays off: "
        "choose an even width and height."
    )


def camera_forbidden(name: str, command: str) -> str:
    return f"This user may not open {name}, so nothing is sent to it. Run `{command}`, then log in again."


def no_such_camera(name: str, mend: str) -> str:
    return f"There is no {name}, so nothing is sent to it. {mend}"


def camera_busy(name: str) -> str:
    return (
        f"Nothing is sent to {name}: it is a real camera, or another program already feeds it. "
        "Close that program or choose another device."
    )


def no_free_camera(mend: str) -> str:
    return f"No free virtual camera was found, so nothing is sent to one. {mend}"


def camera_refused(reason: str, mend: str) -> str:
    return f"The virtual camera could not be opened ({reason}), so nothing is sent to it. {mend}"
