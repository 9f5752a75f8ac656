"""The catalogue: every model by its name, what it needs and where that is found, and how it comes up."""

from __future__ import annotations

import sys
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import starter
from engine.catalog import (
    MODELS,
    Model,
    bring_up,
    config_of,
    effective,
    faster_autoencoders,
    files_of,
    left_out,
    load_model,
    title_of,
    untrained_model,
)
from engine.config import REFERENCE, SOUND, STARTER, WAN_1_3B, WAN_14B, TinyVAEConfig, WanVAEConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.errors import EngineError
from engine.params import EngineChoice, Params, Progress
from engine.published import AUTOENCODERS, BACKBONES, LONGLIVE, SELF_FORCING, WantedFile
from engine.stream import Stream
from tests.engine.catalogued import catalogue_small
from tests.engine.published_files import Published
from tests.engine.test_checkpoints import assert_holds
from tests.tiny import chunk_of, pictures

CPU = Device(torch.device("cpu"), torch.float32)
PUBLISHED = MODELS[1:]


def end_of(coming: Generator[Progress, None, Model]) -> Model:
    while True:
        try:
            next(coming)
        except StopIteration as end:
            model: Model = end.value
            return model


# -- without a file


def test_the_starter_comes_first_and_needs_nothing() -> None:
    assert MODELS[0] == "starter"
    choice = EngineChoice()
    assert files_of(choice) == ()
    coming = bring_up(choice, CPU)
    assert next(coming).part == 0.0
    model = end_of(coming)
    assert model.config == STARTER
    assert model.note == ""


def test_a_starter_without_its_weights_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starter, "FOLDER", tmp_path)
    with pytest.raises(EngineError, match="install VACE Live again"):
        load_model(EngineChoice(), CPU)


@pytest.mark.parametrize(
    ("choice", "note"),
    [
        (EngineChoice(precision="fp8"), "no fp8 (for published models only)"),
        (EngineChoice(offload=True), "no offloading (for published models only)"),
        (
            EngineChoice(precision="fp8", autoencoder="wan", offload=True),
            "no fp8, no offloading, no wan autoencoder (for published models only)",
        ),
    ],
)
def test_the_starter_says_what_it_does_not_take(choice: EngineChoice, note: str) -> None:
    assert load_model(choice, CPU).note == note
    assert effective(choice) == EngineChoice()
    published = replace(choice, model="krea-14b")
    assert effective(published) == published
    assert left_out(published) == ""


def test_published_models_are_those_of_the_paper() -> None:
    assert PUBLISHED == (
        "longlive-1.3b",
        "self-forcing-1.3b",
        "reward-forcing-1.3b",
        "krea-14b",
        "streamdiffusionv2-1.3b",
    )
    rollouts = {name: config_of(EngineChoice(name)).rollout for name in PUBLISHED}
    geometry = {name: (one.chunk, one.window, one.sink, one.shift, one.steps) for name, one in rollouts.items()}
    assert geometry == {
        "longlive-1.3b": (3, 12, 3, 5.0, 4),
        "self-forcing-1.3b": (3, 21, 0, 5.0, 4),
        "reward-forcing-1.3b": (3, 9, 3, 5.0, 4),
        "krea-14b": (3, 6, 0, 5.0, 4),
        "streamdiffusionv2-1.3b": (1, 6, 3, 8.0, 2),
    }
    assert {name for name, one in rollouts.items() if one.warp_steps} == {"self-forcing-1.3b", "reward-forcing-1.3b"}
    assert {name: one.past for name, one in rollouts.items() if one.memory == "recompute"} == {"krea-14b": 0.3}
    assert all(one.prediction == "flow" and one.positions == "absolute" for one in rollouts.values())
    for name in PUBLISHED:
        config = config_of(EngineChoice(name))
        assert config.dit == (WAN_14B if name == "krea-14b" else WAN_1_3B)
        assert config.vocabulary == 0
        assert config.name == name


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_autoencoder_and_the_quirks_are_the_chosen_ones(name: str) -> None:
    vaes = {kind: config_of(EngineChoice(name, autoencoder=kind)).vae for kind in AUTOENCODERS}
    assert vaes == {"tiny": TinyVAEConfig(), "wan": WanVAEConfig(), "light": WanVAEConfig(width=24)}
    for kind in AUTOENCODERS:
        (file,) = [file for file in files_of(EngineChoice(name, autoencoder=kind)) if file.role == "autoencoder"]
        assert {"tiny": "taew2_1.pth", "wan": "Wan2.1_VAE.pth", "light": "lightvaew2_1.pth"}[kind] in file.names
    assert config_of(EngineChoice(name)).quirks == SOUND
    for autoencoder, shares in (("tiny", False), ("wan", True), ("light", True)):
        choice = EngineChoice(name, autoencoder=autoencoder, compatibility="reference")  # type: ignore[arg-type]
        assert config_of(choice).quirks == replace(REFERENCE, shared_encoder=shares)


def test_the_starter_has_its_own_autoencoder_and_takes_the_quirks() -> None:
    assert config_of(EngineChoice(autoencoder="wan")) == STARTER
    quirks = replace(REFERENCE, shared_encoder=False)
    assert config_of(EngineChoice(compatibility="reference")) == replace(STARTER, quirks=quirks)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    choice = EngineChoice("no-such-model")
    for ask in (config_of, files_of, title_of, partial(load_model, device=CPU)):
        with pytest.raises(EngineError, match="no-such-model") as raised:
            ask(choice)
        assert all(name in str(raised.value) for name in MODELS)


def test_what_is_not_like_the_starter_has_no_untrained_weights() -> None:
    with pytest.raises(ValueError, match="self-forcing"):
        untrained_model(SELF_FORCING.config, CPU)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_wanted_file_says_where_it_is_published_and_under_which_licence(name: str) -> None:
    files = files_of(EngineChoice(name))
    roles = [file.role for file in files]
    assert len(set(roles)) == len(roles)
    assert {"generator", "VACE module", "autoencoder", "text encoder", "tokenizer"} <= set(roles)
    assert ("adapter" in roles) == (name == "longlive-1.3b")
    for file in files:
        repository, _, published_name = file.source.partition(": ")
        assert repository.count("/") == 1
        assert published_name.endswith(tuple(part for own in file.names for part in [own.rpartition("/")[2]]))
        assert file.licence
        assert file.found is None


# -- finding files


def found(folder: Path, name: str = "longlive-1.3b") -> dict[str, WantedFile]:
    return {file.role: file for file in files_of(EngineChoice(name, folder=str(folder)))}


def lay(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_files_are_found_under_any_of_their_names_as_deep_as_repositories_nest(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "LongLive-1.3B/models/longlive_base.pt",
        "LongLive-1.3B/models/lora.pt",
        "other/lora.pt",
        "Wan2.1-VACE-1.3B/diffusion_pytorch_model.safetensors",
        "Wan2.1-T2V-1.3B/diffusion_pytorch_model.safetensors",
        "Wan2.1-T2V-1.3B/google/umt5-xxl/spiece.model",
        "comfy/TAEW2_1.safetensors",
        "comfy/text_encoders/UMT5_xxl_fp16.safetensors",
    )
    files = {role: file.found for role, file in found(tmp_path).items()}
    assert files == {
        "generator": tmp_path / "LongLive-1.3B/models/longlive_base.pt",
        "adapter": tmp_path / "LongLive-1.3B/models/lora.pt",
        "VACE module": tmp_path / "Wan2.1-VACE-1.3B/diffusion_pytorch_model.safetensors",
        "autoencoder": tmp_path / "comfy/TAEW2_1.safetensors",
        "text encoder": tmp_path / "comfy/text_encoders/UMT5_xxl_fp16.safetensors",
        "tokenizer": tmp_path / "Wan2.1-T2V-1.3B/google/umt5-xxl/spiece.model",
    }


def test_the_first_name_wins_then_the_place_nearest_to_the_folder(tmp_path: Path) -> None:
    lay(tmp_path, "a/taew2_1.pth", "b/c/taew2_1.pth", "taew2_1.safetensors")
    assert found(tmp_path)["autoencoder"].found == tmp_path / "a/taew2_1.pth"


def test_the_chosen_folder_may_be_the_repository_itself(tmp_path: Path) -> None:
    folder = tmp_path / "wan_causal_dmd_v2v"
    lay(folder, "model.pt")
    assert found(folder, "streamdiffusionv2-1.3b")["generator"].found == folder / "model.pt"
    lay(tmp_path / "else", "model.pt")
    assert found(tmp_path / "else", "streamdiffusionv2-1.3b")["generator"].found is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there that tests may not have")
def test_links_are_followed_and_may_lead_in_circles(tmp_path: Path) -> None:
    lay(tmp_path / "disk", "taew2_1.pth")
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "disk").symlink_to(tmp_path / "disk")
    (folder / "again").symlink_to(folder)
    assert found(folder)["autoencoder"].found == folder / "disk" / "taew2_1.pth"


def test_what_lies_too_deep_is_not_looked_for(tmp_path: Path) -> None:
    lay(tmp_path, "1/2/3/4/5/6/7/taew2_1.pth")
    assert found(tmp_path)["autoencoder"].found is None


# -- what is missing


def sentence(choice: EngineChoice) -> str:
    with pytest.raises(EngineError) as raised:
        load_model(choice, CPU)
    message = str(raised.value)
    assert message.endswith(".")
    assert ". " not in message
    assert "not loaded" in message
    return message


def test_faster_autoencoders_are_those_whose_files_are_there(tmp_path: Path) -> None:
    slowest = EngineChoice("longlive-1.3b", folder=str(tmp_path), autoencoder="wan")
    assert faster_autoencoders(slowest) == ()
    lay(tmp_path, "deep/taew2_1.pth")
    assert faster_autoencoders(slowest) == ("tiny",)
    lay(tmp_path, "lightvaew2_1.safetensors", "Wan2.1_VAE.pth")
    assert faster_autoencoders(slowest) == ("light", "tiny")
    assert faster_autoencoders(replace(slowest, autoencoder="light")) == ("tiny",)
    assert faster_autoencoders(replace(slowest, autoencoder="tiny")) == ()
    assert faster_autoencoders(replace(slowest, folder="")) == ()
    assert faster_autoencoders(replace(slowest, model=STARTER.name)) == (), "it has its own"


def test_no_folder_is_chosen() -> None:
    message = sentence(EngineChoice("krea-14b"))
    assert "no folder of models is chosen" in message
    assert "--models FOLDER" in message
    assert "vace-live doctor --model krea-14b" in message


def test_the_folder_is_not_there(tmp_path: Path) -> None:
    assert str(tmp_path / "gone") in sentence(EngineChoice("krea-14b", folder=str(tmp_path / "gone")))


def test_every_missing_file_is_named_by_what_it_is(tmp_path: Path) -> None:
    lay(tmp_path, "longlive_base.pt", "taew2_1.pth")
    roundabout = tmp_path / "elsewhere" / ".."
    (tmp_path / "elsewhere").mkdir()
    message = sentence(EngineChoice("longlive-1.3b", folder=str(roundabout)))
    assert message == (
        f"{LONGLIVE.title} was not loaded, for neither {tmp_path.resolve()} nor a folder below it holds its adapter,"
        " VACE module, text encoder or tokenizer; `vace-live doctor --model longlive-1.3b --models FOLDER` names the"
        " files and their sources."
    )
    assert {file.role for file in found(tmp_path).values() if file.found is None} == {
        "adapter",
        "VACE module",
        "text encoder",
        "tokenizer",
    }


# -- coming up


@pytest.fixture
def longlive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """LongLive in the catalogue at reduced width, and its files."""
    return catalogue_small(tmp_path, monkeypatch, LONGLIVE)


def test_a_published_model_comes_up_and_paints(longlive: Published) -> None:
    model = load_model(longlive.choice, CPU)
    assert model.config == config_of(longlive.choice)
    assert_holds(model.dit, longlive.merged)
    stream = Stream(model, longlive.choice)
    params = Params(prompt="ink on paper", steps=1)
    frames = stream.step(chunk_of(pictures(stream.wanted(params))), params)
    assert frames.shape == (9, 32, 48, 3)
    assert frames.dtype == np.uint8


def test_a_note_says_what_a_model_cannot_do_here(longlive: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_model(longlive.choice, CPU).note == ""
    monkeypatch.setitem(BACKBONES, "longlive-1.3b", replace(longlive.backbone, note="it stands still"))
    assert load_model(longlive.choice, CPU).note == "it stands still"
    assert BACKBONES["streamdiffusionv2-1.3b"].note


def test_the_text_encoder_is_checked_now_and_read_later(longlive: Published) -> None:
    (longlive.folder / "models_t5_umt5-xxl-enc-bf16.pth").write_bytes(b"<html>")
    with pytest.raises(EngineError, match=r"models_t5_umt5-xxl-enc-bf16\.pth is a web page"):
        load_model(longlive.choice, CPU)


def test_a_tokenizer_is_wanted_where_the_encoder_carries_none(longlive: Published) -> None:
    (longlive.folder / "google" / "umt5-xxl" / "tokenizer.json").unlink()
    with pytest.raises(EngineError, match="tokenizer"):
        load_model(longlive.choice, CPU)


def test_another_stream_plays_on_while_a_model_fails_to_come_up(longlive: Published) -> None:
    stream = Stream(load_model(longlive.choice, CPU), longlive.choice)
    params = Params(prompt="ink", steps=1)
    first = stream.step(chunk_of(pictures(stream.wanted(params))), params)
    (longlive.folder / "longlive_base.pt").write_bytes(b"")
    coming = bring_up(longlive.choice, CPU)
    with pytest.raises(EngineError):
        end_of(coming)
    stream.reset()
    assert np.array_equal(stream.step(chunk_of(pictures(stream.wanted(params))), params), first)


def test_networks_are_built_without_memory_before_their_files_are_checked(
    longlive: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices: set[str] = set()
    build = WanDiT.__init__

    def noted(self: WanDiT, config: object) -> None:
        build(self, config)  # type: ignore[arg-type]
        devices.update(parameter.device.type for parameter in self.parameters())

    monkeypatch.setattr(WanDiT, "__init__", noted)
    load_model(longlive.choice, CPU)
    assert devices == {"meta"}
