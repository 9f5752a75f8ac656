from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFontInfo, QFontMetrics
from PySide6.QtWidgets import QApplication

import app.window
from app.window import icons, theme

WINDOW = Path(app.window.__file__).parent


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parsed = QColor(colour)
    parts = (parsed.redF(), parsed.greenF(), parsed.blueF())
    linear = [part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4) for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("background", [theme.BACKGROUND, theme.PANEL, theme.RAISED, theme.FIELD])
@pytest.mark.parametrize("text", [theme.TEXT, theme.DIM, theme.WARNING, theme.ERROR, theme.ACCENT])
def test_text_stands_out_from_every_ground(text: str, background: str) -> None:
    assert contrast(text, background) >= 4.5


@pytest.mark.parametrize("ground", [theme.ACCENT, theme.WARNING, theme.ERROR])
def test_text_on_a_lit_button_stands_out(ground: str) -> None:
    assert contrast(theme.ON_ACCENT, ground) >= 4.5


def test_the_typeface_comes_with_the_program(app: QApplication) -> None:
    font = app.font()
    assert QFontInfo(font).family() == theme.FAMILY
    assert QFontMetrics(font).inFont("g")


def test_figures_are_of_one_width(app: QApplication) -> None:
    metrics = QFontMetrics(app.font())
    assert len({metrics.horizontalAdvance(figure) for figure in "0123456789"}) == 1


def test_every_icon_is_there_and_is_used(app: QApplication) -> None:
    files = {path.stem for path in (theme.ASSETS / "icons").glob("*.svg")}
    code = "\n".join(path.read_text("utf-8") for path in WINDOW.rglob("*.py"))
    literals = set(re.findall(r'"([a-z0-9-]+)"', code))
    assert files <= literals, f"never used: {files - literals}"
    for name in files:
        assert not icons.icon(name).isNull()
        image = icons.symbol(name, theme.TEXT, 20, 1.0).toImage()
        assert any(image.pixelColor(x, y).alpha() > 0 for x in range(20) for y in range(20)), name
