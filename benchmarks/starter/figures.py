"""Figures beside what they must reach, as a table for people and as JSON. Knows no measure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

HEAD = "| measure | figure | floor | goal | met |\n|---|---|---|---|---|"


@dataclass(frozen=True)
class Figure:
    """floor: what must be met, goal: what is hoped for; None where nothing is asked. at_most: less is better."""

    measure: str
    value: float
    floor: float | None = None
    goal: float | None = None
    unit: str = ""
    at_most: bool = False

    @property
    def met(self) -> str:
        """ "goal", "floor", "no", or "-" where nothing is asked. NaN meets nothing."""
        if self.goal is not None and self._reaches(self.goal):
            return "goal"
        if self.floor is not None:
            return "floor" if self._reaches(self.floor) else "no"
        return "-" if self.goal is None else "no"

    def row(self) -> str:
        """A line of the table."""
        sign = "<= " if self.at_most else ">= "
        wanted = ("-" if asked is None else f"{sign}{self._said(asked)}" for asked in (self.floor, self.goal))
        return f"| {' | '.join((self.measure, self._said(self.value), *wanted, self.met))} |"

    def _reaches(self, asked: float) -> bool:
        return self.value <= asked if self.at_most else self.value >= asked

    def _said(self, number: float) -> str:
        digits = 0 if number == round(number) or abs(number) >= 100 else 1 if abs(number) >= 10 else 3
        return f"{number:.{digits}f}{self.unit}" if math.isfinite(number) else str(number)


@dataclass(frozen=True)
class Section:
    """What one measurement came to. details: raw figures behind it, plain JSON values."""

    figures: tuple[Figure, ...]
    details: dict[str, Any] = field(default_factory=dict)


def table(figures: Iterable[Figure]) -> str:
    return "\n".join([HEAD, *(figure.row() for figure in figures)])


def to_json(section: Section) -> dict[str, Any]:
    """As plain values; numbers that JSON does not know (NaN, infinite) become null, the others keep five digits."""
    figures = [{**asdict(figure), "met": figure.met} for figure in section.figures]
    return {"figures": _plain(figures), "details": _plain(section.details)}


def figures_of(section: dict[str, Any]) -> list[Figure]:
    """The figures of a section that ``to_json`` wrote."""
    rows = [{key: value for key, value in row.items() if key != "met"} for row in section["figures"]]
    return [Figure(**{**row, "value": math.nan if row["value"] is None else row["value"]}) for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    return value
