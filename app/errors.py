"""Failures of the app in words for performers: what happened, what it means for the show, what to do."""

from __future__ import annotations


class ShowError(Exception):
    """``str(error)`` is one clear sentence (or two) for the person at the desk; never a traceback."""


class UsageError(ShowError):
    """What was typed makes no sense; the sentence says what would."""


class SourceError(ShowError):
    """An input cannot be opened or has gone away. The rig holds the last picture and tries again."""


class SourceEnded(ShowError):
    """A clip that does not loop has reached its end."""


class OutputError(ShowError):
    """An output cannot be opened or has stopped taking pictures. Nothing else is touched."""
