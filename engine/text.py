"""Prompts to embeddings: a small table of words, learned with the network that reads it. Knows no transformer."""

from __future__ import annotations

import hashlib
import re
from typing import Protocol

import torch
from torch import Tensor, nn


class TextEncoder(Protocol):
    """Reads prompts, whatever with."""

    def __call__(self, prompt: str) -> Tensor:
        """The prompt's embeddings [1, rows, text_dim], as many rows as it needs, at most the network's ``text_len``."""
        ...


class WordEncoder(nn.Module):
    """One embedding row a word. A word picks its row by a hash, so any word in any language has one."""

    def __init__(self, vocabulary: int, text_dim: int, text_len: int) -> None:
        """vocabulary: rows of the table. text_len: words beyond that many are not read."""
        super().__init__()
        self.text_len = text_len
        self.words = nn.Embedding(vocabulary, text_dim)

    def forward(self, prompt: str) -> Tensor:
        """[1, words, text_dim]; no word at all gives no row."""
        rows = [self.row(word) for word in words_of(prompt)[: self.text_len]]
        index = torch.tensor([rows], dtype=torch.long, device=self.words.weight.device)
        embeds: Tensor = self.words(index)
        return embeds

    def row(self, word: str) -> int:
        # Not Python's hash(): that one differs from run to run.
        digest = hashlib.blake2s(word.encode("utf-8"), digest_size=8).digest()
        return int.from_bytes(digest, "little") % self.words.num_embeddings


def words_of(prompt: str) -> list[str]:
    """The words of a prompt, lower case, punctuation dropped."""
    return re.findall(r"\w+", prompt.casefold())
