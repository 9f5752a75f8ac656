"""The LoRAs: files that change how the model paints, each on a fader."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QMimeData, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.file_worker import Later
from app.safe_write import reason_of
from app.window.bind import Bindings
from app.window.cards import Elided, FoldingCard, text, tool
from app.window.fader import Fader
from app.window.file_dialog import FileDialog
from app.words import window as words
from app.words import window_look as words_look
from engine.catalog import config_of
from engine.errors import EngineError
from engine.lora_file import check_lora
from engine.params import EngineChoice, Lora

Loras = tuple[Lora, ...]

LORA_ENDINGS = (".safetensors", ".pt", ".pth")


class LoraRow(QWidget):
    """One LoRA."""

    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name = Elided("")
        self.strength = Fader(words_look.LORA_STRENGTH, -2.0, 2.0, 1.0, help=words_look.LORA_STRENGTH_TIP)
        self.remove = tool("trash-2", words_look.LORA_REMOVE, words_look.LORA_REMOVE_TIP)
        self.remove.clicked.connect(self.removed)
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.strength)

    def put(self, lora: Lora) -> None:
        file = Path(lora.path).name
        name = words_look.lora_name(file)
        self.name.put(file)
        self.name.setToolTip(lora.path)
        self.strength.set_value(lora.strength)
        self.strength.set_spoken_title(words.of_control(name, words_look.LORA_STRENGTH))
        self.remove.setAccessibleName(words.of_control(name, words_look.LORA_REMOVE))

    @property
    def parts(self) -> list[QWidget]:
        """In the order of the Tab key."""
        return [self.remove, self.strength.slider, self.strength.number]


class LorasPanel(FoldingCard):
    """Binds ``params.loras``. A file is taken when it is a LoRA for the model that is chosen; else it is told why not.

    Only its header is read here, on another thread. What more there is to find, the engine finds, and says so.
    """

    said = Signal(str, str)
    """From any thread."""
    changed = Signal(object)
    """All LoRAs, as the performer's hand would have them."""
    _checked = Signal(object, int)

    def __init__(self, bindings: Bindings, later: Later) -> None:
        """later: where files are read."""
        super().__init__(words_look.LORAS, opened=False)
        show = bindings.show
        self._show, self._later = show, later
        self._asked = self._let_go_at = 0
        self._checked.connect(self._add)
        show.look_switching.connect(self._let_go)
        self._loras: Loras = ()
        self.rows: list[LoraRow] = []
        self.add = tool("plus", words_look.LORA_ADD, words_look.LORA_ADD_TIP)
        self.opening = FileDialog(self, words_look.LORA_ADD, words_look.LORA_FILTER, lambda path: self.take([path]))
        self.add.clicked.connect(self.opening.open)
        self.none = text(words_look.NO_LORAS, "dim")
        self.none.setWordWrap(True)
        self.setToolTip(words_look.LORAS_TIP)
        self.setAcceptDrops(True)
        self.header.addWidget(self.add)
        self.body.addWidget(self.none)
        bindings.look(
            lambda look: look.params.loras, self._put, self.changed, lambda loras: show.set_params(loras=loras)
        )

    def take(self, paths: list[Path]) -> None:
        """Add these files, all of them or none."""
        self._asked += 1
        engine, number = self._show.setup.engine, self._asked
        files = [path.absolute() for path in paths]
        self._later(f"{words_look.LORAS} ({number})", lambda: self._check(files, engine, number))

    def _check(self, files: list[Path], engine: EngineChoice, number: int) -> None:
        try:
            for path in files:
                check_lora(path, config_of(engine).dit)
        except EngineError as error:
            self.said.emit("warning", str(error))
        except Exception as error:  # noqa: BLE001 - a hand waits for an answer
            self.said.emit("warning", words_look.unreadable(reason_of(error)))
        else:
            self._checked.emit(files, number)

    @Slot(object, int)
    def _add(self, files: list[Path], number: int) -> None:
        if number <= self._let_go_at:
            self.said.emit("warning", words.READ_TOO_LATE)
            return
        loras = [*self._loras]
        for path in files:
            if any(lora.path == str(path) for lora in loras):
                self.said.emit("warning", words_look.lora_there(path.name))
                return
            loras.append(Lora(str(path)))
        self.open()
        self.changed.emit(tuple(loras))

    def _let_go(self) -> None:
        """Another look is about to be edited; what is still being read was not meant for it."""
        self._let_go_at = self._asked

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        files = _files_in(event.mimeData())
        if files:
            self.take(files)
        else:
            self.said.emit("warning", words_look.no_lora_dropped())

    def _put(self, loras: Loras) -> None:
        self._loras = loras
        while len(self.rows) < len(loras):
            self._add_row()
        while len(self.rows) > len(loras):
            row = self.rows.pop()
            row.hide()
            row.deleteLater()
        for row, lora in zip(self.rows, loras, strict=True):
            row.put(lora)
        self.none.setVisible(not loras)
        self.summary.put(words_look.loras_in(len(loras)))

    def _add_row(self) -> None:
        row, index = LoraRow(), len(self.rows)
        before = self.rows[-1].parts[-1] if self.rows else self.add
        self.body.addWidget(row)
        self.rows.append(row)
        for one, next_one in pairwise([before, *row.parts]):
            QWidget.setTabOrder(one, next_one)
        row.removed.connect(lambda: self._remove(index))
        row.strength.moved.connect(lambda strength: self._set_strength(index, strength))

    def _remove(self, index: int) -> None:
        self.changed.emit(self._loras[:index] + self._loras[index + 1 :])

    def _set_strength(self, index: int, strength: float) -> None:
        changed = Lora(self._loras[index].path, strength)
        self.changed.emit((*self._loras[:index], changed, *self._loras[index + 1 :]))


def _files_in(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
