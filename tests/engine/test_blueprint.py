"""Blueprints: the shapes of the network itself, and nothing that would hold up a show."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from torch import nn

from engine.blueprint import blueprint
from engine.config import TinyVAEConfig, WanVAEConfig
from engine.dit import WanDiT
from engine.tiny_vae import TinyVAE
from engine.wan_vae import WanVAE
from tests.engine.small_network import SHAPE

BUILDS: list[Callable[[], nn.Module]] = [
    lambda: WanDiT(SHAPE),
    lambda: TinyVAE(TinyVAEConfig()),
    lambda: WanVAE(WanVAEConfig(width=4)),
]


@pytest.mark.parametrize("build", BUILDS)
def test_it_has_the_shapes_of_the_network_and_no_numbers(build: Callable[[], nn.Module]) -> None:
    network, drawn = build(), blueprint(build)
    assert [(name, tensor.shape, tensor.dtype) for name, tensor in drawn.state_dict().items()] == [
        (name, tensor.shape, tensor.dtype) for name, tensor in network.state_dict().items()
    ]
    assert all(tensor.is_meta for tensor in (*drawn.parameters(), *drawn.buffers()))
    assert not any(parameter.requires_grad for parameter in drawn.parameters())
    assert not any(module.training for module in drawn.modules())


def test_the_compiler_is_not_brought_in() -> None:
    program = (
        "import sys; from tests.engine.small_network import SHAPE; from engine.blueprint import blueprint;"
        "from engine.dit import WanDiT; blueprint(lambda: WanDiT(SHAPE)); sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
