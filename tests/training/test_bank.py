"""The bank: the same to the byte however it came about, with guides that the controls themselves draw."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from controls import skeleton, stack
from controls.control import ControlSetting
from tests.training.pictures_folder import filled
from training import bank, scenes
from training.bank import Bank, BankTrouble
from training.photographs import Photographs
from training.sources import NoSources

CLIPS, HELD_OUT, WIDTH, HEIGHT, SEED = 4, 1, 64, 48, 5


def written(folder: Path, clips: int = CLIPS, seed: int = SEED, workers: int = 1, only: tuple[str, ...] = ()) -> Bank:
    bank.write(folder, clips, HELD_OUT, WIDTH, HEIGHT, seed, workers, only, lambda line: None)
    return Bank.open(folder)


def contents(opened: Bank) -> dict[str, bytes]:
    return {name: np.asarray(getattr(opened, name)).tobytes() for name in bank.ARRAYS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("bank"), 20)


@pytest.fixture(scope="module")
def whole(folder: Path) -> Bank:
    return written(folder)


@pytest.fixture
def beside(folder: Path, whole: Bank, tmp_path: Path) -> Path:
    """A folder with the same pictures and no bank yet."""
    (tmp_path / "photos").symlink_to(folder / "photos")
    (tmp_path / "photos.json").symlink_to(folder / "photos.json")
    return tmp_path


def test_a_bank_holds_what_it_says(whole: Bank, folder: Path) -> None:
    shape = (CLIPS, bank.FRAMES, HEIGHT, WIDTH)
    for name, channels in bank.ARRAYS.items():
        array = getattr(whole, name)
        assert array.dtype == np.uint8
        assert array.shape == ((*shape, 3) if channels == 3 else shape)
    assert (whole.clips, whole.done, whole.held_out, whole.seed) == (CLIPS, CLIPS, HELD_OUT, SEED)
    assert (whole.width, whole.height, whole.frames) == (WIDTH, HEIGHT, bank.FRAMES)
    about = json.loads((folder / "bank" / "bank.json").read_text())
    assert about["kinds"] == list(whole.kinds)
    assert about["pose"] == list(whole.has_pose) == [kind == "people" for kind in whole.kinds]
    assert about["depth"] == list(whole.has_depth) == [kind != "photo" for kind in whole.kinds]
    for clip in range(CLIPS):
        assert whole.source[clip].any()
        assert whole.depth[clip].any() == whole.has_depth[clip]
        assert whole.has_pose[clip] or not whole.pose[clip].any()


def test_guides_are_those_of_the_controls(whole: Bank) -> None:
    for clip in range(0, CLIPS, 2):
        controls = stack.Stack()
        for i, picture in enumerate(whole.source[clip]):
            settings = tuple(ControlSetting(name) for name in bank.DRAWN)
            guide = controls.guide(np.asarray(picture), WIDTH, HEIGHT, i / scenes.PICTURES_A_SECOND, settings)
            assert not guide.troubles
            for name, channels in bank.DRAWN.items():
                kept = getattr(whole, name)[clip, i]
                assert np.array_equal(guide.parts[name] if channels == 3 else guide.parts[name][:, :, 0], kept)


def test_poses_are_the_scenes_skeletons(folder: Path, tmp_path: Path) -> None:
    plan = bank.Plan(40, 0, WIDTH, HEIGHT, SEED, frames=2)
    index = plan.kinds().index("people")
    arrays = bank._clip((folder, plan, index))
    rng = np.random.default_rng([SEED, index])
    assert bank._kind(rng) == "people"
    made = scenes.scene(rng, "people", Photographs.open(folder, False), WIDTH, HEIGHT, 2)
    assert np.array_equal(arrays["source"], made.pictures)
    assert np.array_equal(arrays["pose"][1], skeleton.draw(made.people[1], WIDTH, HEIGHT))


def test_another_seed_is_another_bank(whole: Bank, beside: Path) -> None:
    other = written(beside, seed=SEED + 1)
    assert not np.array_equal(other.source, whole.source)


def test_workers_write_what_one_process_writes(whole: Bank, beside: Path) -> None:
    assert contents(written(beside, workers=2)) == contents(whole)


def test_a_bank_that_was_interrupted_goes_on_to_the_same_bytes(
    whole: Bank, beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = bank._drawn
    calls = 0

    def failing(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return drawn(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bank, "_SAVED_EVERY_S", 0.0)
    monkeypatch.setattr(bank, "_drawn", failing)
    with pytest.raises(KeyboardInterrupt):
        written(beside)
    assert Bank.open(beside).done == 2
    assert np.array_equal(Bank.open(beside).source[:2], whole.source[:2])
    monkeypatch.setattr(bank, "_drawn", drawn)
    assert contents(written(beside)) == contents(whole)


def test_a_finished_bank_is_left_alone(whole: Bank, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank, "_clip", None)
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "bank").glob("*.npy")}
    written(folder)
    assert {path.name: path.stat().st_mtime_ns for path in (folder / "bank").glob("*.npy")} == before


def test_an_array_is_added_to_a_bank_that_lacks_it(whole: Bank, beside: Path) -> None:
    before = contents(written(beside))
    (beside / "bank" / "flow.npy").unlink()
    with pytest.raises(BankTrouble, match=r"lacks flow.*--only flow"):
        Bank.open(beside)
    assert contents(written(beside, only=("flow",))) == before
    assert not list((beside / "bank").glob("*.part*"))


def test_an_array_is_replaced_while_others_read_the_old_one(whole: Bank, beside: Path) -> None:
    reading = written(beside)
    stale = np.lib.format.open_memmap(beside / "bank" / "scribble.npy", mode="r+")
    right = stale.tobytes()
    stale[:] = 7
    stale.flush()
    assert written(beside, only=("scribble",)).scribble.tobytes() == right
    assert (reading.scribble == 7).all()


def test_held_out_clips_show_held_out_photographs_alone(
    folder: Path, whole: Bank, beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[int, bool]] = []
    open_them = Photographs.open

    def watched(place: Path, held_out: bool) -> Photographs:
        opened.append((len(opened), held_out))
        return open_them(place, held_out)

    monkeypatch.setattr(Photographs, "open", watched)
    plan = bank.Plan(CLIPS, HELD_OUT, WIDTH, HEIGHT, SEED)
    for index in range(CLIPS):
        bank._clip((folder, plan, index))
    assert [held for _, held in opened] == [index >= CLIPS - HELD_OUT for index in range(CLIPS)]


def test_a_clip_does_not_depend_on_how_many_there_are(folder: Path, whole: Bank) -> None:
    larger = bank.Plan(CLIPS + 5, HELD_OUT, WIDTH, HEIGHT, SEED)
    assert np.array_equal(bank._clip((folder, larger, 1))["source"], whole.source[1])


def test_troubles_are_said_in_a_sentence(folder: Path, whole: Bank, tmp_path: Path) -> None:
    with pytest.raises(BankTrouble, match="run the stage 'bank' first"):
        Bank.open(tmp_path)
    with pytest.raises(BankTrouble, match="was begun with 4 clips at 64x48 and seed 5"):
        written(folder, seed=9)
    with pytest.raises(BankTrouble, match="pose cannot be drawn from pictures; edge, scribble, flow can"):
        written(folder, only=("pose",))
    with pytest.raises(BankTrouble, match="not finished"):
        written(tmp_path, only=("flow",))
    with pytest.raises(BankTrouble, match="is no bank"):
        written(tmp_path, clips=0)
    with pytest.raises(NoSources, match="run the stage 'sources' first"):
        written(tmp_path)
    assert not (tmp_path / "bank").exists()
