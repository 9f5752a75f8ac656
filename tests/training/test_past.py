from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
import torch

from engine.kv_cache import KVCache
from engine.rollout import Rollout
from tests.training.small import SMALL
from training.past import Past
from training.samples import Wording
from training.transformer import Painter


@pytest.mark.parametrize("referred", [False, True])
@torch.no_grad()
def test_training_sees_what_a_show_sees(referred: bool) -> None:
    """The training window and the engine's own rollout paint the same frames, and go on to when both are full."""
    torch.manual_seed(0)
    painter = Painter(SMALL)
    for parameter in painter.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))
    rows, columns, frames = 4, 6, 7
    channels = SMALL.dit.latent_channels
    embeds = painter.embeds([Wording("neon teal")])
    noise = torch.randn(frames, 1, 1, channels, rows, columns)
    contexts = torch.randn(frames, 1, 1, SMALL.dit.vace_channels, rows, columns)
    reference = torch.randn(1, 1, channels, rows, columns) if referred else None

    rollout = Rollout(painter.dit, SMALL, rows, columns)
    rollout.read_text(embeds)
    rollout.show_references(reference, in_sink=True)

    past = Past(SMALL.dit, SMALL.rollout, rows // 2, columns // 2, torch.device("cpu"))
    cache, text = cast(KVCache, past), painter.dit.read_text(embeds)
    reference_noise = torch.randn(1, 1, channels, rows, columns, generator=torch.Generator().manual_seed(0))
    if reference is not None:
        past.open_references(1)
        painter.dit(reference, 0.0, text, cache)
        past.keep_references()
    for frame in range(frames):
        shown = rollout.denoise(lambda step, frame=frame: noise[frame], [1000.0], contexts[frame], 0.7)  # type: ignore[misc]
        rollout.settle()
        past.open()
        context, beside = contexts[frame], None
        if reference is not None:
            blank = torch.zeros(1, 1, SMALL.dit.vace_channels - channels, rows, columns)
            context = torch.cat([torch.cat([reference, blank], dim=2), context], dim=1)
            beside = rollout.sampler.schedule.add_noise(reference, reference_noise, 1000.0)
        read = painter.dit.read_context(context, context.shape[1])
        trained = painter.dit(noise[frame], 1000.0, text, cache, read, 0.7, beside)
        past.open()
        painter.dit(trained, 0.0, text, cache)
        past.keep()
        assert float((trained - shown).abs().max()) < 1e-4, frame


def test_only_the_starters_kind_of_rollout_is_taken() -> None:
    with pytest.raises(ValueError, match="rolling"):
        Past(SMALL.dit, replace(SMALL.rollout, positions="absolute"), 2, 3, torch.device("cpu"))
