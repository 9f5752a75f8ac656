"""The attention seam: every kernel of this machine against the one written out, and how one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend

from engine import attention
from engine.attention import Choice, attend, attend_plainly
from engine.attention_kernels import SDPA, Kernel, backend, candidates, offers_for, sdpa
from engine.device import best_device

Call = tuple[Tensor, Tensor, Tensor]
DEVICE = best_device().torch_device
CPU = torch.device("cpu")


def call(queries: int = 7, keys: int = 20, dtype: torch.dtype = torch.float32, device: torch.device = CPU) -> Call:
    generator = torch.Generator().manual_seed(queries)
    q, k, v = (torch.randn(2, length, 2, 64, generator=generator) for length in (queries, keys, keys))
    return q.to(device, dtype), k.to(device, dtype), v.to(device, dtype)


def kernels_here() -> list[Kernel]:
    found = candidates(DEVICE, torch.bfloat16, approximate=True)
    for which in (SDPBackend.FLASH_ATTENTION, SDPBackend.MATH):
        found.append(Kernel(f"only {which.name}", backend(which)))
    return found


@pytest.mark.parametrize("kernel", kernels_here(), ids=lambda kernel: kernel.name)
@pytest.mark.parametrize("keys", [64, 300])
def test_every_kernel_of_this_machine_agrees_with_the_plain_form(kernel: Kernel, keys: int) -> None:
    q, k, v = call(120, keys, torch.bfloat16, DEVICE)
    try:
        answer = kernel.run(q, k[:, :keys], v)
    except Exception as error:  # noqa: BLE001 - as the seam itself takes it
        pytest.skip(f"{kernel.name} does not run here: {error}")
    exact = attend_plainly(q.float(), k.float(), v.float())
    wrong = (answer.float() - exact).norm() / exact.norm()
    assert answer.shape == q.shape
    assert wrong < (0.1 if kernel.approximate else 0.01)


class Watched:
    """A kernel that counts its calls. fails_from: the number of the call that fails. scale: of its answers."""

    def __init__(self, name: str, fails_from: int | None = None, scale: float = 1.0, approximate: bool = False) -> None:
        self.calls = 0
        self._fails_from, self._scale = fails_from, scale
        self.kernel = Kernel(name, self._run, approximate)

    def _run(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if self._fails_from is not None and self.calls >= self._fails_from:
            raise RuntimeError("no image for this device\nand more")
        self.calls += 1
        return self._scale * sdpa(q, k, v)


class Measured:
    """A stop watch that shows what it was set to, in seconds by kernel, and notes whom it was held to."""

    def __init__(self, **times: float) -> None:
        self._times = {"SDPA": 1.0, **times}
        self.held_to = list[str]()

    def __call__(self, kernel: Kernel, q: Tensor, k: Tensor, v: Tensor) -> float:
        self.held_to.append(kernel.name)
        return self._times[kernel.name]


def choice_of(measured: Measured, *kernels: Watched) -> Choice:
    def offered(device: torch.device, dtype: torch.dtype, approximate: bool) -> Sequence[Kernel]:
        return [SDPA, *(each.kernel for each in kernels if approximate or not each.kernel.approximate)]

    return Choice(offered, measured)


def test_the_fastest_that_is_right_is_measured_once_and_kept() -> None:
    fast, late, wrong = Watched("fast"), Watched("late"), Watched("wrong", scale=1.1)
    broken = Watched("broken", fails_from=0)
    measured = Measured(fast=0.5, late=0.6)
    choice = choice_of(measured, late, broken, wrong, fast)
    q, k, v = call()
    assert torch.equal(choice.attend(q, k, v), sdpa(q, k, v))
    assert set(measured.held_to) == {"SDPA", "fast", "late"}
    tried = (fast.calls, late.calls)
    rounds = len(measured.held_to)
    for _ in range(3):
        choice.attend(q, k, v)
    choice.attend(q[:, :6], k[:, :17], v[:, :17])  # of the same magnitude
    assert (fast.calls - tried[0], late.calls) == (4, tried[1])
    assert len(measured.held_to) == rounds
    choice.attend(*call(keys=900))
    choice.attend(*call(dtype=torch.bfloat16))
    assert len(measured.held_to) == 3 * rounds


def test_what_is_hardly_faster_is_left_alone() -> None:
    same = Watched("same")
    choice = choice_of(Measured(same=0.99), same)
    choice.attend(*call())
    tried = same.calls
    choice.attend(*call())
    assert same.calls == tried


def test_a_kernel_that_fails_later_costs_one_line_and_no_picture(caplog: pytest.LogCaptureFixture) -> None:
    flaky = Watched("flaky", fails_from=4)
    choice = choice_of(Measured(flaky=0.5), flaky)
    for _ in range(6):
        q, k, v = call()
        assert torch.equal(choice.attend(q, k, v), sdpa(q, k, v))
    assert flaky.calls == 4
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warned == ["Attention by flaky failed and is left to PyTorch from now on: no image for this device"]
    choice.attend(*call(keys=900))
    assert flaky.calls == 4, "it is not tried again for other lengths"


def test_what_fails_in_a_recording_is_tried_again_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a recording is spoiled, all kernels in it fail, PyTorch's own too."""
    flaky = Watched("flaky")
    choice = choice_of(Measured(flaky=0.5), flaky)
    q, k, v = call()
    choice.attend(q, k, v)
    flaky._fails_from = before = flaky.calls
    with monkeypatch.context() as patch:
        patch.setattr(attention, "is_captured", lambda x: True)
        with pytest.raises(RuntimeError, match="no image"):
            choice.attend(q, k, v)
    flaky._fails_from = None
    choice.attend(q, k, v)
    assert flaky.calls == before + 1


def test_rough_kernels_answer_only_where_they_are_asked_for() -> None:
    rough = Watched("rough", scale=1.05, approximate=True)
    choice = choice_of(Measured(rough=0.5), rough)
    q, k, v = call()
    assert torch.equal(choice.attend(q, k, v), sdpa(q, k, v))
    assert rough.calls == 0
    assert torch.equal(choice.attend(q, k, v, approximate=True), 1.05 * sdpa(q, k, v))
    assert torch.equal(choice.attend(q, k, v), sdpa(q, k, v))


def test_bias_zero_keys_and_gradients_are_pytorchs(monkeypatch: pytest.MonkeyPatch) -> None:
    rough = Watched("rough", scale=1.05)
    monkeypatch.setattr(attention, "_choice", choice_of(Measured(rough=0.5), rough))
    monkeypatch.setattr(attention, "_ERROR", 1.0)
    q, k, v = call()
    bias = torch.rand(20).log()
    assert torch.equal(attend(q, k, v), 1.05 * sdpa(q, k, v))
    calls = rough.calls
    assert (attend(q, k, v, bias, 3) - attend_plainly(q, k, v, bias, 3)).abs().max() < 1e-5
    assert (attend(q, k, v, None, 3) - attend_plainly(q, k, v, None, 3)).abs().max() < 1e-5
    q.requires_grad_()
    torch.autograd.backward(attend(q, k, v).sum())
    assert q.grad is not None
    assert rough.calls == calls


@pytest.mark.parametrize(
    ("generation", "expected"),
    [
        (7, ["SDPA efficient"]),
        (8, ["FlashAttention 2", "cuDNN", "SDPA flash", "SDPA efficient"]),
        (9, ["FlashAttention 4", "FlashAttention 3", "FlashAttention 2", "cuDNN", "SDPA flash", "SDPA efficient"]),
        (10, ["FlashAttention 4", "FlashAttention 2", "cuDNN", "SDPA flash", "SDPA efficient"]),
        (12, ["FlashAttention 4", "FlashAttention 2", "cuDNN", "SDPA flash", "SDPA efficient"]),
    ],
)
def test_generations_have_their_kernels(generation: int, expected: list[str]) -> None:
    assert [offer.name for offer in offers_for(generation, False, torch.bfloat16)] == expected
    rough = [offer.name for offer in offers_for(generation, False, torch.bfloat16, approximate=True)]
    assert set(rough) - set(expected) == ({"Sage"} if generation > 7 else set())
    assert [offer.name for offer in offers_for(generation, False, torch.float32)] == ["SDPA efficient"]


def test_rocm_is_not_taken_for_an_nvidia_of_its_number() -> None:
    """Its own cards call themselves generation 9 to 12."""
    names = [offer.name for offer in offers_for(9, True, torch.bfloat16, approximate=True)]
    assert names == ["FlashAttention 2", "SDPA flash", "SDPA efficient"]


def test_a_card_gets_what_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CUDA device of generation 9 where the packages are broken in their own ways."""

    def broken(*_: Any) -> Any:
        raise OSError("undefined symbol")

    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    monkeypatch.setattr("engine.attention_kernels.importlib.import_module", broken)
    found = candidates(torch.device("cuda"), torch.bfloat16, approximate=True)
    assert found[0] is SDPA
    assert [kernel.name for kernel in found] == ["SDPA", "cuDNN", "SDPA flash", "SDPA efficient"]


def test_the_cpu_has_pytorchs_own_choice_and_measures_nothing() -> None:
    assert candidates(CPU, torch.bfloat16, approximate=True) == [SDPA]
