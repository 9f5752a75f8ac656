"""Which network at which size is measured. Knows no tensors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from engine.config import STARTER, WAN_1_3B, WAN_14B, DiTConfig, ModelConfig, RolloutConfig, TinyVAEConfig

_ROLLOUT = RolloutConfig(chunk=3, window=12, sink=3, steps=4, sink_distance_max=None)
"""Of the published causal students: 12 pictures a chunk, of which the network sees the last 48."""

TINY = ModelConfig(
    name="tiny",
    dit=DiTConfig(dim=96, heads=2, ffn_dim=384, layers=6, vace_layers=(0, 2, 4), freq_dim=32, text_dim=32, text_len=32),
    vae=TinyVAEConfig(encoder_width=4, decoder_widths=(16, 8, 4, 4)),
    rollout=_ROLLOUT,
)
"""The real geometry of a stream, a sixteenth of 1.3B's width in a fifth of its blocks: any machine runs it at once."""

MODELS: dict[str, ModelConfig] = {
    "1.3b": ModelConfig("1.3b", WAN_1_3B, TinyVAEConfig(), _ROLLOUT),
    "14b": ModelConfig("14b", WAN_14B, TinyVAEConfig(), _ROLLOUT),
    "starter": STARTER,
    "tiny": TINY,
}

SET = (("1.3b", 640, 368), ("1.3b", 832, 480), ("14b", 576, 320))
"""What is measured on a GPU, with VACE and without."""


@dataclass(frozen=True)
class Shape:
    """A model at a size of pictures. share: of the real width that its layers have, in the autoencoder too.
    prompt: rows of its embeddings, before they are padded to the network's length; a long sentence has 64."""

    model: str
    width: int
    height: int
    share: Fraction = Fraction(1)
    prompt: int = 64

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"the model {self.model!r} is not known, expected one of {', '.join(MODELS)}")
        for name, side in (("width", self.width), ("height", self.height)):
            if side < 16 or side > 4096 or side % 16:
                raise ValueError(f"{name} is {side}, expected a multiple of 16 from 16 to 4096")
        if self.prompt < 1:
            raise ValueError(f"the prompt has {self.prompt} rows, expected 1 or more")
        dit = MODELS[self.model].dit
        if not 0 < self.share <= 1 or any((width * self.share).denominator != 1 for width in (dit.dim, dit.ffn_dim)):
            raise ValueError(f"the share of the width is {self.share}, expected one that divides {dit.dim}, as 1/8")

    @property
    def config(self) -> ModelConfig:
        """The model with divided widths. Heads stay as wide as they are, so that there are fewer."""
        real = MODELS[self.model]
        if self.share == 1:
            return real
        heads = max(1, round(real.dit.heads * self.share))
        dim = int(real.dit.dim * self.share)
        while dim % heads or dim // heads % 2:
            heads -= 1
        dit = replace(real.dit, dim=dim, heads=heads, ffn_dim=int(real.dit.ffn_dim * self.share))
        assert isinstance(real.vae, TinyVAEConfig)
        a, b, c, d = (max(4, round(width * self.share)) for width in real.vae.decoder_widths)
        encoder = max(4, round(real.vae.encoder_width * self.share))
        return replace(real, dit=dit, vae=replace(real.vae, encoder_width=encoder, decoder_widths=(a, b, c, d)))

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the latents."""
        return self.height // 8, self.width // 8

    @property
    def tokens(self) -> int:
        """Of a chunk."""
        rows, columns = self.grid
        return self.config.rollout.chunk * (rows // 2) * (columns // 2)

    @property
    def seen_tokens(self) -> int:
        """That a full window holds."""
        rows, columns = self.grid
        return self.config.rollout.window * (rows // 2) * (columns // 2)

    @property
    def prompt_rows(self) -> int:
        """The network's own length at most."""
        return min(self.prompt, self.config.dit.text_len)

    @property
    def pictures(self) -> int:
        """Of a chunk that is not a stream's first."""
        return self.config.rollout.pictures(first=False)

    @property
    def title(self) -> str:
        width = "" if self.share == 1 else f" at {self.share} of its width"
        return f"{self.model}{width}, {self.width}x{self.height}"
