"""The runner itself: whatever is wrong with a case, or with the engine, some row says so, and the others are run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.parity.__main__ import main
from tests.parity.case import Case
from tests.parity.rows import Row
from tests.parity.runner import run, run_case
from tests.parity.test_parity import KEPT

CASES = sorted(path.stem for path in KEPT.glob("case_*.json"))


def copied(folder: Path, *names: str) -> Path:
    """``folder`` with these cases and the weights they share."""
    for name in (*names, "weights_"):
        for path in KEPT.glob(f"{name}*"):
            shutil.copyfile(path, folder / path.name)
    return folder


def rewrite(folder: Path, name: str, change: Callable[[dict[str, Any], dict[str, Tensor]], object]) -> list[Row]:
    """The rows of the case after a change of its facts or tensors."""
    copied(folder, f"{name}.")
    facts = json.loads((folder / f"{name}.json").read_text("utf-8"))
    tensors = load_file(folder / f"{name}.safetensors")
    change(facts, tensors)
    (folder / f"{name}.json").write_text(json.dumps(facts), "utf-8")
    save_file(tensors, folder / f"{name}.safetensors")
    return run_case(folder, name)


def failing(rows: list[Row]) -> set[str]:
    return {row.name for row in rows if not row.passes}


def results(name: str) -> list[str]:
    """The tensors of a case that are results."""
    return Case(KEPT, name).never_compared()


@pytest.mark.parametrize("name", CASES)
def test_every_result_is_looked_at(name: str, tmp_path: Path) -> None:
    """Each stored result off by a little more than its tolerance: every row must fail, by the names of all tensors."""
    changed = results(name)

    def disturb(_facts: object, tensors: dict[str, Tensor]) -> None:
        for tensor in changed:
            if tensors[tensor].dtype == torch.uint8:
                tensors[tensor].flatten()[-1].bitwise_xor_(3)
            else:
                tensors[tensor].flatten()[-1].add_(3e-3)

    rows = rewrite(tmp_path, name, disturb)
    assert {row.name for row in rows if row.passes} <= {"case_wan_vae:scale"}  # which has no tensors
    said = " ".join(reason for row in rows for reason in row.reasons)
    assert [tensor for tensor in changed if f"{tensor} is off by" not in said] == []


@pytest.mark.parametrize(
    ("name", "row", "change"),
    [
        ("case_dit_causal_warped_steps", "", lambda facts: facts.update(local_attn_frames=4)),
        ("case_dit_causal_warped_steps", "", lambda facts: facts.update(shift=4.0)),
        ("case_dit_causal_warped_steps", "", lambda facts: facts["warped_from"].__setitem__(1, 700)),
        ("case_dit_causal_warped_steps", "", lambda facts: facts["model"].update(num_heads=2)),
        ("case_dit_causal_warped_steps", "", lambda facts: facts["model"].update(eps=1e-4)),
        ("case_dit_causal_warped_steps", "", lambda facts: facts["model"].update(qk_norm=False)),
        ("case_dit_causal_warped_steps", "", lambda facts: facts["calls"].pop(0)),
        ("case_dit_causal_warped_steps", "", lambda facts: facts["calls"][1].update(vace_active=True)),
        ("case_dit_causal_warped_steps", "", lambda facts: facts["calls"][5]["cache_after"].update(local_end_tokens=9)),
        ("case_prompt_switch", "sinkkeep", lambda facts: facts["runs"][0].update(keep_sink=False)),
        ("case_prompt_switch", "sinkkeep", lambda facts: facts.update(sink_frames=2)),
        ("case_prompt_switch", "early", lambda facts: facts["runs"][1].update(chunks_before=2)),
        ("case_krea", "b30_pad", lambda facts: facts["runs"][0].update(kv_cache_attention_bias=0.5)),
        (
            "case_krea",
            "b30_pad",
            lambda facts: facts["runs"][0].update(zero_key_padding_to_multiple_of_128=False),
        ),
        (
            "case_vace_causal_refs",
            "refcond.pad",
            lambda facts: facts["runs"][0].update(vace_self_attention_key_padding="none"),
        ),
        ("case_vace_causal_refs", "refcond.pad", lambda facts: facts["runs"][0].update(context_scale=0.9)),
        ("case_vace_causal_refs", "refcond.pad", lambda facts: facts.update(vace_layers=[0, 1])),
        ("case_vace_batch", "ref", lambda facts: facts.update(timestep=749.0)),
        ("case_scheduler", "shift5", lambda facts: facts["order"][0]["lookups"][1].update(index=624)),
        ("case_rope", "r1", lambda facts: facts["cases"][0].update(start_frame=8)),
        ("case_tae", "enc", lambda facts: facts["encode"].update(frames_in=[8, 16, 12])),
        ("case_tae", "dec", lambda facts: facts["decode"].update(frames_out=[12, 12, 12])),
        ("case_wan_vae", "scale", lambda facts: facts["latent_std"].__setitem__(3, 1.0)),
        ("case_vace_encode", "wan_shared.mixed", lambda facts: run_of(facts, "wan_shared.mixed.")["calls"].reverse()),
        (
            "case_vace_encode",
            "tae.refonly2",
            lambda facts: run_of(facts, "tae.refonly2.")["calls"][0]["ref_images"].pop(),
        ),
        ("case_text_encoder", "", lambda facts: facts.update(relative_max_distance=16)),
        ("case_lora", "runtime", lambda facts: facts.update(runtime_strength=0.8)),
        ("case_lora", "kohya", lambda facts: facts["scale_in_front_of_BA"].update(kohya=1.0)),
    ],
)
def test_every_fact_is_followed(
    name: str, row: str, change: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    rows = rewrite(tmp_path, name, lambda facts, _tensors: change(facts))
    assert (f"{name}:{row}" if row else name) in failing(rows)


def run_of(facts: dict[str, Any], prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = next(run for run in facts["runs"] if run["prefix"] == prefix)
    return found


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("case_rope", "r1.out"),
        ("case_rope", "r3.q"),
        ("case_scheduler", "shift8.warped.x0_from_velocity.2"),
        ("case_dit_causal_warped_steps", "renoise.c1.s2"),
        ("case_dit_causal_warped_steps", "x0.c0.s3"),
    ],
)
@pytest.mark.parametrize("new_name", [None, "x.renamed"])
def test_a_missing_tensor_is_named(name: str, tensor: str, new_name: str | None, tmp_path: Path) -> None:
    def move(_facts: object, tensors: dict[str, Tensor]) -> None:
        moved = tensors.pop(tensor)
        if new_name:
            tensors[new_name] = moved

    rows = rewrite(tmp_path, name, move)
    said = " ".join(reason for row in rows for reason in row.reasons)
    assert f"there is no tensor {tensor}" in said
    assert ("x.renamed" in said) == bool(new_name)


@pytest.mark.parametrize("name", ["case_dit_causal_warped_steps", "case_tae", "case_vace_encode"])
def test_a_result_that_nobody_asks_for_fails_its_case(name: str, tmp_path: Path) -> None:
    rows = rewrite(tmp_path, name, lambda _facts, tensors: tensors.update({"flow.c9.s0": torch.zeros(1)}))
    assert failing(rows) == {name}
    assert rows[-1].reasons == ["never compared: flow.c9.s0"]


def test_a_run_that_is_not_listed_fails_its_case(tmp_path: Path) -> None:
    rows = rewrite(tmp_path, "case_prompt_switch", lambda facts, _tensors: facts["runs"].pop())
    assert failing(rows) == {"case_prompt_switch"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_number_is_not_close_to_any(value: float, tmp_path: Path) -> None:
    rows = rewrite(tmp_path, "case_rope", lambda _facts, tensors: tensors["r1.out"].flatten()[5].fill_(value))
    assert failing(rows) == {"case_rope:r1"}


def test_another_shape_fails(tmp_path: Path) -> None:
    def cut(_facts: object, tensors: dict[str, Tensor]) -> None:
        tensors["r1.out"] = tensors["r1.out"][:, :1].clone()

    (row,) = [row for row in rewrite(tmp_path, "case_rope", cut) if not row.passes]
    assert row.reasons == ["r1.out is (1, 72, 4, 24), expected (1, 1, 4, 24)"]


@pytest.mark.parametrize("kind", ["json", "safetensors"])
@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff" * 200])
def test_a_file_that_cannot_be_read_fails_and_the_others_are_run(
    kind: str, content: bytes | None, tmp_path: Path
) -> None:
    file = copied(tmp_path, "case_rope", "case_scheduler") / f"case_rope.{kind}"
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    rows = run(tmp_path)
    assert failing(rows) == {"case_rope"}
    assert rows[0].reasons[0].startswith("cannot be run: ")
    assert "case_scheduler:shift5" in {row.name for row in rows}


def test_an_unknown_case_fails(tmp_path: Path) -> None:
    (tmp_path / "case_of_beer.json").write_text("{}", "utf-8")
    assert failing(run(tmp_path)) == failing(run(tmp_path, torch.bfloat16)) == {"case_of_beer"}


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copied(tmp_path, "case_rope", "case_text_encoder")
    assert main([str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == ["cases"]
    assert [row["case"] for row in said["cases"]] == [
        *("case_rope:r1", "case_rope:r3", "case_rope:time", "case_rope:time.float32", "case_text_encoder"),
    ]
    for row in said["cases"]:
        assert set(row) == {"case", "max_abs_error", "tolerance", "pass"}
        assert 0 < row["max_abs_error"] < row["tolerance"]
        assert row["pass"] is True

    (tmp_path / "case_rope.json").unlink()
    assert main([str(tmp_path), "--json"]) == 1
    failed = json.loads(capsys.readouterr().out)["cases"][0]
    assert (failed["case"], failed["max_abs_error"], failed["pass"]) == ("case_rope", None, False)
    assert "case_rope.json" in failed["reasons"][0]


def test_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copied(tmp_path, "case_rope")
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "4 of 4 pass"
    (tmp_path / "case_rope.safetensors").unlink()
    assert main([str(tmp_path)]) == 1
    assert "FAIL" in capsys.readouterr().out


def test_an_empty_folder_is_no_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert "no case_* files" in capsys.readouterr().err


def test_bfloat16_has_a_bar_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copied(tmp_path, "case_dit_causal_warped_steps", "case_rope")
    assert main([str(tmp_path), "--json", "--dtype", "bfloat16"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["cases"]
    assert (row["case"], row["tolerance"]) == ("case_dit_causal_warped_steps", 0.08)
    assert 1e-3 < row["max_abs_error"] < 0.08
    assert 0.9995 < row["cosine"] < 1

    def shift(tensors: dict[str, Tensor]) -> None:
        tensors["flow.c0.s0"].add_(0.04)

    # A shift of everything is within the largest error allowed, and not alike enough.
    rewrite(tmp_path, "case_dit_causal_warped_steps", lambda _facts, tensors: shift(tensors))
    (row_of_it,) = run(tmp_path, torch.bfloat16)
    assert any("cosine" in reason for reason in row_of_it.reasons)
