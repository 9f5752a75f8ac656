"""How much memory there is, on computers that are folder trees, and on this one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from engine.memory import Memory, computer_memory, memory_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems are asked in other ways")

MEMINFO = """MemTotal:       16000000 kB
MemFree:         1000000 kB
MemAvailable:    9000000 kB
HugePages_Total:       0
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(MEMINFO)
    return tmp_path


def contain(root: Path, limit: str, current: int = 0, inactive_file: int = 0) -> None:
    group = root / "sys/fs/cgroup"
    group.mkdir(parents=True, exist_ok=True)
    (group / "memory.max").write_text(f"{limit}\n")
    (group / "memory.current").write_text(f"{current}\n")
    (group / "memory.stat").write_text(f"anon 5\nfile 9\ninactive_file {inactive_file}\n")


def test_what_can_be_had_counts_not_what_lies_idle(root: Path) -> None:
    assert computer_memory(root) == Memory(16_000_000 * 1024, 9_000_000 * 1024)


def test_a_container_has_what_it_was_lent(root: Path) -> None:
    contain(root, "max")
    assert computer_memory(root).total == 16_000_000 * 1024
    contain(root, "4000000000", current=3_000_000_000, inactive_file=500_000_000)
    assert computer_memory(root) == Memory(4_000_000_000, 1_500_000_000)
    contain(root, "4000000000", current=5_000_000_000)
    assert computer_memory(root).free == 0
    contain(root, "99000000000000", current=1)
    assert computer_memory(root) == Memory(16_000_000 * 1024, 9_000_000 * 1024)


def test_this_computer() -> None:
    memory = memory_of(torch.device("cpu"))
    assert memory.total is not None
    assert memory.free is not None
    assert 2**28 < memory.free < memory.total


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_what_torch_keeps_for_reuse_is_free() -> None:
    device = torch.device("cuda")
    block = torch.empty(2**28, dtype=torch.uint8, device=device)
    taken = memory_of(device)
    del block  # torch keeps it
    given_back = memory_of(device)
    assert taken.free is not None
    assert given_back.free is not None
    assert given_back.free - taken.free >= 2**28
    assert given_back.total == taken.total
