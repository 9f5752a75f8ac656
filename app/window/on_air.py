"""What is on the air, as the window's parts ask for it: as a picture for a cue or a look, as a pace, and in words.

Knows no widget.
"""

from __future__ import annotations

from app.framing import resized
from app.pictures import reduced
from app.show import Show
from app.window.rig import Rig
from app.words import window as words
from app.words import window_program as words_program
from engine.catalog import MODELS, config_of
from engine.config import STARTER
from engine.params import Picture

THUMBNAIL_WIDTH = 160


class OnAir:
    """Asks rig and Show at each call."""

    def __init__(self, show: Show, rig: Rig) -> None:
        self._show, self._rig = show, rig

    def thumbnail(self) -> Picture | None:
        """What the canvas shows of the edited look, small."""
        program = self._rig.audition() or self._rig.program.get()
        if program is None or program.kind != "engine":
            return None
        height, width = program.rgb.shape[:2]
        return Picture(resized(program.rgb, THUMBNAIL_WIDTH, round(THUMBNAIL_WIDTH * height / width)))

    def output(self) -> Picture | None:
        """What the outputs show, as a look can hold it; None while that is no picture of the show."""
        program = self._rig.program.get()
        return reduced(program.rgb) if program is not None and program.kind in ("engine", "bypass") else None

    def chunk_s(self) -> float:
        """How long one of the engine's chunks lasts now; of a model that nobody knows, as long as the starter's."""
        engine = self._show.setup.engine
        config = config_of(engine) if engine.model in MODELS else STARTER
        pictures = config.rollout.pictures(first=False)
        return pictures / max(1.0, self._rig.status().engine_rate)

    def chunk_alone_s(self) -> float:
        """The same without an audition: its own work, or the time in which its pictures come where that is longer."""
        status = self._rig.status()
        if status.chunk_ms.p50 is None:
            return self.chunk_s()
        pictures = config_of(self._show.setup.engine).rollout.pictures(first=False)
        return max(status.chunk_ms.p50 / 1000, pictures / max(1.0, status.source_rate))

    def ends_with_window(self) -> list[str]:
        """What of this show ends with the window, in words."""
        setup = self._show.setup
        outputs = (("recorder", setup.recorder), ("virtual camera", setup.virtual_camera), ("stage", setup.stage))
        on_air = [words.ON_AIR[name] for name, choice in outputs if choice.on]
        looks = self._show.looks
        if looks.audition is not None and looks.audition != looks.program:
            on_air.append(words_program.AUDITION_UNKEPT)
        return on_air
