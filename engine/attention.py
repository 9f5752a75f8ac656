"""One seam for attention kernels. Softmax attention, scale 1/sqrt(head width); knows no caches.

Which kernel answers is measured once for each kind of call (``Choice``) and kept for the process. Calls with a bias or
with zero keys, calls that are to be differentiated, and whatever a chosen kernel fails at, go to PyTorch's own.
"""

from __future__ import annotations

import logging
import math
import time
import warnings
from collections.abc import Callable, Sequence
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.attention_kernels import SDPA, Kernel, candidates, sdpa
from engine.capture import is_captured

log = logging.getLogger(__name__)

Kind = tuple[torch.device, torch.dtype, int, int, int, bool]
"""Device, type, head width, orders of magnitude of queries and keys, whether approximate kernels may answer."""

_ROUNDS = 5
_WORTH = 0.97
"""Of the time that PyTorch's own choice takes: a kernel must need no more than that to be taken in its place."""
_ERROR, _APPROXIMATE_ERROR = 0.02, 0.1
"""The most that an answer may lie away from PyTorch's, root mean square, a share of it. bfloat16 alone makes .004."""


def seconds(kernel: Kernel, q: Tensor, k: Tensor, v: Tensor) -> float:
    """How long one call takes, the device's work included."""
    _wait_for(q.device)
    began = time.perf_counter()
    for _ in range(2):
        kernel.run(q, k, v)
    _wait_for(q.device)
    return (time.perf_counter() - began) / 2


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class Choice:
    """The fastest kernel for each kind of call, among those that run and answer rightly."""

    def __init__(
        self,
        offered: Callable[[torch.device, torch.dtype, bool], Sequence[Kernel]] = candidates,
        timed: Callable[[Kernel, Tensor, Tensor, Tensor], float] = seconds,
    ) -> None:
        """offered: the kernels for a device and type, approximate ones too where the last argument is true."""
        self._offered, self._timed = offered, timed
        self._chosen: dict[Kind, Kernel] = {}
        self._failed: set[str] = set()

    def attend(self, q: Tensor, k: Tensor, v: Tensor, approximate: bool = False) -> Tensor:
        """As the function ``attend``, without bias and zero keys."""
        kind = (q.device, q.dtype, q.shape[-1], _magnitude(q.shape[1]), _magnitude(k.shape[1]), approximate)
        kernel = self._chosen.get(kind)
        if kernel is None:
            if _must_not_wait(q):
                return SDPA.run(q, k, v)
            kernel = self._chosen[kind] = self._measured(q, k, v, approximate)
        if kernel is SDPA:
            return SDPA.run(q, k, v)
        try:
            return kernel.run(q, k, v)
        except torch.OutOfMemoryError:
            raise  # the other kernels need no less
        except Exception as error:  # the show goes on, whatever a kernel comes up with
            if is_captured(q):
                raise
            log.warning(
                "Attention by %s failed and is left to PyTorch from now on: %s", kernel.name, _first_line(error)
            )
            self._failed.add(kernel.name)
            self._chosen = {each: one for each, one in self._chosen.items() if one.name != kernel.name}
            self._chosen[kind] = SDPA
            return SDPA.run(q, k, v)

    @torch.no_grad()
    def _measured(self, q: Tensor, k: Tensor, v: Tensor, approximate: bool) -> Kernel:
        offered = [
            kernel for kernel in self._offered(q.device, q.dtype, approximate) if kernel.name not in self._failed
        ]
        if all(kernel is SDPA for kernel in offered):
            return SDPA
        right = SDPA.run(q, k, v)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch tells why a kernel cannot
            able = [kernel for kernel in offered if self._answers(kernel, right, q, k, v)]
            times: dict[str, list[float]] = {kernel.name: [] for kernel in able}
            for _ in range(_ROUNDS):
                for kernel in able:
                    times[kernel.name].append(self._timed(kernel, q, k, v))
        taken = {name: median(each) for name, each in times.items()}
        fastest = min(able, key=lambda kernel: taken[kernel.name])
        if taken[fastest.name] > _WORTH * taken.get(SDPA.name, math.inf):
            fastest = SDPA
        log.info(
            "Attention of %d tokens over %d (%s, %s, heads of %d) by %s: %s",
            q.shape[1],
            k.shape[1],
            q.device,
            str(q.dtype).removeprefix("torch."),
            q.shape[-1],
            fastest.name,
            ", ".join(f"{name} {1000 * each:.3f} ms" for name, each in sorted(taken.items(), key=lambda one: one[1])),
        )
        return fastest

    def _answers(self, kernel: Kernel, right: Tensor, q: Tensor, k: Tensor, v: Tensor) -> bool:
        """Whether it runs here and comes to what PyTorch comes to; the second run is for those that compile first."""
        try:
            answer = kernel.run(q, k, v)
            wrong = float((answer.float() - right.float()).norm() / right.float().norm().clamp(min=1e-20))
            kernel.run(q, k, v)
        except torch.OutOfMemoryError:
            return False
        except Exception as error:  # noqa: BLE001 - built for other cards, other types, other releases
            log.info("No attention by %s here: %s", kernel.name, _first_line(error))
            return False
        # Not the other way round: a NaN must not pass.
        if wrong <= (_APPROXIMATE_ERROR if kernel.approximate else _ERROR):
            return True
        log.warning("Attention by %s is not used here: it is wrong by %.2g of the answer", kernel.name, wrong)
        return False


_choice = Choice()


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    bias: Tensor | None = None,
    zero_keys: int = 0,
    approximate: bool = False,
) -> Tensor:
    """Attention of q [B, Lq, heads, D] over k, v [B, Lk, heads, D]; the result is shaped like q.

    bias: [Lk], added to the scaled logits of each key: log(w) weighs a key by w. zero_keys: so many keys and values of
    zeros stand behind the others, unmasked, as in the reference implementation's padded kernel. approximate: whether a
    kernel that rounds further than the type asks (Sage) may answer, where one is installed and faster.
    """
    if bias is None and not zero_keys and not (torch.is_grad_enabled() and q.requires_grad):
        return _choice.attend(q, k, v, approximate)
    if zero_keys:
        k, v = (F.pad(tensor, (0, 0, 0, 0, 0, zero_keys)) for tensor in (k, v))
        bias = None if bias is None else F.pad(bias, (0, zero_keys))
    if bias is not None:
        # A CPU's kernel adds float32 as it is; others ask for the type of the queries.
        bias = (bias if q.is_cpu else bias.to(q.dtype)).view(1, 1, 1, -1)
    return sdpa(q, k, v, bias)


def attend_plainly(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None, zero_keys: int = 0) -> Tensor:
    """The same written out in float32: what every kernel behind ``attend`` is tested against."""
    logits = torch.einsum("bqhd,bkhd->bhqk", q.float(), k.float()) / math.sqrt(q.shape[-1])
    if bias is not None:
        logits = logits + bias.float()
    if zero_keys:
        logits = F.pad(logits, (0, zero_keys))
    weights = logits.softmax(-1)[..., : k.shape[1]]
    return torch.einsum("bhqk,bkhd->bqhd", weights, v.float()).to(q.dtype)


def _magnitude(length: int) -> int:
    """Alike for lengths within a factor of four."""
    return length.bit_length() // 2


def _must_not_wait(q: Tensor) -> bool:
    """Whether nothing may be measured now: work is being captured or compiled."""
    return torch.compiler.is_compiling() or is_captured(q)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
