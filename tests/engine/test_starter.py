"""The bundled starter's files: what they hold comes up as it is, and what cannot be right is refused in a sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from engine import catalog, starter
from engine.catalog import Model, finished, load_model, untrained_model
from engine.config import STARTER, ModelConfig
from engine.device import Device
from engine.errors import EngineError
from engine.params import EngineChoice, Params, Pixels
from engine.starter import WEIGHTS, WORDS, Starter, bring_up_starter
from engine.stream import Stream
from tests.engine.test_checkpoints import assert_holds
from tests.tiny import CHOICE, TINY, chunk_of, pictures

CPU = Device(torch.device("cpu"), torch.float32)
WORD_LIST = ["teal", "lines", "on", "black", "ink"]


def networks_of(model: Model) -> dict[str, nn.Module]:
    networks = {"transformer": model.dit, "autoencoder": model.vae, "text": model.text}
    assert all(isinstance(network, nn.Module) for network in networks.values())
    return networks  # type: ignore[return-value]


def write(folder: Path, config: ModelConfig = TINY) -> Model:
    """A starter's folder with random weights, and the model that they were taken from."""
    model = untrained_model(config, CPU, seed=5)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"{name}.{key}": tensor.bfloat16().contiguous()
        for name, network in networks_of(model).items()
        for key, tensor in network.state_dict().items()
    }
    save_file(tensors, folder / WEIGHTS)
    (folder / WORDS).write_text("\n".join(WORD_LIST) + "\n", encoding="utf-8")
    return model


def load(folder: Path, config: ModelConfig = TINY, device: Device = CPU) -> Starter:
    return finished(bring_up_starter(config, device, folder))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_it_comes_up_with_the_numbers_of_its_file(tmp_path: Path, dtype: torch.dtype) -> None:
    written = networks_of(write(tmp_path))
    loaded = load(tmp_path, device=Device(torch.device("cpu"), dtype))
    for name, network in (("transformer", loaded.dit), ("autoencoder", loaded.vae), ("text", loaded.text)):
        assert_holds(network, {key: value.bfloat16() for key, value in written[name].named_parameters()})
        assert {parameter.dtype for parameter in network.parameters()} == {dtype}
        assert not any(parameter.requires_grad for parameter in network.parameters())
        assert not any(module.training for module in network.modules())
    assert loaded.text.rows("teal gibberish BLACK") == [0, 3]
    kernels = [module.weight for module in loaded.vae.modules() if isinstance(module, nn.Conv2d)]
    assert all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)


def test_it_paints_as_the_model_that_was_written(tmp_path: Path) -> None:
    written = write(tmp_path)
    for network in networks_of(written).values():
        for parameter in network.parameters():
            parameter.copy_(parameter.bfloat16())
    loaded = load(tmp_path)
    # The written one hashes its words: of an empty prompt, none is read by either.
    outs = []
    for model in (written, Model(TINY, loaded.dit, loaded.vae, loaded.text, CPU)):
        stream = Stream(model, CHOICE)
        params = Params(prompt="", seed=3)
        outs += [[stream.step(chunk_of(pictures(stream.wanted(params))), params) for _ in range(3)]]
    assert all(map(np.array_equal, *outs))


def test_the_catalogue_takes_the_starter_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starter, "FOLDER", tmp_path)
    monkeypatch.setattr(catalog, "STARTER", TINY)
    choice = EngineChoice(TINY.name)
    with pytest.raises(EngineError):
        load_model(choice, CPU)
    write(tmp_path)
    seen = list(catalog.bring_up(choice, CPU))
    assert [progress.part for progress in seen] == sorted(progress.part for progress in seen)
    assert seen[-1].part == 1.0
    trained = load_model(choice, CPU)
    assert trained.note == ""
    assert trained.config == TINY
    assert load_model(replace(choice, precision="fp8"), CPU).note == "no fp8 (for published models only)"
    (tmp_path / WORDS).unlink()
    with pytest.raises(EngineError, match="vocabulary"):
        load_model(choice, CPU)


def resave(path: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


DAMAGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "no weights": (WEIGHTS, lambda folder: (folder / WEIGHTS).unlink()),
    "no weights in it": (WEIGHTS, lambda folder: (folder / WEIGHTS).write_bytes(b"version https://git-lfs")),
    "cut short": (WEIGHTS, lambda folder: (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-9])),
    "no words": (WORDS, lambda folder: (folder / WORDS).unlink()),
    "empty list of words": (WORDS, lambda folder: (folder / WORDS).write_bytes(b"")),
    "words in another encoding": (WORDS, lambda folder: (folder / WORDS).write_bytes(b"\xff\xfe\x00t")),
    "a word twice": (WORDS, lambda folder: (folder / WORDS).write_text("teal\nteal\n")),
    "more words than rows": (WORDS, lambda folder: (folder / WORDS).write_text("\n".join(f"w{n}" for n in range(65)))),
    "a tensor missing": (
        "transformer.head.modulation is missing",
        lambda folder: resave(folder / WEIGHTS, lambda tensors: tensors.pop("transformer.head.modulation")),
    ),
    "another shape": (
        "text.before.weight is 3x3, expected 12x12",
        lambda folder: resave(
            folder / WEIGHTS, lambda tensors: tensors.update({"text.before.weight": torch.zeros(3, 3)})
        ),
    ),
    "one too many": (
        "decoder.extra",
        lambda folder: resave(folder / WEIGHTS, lambda tensors: tensors.update({"decoder.extra": torch.zeros(3)})),
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_right_is_refused_in_one_sentence_that_says_what_to_do(damage: str, tmp_path: Path) -> None:
    named, spoil = DAMAGES[damage]
    write(tmp_path)
    load(tmp_path)
    spoil(tmp_path)
    with pytest.raises(EngineError) as refused:
        load(tmp_path)
    told = str(refused.value)
    assert named in told
    assert "not loaded" in told
    assert "install VACE Live again" in told
    assert told.endswith(".")
    assert "\n" not in told


def test_another_size_of_model_is_refused(tmp_path: Path) -> None:
    write(tmp_path, replace(TINY, dit=replace(TINY.dit, ffn_dim=80)))
    with pytest.raises(EngineError, match=r"ffn.*80"):
        load(tmp_path)


def test_the_compiler_is_not_brought_in(tmp_path: Path) -> None:
    write(tmp_path)
    program = (
        "import sys, torch; from pathlib import Path; from engine.catalog import finished;"
        "from engine.device import Device; from engine.starter import bring_up_starter; from tests.tiny import TINY;"
        "device = Device(torch.device('cpu'), torch.float32);"
        "finished(bring_up_starter(TINY, device, Path(sys.argv[1]))); sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == 0


def test_its_folder_lies_beside_the_engine_as_an_installed_wheel_has_it() -> None:
    assert starter.FOLDER.parent == Path(catalog.__file__).parents[1] / "assets"
    assert (starter.FOLDER.parent / "clip.mp4").is_file()


def test_the_bundled_weights_fit_their_model() -> None:
    loaded = load(starter.FOLDER, STARTER)
    assert len(loaded.text.rows("teal lines on black")) == 4
    size = sum(file.stat().st_size for file in starter.FOLDER.rglob("*"))
    assert size <= 40 * 2**20


def square(size: tuple[int, int], count: int) -> Pixels:
    """A white outline on black in the middle of the picture, (count, H, W, 3)."""
    width, height = size
    guide = np.zeros((count, height, width, 3), np.uint8)
    cv2.rectangle(guide[0], (width // 4, height // 4), (3 * width // 4, 3 * height // 4), (255, 255, 255), 1)
    guide[1:] = guide[0]
    return guide


def painted(size: tuple[int, int], params: Params) -> tuple[np.ndarray, np.ndarray]:
    """The last picture of a second with the bundled weights, and the guide's lines in it."""
    choice = EngineChoice(width=size[0], height=size[1])
    stream = Stream(load_model(choice, Device(torch.device("cpu"), torch.bfloat16)), choice)
    for _ in range(4):
        out = stream.step(chunk_of(square(size, stream.wanted(params))), params)
        stream.settle()
    return out[-1].astype(np.float32), square(size, 1)[0, ..., 0] > 127


@pytest.mark.parametrize("size", [(256, 144), (320, 192), (512, 288)], ids=str)
@pytest.mark.parametrize("steps", [1, 2])
def test_the_bundled_starter_draws_the_guide_in_the_colour_of_the_prompt(size: tuple[int, int], steps: int) -> None:
    """At every size and number of steps it is meant for."""
    shown, lines = painted(size, Params(prompt="neon teal lines on black", steps=steps))
    luma = shown @ (0.299, 0.587, 0.114)
    away = cv2.distanceTransform((~lines).astype(np.uint8), cv2.DIST_L2, 5) > 12
    assert luma[lines].mean() > 100
    assert luma[away].mean() < 40
    glow = shown[~lines & ~away]
    red, green, blue = glow.sum(axis=0)
    assert green > 1.5 * red
    assert blue > 1.5 * red


def test_the_bundled_starter_follows_words_and_the_strength_of_the_guide() -> None:
    size = (256, 144)
    dark, lines = painted(size, Params(prompt="neon red lines on black"))
    light, _ = painted(size, Params(prompt="ink wash, paper, red"))
    away = cv2.distanceTransform((~lines).astype(np.uint8), cv2.DIST_L2, 5) > 12
    assert dark[away].mean() < 60 < 150 < light[away].mean()
    free, _ = painted(size, Params(prompt="neon red lines on black", control_strength=0.0))
    assert dark[lines].mean() > free[lines].mean() + 60
