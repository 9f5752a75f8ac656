"""What the doctor says of a model: its memory on paper and its files, in words and in JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app import model_report
from app.__main__ import main
from app.model_report import check_files, check_memory, report_on, report_text
from engine.budget import budget_of, budget_on, gibibytes
from engine.catalog import config_of
from engine.device import Device, best_device
from engine.memory import Memory
from engine.params import EngineChoice

LONGLIVE = EngineChoice("longlive-1.3b", 640, 368)
FILES = (
    *("longlive_base.pt", "lora.pt", "Wan2_1-VACE_module_1_3B_bf16.safetensors", "taew2_1.pth"),
    *("models_t5_umt5-xxl-enc-bf16.pth", "umt5-xxl/tokenizer.json"),
)


def lay(folder: Path, *names: str) -> EngineChoice:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return replace(LONGLIVE, folder=str(folder))


def doctor(capsys: pytest.CaptureFixture[str], tmp_path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    code = main(["doctor", "--json", "--state", str(tmp_path / "state.json"), *options])
    return code, dict(json.loads(capsys.readouterr().out))


def test_the_budget_of_a_model_at_a_size(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ("--model", "longlive-1.3b", "--size", "640x368")
    code, told = doctor(capsys, tmp_path, *options)
    assert code == 1
    assert told["ok"] is False
    model = told["model"]
    assert (model["name"], model["size"], model["title"]) == ("longlive-1.3b", "640x368", "LongLive 1.3B")
    assert model["total_bytes"] == budget_of(config_of(LONGLIVE), LONGLIVE, best_device().dtype).total
    assert model["total_bytes"] == sum(part["bytes"] for part in model["parts"])
    assert model["measured_peak"] is None
    assert {file["role"]: file["found"] for file in model["files"]} == dict.fromkeys(
        ("generator", "adapter", "VACE module", "autoencoder", "text encoder", "tokenizer")
    )
    for changed in (("--precision", "fp8"), ("--size", "320x192")):
        less = doctor(capsys, tmp_path, *options, *changed)[1]["model"]
        assert less["total_bytes"] < model["total_bytes"]
    more = doctor(capsys, tmp_path, *options, "--autoencoder", "wan")[1]["model"]
    assert more["total_bytes"] > model["total_bytes"]


def test_the_starter_needs_no_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, told = doctor(capsys, tmp_path)
    assert code == 0
    assert told["model"]["files"] == []
    assert told["model"]["fits"] is True


def test_which_files_are_there(tmp_path: Path) -> None:
    report = report_on(lay(tmp_path, *FILES[:3]))
    found = check_files(report)
    assert found.state == "missing"
    assert found.detail == "longlive-1.3b lacks: autoencoder, text encoder, tokenizer", "as the list below"
    assert str(tmp_path) in found.mend
    text = report_text(report)
    assert f"there    generator     {tmp_path / FILES[0]}" in text
    assert "missing  autoencoder   lightx2v/Autoencoders: taew2_1.pth" in text
    found = check_files(report_on(lay(tmp_path, *FILES[3:5])))
    assert found.state == "warning", "some text encoders carry their tokenizer"
    assert check_files(report_on(lay(tmp_path, *FILES))).state == "ok"


def test_the_table_shows_every_part_and_the_sum() -> None:
    report = report_on(LONGLIVE)
    lines = report_text(report).splitlines()
    assert lines[0].startswith("Memory of LongLive 1.3B at 640x368 on ")
    for part in report.budget.parts:
        assert f"{gibibytes(part.bytes):>12}  {part.name}" in lines
    assert f"{gibibytes(report.budget.total):>12}  in all (measured peak: not measured)" in lines


@pytest.mark.parametrize(
    ("total", "free", "state"), [(1.0, 1.0, "ok"), (1.0, 0.9, "warning"), (0.9, 0.9, "missing"), (None, None, "ok")]
)
def test_whether_it_fits(monkeypatch: pytest.MonkeyPatch, total: float | None, free: float | None, state: str) -> None:
    """total, free: of the device's memory, in parts of what the model takes."""
    need = report_on(LONGLIVE).budget.total
    memory = Memory(*(None if part is None else round(part * need) for part in (total, free)))
    monkeypatch.setattr(model_report, "memory_of", lambda device: memory)
    found = check_memory(report_on(LONGLIVE))
    assert found.state == state
    assert gibibytes(need) in found.detail
    assert bool(found.mend) == (state != "ok")


def test_advice_names_only_what_makes_it_fit() -> None:
    plain = EngineChoice("krea-14b", 640, 368)
    gpu = Device(torch.device("meta"), torch.bfloat16)  # like any that is not the CPU
    roomy = Memory(2**50, 2**50)

    def advice(choice: EngineChoice, gib: float, host: Memory = roomy, device: Device = gpu) -> str:
        room = Memory(round(gib * 2**30), round(gib * 2**30))
        report = replace(report_on(choice), device=device, budget=budget_on(choice, device), memory=room, host=host)
        return check_memory(report).mend

    fp8, offloaded = (
        budget_on(replace(plain, **less), gpu).total / 2**30 for less in ({"precision": "fp8"}, {"offload": True})
    )
    assert offloaded < fp8
    assert advice(plain, fp8 + 0.01) == "Choose --precision fp8, or --offload."
    assert advice(plain, offloaded + 0.01) == "Choose --offload."
    both = replace(plain, precision="fp8", offload=True)
    together = budget_on(both, gpu).total / 2**30
    assert advice(plain, offloaded - 0.01).startswith("Choose --size 480x272 with --offload, or --precision fp8 with")
    assert advice(both, together - 0.01) == "Choose --size 480x272."
    assert advice(plain, 1.0) == (
        "This machine cannot run Krea Realtime 14B: no size, precision or offloading makes it fit."
    )
    small = Memory(2**30, 2**30)
    assert "--offload" not in advice(plain, fp8 + 0.01, host=small), "it needs room in the computer"
    cpu = Device(torch.device("cpu"), torch.bfloat16)
    assert "--offload" not in advice(plain, fp8 + 0.01, host=roomy, device=cpu), "both memories are one"


def test_where_others_take_the_room_only_what_helps_is_named() -> None:
    need = report_on(LONGLIVE).budget.total
    report = replace(report_on(LONGLIVE), memory=Memory(need, 1), host=Memory(need, 1))
    assert check_memory(report).mend == "Close other programs."
    free = Memory(need, need - 1)
    assert "--size 480x272" in check_memory(replace(report, memory=free, host=free)).mend


def test_the_starter_does_not_pretend(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plain = doctor(capsys, tmp_path)[1]
    asked = doctor(capsys, tmp_path, "--precision", "fp8", "--offload", "--autoencoder", "wan")[1]
    assert asked["model"]["parts"] == plain["model"]["parts"]
    (found,) = [finding for finding in asked["findings"] if finding["name"] == "Model"]
    assert found["detail"] == "starter: no fp8, no offloading, no wan autoencoder (for published models only)"


def test_what_is_offloaded_must_find_room_in_the_computer() -> None:
    report = report_on(LONGLIVE)
    offloaded = budget_of(config_of(LONGLIVE), replace(LONGLIVE, offload=True), best_device().dtype)
    roomy, tight = Memory(2**50, 2**50), Memory(offloaded.on_host - 1, offloaded.on_host - 1)
    report = replace(report, budget=offloaded, memory=roomy, host=roomy)
    assert check_memory(report).state == "ok"
    assert "the computer" in check_memory(report).detail
    assert check_memory(replace(report, host=tight)).state == "missing"
    assert f"{gibibytes(offloaded.on_host)}" not in report_text(replace(report, budget=report_on(LONGLIVE).budget))
    assert "in the computer" in report_text(report)
