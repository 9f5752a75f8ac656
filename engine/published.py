"""The published models: their shapes, how they are rolled out, and which files hold them. Touches no file.

Each figure of a rollout comes from the configuration that its authors published, named beside it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from engine.config import WAN_1_3B, WAN_14B, ModelConfig, RolloutConfig, TinyVAEConfig, WanVAEConfig
from engine.params import Autoencoder
from engine.words import running as words

_DEPTH = 5  # of folders below the performer's: repositories nest, links may lead in circles, a whole disk may be chosen

Role = Literal["generator", "adapter", "VACE module", "autoencoder", "text encoder", "tokenizer"]


@dataclass(frozen=True)
class WantedFile:
    """One file that a model needs.

    role: what it is to the model. names: under any of which a folder may hold it, the best first; a name with
    folders asks for these too, ``*`` stands for anything. source: the repository that publishes it, and its name there.
    licence: as that repository states it. found: where it is, None where it is not.
    """

    role: Role
    names: tuple[str, ...]
    source: str
    licence: str
    found: Path | None = None


@dataclass(frozen=True)
class Backbone:
    """A published model. entries: of an outer dict in its generator's file, in which its weights are, the best first.

    note: what it cannot do here, for performers, or "".
    """

    title: str
    config: ModelConfig
    generator: WantedFile
    vace: WantedFile
    adapter: WantedFile | None = None
    entries: tuple[str, ...] = ("generator", "generator_ema", "model", "state_dict")
    note: str = ""


_APACHE = "Apache-2.0"

_AVERAGED = ("generator_ema", "generator", "model", "state_dict")
"""For models that their authors run with the averaged weights (``--use_ema``)."""

VACE_1_3B = WantedFile(
    role="VACE module",
    names=(
        "Wan2_1-VACE_module_1_3B_bf16.safetensors",
        "wan2.1_vace_1.3B_fp16.safetensors",
        "Wan2.1-VACE-1.3B/diffusion_pytorch_model.safetensors",
    ),
    source="Kijai/WanVideo_comfy: Wan2_1-VACE_module_1_3B_bf16.safetensors",
    licence=_APACHE,
)
VACE_14B = WantedFile(
    role="VACE module",
    names=(
        "Wan2_1-VACE_module_14B_bf16.safetensors",
        "Wan2_1-VACE-module-14B_fp8_e4m3fn_scaled_KJ.safetensors",
        "Wan2_1-VACE_module_14B_fp8_e4m3fn.safetensors",
        "wan2.1_vace_14B_fp16.safetensors",
        "Wan2.1-VACE-14B/diffusion_pytorch_model.safetensors.index.json",
        "Wan2.1-VACE-14B/diffusion_pytorch_model-00001-of-*.safetensors",
    ),
    source="Kijai/WanVideo_comfy: Wan2_1-VACE_module_14B_bf16.safetensors",
    licence=_APACHE,
)

AUTOENCODERS: dict[Autoencoder, tuple[TinyVAEConfig | WanVAEConfig, WantedFile]] = {
    "tiny": (
        TinyVAEConfig(),
        WantedFile(
            role="autoencoder",
            names=("taew2_1.pth", "taew2_1.safetensors"),
            source="lightx2v/Autoencoders: taew2_1.pth",
            licence=_APACHE,
        ),
    ),
    "wan": (
        WanVAEConfig(),
        WantedFile(
            role="autoencoder",
            names=(
                "Wan2.1_VAE.pth",
                "Wan2.1_VAE.safetensors",
                "wan_2.1_vae.safetensors",
                "Wan2_1_VAE_fp32.safetensors",
                "Wan2_1_VAE_bf16.safetensors",
                "vae/diffusion_pytorch_model.safetensors",
            ),
            source="Wan-AI/Wan2.1-T2V-1.3B: Wan2.1_VAE.pth",
            licence=_APACHE,
        ),
    ),
    "light": (
        WanVAEConfig(width=24),
        WantedFile(
            role="autoencoder",
            names=("lightvaew2_1.pth", "lightvaew2_1.safetensors"),
            source="lightx2v/Autoencoders: lightvaew2_1.pth",
            licence=_APACHE,
        ),
    ),
}

TEXT_ENCODER = WantedFile(
    role="text encoder",
    names=(
        "models_t5_umt5-xxl-enc-bf16.pth",
        "umt5-xxl-enc-bf16.safetensors",
        "umt5_xxl_fp16.safetensors",
        "umt5_xxl_fp8_e4m3fn_scaled.safetensors",
        "umt5-xxl-enc-fp8_e4m3fn.safetensors",
        "text_encoder/model.safetensors",
        "text_encoder/model-00001-of-*.safetensors",
    ),
    source="Wan-AI/Wan2.1-T2V-1.3B: models_t5_umt5-xxl-enc-bf16.pth",
    licence=_APACHE,
)
TOKENIZER = WantedFile(
    role="tokenizer",
    names=(
        "umt5-xxl/tokenizer.json",
        "umt5-xxl/spiece.model",
        "tokenizer/tokenizer.json",
        "tokenizer/spiece.model",
    ),
    source="Wan-AI/Wan2.1-T2V-1.3B: google/umt5-xxl/tokenizer.json",
    licence=_APACHE,
)

# NVlabs/LongLive, v1.0: configs/longlive_inference_infinity.yaml (local_attn_size 12, sink_size 3, num_frame_per_block
# 3, timestep_shift 5). Its list of steps is warped; streaming VACE (arXiv 2602.14381) runs the model on the raw one, as
# here. Tuned on streams of up to 240 latent frames (configs/longlive_train_long.yaml), so its sink may look that old.
LONGLIVE = Backbone(
    title="LongLive 1.3B",
    config=ModelConfig(
        name="longlive-1.3b",
        dit=WAN_1_3B,
        vae=TinyVAEConfig(),
        rollout=RolloutConfig(chunk=3, window=12, sink=3, shift=5.0, steps=4, sink_distance_max=240),
    ),
    generator=WantedFile(
        role="generator",
        names=("longlive_base.pt",),
        source="Efficient-Large-Model/LongLive-1.3B: models/longlive_base.pt",
        licence=words.NOT_COMMERCIAL,
    ),
    adapter=WantedFile(
        role="adapter",
        names=("LongLive-1.3B/models/lora.pt", "models/lora.pt", "longlive_lora.pt", "lora.pt"),
        source="Efficient-Large-Model/LongLive-1.3B: models/lora.pt",
        licence=words.NOT_COMMERCIAL,
    ),
    vace=VACE_1_3B,
)

# guandeh17/Self-Forcing: configs/self_forcing_dmd.yaml (num_frame_per_block 3, timestep_shift 5, warp_denoising_step
# true); trained on 21 latent frames without a sink.
SELF_FORCING = Backbone(
    title="Self-Forcing 1.3B",
    config=ModelConfig(
        name="self-forcing-1.3b",
        dit=WAN_1_3B,
        vae=TinyVAEConfig(),
        rollout=RolloutConfig(chunk=3, window=21, sink=0, shift=5.0, steps=4, warp_steps=True),
    ),
    generator=WantedFile(
        role="generator",
        names=("self_forcing_dmd.pt", "self_forcing_dmd.safetensors"),
        source="gdhe17/Self-Forcing: checkpoints/self_forcing_dmd.pt",
        licence=words.NOT_COMMERCIAL,
    ),
    vace=VACE_1_3B,
    entries=_AVERAGED,
)

# JaydenLyh/Reward-Forcing: configs/reward_forcing.yaml (local_attn_size 9, sink_size 3, num_frame_per_block 3,
# timestep_shift 5, warp_denoising_step true), read in a public copy of it that adds settings for training only. Its
# sink is a moving average of the frames that leave the window; 0.99 is what the paper's ablation (arXiv 2512.04678)
# names best, by a public summary of it. Whether its authors average keys before or after rotation was not found: here,
# before.
REWARD_FORCING = Backbone(
    title="Reward-Forcing 1.3B",
    config=ModelConfig(
        name="reward-forcing-1.3b",
        dit=WAN_1_3B,
        vae=TinyVAEConfig(),
        rollout=RolloutConfig(chunk=3, window=9, sink=3, shift=5.0, steps=4, warp_steps=True, sink_average=0.99),
    ),
    generator=WantedFile(
        role="generator",
        names=("rewardforcing.pt", "rewardforcing.safetensors"),
        source="JaydenLu666/Reward-Forcing-T2V-1.3B: rewardforcing.pt",
        licence=words.SEE_THERE,
    ),
    vace=VACE_1_3B,
    entries=_AVERAGED,
)

# krea-ai/realtime-video: configs/self_forcing_server_14b.yaml (num_frame_per_block 3, timestep_shift 5, do_kv_recomp)
# and kv_cache_num_frames 3 of its README. Its list of steps is warped; streaming VACE runs the model on the raw one,
# with a weight of 0.3 for past frames.
KREA = Backbone(
    title="Krea Realtime 14B",
    config=ModelConfig(
        name="krea-14b",
        dit=WAN_14B,
        vae=TinyVAEConfig(),
        rollout=RolloutConfig(chunk=3, window=6, sink=0, shift=5.0, steps=4, memory="recompute", context=3, past=0.3),
    ),
    generator=WantedFile(
        role="generator",
        names=(
            "krea-realtime-video-14b.safetensors",
            "krea-realtime-video/transformer/diffusion_pytorch_model.safetensors.index.json",
            "krea-realtime-video/transformer/diffusion_pytorch_model-00001-of-*.safetensors",
        ),
        source="krea/krea-realtime-video: krea-realtime-video-14b.safetensors",
        licence=words.SEE_THERE,
    ),
    vace=VACE_14B,
)

# chenfengxu714/StreamDiffusionV2: configs/wan_causal_dmd_v2v.yaml (num_frame_per_block 1, num_kv_cache 6,
# num_sink_tokens 3, which counts frames, timestep_shift 8, warp_denoising_step false); its README runs two steps.
STREAMDIFFUSION = Backbone(
    title="StreamDiffusionV2 1.3B",
    config=ModelConfig(
        name="streamdiffusionv2-1.3b",
        dit=WAN_1_3B,
        vae=TinyVAEConfig(),
        rollout=RolloutConfig(chunk=1, window=6, sink=3, shift=8.0, steps=2),
    ),
    generator=WantedFile(
        role="generator",
        names=("wan_causal_dmd_v2v/model.pt", "StreamDiffusionV2/model.pt", "streamdiffusionv2.pt"),
        source="jerryfeng/StreamDiffusionV2: wan_causal_dmd_v2v/model.pt",
        licence=_APACHE,
    ),
    vace=VACE_1_3B,
    note=words.STREAMDIFFUSION_LACKS,
)

BACKBONES: dict[str, Backbone] = {
    backbone.config.name: backbone for backbone in (LONGLIVE, SELF_FORCING, REWARD_FORCING, KREA, STREAMDIFFUSION)
}


def wanted_by(backbone: Backbone, autoencoder: Autoencoder) -> tuple[WantedFile, ...]:
    """All files that the model needs with that autoencoder, in the order in which they are opened."""
    adapter = () if backbone.adapter is None else (backbone.adapter,)
    return (backbone.generator, *adapter, backbone.vace, AUTOENCODERS[autoencoder][1], TEXT_ENCODER, TOKENIZER)


def find(wanted: tuple[WantedFile, ...], folder: Path) -> tuple[WantedFile, ...]:
    """The same, each with the file found for it in ``folder`` or below.

    Upper and lower case are alike. Of several the one whose name comes first, then the one least deep.
    """
    paths = sorted(_files_below(folder), key=lambda path: (len(path.parts), str(path)))
    # The chosen folder may itself be the repository that a name begins with.
    parts = [[part.lower() for part in (folder.name, *path.relative_to(folder).parts)] for path in paths]
    return tuple(replace(file, found=_find_one(file.names, parts, paths)) for file in wanted)


def _find_one(names: tuple[str, ...], parts: list[list[str]], paths: list[Path]) -> Path | None:
    for name in names:
        pattern = name.lower().split("/")
        for have, path in zip(parts, paths, strict=True):
            if len(have) >= len(pattern) and all(map(fnmatchcase, have[-len(pattern) :], pattern)):
                return path
    return None


def _files_below(folder: Path) -> list[Path]:
    files: list[Path] = []
    for here, folders, names in os.walk(folder, followlinks=True):
        if len(Path(here).relative_to(folder).parts) >= _DEPTH:
            folders.clear()
        files += [Path(here, name) for name in names]
    return files
