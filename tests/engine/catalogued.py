"""The catalogue with one published model at reduced width in it, whose files are real."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from engine import catalog
from engine.embeddings import Embeddings
from engine.loading import bring_up_networks
from engine.published import AUTOENCODERS, BACKBONES, SELF_FORCING, Backbone
from tests.engine import umt5_files
from tests.engine.published_files import TINY_VAE, Published, publish


def catalogue_small(folder: Path, monkeypatch: pytest.MonkeyPatch, backbone: Backbone = SELF_FORCING) -> Published:
    """One model, its weights below ``folder``; prompts that are read are kept there too."""
    published = publish(folder / "models", backbone)
    monkeypatch.setitem(BACKBONES, published.backbone.config.name, published.backbone)
    monkeypatch.setitem(AUTOENCODERS, "tiny", (TINY_VAE, AUTOENCODERS["tiny"][1]))
    monkeypatch.setattr(catalog, "bring_up_networks", partial(bring_up_networks, umt5=umt5_files.CONFIG))
    monkeypatch.setattr(Embeddings.__init__, "__defaults__", (folder / "prompts", 10, 1 << 20))
    return published
