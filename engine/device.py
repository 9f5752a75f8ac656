"""Which device and number type the engine computes in, and what the machine has. Knows no model."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

import torch

from engine import attention_kernels
from engine.words import running as words


@dataclass(frozen=True)
class Device:
    """Where networks live and in which type they compute."""

    torch_device: torch.device
    dtype: torch.dtype

    @property
    def title(self) -> str:
        if self.torch_device.type == "cuda":
            return torch.cuda.get_device_name(self.torch_device)
        return {"cpu": "CPU", "mps": words.APPLE_GPU, "xpu": words.INTEL_GPU}.get(
            self.torch_device.type, str(self.torch_device)
        )

    @property
    def dtype_title(self) -> str:
        return str(self.dtype).removeprefix("torch.")


def best_device() -> Device:
    """The first accelerator there is, else the CPU; bfloat16 where the hardware multiplies it, else float32.

    float16 is never chosen: CPUs emulate it, hundreds of times slower.
    """
    if torch.cuda.is_available():
        multiplies = torch.cuda.is_bf16_supported(including_emulation=False)
        return Device(torch.device("cuda"), torch.bfloat16 if multiplies else torch.float32)
    if torch.backends.mps.is_available():
        return Device(torch.device("mps"), torch.float32)
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        return Device(torch.device("xpu"), torch.bfloat16)
    return Device(torch.device("cpu"), torch.bfloat16 if cpu_multiplies_bfloat16() else torch.float32)


def cpu_multiplies_bfloat16() -> bool:
    """Whether the processor has bfloat16 products of its own: AVX-512 BF16, AMX, or Arm's, which were not run here.

    Versions of torch before ``get_capabilities`` tell of AVX-512 alone.
    """
    capabilities = getattr(torch.cpu, "get_capabilities", None)
    if capabilities is not None:
        has = capabilities()
        return any(has.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported())


def compute_threads(reserved: int) -> int:
    """Threads for torch on this machine when ``reserved`` cores are left to controls and window; at least one.

    On two cores one torch thread beside pose got further than two, and halved the time pose took.
    """
    return max(1, _cores() - reserved)


def compiler_processes() -> int:
    """That compile at a time while a show runs, which keeps half of the cores; at least one."""
    return max(1, _cores() // 2)


def _cores() -> int:
    """What this process may use: a container or a performer may have given it fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe() -> dict[str, str]:
    """What the engine would run on, for people: torch's version, device, number type, memory where it is known."""
    device = best_device()
    facts = {
        "torch": torch.__version__,
        "device": device.title,
        "dtype": device.dtype_title,
        "cpu": words.processor(platform.processor() or platform.machine(), os.cpu_count()),
    }
    if device.torch_device.type == "cuda":
        facts["memory"] = f"{torch.cuda.get_device_properties(device.torch_device).total_memory / 2**30:.0f} GiB"
    facts["attention"] = words.attention_by(attention_kernels.titles(device.torch_device, device.dtype))
    return facts
