"""A file of UMT5's weights: names, shapes and types checked first, then read block by block. Runs no network.

Both namings are read, Wan's own and that of ``transformers``, in float32, bfloat16, float16 or float8; float8 with a
scale for each matrix, for each row, or with none. What kind of file it is and where it lies, others know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.errors import EngineError
from engine.weight_file import WeightFile
from engine.words import files as words

TYPES = (torch.float32, torch.bfloat16, torch.float16, torch.float8_e4m3fn, torch.float8_e5m2)
TABLES = ("token_embedding.weight", "shared.weight", "encoder.embed_tokens.weight")  # the last two are one tensor
SCALES = ("scale_weight", "weight_scale")
TOKENIZER = "spiece_model"
NOT_READ = (TOKENIZER, "scaled_fp8", "lm_head.weight")
NOT_READ_STARTS = ("decoder.",)
NOT_READ_ENDS = (".scale_input", ".input_scale", ".comfy_quant")  # for products in float8, which are not made here

BLOCK_NAMES = {
    "layer.0.layer_norm.weight": "norm1.weight",
    "layer.0.SelfAttention.q.weight": "attn.q.weight",
    "layer.0.SelfAttention.k.weight": "attn.k.weight",
    "layer.0.SelfAttention.v.weight": "attn.v.weight",
    "layer.0.SelfAttention.o.weight": "attn.o.weight",
    "layer.0.SelfAttention.relative_attention_bias.weight": "pos_embedding.embedding.weight",
    "layer.1.layer_norm.weight": "norm2.weight",
    "layer.1.DenseReluDense.wi_0.weight": "ffn.gate.0.weight",
    "layer.1.DenseReluDense.wi_1.weight": "ffn.fc1.weight",
    "layer.1.DenseReluDense.wo.weight": "ffn.fc2.weight",
}
"""The parameters of one block: the name in ``transformers``, and Wan's."""


@dataclass(frozen=True)
class UMT5Config:
    """The encoder's shape, by default UMT5-XXL's. Widths in channels, vocabulary in rows."""

    vocabulary: int = 256384
    dim: int = 4096
    attention_dim: int = 4096
    ffn_dim: int = 10240
    heads: int = 64
    layers: int = 24
    buckets: int = 32
    max_distance: int = 128

    def block_shape(self, name: str) -> tuple[int, ...]:
        """The shape of a block's parameter, by its name in ``transformers``."""
        match name.split(".")[-2]:
            case "layer_norm":
                return (self.dim,)
            case "q" | "k" | "v":
                return (self.attention_dim, self.dim)
            case "o":
                return (self.dim, self.attention_dim)
            case "relative_attention_bias":
                return (self.buckets, self.heads)
            case "wi_0" | "wi_1":
                return (self.ffn_dim, self.dim)
            case "wo":
                return (self.dim, self.ffn_dim)
        raise ValueError(f"{name} is no parameter of a UMT5 block")

    @property
    def block_bytes(self) -> int:
        """What one block weighs in float32."""
        return 4 * sum(torch.Size(self.block_shape(name)).numel() for name in BLOCK_NAMES)


UMT5_XXL = UMT5Config()


class UMT5Weights:
    """The checked content of an open file. Nothing of it is held in memory; what is read is the caller's."""

    def __init__(self, file: WeightFile, config: UMT5Config) -> None:
        """EngineError, in one sentence with file, key, expected and found, when it is not this encoder, whole."""
        self._file = file
        self._config = config
        self._is_wan = TABLES[0] in file.stored
        self._table = next((name for name in TABLES if name in file.stored), TABLES[0])
        self._check()

    def block(self, index: int, device: torch.device) -> dict[str, Tensor]:
        """The parameters of one block by their names in ``transformers``, float32, on ``device``."""
        return {name: self._read(self._in_block(index, name), device) for name in BLOCK_NAMES}

    def final_norm(self, device: torch.device) -> Tensor:
        """[dim] float32, on ``device``."""
        return self._read(self._final_norm, device)

    def embed(self, ids: Sequence[int], device: torch.device) -> Tensor:
        """The rows of the table of tokens, [1, ids, dim] float32; of the whole table only these are read."""
        dim = self._config.dim
        rows = {index: self._file.elements(self._table, index * dim, dim).float() for index in set(ids)}
        table = torch.stack([rows[index] for index in ids]).to(device)
        if (name := self._scale_of(self._table)) is not None:
            scale = self._raw(name, device)
            table = table * (scale.flatten()[torch.tensor(ids, device=device), None] if scale.numel() > 1 else scale)
        return table.view(1, len(ids), dim)

    def tokenizer(self) -> bytes | None:
        """The SentencePiece model that repackaged files carry with them."""
        if TOKENIZER not in self._file.stored:
            return None
        content = self._file.stored[TOKENIZER].shape
        return self._file.elements(TOKENIZER, 0, torch.Size(content).numel()).numpy().tobytes()

    @property
    def _final_norm(self) -> str:
        return "norm.weight" if self._is_wan else "encoder.final_layer_norm.weight"

    def _in_block(self, index: int, name: str) -> str:
        return f"blocks.{index}.{BLOCK_NAMES[name]}" if self._is_wan else f"encoder.block.{index}.{name}"

    def _scale_of(self, name: str) -> str | None:
        names = (name.removesuffix("weight") + scale for scale in SCALES)
        return next((scale for scale in names if scale in self._file.stored), None)

    def _read(self, name: str, device: torch.device) -> Tensor:
        weight = self._raw(name, device)
        if (scale_name := self._scale_of(name)) is None:
            return weight
        scale = self._raw(scale_name, device)
        return weight * (scale.reshape(-1, 1) if scale.numel() > 1 else scale.reshape(()))

    def _raw(self, name: str, device: torch.device) -> Tensor:
        # CUDA converts by itself, so that fewer bytes travel; not every other device knows float8.
        dtype = self._file.stored[name].dtype if device.type == "cuda" else torch.float32
        reading = self._file.read(name, dtype, device)
        while True:
            try:
                next(reading)
            except StopIteration as end:
                tensor: Tensor = end.value
                return tensor.float()

    def _check(self) -> None:
        config = self._config
        expected = {self._table: (config.vocabulary, config.dim), self._final_norm: (config.dim,)}
        for index in range(config.layers):
            expected |= {self._in_block(index, name): config.block_shape(name) for name in BLOCK_NAMES}
        for name, shape in expected.items():
            if name not in self._file.stored:
                raise self._refusal(name, words.a_tensor_of(_size(shape)), words.NOTHING_OF_THAT_NAME)
            self._check_tensor(name, shape)
        for name, stored in self._file.stored.items():
            if name not in expected and not self._belongs(name, expected):
                raise self._refusal(name, words.NOTHING, words.a_tensor_of(_size(stored.shape)))

    def _check_tensor(self, name: str, shape: tuple[int, ...]) -> None:
        stored = self._file.stored[name]
        if stored.shape != shape:
            raise self._refusal(name, words.a_tensor_of(_size(shape)), words.one_of(_size(stored.shape)))
        scale = self._scale_of(name)
        if scale is not None:
            found = self._file.stored[scale].shape
            if found not in ((), (1,), (1, 1), shape[:1], (shape[0], 1)):
                raise self._refusal(scale, words.one_number_or(shape[0]), words.a_tensor_of(_size(found)))
        for each in (name, scale) if scale else (name,):
            dtype = self._file.stored[each].dtype
            if dtype not in TYPES:
                raise self._refusal(each, words.one_of(", ".join(map(_title, TYPES))), _title(dtype))

    def _belongs(self, name: str, expected: Mapping[str, object]) -> bool:
        """Whether a tensor that is not a weight has its place in such a file."""
        if name == TABLES[2] and self._table == TABLES[1]:
            return True
        if name.endswith(SCALES) and f"{name.rpartition('.')[0]}.weight" in expected:
            return True
        return name in NOT_READ or name.startswith(NOT_READ_STARTS) or name.endswith(NOT_READ_ENDS)

    def _refusal(self, name: str, expected: str, found: str) -> EngineError:
        return EngineError(words.not_umt5(self._file.path.name, name, expected, found))


def _title(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or words.ONE_NUMBER
