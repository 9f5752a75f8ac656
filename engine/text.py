"""Prompts to embeddings: a small table of words, learned with the network that reads it. Knows no transformer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TextEncoder(Protocol):
    """Reads prompts, whatever with."""

    def __call__(self, prompt: str) -> Tensor:
        """The prompt's embeddings [1, rows, text_dim], as many rows as it needs, at most the network's ``text_len``."""
        ...


class WordEncoder(nn.Module):
    """One embedding row a word, which also knows the word before it: "teal on black" is not "black on teal".

    The row of word i is E[w_i] + P E[w_(i-1)]; nothing is added for the first word.
    """

    def __init__(self, vocabulary: int, text_dim: int, text_len: int, words: Sequence[str] = ()) -> None:
        """vocabulary: rows of the table. text_len: words beyond that many are not read.

        words: those that the table was trained on, in the order of its rows; all others are not read, and the words
        beside them become neighbours. Without any, every word in any language picks a row by a hash. ValueError for
        more words than rows, for one listed twice, and for one that ``words_of`` would not give.
        """
        super().__init__()
        self.text_len = text_len
        self.words = nn.Embedding(vocabulary, text_dim)
        self.before = nn.Linear(text_dim, text_dim, bias=False)
        self._listed = _numbered(words, vocabulary)

    def forward(self, prompt: str) -> Tensor:
        """[1, words, text_dim]; no word at all gives no row."""
        index = torch.tensor([self.rows(prompt)], dtype=torch.long, device=self.words.weight.device)
        return self.embed(index)

    def rows(self, prompt: str) -> list[int]:
        """The table's row for each word of the prompt that is read, at most ``text_len``."""
        words = words_of(prompt)
        if self._listed:
            return [self._listed[word] for word in words if word in self._listed][: self.text_len]
        return [self._hash(word) for word in words[: self.text_len]]

    def embed(self, index: Tensor) -> Tensor:
        """Rows of many prompts, long [B, L], -1 where there is no word, as embeddings [B, L, text_dim], zeros there."""
        is_word = (index >= 0).unsqueeze(-1)
        own = self.words(index.clamp(min=0)) * is_word
        embeds: Tensor = (own + self.before(F.pad(own, (0, 0, 1, 0))[:, :-1])) * is_word
        return embeds

    def _hash(self, word: str) -> int:
        # Not Python's hash(): that one differs from run to run.
        digest = hashlib.blake2s(word.encode("utf-8"), digest_size=8).digest()
        return int.from_bytes(digest, "little") % self.words.num_embeddings


def words_of(prompt: str) -> list[str]:
    """The words of a prompt, lower case, punctuation dropped."""
    return re.findall(r"\w+", prompt.casefold())


def _numbered(words: Sequence[str], vocabulary: int) -> dict[str, int]:
    if len(words) > vocabulary:
        raise ValueError(f"{len(words)} words, expected at most as many as the table has rows, {vocabulary}")
    numbered: dict[str, int] = {}
    for word in words:
        if word in numbered or words_of(word) != [word]:
            raise ValueError(f"{word!r} is in the list of words, expected single words in lower case, each once")
        numbered[word] = len(numbered)
    return numbered
