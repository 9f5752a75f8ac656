"""``bench controls`` as a person and as a program ask for it. What it measures, never how fast this machine is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cv2
import pytest

from app.__main__ import main
from app.bench import BenchWish, _Drawn, bench_controls
from app.bench_report import homeless
from app.control_text import setting_text
from controls import hands, person
from controls.control import ControlSetting
from controls.stack import CONTROLS, Guide, Stack

FEW = ["--pictures", "3", "--control", "edge=1,thickness=2", "--control", "gray"]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[str, ...], tuple[int, int], int]]:
    """Names, size and OpenCV's threads of each picture that is measured."""
    seen: list[tuple[tuple[str, ...], tuple[int, int], int]] = []
    guide = Stack.guide

    def note(stack: Stack, picture: Any, width: int, height: int, *rest: Any) -> Guide:
        assert picture.shape == (height, width, 3), "as large as the camera's"
        seen.append((tuple(setting.name for setting in rest[1]), (width, height), cv2.getNumThreads()))
        return guide(stack, picture, width, height, *rest)

    monkeypatch.setattr(Stack, "guide", note)
    monkeypatch.setattr("app.bench._WARM_UP", 1)
    return seen


def test_figures_for_programs(runs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    threads = cv2.getNumThreads()
    assert main(["bench", "controls", "--json", *FEW]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["ms"]) == {"edge thickness 2", "gray", "edge thickness 2 + gray"}
    for sizes in told["ms"].values():
        assert set(sizes) == {"640x360", "1280x720"}
        assert all(0 < timing["p50"] <= timing["p95"] for timing in sizes.values())
    load = told["load"]["edge thickness 2 + gray"]
    assert load["size"] == "640x360"
    assert load["cpu_seconds_per_second"] > 0
    assert load["left_of_two_cores"] == pytest.approx(2 - load["cpu_seconds_per_second"], abs=1e-3)
    assert 0 < load["pictures_per_second"] < 16.5, "paced"
    assert told["pictures"] == 3
    assert told["machine"]["cores"] >= 1
    assert told["machine"]["cpu"]
    assert told["machine"]["opencv-contrib-python"]
    both = ("edge", "gray")
    counts = {(names, size): runs.count((names, size, 1)) for names, size, _ in runs}
    alone = {((name,), size): 4 for name in both for size in ((640, 360), (1280, 720))}
    assert counts == alone | {(both, (640, 360)): 8, (both, (1280, 720)): 4}, (
        "warmed up, each picture timed, one thread"
    )
    assert cv2.getNumThreads() == threads


def test_the_first_pictures_only_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def draw(run: Any, picture: Any) -> _Drawn:
        nonlocal calls
        calls += 1
        return _Drawn(1000.0 if calls % 10 in (1, 2) else 5.0, False)  # a model that loads

    monkeypatch.setattr("app.bench._WARM_UP", 2)
    monkeypatch.setattr("app.bench._Run.draw", draw)
    (cost,) = bench_controls(BenchWish((ControlSetting("edge"),), 8))
    assert {(timing.p50, timing.p95) for timing in cost.ms.values()} == {(5.0, 5.0)}


def test_a_table_for_people(
    runs: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    monkeypatch.setenv("VACE_LIVE_MODELS", str(tmp_path))
    assert main(["bench", "controls", "--pictures", "2", "--control", "gray", "--control", "depth"]) == 0
    out = capsys.readouterr().out
    assert "640x360" in out
    assert "1280x720" in out
    gray = next(line for line in out.splitlines() if line.startswith("gray "))
    assert gray.count("(") == 2
    assert next(line for line in out.splitlines() if line.startswith("depth: ")).endswith(".")


def test_a_control_that_draws_less_is_measured_and_told(
    runs: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / hands.MODEL).write_bytes(b"no model")
    (tmp_path / person.MODEL).write_bytes(b"no model")
    few = ["--pictures", "2", "--models", str(tmp_path), "--control", "pose,hands=1,every=2"]
    assert main(["bench", "controls", "--json", *few, "--control", "edge,region=person", "--control", "person"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["ms"]) == {"pose hands 1, every 2", "edge region person"}
    assert set(told["draws_less"]) == set(told["ms"])
    assert told["draws_less"]["pose hands 1, every 2"].startswith("Pose draws no hands.")
    assert person.MODEL in told["draws_less"]["edge region person"]
    assert set(told["not_here"]) == {"person", "pose hands 1, every 2 + edge region person + person"}


def test_a_control_that_fails_on_the_way_is_not_measured(runs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    guide, calls = CONTROLS["gray"].make(None).guide, 0

    def fails(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise ZeroDivisionError("oh")
        return guide(*arguments)

    monkeypatch.setattr("controls.gray.Gray.guide", lambda control, *arguments: fails(*arguments))
    (cost,) = bench_controls(BenchWish((ControlSetting("gray", every=2),), 8))
    assert not cost.ms
    assert "oh" in cost.trouble


def test_what_carrying_takes_stands_beside_it(runs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--pictures", "4", "--control", "edge", "--control", "gray,every=3"]
    assert main(["bench", "controls", "--json", *few]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["carried_ms"]) == {"gray every 3"}
    assert all(timing["p50"] > 0 for timing in told["carried_ms"]["gray every 3"].values())
    assert set(told["carried_ms"]["gray every 3"]) == {"640x360", "1280x720"}
    assert told["clip_is_scaled"] is True
    assert main(["bench", "controls", *few]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "scaled" in lines[1]
    (place,) = (place for place, line in enumerate(lines) if line.startswith("gray every 3 "))
    assert lines[place + 1].startswith("  carried ")
    assert lines[place + 1].count("(") == 2


def test_only_pictures_on_which_nothing_ran_count_as_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(self: Any, picture: Any) -> _Drawn:
        self._drawn += 1
        return _Drawn(2.0, True) if self._drawn % 3 else _Drawn(50.0, False)

    monkeypatch.setattr("app.bench._Run.draw", drawn)
    (cost,) = bench_controls(BenchWish((ControlSetting("edge", every=3),), 9))
    assert {(timing.p50, timing.p95) for timing in cost.carried_ms.values()} == {(2.0, 2.0)}
    assert {timing.p95 for timing in cost.ms.values()} == {50.0}


@pytest.mark.parametrize("as_json", [True, False])
def test_nobody_s_home_stands_among_the_figures(
    as_json: bool, runs: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    models = tmp_path / "ann" / "models"
    models.mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "ann")
    few = ["--pictures", "2", "--control", "gray", "--control", "depth", "--models", str(models)]
    assert main(["bench", "controls", *few, *(["--json"] if as_json else [])]) == 0
    out = capsys.readouterr().out
    assert str(tmp_path) not in out
    assert f"~{os.sep}models" in out.replace("\\\\", "\\")


def test_other_folders_keep_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path("/home/ann").absolute()
    monkeypatch.setattr(Path, "home", lambda: home)
    assert homeless(f"See {home}.") == "See ~."
    for other in (f"{home}a/models", f"/mnt{home}" if os.sep == "/" else "D:/models"):
        assert homeless(other) == other
    monkeypatch.setattr(Path, "home", lambda: Path(home.anchor))
    assert homeless("See /models.") == "See /models."


def test_by_default_every_control_and_pose_with_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def cost(settings: tuple[ControlSetting, ...], *rest: Any) -> None:
        asked.append(tuple(f"{setting.name} {setting_text(setting)}".strip() for setting in settings))

    monkeypatch.setattr("app.bench._cost", cost)
    bench_controls(BenchWish())
    dear = [("pose hands 1, face 1",), ("pose people 4",)]
    assert asked == [*((name,) for name in CONTROLS), *dear, ("edge every 3",), ("pose", "edge")]


@pytest.mark.parametrize(
    ("code", "arguments", "words"),
    [
        (2, [], "what"),
        (2, ["videos"], "controls"),
        (2, ["controls", "--pictures", "1"], "pictures is 1"),
        (2, ["controls", "--control", "egde"], "did you mean"),
        (2, ["controls", "--models", "nowhere"], "nowhere"),
        (1, ["controls", "--pictures", "2", "--control", "depth"], "epth"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(
    code: int, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: Any, tmp_path: Any
) -> None:
    monkeypatch.setenv("VACE_LIVE_MODELS", str(tmp_path))
    assert main(["bench", *arguments]) == code
    (sentence,) = capsys.readouterr().err.strip().splitlines()
    assert words in sentence
