"""Files of weights: what their headers say, and their tensors, one part at a time. Knows no network and no naming.

safetensors files, alone or in shards, and those of ``torch.save`` (.pth, .pt, .ckpt). What a file is, its content
says, never its ending. Opening one reads names, types and shapes alone; pickles are read with ``weights_only``, so that
no code in a file ever runs.
"""

from __future__ import annotations

import json
import math
import pickle
import re
import struct
import warnings
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import torch
from safetensors import SafetensorError
from torch import Tensor

from engine.errors import EngineError
from engine.words import files as words

PART_BYTES = 16 * 2**20
"""What is read at a time: a few milliseconds from a fast disk, and all that is ever held beside the tensor itself."""

_SAFETENSORS_TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U64": torch.uint64,
    "U32": torch.uint32,
    "U16": torch.uint16,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_DAMAGES = (
    *(RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, AssertionError),
    *(struct.error, SafetensorError),
)
"""What ``torch.load`` raises for a damaged file depends on where the damage is."""
_HEADER_LIMIT = 100 * 2**20  # the format's own
_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<ending>\.\w+)")


@dataclass(frozen=True)
class Stored:
    """One tensor as a file holds it."""

    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


class WeightFile(ABC):
    """An open file of weights; a context manager. ``stored``: name -> tensor, in the file's order."""

    path: Path
    stored: Mapping[str, Stored]

    def read(self, name: str, dtype: torch.dtype, device: torch.device) -> Generator[int, None, Tensor]:
        """The tensor in another type and on another device, part by part; beside it, one part is held at most.

        Yields how many bytes of the file each part was. EngineError when the disk does not give what the header
        promised.
        """
        stored = self.stored[name]
        out = torch.empty(stored.shape, dtype=dtype, device=device)
        flat = out.view(-1)
        step = PART_BYTES // stored.dtype.itemsize
        for start in range(0, flat.numel(), step):
            part = flat[start : start + step]
            self.copy(name, start, part)
            yield part.numel() * stored.dtype.itemsize
        return out

    def elements(self, name: str, start: int, count: int) -> Tensor:
        """``count`` elements of the flattened tensor from ``start`` on, on the host, as they are stored."""
        out = torch.empty(count, dtype=self.stored[name].dtype)
        self.copy(name, start, out)
        return out

    @abstractmethod
    def copy(self, name: str, start: int, out: Tensor) -> None:
        """Fill the flat ``out``, of any type and on any device, from element ``start`` of the flattened tensor on."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def open_weights(path: Path, entries: tuple[str, ...] = ()) -> WeightFile:
    """Open a file of weights, or all shards of a set by one of them or by its index.

    entries: the entries of an outer dict in which ``torch.save`` files keep their weights, the preferred one first.
    EngineError, in one sentence, for all that is no file of weights or is cut short.
    """
    try:
        if path.name.endswith(".index.json"):
            return _open_indexed(path)
        shard = _SHARD.fullmatch(path.name)
        if shard:
            count = int(shard["count"])
            names = [f"{shard['stem']}-{number:05d}-of-{count:05d}{shard['ending']}" for number in range(1, count + 1)]
            return _ShardedFile.open(path, [path.with_name(name) for name in names])
        return _open_single(path, entries)
    except OSError as error:
        raise EngineError(words.unreadable(path.name, str(error.strerror or error))) from error


def _open_single(path: Path, entries: tuple[str, ...]) -> WeightFile:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(64)
    # Asked first: the length of a header, which comes before the brace, may look like any other beginning.
    if head[8:9] == b"{":
        return _SafetensorsFile(path, size)
    if head.startswith(b"PK\x03\x04"):
        return _TorchFile(path, entries, zipped=True)
    if head.startswith(b"\x80"):
        return _TorchFile(path, entries, zipped=False)
    raise _not_weights(path, _content(head, size))


def _content(head: bytes, size: int) -> str:
    """What a file that holds no weights holds instead, in words."""
    text = head.lstrip().lower()
    if size == 0:
        return words.IS_EMPTY
    if text.startswith(b"version https://git-lfs"):
        return words.IS_LFS_POINTER
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return words.IS_WEB_PAGE
    if text.startswith(b"gguf"):
        return words.IS_GGUF
    if not any(head):
        return words.IS_ZEROS
    return words.holds_neither(size)


def _not_weights(path: Path, what: str) -> EngineError:
    return EngineError(words.not_weights(path.name, what))


class _SafetensorsFile(WeightFile):
    """Read with plain file reads: mapped pages would count against the memory of the machine, and lock the file."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self._staging: Tensor | None = None
        self._file = path.open("rb", buffering=0)
        try:
            self.stored, self._offsets = self._read_header(size)
        except BaseException:
            self._file.close()
            raise

    def _read_header(self, size: int) -> tuple[dict[str, Stored], dict[str, int]]:
        length = int.from_bytes(self._file.read(8), "little")
        if length > _HEADER_LIMIT:
            raise _not_weights(self.path, _content(b"", size))
        if 8 + length > size:
            raise _cut_short(self.path, size, 8 + length)
        stored, offsets, end = {}, {}, 0
        try:
            for name, entry in json.loads(self._file.read(length)).items():
                if name == "__metadata__":
                    continue
                stored[name] = Stored(_SAFETENSORS_TYPES[entry["dtype"]], tuple(entry["shape"]))
                begin, end_of_this = entry["data_offsets"]
                if begin < 0 or end_of_this - begin != stored[name].bytes:
                    raise ValueError(f"{name} fills {end_of_this - begin} bytes, expected {stored[name].bytes}")
                offsets[name] = 8 + length + begin
                end = max(end, end_of_this)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _not_weights(self.path, words.has_bad_header(str(error))) from error
        if 8 + length + end > size:
            raise _cut_short(self.path, size, 8 + length + end)
        return stored, offsets

    def copy(self, name: str, start: int, out: Tensor) -> None:
        dtype = self.stored[name].dtype
        if out.device.type == "cpu" and out.dtype == dtype:
            self._read_into(name, start, out)
            return
        # One buffer for all: buffers that come and go between tensors that stay would leave memory full of holes.
        if self._staging is None or self._staging.numel() < out.numel() * dtype.itemsize:
            self._staging = torch.empty(max(PART_BYTES, out.numel() * dtype.itemsize), dtype=torch.uint8)
        raw = self._staging[: out.numel() * dtype.itemsize].view(dtype)
        self._read_into(name, start, raw)
        out.copy_(raw)

    def _read_into(self, name: str, start: int, out: Tensor) -> None:
        view, got = out.view(torch.uint8).numpy().data, 0
        try:
            self._file.seek(self._offsets[name] + start * out.itemsize)
            while got < len(view):  # one read may give less than was asked for
                read = self._file.readinto(view[got:])
                if not read:
                    raise _cut_short(self.path, self._file.tell(), self._offsets[name] + self.stored[name].bytes)
                got += read
        except OSError as error:
            raise _unreadable(self.path, name, error) from error

    def close(self) -> None:
        self._file.close()
        self._staging = None


class _TorchFile(WeightFile):
    """A file of ``torch.save``; zipped ones are mapped, so that only what is copied out of them is read."""

    def __init__(self, path: Path, entries: tuple[str, ...], zipped: bool) -> None:
        self.path = path
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about what it may not understand; what it does not, it refuses
                content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
        except pickle.UnpicklingError as error:
            raise _not_weights(path, words.IS_UNSAFE) from error
        except _DAMAGES as error:
            raise _not_weights(path, words.IS_CUT_OR_DAMAGED) from error
        self._tensors = _weights_in(content, entries)
        if not self._tensors:
            raise _not_weights(path, words.HOLDS_NO_TENSOR)
        self.stored = {name: Stored(tensor.dtype, tuple(tensor.shape)) for name, tensor in self._tensors.items()}

    def copy(self, name: str, start: int, out: Tensor) -> None:
        out.copy_(self._tensors[name].reshape(-1)[start : start + out.numel()])

    def close(self) -> None:
        self._tensors = {}


def _weights_in(content: object, entries: tuple[str, ...]) -> dict[str, Tensor]:
    """The named tensors of a checkpoint: in the first of ``entries`` that is there, however deep they nest."""
    if not isinstance(content, Mapping):
        return {}
    for entry in entries:
        if isinstance(content.get(entry), Mapping):
            return _weights_in(content[entry], entries)
    return {
        name: tensor.detach()
        for name, tensor in content.items()
        if isinstance(name, str) and isinstance(tensor, Tensor)
    }


class _ShardedFile(WeightFile):
    """Several files that hold one set of tensors."""

    def __init__(self, path: Path, shards: list[WeightFile]) -> None:
        self.path = path
        self._shards = shards
        self._home = {name: shard for shard in shards for name in shard.stored}
        self.stored = {name: shard.stored[name] for name, shard in self._home.items()}

    @classmethod
    def open(cls, path: Path, parts: list[Path]) -> Self:
        shards: list[WeightFile] = []
        try:
            for part in parts:
                if not part.is_file():
                    raise EngineError(words.shard_missing(part.name, path.name, len(parts)))
                shards.append(_open_single(part, ()))
            return cls(path, shards)
        except BaseException:
            for shard in shards:
                shard.close()
            raise

    def copy(self, name: str, start: int, out: Tensor) -> None:
        self._home[name].copy(name, start, out)

    def close(self) -> None:
        for shard in self._shards:
            shard.close()


def _open_indexed(path: Path) -> WeightFile:
    """The shards that a ``.safetensors.index.json`` names, which must hold every tensor that it promises."""
    try:
        homes = json.loads(path.read_bytes())["weight_map"]
        parts = [path.with_name(part) for part in sorted(set(homes.values()))]
        if not parts:
            raise ValueError("it names no file")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_weights(path, words.is_no_index(type(error).__name__)) from error
    file = _ShardedFile.open(path, parts)
    for name, part in homes.items():
        if name not in file.stored:
            file.close()
            raise EngineError(words.shard_lacks(part, name, path.name))
    return file


def _cut_short(path: Path, found: int, expected: int) -> EngineError:
    return EngineError(words.cut_short(path.name, found, expected))


def _unreadable(path: Path, name: str, error: OSError) -> EngineError:
    return EngineError(words.unreadable_tensor(name, path.name, str(error.strerror or error)))
