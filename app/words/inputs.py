"""What the inputs say of themselves, and why no picture comes in."""

from __future__ import annotations

from collections.abc import Sequence

NO_FILE_CHOSEN = "No file is chosen yet; choose a picture or a video, or another input."
NOTHING_NAMED = "No source is named; write camera, screen, testcard, a URL, or the name of a file."
NO_CAMERA = "There is no camera here, so no picture comes in; plug one in, or choose another input."
CAMERA, SCREEN = "Camera", "Screen"
A_CAMERA, A_SCREEN, A_TEST_CARD = "The camera", "The screen", "The test card"
FORMS = {
    "camera": "camera:NAME@1280x720@30, with any part left out",
    "screen": "screen:1 or screen:1@LEFT,TOP,WIDTH,HEIGHT",
    "testcard": "testcard or testcard@1280x720@30",
}
WAYLAND = (
    "This is a Wayland session, which lets no program read the screen, so no picture comes in; log in to an "
    "X11 (Xorg) session, or capture the screen in OBS, start its virtual camera and choose that as the input."
)
MACOS_FORBIDS = (
    "macOS does not let this program record the screen, so no picture comes in; allow it under System Settings "
    "> Privacy & Security > Screen Recording, then start the program again."
)
NO_ANSWER, NO_REASON = "it does not answer", "no reason given"


def is_back(title: str) -> str:
    return f"{title} is back."


def ended(end: str) -> str:
    return f"{end} Its last picture stays; choose it again to play it anew."


def failed(error: Exception) -> str:
    return f"The input failed ({error}); the last picture stays. Trying again every second."


def opening(target: str) -> str:
    return f"Opening {target}"


def refused(sentence: str, running: str) -> str:
    """sentence: why another one could not be opened. running: what plays in its place."""
    return f"{sentence} {running} goes on."


def of_second(sentence: str, unseen: bool) -> str:
    """Of the second input. unseen: whether it has shown no picture yet."""
    until = " Until it comes, the controls see the source itself." if unseen else ""
    return f"Second input: {sentence}{until}"


def not_open(name: str) -> str:
    return f"{name} is not open; choose it again as the input."


def called(kind: str, target: str) -> str:
    """A camera or a screen before it is open."""
    return f"{kind} {target}".strip()


def at_rate(name: str, width: int, height: int, rate: float) -> str:
    """rate: pictures a second; 0 where nobody knows."""
    return f"{name}, {width}x{height}" + (f" at {rate:.4g}" if rate else "")


def never_ends(source: str) -> str:
    return f"{source} never ends, and so would its rendering; say how much of it with --seconds."


def is_folder(text: str) -> str:
    return f"{text} is a folder; name a picture or a video in it."


def no_such_source(text: str) -> str:
    return f"There is no file {text}; name a picture, a video, a URL, or camera, screen or testcard."


def no_picture_file(name: str) -> str:
    return (
        f"{name} does not end like a picture or a video; if it is a video all the same, choose it in the input's Clip."
    )


def not_understood(text: str, kind: str) -> str:
    return f"{text} is not understood as a source; write {FORMS[kind]}."


# cameras


def no_such_camera(target: str, there: Sequence[str]) -> str:
    which = f"with the number {target}" if target.isdecimal() else f"called {target!r}"
    others = f"choose another input ({', '.join(there)})" if there else "none is plugged in"
    return f"There is no camera {which}, so no picture comes in; plug it in and it comes up, or {others}."


def camera_unplugged(name: str) -> str:
    return f"{name} was unplugged, so its last picture stands; plug it in and it comes back by itself."


def camera_silent(name: str) -> str:
    return f"{name} has stopped sending pictures, so its last one stands; unplug it and plug it in again."


def camera_gone(name: str) -> str:
    return f"{name} is no longer plugged in, so no picture comes in; plug it in and it comes up by itself."


def camera_forbidden(name: str) -> str:
    remedy = "run `sudo usermod -aG video $USER`, then log out and in again"
    return f"{name} may not be opened by this user, so no picture comes in; {remedy}."


def camera_busy(name: str) -> str:
    remedy = "end the other one (a call, OBS, a browser tab) and it comes up by itself"
    return f"{name} is in use by another program, so no picture comes in; {remedy}."


def camera_stuck(name: str, on_linux: bool) -> str:
    remedy = "unplug it and plug it in again, at another port where several cameras share one, or choose a smaller size"
    if not on_linux:
        remedy = "end other programs that use it, and allow this one the camera in the system's privacy settings"
    return f"{name} cannot be started, so no picture comes in; {remedy}."


# screens


def screen_named(number: int, name: str) -> str:
    return f"{SCREEN} {number}" + (f" ({name})" if name else "")


def no_screens(reason: str) -> str:
    return (
        f"There is no screen to capture here ({reason}), so no picture comes in; "
        "start the program from the desktop, or choose another input."
    )


def no_such_screen(target: str, there: Sequence[int]) -> str:
    return f"There is no screen {target!r} here; choose one of: {', '.join(map(str, there))}."


def screen_gone(name: str) -> str:
    return (
        f"{name} can no longer be captured, so its last picture stands; it comes back by itself when the screen does."
    )


def region_outside(region: Sequence[int], width: int, height: int) -> str:
    return (
        f"The region {','.join(map(str, region))} lies outside the screen of {width}x{height}; "
        "choose left, top, width and height inside it."
    )


# stills, clips and streams


def picture_unreadable(name: str) -> str:
    return f"{name} is not a picture that can be read; choose another file, for example a PNG."


def picture_is_folder(path: object) -> str:
    return f"{path} is a folder, not a picture; choose a file in it."


def picture_missing(path: object) -> str:
    return f"There is no file {path}; check the name, or choose another picture."


def picture_refused(path: object, reason: str) -> str:
    return f"{path} cannot be read ({reason}); check its permissions, or choose another picture."


def nothing_to_decode(name: str) -> str:
    return f"{name} holds no picture that can be decoded; choose another clip, for example an MP4."


def clip_ended(name: str) -> str:
    return f"{name} has reached its end."


def no_second_time(name: str) -> str:
    return f"{name} cannot be played a second time; choose another clip."


def no_video(name: str) -> str:
    return f"{name} holds no video (sound only, perhaps); choose another clip, such as an MP4."


def stream_silent(name: str, seconds: float) -> str:
    so_long = f"{name} has sent nothing for {seconds:g} seconds"
    return f"{so_long}, so its last picture stands; check the sender and the network."


def stream_stopped(name: str) -> str:
    return f"{name} has stopped sending; it is picked up again when the sender is back."


def breaks_off(name: str, played_s: float, missing_s: float, is_url: bool) -> str:
    what, remedy = ("has stopped sending", "check the sender") if is_url else ("is damaged", "copy it again")
    return (
        f"{name} {what}: it breaks off after {played_s:.1f} seconds, and {missing_s:.1f} are missing; "
        f"{remedy}, or choose another clip."
    )


def stream_refused(name: str, reason: str) -> str:
    return f"{name} cannot be opened ({reason}); check the address, the sender and the network."


def clip_is_folder(path: object) -> str:
    return f"{path} is a folder, not a video; choose a file in it."


def clip_missing(path: object) -> str:
    return f"There is no file {path}; check the name, or choose another clip."


def clip_forbidden(path: object) -> str:
    return f"{path} cannot be read (permission denied); check its permissions, or choose another clip."


def clip_empty(name: str) -> str:
    return f"{name} is empty (0 bytes); copy or export it again."


def clip_damaged(name: str) -> str:
    return f"{name} is not a video that can be played, or it is damaged; choose another clip, such as an MP4."


# the test card


def test_card(width: int, height: int, rate: float) -> str:
    return f"Test card, {width}x{height} at {rate:g}"


def on_test_card(width: int, height: int, rate: float) -> str:
    """Written on it, in plain Latin letters: no others can be."""
    return f"VACE Live  {width}x{height} at {rate:g}"


def no_such_test_card(width: int, height: int, rate: float, most: int) -> str:
    return (
        f"A test card of {width}x{height} at {rate:g} cannot be drawn; "
        f"choose 16 to {most} for width and height and 0.1 to 1000 pictures a second."
    )
