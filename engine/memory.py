"""How much memory a device has, and how much of it is free. Knows no model.

A GPU's own, or the computer's where the CPU computes. What the system does not tell is None, never a guess.
"""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class Memory:
    """Bytes. total: all there is. free: what this process could still take; what torch keeps for reuse is free."""

    total: int | None = None
    free: int | None = None


def memory_of(device: torch.device) -> Memory:
    """Of the device that computes."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        reusable = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return Memory(total, free + reusable)
    if device.type == "mps":
        total = torch.mps.recommended_max_memory()
        return Memory(total, max(0, total - torch.mps.current_allocated_memory()))
    if device.type == "xpu":
        total = torch.xpu.get_device_properties(device).total_memory
        return Memory(total, max(0, total - torch.xpu.memory_allocated(device)))
    return computer_memory()


def computer_memory(root: Path = Path("/")) -> Memory:
    """Of the computer, or of the container that it lends to this process. root: where /proc and /sys are looked for."""
    if sys.platform == "win32":
        return _windows_memory()
    if sys.platform == "darwin":  # what is free there, no call of Python's tells
        return Memory(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return _linux_memory(root)


def _linux_memory(root: Path) -> Memory:
    # As in "MemAvailable:   23456 kB".
    known = {line.split()[0]: 1024 * int(line.split()[1]) for line in _lines(root / "proc/meminfo")}
    total, free = known["MemTotal:"], known["MemAvailable:"]
    group = root / "sys/fs/cgroup"
    try:
        limit = int(_lines(group / "memory.max")[0])
        # What was read from files and is not in use gives way to whoever needs room.
        cached = next(
            int(line.split()[1]) for line in _lines(group / "memory.stat") if line.startswith("inactive_file")
        )
        used = int(_lines(group / "memory.current")[0]) - cached
    except (OSError, ValueError):  # no such limit: the file is not there, or says "max"
        return Memory(total, free)
    return Memory(min(total, limit), min(free, max(0, limit - used)))


def _lines(path: Path) -> list[str]:
    return path.read_text("ascii").splitlines()


def _windows_memory() -> Memory:
    class Status(ctypes.Structure):
        """MEMORYSTATUSEX of the Windows API."""

        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "page_total", "page_free")),
            *((name, ctypes.c_ulonglong) for name in ("virtual_total", "virtual_free", "virtual_extended")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009 - there on Windows alone
    if not kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return Memory()
    return Memory(status.total, status.free)
