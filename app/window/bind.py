"""Binding widgets to the Show: they display what it holds and ask it for changes. They never decide, never echo.

The rule that makes loops impossible: a widget's *setter* is silent, and its *signal* speaks only of the performer's
hand. Each answer of the Show is written back, so that a value it refused or bounded shows as what it really is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal, SignalInstance

from app.look import Look, Setup
from app.show import Show
from app.window.text_fields import LineField

S = TypeVar("S")
T = TypeVar("T")


class _Link(Generic[S, T]):
    """One value of a Look or a Setup and the widget that displays it; repaints only when that value has changed."""

    def __init__(self, read: Callable[[S], T], put: Callable[[T], None], state: S) -> None:
        self._read, self._put = read, put
        self._shown = read(state)
        self.refusal = ""
        """Why the value that was asked for last was not taken, until there is another one."""
        put(self._shown)

    def follow(self, state: S) -> bool:
        """Whether the value has changed."""
        value = self._read(state)
        if value == self._shown:
            return False
        self._shown = value
        self._put(value)
        return True

    def put_back(self, state: S) -> None:
        self._shown = self._read(state)
        self._put(self._shown)


class Bindings(QObject):
    """All bindings of one window. A child of the window, so they end with it, whatever the Show lives on for."""

    refused = Signal(str)
    """The Show would not take a value; why, in its own words."""
    taken_back = Signal(str)
    """What ``refused`` told: there is another value now, or the field in which it was typed was given up."""

    def __init__(self, show: Show, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._show = show
        self._look_links: list[_Link[Look, Any]] = []
        self._setup_links: list[_Link[Setup, Any]] = []
        show.look_changed.connect(self._follow_look)
        show.setup_changed.connect(self._follow_setup)

    @property
    def show(self) -> Show:
        return self._show

    def look(
        self,
        read: Callable[[Look], T],
        put: Callable[[T], None],
        moved: SignalInstance | None = None,
        ask: Callable[[T], object] | None = None,
        typed: LineField | None = None,
    ) -> None:
        """Display ``read(look)`` through ``put``, now and after changes; ``moved(value)`` is handed to ``ask``.

        typed: where it is typed; keeps what was refused.
        """
        link = _Link(read, put, self._show.look)
        self._look_links.append(link)
        if moved is not None and ask is not None:
            moved.connect(lambda value: self._ask(ask, value, link, lambda: link.put_back(self._show.look), typed))
        if typed is not None:
            typed.given_up.connect(lambda: self._take_back(link))

    def setup(
        self,
        read: Callable[[Setup], T],
        put: Callable[[T], None],
        moved: SignalInstance | None = None,
        ask: Callable[[T], object] | None = None,
        typed: LineField | None = None,
    ) -> None:
        """The same for a value of the Setup."""
        link = _Link(read, put, self._show.setup)
        self._setup_links.append(link)
        if moved is not None and ask is not None:
            moved.connect(lambda value: self._ask(ask, value, link, lambda: link.put_back(self._show.setup), typed))
        if typed is not None:
            typed.given_up.connect(lambda: self._take_back(link))

    def _ask(
        self,
        ask: Callable[[T], object],
        value: T,
        link: _Link[Any, Any],
        put_back: Callable[[], None],
        typed: LineField | None,
    ) -> None:
        refused = False
        try:
            ask(value)
        except ValueError as error:
            refused = True
            self._take_back(link)
            link.refusal = str(error)
            self.refused.emit(link.refusal)
        else:
            self._take_back(link)
        finally:
            put_back()
            if refused and typed is not None:
                typed.refuse()

    def _follow_look(self, look: Look) -> None:
        for link in self._look_links:
            if link.follow(look):
                self._take_back(link)

    def _follow_setup(self, setup: Setup) -> None:
        for link in self._setup_links:
            if link.follow(setup):
                self._take_back(link)

    def _take_back(self, link: _Link[Any, Any]) -> None:
        refusal, link.refusal = link.refusal, ""
        if refusal:
            self.taken_back.emit(refusal)
