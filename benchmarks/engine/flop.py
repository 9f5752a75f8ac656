"""How much arithmetic a chunk is, by formula; multiply and add count two.

One block over Lq tokens that see Lk, width d, feed-forward f, T rows of text:
products 2 Lq (6 d^2 + 2 d f), attention 4 Lq Lk d + 4 Lq T d. A Context Block sees its own tokens (Lk = Lq) and has one
product more, 2 Lq d^2. The embedded time is left out: one row a pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.engine.shapes import Shape
from engine.autoencoder import PICTURES_PER_LATENT
from engine.blueprint import blueprint
from engine.config import DiTConfig, TinyVAEConfig, WanVAEConfig
from engine.tiny_vae import TinyVAE
from engine.wan_vae import WanVAE


@dataclass(frozen=True)
class Work:
    """FLOP, by the kind of unit that does them."""

    products: float = 0.0
    attention: float = 0.0
    convolutions: float = 0.0

    @property
    def total(self) -> float:
        return self.products + self.attention + self.convolutions

    def __add__(self, other: Work) -> Work:
        return Work(
            self.products + other.products,
            self.attention + other.attention,
            self.convolutions + other.convolutions,
        )

    def __mul__(self, times: float) -> Work:
        return Work(self.products * times, self.attention * times, self.convolutions * times)


def block_work(dit: DiTConfig, tokens: int, seen: int) -> Work:
    """One block of the main network, one pass."""
    d, f = dit.dim, dit.ffn_dim
    return Work(2 * tokens * (6 * d * d + 2 * d * f), 4 * tokens * (seen + dit.text_len) * d)


def main_pass_work(dit: DiTConfig, tokens: int, seen: int) -> Work:
    """One denoising pass of the main network: embedding, blocks, head."""
    ends = Work(2 * 2 * tokens * 4 * dit.latent_channels * dit.dim)
    return block_work(dit, tokens, seen) * dit.layers + ends


def hints_work(dit: DiTConfig, tokens: int) -> Work:
    """One pass of the Context Blocks."""
    return (block_work(dit, tokens, tokens) + Work(2 * tokens * dit.dim**2)) * len(dit.vace_layers)


def context_work(dit: DiTConfig, tokens: int) -> Work:
    """Embedding of a chunk's context and its projection, once a chunk."""
    return Work(2 * tokens * (4 * dit.vace_channels * dit.dim + dit.dim**2))


def clean_pass_work(dit: DiTConfig, tokens: int, seen: int) -> Work:
    """The clean pass: all blocks but the last, of which keys and values are enough."""
    ends = Work(2 * tokens * 4 * dit.latent_channels * dit.dim + 2 * tokens * 2 * dit.dim**2)
    return block_work(dit, tokens, seen) * (dit.layers - 1) + ends


def autoencoder_work(config: TinyVAEConfig | WanVAEConfig, pictures: int, width: int, height: int) -> tuple[Work, Work]:
    """Encoding one stream's pictures, and decoding them; counted on shapes alone, behind a stream's start."""
    vae: TinyVAE | WanVAE = blueprint(lambda: TinyVAE(config) if isinstance(config, TinyVAEConfig) else WanVAE(config))
    pixels = torch.empty(1, pictures, 3, height, width, device="meta")
    latents = torch.empty(
        1, pictures // PICTURES_PER_LATENT, config.latent_channels, height // 8, width // 8, device="meta"
    )
    counted = []
    with torch.inference_mode():
        for run, given, first in (
            (vae.encode, pixels, pixels[:, :PICTURES_PER_LATENT] if isinstance(vae, TinyVAE) else pixels[:, :1]),
            (vae.decode, latents, latents[:, :1]),
        ):
            _, memory = run(first)
            with FlopCounterMode(display=False) as counter:
                run(given, memory)
            counted.append(Work(convolutions=float(counter.get_total_flops())))
    return counted[0], counted[1]


def stage_work(shape: Shape, vace: bool, text_rows: int | None = None) -> dict[str, Work]:
    """By stage of a chunk, the window full, everything generated (so that one stream of two is encoded).

    text_rows: that are attended to, where not all of the padding is.
    """
    dit, tokens, seen = shape.config.dit, shape.tokens, shape.seen_tokens
    if text_rows is not None:
        dit = replace(dit, text_len=text_rows)
    encode, decode = autoencoder_work(shape.config.vae, shape.pictures, shape.width, shape.height)
    step = main_pass_work(dit, tokens, seen)
    work = {"encode": encode, "context": context_work(dit, tokens)} if vace else {}
    for number in range(shape.config.rollout.steps):
        work[f"step {number + 1}"] = step + hints_work(dit, tokens) if vace else step
    return work | {"decode": decode, "clean": clean_pass_work(dit, tokens, seen)}


def fused_bytes_bound(dit: DiTConfig, tokens: int, seen: int) -> float:
    """Bytes that one block must move in bfloat16 when all that can be fused is: activations, cache and weights."""
    d, f = dit.dim, dit.ffn_dim
    return 2 * tokens * d * (37 + 2 * seen / tokens) + 4 * tokens * f + 2 * (8 * d * d + 2 * d * f)
