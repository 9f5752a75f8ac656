"""Goes to the next seed at the pace that the look asks for. A hand like any other: it asks the Show, on its thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.look import Look
from app.show import Show


class SeedWalker(QObject):
    """Follows ``look.seed_walk``. A new pace begins with a whole step, and other changes do not delay the next one."""

    def __init__(self, show: Show, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._show = show
        self._held = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(show.next_seed)
        show.look_changed.connect(self._follow)
        self._follow(show.look)

    def hold(self, held: bool) -> None:
        """While it is held it stands still, whatever the look says: the performer's lock."""
        self._held = held
        self._follow(self._show.look)

    def _follow(self, look: Look) -> None:
        walk = look.seed_walk
        every_ms = round(walk.every_s * 1000)
        if not walk.on or self._held:
            self._timer.stop()
        elif not self._timer.isActive() or self._timer.interval() != every_ms:
            self._timer.start(every_ms)
