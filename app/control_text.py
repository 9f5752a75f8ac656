"""A control's settings in a few words, for captions and tables."""

from __future__ import annotations

from app.words import commands as words
from controls.control import ControlSetting


def setting_text(setting: ControlSetting) -> str:
    """What differs from the control's defaults, in a few words: "weight 0.5, thickness 2"; "" where nothing does."""
    default = ControlSetting(setting.name)
    given = [] if setting.weight == default.weight else [words.weight(setting.weight)]
    given += [f"{name} {value:g}" for name, value in setting.values]
    given += [] if setting.mix == default.mix else [words.mix(setting.mix)]
    given += [] if setting.region == default.region else [words.region(setting.region)]
    given += [] if setting.every == default.every else [words.every(setting.every)]
    return ", ".join(given)
