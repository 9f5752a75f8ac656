from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from engine.catalog import finished
from engine.config import STARTER, TinyVAEConfig
from engine.device import Device
from engine.starter import bring_up_starter
from engine.tiny_vae import TinyVAE, padded
from tests.training.pictures_folder import filled
from tests.training.small import SMALL, banked, silent
from training import autoencoder, card, decoder, export, linear_start, transformer
from training.__main__ import main, parts, sized
from training.course import Course, Plan, fingerprint
from training.muon import Muon, orthogonal
from training.packages import LICENCES, SOURCES
from training.pictures import Pictures
from training.prompts import vocabulary
from training.samples import Samples, Shape
from training.structures import KINDS, fields_of, guide_of, noise_field

CPU = torch.device("cpu")
SHAPES = [[Shape(2, 1, 32, 48)], [Shape(1, 3, 32, 48)]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return banked(tmp_path_factory.mktemp("starter"))


@pytest.fixture(scope="module")
def _taught(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    taught = tmp_path_factory.mktemp("taught")
    for name in ("bank", "photos.json"):
        (taught / name).symlink_to(folder / name)
    _autoencoder(taught)
    _transformer(taught)
    return taught


@pytest.fixture
def taught(_taught: Path, tmp_path: Path) -> Path:
    """A folder of one's own in which all but the decoder has been trained."""
    return Path(shutil.copytree(_taught, tmp_path / "taught", symlinks=True))


def test_orthogonal_matrices_have_singular_values_near_one() -> None:
    for shape in ((32, 48), (48, 32), (40, 40)):
        matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(1))
        values = torch.linalg.svdvals(orthogonal(matrix, 8))
        assert float(values.min()) > 0.5
        assert float(values.max()) < 1.4


def test_muon_learns_and_adam_takes_what_is_no_matrix() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 32))
    goal, x = torch.randn(32, 32) / 6, torch.randn(256, 32)
    optimizer = Muon(network.named_parameters(), lr=5e-3)
    assert [group["muon"] for group in optimizer.param_groups] == [True, False]
    first = last = 0.0
    for _ in range(200):
        loss = (network(x) - x @ goal).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        first, last = first or loss.item(), loss.item()
    assert last < 0.3 * first


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    plan = Plan(1000, warm_up=10, cooling=0.2)
    rates = [plan.rate(step) for step in range(1000)]
    assert rates[0] == 0.1
    assert 0 < rates[-1] < 0.01
    assert rates[10:800] == [1.0] * 790
    assert all(later < earlier for earlier, later in pairwise(rates[800:]))
    lower = Plan(1000, warm_up=10, cooling=0.2, level=0.5)
    assert [lower.rate(step) for step in range(1000)] == [0.5 * rate for rate in rates]


class Interrupted(Exception):
    pass


def _interrupted_after(method: Callable[..., Any], calls: int) -> Callable[..., Any]:
    made = 0

    def called(*arguments: Any) -> Any:
        nonlocal made
        made += 1
        if made > calls:
            raise Interrupted
        return method(*arguments)

    return called


def _course(folder: Path, steps: int, saved_every: int = 3) -> tuple[Course, nn.Module]:
    torch.manual_seed(0)
    network = nn.Linear(20, 20)
    plan = Plan(steps, warm_up=2, saved_every=saved_every)
    course = Course("line", network, folder, plan, Muon(network.named_parameters()), silent)
    course.resume()
    return course, network


def _run(course: Course, network: nn.Module, until: int = 1000) -> None:
    def loss_of(step: int) -> tuple[float, dict[str, float]]:
        if step == until:
            raise Interrupted
        x = torch.from_numpy(np.random.default_rng(step).standard_normal((8, 20), np.float32))
        loss = (network(x) - x.flip(1)).square().mean()
        loss.backward()
        return loss.item(), {}

    course.run(loss_of)


def test_a_stage_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, in_two = tmp_path / "whole", tmp_path / "two"
    for place in (whole, in_two):
        place.mkdir()
    course, network = _course(whole, 12)
    _run(course, network)
    stopped, early = _course(in_two, 12)
    with pytest.raises(Interrupted):
        _run(stopped, early, until=8)
    again, late = _course(in_two, 12)
    assert again.step == 6
    assert again.history == [(0, 12, 1)]
    _run(again, late)
    for one, other in zip(network.parameters(), late.parameters(), strict=True):
        assert torch.equal(one, other)
    for one, other in zip(course.averaged.parameters(), again.averaged.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_longer_plan_goes_on_from_before_the_rate_fell(tmp_path: Path) -> None:
    course, network = _course(tmp_path, 12)
    _run(course, network)
    longer, _ = _course(tmp_path, 20)
    assert longer.step == 9
    assert longer.history == [(0, 12, 1), (9, 20, 1)]
    same, _ = _course(tmp_path, 12)
    assert same.step == 12


def test_every_structure_gives_a_guide_and_fields(folder: Path) -> None:
    pictures = Pictures(folder, CPU)
    clip = pictures.clip(np.random.default_rng(2), 32, 48, 5)
    noise = noise_field(torch.randn(2, 12, 4, 6, generator=torch.Generator().manual_seed(0)))
    for kind in KINDS:
        guide = guide_of(clip, (kind,))
        assert guide.shape == (5, 3, 32, 48)
        fields = fields_of(clip, (kind,), 1.0, noise)
        for field in (fields.line, fields.distance, fields.tone):
            assert field.shape == (5, 32, 48)
            assert torch.isfinite(field).all()
    assert (guide_of(clip, ("edge", "pose")) >= guide_of(clip, ("edge",))).all()


def test_strength_goes_from_the_noise_to_every_line(folder: Path) -> None:
    clip = Pictures(folder, CPU).clip(np.random.default_rng(4), 48, 64, 5)
    noise = noise_field(torch.randn(2, 12, 6, 8, generator=torch.Generator().manual_seed(0)))
    none = fields_of(clip, ("none",), 1.0, noise)
    assert torch.equal(fields_of(clip, ("edge",), 0.0, noise).line, none.line)
    full = fields_of(clip, ("edge",), 1.0, noise)
    assert float(full.line[clip.edge > 0.9].mean()) > 0.95
    differences = [
        float((fields_of(clip, ("edge",), strength, noise).line - full.line).abs().mean())
        for strength in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert differences == sorted(differences, reverse=True)


def test_what_is_kept_is_kept_in_the_target(folder: Path) -> None:
    samples = Samples(Pictures(folder, CPU), SMALL.rollout, SMALL.dit.latent_channels)
    seen = {
        "masked": False,
        "references": False,
        "video": False,
        "switched": False,
        "linear": False,
        "spherical": False,
    }
    for seed in range(60):
        batch = samples.batch(np.random.default_rng(seed), Shape(2, 2, 32, 48))
        kept = ~batch.mask.unsqueeze(2).expand_as(batch.target)
        assert torch.equal(batch.target[kept], batch.source[kept])
        assert float(batch.target.abs().max()) <= 1
        assert batch.noise.shape == (2, 2, 12, 4, 6)
        seen["masked"] |= bool(kept.any())
        seen["references"] |= batch.references is not None
        seen["video"] |= batch.video
        seen["switched"] |= any(clip[0] != clip[1] for clip in batch.prompts)
        for blended in (wording for clip in batch.prompts for wording in clip if wording.share):
            seen[blended.blend] = True
    assert all(seen.values()), seen


def test_larger_batches_than_the_bank_are_mirrored(folder: Path) -> None:
    batch = Samples(Pictures(folder, CPU), SMALL.rollout, 12).batch(np.random.default_rng(0), Shape(1, 1, 64, 80))
    assert batch.target.shape[-2:] == (64, 80)


@pytest.mark.parametrize(
    "device",
    ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"))],
)
def test_from_pictures_to_weights_by_the_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], device: str
) -> None:
    """Every stage but the fetching, at a tiny size; the engine takes what comes out, and it has learned something."""
    folder, out = filled(tmp_path / "work"), tmp_path / "out"
    command = ["--folder", str(folder), "--target", str(out), "--width", "64", "--height", "48", "--dim", "64"]
    command += ["--layers", "2", "--batch", "1", "--crop", "32", "--clips", "16", "--held-out", "2", "--steps", "2"]
    threads = torch.get_num_threads()
    for stage in ("bank", "autoencoder", "transformer", "decoder", "export"):
        assert main([stage, *command, "--device", device, "--threads", str(threads)]) == 0
    said = capsys.readouterr().out
    assert "autoencoder: step 2 of 2" in said
    assert "transformer: step 2 of 2" in said
    assert "decoder: step 2 of 2" in said
    loaded = finished(bring_up_starter(sized(64, 2), Device(CPU, torch.float32), out))
    assert loaded.dit.head.head.weight.any()  # it begins as nothing
    tensors = load_file(out / "weights.safetensors")
    assert all(value.dtype == torch.bfloat16 for value in tensors.values())
    assert (out / "vocabulary.txt").read_text().split() == list(vocabulary())
    shipped_card = (out / "README.md").read_text()
    assert shipped_card.count("--steps 2 --seed 1 from step 0") == 3
    assert f"| {device} |" in shipped_card


def test_nothing_trained_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--folder", str(tmp_path), "--target", str(tmp_path / "out")]) == 1
    assert "run 'autoencoder' first" in capsys.readouterr().err


def test_a_decoder_of_another_transformer_is_neither_gone_on_with_nor_exported(folder: Path, taught: Path) -> None:
    first = _decoder(taught)
    assert first["basis"] == fingerprint(_saved(taught, "transformer")["averaged"])
    said: list[str] = []
    export.export(taught, taught / "out", said.append)
    assert len(said) == 1
    (taught / "photos.json").unlink()
    with pytest.raises(export.NothingToExport, match="run 'sources' again"):
        export.export(taught, taught / "out", silent)
    (taught / "photos.json").symlink_to(folder / "photos.json")

    transformer.train(taught, SMALL, Plan(9, warm_up=2), SHAPES, CPU, silent)
    with pytest.raises(export.NothingToExport, match="run 'decoder' again"):
        export.export(taught, taught / "out", silent)
    plan, shape = Plan(6, warm_up=2, saved_every=3), Shape(1, 2, 32, 32)
    decoder.train(taught, SMALL, plan, CPU, shape, said.append)
    assert any("begins anew" in line for line in said)
    anew = _saved(taught, "decoder")
    assert (anew["step"], anew["history"]) == (6, [(0, 6, 1)])
    assert any(not torch.equal(value, anew["averaged"][key]) for key, value in first["averaged"].items())
    export.export(taught, taught / "out", silent)


def test_a_decoder_that_does_not_say_its_transformer_is_begun_anew_and_exported_where_it_may_fit(
    taught: Path,
) -> None:
    unsaid = _decoder(taught)
    del unsaid["basis"]
    torch.save(unsaid, taught / "decoder.pt")
    (taught / "decoder-level.pt").unlink()
    said: list[str] = []
    export.export(taught, taught / "out", said.append)
    assert "does not say which transformer" in said[0]
    os.utime(taught / "decoder.pt", (0, 0))  # older than the transformer, so it cannot have been trained on it
    with pytest.raises(export.NothingToExport, match="run 'decoder' again"):
        export.export(taught, taught / "out", silent)
    decoder.train(taught, SMALL, Plan(6, warm_up=2), CPU, Shape(1, 2, 32, 32), said.append)
    assert any("begins anew" in line for line in said)
    assert _saved(taught, "decoder")["basis"]


def test_the_sizes_of_the_command_are_those_that_ship_by_default() -> None:
    assert sized(STARTER.dit.dim, STARTER.dit.layers) == STARTER


def _autoencoder(folder: Path) -> dict[str, Any]:
    assert isinstance(SMALL.vae, TinyVAEConfig)
    plan = Plan(6, warm_up=2, saved_every=3)
    autoencoder.train(folder, SMALL.vae, plan, CPU, batch=1, crop=32, pictures=5, say=silent)
    return _saved(folder, "autoencoder")


def _transformer(folder: Path) -> dict[str, Any]:
    transformer.train(folder, SMALL, Plan(6, warm_up=2, saved_every=3), SHAPES, CPU, silent)
    return _saved(folder, "transformer")


def _decoder(folder: Path) -> dict[str, Any]:
    decoder.train(folder, SMALL, Plan(6, warm_up=2, saved_every=3), CPU, Shape(1, 2, 32, 32), silent)
    return _saved(folder, "decoder")


def _saved(folder: Path, name: str) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / f"{name}.pt", weights_only=True)
    return state


def test_the_same_seed_gives_the_same_weights_stopped_or_not(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bank").symlink_to(folder / "bank")
    # The autoencoder's linear start takes 64 sequences, and each of its steps one.
    for name, train, owner, method, calls in (
        ("autoencoder", _autoencoder, Pictures, "sequence", 64 + 4),
        ("transformer", _transformer, Samples, "batch", 4),
        ("decoder", _decoder, Samples, "batch", 4),
    ):
        whole = train(tmp_path / "whole")
        with monkeypatch.context() as patch:
            patch.setattr(owner, method, _interrupted_after(getattr(owner, method), calls))
            with pytest.raises(Interrupted):
                train(tmp_path / "stopped")
        assert _saved(tmp_path / "stopped", name)["step"] == 3
        again = train(tmp_path / "stopped")
        assert all(torch.equal(value, again["averaged"][key]) for key, value in whole["averaged"].items())
    before, after = (_saved(tmp_path / "whole", name)["averaged"] for name in ("autoencoder", "decoder"))
    changed = {name.partition(".")[0] for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed == {"decoder"}  # the transformer was taught what the encoder gives


def test_the_decoder_learns_what_the_transformer_paints(folder: Path, taught: Path) -> None:
    """Of what a network that hardly trained paints, the decoder can at least learn how little to trust it."""
    decoder.train(taught, SMALL, Plan(30, warm_up=2), CPU, Shape(1, 2, 32, 32), silent)
    painter, samples = transformer.trained(taught, SMALL), Samples(Pictures(folder, CPU), SMALL.rollout, 12)
    assert isinstance(SMALL.vae, TinyVAEConfig)
    before, after = (autoencoder.trained(taught, SMALL.vae, name) for name in ("autoencoder", "decoder"))
    apart = np.zeros((2, 2))
    for seed in range(3):
        batch = samples.batch(np.random.default_rng(seed), Shape(4, 2, 32, 32))
        with torch.no_grad():
            latents, generator = transformer.encoded(before, batch), torch.Generator().manual_seed(0)
            painted = torch.cat(list(transformer.rollout(painter, batch, latents, generator)), dim=1)
            for row, vae in enumerate((before, after)):
                for column, shown in enumerate((painted, latents.target)):
                    made = vae.decode_unclamped(shown)[0][:, 3:]
                    apart[row, column] += float(autoencoder.distance(made, batch.target * 0.5 + 0.5)[0])
    assert (apart[1] < apart[0]).all(), apart


def test_the_transformer_learns_from_every_part(folder: Path) -> None:
    """One step's gradients reach every parameter that a show uses."""
    torch.manual_seed(0)
    painter = transformer.Painter(SMALL)
    for parameter in painter.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    vae = autoencoder.untrained(SMALL.vae).requires_grad_(False)
    samples = Samples(Pictures(folder, CPU), SMALL.rollout, 12)
    for seed in range(60):
        batch = samples.batch(np.random.default_rng(seed), Shape(1, 3, 32, 48))
        wording = batch.prompts[0][-1]
        plain = len(wording.prompt.split()) > 1 and not wording.share  # words learn nothing from an arc
        if batch.strength > 0 and batch.references is not None and plain:
            break
    generator = torch.Generator().manual_seed(0)
    latents = transformer.encoded(vae, batch)
    weights = transformer.visibility(vae, latents.target)
    assert weights.shape == (12, 1, 1)
    assert float(weights.mean()) == pytest.approx(1)
    transformer.loss(painter, batch, latents, weights, generator).backward()  # type: ignore[no-untyped-call]
    silent_ones = [name for name, p in painter.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent_ones


def test_the_autoencoder_starts_as_the_best_linear_one(folder: Path) -> None:
    pixels = torch.stack([Pictures(folder, CPU).sequence(np.random.default_rng(i), 48, 64, 9) for i in range(8)])
    torch.manual_seed(0)
    vae = autoencoder.untrained(SMALL.vae)
    with torch.no_grad():
        before = autoencoder.loss(vae, pixels, torch.Generator().manual_seed(0))[1]["psnr"]
        linear_start.begin(vae, pixels)
        after = autoencoder.loss(vae, pixels, torch.Generator().manual_seed(0))[1]["psnr"]
    assert after > before + 5
    latents = vae.encode(padded(pixels, "lead"))[0].detach().transpose(1, 2).transpose(0, 1).flatten(1)
    assert float((latents.std(1) - 1).abs().max()) < 0.3
    assert float(latents.mean(1).abs().max()) < 0.3
    assert isinstance(SMALL.vae, TinyVAEConfig)
    with pytest.raises(ValueError, match="shuffle"):
        linear_start.begin(TinyVAE(replace(SMALL.vae, doubling="nearest")), pixels)


def test_the_autoencoder_improves(folder: Path) -> None:
    torch.manual_seed(0)
    vae = autoencoder.untrained(SMALL.vae)
    optimizer = Muon(vae.named_parameters(), lr=4e-3)
    pixels = Pictures(folder, CPU).sequence(np.random.default_rng(1), 32, 32, 5).unsqueeze(0)
    figures = []
    for step in range(40):
        loss, facts = autoencoder.loss(vae, pixels, torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        figures.append(facts["psnr"])
    assert figures[-1] > figures[0] + 4


def test_the_plan_of_the_stage_covers_all_sizes() -> None:
    for part in parts(320, 192, 4):
        for shape in part:
            assert shape.height % 16 == 0
            assert shape.width % 16 == 0
    assert STARTER.rollout.window <= max(shape.frames for part in parts(320, 192, 4) for shape in part)


def test_the_card_says_what_the_benchmark_found(tmp_path: Path) -> None:
    row = {"measure": "autoencoder: PSNR", "value": 29.618, "floor": 25, "goal": None, "unit": " dB"}
    row |= {"at_most": False, "met": "floor"}
    path = tmp_path / "starter.json"
    assert card.results_of(path, "abcd") == []
    sections = {
        "autoencoder": {"figures": [row], "weights": "ab", "quick": False},
        "of others": {"figures": [row], "weights": "cd", "quick": False},
        "quick": {"figures": [row], "weights": "ab", "quick": True},
    }
    path.write_text(json.dumps({"sections": sections}))
    assert card.results_of(path, "abcd") == [("autoencoder: PSNR", "29.6 dB", ">= 25 dB", "-", "floor")]
    stage = card.Stage("autoencoder", 9, [(0, 6, 1), (4, 9, 1)], 0.5, "cpu")
    facts = card.Facts([("pictures 1.0", "CC0-1.0", 7)], 16, 17, [stage], (1, 2, 3), 24, unlisted=[("a.jpg", "GFDL")])
    assert "29.6 dB" not in card.card(facts)
    said = card.card(replace(facts, results=card.results_of(path, "abcd")))
    assert "| autoencoder: PSNR | 29.6 dB | >= 25 dB | - | floor |" in said
    assert "--steps 6 --seed 1 from step 0, then --steps 9 --seed 1 from step 4" in said
    assert "| pictures 1.0 | CC0-1.0 | 7 |" in said
    assert "a.jpg (GFDL)" in said
    assert "several runs in a row" in said
    in_one_go = card.card(replace(facts, stages=[replace(stage, history=[(0, 9, 1)])], unlisted=()))
    assert "several runs in a row" not in in_one_go
    assert "leaves them out" not in in_one_go


def test_the_card_that_ships_names_every_package_and_its_licence() -> None:
    """Of weights that were made from pictures of others, a card without their licences must not go out."""
    shipped = (Path(card.__file__).parent.parent / "assets" / "starter" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (\S+) \S+ \| ([^|]+) \| [\d,]+ \|$", shipped, re.MULTILINE)
    assert {package for package, _ in rows} <= {source.package for source in SOURCES}
    assert len({package for package, _ in rows}) >= 10
    no_longer = {licence for _, licence in rows} - LICENCES
    assert all(f"({licence})" in shipped for licence in no_longer)  # each with the picture that it stands for
