"""What a file of weights most likely is, in a few words, for messages about files in the wrong place."""

from __future__ import annotations

from collections.abc import Mapping

from engine.weight_file import Stored
from engine.words import files as words

_LORA = (".lora_A.", ".lora_B.", ".lora_down.", ".lora_up.", ".lokr_", ".hada_")
_SIZES = {1536: "1.3B", 5120: "14B"}
_TEXT = ("token_embedding.weight", "shared.weight", "encoder.embed_tokens.weight")
_IMAGE = ("k_img", "add_k_proj", "img_emb", "image_embedder")
_QUERIES = ("self_attn.q.weight", "attn1.to_q.weight")


def kind_of(stored: Mapping[str, Stored]) -> str | None:
    """stored: by their names without wrappings, in either naming. None where nothing is known like it."""
    if any(mark in name for name in stored for mark in _LORA) or any(name.startswith("lora_unet_") for name in stored):
        return words.A_LORA
    for stack, title in (("blocks", words.A_TRANSFORMER), ("vace_blocks", words.A_VACE_MODULE)):
        width = next((stored[f"{stack}.0.{name}"].shape[0] for name in _QUERIES if f"{stack}.0.{name}" in stored), None)
        if width is None:
            continue
        if stack == "blocks" and any(mark in name for name in stored for mark in _IMAGE):
            title = words.AN_IMAGE_TRANSFORMER
        elif stack == "blocks" and any(name.startswith("vace_") for name in stored):
            title = words.A_FULL_VACE
        return words.of_size(title, _SIZES.get(width) or words.of_width(width))
    if any(name in stored for name in _TEXT):
        return words.A_TEXT_ENCODER
    for name in ("encoder.conv1.weight", "encoder.conv_in.weight"):
        if name in stored and len(stored[name].shape) == 5:
            return words.a_wan_autoencoder(stored[name].shape[0])
    return words.A_TINY_AUTOENCODER if "decoder.1.weight" in stored else None
