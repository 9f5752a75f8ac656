"""What the runner finds: rows of the largest error and whether it is within the tolerance. Knows no engine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.parity.case import Case

BF16_TOLERANCE = 0.08
BF16_COSINE = 0.9995


@dataclass(eq=False)
class Row:
    """One line of the table: what was compared under one tolerance. A context manager: what is raised in it fails it.

    cosine: what the similarity of each tensor with the expected one must exceed; None = it is not looked at. reasons:
    what failed, in words.
    """

    name: str
    tolerance: float
    cosine: float | None = None
    max_abs_error: float | None = None
    least_cosine: float | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def passes(self) -> bool:
        return not self.reasons

    def compare_values(self, what: str, actual: Tensor, expected: Tensor, exactly: bool = False) -> None:
        """``actual`` against ``expected``: exactly, or within the row's tolerance (and similarity)."""
        if actual.shape != expected.shape:
            self.reasons.append(f"{what} is {tuple(actual.shape)}, expected {tuple(expected.shape)}")
            return
        a, b = actual.double().flatten(), expected.double().flatten()
        error = float((a - b).abs().max()) if a.numel() else 0.0
        largest = 0.0 if self.max_abs_error is None else self.max_abs_error
        self.max_abs_error = error if math.isnan(error) else max(largest, error)
        if not error <= (0.0 if exactly else self.tolerance):
            self.reasons.append(f"{what} is off by {error:.2e}")
        if self.cosine is not None:
            cosine = float(F.cosine_similarity(a, b, dim=0))
            self.least_cosine = cosine if self.least_cosine is None else min(self.least_cosine, cosine)
            if not cosine > self.cosine:
                self.reasons.append(f"{what} has a cosine similarity of {cosine:.5f}")

    def compare_numbers(self, what: str, actual: Sequence[float], expected: Sequence[float]) -> None:
        """As ``compare_values``, for what a case's facts say."""
        self.compare_values(what, torch.tensor(actual).double(), torch.tensor(expected).double())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        # Whatever a case does wrong, or does to the engine, the other cases are still to be run.
        if error is not None and not isinstance(error, Exception):
            return False
        if error is not None:
            self.reasons.append(f"{type(error).__name__}: {error}")
        elif self.max_abs_error is None and not self.reasons:
            self.reasons.append("nothing was compared")
        return True


class CaseRow(Row):
    """A row whose expected values are a case's tensors."""

    def __init__(self, case: Case, name: str, tolerance: float, cosine: float | None = None) -> None:
        super().__init__(name, tolerance, cosine)
        self._case = case

    def compare(self, tensor: str, actual: Tensor, exactly: bool = False) -> None:
        """``actual`` against the stored tensor, which must be there and be of the same shape."""
        if tensor in self._case:
            self.compare_values(tensor, actual, self._case.expected(tensor), exactly)
        else:
            self.reasons.append(f"there is no tensor {tensor}")

    def compare_stored(self, tensor: str, actual: Tensor) -> None:
        """As ``compare``, for what a case stores of some runs, chunks or steps alone."""
        if tensor in self._case:
            self.compare(tensor, actual)


class Rows:
    """The rows of one case, in order."""

    def __init__(self, case: Case, rows: list[Row]) -> None:
        """rows: where they go."""
        self._case = case
        self._rows = rows

    def row(self, run: str, tolerance: float) -> CaseRow:
        """A new row for a run of the case, "" where it has but one. tolerance: in float32; bfloat16 has its own bar."""
        name = f"{self._case.name}:{run}" if run else self._case.name
        if self._case.dtype == torch.bfloat16:
            row = CaseRow(self._case, name, BF16_TOLERANCE, BF16_COSINE)
        else:
            row = CaseRow(self._case, name, tolerance)
        self._rows.append(row)
        return row

    def fail_for_what_is_left(self) -> None:
        """A row that fails where results are stored that nothing was compared with."""
        left = self._case.never_compared()
        if left:
            more = f" and {len(left) - 3} more" if len(left) > 3 else ""
            reason = f"never compared: {', '.join(left[:3])}{more}"
            self._rows.append(Row(self._case.name, 0.0, reasons=[reason]))
