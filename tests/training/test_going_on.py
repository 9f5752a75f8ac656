"""From the weights that ship on to further ones: what was learned and the record of the work go along."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from engine.block import Block
from engine.tiny_vae import TinyVAE
from engine.vace import ContextBlock
from tests.training.pictures_folder import filled
from tests.training.small import SMALL, banked
from training import autoencoder, decoder, shipped
from training.__main__ import main, sized
from training.card import Stage
from training.course import fingerprint
from training.samples import Wording
from training.transformer import Painter, repeating, trained


def test_weights_that_ship_are_gone_on_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Laid out they are what was exported; a stage that goes on from there is told of beside the earlier ones."""
    first, second = banked(tmp_path / "first"), filled(tmp_path / "second")
    (second / "bank").symlink_to(first / "bank")
    weights = _exported(first, tmp_path / "one")

    assert main(["shipped", "--folder", str(second), "--target", str(tmp_path / "one"), "--layers", "1"]) == 0
    assert "7 steps of transformer" in capsys.readouterr().out
    laid_out = {
        stage: torch.load(second / f"{stage}.pt", weights_only=True) for stage in ("autoencoder", "transformer")
    }
    for key, value in weights.items():
        part, _, name = key.partition(".")
        stage, inside = shipped.NETWORKS[part]
        assert torch.equal(laid_out[stage]["averaged"][f"{inside}.{name}".lstrip(".")], value.float()), key

    size = ["--width", "64", "--height", "48", "--dim", "64", "--layers", "1", "--batch", "1", "--crop", "32"]
    for stage in ("transformer", "decoder", "export"):
        where = ["--folder", str(second), "--target", str(tmp_path / "two")]
        assert main([stage, *size, *where, "--steps", "1", "--rate", "0.5"]) == 0
    with safe_open(tmp_path / "two" / "weights.safetensors", "pt") as file:
        record = shipped.Record.read(file.metadata()[shipped.WORK])
    assert [(row.name, row.steps) for row in record.stages] == [
        ("autoencoder", 7), ("transformer", 7), ("decoder", 7), ("transformer", 1), ("decoder", 1),
    ]  # fmt: skip
    after = load_file(tmp_path / "two" / "weights.safetensors")
    assert after.keys() == weights.keys()
    changed = {key.partition(".")[0] for key in weights if not torch.equal(after[key], weights[key])}
    assert changed >= {"transformer", "autoencoder"}  # one step of words is less than bfloat16 tells
    encoder = [key for key in weights if key.startswith("autoencoder.encoder.")]
    assert encoder
    assert all(torch.equal(after[key], weights[key]) for key in encoder)


def test_blocks_that_are_added_change_nothing_as_they_begin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _exported(banked(tmp_path / "first"), tmp_path)
    painted = []
    for layers in (1, 3):
        folder = tmp_path / f"{layers}"
        assert main(["shipped", "--folder", str(folder), "--target", str(tmp_path), "--layers", str(layers)]) == 0
        painter = trained(folder, sized(64, layers))
        generator = torch.Generator().manual_seed(0)
        config = painter.config.dit
        x = torch.randn(1, 2, config.latent_channels, 4, 6, generator=generator)
        context = torch.randn(1, 2, config.vace_channels, 4, 6, generator=generator)
        text = painter.dit.read_text(painter.embeds([Wording("neon teal")]))
        painted.append(painter.dit(x, 900.0, text, context=painter.dit.read_context(context, 2)))
        before = painter.dit(x, 900.0, text)
        assert not torch.allclose(painted[-1], before), "hints do nothing, so that nothing is shown"
    torch.testing.assert_close(painted[0], painted[1])
    first, added = (cast("Block", painter.dit.blocks[index]).self_attn.q.weight for index in (0, 2))
    assert torch.equal(added, first)

    assert main(["shipped", "--folder", str(tmp_path / "0"), "--target", str(tmp_path), "--layers", "0"]) == 1
    assert "--layers" in capsys.readouterr().err


def _exported(folder: Path, target: Path) -> dict[str, torch.Tensor]:
    """Weights as after seven steps of every stage, exported."""
    torch.manual_seed(0)
    config = sized(64, 1)
    painter, vae = Painter(config), autoencoder.untrained(config.vae)
    hint = cast("ContextBlock", painter.dit.vace_blocks[0]).after_proj
    for layer in (painter.dit.head.head, hint):
        layer.weight.data.normal_(std=0.1)
    basis = fingerprint(painter.state_dict())
    networks = {"autoencoder": (vae, ""), "transformer": (painter, ""), "decoder": (vae, basis)}
    for name, (network, learned_from) in networks.items():
        state = {"step": 7, "history": [(0, 7, 1)], "spent_s": 60.0, "device": "cpu", "basis": learned_from}
        torch.save({**state, "averaged": network.state_dict()}, folder / f"{name}.pt")
    assert main(["export", "--folder", str(folder), "--target", str(target)]) == 0
    return load_file(target / "weights.safetensors")


def test_what_lies_in_the_folder_is_not_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "transformer.pt").write_bytes(b"hours of work")
    weights = Path(__file__).parents[2] / "assets" / "starter"
    assert main(["shipped", "--folder", str(tmp_path), "--target", str(weights)]) == 1
    assert "transformer.pt" in capsys.readouterr().err
    assert (tmp_path / "transformer.pt").read_bytes() == b"hours of work"
    assert main(["shipped", "--folder", str(tmp_path / "new"), "--target", str(tmp_path)]) == 1
    assert "from nothing" in capsys.readouterr().err


def test_a_record_reads_as_it_was_written_and_joins_a_later_one() -> None:
    one = shipped.Record([Stage("decoder", 3, [(0, 2, 1), (2, 3, 1)], 0.5, "cpu")], [("a 1", "MIT", 3)], [("x", "?")])
    assert shipped.Record.read(one.written()) == one
    other = shipped.Record([Stage("decoder", 1, [(0, 1, 1)], 0.1, "cpu")], [("a 1", "MIT", 2), ("b 1", "CC0", 4)])
    both = one.and_then(other)
    assert [stage.steps for stage in both.stages] == [3, 1]
    assert set(both.sources) == {("a 1", "MIT", 3), ("b 1", "CC0", 4)}
    assert both.unlisted == [("x", "?")]


def test_blends_are_those_of_a_show() -> None:
    torch.manual_seed(0)
    painter = Painter(SMALL)
    one, other = (painter.embeds([Wording(prompt)]) for prompt in ("neon teal on black", "ink"))
    for share in (0.0, 1.0):
        end = other if share else one
        for blend in ("linear", "spherical"):
            asked = Wording("neon teal on black", "ink", share, blend)
            torch.testing.assert_close(painter.embeds([asked]), end, atol=1e-5, rtol=1e-5)
    line, arc = painter.embeds(
        [Wording("neon teal on black", "ink", 0.5, "linear"), Wording("neon teal on black", "ink", 0.5, "spherical")]
    )
    torch.testing.assert_close(line, (one + other)[0] / 2)
    lengths = (one.norm(dim=-1) + other.norm(dim=-1))[0] / 2
    torch.testing.assert_close(arc.norm(dim=-1), lengths)
    assert (line.norm(dim=-1) < 0.95 * lengths)[0]


def test_an_error_that_repeats_is_told_from_one_that_does_not() -> None:
    generator = torch.Generator().manual_seed(0)
    once = torch.randn(2, 3, 4, 24, 40, generator=generator)
    grid = once[..., :2, :2].repeat(1, 1, 1, 12, 20)
    patches = grid.view(2, 3, 4, 12, 2, 20, 2)
    departing = patches - patches.mean((-1, -3), keepdim=True)
    assert float(repeating(grid, 2).square().mean()) == pytest.approx(float(departing.square().mean()), rel=1e-4)
    assert float(repeating(once, 2).square().mean()) < 0.1 * float(once.square().mean())
    assert repeating(torch.ones(1, 1, 4, 6, 10), 2).abs().max() == 0  # a wrong colour is no grid


def test_the_decoder_counts_a_grid_for_more_than_as_large_an_error_that_does_not_repeat() -> None:
    class Decoded:
        def decode_unclamped(self, pictures: torch.Tensor) -> tuple[torch.Tensor, None]:
            return pictures, None

    generator = torch.Generator().manual_seed(0)
    once = 0.02 * torch.randn(1, 8, 3, 64, 64, generator=generator)
    once[:] = once[:, :1]  # it stands still
    grid = once[..., :8, :8].repeat(1, 1, 1, 8, 8)
    grid = grid * (once.square().mean() / grid.square().mean()).sqrt()
    still = torch.zeros(1, 5, 3, 64, 64)
    far, near = (decoder._distance(cast(TinyVAE, Decoded()), 0.5 + error, still)[0] for error in (grid, once))
    assert float(far) > 1.1 * float(near)
