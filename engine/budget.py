"""Budget: the memory that a model takes, from its shapes alone, before any of it is loaded. Knows no files.

What stays is counted to the byte. What comes and goes within a chunk is estimated from the largest layers, not below
what it is. Not counted: what kernels and the device's driver take for themselves, LoRA branches, and the text encoder,
which reads a prompt block by block and is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import torch
from torch import nn

from engine.autoencoder import PICTURES_PER_LATENT
from engine.autoencoder_budget import coding_channels
from engine.catalog import config_of, effective
from engine.config import DiTConfig, ModelConfig, TinyVAEConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.kv_cache import KVCache
from engine.loading import offloads
from engine.params import MAX_REFERENCES, EngineChoice
from engine.quantize import fp8_layers
from engine.tiny_vae import TinyVAE
from engine.wan_vae import WanVAE
from engine.words import running as words

GIBIBYTE = 2**30
Network = TypeVar("Network", bound=nn.Module)

_STAGED_BLOCKS = 2  # of an offloaded network: the one at work and the one on its way


@dataclass(frozen=True)
class Part:
    """One row of a budget.

    on_host: whether it lies in the computer's memory although the network runs elsewhere. of_stream: whether each
    stream of the model has it for itself.
    """

    name: str
    bytes: int
    on_host: bool = False
    of_stream: bool = False


@dataclass(frozen=True)
class Budget:
    """What a model takes at one size. Bytes."""

    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """On the device that computes."""
        return sum(part.bytes for part in self.parts if not part.on_host)

    @property
    def second_stream(self) -> int:
        """On the device, of another stream beside the first; they work in turn."""
        return sum(part.bytes for part in self.parts if part.of_stream)

    @property
    def on_host(self) -> int:
        """Kept in the computer's memory by offloading."""
        return sum(part.bytes for part in self.parts if part.on_host)


def budget_on(choice: EngineChoice, device: Device) -> Budget:
    """The budget of the chosen model on ``device``. EngineError for an unknown name."""
    choice = effective(choice)
    choice = replace(choice, offload=offloads(choice, device))
    config = config_of(choice)
    on_cuda = device.torch_device.type == "cuda"
    budget = budget_of(config, choice, device.dtype, encodes_beside=on_cuda)
    if not on_cuda or choice.offload or choice.acceleration == "none":
        return budget
    # A recorded pass keeps the memory that comes and goes within it; all of them share it.
    return Budget((*budget.parts, Part(words.RECORDED_PASSES, _painting_work(config, choice, device.dtype))))


def gibibytes(size: int) -> str:
    """For people: "0.42 GiB"."""
    return f"{size / GIBIBYTE:.2f} GiB"


@lru_cache(maxsize=32)
def budget_of(config: ModelConfig, choice: EngineChoice, dtype: torch.dtype, *, encodes_beside: bool = False) -> Budget:
    """The budget of the model at ``choice``'s size, precision and offloading. dtype: what the device computes in.
    encodes_beside: whether it encodes beside its other work (``transfer.Beside``).

    The rows of work are all counted, although one follows the other: an allocator does not hand all that the one frees
    to the other. Worst cases: all references in use, video to video, a window that is full.
    """
    parts = [
        *_weight_parts(*_transformer_weights(config.dit, choice, dtype), choice.offload),
        Part(words.CACHE_OF_THE_PAST, _cache_bytes(config, choice, dtype), of_stream=True),
        Part(words.PROMPTS, _text_bytes(config, dtype), of_stream=True),
        Part(words.AUTOENCODER, _bytes_of(_on_meta(lambda: _autoencoder(config), dtype))),
        *_coding_parts(config, choice, dtype, encodes_beside),
        Part(words.PICTURES, _picture_bytes(config, choice), of_stream=True),
        Part(words.TRANSFORMER_AT_WORK, _transformer_work(config, choice, dtype)),
    ]
    return Budget(tuple(parts))


# -- what stays


@dataclass(frozen=True)
class _Weights:
    """Bytes of a stack of blocks. matrices: of its linear layers, which offloading moves; largest: of one block's."""

    matrices: int
    largest: int
    others: int


def _transformer_weights(dit: DiTConfig, choice: EngineChoice, dtype: torch.dtype) -> tuple[_Weights, _Weights]:
    """Of the main network, with all that is not of any block, and of the Context Blocks."""
    # Blocks are alike, but for the first Context Block, which has one layer more.
    few = replace(dit, layers=2, vace_layers=tuple(range(min(2, len(dit.vace_layers)))))
    network = _on_meta(lambda: WanDiT(few), dtype)
    matrices = {f"{name}.weight": layer.weight.nbytes for name, layer in fp8_layers(network).items()}
    others = {name: parameter.nbytes for name, parameter in network.named_parameters() if name not in matrices}
    if choice.precision == "fp8":
        # One byte a number, and for each row a scale in float32.
        matrices = {
            f"{name}.weight": layer.weight.numel() + 4 * layer.out_features
            for name, layer in fp8_layers(network).items()
        }

    def main(sizes: dict[str, int]) -> int:
        return _under(sizes, "blocks.0.") * dit.layers

    def context(sizes: dict[str, int]) -> int:
        return _under(sizes, "vace_blocks.0.") + _under(sizes, "vace_blocks.1.") * max(0, len(dit.vace_layers) - 1)

    embedding = _under(others, "vace_patch_embedding.")
    shell = _under(others, "") - _under(others, "blocks.") - _under(others, "vace_blocks.") - embedding
    return (
        _Weights(main(matrices), _under(matrices, "blocks.0."), shell + main(others)),
        _Weights(context(matrices), _under(matrices, "vace_blocks.0."), embedding + context(others)),
    )


def _under(sizes: dict[str, int], prefix: str) -> int:
    return sum(size for name, size in sizes.items() if name.startswith(prefix))


def _weight_parts(main: _Weights, context: _Weights, offload: bool) -> list[Part]:
    stacks = ((words.TRANSFORMER, main), (words.CONTEXT_BLOCKS, context))
    if not offload:
        return [Part(name, weights.matrices + weights.others) for name, weights in stacks]
    return [
        *(Part(words.matrices_of(name), weights.matrices, on_host=True) for name, weights in stacks),
        *(Part(words.the_rest_of(name), weights.others) for name, weights in stacks),
        Part(words.BLOCKS_AT_HAND, _STAGED_BLOCKS * max(main.largest, context.largest)),
    ]


def _cache_bytes(config: ModelConfig, choice: EngineChoice, dtype: torch.dtype) -> int:
    cache = KVCache(
        config.dit,
        config.rollout,
        choice.height // 16,
        choice.width // 16,
        references=MAX_REFERENCES,
        dtype=dtype,
        device="meta",
    )
    return sum(tensor.nbytes for tensor in cache.storage)


def _text_bytes(config: ModelConfig, dtype: torch.dtype) -> int:
    """Keys and values in every block of one prompt and of the next, and the encoder of words that some models have."""
    dit = config.dit
    rows = 2 * (dit.layers + len(dit.vace_layers)) * dit.text_len
    encoder = dit.text_dim * (config.vocabulary + dit.text_dim) if config.vocabulary else 0
    return (2 * rows * dit.dim + encoder) * dtype.itemsize


# -- what comes and goes


def _coding_parts(config: ModelConfig, choice: EngineChoice, dtype: torch.dtype, beside: bool) -> list[Part]:
    """The streams' memories, of three encoders (what is kept, what is made, video to video), of one that has come to
    rest, and of the decoder. The work: the larger of the two where both have the same memory in turn; beside each other
    neither has what the other has let go, and each stream of the model encodes in memory of its own.
    """
    channels = coding_channels(config.vae, config.rollout.chunk)
    channel = choice.width * choice.height * dtype.itemsize
    encoding, decoding = round(channels.encoding * channel), round(channels.decoding * channel)
    memory = round((4 * channels.encoder + channels.decoder) * channel)
    return [
        Part(words.AUTOENCODERS_MEMORY, memory, of_stream=True),
        Part(words.AUTOENCODER_AT_WORK, decoding if beside else max(encoding, decoding)),
        *([Part(words.ENCODER_BESIDE_IT, encoding, of_stream=True)] if beside else []),
    ]


def _picture_bytes(config: ModelConfig, choice: EngineChoice) -> int:
    """Float32 pictures of six chunks: guide, source, what of them is kept and made, and the two painted last."""
    return 6 * PICTURES_PER_LATENT * config.rollout.chunk * 3 * choice.width * choice.height * 4


def _transformer_work(config: ModelConfig, choice: EngineChoice, dtype: torch.dtype) -> int:
    """The larger of a chunk with all references seen by the Context Blocks, and the window read again for a new prompt.

    A block at its worst is in its feed-forward part, with what goes into it, its hidden layer before and after the
    activation, and what lies ready for later; or in its attention, whose norms and rotations are float32. The figures
    are those of a dry run of ``WanDiT``. Attention stores no logits.
    """
    rollout = config.rollout
    tokens = (choice.height // 16) * (choice.width // 16)
    again = rollout.window if rollout.memory == "clean" else rollout.context
    reading = again * tokens * _token_work(config, dtype)
    return max(_painting_work(config, choice, dtype), round(reading))


def _painting_work(config: ModelConfig, choice: EngineChoice, dtype: torch.dtype) -> int:
    """Of a chunk with all references seen by the Context Blocks.

    A hint is added as soon as it is made, beside the way through and its way out; offloaded networks make all first.
    """
    dit = config.dit
    tokens = (choice.height // 16) * (choice.width // 16)
    held = len(dit.vace_layers) if choice.offload else min(1, len(dit.vace_layers))
    hints = (held + 2) * dit.dim * dtype.itemsize
    return round((config.rollout.chunk + MAX_REFERENCES) * tokens * (_token_work(config, dtype) + hints))


def _token_work(config: ModelConfig, dtype: torch.dtype) -> float:
    """Of one token, in a block and in what the sampler mixes."""
    dit = config.dit
    block = max(2 * dit.ffn_dim + 3 * dit.dim, 9 * dit.dim) * dtype.itemsize
    # Float32 latents, four numbers a token and channel: the context, and a handful of what the sampler mixes.
    return block + 16 * (dit.vace_channels + 4 * dit.latent_channels)


# -- networks without numbers


def _autoencoder(config: ModelConfig) -> TinyVAE | WanVAE:
    return TinyVAE(config.vae) if isinstance(config.vae, TinyVAEConfig) else WanVAE(config.vae)


def _on_meta(make: Callable[[], Network], dtype: torch.dtype) -> Network:
    with torch.device("meta"):
        return make().requires_grad_(False).eval().to(dtype)


def _bytes_of(network: nn.Module) -> int:
    return sum(tensor.nbytes for tensor in (*network.parameters(), *network.buffers()))
