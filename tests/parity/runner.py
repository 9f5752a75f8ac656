"""Runs every case of a golden directory and says how far the engine is from each. Knows no numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from tests.parity import adapters, autoencoders, batch, contexts, rollouts, schedules, texts
from tests.parity.case import Case
from tests.parity.rows import Row, Rows

Family = Callable[[Case, Rows], None]

TRANSFORMERS: dict[str, Family] = {
    "case_dit_causal": rollouts.plain,
    "case_vace_causal": rollouts.vace,
    "case_vace_causal_refs": rollouts.vace,
    "case_prompt_switch": rollouts.prompt_switch,
    "case_krea": rollouts.recomputed,
    "case_vace_batch": batch.bidirectional,
}
OTHERS: dict[str, Family] = {
    "case_scheduler": schedules.scheduler,
    "case_rope": schedules.positions,
    "case_wan_vae": autoencoders.wan,
    "case_tae": autoencoders.tiny,
    "case_vace_encode": contexts.encoding,
    "case_text_encoder": texts.encoder,
    "case_lora": adapters.loras,
}


def run(folder: Path, dtype: torch.dtype = torch.float32) -> list[Row]:
    """The rows of all cases in ``folder``, by name. In bfloat16 only cases of transformers are run."""
    names = sorted({path.stem for path in folder.glob("case_*") if path.suffix in (".json", ".safetensors")})
    if dtype == torch.bfloat16:
        names = [name for name in names if _family_name(name) not in OTHERS]
    return [row for name in names for row in run_case(folder, name, dtype)]


def run_case(folder: Path, name: str, dtype: torch.dtype = torch.float32) -> list[Row]:
    """The rows of one case, among them one that fails where the case cannot be read or leaves something over."""
    family = family_of(name)
    if family is None:
        return [Row(name, 0.0, reasons=["no such case is known"])]
    found: list[Row] = []
    try:
        case = Case(folder, name, dtype)
        rows = Rows(case, found)
        with torch.inference_mode(), _one_thread():
            family(case, rows)
        rows.fail_for_what_is_left()
    except Exception as error:  # noqa: BLE001, whatever is wrong with a case, the others are to be run
        found.append(Row(name, 0.0, reasons=[f"cannot be run: {type(error).__name__}: {error}"]))
    return found


def family_of(name: str) -> Family | None:
    """What runs the case, None where nothing does. Causal roll-outs bear the name of their setting behind their own."""
    return (TRANSFORMERS | OTHERS).get(_family_name(name))


def _family_name(name: str) -> str:
    return "case_dit_causal" if name.startswith("case_dit_causal_") else name


@contextmanager
def _one_thread() -> Iterator[None]:
    """For networks this small more threads only wait for each other: ten times as long on two cores in use."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
