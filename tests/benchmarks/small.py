"""What the starter's measures leave out where tests run them: constants of their modules, and what stands in place."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from benchmarks.starter import edge, following, looks, masking, prompting, reference

LESS: tuple[tuple[ModuleType, str, Any], ...] = (
    (edge, "SIZES", ((80, 48),)),
    (edge, "SIZE_LOOKS", ("neon",)),
    (following, "SCRIBBLE_LOOKS", ("neon",)),
    (looks, "FEW_CHUNKS", 3),
    (masking, "BORDER_PX", 4),
    (prompting, "CHUNKS", 3),
    (prompting, "GROUND_LOOKS", ("neon",)),
    (reference, "FEW_CHUNKS", 3),
    (reference, "REFERENCE_LOOKS", ("neon",)),
    (reference, "REFERENCES", ("walk",)),
)
