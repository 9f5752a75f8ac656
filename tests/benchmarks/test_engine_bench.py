"""``bench engine`` and ``bench compare`` as a person and as a program ask for them. Never how fast this machine is."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from app.__main__ import main
from benchmarks.engine import command, drive, networks, stages
from benchmarks.engine.clock import Clock
from benchmarks.engine.in_the_show import InTheShow, Peak
from benchmarks.engine.painter import Inputs, Painter, fast
from benchmarks.engine.shapes import Shape
from benchmarks.engine.wastes import OF_THE_NETWORK, WASTES
from engine.block import Block, CallBlock, call_block
from engine.device import Device
from engine.dit import WanDiT
from engine.memory import Memory
from tests.engine.tape import TapeRecorder

TINY = ["--model", "tiny", "--size", "32x32", "--frames", "24"]
STAGES = ["encode", "context", "step 1", "step 2", "step 3", "step 4", "decode", "clean"]


@pytest.fixture(autouse=True)
def a_short_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(painter: Painter) -> None:
        for _ in range(2):
            painter.paint(True, steps=1)

    def warm_up(show: InTheShow, ways: tuple[bool, ...]) -> None:
        for way in ways:
            show._paint(way, steps=1)

    monkeypatch.setattr(Painter, "fill", fill)
    monkeypatch.setattr(InTheShow, "warm_up", warm_up)
    monkeypatch.setattr("benchmarks.engine.in_the_show._AT_A_TIME", 1)
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
        assert way["in_the_show"]["chunk_ms"] > 0
        assert len(way["in_the_show"]["raw_ms"]) == 2
        assert way["tflop"] == pytest.approx(sum(stage["tflop"] for stage in way["stages"].values()), abs=1e-5)
    assert on["tflop"] > off["tflop"]
    adds = told["vace_adds"]
    assert adds["to_a_chunk"]["in_flop"] == pytest.approx(on["tflop"] / off["tflop"] - 1, rel=0.1)
    assert adds["to_a_chunk"]["in_flop"] > adds["to_the_transformer"]["in_flop"] > 0, "encoding is VACE's, too"
    lines = out.splitlines()
    assert [line.split("  ")[0] for line in lines if line.startswith(tuple(STAGES))] == STAGES
    assert any(line.startswith("VACE adds ") for line in lines)
    assert any(line.startswith("as in the show") for line in lines)
    assert told["drive"] == "operator by operator", "there is no GPU to drive"
    assert "one thread" in out or "wall time" in out


class _Compiled:
    """What stands in for compiled blocks. calls: how often they were run."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, block: Block, *given: Any) -> torch.Tensor:
        self.calls += 1
        return call_block(block, *given)


@pytest.mark.parametrize("compiles", [True, False])
def test_a_gpu_is_driven_as_in_the_show(compiles: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks compiled and passes recorded, stage by stage and in the show; of what is eager, nothing is."""
    tape, compiled = TapeRecorder(), _Compiled()

    def compile_blocks(dit: WanDiT, frames: int, tokens: int) -> CallBlock:
        assert (frames, tokens) == (3, 4)
        if not compiles:
            raise RuntimeError("no compiler")
        return compiled

    monkeypatch.setattr(drive, "recorder_on", lambda device: tape)
    monkeypatch.setattr(drive, "compiles_on", lambda device: True)
    monkeypatch.setattr(drive, "compiled_blocks", compile_blocks)
    shape, device = Shape("tiny", 32, 32), Device(torch.device("cpu"), torch.float32)
    nets = networks.random_networks(shape, device)
    inputs = Inputs(shape, nets)
    driven = drive.drive_of_the_show(shape, nets)
    assert ("blocks compiled" in driven.title) is compiles
    assert "passes recorded" in driven.title
    if not compiles:
        assert driven.call is None
        return
    painter = Painter(fast(shape, nets, inputs, driven), shape, nets, inputs)
    show = InTheShow(shape, nets, inputs, driven)
    for paint in (lambda: painter.paint(True, steps=1), lambda: show._paint(True, 1)):
        played, calls = tape.played, compiled.calls
        for _ in range(10):
            paint()
        assert tape.played > played
        assert compiled.calls > calls
    recorded, calls = tape.recorded, compiled.calls
    eager = Painter(fast(shape, nets, inputs, drive.EAGER), shape, nets, inputs)
    for _ in range(2):
        eager.paint(True, steps=1)
    assert (tape.recorded, compiled.calls) == (recorded, calls)


def test_on_a_gpu_the_peak_is_what_torch_has_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What recorded passes need is not allocated while they are played, and yet taken."""
    shape, device = Shape("tiny", 32, 32), Device(torch.device("cpu"), torch.float32)
    nets = networks.random_networks(shape, device)
    show = InTheShow(shape, nets, Inputs(shape, nets), drive.EAGER)
    reset = list[bool]()
    show._clock = Clock(torch.device("cpu"))
    show._device = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: reset.append(True))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 5)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda device: 7)
    assert show.run(True)[1] == Peak(allocated=5, reserved=7)
    assert reset
    measured = stages._measured(shape, [{"decode": 2.0}], [1.0], True, [Peak(5, 7), Peak(6, 6)], 4)
    assert (measured.peak_bytes, measured.allocated_bytes) == (7, 6)


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
    assert told["plain_to_fast_in_the_show"] > 0
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
        (2, ["engine", "--prompt-rows", "0"], "prompt"),
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
