"""Networks as shapes alone: built on the meta device, in little time, beside a stream that plays. Knows no network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def blueprint(build: Callable[[], Network]) -> Network:
    """What ``build`` makes, in evaluation mode and frozen, with parameters that have a shape and no numbers.

    ``build`` must not do arithmetic with parameters: on the meta device that brings in ``torch._dynamo``, which takes a
    second or more, too long between two chunks.
    """
    with torch.device("meta"):
        return build().requires_grad_(False).eval()
