"""Pictures of the real window for the documentation: the bundled clip, painted by the bundled model.

    python -m app.window.screenshots FOLDER [--size 1400x900]

Works without a display (offscreen) and on one; under X11 there is another picture, of the window as the display shows
it, in the desktop's frame. ``QT_SCALE_FACTOR=2`` shows what a display at 200 % shows.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from app.engine_thread import MakeHost
from app.errors import ShowError
from app.look import Look, Setup, SourceChoice
from app.placement import placement
from app.rig import Rig
from app.show import Show
from app.window.main_window import MainWindow
from app.window.theme import apply_theme
from app.words import commands as words
from app.words import options as help_words
from assets import CLIP
from controls.control import ControlSetting
from engine.params import EngineChoice

SIZE = QSize(1400, 900)
PROMPTS = ("neon teal lines on black", "molten lava", "ink wash, paper, red", "embossed gold", "comic, yellow")
"""Of the cues."""
PAINTED = 24
"""Pictures of the engine after each change: until then what is seen is still on its way."""
PATIENCE_S = 300.0
_POLL_S = 0.02

ENGINE = EngineChoice()
LOOK = Look(controls=(ControlSetting("edge"), ControlSetting("pose")))


class Studio:
    """The window with its rig, and ``painted`` to wait for what the engine makes."""

    def __init__(self, state: Path, setup: Setup, size: QSize, make_host: MakeHost | None, pictures: int) -> None:
        self.show = Show(LOOK, setup)
        self.rig = Rig(self.show, make_host)
        self.window = MainWindow(self.show, self.rig, state)
        self._pictures = pictures
        self.window.resize(size)
        self.window.show()
        self.rig.start()

    def painted(self) -> None:
        """Wait until the engine has painted what the Show asks for now."""
        wanted = self.rig.status().frames_out + self._pictures
        self.until(lambda: self.rig.status().frames_out >= wanted and self.rig.thumbnails.get() is not None)

    def until(self, condition: Callable[[], bool]) -> None:
        """Raises ShowError where that does not come true."""
        patience = time.monotonic() + PATIENCE_S
        while not condition():
            QApplication.processEvents()
            time.sleep(_POLL_S)
            if time.monotonic() > patience:
                state = self.rig.status()
                raise ShowError(words.painted_too_little(state.engine_state, PATIENCE_S))

    def save(self, path: Path) -> None:
        self.window.poll_status()
        self.window.poll_pictures()
        QApplication.processEvents()
        self._write(self.window.grab(), path)

    def save_from_display(self, path: Path) -> None:
        """As it is seen there, with its frame."""
        self.window.activateWindow()
        self.painted()
        at = self.window.frameGeometry()
        self._write(self.window.screen().grabWindow(0, at.x(), at.y(), at.width(), at.height()), path)

    @staticmethod
    def _write(pixmap: QPixmap, path: Path) -> None:
        if not pixmap.save(str(path)):
            raise ShowError(words.picture_not_written(path))

    def close(self) -> None:
        self.window.end_show()
        self.rig.stop()


def opening(studio: Studio) -> None:
    """As the first launch shows it."""


def figures(studio: Studio) -> None:
    studio.window.hud.toggle()


def cues(studio: Studio) -> None:
    """Five looks on their pads, the first one fired."""
    window, show = studio.window, studio.show
    window.hud.hide()
    for prompt in PROMPTS:
        show.set_params(prompt=prompt)
        show.hard_cut()
        studio.painted()
        window.cues.sheet.add()
    window.cues.sheet.fire(1)


def mask(studio: Studio) -> None:
    """A stroke of the brush while the picture moves: what is inside is painted."""
    editor, thumbnails = studio.window.editor, studio.rig.thumbnails.get()
    assert thumbnails is not None  # ``painted`` has waited for them
    editor.choose("brush")
    height, width = thumbnails.guide.shape[:2]
    show = studio.show
    editor.fit_to(
        thumbnails.source, placement(thumbnails.source, (width, height), show.setup.framing, show.look.expand)
    )
    editor.set_brush(size=260.0)
    editor.press((0.3, 0.35))
    for place in ((0.45, 0.3), (0.55, 0.5), (0.5, 0.75)):
        editor.move(place)
    editor.release()


SHOTS: tuple[Callable[[Studio], None], ...] = (opening, figures, cues, mask)
"""In the order in which they are taken; each begins with what the one before it left."""


def take(
    folder: Path,
    size: QSize = SIZE,
    engine: EngineChoice = ENGINE,
    make_host: MakeHost | None = None,
    pictures: int = PAINTED,
) -> list[Path]:
    """Write ``window-NAME.png`` for each of ``SHOTS`` into ``folder``, and ``window-display.png``; their paths.

    engine: which model, at what size. make_host: what stands behind the engine's seam in place of the bundled model.
    pictures: how many the engine paints before each shot. Raises ShowError where none is painted, or a file cannot be
    written.
    """
    setup = replace(Setup(), source=SourceChoice("clip", _from_here(CLIP)), engine=engine)
    paths = []
    with tempfile.TemporaryDirectory() as kept:
        studio = Studio(Path(kept) / "state.json", setup, size, make_host, pictures)
        try:
            for shot in SHOTS:
                studio.painted()
                shot(studio)
                studio.painted()
                paths.append(folder / f"window-{shot.__name__}.png")
                studio.save(paths[-1])
            if QApplication.platformName() == "xcb":
                paths.append(folder / "window-display.png")
                studio.save_from_display(paths[-1])
        finally:
            studio.close()
    return paths


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m app.window.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=_size, default=SIZE, metavar="WxH", help=help_words.WINDOW_SIZE)
    options = parser.parse_args(arguments)
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication(sys.argv[:1])
    apply_theme(app)
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        for path in take(options.folder, options.size):
            print(path)
    except (ShowError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _from_here(path: Path) -> str:
    """As short as it can be: it is read in the pictures."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _size(text: str) -> QSize:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(words.no_window_size(text))
    return QSize(int(width), int(height))


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a thread that is busy for long must not hold the process, and all files are closed
