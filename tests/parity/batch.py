"""The bidirectional form of the transformer: all frames at once, one timestep, no cache (section 8)."""

from __future__ import annotations

import torch

from tests.parity.case import Case
from tests.parity.networks import transformer
from tests.parity.rows import Rows
from tests.parity.watching import Passes

TOLERANCE = 2e-5
"""As of any flow: unlike the causal cases under VACE, these were made with the sinusoid in float64."""


def bidirectional(case: Case, rows: Rows) -> None:
    """Every clip of the case, at every scale of the hints."""
    clips = [match[1] for match in case.matches(r"(.+)\.x")]
    for clip in clips:
        with rows.row(clip, TOLERANCE) as row:
            network = transformer(case, vace=True)
            passes = Passes(network)
            text = network.read_text(case.given("text_embeds"))
            x = case.given(f"{clip}.x").transpose(0, 1).unsqueeze(0)
            parts = case.given(f"{clip}.vace_context.latent"), case.given(f"{clip}.vace_context.mask_u8").float()
            context = network.read_context(torch.cat(parts).transpose(0, 1).unsqueeze(0), x.shape[1])
            for scale in case.facts["scales"]:
                flow = network(x, case.facts["timestep"], text, context=context, control_strength=scale)
                row.compare(f"{clip}.out.s{round(100 * scale)}", flow[0].transpose(0, 1))
                (one,) = passes.take()
                for index, hint in enumerate(one.hints):
                    row.compare(f"{clip}.hint.h{index}", hint)
