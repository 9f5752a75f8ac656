"""What the program says to people stands in its words, ready for another language: ``app.words``, ``engine.words`` and
``controls.words``. No text of several words is left anywhere else, and none at all that the window is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "engine", "controls")

ELSEWHERE = {
    "app/examples.py": "prompts, and the words that the starter was taught: another language has no others",
    "app/outputs/drivers.py": "commands, as they are typed",
    "app/window/screenshots.py": "prompts in the pictures that are taken",
    "engine/attention_kernels.py": "names of other people's kernels",
    "engine/published.py": "names of models, repositories and files",
    "controls/skeleton.py": "joints by name, for the code alone",
    "controls/details.py": "the same",
}
"""Files whose texts are none of a language, each with the reason."""
KEYS = {
    *("virtual camera", "Virtual camera"),  # an output, and what the doctor looks at
    *("second input", "slow reading", "slow writing"),  # threads
    "person's matte",  # a slot of the control stack
    *("too quick", "too slow"),  # what the pace of controls is
    "vace-live set list",  # the kind of a file, in the file
    "live | render | replay | controls | bench | doctor",  # commands, as they are typed
    *("MPEG-4 Part 2", "VACE Live", "VACE Live .mp4"),  # names of a format, a program and its files
    *("8888 ms", "88.8 GB"),  # the widest figures that a readout makes room for
}
"""Texts that only look like words; where an f-string has a hole, they have nothing."""

NEVER_READ = {
    *("debug", "info", "warning", "error", "exception", "basicConfig"),  # the log for developers
    *("ValueError", "TypeError", "AssertionError", "NotImplementedError"),  # mistakes of the code's own caller
    "_require",  # the same, in engine.config
    *("compile", "fullmatch", "match", "search", "split", "findall"),  # patterns
    *("startswith", "endswith"),  # what other programs say
    *("rearrange", "repeat", "einsum", "cast"),  # einops and types
    *("Thread", "ThreadPoolExecutor", "start_new_thread", "setStyleSheet", "import_module", "library"),
}
"""What these are given no performer reads."""
TYPED = re.compile(r"(sudo|pip|python3?|from|--\w+) ")
"""How a command begins that is typed as it stands, or run."""

SHOWN = {
    *("setText", "setToolTip", "setStatusTip", "setWhatsThis", "setAccessibleName", "setAccessibleDescription"),
    *("setWindowTitle", "setTitle", "setPlaceholderText", "setPrefix", "setSuffix", "setSpecialValueText"),
    *("setNameFilter", "setNameFilters", "setInformativeText", "setHeaderLabels"),
    *("addAction", "addMenu", "addItem", "addItems", "addTab", "insertItem"),
    *("QAction", "QLabel", "QPushButton", "QToolButton", "QCheckBox", "QRadioButton", "QGroupBox", "QMenu"),
    *("Card", "Expander", "Fader", "Picker", "Readout", "Segments", "Setting", "ControlKind", "Switch"),
    *("Chip", "LineField", "FileDialog", "text", "tool", "verb", "put", "set_options"),
}
"""What shows all texts that it is given, but for those in ``CODES``."""
CODES = {"Setting": 0, "ControlKind": 0, "text": 1, "tool": 0, "verb": 0, "put": 1}
"""Where the one stands that is for the code: a name, an icon, a style."""
CALLED = {"title", "tip", "help", "placeholder", "caption", "description", "epilog"}
"""Keywords whose text is read, whoever takes it."""

HOLE = re.compile(r"\{[^}]*\}")
WORD = re.compile(r"[^\W\d_]{2,}")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def files() -> list[Path]:
    """All modules but those of words."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted(path for path in found if path.name != "words.py" and path.parent.name != "words")


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def text_of(node: ast.expr) -> str | None:
    """What a text says, its holes left out; None of what is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return None


@cache
def literals() -> frozenset[str]:
    """The members of every ``Literal`` in the program: values, not words."""
    members = set()
    for path in files():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Literal":
                members |= {part.value for part in ast.walk(node.slice) if isinstance(part, ast.Constant)}
    return frozenset(member for member in members if isinstance(member, str))


def texts(node: ast.AST) -> Iterator[ast.expr]:
    """Every text below ``node`` that might be read: no docstring, no type, no key, nothing compared with."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        if isinstance(node, ast.JoinedStr):
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    yield from texts(part.value)
        yield node
        return
    if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) or isinstance(node, ast.Compare):
        return
    if isinstance(node, ast.Call) and name_of(node) in NEVER_READ:
        return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "keys", "slice") or (field == "msg" and isinstance(node, ast.Assert)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from texts(child)


def said_in(path: Path) -> list[str]:
    """Every text of several words."""
    said = (text_of(node) for node in texts(parsed(path)))
    return [
        text
        for text in said
        if text
        and len(WORD.findall(HOLE.sub("", text))) > 1
        and text.isprintable()
        and not TYPED.match(text)
        and text.strip() not in KEYS | literals()
        and (" " in text.strip())
    ]


def shown_by(path: Path) -> list[str]:
    """Every text, however short, that something which shows it is given where it is used."""
    found = []
    for call in (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)):
        name = name_of(call)
        given = [] if name not in SHOWN else [arg for at, arg in enumerate(call.args) if at != CODES.get(name, -1)]
        given += [keyword.value for keyword in call.keywords if keyword.arg in CALLED]
        # What another call inside is given, it answers for itself.
        direct = [part for arg in given if not isinstance(arg, ast.Call) for part in texts(arg)]
        found += [text for part in direct if (text := text_of(part)) and WORD.search(text) and text not in KEYS]
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_no_text_of_several_words_stands_outside_the_words(package: str) -> None:
    names = {str(path.relative_to(ROOT)): path for path in files() if path.is_relative_to(ROOT / package)}
    told = {name: said for name, path in names.items() if name not in ELSEWHERE and (said := said_in(path))}
    assert told == {}


def test_nor_any_title_or_tip_however_short() -> None:
    names = {str(path.relative_to(ROOT)): path for path in files()}
    told = {name: said for name, path in names.items() if name not in ELSEWHERE and (said := shown_by(path))}
    assert told == {}


def test_what_is_excepted_is_still_there() -> None:
    assert all(said_in(ROOT / name) for name in ELSEWHERE)


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ('x = "The disk is full."', True),
        ('x = f"The {disk} is full."', True),
        ('f(x, "no camera")', True),
        ('"""The disk is full."""', False),
        ('log.warning("the disk is full")', False),
        ('if x == "the disk is full": pass', False),
        ('x = {"the disk": 1}', False),
        ('x: Literal["the disk"] = y', False),
        ('x = "disk"', False),
        ('run(["sudo apt install obs"])', False),
    ],
)
def test_what_counts_as_said(tmp_path: Path, line: str, seen: bool) -> None:
    path = tmp_path / "module.py"
    path.write_text(line, "utf-8")
    assert bool(said_in(path)) is seen


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ('button.setText("Go")', True),
        ('button.setText(words.GO if ready else "Stop")', True),
        ('button.setToolTip(f"{name}: off")', True),
        ('make(x, title="Go")', True),
        ('Setting("go", words.GO, 0, 1, 0)', False),
        ('Setting("go", "Go", 0, 1, 0)', True),
        ('tool("play", words.GO, words.GO_TIP)', False),
        ('tool("play", words.GO, "Goes")', True),
        ('text("Go", "dim")', True),
        ('chip.put(words.GO, "live")', False),
        ('chip.put("Go", "live")', True),
        ("button.setText(words.GO)", False),
        ('button.setText(f"{name}: {figure:.1f}")', False),
        ('QPushButton(icon("go"), words.GO)', False),
    ],
)
def test_what_counts_as_shown(tmp_path: Path, line: str, seen: bool) -> None:
    path = tmp_path / "module.py"
    path.write_text(line, "utf-8")
    assert bool(shown_by(path)) is seen
