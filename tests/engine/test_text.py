"""Prompts to embeddings: the encoder's maths, every form of its files, what is kept on disk, what stays in memory."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

import platformdirs
import pytest
import torch
import transformers
from safetensors.torch import load_file
from torch import Tensor, nn

from engine import umt5
from engine.capture import UNDISTURBED
from engine.device import Device
from engine.embeddings import Embeddings, identity_of
from engine.errors import EngineError
from engine.text import TextEncoder, WordEncoder
from engine.tokenizer import Tokenizer, clean_prompt
from engine.umt5 import PromptReader
from engine.umt5_weights import UMT5_XXL, UMT5Config, UMT5Weights
from engine.weight_file import Stored, WeightFile
from tests.engine.golden_files import golden_file
from tests.engine.umt5_files import (
    CONFIG,
    oracle,
    random_weights,
    sentencepiece_model,
    wan_name,
    write,
    write_parts,
    write_tokenizer,
)

CPU = Device(torch.device("cpu"), torch.float32)
IDS = [4, 5, 6, 11, 63, 4, 1]
TEXT_LEN = 6


def reader(folder: Path, encoder: Path | None, tokenizer: Path | None = None, text_len: int = TEXT_LEN) -> PromptReader:
    return PromptReader(
        encoder, tokenizer, CPU, text_len=text_len, config=CONFIG, embeddings=Embeddings(folder / "kept")
    )


def whole(folder: Path, text_len: int = TEXT_LEN) -> PromptReader:
    """A reader with all files that it needs."""
    encoder = write(folder / "umt5.safetensors", random_weights())
    return reader(folder, encoder, write_tokenizer(folder / "tokenizer.json"), text_len)


def hidden(weights: Mapping[str, Tensor], ids: list[int]) -> Tensor:
    with torch.no_grad():
        out: Tensor = oracle(weights)(input_ids=torch.tensor([ids])).last_hidden_state
    return out


def files(folder: Path) -> list[Path]:
    return sorted((folder / "kept").glob("*"))


# The network


def test_golden_hidden_states_and_prompt_embeds(tmp_path: Path) -> None:
    facts = json.loads(golden_file("case_text_encoder.json").read_text())["config"]
    case = load_file(golden_file("case_text_encoder.safetensors"))
    weights = {name.removeprefix("weights/"): tensor for name, tensor in case.items() if name.startswith("weights/")}
    config = UMT5Config(
        facts["vocab_size"],
        facts["dim"],
        facts["dim_attn"],
        facts["dim_ffn"],
        facts["num_heads"],
        facts["encoder_layers"],
        facts["num_buckets"],
    )
    encoder = write(tmp_path / "umt5.safetensors", weights)
    read = PromptReader(encoder, None, CPU, config=config, embeddings=Embeddings(tmp_path))
    for index, mask in enumerate(case["mask"]):
        rows = int(mask.sum())
        embeds = read.encode(case["ids"][index, :rows].tolist())
        padded = torch.nn.functional.pad(embeds[0], (0, 0, 0, len(mask) - rows))
        assert embeds.shape == (1, rows, config.dim)
        assert (embeds[0] - case["hidden"][index, :rows]).abs().max() < 5e-5
        assert (padded - case["prompt_embeds"][index]).abs().max() < 5e-5


STORED: dict[str, Callable[[Tensor], dict[str, Tensor]]] = {
    "float32": lambda weight: {"weight": weight},
    "bfloat16": lambda weight: {"weight": weight.bfloat16()},
    "float16": lambda weight: {"weight": weight.half()},
    "float8": lambda weight: {"weight": weight.to(torch.float8_e4m3fn)},
    "float8, scale by matrix": lambda weight: {
        "weight": (weight * 2).to(torch.float8_e4m3fn),
        "scale_weight": torch.tensor(0.5),
        "scale_input": torch.tensor(3.0),
    },
    "float8, scale by row": lambda weight: {
        "weight": (weight / rows_of(weight)).to(torch.float8_e4m3fn),
        "weight_scale": rows_of(weight),
    },
}
"""How a matrix may be held. Norms stay in float32, as in repackaged files."""


def rows_of(weight: Tensor) -> Tensor:
    return weight.abs().amax(-1, keepdim=True)


def stored_as(form: str, weights: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The tensors of the file, and the weights that they stand for."""
    held: dict[str, Tensor] = {}
    meant: dict[str, Tensor] = {}
    for name, weight in weights.items():
        parts = STORED[form](weight) if weight.ndim == 2 else {"weight": weight}
        held |= {name.removesuffix("weight") + part: tensor for part, tensor in parts.items()}
        meant[name] = parts["weight"].float() * parts.get("scale_weight", parts.get("weight_scale", torch.tensor(1.0)))
    return held, meant


@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
@pytest.mark.parametrize("form", STORED)
@pytest.mark.parametrize("naming", ["wan", "transformers"])
def test_every_form_of_file_gives_what_transformers_gives(naming: str, form: str, ending: str, tmp_path: Path) -> None:
    held, meant = stored_as(form, random_weights())
    if naming == "wan":
        held = {
            wan_name(name.rpartition(".")[0] + ".weight").removesuffix("weight") + name.rpartition(".")[2]: tensor
            for name, tensor in held.items()
        }
    embeds = reader(tmp_path, write(tmp_path / f"umt5{ending}", held)).encode(IDS)
    assert embeds.dtype == torch.float32
    torch.testing.assert_close(embeds, hidden(meant, IDS), atol=1e-5, rtol=1e-5)


def test_a_checkpoint_in_parts_and_the_second_name_of_the_table(tmp_path: Path) -> None:
    weights = random_weights()
    expected = hidden(weights, IDS)
    assert torch.equal(reader(tmp_path, write_parts(tmp_path, weights)).encode(IDS), expected)
    weights["encoder.embed_tokens.weight"] = weights["shared.weight"]
    assert torch.equal(reader(tmp_path, write(tmp_path / "both.pth", weights)).encode(IDS), expected)
    del weights["shared.weight"]
    assert torch.equal(reader(tmp_path, write(tmp_path / "second.pth", weights)).encode(IDS), expected)


class Names(WeightFile):
    """A file of which only the names can be read."""

    path = Path("real.safetensors")

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.stored = {name: Stored(torch.bfloat16, tuple(shape)) for name, shape in shapes.items()}

    def copy(self, name: str, start: int, out: Tensor) -> None:
        raise AssertionError(f"{name} is read")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("naming", ["wan", "hf"])
def test_names_and_shapes_of_the_published_encoder(naming: str) -> None:
    shapes = json.loads(golden_file(f"manifests/umt5_xxl_encoder_{naming}_keys.json").read_text())["params"]
    UMT5Weights(Names(shapes), UMT5_XXL)
    for name in shapes:
        if name in ("shared.weight", "encoder.embed_tokens.weight"):
            continue
        with pytest.raises(EngineError, match=name):
            UMT5Weights(Names({other: shape for other, shape in shapes.items() if other != name}), UMT5_XXL)


# Wrong files


def replaced(**changes: Tensor | None) -> dict[str, Tensor]:
    weights: dict[str, Tensor | None] = {wan_name(name): tensor for name, tensor in random_weights().items()}
    weights |= {name.replace("__", "."): tensor for name, tensor in changes.items()}
    return {name: tensor for name, tensor in weights.items() if tensor is not None}


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (replaced(blocks__1__attn__k__weight=None), ["blocks.1.attn.k.weight", "12x16", "nothing"]),
        (replaced(norm__weight=None), ["norm.weight", "16", "nothing"]),
        (replaced(blocks__2__ffn__fc1__weight=torch.ones(20, 15)), ["blocks.2.ffn.fc1.weight", "20x16", "20x15"]),
        (replaced(blocks__3__norm1__weight=torch.ones(16)), ["blocks.3.norm1.weight", "nothing", "16"]),
        (replaced(blocks__0__attn__q__bias=torch.ones(12)), ["blocks.0.attn.q.bias", "nothing", "12"]),
        (
            replaced(blocks__0__attn__q__weight=torch.ones(12, 16, dtype=torch.int8)),
            ["blocks.0.attn.q.weight", "float8_e4m3fn", "int8"],
        ),
        (
            replaced(blocks__0__attn__q__scale_weight=torch.ones(5)),
            ["blocks.0.attn.q.scale_weight", "one number or 12", "5"],
        ),
        ({"patch_embedding.weight": torch.ones(96, 16, 1, 2, 2)}, ["token_embedding.weight", "64x16", "nothing"]),
    ],
)
def test_a_wrong_file_is_refused_by_file_key_expected_and_found(
    weights: dict[str, Tensor], said: list[str], tmp_path: Path
) -> None:
    encoder = write(tmp_path / "some encoder.safetensors", weights)
    for act in (reader(tmp_path, encoder).check, lambda: reader(tmp_path, encoder).encode(IDS)):
        with pytest.raises(EngineError) as refusal:
            act()
        sentence = str(refusal.value)
        assert all(part in sentence for part in ["some encoder.safetensors", *said]), sentence
        assert "\n" not in sentence


def test_no_weight_is_read_before_all_names_and_shapes_are_right() -> None:
    shapes = {wan_name(name): tuple(tensor.shape) for name, tensor in random_weights().items()}
    UMT5Weights(Names(shapes), CONFIG)
    with pytest.raises(EngineError, match=r"blocks\.2\.norm2"):
        UMT5Weights(Names(shapes | {"blocks.2.norm2.weight": (17,)}), CONFIG)


@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
@pytest.mark.parametrize("length", [0, 5, 400, -40])
def test_a_cut_file_is_refused_in_one_sentence(ending: str, length: int, tmp_path: Path) -> None:
    path = write(tmp_path / f"umt5{ending}", random_weights())
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(EngineError, match="umt5") as refusal:
        reader(tmp_path, path, write_tokenizer(tmp_path / "tokenizer.json"))("ink")
    assert "\n" not in str(refusal.value)


def test_without_files_it_says_what_to_get(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path / "tokenizer.json")
    encoder = write(tmp_path / "umt5.pth", random_weights())
    absent = tmp_path / "absent"
    for broken in (
        reader(tmp_path, None, tokenizer),
        reader(tmp_path, absent, tokenizer),
        reader(tmp_path, encoder, None),
    ):
        with pytest.raises(EngineError, match=r"models_t5_umt5-xxl-enc-bf16\.pth.*google/umt5-xxl"):
            broken("ink")
    for act in (reader(tmp_path, encoder, absent).check, lambda: reader(tmp_path, encoder, absent)("ink")):
        with pytest.raises(EngineError, match=r"absent.*tokenizer\.json of google/umt5-xxl"):
            act()


# The tokenizer


@pytest.mark.parametrize("form", ["tokenizer.json", "spiece.model", "folder", "within the encoder"])
def test_the_tokenizer_in_every_form(form: str, tmp_path: Path) -> None:
    weights = random_weights()
    source: Path | None = None
    match form:
        case "tokenizer.json":
            source = write_tokenizer(tmp_path / "tokenizer.json")
        case "spiece.model":
            source = tmp_path / "spiece.model"
            source.write_bytes(sentencepiece_model())
        case "folder":
            write_tokenizer(tmp_path / "tokenizer.json")
            source = tmp_path
        case _:
            weights["spiece_model"] = torch.frombuffer(bytearray(sentencepiece_model()), dtype=torch.uint8)
    read = reader(tmp_path, write(tmp_path / "umt5.safetensors", weights), source)
    read.check()
    assert torch.equal(read("ink on z"), hidden(random_weights(), [4, 5, 3, 2, 1]))  # 2: unknown


def test_prompts_are_cleaned_and_cut_but_keep_their_end_mark(tmp_path: Path) -> None:
    assert clean_prompt("  ink &amp;amp;\n\ton   paper ") == "ink & on paper"
    read = whole(tmp_path)
    assert torch.equal(read(" ink\n&amp; paper"), hidden(random_weights(), [4, 7, 6, 1]))
    assert torch.equal(read("ink " * 50), hidden(random_weights(), [4] * (TEXT_LEN - 1) + [1]))
    assert read("").shape == (1, 1, CONFIG.dim)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x0a\xff", b"no tokenizer", sentencepiece_model()[:-3]])
def test_a_damaged_tokenizer_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "some tokenizer"
    path.write_bytes(content)
    with pytest.raises(EngineError, match="some tokenizer"):
        Tokenizer(path)


def test_a_tokenizer_that_does_not_belong_to_the_encoder_is_refused(tmp_path: Path) -> None:
    small = {"shared.weight": torch.ones(5, CONFIG.dim)}
    encoder = write(tmp_path / "umt5.pth", random_weights() | small)
    read = PromptReader(
        encoder,
        write_tokenizer(tmp_path / "tokenizer.json"),
        CPU,
        config=UMT5Config(5, CONFIG.dim, CONFIG.attention_dim, CONFIG.ffn_dim, CONFIG.heads, CONFIG.layers, 8, 16),
        embeddings=Embeddings(tmp_path / "kept"),
    )
    with pytest.raises(EngineError, match="do not belong together"):
        read("paper")


# Memory


def test_the_encoder_is_never_resident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    borrowed: list[list[weakref.ref[Tensor]]] = []
    alive_before_each: list[int] = []
    block = UMT5Weights.block

    def alive() -> int:
        return sum(any(tensor() is not None for tensor in tensors) for tensors in borrowed)

    def watched(self: UMT5Weights, index: int, device: torch.device) -> dict[str, Tensor]:
        alive_before_each.append(alive())
        tensors = {name: nn.Parameter(tensor, False) for name, tensor in block(self, index, device).items()}
        borrowed.append([weakref.ref(tensor) for tensor in tensors.values()])
        return dict(tensors)

    monkeypatch.setattr(UMT5Weights, "block", watched)
    read = whole(tmp_path)
    read("ink on paper")
    assert alive_before_each == [0] * CONFIG.layers, "one block's weights must be gone before the next are read"
    gc.collect()
    assert alive() == 0
    assert not any(issubclass(type(thing), transformers.UMT5PreTrainedModel) for thing in gc.get_objects())


def test_a_gpu_without_room_is_left_to_the_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = write(tmp_path / "umt5.pth", random_weights())
    gpu = Device(torch.device("cuda"), torch.bfloat16)
    read = PromptReader(encoder, None, gpu, config=CONFIG, embeddings=Embeddings(tmp_path))
    used: list[str] = []
    encode = umt5.encode

    def on_a_full_gpu(weights: UMT5Weights, config: UMT5Config, ids: list[int], device: torch.device) -> Tensor:
        used.append(device.type)
        if device.type == "cuda":
            raise torch.OutOfMemoryError
        return encode(weights, config, ids, device)

    monkeypatch.setattr(umt5, "encode", on_a_full_gpu)
    recordings: list[bool] = []

    def give_back() -> None:
        with UNDISTURBED.recording() as may:
            recordings.append(may)

    monkeypatch.setattr(torch.cuda, "empty_cache", give_back)
    for free_bytes, expected in ((0, ["cpu"]), (1 << 40, ["cuda", "cpu"])):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device, free=free_bytes: (free, 1 << 40))
        used.clear()
        torch.testing.assert_close(read.encode(IDS), hidden(random_weights(), IDS))
        assert used == expected
    assert recordings == [False], "no pass is recorded while torch gives memory back"
    with UNDISTURBED.recording() as may:
        assert may


def test_the_engine_starts_without_transformers() -> None:
    code = "import sys, engine.umt5, engine.host; print({'transformers', 'tokenizers'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


# The disk


def forbid_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> Tensor:
        raise AssertionError("the prompt is encoded again")

    monkeypatch.setattr(umt5, "encode", forbidden)


def test_a_prompt_is_encoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = whole(tmp_path)("ink on paper")
    forbid_encoding(monkeypatch)
    again = reader(tmp_path, tmp_path / "umt5.safetensors", tmp_path / "tokenizer.json")
    assert torch.equal(again(" ink on\npaper"), made)
    for path in (tmp_path / "umt5.safetensors", tmp_path / "tokenizer.json"):
        path.unlink()
    assert torch.equal(again("ink on paper"), made), "what was read once needs no files any more"
    assert torch.equal(reader(tmp_path, None)("ink on paper"), made)


def test_other_prompts_encoders_and_lengths_have_embeddings_of_their_own(tmp_path: Path) -> None:
    read = whole(tmp_path)
    first = read("ink on paper")
    assert not torch.equal(read("ink"), first[:, :2])
    assert read("ink").shape != first.shape
    shorter = whole(tmp_path, text_len=3)
    assert shorter("ink on paper").shape == (1, 3, CONFIG.dim)
    other = reader(tmp_path, write(tmp_path / "umt5.safetensors", random_weights(seed=1)), tmp_path / "tokenizer.json")
    assert not torch.equal(other("ink on paper"), first)
    assert len(files(tmp_path)) == 4


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "garbage"])
def test_damaged_embeddings_are_made_anew(damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    read = whole(tmp_path)
    made = read("ink on paper")
    (path,) = files(tmp_path)
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut": content[:-5],
            "flipped": content[:-5] + bytes([content[-5] ^ 64]) + content[-4:],
            "emptied": b"",
            "garbage": b"ink" * 500,
        }[damage]
    )
    assert torch.equal(read("ink on paper"), made)
    assert "damaged" in caplog.text
    assert files(tmp_path) == [path]
    assert path.read_bytes() == content


def test_the_folder_stays_within_its_bounds_and_drops_what_was_not_used_for_longest(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    embeds = torch.ones(1, 4, 8)
    kept = Embeddings(folder)
    for age, prompt in enumerate(("oldest", "used again", "third")):
        kept.keep(prompt, "umt5", 16, embeds)
        for path in set(files(tmp_path)):
            if path.stat().st_mtime > 2_000_000:
                os.utime(path, (1_000_000 + age, 1_000_000 + age))
    leftover = folder / "left by a crash.part"
    leftover.write_bytes(b"x")
    os.utime(leftover, (1, 1))
    assert kept.find("used again", "umt5", 16, 8) is not None
    Embeddings(folder, max_files=2).keep("new", "umt5", 16, embeds)
    found = {name: kept.find(name, "umt5", 16, 8) is not None for name in ("oldest", "used again", "third", "new")}
    assert found == {"oldest": False, "used again": True, "third": False, "new": True}
    assert not leftover.exists()

    size = max(path.stat().st_size for path in files(tmp_path))
    Embeddings(folder, max_bytes=size).keep("newest", "umt5", 16, embeds)
    assert len(files(tmp_path)) == 1


def test_a_disk_that_cannot_be_written_costs_time_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    assert whole(tmp_path)("ink").shape == (1, 2, CONFIG.dim)
    assert "not kept" in caplog.text


def test_an_encoder_is_known_by_name_size_and_content(tmp_path: Path) -> None:
    names = set()
    for name, content in (("a", b"1"), ("b", b"1"), ("a", b"2"), ("a", b"11"), ("a", b"1" * (1 << 22) + b"2")):
        path = tmp_path / name
        path.write_bytes(content)
        names.add(identity_of(path))
    assert len(names) == 5


def test_embeddings_are_kept_in_the_cache_folder_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def user_cache_path(name: str, appauthor: bool) -> Path:
        return tmp_path / name

    monkeypatch.setattr(platformdirs, "user_cache_path", user_cache_path)
    Embeddings().keep("ink", "umt5", 16, torch.ones(1, 2, 8))
    assert len(list((tmp_path / "vace-live").rglob("*.safetensors"))) == 1


# The table of words


def test_the_word_encoder_reads_prompts_too() -> None:
    encoder: TextEncoder = WordEncoder(vocabulary=32, text_dim=8, text_len=4)
    assert encoder("Ink, on paper!").shape == (1, 3, 8)
    assert torch.equal(encoder("INK on paper"), encoder("ink on paper"))
    assert encoder("one two three four five").shape == (1, 4, 8)
    assert encoder("").shape == (1, 0, 8)


def test_every_word_knows_the_one_before_it() -> None:
    encoder = WordEncoder(vocabulary=32, text_dim=8, text_len=8)
    teal, on, black = (encoder.words.weight[encoder.rows(word)[0]] for word in ("teal", "on", "black"))
    expected = torch.stack([teal, on + encoder.before(teal), black + encoder.before(on)])
    assert torch.allclose(encoder("teal on black")[0], expected)
    assert torch.equal(encoder("teal on black")[:, :1], encoder("teal"))


def test_a_listed_word_has_its_own_row_and_an_unknown_one_none() -> None:
    encoder = WordEncoder(vocabulary=8, text_dim=8, text_len=3, words=("teal", "lines", "on", "black"))
    assert encoder.rows("Black lines, on teal!") == [3, 1, 2]  # three are read
    assert encoder.rows("teal schwarze LINES") == [0, 1]
    assert torch.equal(encoder("gorgeous teal of lines"), encoder("teal lines")), "neighbours, once the unknown are out"
    assert not torch.allclose(encoder("teal lines"), encoder("lines teal").flip(1))
    assert encoder("gorgeous").shape == (1, 0, 8)


@pytest.mark.parametrize("words", [("teal", "teal"), ("Teal",), ("neon teal",), ("",), ("a", "b", "c")])
def test_a_list_of_words_that_cannot_be_right_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="word"):
        WordEncoder(vocabulary=2, text_dim=8, text_len=4, words=words)


def test_many_prompts_are_embedded_at_once_and_gaps_are_zeros() -> None:
    encoder = WordEncoder(vocabulary=8, text_dim=8, text_len=4, words=("teal", "lines", "on", "black"))
    prompts = ("teal lines on black", "black", "", "lines teal")
    index = torch.full((4, 5), -1)
    for row, prompt in zip(index, prompts, strict=True):
        numbers = encoder.rows(prompt)
        row[: len(numbers)] = torch.tensor(numbers)
    together = encoder.embed(index)
    for embeds, prompt in zip(together, prompts, strict=True):
        alone = encoder(prompt)[0]
        torch.testing.assert_close(embeds[: len(alone)], alone)  # sums are made in another order
        assert not embeds[len(alone) :].any()
    (gradient,) = torch.autograd.grad(together.sum(), encoder.words.weight)
    assert gradient.any(1).tolist() == [True] * 4 + [False] * 4, "what stands for no word is not learned from"
