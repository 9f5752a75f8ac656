"""Set lists: what is saved is opened again, on another machine, from damaged files as far as it goes."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.errors import ShowError
from app.expand import Expand
from app.look import Look, from_json
from app.mask_shape import MaskShape
from app.set_list import VERSION, Backups, Cue, SetList, Transition, load, save
from controls.control import ControlSetting
from engine.params import Params, Picture, WeightedPrompt

RANDOM = np.random.default_rng(0)
FACE = Picture(RANDOM.integers(0, 256, (24, 32, 3), np.uint8))
COAT = Picture(RANDOM.integers(0, 256, (16, 16, 3), np.uint8))
MASK = Picture(RANDOM.integers(0, 256, (18, 32), np.uint8))
RICH = Look(
    params=Params(
        prompt="ink, größer – 墨",
        references=(FACE, COAT),
        first_frame=FACE,
        more_prompts=(WeightedPrompt("gold", 0.5),),
        seed=2**62,
    ),
    controls=(ControlSetting("pose", 0.5, region="person", values=(("hands", 1.0),)),),
    mask=MASK,
    mask_shape=MaskShape(3, 9),
    repainted="background",
    expand=Expand(0.25),
)
SET = SetList(
    "Friday",
    (
        Cue("Opening", RICH, Transition("morph", 8, "beats"), "#ffb84a", COAT),
        None,
        Cue("Plain", Look(), Transition("soft cut")),
    ),
)


def test_a_set_is_opened_as_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "friday.vlive"
    save(SET, path)
    assert load(path).set_list == SET
    assert load(path).notes == ()
    assert [file.name for file in tmp_path.iterdir()] == ["friday.vlive"]


def test_it_opens_in_a_fresh_process_with_the_same_look(tmp_path: Path) -> None:
    path = tmp_path / "friday.vlive"
    save(SET, path)
    asked = (
        "import json, sys; from pathlib import Path; from app.look import to_json; from app.set_list import load;"
        "print(json.dumps(to_json(load(Path(sys.argv[1])).set_list)))"
    )
    done = subprocess.run([sys.executable, "-c", asked, str(path)], capture_output=True, text=True, check=True)
    assert from_json(SetList, json.loads(done.stdout)) == SET


def test_a_person_can_read_it_and_each_picture_is_in_it_once(tmp_path: Path) -> None:
    path = tmp_path / "friday.vlive"
    save(SET, path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        text = archive.read("set.json").decode()
    assert len([name for name in names if name.endswith(".png")]) == 3
    assert "ink, größer – 墨" in text
    assert "\n" in text
    assert json.loads(text)["vace-live set list"] == VERSION
    assert str(tmp_path) not in text


def rewritten(path: Path, change: dict[str, bytes | None]) -> None:
    with zipfile.ZipFile(path) as archive:
        contents: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (contents | change).items():
            if data is not None:
                archive.writestr(name, data)


def test_a_missing_picture_is_noted_and_the_rest_is_there(tmp_path: Path) -> None:
    path = tmp_path / "friday.vlive"
    for lost in (None, b"no picture"):
        save(SET, path)
        rewritten(path, {f"pictures/{MASK.digest}.png": lost})
        opened = load(path)
        assert len(opened.notes) == 1
        assert opened.set_list.cues[0] == replace(SET.cues[0], look=replace(RICH, mask=None))  # type: ignore[type-var]
        assert opened.set_list.cues[1:] == SET.cues[1:]


def test_a_newer_version_opens_as_far_as_it_is_known(tmp_path: Path) -> None:
    path = tmp_path / "friday.vlive"
    save(SET, path)
    with zipfile.ZipFile(path) as archive:
        contents = json.loads(archive.read("set.json"))
    contents["vace-live set list"] = VERSION + 1
    contents["cues"][0]["smell"] = "roses"
    contents["cues"][2]["transition"]["kind"] = "explode"
    rewritten(path, {"set.json": json.dumps(contents).encode()})
    opened = load(path)
    assert "newer version" in opened.notes[0]
    assert opened.set_list.cues[0] == SET.cues[0]
    assert opened.set_list.cues[2] == Cue("Plain")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no zip"),
        lambda path: path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2]),
        lambda path: rewritten(path, {"set.json": None}),
        lambda path: rewritten(path, {"set.json": b"[1, 2"}),
        lambda path: rewritten(path, {"set.json": b"[1, 2]"}),
        lambda path: rewritten(path, {"set.json": b"\xff\xfe"}),
        lambda path: path.unlink(),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_what_is_no_set_list_is_told_in_a_sentence(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "friday.vlive"
    save(SET, path)
    damage(path)  # type: ignore[operator]
    with pytest.raises(ShowError, match=r"your cues stay as they are\.$"):
        load(path)


def test_a_crash_while_it_is_saved_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "friday.vlive"
    save(SET, path)
    monkeypatch.setattr("app.set_list.png_of", lambda picture: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        save(SetList("other", SET.cues), path)
    assert load(path).set_list == SET
    assert [file.name for file in tmp_path.iterdir()] == ["friday.vlive"]


def test_the_last_ten_versions_are_kept(tmp_path: Path) -> None:
    backups = Backups(tmp_path / "kept")
    assert backups.newest() is None
    for number in range(13):
        backups.keep(SetList(f"version {number}"))
    files = sorted((tmp_path / "kept").iterdir())
    assert len(files) == 10
    assert load(files[0]).set_list.title == "version 3"
    newest = backups.newest()
    assert newest is not None
    assert newest.set_list.title == "version 12"
    files[-1].write_bytes(b"torn")
    newest = backups.newest()
    assert newest is not None
    assert newest.set_list.title == "version 11"


def test_lengths_in_beats_follow_the_tempo() -> None:
    assert Transition("morph", 8, "beats").seconds(120) == 4
    assert Transition("morph", 8, "seconds").seconds(120) == 8


@pytest.mark.parametrize("wrong", [{"kind": "fade"}, {"unit": "bars"}, {"length": -1.0}, {"length": float("nan")}])
def test_a_transition_out_of_range_is_told(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Transition(**wrong)  # type: ignore[arg-type]
