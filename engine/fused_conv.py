"""Convolutions with what stands before or behind them, so that results are written once. Knows no autoencoder.

On a CPU oneDNN adds and clamps in the convolution's own last step. PyTorch has no public name for that (it is what
``torch.compile`` makes of the operators), so each form is compared with the plain one before it is used for the first
time, and the plain one takes over where it differs or fails. Frames that are mixed before a convolution are mixed by
it, in three dimensions. Elsewhere, and in training, the plain forms run.
"""

from __future__ import annotations

import logging
from typing import cast
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn

log = logging.getLogger(__name__)

_able: dict[torch.dtype, bool] = {}
"""Types in which this processor's fused forms have shown what they give."""

_Source = tuple[Tensor, int, int]
"""Weights, where they lie, and how often they were written into."""
_merged: WeakKeyDictionary[nn.Conv2d, tuple[tuple[_Source, ...], Tensor]] = WeakKeyDictionary()
"""Convolutions that have taken in the mixing before them, with the weights that they were made of."""


def conv_relu(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """relu(conv(x)), x [N, C, h, w]."""
    if not _is_fused(conv, x):
        return F.relu_(conv(x))
    try:
        return _onednn_relu(conv, x)
    except Exception as error:  # noqa: BLE001 - these are not public interfaces
        _give_up(x, error)
        return F.relu_(conv(x))


def conv_add_relu(conv: nn.Conv2d, x: Tensor, other: Tensor) -> Tensor:
    """relu(conv(x) + other), other of the result's shape; with one rounding where the plain form has two."""
    if not _is_fused(conv, x):
        return F.relu_(conv(x).add_(other))
    try:
        return _onednn_add_relu(conv, x, other)
    except Exception as error:  # noqa: BLE001
        _give_up(x, error)
        return F.relu_(conv(x).add_(other))


def conv_of_mixed(mix: nn.Conv2d, conv: nn.Conv2d, x: Tensor, stride: int) -> Tensor | None:
    """conv(mix(x)), where mix, 1x1 and without a bias, makes one frame of ``stride`` ones beside each other.

    x: [B*F, C, h, w], channels last. Returns [B*F/stride, ...], or None where one behind the other is to run. Both are
    linear, and padding is 0 before as behind the mixing, so that one convolution over frames, rows and columns gives
    the same but for roundings.
    """
    if not _runs_here(conv, x) or not torch._C._has_mkldnn or mix.weight.is_inference() or conv.weight.is_inference():
        return None
    weight = _weight_of_mixed(mix, conv, stride)
    if stride == 1:
        return F.conv2d(x, weight.squeeze(2), None, conv.stride, conv.padding)
    (down, across), (above, beside) = conv.stride, cast("tuple[int, int]", conv.padding)
    frames = x.unsqueeze(0).transpose(1, 2)
    y = F.conv3d(frames, weight, None, (stride, down, across), (0, above, beside))
    return y.transpose(1, 2).squeeze(0)


def _weight_of_mixed(mix: nn.Conv2d, conv: nn.Conv2d, stride: int) -> Tensor:
    """[out, C, stride, 3, 3], made anew when one of the two was written into or lies elsewhere."""
    of = tuple((layer.weight, layer.weight.data_ptr(), layer.weight._version) for layer in (mix, conv))
    kept = _merged.get(conv)
    if kept is None or any(a[0] is not b[0] or a[1:] != b[1:] for a, b in zip(kept[0], of, strict=True)):
        parts = mix.weight.detach().float().view(mix.out_channels, stride, -1)
        weight = torch.einsum("omyx,mtc->octyx", conv.weight.detach().float(), parts).to(conv.weight.dtype)
        kept = _merged[conv] = of, weight.to(memory_format=torch.channels_last_3d)
    return kept[1]


def _is_fused(conv: nn.Conv2d, x: Tensor) -> bool:
    if not _runs_here(conv, x):
        return False
    if x.dtype not in _able:
        _able[x.dtype] = torch._C._has_mkldnn and _gives_the_same(x.dtype)
    return _able[x.dtype]


def _runs_here(conv: nn.Conv2d, x: Tensor) -> bool:
    if x.device.type != "cpu" or torch.compiler.is_compiling():
        return False
    return not (torch.is_grad_enabled() and (x.requires_grad or conv.weight.requires_grad))


@torch.inference_mode()
def _gives_the_same(dtype: torch.dtype) -> bool:
    generator = torch.Generator().manual_seed(0)
    conv = nn.Conv2d(8, 8, 3, padding=1).to(dtype)
    for parameter in conv.parameters():
        parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    x, other = (
        torch.randn(2, 8, 6, 10, generator=generator).to(dtype, memory_format=torch.channels_last) for _ in range(2)
    )
    plain = conv(x).float()
    right = plain.relu(), (plain + other.float()).relu()
    try:
        made = _onednn_relu(conv, x), _onednn_add_relu(conv, x, other)
    except Exception as error:  # noqa: BLE001
        log.info("No convolutions with sum and ReLU here: %s", error)
        return False
    most = 1e-5 if dtype == torch.float32 else 0.02
    return all(bool((a.float() - b).norm() <= most * b.norm()) for a, b in zip(made, right, strict=True))


def _onednn_relu(conv: nn.Conv2d, x: Tensor) -> Tensor:
    y: Tensor = torch.ops.mkldnn._convolution_pointwise.default(
        x, conv.weight, conv.bias, conv.padding, conv.stride, conv.dilation, conv.groups, "relu", [], ""
    )
    return y


def _onednn_add_relu(conv: nn.Conv2d, x: Tensor, other: Tensor) -> Tensor:
    y: Tensor = torch.ops.mkldnn._convolution_pointwise.binary(
        *(x, other, conv.weight, conv.bias, conv.padding, conv.stride, conv.dilation, conv.groups),
        *("add", 1.0, "relu", [], ""),
    )
    return y


def _give_up(x: Tensor, error: Exception) -> None:
    log.warning("Convolutions with sum and ReLU failed and are left to PyTorch from now on: %s", error)
    _able[x.dtype] = False
