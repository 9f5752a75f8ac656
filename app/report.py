"""``report.json``: what a run did, in figures. The same keys for live and offline runs; null where there is nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.errors import ShowError
from app.inputs.notation import source_text
from app.look import Look, Setup, to_json
from app.status import GovernorChange, Timing
from app.words import commands as words
from controls.control import ControlSetting
from controls.stack import CONTROLS


@dataclass(frozen=True)
class Report:
    """fps: new pictures of the engine a second, repeats not counted. Times in milliseconds; ``seconds`` on the clock.

    latency_ms: capture to hand-over at the outputs; null offline, where nothing is captured.
    controls: the weights of those that are on. asked: everything that was asked of the engine, of the controls and of
    the picture, by name; a picture is named by its digest. same: of a replay with the show's own settings, how many of
    its pictures are the show's, bit for bit; null of all else. governor: what it did, and when; null offline, where it
    has nothing to hold.
    """

    source: str
    model: str
    note: str
    device: str
    size: str
    steps: int
    seed: int
    prompt: str
    control_strength: float
    controls: dict[str, float]
    seconds: float
    frames_in: int
    frames_out: int
    fps: float
    chunk_ms: Timing
    latency_ms: Timing | None
    dropped: int
    repeated: int
    asked: dict[str, Any]
    troubles: tuple[str, ...] = ()
    same: int | None = None
    governor: tuple[GovernorChange, ...] | None = None

    def save(self, path: Path) -> None:
        try:
            path.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")
        except OSError as error:
            raise ShowError(words.report_not_written(path, str(error.strerror))) from error


def settings_of(look: Look, setup: Setup, mask_film: str | None = None) -> dict[str, Any]:
    """The part of a Report that was asked for rather than measured, as keyword arguments.

    mask_film: the title of the film of masks, where one took the place of the look's mask.
    """
    told = to_json(look, picture=lambda picture: picture.digest)
    mask = {"mask": mask_film if mask_film is not None else told["mask"]}
    rest = {
        name: told[name]
        for name in ("invert_mask", "mask_shape", "unguided", "repainted", "mask_join", "expand", "layout")
    }
    controls = {control.name: _control_json(control) for control in look.controls if control.on}
    structure = None if setup.structure is None else source_text(setup.structure)
    return {
        "asked": told["params"]
        | mask
        | rest
        | {
            "controls": controls,
            "structure": structure,
            "framing": to_json(setup.framing),
            "engine": to_json(setup.engine),
            "output_size": to_json(setup.output_size),
        },
        "size": f"{setup.engine.width}x{setup.engine.height}",
        "steps": look.params.steps,
        "seed": look.params.seed,
        "prompt": look.params.prompt,
        "control_strength": look.params.control_strength,
        "controls": {control.name: control.weight for control in look.controls if control.on},
    }


def _control_json(control: ControlSetting) -> dict[str, Any]:
    """The weight, and what differs from the control's defaults: its values by name, mix, region and every."""
    values = dict(control.values)
    if kind := CONTROLS.get(control.name):
        defaults = {setting.name: setting.default for setting in kind.settings}
        values = {name: value for name, value in kind.values(control).items() if value != defaults[name]}
    plain = ControlSetting(control.name)
    how = {name: getattr(control, name) for name in ("mix", "region", "every")}
    differing = {name: value for name, value in how.items() if value != getattr(plain, name)}
    return {"weight": control.weight} | ({"values": values} if values else {}) | differing
