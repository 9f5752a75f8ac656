"""The names of parameters in published files, turned back to the original ones, which the networks bear.

Files differ in what stands in front of a name (what wrapped the network when it was saved) and in whether they follow
the original naming or that of diffusers. No tensor is reshaped by either. Knows no files and no shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_IN_FRONT = {"model", "module", "diffusion_model", "base_model", "generator", "generator_ema", "generator_lora"}
_ANYWHERE = {"_fsdp_wrapped_module", "_orig_mod", "_checkpoint_wrapped_module"}

_TRANSFORMER = {
    "condition_embedder.time_embedder.linear_1": "time_embedding.0",
    "condition_embedder.time_embedder.linear_2": "time_embedding.2",
    "condition_embedder.text_embedder.linear_1": "text_embedding.0",
    "condition_embedder.text_embedder.linear_2": "text_embedding.2",
    "condition_embedder.time_proj": "time_projection.1",
    "scale_shift_table": "head.modulation",
    "proj_out": "head.head",
}
_BLOCK_OF_TRANSFORMER = {
    "scale_shift_table": "modulation",
    "attn1.to_q": "self_attn.q",
    "attn1.to_k": "self_attn.k",
    "attn1.to_v": "self_attn.v",
    "attn1.to_out.0": "self_attn.o",
    "attn1.norm_q": "self_attn.norm_q",
    "attn1.norm_k": "self_attn.norm_k",
    "attn2.to_q": "cross_attn.q",
    "attn2.to_k": "cross_attn.k",
    "attn2.to_v": "cross_attn.v",
    "attn2.to_out.0": "cross_attn.o",
    "attn2.norm_q": "cross_attn.norm_q",
    "attn2.norm_k": "cross_attn.norm_k",
    "attn2.add_k_proj": "cross_attn.k_img",
    "attn2.add_v_proj": "cross_attn.v_img",
    "attn2.norm_added_k": "cross_attn.norm_k_img",
    "ffn.net.0.proj": "ffn.0",
    "ffn.net.2": "ffn.2",
    # diffusers counts the norms in order of use, the original does not.
    "norm2": "norm3",
    "norm3": "norm2",
    "proj_in": "before_proj",
    "proj_out": "after_proj",
}
_BLOCK = re.compile(r"((?:vace_)?blocks\.\d+)\.(.+)")

_VAE = {"quant_conv": "conv1", "post_quant_conv": "conv2"}
_HALF_OF_VAE = {
    "conv_in": "conv1",
    "norm_out": "head.0",
    "conv_out": "head.2",
    "mid_block.resnets.0": "middle.0",
    "mid_block.attentions.0": "middle.1",
    "mid_block.resnets.1": "middle.2",
}
_RESIDUAL_OF_VAE = {
    "norm1": "residual.0",
    "conv1": "residual.2",
    "norm2": "residual.3",
    "conv2": "residual.6",
    "conv_shortcut": "shortcut",
}
_HALF = re.compile(r"(encoder|decoder)\.(.+)")
_DOWN = re.compile(r"down_blocks\.(\d+)(\..+)")
_UP = re.compile(r"up_blocks\.(\d+)\.(resnets|upsamplers)\.(\d+)(\..+)")
_MIDDLE_RESIDUAL = re.compile(r"(middle\.[02])(\..+)")
_BLOCKS_OF_UP_LEVEL = 3  # residual blocks; the upsampler counts as one more layer behind them


def transformer_names(names: Iterable[str]) -> dict[str, str]:
    """Each name of a file -> the original name of that parameter, for a Wan transformer, VACE module or both."""
    bared = {name: bare(name) for name in names}
    if any(name.startswith("condition_embedder.") or ".attn1." in name for name in bared.values()):
        return {name: _transformer_name(bared_name) for name, bared_name in bared.items()}
    return bared


def wan_vae_names(names: Iterable[str]) -> dict[str, str]:
    """Each name of a file -> the original name of that parameter, for Wan's autoencoder."""
    bared = {name: bare(name) for name in names}
    if any(".mid_block." in name for name in bared.values()):
        return {name: _wan_vae_name(bared_name) for name, bared_name in bared.items()}
    return bared


def bare_names(names: Iterable[str]) -> dict[str, str]:
    """Each name of a file -> the same without wrappings, for networks that have one naming only."""
    return {name: bare(name) for name in names}


def bare(name: str) -> str:
    """The name without what wrapped the network: ``model._fsdp_wrapped_module.blocks.0.x`` is ``blocks.0.x``."""
    parts = [part for part in name.split(".") if part not in _ANYWHERE]
    while len(parts) > 1 and parts[0] in _IN_FRONT:
        parts.pop(0)
    return ".".join(parts)


def _transformer_name(name: str) -> str:
    block = _BLOCK.fullmatch(name)
    if block:
        return f"{block[1]}.{_renamed(block[2], _BLOCK_OF_TRANSFORMER)}"
    return _renamed(name, _TRANSFORMER)


def _wan_vae_name(name: str) -> str:
    half = _HALF.fullmatch(name)
    if not half:
        return _renamed(name, _VAE)
    part = _renamed(half[2], _HALF_OF_VAE)
    if middle := _MIDDLE_RESIDUAL.fullmatch(part):
        part = middle[1] + _renamed_behind(middle[2])
    elif down := _DOWN.fullmatch(part):
        part = f"downsamples.{down[1]}{_renamed_behind(down[2])}"
    elif up := _UP.fullmatch(part):
        within = int(up[3]) if up[2] == "resnets" else _BLOCKS_OF_UP_LEVEL
        layer = int(up[1]) * (_BLOCKS_OF_UP_LEVEL + 1) + within
        part = f"upsamples.{layer}{_renamed_behind(up[4])}"
    return f"{half[1]}.{part}"


def _renamed_behind(dotted: str) -> str:
    return f".{_renamed(dotted[1:], _RESIDUAL_OF_VAE)}"


def _renamed(name: str, starts: Mapping[str, str]) -> str:
    """``name`` with its first parts replaced where they are a whole key of ``starts``."""
    for start, replacement in starts.items():
        if name == start or name.startswith(f"{start}."):
            return replacement + name[len(start) :]
    return name
