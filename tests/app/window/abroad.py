"""The window in a language that nobody speaks: every word of the words' modules comes in brackets, ⟦so⟧.

Run as a program (see ``test_abroad``) it builds the real window in that language and prints, as JSON, what was shown
without brackets. Whatever is made of words elsewhere, or was never taken from there, shows.
"""

from __future__ import annotations

import ast
import importlib.machinery
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

LEFT, RIGHT = "⟦", "⟧"
WORDS = re.compile(r"(app|engine|controls)\.words(\.\w+)?")
LETTERS = re.compile(r"[^\W\d_]{2,}")
PAIRS = re.compile(r"Sequence\[tuple\[str, (?!str\b).*\]\]")
"""The type of a table of titles and values."""
OF_STRINGS = {"join", "startswith", "endswith", "removesuffix", "removeprefix", "rstrip", "strip", "match", "replace"}
"""What these are called on, or given, stands for nothing that is read."""


class Translator(ast.NodeTransformer):
    """Brackets round each text that is a word of the language. What is none: see docs/translating.md."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str) and LETTERS.search(node.value):
            return ast.Constant(f"{LEFT}{node.value}{RIGHT}")
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                part.value = self.visit(part.value)
        said = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        if LETTERS.search(said):
            node.values = [ast.Constant(LEFT), *node.values, ast.Constant(RIGHT)]
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.expr:
        node.values = [self.visit(value) for value in node.values]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is not None and PAIRS.fullmatch(ast.unparse(node.annotation)):
            for pair in ast.walk(node.value):
                if isinstance(pair, ast.Tuple) and isinstance(pair.elts[0], ast.Constant):
                    pair.elts[0] = self.visit(pair.elts[0])
        elif node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not (isinstance(node.func, ast.Attribute) and node.func.attr in OF_STRINGS):
            return self.generic_visit(node)
        if not isinstance(node.func.value, ast.Constant):
            node.func = self.visit(node.func)
        elif node.func.attr == "join":
            node.args = [self.visit(arg) for arg in node.args]
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        node.value = self.visit(node.value)
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        return node


class Abroad(SourceFileLoader):
    """Loads a module of words in that language, and leaves nothing of it on the disk."""

    def get_code(self, fullname: str) -> CodeType:
        tree = Translator().visit(ast.parse(Path(self.path).read_text("utf-8")))
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


class Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(name, path) if WORDS.fullmatch(name) else None
        if spec is not None and spec.origin is not None:
            spec.loader = Abroad(name, spec.origin)
        return spec


GIVEN = ("/films/a.mp4", "edge", "VACE Live")
"""What machine and performer bring with them, controls as the command line names them, and the program's own name."""
KEY = r"(Ctrl|Shift|Alt|Space|Del|PgUp|PgDown|Esc|F\d+|.)"
KEYS = re.compile(rf"{KEY}(\+{KEY})*(\s+{KEY}(\+{KEY})*)*")
"""Keys, as Qt calls them: "Ctrl+Z   F2"."""
SO = re.compile(f"{LEFT}[^{LEFT}{RIGHT}]*{RIGHT}")
CUT_OFF = re.compile(f"{LEFT}.*…$")
"""For want of room."""


def bare(text: str, given: Sequence[str]) -> str:
    """What of ``text`` was not taken from the words, "" where all of it was."""
    if KEYS.fullmatch(text):
        return ""
    for part in given:
        text = text.replace(part, "")
    while (rest := SO.sub("", text)) != text:
        text = rest
    text = CUT_OFF.sub("", text)
    return text if LETTERS.search(text) else ""


def main() -> None:
    sys.meta_path.insert(0, Finder())
    from PySide6.QtWidgets import (
        QAbstractButton,
        QAbstractSpinBox,
        QApplication,
        QComboBox,
        QLabel,
        QLineEdit,
        QWidget,
    )

    from app.examples import EXAMPLES
    from app.look import Setup, SourceChoice
    from app.show import Show
    from app.status import ControlStatus, GovernorStatus, LatencyParts, OutputStatus, Status, Timing
    from app.window.main_window import MainWindow
    from app.window.theme import apply_theme
    from controls.stack import CONTROLS
    from engine.params import GpuMemory
    from tests.app.window.reach import open_all
    from tests.app.window.rig import StillRig, plain

    def shown(widget: QWidget) -> Iterator[str]:
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle())
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        if isinstance(widget, QLineEdit):
            yield widget.placeholderText()
        if isinstance(widget, QAbstractSpinBox):
            yield widget.text()
        if isinstance(widget, QComboBox):
            yield from (widget.itemText(index) for index in range(widget.count()))
        for action in widget.actions():
            yield from (action.text(), action.toolTip())

    def everything() -> Iterator[str]:
        tops = [top for top in app.topLevelWidgets() if top.isWindow()]
        yield from (text for top in tops for widget in (top, *top.findChildren(QWidget)) for text in shown(widget))

    app = QApplication(["test", "-platform", "offscreen"])
    apply_theme(app)
    rig, show = StillRig(), Show(setup=Setup(source=SourceChoice("clip", GIVEN[0])))
    window = MainWindow(show, rig, Path(sys.argv[1]) / "state.json", CONTROLS)
    window.show()
    open_all(window)
    texts = set(everything())
    rig.now = Status(
        source_title=GIVEN[0],
        engine_state="waiting",
        model="1",
        device="2",
        latency=LatencyParts(1.0, 2.0, 3.0, 4.0),
        latency_ms=Timing(10.0, 12.0),
        gpu_memory=GpuMemory(2**30, 2**33),
        outputs={name: OutputStatus(running=True, written=9) for name in ("virtual camera", "recorder", "stage")},
        controls={"edge": ControlStatus(Timing(3.0, 4.0), every=2)},
        governor=GovernorStatus(on=True, rate=16.0),
    )
    rig.play(plain(9, 9, 9))
    window.messages.log.toggle()
    window.hud.toggle()
    window.key_list.toggle()
    menus = [window.cues.menu(0), window.cues.versions_menu()]
    window.steps.undo()
    window.poll_status()
    window.poll_pictures()
    app.processEvents()
    texts |= set(everything()).union(*(shown(menu) for menu in menus if menu is not None))
    show.begin_audition()
    show.set_treatment("freeze")
    show.set_setup(source=SourceChoice("screen", region=(0, 0, 640, 360)))
    app.processEvents()
    texts |= set(everything())
    given = (*EXAMPLES, *GIVEN)
    print(json.dumps({"texts": len(texts), "bare": {text: left for text in texts if (left := bare(text, given))}}))
    sys.stdout.flush()
    os._exit(0)  # the show is not to be ended in good order, only looked at


if __name__ == "__main__":
    main()
