"""``bench controls`` as a person and as a program ask for it. What it measures, never how fast this machine is."""

from __future__ import annotations

import json
from typing import Any

import cv2
import pytest

from app.__main__ import main
from app.bench import BenchWish, bench_controls
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

    def draw(run: Any, picture: Any) -> float:
        nonlocal calls
        calls += 1
        return 1000.0 if calls % 10 in (1, 2) else 5.0  # a model that loads

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


def test_by_default_every_control_and_pose_with_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def cost(settings: tuple[ControlSetting, ...], *rest: Any) -> None:
        asked.append(tuple(setting.name for setting in settings))

    monkeypatch.setattr("app.bench._cost", cost)
    bench_controls(BenchWish())
    assert asked == [*((name,) for name in CONTROLS), ("pose", "edge")]


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
