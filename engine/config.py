"""Model shapes and stream geometry: frozen, checked once, here. Knows no tensors.

Shapes are those of Wan 2.1 (arXiv 2503.20314) and VACE (arXiv 2503.07598); the rollout is that of causal, few-step
students (Self-Forcing, arXiv 2506.08009; streaming VACE, arXiv 2602.14381).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


def _require(true: bool, sentence: str) -> None:
    if not true:
        raise ValueError(sentence)


@dataclass(frozen=True)
class DiTConfig:
    """The transformer. Widths in channels; text_len in rows; vace_layers are the main blocks that take hints."""

    dim: int
    heads: int
    ffn_dim: int
    layers: int
    vace_layers: tuple[int, ...]
    freq_dim: int = 256
    text_dim: int = 4096
    text_len: int = 512
    latent_channels: int = 16
    vace_channels: int = 96
    eps: float = 1e-6

    def __post_init__(self) -> None:
        _require(
            self.dim % self.heads == 0 and self.head_dim % 2 == 0,
            f"dim {self.dim} must split into {self.heads} heads of even width",
        )
        _require(self.freq_dim % 2 == 0, f"freq_dim is {self.freq_dim}, expected an even number")
        _require(
            all(0 <= layer < self.layers for layer in self.vace_layers)
            and list(self.vace_layers) == sorted(set(self.vace_layers)),
            f"vace_layers are {self.vace_layers}, expected rising block numbers below {self.layers}",
        )

    @property
    def head_dim(self) -> int:
        return self.dim // self.heads


@dataclass(frozen=True)
class TinyVAEConfig:
    """The tiny autoencoder. One latent frame stands for 4 pictures, one latent pixel for 8x8 of theirs."""

    encoder_width: int = 64
    decoder_widths: tuple[int, int, int, int] = (256, 128, 64, 64)
    latent_channels: int = 16
    normalised: bool = False
    """Whether its latents are raw and must pass Wan's channel statistics (the "light" variant); others already fit."""
    patch: int = 1
    """2 = pictures are folded 2x2 into channels (TAEHV's patch size), and one level less halves and doubles them."""
    doubling: Literal["nearest", "shuffle"] = "nearest"
    """How the decoder's levels double: each pixel four times as published, or four pixels grown out of each one, as in
    sub-pixel convolution (Shi et al., arXiv 1609.05158)."""

    motion_gated: bool = False
    """Whether the pictures that one frame grows into differ only where that frame is unlike the one before it, so that
    what stands still is drawn still. In published networks they may always differ."""
    dead_band: float = 0.0
    """Grey levels of 255 by which a streamed picture may lie away from what is decoded: each number stays as it was in
    the picture before until it would lie farther away, so that what hardly changes stands still. 0 = as decoded."""

    def __post_init__(self) -> None:
        _require(self.patch in (1, 2), f"patch is {self.patch}, expected 1 or 2")
        _require(self.dead_band >= 0, f"dead_band is {self.dead_band}, expected 0 or more")


@dataclass(frozen=True)
class WanVAEConfig:
    """Wan 2.1's own causal autoencoder. width: of its first level, 96 as published, 24 in the pruned variant."""

    width: int = 96
    latent_channels: int = 16


@dataclass(frozen=True)
class RolloutConfig:
    """How a stream is rolled out. Lengths in latent frames.

    chunk: made by one step. window: kept in the cache, the chunk under way included. sink: of those, the first ever
    made, never evicted. shift: of the noise schedule. steps: denoising passes a chunk, as trained. warp_steps: whether
    the list of steps passes the shifted table (Self-Forcing's own code) or goes in as it is (the streaming runtimes).
    prediction: what the network was trained to give, the flow (noise minus clean) or the clean latent.
    positions: "absolute" frame numbers, or "rolling" ones, each key at its place in the window, for models trained so.
    horizon: where absolute positions are turned back; any number will do, for only differences are seen.
    sink_average: of each sink frame, when a frame leaves the ring, that much stays and the rest is taken from the one
    that leaves (EMA-Sink of Reward Forcing, arXiv 2512.04678); 0 = the sink stays as it is.
    sink_distance_max: the sink never looks older than that many frames; None = it ages for ever, as published.
    memory: "clean" writes each chunk's clean keys into the cache, "recompute" rebuilds the cache before each chunk from
    the first of the last nine pictures and the last ``context - 1`` latent frames (Krea realtime).
    past: the weight of past keys in attention that the model is meant to run with.
    noise_kept: how much of the noise that a latent frame starts from the next one keeps, see ``noise.StreamNoise``; 1 =
    the same noise for the whole stream.
    """

    chunk: int = 3
    window: int = 12
    sink: int = 3
    shift: float = 5.0
    steps: int = 4
    warp_steps: bool = False
    prediction: Literal["flow", "clean"] = "flow"
    positions: Literal["absolute", "rolling"] = "absolute"
    horizon: int = 1024
    sink_average: float = 0.0
    sink_distance_max: int | None = 21
    memory: Literal["clean", "recompute"] = "clean"
    context: int = 3
    past: float = 1.0
    noise_kept: float = 0.0

    def __post_init__(self) -> None:
        _require(self.chunk >= 1, f"chunk is {self.chunk}, expected 1 or more")
        _require(self.sink >= 0, f"sink is {self.sink}, expected 0 or more")
        _require(
            self.window - self.sink >= self.chunk,
            f"window {self.window} must hold the sink ({self.sink}) and one chunk ({self.chunk})",
        )
        _require(self.shift > 0, f"shift is {self.shift}, expected more than 0")
        _require(
            self.horizon >= self.window + self.chunk,
            f"horizon is {self.horizon}, expected window and chunk to fit ({self.window + self.chunk})",
        )
        _require(
            self.sink_distance_max is None or self.sink_distance_max >= self.window - 1,
            f"sink_distance_max is {self.sink_distance_max}, expected at least the window's reach, {self.window - 1}",
        )
        _require(
            0 <= self.sink_average < 1 and (self.sink > 0 or self.sink_average == 0),
            f"sink_average is {self.sink_average}, expected 0 to 1 and, above 0, a sink",
        )
        _require(0 <= self.noise_kept <= 1, f"noise_kept is {self.noise_kept}, expected 0 to 1")
        _require(
            self.memory == "clean" or (self.sink == 0 and self.window == self.context + self.chunk),
            f"a recomputed memory takes no sink and a window of context and chunk, {self.context + self.chunk}",
        )

    def pictures(self, first: bool) -> int:
        """Pictures that go into a step and come out of it: 1+4(n-1) for the first chunk of a stream, 4n for later ones.

        The causal autoencoders give the first latent frame to one picture and each later one to four.
        """
        return 1 + 4 * (self.chunk - 1) if first else 4 * self.chunk


@dataclass(frozen=True)
class Quirks:
    """What the reference implementation does and this engine does not, unless parity is to be shown.

    zero_key_padding: self-attention in Context Blocks, and attention with a past weight, over keys padded with unmasked
    zeros to a multiple of 128. shared_encoder: one encoder memory for the inactive and the reactive stream.
    standalone_reactive: the reactive stream is encoded without memory wherever a chunk's mask is not all "generate".
    displaced_references: references take the place of a chunk's first control frames, whatever mode is asked for.
    """

    zero_key_padding: bool = False
    shared_encoder: bool = False
    standalone_reactive: bool = False
    displaced_references: bool = False


SOUND = Quirks()
REFERENCE = Quirks(zero_key_padding=True, shared_encoder=True, standalone_reactive=True, displaced_references=True)


@dataclass(frozen=True)
class ModelConfig:
    """A whole model: transformer, autoencoder, rollout.

    vocabulary: rows of the table of prompt words; 0 for models whose prompts are read by UMT5-XXL. blend_power: the
    power that weights of prompts are raised to before embeddings are blended, above 0 to 1. 1 = as they are; a network
    that goes most of the way in the middle of a blend moves more evenly with less.
    """

    name: str
    dit: DiTConfig
    vae: TinyVAEConfig | WanVAEConfig
    rollout: RolloutConfig
    vocabulary: int = 0
    quirks: Quirks = SOUND
    blend_power: float = 1.0

    def __post_init__(self) -> None:
        _require(0 < self.blend_power <= 1, f"blend_power is {self.blend_power}, expected above 0 to 1")
        _require(
            self.dit.latent_channels == self.vae.latent_channels,
            f"latent channels: transformer {self.dit.latent_channels}, autoencoder {self.vae.latent_channels}",
        )


STARTER = ModelConfig(
    name="starter",
    dit=DiTConfig(
        dim=320,
        heads=5,
        ffn_dim=960,
        layers=6,
        vace_layers=(0, 2, 4),
        freq_dim=64,
        text_dim=64,
        text_len=16,
        latent_channels=32,
        vace_channels=128,
    ),
    vae=TinyVAEConfig(
        encoder_width=32,
        decoder_widths=(96, 64, 48, 32),
        latent_channels=32,
        patch=2,
        doubling="shuffle",
        motion_gated=True,
        dead_band=2.0,
    ),
    rollout=RolloutConfig(
        chunk=1, window=3, sink=1, steps=1, prediction="clean", positions="rolling", noise_kept=0.995
    ),
    vocabulary=192,
    blend_power=0.5,
)

WAN_1_3B = DiTConfig(dim=1536, heads=12, ffn_dim=8960, layers=30, vace_layers=tuple(range(0, 30, 2)))
WAN_14B = DiTConfig(dim=5120, heads=40, ffn_dim=13824, layers=40, vace_layers=tuple(range(0, 40, 5)))
