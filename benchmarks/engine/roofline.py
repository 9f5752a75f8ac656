"""How fast a device could be at best: peaks by name where they are known, and on a CPU the product that it just did."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from benchmarks.engine.flop import Work

_PRODUCT = 1024


@dataclass(frozen=True)
class Peak:
    """Rates in FLOP a second, bfloat16 on a GPU. source: where they are from, for people."""

    products: float
    attention: float
    convolutions: float
    source: str

    def ideal_ms(self, work: Work) -> float:
        seconds = (
            work.products / self.products + work.attention / self.attention + work.convolutions / self.convolutions
        )
        return seconds * 1000


_TABLE = "reachable peaks of products, attention and convolutions"
_KNOWN = (
    (("H100", "HBM3"), Peak(800e12, 600e12, 305e12, _TABLE)),
    # The chip is the H100's; what differs is the memory.
    (("H200",), Peak(800e12, 600e12, 305e12, f"{_TABLE} of the H100, whose chip it has")),
    (("RTX 5090",), Peak(210e12, 190e12, 81e12, _TABLE)),
    (("RTX 4090",), Peak(165e12, 150e12, 63e12, _TABLE)),
)


def known_peak(device_name: str) -> Peak | None:
    """By all words of the name; laptops' chips and cards with other memory are not those of the table."""
    if "Laptop" in device_name:
        return None
    return next((peak for words, peak in _KNOWN if all(word in device_name for word in words)), None)


def measured_peak(rates: list[float]) -> Peak:
    """From ``product_rate``, taken between the runs; attention and convolutions are held to the same."""
    rate = sorted(rates)[len(rates) // 2]
    return Peak(rate, rate, rate, f"median of {len(rates)} products of {_PRODUCT}^3 between the runs")


def product_rate(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP a second of one square product on the CPU, the best of three."""
    a = torch.randn(_PRODUCT, _PRODUCT, device=device).to(dtype)
    a @ a
    best = 0.0
    for _ in range(3):
        began = time.perf_counter()
        a @ a
        best = max(best, 2 * _PRODUCT**3 / (time.perf_counter() - began))
    return best
