"""From pictures and masks to the 96-channel context (section 11)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.autoencoder import Autoencoder
from engine.conditioning import (
    MASK_CHANNELS,
    ContextEncoder,
    encode_references,
    extended,
    fitted,
    mask_channels,
    reference_context,
)
from engine.config import Quirks
from engine.tiny_vae import StreamingDecoder, StreamingEncoder, TinyVAE
from tests.parity.autoencoders import pixels
from tests.parity.case import Case
from tests.parity.networks import tiny_vae, wan_vae
from tests.parity.rows import CaseRow, Rows

LATENTS = 2e-5
PREPARED = 1e-6
HALF_A_BYTE = 1 / 255 + 1e-6
"""Composites are stored as bytes, "for display": rounded ones, which lie up to half a step from the true values."""


class EndPadded:
    """The tiny autoencoder as the reference reads it: clips are filled up to fours at their end."""

    def __init__(self, vae: TinyVAE) -> None:
        self._vae = vae

    def streaming_encoder(self) -> StreamingEncoder:
        return self._vae.streaming_encoder("end")

    def streaming_decoder(self) -> StreamingDecoder:
        return self._vae.streaming_decoder()


def encoding(case: Case, rows: Rows) -> None:
    """Masks, reference pictures, and every run of the case."""
    with rows.row("masks", 0.0) as row:
        for count in case.numbers(r"mask_enc\.(\d+)_u8"):
            channels = mask_channels(case.given("masks_u8")[:count].unsqueeze(0))
            row.compare(f"mask_enc.{count}_u8", channels[0].transpose(0, 1), exactly=True)
    with rows.row("references", PREPARED) as row:
        for match in case.matches(r"(img_.+)_u8"):
            prepared = _picture(case, match[1])[0].transpose(0, 1)
            row.compare(f"{match[1]}_prepared", prepared)
    vaes: dict[str, Autoencoder] = {"tae": EndPadded(tiny_vae(case)), "wan": wan_vae(case)}
    for facts in case.facts["runs"]:
        with rows.row(facts["prefix"].rstrip("."), LATENTS) as row:
            _run(case, row, facts, vaes[facts["prefix"].split(".")[0].split("_")[0]])
    shown = [match[1] for match in case.matches(r"(.+)\.frames_u8")]
    if shown:
        with rows.row("composites", HALF_A_BYTE) as row:
            for name in shown:
                _compare_composite(case, row, name)


def _run(case: Case, row: CaseRow, facts: dict[str, Any], vae: Autoencoder) -> None:
    prefix: str = facts["prefix"]
    encoder = ContextEncoder(vae, Quirks(shared_encoder="_shared." in prefix, standalone_reactive=True))
    for index, call in enumerate(facts["calls"]):
        context = _context(case, call, vae, encoder)[0].transpose(0, 1)
        latents = context.shape[0] - MASK_CHANNELS
        row.compare(f"{prefix}c{index}.latent", context[:latents])
        row.compare(f"{prefix}c{index}.mask_u8", context[latents:], exactly=True)


def _context(case: Case, call: dict[str, Any], vae: Autoencoder, encoder: ContextEncoder) -> Tensor:
    """The context [1, n, 96, rows, columns] of one call."""
    pictures = [_picture(case, name) for name in call.get("ref_images", [])]
    if "frames" not in call and "mode" not in call:
        # Pictures alone: the reference takes them for one clip.
        return reference_context(vae.streaming_encoder().encode(torch.cat(pictures, dim=1)))
    context = encoder.encode(*_guide_source_mask(case, call))
    return torch.cat([reference_context(encode_references(vae, pictures)), context], dim=1) if pictures else context


def _guide_source_mask(case: Case, call: dict[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
    """What a call encodes, with its first and last picture."""
    frames, mask = _frames(case, call)
    first, last = (_picture(case, call[end]) if call.get(end) else None for end in ("first", "last"))
    return frames, *extended(frames, mask, first, last)


def _frames(case: Case, call: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """Pixels and mask of a call; where it gives none, mid-grey and "generate everywhere"."""
    masks = case.given("masks_u8").bool().unsqueeze(0)
    if "frames" in call:
        these = slice(*call["frames"])
        frames = pixels(case.given("frames_u8")[these])
    else:
        these = slice(0, case.facts["frames_per_chunk"])
        frames = torch.zeros_like(pixels(case.given("frames_u8")[these]))
    own = call.get("masks", "").startswith("masks_u8")
    return frames, masks[:, these] if own else torch.ones_like(masks[:, :1]).expand(-1, frames.shape[1], -1, -1)


def _compare_composite(case: Case, row: CaseRow, name: str) -> None:
    """What went into the encoder in the runs called ``name``, which a case may show."""
    facts = next(facts for facts in case.facts["runs"] if facts["prefix"].endswith(f".{name}."))
    (call,) = facts["calls"]
    _, source, mask = _guide_source_mask(case, call)
    row.compare_values(f"{name}.frames_u8", source, pixels(case.expected(f"{name}.frames_u8")))
    row.compare(f"{name}.masks_u8", mask[0], exactly=True)


def _picture(case: Case, name: str) -> Tensor:
    return fitted(case.given(f"{name}_u8").numpy(), case.facts["pixel_height"], case.facts["pixel_width"])
