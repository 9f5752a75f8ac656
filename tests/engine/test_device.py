"""In which type this and other machines compute."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from engine.device import best_device, cpu_multiplies_bfloat16


@pytest.mark.parametrize(("generation", "dtype"), [(7, torch.float32), (8, torch.bfloat16), (9, torch.bfloat16)])
def test_cards_that_only_emulate_bfloat16_compute_in_float32(
    generation: int, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Volta and Turing can store it, and torch calls that support."""

    def is_bf16_supported(including_emulation: bool = True) -> bool:
        return including_emulation or generation >= 8

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_bf16_supported)
    assert best_device().torch_device.type == "cuda"
    assert best_device().dtype == dtype


@pytest.mark.parametrize(
    ("has", "multiplies"),
    [
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, False),
        ({"avx512_bf16": True, "amx_bf16": False}, True),
        ({"avx512_bf16": False, "amx_bf16": True}, True),
        ({"neon": True, "bf16": False}, False),
        ({"neon": True, "bf16": True}, True),
    ],
)
def test_processors_are_asked_for_products_in_bfloat16(
    has: dict[str, bool], multiplies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "cpu", SimpleNamespace(get_capabilities=lambda: has))
    assert cpu_multiplies_bfloat16() == multiplies


@pytest.mark.parametrize("supported", [True, False])
def test_an_older_torch_tells_of_avx_512_alone(supported: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "cpu", SimpleNamespace(_is_avx512_bf16_supported=lambda: supported))
    assert cpu_multiplies_bfloat16() == supported
    monkeypatch.setattr(torch, "cpu", SimpleNamespace())
    assert not cpu_multiplies_bfloat16()
