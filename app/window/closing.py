"""Whether the window may close now. One slip must not end a show, and no question may stand in its way.

Knows neither what is on the air nor how the window closes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer

AGAIN_MS = 3000
SESSION_ENDS_MS = 60_000
"""A session that ends gives its programs so long; one that was kept from ending leaves the guard as it was."""


class Closing(QObject):
    """While anything is on the air, closing takes two wishes within three seconds."""

    def __init__(
        self, on_air: Callable[[], Sequence[str]], warn: Callable[[Sequence[str]], None], parent: QObject
    ) -> None:
        """on_air: what runs, in words; empty while nothing does. warn: told of it where a wish is not granted."""
        super().__init__(parent)
        self._on_air, self._warn = on_air, warn
        self._wished = QTimer(self, singleShot=True)

    def may_close(self) -> bool:
        """Somebody wishes it: whether it is granted. The next wish is, if it comes soon enough."""
        on_air = self._on_air()
        if not on_air or self._wished.isActive():
            return True
        self._wished.start(AGAIN_MS)
        self._warn(on_air)
        return False

    def let_go(self) -> None:
        """The user's session is about to end: the next wish is granted."""
        self._wished.start(SESSION_ENDS_MS)
