"""Embeddings of prompts, kept on disk, so that a prompt read once is never read again. Knows no encoder.

One small safetensors file for each prompt and encoder. Files appear whole (written beside, then renamed) and carry a
digest of their content; one that does not fit it is made anew. Of too many, those not used for longest are dropped.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from pathlib import Path

import platformdirs
import safetensors
import safetensors.torch
import torch
from torch import Tensor

MAX_FILES = 2000
MAX_BYTES = 1 << 30
EDGE_BYTES = 1 << 20

log = logging.getLogger(__name__)


class Embeddings:
    """A folder of embeddings. Failures of the disk cost time, never the show: they go to the log."""

    def __init__(self, folder: Path | None = None, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES) -> None:
        """folder: made when first needed; by default in the user's cache folder. max_*: the bounds of the folder."""
        self._folder = folder or platformdirs.user_cache_path("vace-live", appauthor=False) / "prompts"
        self._max_files, self._max_bytes = max_files, max_bytes

    def find(self, prompt: str, encoder: str | None, text_len: int, text_dim: int) -> Tensor | None:
        """[1, rows, text_dim] float32 on the CPU, as it was kept; None when it is not there, or damaged.

        encoder: from ``identity_of``; None takes the newest embeddings of any encoder of that width.
        """
        if encoder is not None:
            return self._load(self._path(prompt, encoder, text_len, text_dim))
        paths = _newest_first(self._folder, self._path(prompt, "*", text_len, text_dim).name)
        return next((embeds for path in paths if (embeds := self._load(path)) is not None), None)

    def keep(self, prompt: str, encoder: str, text_len: int, embeds: Tensor) -> None:
        """Write the embeddings [1, rows, text_dim] and drop what is too much by then."""
        path = self._path(prompt, encoder, text_len, embeds.shape[-1])
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        embeds = embeds.float().cpu().contiguous()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            safetensors.torch.save_file({"embeds": embeds}, part, metadata={"digest": _digest(embeds)})
            part.replace(path)
            self._evict()
        except (OSError, safetensors.SafetensorError) as error:
            log.warning("The embeddings of a prompt were not kept in %s: %s", self._folder, error)

    def _path(self, prompt: str, encoder: str, text_len: int, text_dim: int) -> Path:
        words = hashlib.blake2b(f"{text_len} {text_dim} {prompt}".encode(), digest_size=16).hexdigest()
        return self._folder / f"{words}-{encoder}.safetensors"

    def _load(self, path: Path) -> Tensor | None:
        try:
            with safetensors.safe_open(path, framework="pt") as file:
                digest = (file.metadata() or {}).get("digest")
                embeds: Tensor = file.get_tensor("embeds").clone()  # not a view of the file, which may be replaced
            if _digest(embeds) != digest:
                raise ValueError("its content is not what was written")
            path.touch()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, safetensors.SafetensorError) as error:
            log.warning("The kept embeddings %s are damaged and made anew: %s", path, error)
            return None
        return embeds

    def _evict(self) -> None:
        room = self._max_bytes
        for number, path in enumerate(_newest_first(self._folder, "*"), start=1):
            with contextlib.suppress(OSError):  # another instance may have dropped it
                room -= path.stat().st_size
                if number > self._max_files or room < 0:
                    path.unlink()


def identity_of(path: Path) -> str:
    """Names an encoder file by its name, size, first and last MiB: header, zip directory and some of the weights."""
    size = path.stat().st_size
    digest = hashlib.blake2b(f"{path.name} {size} ".encode(), digest_size=12)
    with path.open("rb") as file:
        digest.update(file.read(EDGE_BYTES))
        file.seek(max(0, size - EDGE_BYTES))
        digest.update(file.read(EDGE_BYTES))
    return digest.hexdigest()


def _newest_first(folder: Path, pattern: str) -> list[Path]:
    def used(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except OSError:
            return 0.0

    return sorted(folder.glob(pattern), key=used, reverse=True)


def _digest(embeds: Tensor) -> str:
    data = embeds.contiguous().view(torch.uint8).numpy().tobytes()
    return hashlib.blake2b(f"{tuple(embeds.shape)} {embeds.dtype} ".encode() + data, digest_size=16).hexdigest()
