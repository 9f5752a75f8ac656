"""Which layers of the transformer are kept in fp8, and how they get there. Knows no files.

Fp8 are the linear layers of all blocks, Context Blocks included: 98 percent of the transformer's numbers. The rest
stays in the compute type. Embeddings of text and time and the time projection run once for a prompt or a pass, so there
is little to gain, and their errors would scale and shift every token; the head's errors would go straight into the
picture.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine import fp8
from engine.errors import EngineError
from engine.linear import Linear
from engine.words import running as words

_STACKS = ("blocks.", "vace_blocks.")

TOLERATED = 0.06
"""The most that an fp8 product may lie away from the whole one, root mean square, as a share of it. Random numbers in
both sides' fp8 make .037; only weights of a kind that e4m3 does not hold, or a broken kernel, come to more."""
_ROWS = 32


def fp8_layers(network: nn.Module) -> dict[str, Linear]:
    """The layers of a WanDiT, on any device or none, that fp8 precision is for, by their names."""
    return {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, Linear) and name.startswith(_STACKS)
    }


@torch.no_grad()
def fp8_error(weight: Tensor, dtype: torch.dtype) -> float:
    """How far the product with ``weight`` [out, in] comes out in fp8 from the whole one, as a share of that.

    By the product that the show will use on the weight's device, over random inputs of type ``dtype``; root mean
    square. NaN where the product is.
    """
    inputs = torch.randn(_ROWS, weight.shape[1], generator=torch.Generator().manual_seed(0)).to(weight.device, dtype)
    whole = F.linear(inputs.float(), weight.float())
    rounded = fp8.linear(inputs, *fp8.quantize_rows(weight), inputs.new_zeros(len(weight)))
    return float((rounded.float() - whole).norm() / whole.norm().clamp(min=1e-20))


def store_fp8(layer: Linear, weight: Tensor) -> None:
    """Make ``weight`` [out, in], of any float type, the layer's own in row-wise e4m3.

    A layer that is fp8 already is overwritten where it is; else its new weight and scale live where ``weight`` does, so
    bring that to its device first. The bias stays. ValueError for a wrong shape, EngineError on a device without fp8.
    """
    if weight.shape != layer.weight.shape:
        raise ValueError(f"a weight is {tuple(weight.shape)}, expected {tuple(layer.weight.shape)}")
    if weight.device.type == "mps":
        raise EngineError(words.FP8_ON_APPLE)
    values, scale = fp8.quantize_rows(weight.detach())
    if layer.weight_scale is not None:
        layer.write(values, scale)
    else:
        layer.weight = nn.Parameter(values, requires_grad=False)
        layer.weight_scale = scale
