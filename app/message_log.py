"""Everything that was said during this show, with its time. Bounded: a fault that repeats all night fills no memory.

Knows no window and no Qt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from app.status import Level

LEVELS: tuple[Level, ...] = get_args(Level)
"""From the mildest to the gravest."""


@dataclass(frozen=True)
class Message:
    """at: local time, of the last time where it was said several ``times`` on end."""

    at: datetime
    level: Level
    sentence: str
    times: int = 1

    @property
    def line(self) -> str:
        """For a file or a report: date, time, level, sentence."""
        times = f" (x {self.times})" if self.times > 1 else ""
        return f"{self.at:%Y-%m-%d %H:%M:%S}  {self.level:<7}  {self.sentence}{times}"


class MessageLog:
    """The newest ``kept`` messages. What is said again at once is counted, so that one fault cannot push others out."""

    def __init__(self, kept: int = 500) -> None:
        self._kept = kept
        self._messages: list[Message] = []

    @property
    def messages(self) -> tuple[Message, ...]:
        """Oldest first."""
        return tuple(self._messages)

    def add(self, level: Level, sentence: str, at: datetime) -> Message:
        """Returns the message as it is kept; its ``times`` are above 1 where it takes the last one's place."""
        last = self._messages[-1] if self._messages else None
        if last is not None and (last.level, last.sentence) == (level, sentence):
            self._messages[-1] = replace(last, at=at, times=last.times + 1)
        else:
            self._messages.append(Message(at, level, sentence))
            del self._messages[: -self._kept]
        return self._messages[-1]


def passes(message: Message, least: Level, words: str) -> bool:
    """Whether it is at least as grave as ``least`` and holds each of the ``words``, in capitals or not."""
    sentence = message.sentence.casefold()
    grave = LEVELS.index(message.level) >= LEVELS.index(least)
    return grave and all(word in sentence for word in words.casefold().split())


def text_of(messages: Iterable[Message]) -> str:
    """A line for each, with an end of line after the last."""
    return "".join(f"{message.line}\n" for message in messages)
