"""The twelve places where a plain streaming VACE loses its time, each a switch. Knows no network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["network", "device", "chunk"]


@dataclass(frozen=True)
class Waste:
    """One switch. number: as the list of them has it. name: as it is asked for. what: for people.

    part: where it sits: in the network's passes, in how the device is driven (needs CUDA), or in what a chunk does
    around them. differs: what it changes of the pictures on purpose, "" = nothing but rounding.
    """

    number: int
    name: str
    what: str
    part: Part = "network"
    differs: str = ""


WASTES = (
    Waste(1, "lora", "a LoRA of rank 256 left unmerged: 16 small products a block"),
    Waste(2, "clone", "each layer clones its cache on each pass, rolls it, joins sink and window, rolls back"),
    Waste(3, "items", "positions on the device, read back by .item() in each layer"),
    Waste(4, "rotary", "rotary table in complex float64, built for queries and keys of each layer"),
    Waste(5, "unfused", "norm, modulation and gate operator by operator, in float32"),
    Waste(6, "eager", "no CUDA graph, nothing compiled", "device"),
    Waste(7, "padding", "context padded to 32760 tokens and cut each step; hints stacked again at each block"),
    Waste(8, "recompute", "text MLP, Context Blocks' text keys and values, embedding of the context in each pass"),
    Waste(9, "zeros", "the empty stream encoded in each chunk", "chunk"),
    Waste(10, "order", "pictures wait for the clean pass", "chunk"),
    Waste(
        11,
        "reset",
        "all is forgotten where the rotary table ends",
        "chunk",
        "the past is lost, and a first chunk has three pictures less",
    ),
    Waste(12, "rows", "each row of the prompt's padding attended to for itself (on a GPU the engine does so, too)"),
)
BY_NAME = {waste.name: waste for waste in WASTES}
OF_THE_NETWORK = frozenset(waste.name for waste in WASTES if waste.part == "network")
