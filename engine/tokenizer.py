"""Prompts to UMT5's token numbers, from files on this machine alone. Knows no weights.

``tokenizers`` is the library under the tokenizers of ``transformers``; it reads tokenizer.json as it stands. A
SentencePiece model (spiece.model) holds the same table and is taken apart here, for no other package is needed then.
"""

from __future__ import annotations

import html
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.words import files as words

if TYPE_CHECKING:
    import tokenizers

END = "</s>"
FILES = ("tokenizer.json", "spiece.model")


class Tokenizer:
    """Turns cleaned prompts into token numbers, the end mark last."""

    def __init__(self, source: Path | bytes) -> None:
        """source: tokenizer.json, spiece.model, a folder with one of them (google/umt5-xxl), or spiece.model's content.

        EngineError in one sentence when it is not there or cannot be read.
        """
        name, self._tokenizer = _open(source)
        end = self._tokenizer.token_to_id(END)
        if end is None:
            raise EngineError(words.no_end_mark(name, END))
        self._end = int(end)

    def __call__(self, prompt: str, text_len: int) -> list[int]:
        """At most ``text_len`` numbers: what is too long loses its tail, never the end mark."""
        ids: list[int] = self._tokenizer.encode(prompt, add_special_tokens=False).ids
        return [*ids[: text_len - 1], self._end]


def clean_prompt(prompt: str) -> str:
    """The prompt as Wan 2.1's encoder was given it: HTML entities undone (twice), runs of white space made one space.

    Wan also repairs wrongly decoded characters (ftfy); what is typed or pasted into a window has none.
    """
    return re.sub(r"\s+", " ", html.unescape(html.unescape(prompt))).strip()


def find_tokenizer(source: Path) -> Path:
    """tokenizer.json or spiece.model in a folder, or the file itself. EngineError when it is not there."""
    path = next((file for name in FILES if (file := source / name).is_file()), source)
    if not path.is_file():
        raise EngineError(words.no_tokenizer_at(source))
    return path


def _open(source: Path | bytes) -> tuple[str, tokenizers.Tokenizer]:
    import tokenizers

    path = Path(words.IN_ENCODERS_FILE) if isinstance(source, bytes) else find_tokenizer(source)
    try:
        content = source if isinstance(source, bytes) else path.read_bytes()
        if content[:1] == b"{":
            tokenizer = tokenizers.Tokenizer.from_str(content.decode("utf-8"))
            tokenizer.no_truncation()
            tokenizer.no_padding()
            return path.name, tokenizer
        return path.name, read_sentencepiece(content)
    # ``tokenizers`` raises bare Exceptions of its own.
    except Exception as error:
        raise EngineError(words.tokenizer_unreadable(str(path), str(error))) from error


def read_sentencepiece(model: bytes) -> tokenizers.Tokenizer:
    """A unigram SentencePiece model (its protobuf, sentencepiece_model.proto) as a tokenizer; raises if damaged."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    pieces: list[tuple[str, float]] = []
    trainer: dict[int, bytes | int] = {}
    normalizer: dict[int, bytes | int] = {}
    for field, value in _fields(model):
        if field == 1 and isinstance(value, bytes):  # pieces: 1 text, 2 score
            piece = dict(_fields(value))
            text, score = piece.get(1, b""), piece.get(2, b"\0\0\0\0")
            assert isinstance(text, bytes)
            assert isinstance(score, bytes)
            pieces.append((text.decode("utf-8"), float(struct.unpack("<f", score)[0])))
        elif field == 2 and isinstance(value, bytes):  # trainer_spec: 3 model_type, 35 byte_fallback, 40 unk_id
            trainer = dict(_fields(value))
        elif field == 3 and isinstance(value, bytes):  # normalizer_spec: 2 precompiled_charsmap
            normalizer = dict(_fields(value))
    if not pieces or trainer.get(3, 1) != 1:
        raise ValueError("no table of unigrams")
    unknown = trainer.get(40, 0)
    assert isinstance(unknown, int)
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=bool(trainer.get(35, 0))))
    steps: list[normalizers.Normalizer] = [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    charsmap = normalizer.get(2)
    if isinstance(charsmap, bytes) and charsmap:
        steps.insert(0, normalizers.Precompiled(charsmap))
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return tokenizer


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a protobuf message: numbers as they are, all else as bytes (protobuf.dev, "Encoding")."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = number()
        kind = tag & 7
        if kind == 0:
            yield tag >> 3, number()
            continue
        if kind not in (1, 2, 5):
            raise ValueError(f"no field of kind {kind} was expected")
        length = {1: 8, 5: 4}.get(kind) or number()
        if at + length > len(message):
            raise ValueError("it ends early")
        yield tag >> 3, message[at : at + length]
        at += length
