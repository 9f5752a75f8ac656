"""What stands between the products of a block, in few passes over memory: norms, rotations, gates. Knows no weights.

Each operation has a form in few PyTorch operators and, on CUDA, ROCm and Intel GPUs, a Triton kernel where Triton is
installed (``fused_triton``). Both round once, where the form that published models were trained with rounds after each
step; that one (``..._plainly``) is what is trained through, and what the others are tested against.

Run here: PyTorch's forms, and the Triton kernels in Triton's interpreter. Not run, for want of a GPU: those as they
compile; should one fail, PyTorch's forms take over with a line in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from types import ModuleType

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.capture import is_captured
from engine.rope import RotaryTable, rotate

log = logging.getLogger(__name__)

_GPUS = ("cuda", "xpu")
_failed = set[str]()
"""Triton kernels that do not run here."""


def norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """Layer norm of x [..., dim], then * weight + bias: [dim], or what broadcasts to x."""
    if _is_one_row(x, weight) and _is_one_row(x, bias):
        return F.layer_norm(x, x.shape[-1:], weight, bias, eps)
    return torch.addcmul(bias, F.layer_norm(x, x.shape[-1:], eps=eps), weight)


def add(x: Tensor, y: Tensor, gate: Tensor | None = None) -> Tensor:
    """x + gate * y, gate broadcast to x, 1 for None. Takes y's memory where y has x's type and nothing is trained."""
    into = None if _is_trained(x, y, gate) or y.dtype != x.dtype else y
    return torch.add(x, y, out=into) if gate is None else torch.addcmul(x, gate, y, out=into)


def add_and_norm(
    x: Tensor, y: Tensor, gate: Tensor | None, weight: Tensor, bias: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """``add`` and the ``norm`` of what comes of it. x, y: [B, F, tokens, dim]; y's memory may be taken."""
    kernels = None if _is_trained(x, y, gate, weight) else _kernels(x, "add_and_norm")
    if kernels is not None and kernels.fits_add_and_norm(x, y, gate, weight, bias):
        try:
            added, normed = kernels.add_and_norm(x, y, gate, weight, bias, eps)
            return added, normed
        except Exception as error:  # noqa: BLE001 - a compiler for GPUs fails in every way there is
            _give_up("add_and_norm", x, error)
    added = add(x, y, gate)
    return added, norm(added, weight, bias, eps)


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x [..., dim] divided by its root mean square, in float32, then weighted; in x's type."""
    if _is_trained(x, weight):
        return rms_norm_plainly(x, weight, eps)
    kernels = _kernels(x, "rms_norm")
    if kernels is not None and x.ndim == 3 and x.stride(-1) == 1:
        try:
            normed: Tensor = kernels.rms_norm(x, weight, eps)
            return normed
        except Exception as error:  # noqa: BLE001
            _give_up("rms_norm", x, error)
    wide, scale = _weighted(x, weight, eps)
    return wide.mul_(scale).to(x.dtype)


def rms_norm_turned(x: Tensor, weight: Tensor, eps: float, heads: int, table: RotaryTable) -> Tensor:
    """``rms_norm`` of x [B, tokens, dim], split into heads and turned by the table: [B, tokens, heads, D]."""
    if _is_trained(x, weight):
        return rotate(_split(rms_norm_plainly(x, weight, eps), heads), table)
    kernels = _kernels(x, "rms_norm_turned")
    if kernels is not None and x.stride(-1) == 1:
        try:
            turned: Tensor = kernels.rms_norm_turned(x, weight, eps, heads, table.turns)
            return turned
        except Exception as error:  # noqa: BLE001
            _give_up("rms_norm_turned", x, error)
    wide, scale = _weighted(x, weight, eps)
    pairs = torch.view_as_complex(wide.view(*x.shape[:-1], heads, -1, 2))
    # A number for each token, so it goes into the table, which is smaller than x by the number of heads.
    pairs.mul_(table.turns * scale.unsqueeze(-1))
    return torch.view_as_real(pairs).flatten(-2).to(x.dtype)


def rms_norms_turned(
    x: Tensor, y: Tensor, weights: tuple[Tensor, Tensor], eps: float, heads: int, table: RotaryTable
) -> Tensor | None:
    """``rms_norm_turned`` of two tensors that lie beside each other, as one product leaves queries and keys.

    x, y: [B, tokens, dim]. Gives both, [B, tokens, 2, heads, D] in float32, not yet rounded to their type; None where
    they do not lie so, where kernels do it, or in training.
    """
    if torch.compiler.is_compiling() or x.device.type in _GPUS or _is_trained(x, y, *weights):
        return None
    batch, tokens, dim = x.shape
    stride = x.stride()
    if stride[1] < 2 * dim or stride[2] != 1 or y.stride() != stride or x.dtype != y.dtype:
        return None
    if y.data_ptr() != x.data_ptr() + dim * x.element_size():  # between two rows of x, so it is the same memory
        return None
    pair = x.as_strided((batch, tokens, 2, dim), (stride[0], stride[1], dim, 1))
    return rms_norm_turned_pair(pair, torch.stack(weights), eps, heads, table)


def rms_norm_turned_pair(x: Tensor, weights: Tensor, eps: float, heads: int, table: RotaryTable) -> Tensor:
    """``rms_norms_turned`` of two that are one tensor [B, tokens, 2, dim], by weights [2, dim]; on a CPU."""
    wide, scale = _weighted(x, weights, eps)
    pairs = torch.view_as_complex(wide.view(*x.shape[:-1], heads, -1, 2))
    pairs.mul_(table.turns.unsqueeze(1) * scale.unsqueeze(-1))
    return torch.view_as_real(pairs).flatten(-2)


def turn(x: Tensor, table: RotaryTable, into: Tensor) -> None:
    """x [B, tokens, heads, D] turned by the table, written to ``into``, of the same shape and type; it may be x."""
    kernels = _kernels(x, "turn")
    if kernels is not None and x.stride(-1) == into.stride(-1) == 1 and x.stride(-2) == into.stride(-2) == x.shape[-1]:
        try:
            kernels.turn(x, table.turns, into)
            return
        except Exception as error:  # noqa: BLE001
            _give_up("turn", x, error)
    rotate(x, table, into)


def linear_gelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """GELU, by tanh, of the linear layer of x [..., in]; in the product's own last step where the device's can."""
    if not _is_trained(x, weight, bias):
        product = _product_with_gelu(x)
        if product is not None:
            try:
                return product(x, weight, bias)
            except Exception as error:  # noqa: BLE001 - these are not public interfaces
                _give_up("linear_gelu", x, error)
                _with_gelu.clear()
    return linear_gelu_plainly(x, weight, bias)


def cpu_linear(dtype: torch.dtype) -> Product:
    """The linear layer of x [..., in], weight and bias as a CPU does it fastest; to the bit what PyTorch's gives."""
    if dtype not in _cpu_linear:
        _cpu_linear[dtype] = _onednn if dtype == torch.bfloat16 and _is_onednn_exact() else F.linear
    return _cpu_linear[dtype]


def linear_gelu_plainly(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.gelu(F.linear(x, weight, bias), approximate="tanh")


def rms_norm_plainly(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    wide = x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)).to(x.dtype) * weight


def norm_plainly(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    wide = x.float() - x.float().mean(-1, keepdim=True)
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)).to(x.dtype) * weight + bias


Product = Callable[[Tensor, Tensor, Tensor], Tensor]
_with_gelu: dict[tuple[torch.device, torch.dtype], Product | None] = {}
_cpu_linear: dict[torch.dtype, Product] = {}


def _product_with_gelu(x: Tensor) -> Product | None:
    """The device's product that ends in a GELU, once it has shown that it gives what the plain form does; else None."""
    kind = (x.device, x.dtype)
    if kind not in _with_gelu:
        if torch.compiler.is_compiling() or is_captured(x):
            return None
        product = {"cpu": _onednn_gelu, "cuda": _cublas_gelu}.get(x.device.type)
        if "linear_gelu" in _failed or (product is not None and not _gives_gelu(product, x)):
            product = None
        _with_gelu[kind] = product
    return _with_gelu[kind]


def _gives_gelu(product: Product, like: Tensor) -> bool:
    generator = torch.Generator().manual_seed(0)
    x, weight, bias = (0.5 * torch.randn(shape, generator=generator).to(like) for shape in ((32, 64), (48, 64), (48,)))
    plain = linear_gelu_plainly(x, weight, bias).float()
    try:
        wrong = (product(x, weight, bias).float() - plain).norm()
    except Exception as error:  # noqa: BLE001
        log.info("No product with GELU here: %s", error)
        return False
    return bool(wrong <= (1e-5 if like.dtype == torch.float32 else 0.02) * plain.norm())


def _is_onednn_exact() -> bool:
    generator = torch.Generator().manual_seed(0)
    x, weight, bias = (torch.randn(shape, generator=generator).bfloat16() for shape in ((1, 72, 96), (80, 96), (80,)))
    try:
        return torch.equal(_onednn(x, weight, bias), F.linear(x, weight, bias))
    except Exception as error:  # noqa: BLE001 - it is no public interface
        log.info("No linear layer by oneDNN here: %s", error)
        return False


def _onednn(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    # The bias goes into the product, where PyTorch's own first copies it to every row.
    y: Tensor = torch.ops.mkldnn._linear_pointwise.default(x, weight, bias, "none", [], "")
    return y


def _onednn_gelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    # What torch.compile makes of the two on a CPU; eager PyTorch has no public name for it.
    y: Tensor = torch.ops.mkldnn._linear_pointwise.default(x, weight, bias, "gelu", [], "tanh")
    return y


def _cublas_gelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    y: Tensor = torch._addmm_activation(bias, x.reshape(-1, x.shape[-1]), weight.t(), use_gelu=True)
    return y.view(*x.shape[:-1], -1)


def _weighted(x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """x * weight in float32, memory of its own, and one over the root mean square of x, [..., 1]."""
    # Types are changed in a pass of their own: operators of two types are slower on a CPU than two of one.
    wide, weight = x.float(), weight.float()
    length: Tensor = torch.linalg.vector_norm(wide, dim=-1, keepdim=True)
    scale = length.square_().mul_(1 / x.shape[-1]).add_(eps).rsqrt_()
    return (wide * weight if wide is x else wide.mul_(weight)).contiguous(), scale


def _split(x: Tensor, heads: int) -> Tensor:
    return x.view(*x.shape[:-1], heads, -1)


def _is_one_row(x: Tensor, row: Tensor) -> bool:
    return row.ndim == 1 and row.dtype == x.dtype


def _is_trained(*tensors: Tensor | None) -> bool:
    return torch.is_grad_enabled() and any(tensor is not None and tensor.requires_grad for tensor in tensors)


def _kernels(x: Tensor, name: str) -> ModuleType | None:
    if x.device.type not in _GPUS or name in _failed:
        return None
    if x.is_cuda and x.device.index != torch.cuda.current_device():
        return None  # Triton launches on the current one
    return _triton()


@cache
def _triton() -> ModuleType | None:
    try:
        from engine import fused_triton
    except Exception as error:  # noqa: BLE001 - not installed, or not for this system
        log.info("No fused kernels by Triton: %s", error)
        return None
    return fused_triton


def _give_up(name: str, x: Tensor, error: Exception) -> None:
    if isinstance(error, torch.OutOfMemoryError) or is_captured(x):
        raise error
    log.warning("The fused kernel %s failed and is left to PyTorch from now on: %s", name, error)
    _failed.add(name)
