"""What the show says stands in ``app.words``, ready for another language: no sentence is left where it is said."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"
FOLDERS = ("inputs", "outputs", "journal")
FILES = (
    "audition.py",
    "audition_painter.py",
    "cue_history.py",
    "cue_sheet.py",
    "engine_thread.py",
    "input_reader.py",
    "lora_search.py",
    "model_switch.py",
    "modes.py",
    "output_worker.py",
    "replay.py",
    "rig.py",
    "set_list.py",
    "window/picture_data.py",
)
ELSEWHERE = {"drivers.py"}
"""Commands that mend a driver, for the doctor as well."""
NEVER_READ = {"debug", "info", "warning", "error", "exception", "ValueError", "AssertionError"}
"""What these are given goes to the log for developers, or never leaves the program."""
WORDS = 4


def said_in(path: Path) -> list[str]:
    """Every text of some words that is no docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):  # with what a driver says
            silent |= {id(part) for part in ast.walk(node)}
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in NEVER_READ:
                silent |= {id(part) for part in ast.walk(node)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in silent]
    texts = [node.value for node in constants if isinstance(node.value, str)]
    return [text for text in texts if len(text.split()) >= WORDS and text.isprintable()]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_sentence_stands_outside_the_words(folder: str) -> None:
    files = [path for path in (APP / folder).glob("*.py") if path.name not in ELSEWHERE]
    assert {path.name: said for path in files if (said := said_in(path))} == {}


def test_nor_in_what_runs_the_show() -> None:
    assert {name: said for name in FILES if (said := said_in(APP / name))} == {}


def test_the_check_sees_sentences() -> None:
    for file in ("inputs.py", "outputs.py", "journal.py", "show.py", "cues.py"):
        assert said_in(APP / "words" / file)
