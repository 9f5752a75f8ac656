"""A clock that only goes on when somebody sleeps or the test says so."""

from __future__ import annotations

from app.inputs.pace import Pace


class FakeTime:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pace(self) -> Pace:
        return Pace(self.clock, self.sleep)
