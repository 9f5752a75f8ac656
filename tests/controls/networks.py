"""The model files that controls run: where one cannot be had the test skips and says why, as for films."""

from __future__ import annotations

from pathlib import Path

from controls.control import ControlUnavailable
from controls.models import model_file
from tests.clips import missed


def network(name: str) -> Path:
    """The path of the model file ``name``."""
    try:
        return model_file(name)
    except ControlUnavailable as error:
        missed(str(error))
        raise
