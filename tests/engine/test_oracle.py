"""diffusers' transformer as a second, separately written account of the network: random weights, equal outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
import torch
from diffusers import WanVACETransformer3DModel
from torch import nn

from engine.config import DiTConfig
from engine.dit import WanDiT
from engine.key_names import transformer_names

CONFIG = DiTConfig(dim=48, heads=2, ffn_dim=80, layers=4, vace_layers=(0, 2), freq_dim=32, text_dim=20, text_len=9)


@torch.no_grad()
def networks() -> tuple[nn.Module, WanDiT]:
    """Theirs with random weights, no zero among them, and ours with the same."""
    make = cast("Callable[..., nn.Module]", WanVACETransformer3DModel)
    theirs = make(
        num_attention_heads=CONFIG.heads,
        attention_head_dim=CONFIG.head_dim,
        text_dim=CONFIG.text_dim,
        freq_dim=CONFIG.freq_dim,
        ffn_dim=CONFIG.ffn_dim,
        num_layers=CONFIG.layers,
        vace_layers=list(CONFIG.vace_layers),
    ).eval()
    generator = torch.Generator().manual_seed(0)
    for name, parameter in theirs.named_parameters():
        spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.2
        parameter.normal_(1.0 if ".norm" in name and name.endswith("weight") else 0.0, spread, generator=generator)
    state = theirs.state_dict()
    ours = WanDiT(CONFIG).eval()
    ours.load_state_dict({ours_name: state[name] for name, ours_name in transformer_names(state).items()})
    return theirs, ours


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("strength", [0.0, 0.6, 1.0])
@torch.inference_mode()
def test_the_bidirectional_form_equals_diffusers(frames: int, strength: float) -> None:
    theirs, ours = networks()
    generator = torch.Generator().manual_seed(frames)
    x = torch.randn(1, frames, 16, 4, 6, generator=generator)
    context = torch.randn(1, frames, 96, 4, 6, generator=generator)
    embeds = torch.randn(1, CONFIG.text_len, CONFIG.text_dim, generator=generator)
    expected = theirs(
        x.transpose(1, 2),
        timestep=torch.tensor([750]),
        encoder_hidden_states=embeds,
        control_hidden_states=context.transpose(1, 2),
        control_hidden_states_scale=torch.full((len(CONFIG.vace_layers),), strength),
        return_dict=False,
    )[0].transpose(1, 2)
    read = ours.read_context(context, frames)
    flow = ours(x, 750.0, ours.read_text(embeds), context=read, control_strength=strength)
    assert expected.std() > 0.1
    assert (flow - expected).abs().max() < 3e-5
