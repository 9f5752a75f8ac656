"""Set lists: what is saved is opened again, on another machine, from damaged files as far as it goes."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cue_sheet import CueSheet
from app.errors import ShowError
from app.expand import Expand
from app.look import Look, from_json
from app.mask_shape import MaskShape
from app.set_list import VERSION, Backups, Cue, SetList, Transition, Unit, load, save
from app.show import Show
from controls.control import ControlSetting
from engine.params import Lora, Params, Picture, WeightedPrompt
from tests.app.damage import damage_contents

RANDOM = np.random.default_rng(0)
FACE = Picture(RANDOM.integers(0, 256, (24, 32, 3), np.uint8))
COAT = Picture(RANDOM.integers(0, 256, (16, 16, 3), np.uint8))
MASK = Picture(RANDOM.integers(0, 256, (18, 32), np.uint8))
RICH = Look(
    params=Params(
        prompt="ink, größer – 墨",
        references=(FACE, COAT),
        first_frame=FACE,
        last_frame=FACE,
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

_FIRED = """
import json, sys
from pathlib import Path
from app.cue_sheet import CueSheet
from app.look import to_json
from app.show import Show
show = Show()
sheet = CueSheet(show)
sheet.open(Path(sys.argv[1]))
sheet.fire(0)
print(json.dumps(to_json(show.program)))
"""
"""What a fresh process does with a set: it tells the look of the first cue when it is on the air."""


def test_a_set_is_opened_as_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "friday.vlive"
    save(SET, path)
    assert load(path).set_list == SET
    assert load(path).notes == ()
    assert [file.name for file in tmp_path.iterdir()] == ["friday.vlive"]


def test_it_opens_in_a_fresh_process_with_the_same_look(tmp_path: Path) -> None:
    """The cue is fired there: what is then the program's look is the one that the cue was made of."""
    path = tmp_path / "friday.vlive"
    sheet = CueSheet(Show(RICH))
    sheet.add()
    sheet.save(path)
    done = subprocess.run([sys.executable, "-c", _FIRED, str(path)], capture_output=True, text=True, check=True)
    assert from_json(Look, json.loads(done.stdout)) == replace(RICH, params=replace(RICH.params, cut=1, frames_again=1))


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


def rewritten(path: Path, change: dict[str, bytes | None], packed: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path) as archive:
        contents: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", packed) as archive:
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


def patched(path: Path, encrypted: bool = False, method: int = zipfile.ZIP_DEFLATED) -> None:
    """The zip at ``path`` says of its first member that it is encrypted, or packed in another way."""
    data = bytearray(path.read_bytes())
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        flags = data.index(header) + at
        data[flags : flags + 4] = struct.pack("<HH", int(encrypted), method)
    path.write_bytes(bytes(data))


def test_a_damaged_picture_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "friday.vlive"
    save(SET, path)
    rewritten(path, {}, zipfile.ZIP_DEFLATED)  # as another program would pack it: its damage has another name
    damage_contents(path, f"pictures/{MASK.digest}.png")
    opened = load(path)
    assert len(opened.notes) == 1
    assert opened.set_list.cues[0] == replace(SET.cues[0], look=replace(RICH, mask=None))  # type: ignore[type-var]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no zip"),
        lambda path: path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2]),
        lambda path: rewritten(path, {"set.json": None}),
        lambda path: rewritten(path, {"set.json": b"[1, 2"}),
        lambda path: rewritten(path, {"set.json": b"[1, 2]"}),
        lambda path: rewritten(path, {"set.json": b"\xff\xfe"}),
        damage_contents,
        lambda path: patched(path, encrypted=True),
        lambda path: patched(path, method=99),
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


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Rewrite the first cue's part of ``set.json``, as a hand would."""
    with zipfile.ZipFile(path) as archive:
        contents = json.loads(archive.read("set.json"))
    change(contents["cues"][0])
    rewritten(path, {"set.json": json.dumps(contents).encode()})


@pytest.mark.parametrize(
    ("change", "kept", "named"),
    [
        (lambda cue: cue["look"]["params"].update(steps=12), {"steps": 2}, "steps is 12"),
        (lambda cue: cue["look"]["params"].update(steps="many"), {"steps": 2}, "steps is 'many'"),
        (lambda cue: cue["look"]["params"].update(past=7.5, seed=-1), {"seed": 0}, "past is 7.5"),
        (
            lambda cue: cue["look"]["params"]["loras"].append({"path": "a.safetensors", "strength": 9}),
            {"loras": (Lora("a.safetensors"),)},
            "strength is 9",
        ),
        (lambda cue: cue["look"]["params"]["more_prompts"].append({"weight": 2}), {}, "more_prompts"),
    ],
)
def test_a_value_out_of_range_is_noted_and_takes_nothing_with_it(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], kept: dict[str, Any], named: str
) -> None:
    path = tmp_path / "friday.vlive"
    save(SET, path)
    changed(path, change)
    opened = load(path)
    cue = opened.set_list.cues[0]
    assert cue is not None
    assert cue.look == replace(RICH, params=replace(RICH.params, **kept))
    assert any(named in note for note in opened.notes)
    assert all(note.startswith("Cue 1, Opening: ") for note in opened.notes)
    assert opened.set_list.cues[1:] == SET.cues[1:]


def test_a_cue_that_is_none_leaves_its_place_and_the_others(tmp_path: Path) -> None:
    path = tmp_path / "friday.vlive"
    save(SET, path)
    with zipfile.ZipFile(path) as archive:
        contents = json.loads(archive.read("set.json"))
    contents["cues"][0] = 5
    rewritten(path, {"set.json": json.dumps(contents).encode()})
    opened = load(path)
    assert opened.set_list.cues == (None, *SET.cues[1:])
    assert opened.notes == ("Cue 1 could not be read and is left out.",)


def test_a_change_that_is_no_picture_encodes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [Picture(RANDOM.integers(0, 256, (9, 9, 3), np.uint8)) for _ in range(40)]
    many = SetList("many", tuple(Cue(f"Cue {n}", thumbnail=picture) for n, picture in enumerate(pictures)))
    save(many, tmp_path / "many.vlive")
    opened = load(tmp_path / "many.vlive").set_list
    monkeypatch.setattr("app.png.cv2.imencode", None)
    renamed = replace(many, cues=(replace(many.cues[0], name="Opening"), *many.cues[1:]))  # type: ignore[type-var]
    save(renamed, tmp_path / "renamed.vlive")
    save(opened, tmp_path / "opened.vlive")
    assert load(tmp_path / "renamed.vlive").set_list == renamed


@pytest.mark.parametrize(
    ("typed", "unit", "length", "wanted"),
    [
        ("6 beats", "seconds", 6.0, "beats"),
        ("1 beat", "seconds", 1.0, "beats"),
        (" 2,5 S ", "beats", 2.5, "seconds"),
        ("12", "seconds", 12.0, "seconds"),
        ("0.5sec", "beats", 0.5, "seconds"),
    ],
)
def test_a_length_is_typed(typed: str, unit: Unit, length: float, wanted: Unit) -> None:
    assert Transition.morph(typed, unit) == Transition("morph", length, wanted)


@pytest.mark.parametrize("typed", ["", "long", "-1 s", "601 s", "6 bars", "1e3"])
def test_what_is_no_length_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        Transition.morph(typed, "beats")


def test_lengths_in_beats_follow_the_tempo() -> None:
    assert Transition("morph", 8, "beats").seconds(120) == 4
    assert Transition("morph", 8, "seconds").seconds(120) == 8


@pytest.mark.parametrize("wrong", [{"kind": "fade"}, {"unit": "bars"}, {"length": -1.0}, {"length": float("nan")}])
def test_a_transition_out_of_range_is_told(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Transition(**wrong)  # type: ignore[arg-type]
