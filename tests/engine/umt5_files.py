"""A tiny UMT5 encoder and its tokenizer as files, in every form that real ones come in. Weights are random."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor

from engine.umt5_weights import BLOCK_NAMES, UMT5Config

CONFIG = UMT5Config(vocabulary=64, dim=16, attention_dim=12, ffn_dim=20, heads=3, layers=3, buckets=8, max_distance=16)
PIECES = ["<pad>", "</s>", "<unk>", "▁", "▁ink", "▁on", "▁paper", "▁&", *(f"{letter}" for letter in "abcdefghijklmno")]
SCORES = [0.0, 0.0, 0.0, *(-1.0 - 0.1 * number for number in range(len(PIECES) - 3))]


def oracle(weights: Mapping[str, Tensor], config: UMT5Config = CONFIG) -> transformers.UMT5EncoderModel:
    """The whole network of ``transformers`` with these weights, under its own names, in memory."""
    network = _network(config)
    network.load_state_dict({**weights, "encoder.embed_tokens.weight": weights["shared.weight"]})
    return network


def random_weights(seed: int = 0, config: UMT5Config = CONFIG) -> dict[str, Tensor]:
    """Every parameter under its name in ``transformers``, none of them zero or one."""
    generator = torch.Generator().manual_seed(seed)
    names = _network(config).state_dict()
    del names["encoder.embed_tokens.weight"]
    return {name: torch.randn(tensor.shape, generator=generator) for name, tensor in names.items()}


def wan_name(name: str) -> str:
    """Wan's name of a parameter that ``transformers`` calls ``name``."""
    if name.startswith("encoder.block."):
        _, _, index, rest = name.split(".", 3)
        return f"blocks.{index}.{BLOCK_NAMES[rest]}"
    return {"shared.weight": "token_embedding.weight", "encoder.final_layer_norm.weight": "norm.weight"}[name]


def write(path: Path, weights: Mapping[str, Tensor]) -> Path:
    """By the ending of ``path`` a safetensors file, or one of ``torch.save``."""
    tensors = {name: tensor.contiguous() for name, tensor in weights.items()}
    if path.suffix == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save(tensors, path)
    return path


def write_parts(folder: Path, weights: Mapping[str, Tensor]) -> Path:
    """Two parts and the index that names them, which is returned."""
    names = sorted(weights)
    parts = {f"model-0000{number}-of-00002.safetensors": names[number - 1 :: 2] for number in (1, 2)}
    for part, held in parts.items():
        write(folder / part, {name: weights[name] for name in held})
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {name: part for part, held in parts.items() for name in held}}))
    return index


def write_tokenizer(path: Path) -> Path:
    tokenizer = Tokenizer(models.Unigram(list(zip(PIECES, SCORES, strict=True)), unk_id=2, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.enable_truncation(2)  # a file may ask for what is not wanted here
    tokenizer.enable_padding(length=9)
    tokenizer.save(str(path))
    return path


def sentencepiece_model() -> bytes:
    """The same tokenizer as ``write_tokenizer``'s, as a SentencePiece model."""
    pieces = (
        _field(1, _field(1, piece.encode()) + _tag(2, 5) + struct.pack("<f", score) + _tag(3, 0) + b"\x01")
        for piece, score in zip(PIECES, SCORES, strict=True)
    )
    trainer = _tag(3, 0) + b"\x01" + _tag(40, 0) + b"\x02" + _field(1, b"x" * 300)
    return b"".join(pieces) + _field(2, trainer) + _field(3, _field(1, b"identity"))


def _network(config: UMT5Config) -> transformers.UMT5EncoderModel:
    network = transformers.UMT5EncoderModel(
        transformers.UMT5Config(
            vocab_size=config.vocabulary,
            d_model=config.dim,
            d_kv=config.attention_dim // config.heads,
            d_ff=config.ffn_dim,
            num_layers=config.layers,
            num_heads=config.heads,
            relative_attention_num_buckets=config.buckets,
            relative_attention_max_distance=config.max_distance,
        )
    )
    network.train(False)
    return network


def _field(number: int, content: bytes) -> bytes:
    return _tag(number, 2) + _varint(len(content)) + content


def _tag(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])
