"""What the engine says of LoRA files."""

from __future__ import annotations

from collections.abc import Sequence

# -- LoRAs


def lora_refused(what: str, todo: str) -> str:
    """what, todo: two of those below."""
    return f"{what}, so the picture stays as it was; {todo}."


def lora_too_large(name: str) -> str:
    return lora_refused(
        f"The LoRA {name} does not fit the device's memory", "choose a smaller one or a smaller picture"
    )


ANOTHER_FOR_THIS_MODEL = "choose a LoRA made for this model"
ANOTHER_FOR_WAN = "choose a LoRA for Wan 2.1 text-to-video"
A_PLAIN_ONE = "choose a plain LoRA"
ANOTHER_ONE = "choose another one"
COPY_AGAIN = "copy it again"

LOCON = "LoCon with a middle factor"
WHOLE_DIFFERENCES = "whole differences of weights"


def lora_elsewhere(name: str, keys: Sequence[str]) -> str:
    return f"The LoRA {name} changes {_some(keys)}, which this model does not have"


def lora_of_other_size(name: str, key: str, expected: tuple[int, int], found: tuple[int, int]) -> str:
    return (
        f"The LoRA {name} is for a model of another size: expected {key} to change a weight of"
        f" {expected[0]}x{expected[1]}, found {found[0]}x{found[1]}"
    )


def lora_twice(name: str, key: str) -> str:
    return f"The LoRA {name} holds two adapters for one layer, the second at {key}"


def lora_empty(name: str) -> str:
    return f"The LoRA {name} holds no factors at all"


def lora_half(name: str, key: str, found: str, missing: str) -> str:
    """found, missing: "up" or "down", as such files call them."""
    return f"The LoRA {name} holds only the {found} factor of {key}, not the {missing} one"


def lora_unfitting(name: str, key: str, down: Sequence[int], up: Sequence[int]) -> str:
    return (
        f"The LoRA {name} has factors at {key} that do not fit: expected down [rank, in] and up [out, rank], found"
        f" {down} and {up}"
    )


def lora_not_finite(name: str, key: str) -> str:
    return f"The LoRA {name} holds numbers at {key} that are not finite"


def lora_of_other_kind(name: str, kind: str, keys: Sequence[str]) -> str:
    return f"The LoRA {name} is of a kind not supported, {kind} ({_some(keys)})"


def lora_unknown(name: str, keys: Sequence[str]) -> str:
    return f"The LoRA {name} holds {_some(keys)}, which belong to no layer of this kind of network"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
