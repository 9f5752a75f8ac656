"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from controls import mixing
from engine import params

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "engine", "controls", "assets", "benchmarks", "training")
MAY_START_THREADS = {"app/rig.py", "app/engine_thread.py", "app/file_worker.py"}
"""The last one because a file that hangs may hold up no other: each has a thread of its own."""
STARTERS = {"Thread", "QThread", "QThreadPool", "QRunnable", "ThreadPoolExecutor", "ProcessPoolExecutor", "Timer"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def names_in(tree: ast.AST) -> set[str]:
    plain = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return plain | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_threads_are_started_in_three_places() -> None:
    starting = {path for path, tree in modules() if names_in(tree) & STARTERS}
    assert starting == MAY_START_THREADS


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path, tree in modules() if tree.body and ast.get_docstring(tree) is None]
    assert silent == []


def test_engine_and_controls_mean_the_same_by_an_empty_guide() -> None:
    assert params.EMPTY_GUIDE == mixing.EMPTY_GUIDE


@pytest.mark.parametrize("package", ["app", "engine", "controls", "benchmarks", "docs"])
def test_nothing_unfinished_is_left(package: str) -> None:
    marks = ("TODO", "FIXME", "XXX", "NotImplementedError")
    files = [path for path in (ROOT / package).rglob("*") if path.suffix in (".py", ".md")]
    assert files
    left = [str(path) for path in files for mark in marks if mark in path.read_text("utf-8")]
    assert left == []
