"""``bench engine`` and ``bench compare`` as a person and as a program ask for them. Never how fast this machine is."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from app.__main__ import main
from benchmarks.engine import command, networks
from benchmarks.engine.painter import Painter
from benchmarks.engine.shapes import Shape
from benchmarks.engine.wastes import OF_THE_NETWORK, WASTES
from engine.memory import Memory

TINY = ["--model", "tiny", "--size", "32x32", "--frames", "24"]
STAGES = ["encode", "context", "step 1", "step 2", "step 3", "step 4", "decode", "clean"]


@pytest.fixture(autouse=True)
def a_short_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(painter: Painter) -> None:
        for _ in range(2):
            painter.paint(True, steps=1)

    monkeypatch.setattr(Painter, "fill", fill)
    monkeypatch.setattr("benchmarks.engine.roofline._PRODUCT", 16)


def numbers(tree: Any) -> list[float]:
    if isinstance(tree, dict):
        return [number for value in tree.values() for number in numbers(value)]
    if isinstance(tree, list):
        return [number for value in tree for number in numbers(value)]
    return [float(tree)] if isinstance(tree, (int, float)) else []


def test_engine_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    threads, file = torch.get_num_threads(), tmp_path / "engine.json"
    file.write_text("of an earlier run", "utf-8")
    assert main(["bench", "engine", *TINY, "--json", str(file)]) == 0
    assert torch.get_num_threads() == threads
    told, out = json.loads(file.read_text("utf-8")), capsys.readouterr().out
    assert (told["command"], told["model"], told["size"], told["width_share"]) == ("bench engine", "tiny", "32x32", "1")
    assert (told["tokens"], told["tokens_in_view"], told["chunks"]) == (12, 48, 2)
    assert {"cpu", "torch", "device", "dtype", "threads", "python"} <= set(told["machine"])
    on, off = told["vace"]["on"], told["vace"]["off"]
    assert list(on["stages"]) == STAGES
    assert list(off["stages"]) == STAGES[2:]
    for way in (on, off):
        assert len(way["raw_ms"]) == 2
        assert all(math.isfinite(number) and number >= 0 for number in numbers(way))
        assert way["tflop"] == pytest.approx(sum(stage["tflop"] for stage in way["stages"].values()), abs=1e-5)
    assert on["tflop"] > off["tflop"]
    adds = told["vace_adds"]
    assert adds["to_a_chunk"]["in_flop"] == pytest.approx(on["tflop"] / off["tflop"] - 1, rel=0.1)
    assert adds["to_a_chunk"]["in_flop"] > adds["to_the_transformer"]["in_flop"] > 0, "encoding is VACE's, too"
    lines = out.splitlines()
    assert [line.split("  ")[0] for line in lines if line.startswith(tuple(STAGES))] == STAGES
    assert any(line.startswith("VACE adds ") for line in lines)
    assert "one thread" in out or "wall time" in out


def test_one_way_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "engine", *TINY, "--vace", "off", "--precision", "fp32"]) == 0
    out = capsys.readouterr().out
    assert "VACE off" in out
    assert "float32" in out
    assert "VACE on" not in out
    assert "encode" not in out


@pytest.mark.skipif(torch.cuda.is_available(), reason="here the set would be measured")
def test_the_set_is_said_to_be_not_run_without_cuda(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "set.json"
    assert main(["bench", "engine", "--all", "--json", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert all("not run: needs CUDA" in line for line in lines)
    assert not file.exists(), "no figures, no file"


def test_compare_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "compare.json"
    assert main(["bench", "compare", *TINY, "--precision", "fp32", "--json", str(file)]) == 0
    told, out = json.loads(file.read_text("utf-8")), capsys.readouterr().out
    assert told["command"] == "bench compare"
    assert set(told["chunk_ms"]) == set(told["handed_out_ms"]) == {"fast", "lean", "plain"}
    assert told["plain_to_fast"] > 0
    # Within a window the plain form's latents are the engine's, up to rounding.
    assert told["relative_difference_of_plain"] < 1e-4
    rows = told["wastes"]
    assert [row["name"] for row in rows] == [waste.name for waste in WASTES]
    for row in rows:
        if row["name"] == "eager":
            assert row["ratio"] is None
            assert row["note"] == "not run: needs CUDA"
        else:
            assert row["ratio"] > 0
        if row["name"] in OF_THE_NETWORK | {"zeros", "order"}:
            assert row["relative_difference"] < 1e-4
    assert "the past is lost" in next(row["note"] for row in rows if row["name"] == "reset")
    moved = told["bytes_of_a_block_in_a_pass"]
    assert moved["plain"]["copy_and_elementwise"] > 1.5 * moved["fast"]["copy_and_elementwise"]
    assert moved["plain"]["bound"] == moved["fast"]["bound"] > 0
    assert all(any(line.startswith(f"{waste.number:>2} {waste.name}") for line in out.splitlines()) for waste in WASTES)
    assert "The plain form takes " in out


def test_one_waste_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "compare", *TINY, "--wastes", "order"]) == 0
    out = capsys.readouterr().out
    assert "10 order" in out
    assert " 1 lora" not in out


@pytest.mark.parametrize(
    ("code", "arguments", "words"),
    [
        (2, ["engine", "--model", "2b"], "2b"),
        (2, ["engine", "--size", "300x200"], "multiple of 16"),
        (2, ["engine", "--size", "large"], "large"),
        (2, ["engine", "--width-share", "1/7"], "share"),
        (2, ["engine", "--width-share", "thin"], "thin"),
        (2, ["engine", "--frames", "0"], "frames is 0"),
        (2, ["engine", "--threads", "-1"], "threads is -1"),
        (2, ["engine", "--vace", "maybe"], "maybe"),
        (2, ["engine", "--json", "nowhere/figures.json"], "no folder nowhere"),
        (2, ["compare", "--model", "starter", "--size", "64x48"], "absolute positions"),
        (2, ["compare", "--all"], "--all"),
        (2, ["compare", "--wastes", "lora,time"], "time"),
        (1, ["engine", "--model", "14b"], "--width-share"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(
    code: int,
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(networks, "memory_of", lambda device: Memory(2**30, 2**30))
    assert main(["bench", *arguments]) == code
    (sentence,) = capsys.readouterr().err.strip().splitlines()
    assert words in sentence


def test_without_the_source_tree_it_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="benchmarks")

    monkeypatch.setattr("app.engine_bench.importlib.import_module", missing)
    assert main(["bench", "engine", *TINY]) == 1
    assert "source tree" in capsys.readouterr().err


def test_at_least_two_chunks_are_run() -> None:
    shape = Shape("tiny", 32, 32)
    assert command.EngineBenchWish(shape, frames=1).chunks == 2
    assert command.EngineBenchWish(shape, frames=25).chunks == 3
