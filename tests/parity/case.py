"""One case of a golden directory: its facts, its tensors, the weights beside it. Knows no engine."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

PLAIN_INPUTS = (
    *("noise", "noise.*", "renoise.*", "reencoded_first.*", "text_embeds", "text_embeds.*", "*vace_context.*", "*.x"),
    *(
        "x0",
        "xt",
        "velocity",
        "*.mixed.timesteps",
        "r[0-9]*.q",
        "time.t",
        "frames_u8",
        "masks_u8",
        "img_?_u8",
        "latents",
    ),
    *("ids", "mask", "weights/*", "base.*", "runtime.x.*", "native/*", "diffusers/*", "kohya/*", "peft/*"),
)
"""Names of tensors that are never a result. All others in a file must be compared."""


class Case:
    """The files ``case_NAME.json`` and ``case_NAME.safetensors`` of one folder."""

    def __init__(self, folder: Path, name: str, dtype: torch.dtype = torch.float32) -> None:
        """dtype: what transformers compute in. Raises what reading raises."""
        self.folder = folder
        self.name = name
        self.dtype = dtype
        self.facts: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
        self._tensors = load_file(folder / f"{name}.safetensors")
        self._compared: set[str] = set()

    def __contains__(self, tensor: str) -> bool:
        return tensor in self._tensors

    def given(self, tensor: str) -> Tensor:
        """What goes into a network. LookupError where it is not there."""
        if tensor not in self._tensors:
            raise LookupError(f"there is no tensor {tensor}")
        return self._tensors[tensor]

    def expected(self, tensor: str) -> Tensor:
        """What has to come out; it counts as compared from now on. LookupError where it is not there."""
        self._compared.add(tensor)
        return self.given(tensor)

    def matches(self, pattern: str) -> list[re.Match[str]]:
        """The tensors whose whole name fits the regular expression."""
        return [match for name in sorted(self._tensors) if (match := re.fullmatch(pattern, name))]

    def numbers(self, pattern: str) -> list[int]:
        """What the pattern's one group, a number, is in the names that fit, rising."""
        return sorted(int(match[1]) for match in self.matches(pattern))

    def never_compared(self) -> list[str]:
        """Results in the file that nobody asked for."""
        left = self._tensors.keys() - self._compared
        return sorted(name for name in left if not any(fnmatchcase(name, plain) for plain in PLAIN_INPUTS))

    def weight_file(self, network: str) -> Path:
        """The weights of a network under their published names, which all cases of the folder share."""
        return self.folder / f"weights_{network}_tiny.safetensors"
