"""The text encoder (section 12)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from engine.device import Device
from engine.umt5 import PromptReader
from engine.umt5_weights import UMT5Config
from tests.parity.case import Case
from tests.parity.rows import Rows

TOLERANCE = 5e-5


def encoder(case: Case, rows: Rows) -> None:
    """Every prompt of the case, given as token numbers; rows behind its end are zeros."""
    facts = case.facts["config"]
    config = UMT5Config(
        vocabulary=facts["vocab_size"],
        dim=facts["dim"],
        attention_dim=facts["dim_attn"],
        ffn_dim=facts["dim_ffn"],
        heads=facts["num_heads"],
        layers=facts["encoder_layers"],
        buckets=facts["num_buckets"],
        max_distance=case.facts["relative_max_distance"],
    )
    with rows.row("", TOLERANCE) as row, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "umt5.safetensors")
        weights = {match[1]: case.given(match[0]) for match in case.matches(r"weights/(.+)")}
        save_file(weights, file)
        reader = PromptReader(file, None, Device(torch.device("cpu"), torch.float32), config=config)
        ids, mask = case.given("ids"), case.given("mask").bool()
        embeds = torch.cat(
            [_padded(reader.encode(line[own].tolist()), len(line)) for line, own in zip(ids, mask, strict=True)]
        )
        row.compare("hidden", embeds)
        row.compare("prompt_embeds", embeds)


def _padded(embeds: Tensor, rows: int) -> Tensor:
    """[1, prompt's rows, dim] with zero rows up to ``rows``."""
    return F.pad(embeds, (0, 0, 0, rows - embeds.shape[1]))
