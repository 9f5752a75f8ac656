"""The mask: what it means (the verbs), how it grows and fades, its file."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton

from app.mask_combination import combination_of, combined
from app.mask_shape import MaskShape
from app.window.actions import Actions, mask_verbs_of
from app.window.bind import Bindings
from app.window.cards import FoldingCard, text, tool
from app.window.choice import Segments, Switch
from app.window.fader import Fader
from app.window.file_dialog import FileDialog
from app.window.mask_editor import MaskEditor
from app.words import window as words

_SHAPE = MaskShape()


class MaskPanel(FoldingCard):
    """Verbs act at once, on what is painted, at the engine's next chunk."""

    def __init__(self, bindings: Bindings, actions: Actions, editor: MaskEditor) -> None:
        super().__init__(words.MASK)
        show = bindings.show
        self._show, self._editor = show, editor
        self.verbs: dict[str, QPushButton] = {}
        grid = QGridLayout()
        grid.setSpacing(6)
        for index, (name, (caption, tip)) in enumerate(words.MASK_VERBS.items()):
            button = QPushButton(caption)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(caption)
            button.setToolTip(tip)
            button.clicked.connect(lambda _, name=name: self._do(actions, name))
            self.verbs[name] = button
            grid.addWidget(button, index // 2, index % 2)
        self.combination = Segments(
            words.MASK_WITH_PEOPLE,
            words.MASK_COMBINATIONS,
            tips=[words.MASK_COMBINATION_TIPS[value] for _, value in words.MASK_COMBINATIONS],
        )
        self.grow = Fader(words.MASK_GROW, -40, 40, _SHAPE.grow, decimals=1, help=words.MASK_GROW_TIP)
        self.feather = Fader(words.MASK_FEATHER, 0, 80, _SHAPE.feather, decimals=1, help=words.MASK_FEATHER_TIP)
        self.keep_outside = Switch(words.KEEP_OUTSIDE, words.KEEP_OUTSIDE_TIP)
        self.load = tool("folder-open", words.LOAD_MASK, words.LOAD_MASK_TIP)
        self.save = tool("save", words.SAVE_MASK, words.SAVE_MASK_TIP)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.load)
        foot.addWidget(self.save)

        self.body.addLayout(grid)
        self.body.addWidget(text(words.MASK_WITH_PEOPLE, "dim"))
        self.body.addWidget(self.combination)
        self.body.addWidget(self.grow)
        self.body.addWidget(self.feather)
        self.body.addWidget(self.keep_outside)
        self.body.addLayout(foot)

        bindings.look(mask_verbs_of, self._mark)
        bindings.look(
            combination_of,
            self.combination.put,
            self.combination.picked,
            lambda picked: show.set_repainted(*combined(show.look, picked)),
        )
        bindings.look(
            lambda look: look.mask_shape.grow,
            self.grow.set_value,
            self.grow.moved,
            lambda grow: show.set_mask_shape(grow=grow),
        )
        bindings.look(
            lambda look: look.mask_shape.feather,
            self.feather.set_value,
            self.feather.moved,
            lambda feather: show.set_mask_shape(feather=feather),
        )
        bindings.look(
            lambda look: look.params.composite,
            self.keep_outside.setChecked,
            self.keep_outside.clicked,
            lambda on: show.set_params(composite=on),
        )
        self.loading = FileDialog(self, words.LOAD_MASK, words.STILL_FILTER, editor.load)
        self.saving = FileDialog(self, words.SAVE_MASK, words.MASK_FILTER, editor.save, saves="png")
        self.load.clicked.connect(self.loading.open)
        self.save.clicked.connect(self.saving.open)
        editor.changed.connect(self._follow)
        self._follow()

    def _do(self, actions: Actions, verb: str) -> None:
        """Where the verb is about what is painted and nothing is, the brush is what comes next; one that takes away
        what is painted says so."""
        was_painted = self._show.look.mask is not None
        getattr(actions, verb)()
        self._mark(mask_verbs_of(self._show.look))  # a click alone has checked it
        if verb == "expand_canvas":
            self._editor.choose("frame" if self._show.look.expand else "none")
        if verb in ("fill_mask", "keep_mask", "remove_mask") and self._editor.is_empty:
            if self._editor.tool == "none":
                self._editor.choose("brush")
            self._editor.said.emit("info", words.PAINT_FIRST)
        if was_painted and self._show.look.mask is None:
            self._editor.said.emit("warning", words.PAINTED_TAKEN_AWAY)

    def _mark(self, acting: Collection[str]) -> None:
        """By a dot as well, and not by the colour alone."""
        for verb, button in self.verbs.items():
            button.setChecked(verb in acting)
            button.setText(f"{'● ' if verb in acting else ''}{words.MASK_VERBS[verb][0]}")

    def _follow(self) -> None:
        self.save.setEnabled(not self._editor.is_empty)
