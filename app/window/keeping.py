"""Keeping the show's state between runs: shortly after each change and at the end. Failing to is said once."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.file_worker import Later, at_once
from app.look import Look, Setup
from app.safe_write import reason_of
from app.show import Show, write_state
from app.words import window as words

PAUSE_MS = 1000
"""After the last change: one write for a whole sweep of a fader."""
LATEST_MS = 10_000
"""After the first one: what never stands still, as a seed that walks, is kept as well."""


class StateKeeper(QObject):
    """Writes ``show`` to ``path``. said(level, sentence) when that fails for the first time, from any thread."""

    said = Signal(str, str)

    def __init__(self, show: Show, path: Path, parent: QObject | None = None, keep: Later = at_once) -> None:
        """keep: where files are written."""
        super().__init__(parent)
        self._show, self._path, self._keep = show, path, keep
        self._failed = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.save)
        self._latest = QTimer(self, singleShot=True, interval=LATEST_MS)
        self._latest.timeout.connect(self.save)
        show.looks_changed.connect(self._changed)
        show.setup_changed.connect(self._changed)

    def save(self) -> None:
        self._pause.stop()
        self._latest.stop()
        look, setup = self._show.program, self._show.setup
        self._keep(words.STATE, lambda: self._write(look, setup))

    def _write(self, look: Look, setup: Setup) -> None:
        try:
            write_state(look, setup, self._path)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next start will not know the show
            if not self._failed:
                self.said.emit("warning", words.not_saved(self._path, reason_of(error)))
            self._failed = True
        else:
            self._failed = False

    def _changed(self, _: object) -> None:
        self._pause.start()
        if not self._latest.isActive():
            self._latest.start()
