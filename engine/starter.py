"""Brings the bundled starter up from its folder: one file of weights and the list of its words. Knows no stream.

``weights.safetensors`` holds the parameters of the three networks as ``transformer.*``, ``autoencoder.*`` and
``text.*``; ``vocabulary.txt`` one word a line, in the order of the table's rows.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from engine.blueprint import blueprint
from engine.checkpoints import Part, expected_shapes, fill, match
from engine.config import ModelConfig, TinyVAEConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.errors import EngineError
from engine.params import Progress
from engine.text import WordEncoder
from engine.tiny_vae import TinyVAE
from engine.weight_file import WeightFile, open_weights
from engine.words import files, running

FOLDER = Path(__file__).parent.parent / "assets" / "starter"
WEIGHTS, WORDS = "weights.safetensors", "vocabulary.txt"


@dataclass(frozen=True, eq=False)
class Starter:
    """The starter's networks, in evaluation mode, on their device."""

    dit: WanDiT
    vae: TinyVAE
    text: WordEncoder


def bring_up_starter(config: ModelConfig, device: Device, folder: Path) -> Generator[Progress, None, Starter]:
    """The networks of ``config`` with the weights in ``folder``, a few milliseconds of reading at a time.

    EngineError in one sentence, before any weight is read, for a file that is missing, damaged or of another shape.
    """
    yield Progress(0.0, running.CHECKING_STARTER)
    words = _words(folder / WORDS)
    networks = _networks(config, words, folder)
    with _open(folder / WEIGHTS) as file:
        part = Part(files.THE_STARTER, files.INSTALL_AGAIN)
        sources = match(file, part, expected_shapes(networks), lambda names: {name: name for name in names})
        done, total = 0, sum(source.bytes for source in sources.values())
        for count in fill(networks, sources, device.dtype, device.torch_device):
            done += count
            yield Progress(done / total, running.READING_STARTER)
    dit, vae, text = networks["transformer"], networks["autoencoder"], networks["text"]
    assert isinstance(dit, WanDiT)
    assert isinstance(vae, TinyVAE)
    assert isinstance(text, WordEncoder)
    return Starter(dit, vae, text)


def _networks(config: ModelConfig, words: list[str], folder: Path) -> nn.ModuleDict:
    """The three networks under the names that their parameters begin with, still without the weights of the file."""
    vae = config.vae
    assert isinstance(vae, TinyVAEConfig)
    try:
        # Small, and not to be drawn on the meta device, where a table of words would bring in the compiler.
        text = WordEncoder(config.vocabulary, config.dit.text_dim, config.dit.text_len, words)
    except ValueError as error:
        raise _damaged(folder / WORDS) from error
    return nn.ModuleDict(
        {
            "transformer": blueprint(lambda: WanDiT(config.dit)),
            "autoencoder": blueprint(lambda: TinyVAE(vae)),
            "text": text.requires_grad_(False).eval(),
        }
    )


def _words(path: Path) -> list[str]:
    try:
        words = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path) from error
    if not words:
        raise _damaged(path)
    return words


def _open(path: Path) -> WeightFile:
    try:
        return open_weights(path)
    except EngineError as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> EngineError:
    return EngineError(files.starter_damaged(path))
