"""Icons of one family (Lucide, assets/icons), drawn in the theme's colours at any scale. Knows nothing of their use."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.window import theme


@cache
def icon(name: str, colour: str = theme.TEXT, checked: str = theme.ON_ACCENT) -> QIcon:
    """The icon for a button: ``colour`` normally, ``checked`` (dark, for an accent ground) when down, else faint."""
    result = QIcon()
    for size in (20, 40, 60):  # 100, 200 and 300 % of the usual 20 pixels; Qt picks the nearest
        result.addPixmap(_drawn(name, size, colour), QIcon.Mode.Normal, QIcon.State.Off)
        result.addPixmap(_drawn(name, size, checked), QIcon.Mode.Normal, QIcon.State.On)
        for state in (QIcon.State.Off, QIcon.State.On):
            result.addPixmap(_drawn(name, size, theme.FAINT), QIcon.Mode.Disabled, state)
    return result


@cache
def symbol(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    """The icon for a label: ``size`` logical pixels on a display of ``ratio`` device pixels each."""
    pixmap = _drawn(name, round(size * ratio), colour)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _drawn(name: str, size: int, colour: str) -> QPixmap:
    svg = (theme.ASSETS / "icons" / f"{name}.svg").read_text("utf-8").replace("currentColor", colour)
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
