from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from controls import person, pose
from controls.control import Control, Setting
from controls.stack import CONTROLS, ControlKind
from tests.controls.networks import network
from tests.controls.painted import Painted


@pytest.fixture(scope="session")
def pose_model() -> Path:
    return network(pose.MODEL)


@pytest.fixture(scope="session")
def person_model() -> Path:
    return network(person.MODEL)


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Painted]:
    """Puts a control of one colour into the table."""

    def add_one(
        name: str, color: tuple[int, int, int], longest_side: int = 0, *settings: Setting, paper: int = 0
    ) -> Painted:
        control = Painted(color)
        make: Callable[[Path | None], Control] = lambda folder: control  # noqa: E731
        monkeypatch.setitem(CONTROLS, name, ControlKind(name, name.title(), settings, make, longest_side, paper))
        return control

    return add_one
