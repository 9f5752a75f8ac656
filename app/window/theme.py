"""The window's own look: one dark palette, one accent colour, one typeface. Knows colours, no widgets of ours.

Sizes are logical pixels, which Qt scales with the display (100 to 200 %). Contrast of text on its background is at
least 4.5 to 1; state is never told by colour alone, so every colour of a state comes with a symbol or a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

ASSETS = Path(__file__).parents[2] / "assets"

BACKGROUND = "#0b0d12"
PANEL = "#141820"
RAISED = "#1f2530"
HOVER = "#2a3240"
FIELD = "#0e1117"
LINE = "#2c3442"
TEXT = "#eef2f8"
DIM = "#a5b0c2"
FAINT = "#6b778c"
ACCENT = "#35d6c3"
ON_ACCENT = "#04130f"
MASK = "#ff4fa0"
"""What lies over the picture where it is repainted."""
WARNING = "#ffb84a"
ERROR = "#ff6f6f"

SMALL_PX = 13
BASE_PX = 15
TITLE_PX = 17
BUTTON_PX = 19
STATUS_PX = 19
"""What the performer has to read from two metres: what is on the air, what is recorded, whose picture it is, cues,
messages. On a display of 96 pixels an inch its capitals are 3.7 mm high; the figures are larger still."""
BIG_PX = 28

FAMILY = "Inter"


def apply_theme(app: QApplication) -> None:
    """Dress the whole application. The typeface comes with the program: a bare machine may have none at all."""
    for file in ("Inter-Regular.otf", "Inter-SemiBold.otf"):
        QFontDatabase.addApplicationFont(str(ASSETS / "fonts" / file))
    app.setStyle("Fusion")
    app.setPalette(_palette())
    font = QFont(FAMILY)
    font.setPixelSize(BASE_PX)
    # Figures of one width: numbers that change ten times a second must not dance.
    font.setFeature(QFont.Tag.fromString("tnum"), 1)
    app.setFont(font)
    app.setStyleSheet(_style_sheet())


@contextmanager
def dressed_once(app: QApplication) -> Iterator[None]:
    """What is built inside is dressed when it is whole: Qt dresses all that a widget holds anew each time that it is
    put into another, which would take most of a window's time."""
    sheet = app.styleSheet()
    app.setStyleSheet("")
    try:
        yield
    finally:
        app.setStyleSheet(sheet)


def _palette() -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: BACKGROUND,
        QPalette.ColorRole.WindowText: TEXT,
        QPalette.ColorRole.Base: FIELD,
        QPalette.ColorRole.AlternateBase: PANEL,
        QPalette.ColorRole.Text: TEXT,
        QPalette.ColorRole.PlaceholderText: FAINT,
        QPalette.ColorRole.Button: RAISED,
        QPalette.ColorRole.ButtonText: TEXT,
        QPalette.ColorRole.BrightText: ERROR,
        QPalette.ColorRole.ToolTipBase: RAISED,
        QPalette.ColorRole.ToolTipText: TEXT,
        QPalette.ColorRole.Highlight: ACCENT,
        QPalette.ColorRole.HighlightedText: ON_ACCENT,
        QPalette.ColorRole.Accent: ACCENT,
        QPalette.ColorRole.Link: ACCENT,
        QPalette.ColorRole.Light: HOVER,
        QPalette.ColorRole.Midlight: RAISED,
        QPalette.ColorRole.Mid: LINE,
        QPalette.ColorRole.Dark: FIELD,
        QPalette.ColorRole.Shadow: "#000000",
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(FAINT))
    return palette


def _style_sheet() -> str:
    names = {name.lower(): value for name, value in globals().items() if isinstance(value, str | int)}
    return Template((ASSETS / "theme.qss").read_text("utf-8")).substitute(names)
