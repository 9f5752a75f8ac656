"""What the app may ask of the engine: plain frozen values, range-checked, free of torch.

Nothing here knows networks or devices. Equal values mean "nothing changed", which is how ``Stream.step`` finds out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from engine.words import running as words

Pixels = NDArray[np.uint8]

EMPTY_GUIDE = 128
"""The grey that says "no structure here": VACE's zero in [-1, 1] pixel space."""

MAX_REFERENCES = 3

Blend = Literal["linear", "spherical"]
PromptChange = Literal["recache", "keep"]
ReferenceMode = Literal["sink", "aligned", "reference"]
Autoencoder = Literal["tiny", "wan", "light"]
Precision = Literal["bf16", "fp8"]
AttentionKernels = Literal["exact", "sage"]
Compatibility = Literal["sound", "reference"]
Acceleration = Literal["full", "graphs", "none"]


class Picture:
    """An immutable still picture, (H, W, 3) uint8 RGB or (H, W) uint8 for a mask; equal where the content is equal."""

    def __init__(self, pixels: Pixels) -> None:
        if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[-1] == 3)):
            raise ValueError(
                f"a picture is {pixels.dtype} {pixels.shape}, expected uint8 (height, width, 3) or (height, width)"
            )
        if 0 in pixels.shape:
            raise ValueError(f"a picture is {pixels.shape}, expected one with at least one pixel")
        self._pixels = np.array(pixels, order="C")
        self._pixels.flags.writeable = False
        self._digest = hashlib.blake2b(repr(pixels.shape).encode() + self._pixels.tobytes(), digest_size=16).hexdigest()

    @property
    def pixels(self) -> Pixels:
        """The picture itself; it cannot be written to."""
        return self._pixels

    @property
    def digest(self) -> str:
        """Names the content: shape and pixels."""
        return self._digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def __repr__(self) -> str:
        return f"Picture({'x'.join(map(str, self._pixels.shape[1::-1]))}, {self._digest[:8]})"


@dataclass(frozen=True)
class WeightedPrompt:
    """One of several prompts that are blended. weight: 0 to 100, relative to the others'."""

    text: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        _in_range(words.PROMPT_WEIGHT, self.weight, 0.0, 100.0)


@dataclass(frozen=True)
class Lora:
    """A LoRA file and how much of it is mixed in, -2 to 2; 0 leaves it loaded without effect."""

    path: str
    strength: float = 1.0

    def __post_init__(self) -> None:
        _in_range(words.LORA_STRENGTH, self.strength, -2.0, 2.0)


@dataclass(frozen=True)
class Params:
    """The live parameters of one stream. Every change acts from the next chunk on.

    prompt: what the picture shows and how it looks, free text. prompt_weight: its weight beside ``more_prompts``.
    more_prompts: blended with ``prompt``, each by its weight; see ``heard``. blend: along a line or along the arc
        between embeddings.
    morph_chunks: 0 to 1000; over how many chunks new words or weights come in, 0 = at once.
    prompt_change: "recache" reads the remembered past again with the new words, "keep" changes cross-attention alone.
    control_strength: 0 (guide ignored) to 2, the scale of VACE's hints; 1 is as trained. A chunk in which a first or
        last frame is due takes 1 for 0, without the guide.
    strength: 0.05 to 1, how far the source is repainted: 1 starts from noise alone, less from the source plus noise.
    references: up to three pictures of what shall appear. reference_mode: "sink" keeps them in the network's own memory
        and shows them to VACE, "aligned" shows them to VACE alone, "reference" lets them take the place of the first
        control frames of every chunk, as published.
    first_frame, last_frame: the picture that the chunk in which it newly appears begins or ends with. A first frame
        also begins the stream at the start and after each cut; a last frame that still waits for its chunk waits on
        through one. frames_again: a counter; when it changes, both are due
        again, as if they were new. frames_done: those of the two that are there and not due by that, as after a step
        back; None = none of them.
    composite: puts the source back where the mask says "keep", softly where the mask is soft.
    seed: 0 to 2**63-1; with equal inputs and settings an equal seed gives equal pictures.
    steps: denoising passes a chunk, 1 to 8.
    past: 0.01 to 1, the weight of what was painted before in what is painted next.
    soft_cut: a counter; when it changes, the past weighs only ``soft_cut_past`` (0.01 to 1) for ``soft_cut_chunks``
        (1 to 1000) chunks, and the sink is anchored anew.
    cut: a counter; when it changes, the stream forgets its past (cache, autoencoder memories) before the next chunk.
    loras: files whose changes to the network are mixed in.
    """

    prompt: str = ""
    prompt_weight: float = 1.0
    more_prompts: tuple[WeightedPrompt, ...] = ()
    blend: Blend = "linear"
    morph_chunks: int = 0
    prompt_change: PromptChange = "recache"
    control_strength: float = 1.0
    strength: float = 1.0
    references: tuple[Picture, ...] = ()
    reference_mode: ReferenceMode = "sink"
    first_frame: Picture | None = None
    last_frame: Picture | None = None
    frames_again: int = 0
    frames_done: tuple[Picture | None, Picture | None] = (None, None)
    composite: bool = True
    seed: int = 0
    steps: int = 2
    past: float = 1.0
    soft_cut: int = 0
    soft_cut_chunks: int = 4
    soft_cut_past: float = 0.1
    cut: int = 0
    loras: tuple[Lora, ...] = ()

    def __post_init__(self) -> None:
        _in_range("prompt_weight", self.prompt_weight, 0.0, 100.0)
        _one_of("blend", self.blend, Blend)
        _in_range("morph_chunks", self.morph_chunks, 0, 1000)
        _one_of("prompt_change", self.prompt_change, PromptChange)
        _in_range("control_strength", self.control_strength, 0.0, 2.0)
        _in_range("strength", self.strength, 0.05, 1.0)
        _in_range(words.NUMBER_OF_REFERENCES, len(self.references), 0, MAX_REFERENCES)
        _one_of("reference_mode", self.reference_mode, ReferenceMode)
        for picture in (*self.references, self.first_frame, self.last_frame):
            if picture is not None and picture.pixels.ndim != 3:
                raise ValueError(words.COLOURLESS)
        _in_range("seed", self.seed, 0, 2**63 - 1)
        _in_range("steps", self.steps, 1, 8)
        _in_range("past", self.past, 0.01, 1.0)
        _in_range("soft_cut", self.soft_cut, 0, 2**63 - 1)
        _in_range("frames_again", self.frames_again, 0, 2**63 - 1)
        _in_range("soft_cut_chunks", self.soft_cut_chunks, 1, 1000)
        _in_range("soft_cut_past", self.soft_cut_past, 0.01, 1.0)
        _in_range("cut", self.cut, 0, 2**63 - 1)

    @property
    def prompts(self) -> tuple[WeightedPrompt, ...]:
        """All prompts with their weights, ``prompt`` first."""
        return (WeightedPrompt(self.prompt, self.prompt_weight), *self.more_prompts)

    @property
    def heard(self) -> tuple[WeightedPrompt, ...]:
        """The prompts that count: those with weight and words; where there are none, the first."""
        counting = tuple(prompt for prompt in self.prompts if prompt.weight > 0 and prompt.text.strip())
        return counting or self.prompts[:1]


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # also catches NaN
        raise ValueError(words.out_of_range(name, value, low, high))


def _one_of(name: str, value: object, kind: object) -> None:
    if value not in get_args(kind):
        raise ValueError(words.none_of(name, value, get_args(kind)))


@dataclass(frozen=True, eq=False)
class ControlChunk:
    """The pictures that one engine step works on.

    guide: (F, H, W, 3) uint8, the control video; ``EMPTY_GUIDE`` grey where there is none.
    source: (F, H, W, 3) uint8, the pictures the guide was made from.
    mask: (F, H, W) uint8, 255 = generate, 0 = keep the source; None = generate everywhere. The network sees it cut at
        127 (above = generate); what lies between softens the edge of the composite.
    """

    guide: Pixels
    source: Pixels
    mask: Pixels | None = None

    def __post_init__(self) -> None:
        if self.guide.ndim != 4 or self.guide.shape[-1] != 3 or self.guide.dtype != np.uint8:
            raise ValueError(
                f"guide is {self.guide.dtype} {self.guide.shape}, expected uint8 (frames, height, width, 3)"
            )
        if self.source.shape != self.guide.shape or self.source.dtype != np.uint8:
            raise ValueError(f"source is {self.source.dtype} {self.source.shape}, expected uint8 {self.guide.shape}")
        if self.mask is not None and (self.mask.shape != self.guide.shape[:3] or self.mask.dtype != np.uint8):
            raise ValueError(f"mask is {self.mask.dtype} {self.mask.shape}, expected uint8 {self.guide.shape[:3]}")


@dataclass(frozen=True)
class EngineChoice:
    """Which model runs, at what size, and how it is held in memory.

    model: a name from ``engine.host.MODELS``. width, height: of the pictures in and out, multiples of 16.
    folder: where the performer keeps model files, "" for none; the bundled starter needs none.
    autoencoder: of the published models; "tiny" is fastest, "wan" the most faithful. The starter has its own.
    precision: of the transformer's matrices; "fp8" halves their memory.
    offload: keeps the transformer's blocks in the computer's memory and brings each to the GPU when it is due: slower,
        for a GPU that does not hold them.
    attention: "sage" lets SageAttention answer in the main network, where it is installed and measured faster: its
        products are of eight and sixteen bits. "exact" takes the fastest of those that round no further than bf16.
    compatibility: "sound" is the engine as it should be; "reference" repeats the reference implementation's quirks
        (zero keys in VACE's attention, one encoder memory for both streams, stand-alone reactive encoding, references
        in the place of control frames).
    acceleration: what a GPU is spared: "full" compiles the transformer's blocks and records its passes, "graphs" only
        records them, "none" runs one operator after the other. The CPU does that whatever is chosen.
    """

    model: str = "starter"
    width: int = 320
    height: int = 192
    folder: str = ""
    autoencoder: Autoencoder = "tiny"
    precision: Precision = "bf16"
    offload: bool = False
    attention: AttentionKernels = "exact"
    compatibility: Compatibility = "sound"
    acceleration: Acceleration = "full"

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            value = getattr(self, name)
            _in_range(name, value, 16, 4096)
            if value % 16:
                raise ValueError(words.no_multiple_of_16(name, value, round(value / 16) * 16))
        _one_of("autoencoder", self.autoencoder, Autoencoder)
        _one_of("precision", self.precision, Precision)
        _one_of("attention", self.attention, AttentionKernels)
        _one_of("compatibility", self.compatibility, Compatibility)
        _one_of("acceleration", self.acceleration, Acceleration)


@dataclass(frozen=True)
class Progress:
    """How far a model has come up. part: 0 to 1. doing: what is going on, in a few words."""

    part: float
    doing: str


@dataclass(frozen=True)
class GpuMemory:
    """Bytes of the GPU that paints. used: by all programs; what this one only keeps for reuse does not count."""

    used: int
    total: int


@dataclass(frozen=True)
class ModelInfo:
    """What a loaded model says of itself. ``note`` is for the window's status line, empty where all is well.

    threads: of the processor, that one operation is shared out to; as many give the same pictures bit for bit. 0 =
    nobody knows.
    """

    name: str
    device: str
    dtype: str
    note: str = ""
    threads: int = 0
