"""A golden directory of other seeds and sizes than the published one's, its results made by the engine itself.

It shows that the runner takes every size, count and list from a case's files: what the engine is compared with here is
itself, so the numbers prove nothing else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.config import DiTConfig, TinyVAEConfig, WanVAEConfig
from engine.dit import WanDiT
from engine.tiny_vae import TinyVAE
from engine.wan_vae import WanVAE
from tests.parity.case import Case
from tests.parity.rows import CaseRow, Rows
from tests.parity.runner import Family, family_of

Tensors = dict[str, Tensor]

DIT = DiTConfig(dim=40, heads=2, ffn_dim=56, layers=3, vace_layers=(1, 2), freq_dim=12, text_dim=20, text_len=7)
ROWS, COLUMNS, CHUNK = 4, 10, 2
STEPS = [1000, 640, 210]
MODEL = {
    **{"dim": DIT.dim, "num_heads": DIT.heads, "ffn_dim": DIT.ffn_dim, "num_layers": DIT.layers},
    **{"freq_dim": DIT.freq_dim, "text_dim": DIT.text_dim, "text_len": DIT.text_len, "in_channels": 16, "eps": 1e-6},
}
ROLLOUT: dict[str, Any] = {
    "model": MODEL,
    "latent": {"height": ROWS, "width": COLUMNS, "frames_per_chunk": CHUNK},
    **{"vace_layers": DIT.vace_layers, "local_attn_frames": 5, "sink_frames": 2, "shift": 3.0},
    **{"step_list": STEPS, "warped": False, "vace_in_channels": 96},
}
HEIGHT, WIDTH = 24, 40
"""Of pictures."""

_random = torch.Generator()


def make(folder: Path) -> None:
    """Write weights and one case of every kind into ``folder``."""
    _random.manual_seed(5)
    dit = _randomized(WanDiT(DIT)).state_dict()
    vace = {name: dit.pop(name) for name in list(dit) if name.startswith("vace_")}
    networks = {
        "dit": dit,
        "vace": vace,
        "tae": _randomized(TinyVAE(TinyVAEConfig(6, (10, 9, 8, 7)))).state_dict(),
        "wan_vae": _randomized(WanVAE(WanVAEConfig(3))).state_dict(),
    }
    for name, weights in networks.items():
        save_file(
            {key: tensor.contiguous() for key, tensor in weights.items()}, folder / f"weights_{name}_tiny.safetensors"
        )
    for name, (facts, tensors) in _cases().items():
        _write(folder, name, facts, tensors)
        made = dict(tensors)
        case = Case(folder, name)
        family: Family | None = family_of(name)
        assert family is not None
        with torch.inference_mode():
            family(case, _Recorder(case, made))
        _write(folder, name, facts, made)


class _Recorder(Rows):
    """Takes down what the engine makes instead of comparing it."""

    def __init__(self, case: Case, made: Tensors) -> None:
        super().__init__(case, [])
        self._made = made

    def row(self, run: str, tolerance: float) -> CaseRow:
        return _RecordingRow(self._case, run, self._made)


class _RecordingRow(CaseRow):
    def __init__(self, case: Case, run: str, made: Tensors) -> None:
        super().__init__(case, run, 0.0)
        self._made = made

    def compare(self, tensor: str, actual: Tensor, exactly: bool = False) -> None:
        self._made[tensor] = actual.to(torch.uint8 if exactly else actual.dtype).contiguous().clone()

    def compare_stored(self, tensor: str, actual: Tensor) -> None:
        self.compare(tensor, actual)

    def compare_values(self, what: str, actual: Tensor, expected: Tensor, exactly: bool = False) -> None:
        if what in self._made and actual.ndim == 5:  # a composite, shown as bytes
            self._made[what] = (actual[0] * 127.5 + 127.5).round().to(torch.uint8)

    def __exit__(self, *_: object) -> Literal[False]:
        return False


def _cases() -> dict[str, tuple[dict[str, Any], Tensors]]:
    """Facts and inputs, with place holders for results that the runner finds by their names."""
    return {
        "case_dit_causal_small": (ROLLOUT, _text() | _noise(4)),
        "case_dit_causal_small_warped": (
            ROLLOUT | {"warped": True, "warped_from": STEPS, "local_attn_frames": 6},
            _text() | _noise(3),
        ),
        "case_vace_causal": _vace_causal(),
        "case_vace_causal_refs": _references(),
        "case_prompt_switch": _prompt_switch(),
        "case_krea": _krea(),
        "case_vace_batch": _batch(),
        "case_scheduler": _scheduler(),
        "case_rope": _rope(),
        "case_wan_vae": _wan_vae(),
        "case_tae": _tae(),
        "case_vace_encode": _contexts(),
        "case_text_encoder": _text_encoder(),
        "case_lora": _lora(),
    }


def _vace_causal() -> tuple[dict[str, Any], Tensors]:
    runs = [
        {"prefix": "pad_s30.", "chunks": 3, "context_scale": 0.3, "vace_self_attention_key_padding": "zeros"},
        {"prefix": "nopad_s150.", "chunks": 2, "context_scale": 1.5, "vace_self_attention_key_padding": "none"},
    ]
    contexts = [_context(f"vace_context.c{chunk}", CHUNK) for chunk in range(3)]
    return ROLLOUT | {"runs": runs}, _text() | _noise(3) | _joined(contexts)


def _references() -> tuple[dict[str, Any], Tensors]:
    runs = [
        {
            "prefix": f"{mode}.pad.",
            "mode": mode,
            "chunks": 2,
            "context_scale": 1.0,
            "vace_self_attention_key_padding": "0",
        }
        for mode in ("refonly", "refcond")
    ]
    contexts = [_context("refonly.vace_context", 1, 1)]
    contexts += [_context(f"refcond.vace_context.c{chunk}", 1 + CHUNK, 1) for chunk in range(2)]
    return ROLLOUT | {"runs": runs}, _text() | _noise(2) | _joined(contexts)


def _prompt_switch() -> tuple[dict[str, Any], Tensors]:
    runs = [
        {"prefix": "keep.", "keep_sink": True, "chunks_before": 3, "chunks_after": 2, "shares_first_chunks_with": None},
        {
            "prefix": "reset.",
            "keep_sink": False,
            "chunks_before": 2,
            "chunks_after": 1,
            "shares_first_chunks_with": None,
        },
    ]
    # Of one layer, as wide as the whole cache.
    held = torch.zeros(1, ROLLOUT["local_attn_frames"] * ROWS * COLUMNS // 4, DIT.heads, DIT.head_dim)
    caches = {f"{run['prefix']}kv_after_recache.l2.{kind}": held.clone() for run in runs for kind in "kv"}
    return ROLLOUT | {"runs": runs}, _text("text_embeds.a") | _text("text_embeds.b") | _noise(5) | caches


def _krea() -> tuple[dict[str, Any], Tensors]:
    padding = "zero_key_padding_to_multiple_of_128"
    runs = [
        {"prefix": "plain.", "chunks": 3, "vace": False, "kv_cache_attention_bias": 1.0, padding: False},
        {"prefix": "vace.", "chunks": 3, "vace": True, "kv_cache_attention_bias": 0.4, padding: True},
    ]
    contexts = [_context(f"vace_context.c{chunk}", CHUNK) for chunk in range(3)]
    again = {"reencoded_first.c2": _normal(1, 1, 16, ROWS, COLUMNS)}
    facts = ROLLOUT | {"runs": runs, "kv_cache_num_frames": 4, "local_attn_frames": 6, "sink_frames": 0}
    return facts, _text() | _noise(3) | _joined(contexts) | again


def _batch() -> tuple[dict[str, Any], Tensors]:
    x = {"clip.x": _normal(16, 7, ROWS, COLUMNS)}
    return ROLLOUT | {"timestep": 333.0, "scales": [0.2, 1.7]}, _text() | x | _context("clip.vace_context", 7)


def _scheduler() -> tuple[dict[str, Any], Tensors]:
    names = ("x0", "noise", "velocity", "xt")
    mixed = {"shift2.5.mixed.timesteps": torch.tensor([900, 100, 30, 0])}
    facts = {"step_list": STEPS, "order": [{"shift": 2.5, "lookups": []}]}
    return facts, {name: _normal(4, 16, 3, 2) for name in names} | mixed


def _rope() -> tuple[dict[str, Any], Tensors]:
    facts = {"cases": [{"name": "r0", "start_frame": 11, "grid": [2, 5, 3]}], "time": {"freq_dim": 20}}
    return facts, {"r0.q": _normal(1, 30, 3, 22), "time.t": torch.tensor([3.0, 77.5, 840.0])}


def _wan_vae() -> tuple[dict[str, Any], Tensors]:
    case = json.loads((Path(__file__).parents[1] / "golden" / "case_wan_vae.json").read_text("utf-8"))
    facts = {
        **{name: case[name] for name in ("latent_mean", "latent_std")},
        "stream5": {"frames_in": [5, 8, 4]},
        "stream8": {"frames_in": [8, 8]},
        "stream_nodecode": {"frames_in": [5, 8]},
        "decode": {"stream_2_2_frames": [5, 8], "stream_3_1_frames": [9, 4]},
    }
    names = ("batch.enc1", "batch.enc8", "batch.enc17", "batch.mu_raw5", "dec.batch_unclamped")
    return facts, _pictures(17) | {"latents": _normal(1, 4, 16, HEIGHT // 8, WIDTH // 8)} | _holders(*names)


def _tae() -> tuple[dict[str, Any], Tensors]:
    facts = {"encode": {"frames_in": [8, 8]}, "decode": {"latents_in": [1, 3], "frames_out": [1, 12]}}
    names = ("enc.batch3", "enc.batch16", "enc.stream9.c0", "enc.stream9.c1", "light.enc.batch4", "light.dec.batch2")
    raw = {"dec.raw_untrimmed_unclamped_0_1": torch.zeros(1, 5, 3, HEIGHT, WIDTH)}
    return facts, _pictures(17) | {"latents": _normal(1, 4, 16, HEIGHT // 8, WIDTH // 8)} | _holders(*names) | raw


def _contexts() -> tuple[dict[str, Any], Tensors]:
    ones, own = "all ones", "masks_u8 same frames"
    calls: dict[str, list[dict[str, Any]]] = {
        "mixed": [{"frames": [0, 8], "masks": own}, {"frames": [8, 16], "masks": ones}],
        "ext_firstframe_inpaint": [
            {"mode": "firstframe", "first": "img_a", "last": None, "frames": [0, 8], "masks": own}
        ],
        "ext_lastframe": [{"mode": "lastframe", "first": None, "last": "img_b"}],
        "refonly2": [{"ref_images": ["img_b", "img_a"]}],
        "refcond": [{"frames": [0, 8], "masks": ones, "ref_images": ["img_b", "img_a"]}],
    }
    prefixes = [f"{vae}.{run}." for vae in ("tae", "wan_separate", "wan_shared") for run in calls]
    runs = [{"prefix": prefix, "calls": calls[prefix.split(".")[1]]} for prefix in prefixes]
    facts = {"pixel_height": HEIGHT, "pixel_width": WIDTH, "frames_per_chunk": 8, "runs": runs}
    images = {"img_a_u8": _bytes(HEIGHT, WIDTH, 3), "img_b_u8": _bytes(31, 90, 3)}
    masks = {"masks_u8": torch.randint(0, 2, (16, HEIGHT, WIDTH), generator=_random, dtype=torch.uint8)}
    names = ("mask_enc.5_u8", "mask_enc.8_u8", "ext_firstframe_inpaint.frames_u8", "ext_firstframe_inpaint.masks_u8")
    return facts, _pictures(16) | images | masks | _holders(*names)


def _text_encoder() -> tuple[dict[str, Any], Tensors]:
    dim, inner, wide, heads, layers, vocabulary, buckets = 24, 20, 28, 2, 3, 50, 16
    shapes = {"token_embedding.weight": (vocabulary, dim), "norm.weight": (dim,)}
    for layer in range(layers):
        block = {"norm1.weight": (dim,), "norm2.weight": (dim,), "pos_embedding.embedding.weight": (buckets, heads)}
        block |= {f"attn.{name}.weight": (inner, dim) for name in "qkv"} | {"attn.o.weight": (dim, inner)}
        block |= {f"ffn.{name}.weight": (wide, dim) for name in ("gate.0", "fc1")} | {"ffn.fc2.weight": (dim, wide)}
        shapes |= {f"blocks.{layer}.{name}": shape for name, shape in block.items()}
    config = {"vocab_size": vocabulary, "dim": dim, "dim_attn": inner, "dim_ffn": wide, "num_heads": heads}
    facts = {"config": config | {"encoder_layers": layers, "num_buckets": buckets}, "relative_max_distance": 40}
    ids = torch.randint(0, vocabulary, (3, 9), generator=_random)
    mask = (torch.arange(9) < torch.tensor([[9], [4], [1]])).long()
    return facts, {f"weights/{name}": _normal(*shape) * 0.3 for name, shape in shapes.items()} | {
        "ids": ids,
        "mask": mask,
    }


def _lora() -> tuple[dict[str, Any], Tensors]:
    names = {"blocks.0.cross_attn.o": "blocks.0.attn2.to_out.0", "blocks.2.ffn.2": "blocks.2.ffn.net.2"}
    sizes = {"blocks.0.cross_attn.o": (14, 14), "blocks.2.ffn.2": (14, 22)}
    tensors: Tensors = {}
    for name, (rows, columns) in sizes.items():
        down, up = _normal(3, columns), _normal(rows, 3)
        for stem in (f"native/diffusion_model.{name}", f"diffusers/transformer.{names[name]}"):
            tensors |= {f"{stem}.lora_A.weight": down.clone(), f"{stem}.lora_B.weight": up.clone()}
        stem = f"kohya/lora_unet_{name.replace('.', '_')}"
        tensors |= {f"{stem}.lora_down.weight": down, f"{stem}.lora_up.weight": up, f"{stem}.alpha": torch.tensor(6.0)}
        tensors |= {f"base.{name}.weight": _normal(rows, columns), f"runtime.x.{name}": _normal(4, columns)}
        tensors |= _holders(f"merged_kohya.strength150.{name}.weight")
    facts = {
        "layers": [{"name": name} for name in names],
        "key_prefixes": ["native", "diffusers", "kohya"],
        "scale_in_front_of_BA": {"native": 1.0, "diffusers": 1.0, "kohya": 2.0},
        "runtime_strength": 0.2,
    }
    return facts, tensors


def _write(folder: Path, name: str, facts: dict[str, Any], tensors: Tensors) -> None:
    (folder / f"{name}.json").write_text(json.dumps(facts), "utf-8")
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, folder / f"{name}.safetensors")


@torch.no_grad()
def _randomized(network: nn.Module) -> nn.Module:
    for parameter in network.parameters():
        fan_in = max(1, parameter[0].numel())
        parameter.normal_(0, fan_in**-0.5 if parameter.ndim > 1 else 0.5, generator=_random)
    return network


def _text(name: str = "text_embeds") -> Tensors:
    return {name: _normal(1, 5, DIT.text_dim)}


def _noise(chunks: int) -> Tensors:
    shape = (1, CHUNK, 16, ROWS, COLUMNS)
    first = {f"noise.c{chunk}": _normal(*shape) for chunk in range(chunks)}
    return first | {
        f"renoise.c{chunk}.s{step}": _normal(*shape) for chunk in range(chunks) for step in range(1, len(STEPS))
    }


def _context(name: str, frames: int, references: int = 0) -> Tensors:
    """references: how many of the frames, the first ones, are reference pictures."""
    latent = _normal(32, frames, ROWS, COLUMNS)
    mask = torch.randint(0, 2, (64, frames, ROWS, COLUMNS), generator=_random, dtype=torch.uint8)
    latent[16:, :references] = 0
    mask[:, :references] = 0
    return {f"{name}.latent": latent, f"{name}.mask_u8": mask}


def _joined(parts: list[Tensors]) -> Tensors:
    return {name: tensor for part in parts for name, tensor in part.items()}


def _pictures(frames: int) -> Tensors:
    return {"frames_u8": _bytes(frames, 3, HEIGHT, WIDTH)}


def _holders(*names: str) -> Tensors:
    return {name: torch.zeros(1) for name in names}


def _normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=_random)


def _bytes(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, generator=_random, dtype=torch.uint8)
