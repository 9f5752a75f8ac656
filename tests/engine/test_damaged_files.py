"""Wrong, short, truncated and mixed-up files: one sentence that names file, key, expected and found; nothing is loaded.

No weight may have moved by then.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config import TinyVAEConfig, WanVAEConfig
from engine.errors import EngineError
from engine.params import EngineChoice
from engine.published import KREA, LONGLIVE, SELF_FORCING
from engine.weight_file import WeightFile, open_weights
from tests.engine.published_files import (
    DIT,
    WAN_VAE,
    Published,
    Tensors,
    adapter_state,
    diffusers_name,
    main_part,
    publish,
    renamed,
    transformer_state,
    vace_part,
    vae_state,
    write_plain,
    write_safetensors,
    write_shards,
    write_torch,
)
from tests.engine.test_checkpoints import load


def refusal(published: Published, choice: EngineChoice | None = None) -> str:
    """What is said: one sentence, and no weight was read before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WeightFile, "read", lambda *_: pytest.fail("a weight was read"))
        with pytest.raises(EngineError) as raised:
            load(published, choice=choice)
    message = str(raised.value)
    assert message.endswith(".")
    assert ". " not in message
    assert "not loaded" in message
    return message


# -- no file of weights

NO_WEIGHTS = {
    "is empty": b"",
    "is a web page": b"\n <!DOCTYPE html><html><body>Sign in to download</body></html>",
    "is a git-lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 5676070424\n",
    "begins with nothing but zeros": bytes(4096),
    "is a GGUF file": b"GGUF\x03\x00\x00\x00" + bytes(64),
    "neither safetensors nor a PyTorch file": b'{"error": "Repository not found"}',
    "is damaged": b"\x80\x02" + bytes(100),
    "newer than this program": struct.pack("<Q", 20) + b'{"a": "not a tensor"',
    "is cut short at 39 bytes": struct.pack("<Q", 100) + b'{"a": {"dtype": "F32", "shape":',
}


@pytest.mark.parametrize("what", NO_WEIGHTS)
@pytest.mark.parametrize("name", ["longlive_base.pt", "taew2_1.pth", "lora.pt"])
def test_what_is_no_file_of_weights(what: str, name: str, tmp_path: Path) -> None:
    published = publish(tmp_path, LONGLIVE)
    (tmp_path / name).write_bytes(NO_WEIGHTS[what])
    message = refusal(published)
    assert message.startswith(name)
    assert what in message
    assert "download the file again" in message


class Trap:
    """What an evil file would run when it is opened."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return pytest.fail, ("code in a file ran",)


def test_code_in_a_file_never_runs(tmp_path: Path) -> None:
    published = publish(tmp_path, SELF_FORCING)
    torch.save({"generator": Trap()}, tmp_path / "self_forcing_dmd.pt")
    assert "more than plain weights" in refusal(published)
    (tmp_path / "self_forcing_dmd.pt").write_bytes(pickle.dumps(Trap()))
    assert "more than plain weights" in refusal(published)


def test_a_header_whose_length_looks_like_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    write_safetensors(path, {"a" * 68: torch.ones(3)})
    assert path.read_bytes()[0] == 0x80
    with open_weights(path) as file:
        assert list(file.stored) == ["a" * 68]


@pytest.mark.parametrize(
    "content", [{}, {"generator": {}}, [torch.zeros(2)], {"generator": {"step": 3}}, torch.zeros(2)]
)
def test_a_file_without_named_tensors(content: object, tmp_path: Path) -> None:
    published = publish(tmp_path, SELF_FORCING)
    write_torch(tmp_path / "self_forcing_dmd.pt", content)
    assert "holds no tensor by name" in refusal(published)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A small file of each format, by its name."""
    folder = tmp_path_factory.mktemp("whole")
    state = {"a.weight": torch.arange(600.0).view(20, 30), "b": torch.ones(7, dtype=torch.bfloat16)}
    write_safetensors(folder / "x.safetensors", state)
    write_torch(folder / "x.pt", {"generator": state})
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(name=st.sampled_from(["x.safetensors", "x.pt"]), part=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_anywhere_is_refused(name: str, part: float, whole: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(whole[name][: int(part * len(whole[name]))])
    with pytest.raises(EngineError, match=rf"{name} .*not loaded.*download"):
        open_weights(path, ("generator",)).close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(data=st.data(), name=st.sampled_from(["x.safetensors", "x.pt"]))
def test_a_damaged_file_is_read_or_refused_never_more(
    data: st.DataObject, name: str, whole: dict[str, bytes], tmp_path: Path
) -> None:
    content = bytearray(whole[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / name
    path.write_bytes(content)
    with contextlib.suppress(EngineError), open_weights(path, ("generator",)) as file:
        for tensor in list(file.stored):
            if file.stored[tensor].dtype.is_floating_point:
                read_all(file, tensor)


def read_all(file: WeightFile, name: str) -> None:
    for _ in file.read(name, torch.float32, torch.device("cpu")):
        pass


def test_a_disk_that_goes_while_a_file_is_read(tmp_path: Path, whole: dict[str, bytes]) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(whole["x.safetensors"])
    with open_weights(path) as file:
        path.write_bytes(whole["x.safetensors"][:-50])
        with pytest.raises(EngineError, match="cut short"):
            read_all(file, "a.weight")


# -- weights, but not these


def without(name: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {key: tensor for key, tensor in tensors.items() if key != name}


def changed(name: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {**tensors, name: change(tensors[name])}


def also(**more: torch.Tensor) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {**tensors, **{name.replace("__", "."): tensor for name, tensor in more.items()}}


WIDER = replace(DIT, dim=64)
WIDE_VAE, TINIER_VAE = WanVAEConfig(width=6), TinyVAEConfig(encoder_width=8, decoder_widths=(16, 12, 8, 4))
Q = "blocks.1.self_attn.q.weight"

MISFITS: dict[str, tuple[str, str, Callable[[Tensors], Tensors], tuple[str, ...]]] = {
    # the file, the role its tensors have, what becomes of them, what is said
    "a key missing": (
        "self_forcing_dmd.pt",
        "generator",
        without(Q),
        (Q, "is missing, expected 48x48 numbers", "the generator of Self-Forcing 1.3B", "gdhe17/Self-Forcing"),
    ),
    "another shape": (
        "self_forcing_dmd.pt",
        "generator",
        changed(Q, lambda tensor: tensor[:40]),
        (Q, "is 40x48, expected 48x48"),
    ),
    "turned by a quarter": (
        "self_forcing_dmd.pt",
        "generator",
        changed("blocks.0.ffn.0.weight", torch.t),
        ("blocks.0.ffn.0.weight", "is 48x64, expected 64x48"),
    ),
    "whole numbers": (
        "self_forcing_dmd.pt",
        "generator",
        changed(Q, lambda tensor: tensor.to(torch.int8)),
        (Q, "is int8, expected floating point numbers"),
    ),
    "a key too many": (
        "self_forcing_dmd.pt",
        "generator",
        also(img_emb__proj=torch.zeros(2)),
        ("img_emb.proj is 2, expected no such key", "an image-to-video transformer"),
    ),
    "a key there twice": (
        "self_forcing_dmd.pt",
        "generator",
        lambda tensors: {**tensors, f"model.{Q}": tensors[Q]},
        (Q, f"there twice, as {Q} and as model.{Q}, expected once"),
    ),
    "a scale for a weight that is not there": (
        "self_forcing_dmd.pt",
        "generator",
        also(blocks__9__x__scale_weight=torch.ones(1)),
        ("blocks.9.x.scale_weight is 1, expected no such key",),
    ),
    "a scale of another size": (
        "self_forcing_dmd.pt",
        "generator",
        lambda tensors: {**tensors, Q.replace(".weight", ".scale_weight"): torch.ones(5)},
        ("blocks.1.self_attn.q.scale_weight", "is 5 of float32, expected one number or one for each of 48 rows"),
    ),
    "a VACE module as the generator": (
        "self_forcing_dmd.pt",
        "generator",
        lambda _: vace_part(transformer_state()),
        ("patch_embedding.weight is missing", "looks like a VACE module of width 48"),
    ),
    "a full VACE checkpoint as the generator": (
        "self_forcing_dmd.pt",
        "generator",
        lambda _: transformer_state(),
        ("vace_patch_embedding.weight", "expected no such key", "a full VACE checkpoint of width 48"),
    ),
    "a LoRA as the generator": (
        "self_forcing_dmd.pt",
        "generator",
        lambda tensors: adapter_state(tensors),
        ("patch_embedding.weight is missing", "looks like a LoRA"),
    ),
    "a transformer of another size": (
        "self_forcing_dmd.pt",
        "generator",
        lambda _: main_part(transformer_state(WIDER)),
        ("patch_embedding.weight is 64x16x1x2x2, expected 48x16x1x2x2", "text-to-video transformer of width 64"),
    ),
    "the same, named by diffusers": (
        "self_forcing_dmd.pt",
        "generator",
        lambda _: renamed(main_part(transformer_state(WIDER)), diffusers_name),
        ("patch_embedding.weight is 64x16x1x2x2", "text-to-video transformer of width 64"),
    ),
    "a text encoder as the generator": (
        "self_forcing_dmd.pt",
        "generator",
        lambda _: {"token_embedding.weight": torch.zeros(3, 2)},
        ("patch_embedding.weight is missing", "looks like a UMT5 text encoder"),
    ),
    "a transformer as the VACE module": (
        "Wan2_1-VACE_module_1_3B_bf16.safetensors",
        "vace",
        lambda _: main_part(transformer_state()),
        ("the VACE module of Self-Forcing 1.3B", "vace_patch_embedding.weight is missing", "text-to-video transformer"),
    ),
    "a VACE module with too few blocks": (
        "Wan2_1-VACE_module_1_3B_bf16.safetensors",
        "vace",
        lambda tensors: {name: value for name, value in tensors.items() if not name.startswith("vace_blocks.1.")},
        ("vace_blocks.1.", "is missing"),
    ),
    "Wan's autoencoder as the tiny one": (
        "taew2_1.pth",
        "autoencoder",
        lambda _: vae_state(WAN_VAE),
        ("the autoencoder of Self-Forcing 1.3B", "encoder.0.weight is missing", "a Wan autoencoder of width 4"),
    ),
    "a tiny autoencoder of other widths": (
        "taew2_1.pth",
        "autoencoder",
        lambda _: vae_state(TINIER_VAE),
        ("is 4x8x3x3, expected 8x8x3x3", "a tiny autoencoder"),
    ),
    "more rows where more are not allowed": (
        "taew2_1.pth",
        "autoencoder",
        changed("encoder.2.conv.weight", lambda tensor: tensor.repeat(2, 1, 1, 1)),
        ("encoder.2.conv.weight is 16x16x1x1, expected 8x16x1x1",),
    ),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_weights_that_are_not_the_wanted_ones(misfit: str, tmp_path: Path) -> None:
    name, role, change, said = MISFITS[misfit]
    written = {role: lambda folder, tensors: write_plain(folder / name, change(tensors))}
    message = refusal(publish(tmp_path, SELF_FORCING, **written))
    assert message.startswith(f"{name} cannot be the ")
    for words in said:
        assert words in message


def test_the_light_autoencoder_as_wan_s(tmp_path: Path) -> None:
    published = publish(
        tmp_path,
        SELF_FORCING,
        WAN_VAE,
        autoencoder=lambda where, _: write_torch(where / "Wan2.1_VAE.pth", vae_state(WIDE_VAE)),
    )
    message = refusal(published)
    assert (
        "encoder.conv1.weight is 6x3x3x3x3, expected 4x3x3x3x3 (the file looks like a Wan autoencoder of width 6)"
        in message
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            without("base_model.model.blocks.2.ffn.2.lora_B.weight"),
            "blocks.2.ffn.2.lora_B.weight is missing, expected a LoRA factor (the file looks like a LoRA)",
        ),
        (
            changed("base_model.model.blocks.2.ffn.2.lora_B.weight", lambda tensor: tensor[:, :1]),
            "blocks.2.ffn.2.lora_B.weight is 48x1, expected 48x2",
        ),
        (
            changed("base_model.model.blocks.0.ffn.0.lora_A.weight", lambda tensor: tensor[:, :40]),
            "blocks.0.ffn.0.lora_A.weight is 2x40, expected 2x48",
        ),
        (
            also(base_model__model__head__head__lora_A__weight=torch.zeros(2, 48)),
            "head.head.lora_A is 2x48, expected no",
        ),
        (lambda _: main_part(transformer_state()), "blocks.0.self_attn.q.lora_A.weight is missing"),
    ],
)
def test_an_adapter_that_is_not_whole(change: Callable[[Tensors], Tensors], said: str, tmp_path: Path) -> None:
    published = publish(
        tmp_path,
        LONGLIVE,
        adapter=lambda where, tensors: write_torch(where / "lora.pt", {"generator_lora": change(tensors)}),
    )
    message = refusal(published)
    assert message.startswith("lora.pt cannot be the adapter of LongLive 1.3B: ")
    assert said in message


STEM = "diffusion_pytorch_model"


@pytest.mark.parametrize("index", [True, False])
def test_a_part_that_is_missing(index: bool, tmp_path: Path) -> None:
    where = tmp_path / "krea-realtime-video" / "transformer"
    published = publish(tmp_path, KREA, generator=lambda _, tensors: write_shards(where, STEM, tensors, index=index))
    (where / f"{STEM}-00002-of-00003.safetensors").unlink()
    message = refusal(published)
    assert f"{STEM}-00002-of-00003.safetensors is missing beside {STEM}" in message
    assert "expected all 3 parts" in message


def test_a_part_that_holds_less_than_its_index_says(tmp_path: Path) -> None:
    where = tmp_path / "krea-realtime-video" / "transformer"
    published = publish(tmp_path, KREA, generator=lambda _, tensors: write_shards(where, STEM, tensors))
    index = where / f"{STEM}.safetensors.index.json"
    content = json.loads(index.read_text())
    content["weight_map"]["blocks.9.more"] = f"{STEM}-00001-of-00003.safetensors"
    index.write_text(json.dumps(content))
    message = refusal(published)
    assert f"{STEM}-00001-of-00003.safetensors does not hold blocks.9.more, expected by {index.name}" in message


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weight_map": {}}', '{"weight_map": {"a": "../a"}}', "<html>"])
def test_an_index_that_is_none(content: str, tmp_path: Path) -> None:
    where = tmp_path / "krea-realtime-video" / "transformer"
    published = publish(tmp_path, KREA, generator=lambda _, tensors: write_shards(where, STEM, tensors))
    (where / f"{STEM}.safetensors.index.json").write_text(content)
    assert f"{STEM}.safetensors.index.json is no index of weights" in refusal(published)
