"""One load at full size: 1.3B and VACE from random bfloat16 files, in a process of its own, with its peak of memory.

Opt-in, for it writes 4.5 GB, takes minutes and needs about 6 GB of memory: ``pytest -m full_size -s``.
"""

from __future__ import annotations

import json
import resource
import shutil
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.checkpoints import expected_shapes
from engine.config import WAN_1_3B, TinyVAEConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.loading import Networks, bring_up_networks
from engine.params import EngineChoice
from engine.published import SELF_FORCING
from tests.engine import umt5_files
from tests.engine.published_files import vae_state, write_text_encoder, write_torch

pytestmark = pytest.mark.full_size

MEBIBYTE = 2**20
GENERATORS = {"safetensors": "self_forcing_dmd.safetensors", "pt": "self_forcing_dmd.pt"}


def weight(name: str, shape: tuple[int, ...]) -> Tensor:
    """The same random numbers for a name, whenever they are asked for."""
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    return (torch.randn(shape, generator=generator) * 0.02).bfloat16()


def write_streamed(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """A safetensors file, one tensor after the other: the whole never lies in memory."""
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 2 * prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    encoded = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for name, shape in shapes.items():
            file.write(weight(name, shape).view(torch.uint8).numpy().data)


@pytest.fixture(params=list(GENERATORS))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    with torch.device("meta"):
        shapes = expected_shapes(WanDiT(WAN_1_3B))
    main = {name: shape for name, shape in shapes.items() if not name.startswith("vace_")}
    generator = tmp_path / GENERATORS[request.param]
    if request.param == "pt":
        write_torch(generator, {"generator_ema": {f"model.{name}": weight(name, main[name]) for name in main}})
    else:
        write_streamed(generator, main)
    vace = {name: shape for name, shape in shapes.items() if name not in main}
    write_streamed(tmp_path / "Wan2_1-VACE_module_1_3B_bf16.safetensors", vace)
    write_torch(tmp_path / "taew2_1.pth", vae_state(TinyVAEConfig()))
    write_text_encoder(tmp_path)
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the process's own memory from /proc")
@pytest.mark.timeout(1800)
def test_full_size_is_never_held_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.engine.test_full_size", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)
    with capsys.disabled():
        print(f"\n{next(folder.glob('self_forcing*')).name}: {figures}")
    # Beside the weights there is one part of one file, and what Python itself takes for a thousand tensors.
    assert figures["weights_mib"] < figures["peak_own_mib"] < figures["weights_mib"] + 200


def load(folder: Path) -> dict[str, float | str]:
    """Load the model as the program does; its figures in MiB and ms."""
    choice = EngineChoice(SELF_FORCING.config.name, folder=str(folder))
    device = Device(torch.device("cpu"), torch.bfloat16)
    before, peak_own, longest = own_bytes(), 0, (0.0, "")
    coming = bring_up_networks(SELF_FORCING, SELF_FORCING.config, choice, device, umt5_files.CONFIG)
    began = time.perf_counter()
    while True:
        slice_began = time.perf_counter()
        try:
            progress = next(coming)
        except StopIteration as end:
            networks: Networks = end.value
            break
        longest = max(longest, (time.perf_counter() - slice_began, f"{progress.part:.2f} {progress.doing}"))
        peak_own = max(peak_own, own_bytes() - before)
    took_s = time.perf_counter() - began
    parameters = {**dict(networks.dit.named_parameters()), **dict(networks.vae.named_parameters())}
    assert not any(parameter.is_meta for parameter in parameters.values())
    for name in ("patch_embedding.weight", "blocks.29.ffn.0.weight", "vace_blocks.14.after_proj.weight"):
        assert torch.equal(parameters[name], weight(name, tuple(parameters[name].shape))), name
    return {
        "parameters_million": round(sum(parameter.numel() for parameter in parameters.values()) / 1e6, 1),
        "weights_mib": round(sum(parameter.nbytes for parameter in parameters.values()) / MEBIBYTE),
        "peak_own_mib": round(peak_own / MEBIBYTE),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "rss_before_mib": round(before / MEBIBYTE),
        "took_s": round(took_s, 1),
        "longest_slice_ms": round(1000 * longest[0]),
        "longest_slice": longest[1],
    }


def own_bytes() -> int:
    """This process's own memory, without the pages of files that the system can take back at any time."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return 1024 * int(fields["RssAnon"].split()[0])


if __name__ == "__main__":
    print(json.dumps(load(Path(sys.argv[1]))))
