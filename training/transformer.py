"""Stage "transformer": the network and its words learn to paint, single frames first, then over their own past.

It runs the engine's own parts as a show does: context encoder, noisy pass with hints, clean pass into the memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.blending import blend_embeddings
from engine.block import Block
from engine.conditioning import ContextEncoder, encode_references, reference_context
from engine.config import ModelConfig, TinyVAEConfig
from engine.dit import PatchEmbedding, TextMemory, WanDiT
from engine.kv_cache import KVCache
from engine.sampler import Sampler
from engine.text import WordEncoder
from engine.tiny_vae import TinyVAE
from training import autoencoder
from training.course import Course, Plan, Say
from training.muon import Muon
from training.past import Past
from training.pictures import Pictures
from training.prompts import vocabulary
from training.samples import Batch, Samples, Shape, Wording

_REPEATED = 4.0
"""The weight of errors that repeat from patch to patch, averaged over 16 patches, beside that of all errors."""
_EVEN = 0.3
"""The share of the loss in which all latent channels count alike, whatever is seen of them."""

PAST_NOISE = 0.25
"""The most that is mixed into frames that are remembered: in a show they are the network's own, and not exact."""


class Painter(nn.Module):
    """The two networks that are trained together."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.dit = WanDiT(config.dit)
        self.text = WordEncoder(config.vocabulary, config.dit.text_dim, config.dit.text_len, vocabulary())
        self.apply(_begin)
        # Every block begins as nothing, so that signals pass, and its gates stand open.
        for block in (*self.dit.blocks, *self.dit.vace_blocks):
            assert isinstance(block, Block)
            nn.init.zeros_(block.modulation)
            block.modulation.data[:, 2::3] = 1.0
            for projection in (block.self_attn.o, block.cross_attn.o, block.ffn[2]):
                assert isinstance(projection, nn.Linear)
                nn.init.zeros_(projection.weight)
        to_times = self.dit.time_projection[1]
        assert isinstance(to_times, nn.Linear)
        for nothing in (self.dit.head.modulation, self.dit.head.head.weight, to_times.weight):
            nn.init.zeros_(nothing)
        nn.init.normal_(self.text.words.weight)

    def embeds(self, wordings: Sequence[Wording]) -> Tensor:
        """[B, text_len, text_dim]: of each clip, blended as in a show."""
        first = self._rows([each.prompt for each in wordings])
        second = self._rows([each.other for each in wordings])
        share = torch.tensor([each.share for each in wordings], device=first.device).view(-1, 1, 1)
        embeds = torch.lerp(first, second, share)
        arcs = [row for row, each in enumerate(wordings) if each.blend == "spherical" and each.share]
        if arcs:
            # The arc's gradient has no end where two words are one; words learn from all other samples.
            with torch.no_grad():
                bent = [
                    blend_embeddings(
                        (first[[row]], second[[row]]), (1 - wordings[row].share, wordings[row].share), "spherical"
                    )
                    for row in arcs
                ]
            embeds = embeds.index_copy(0, torch.tensor(arcs, device=embeds.device), torch.cat(bent).to(embeds.dtype))
        return embeds

    def _rows(self, prompts: Sequence[str]) -> Tensor:
        index = torch.full((len(prompts), self.text.text_len), -1, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            words = self.text.rows(prompt)
            index[row, : len(words)] = torch.tensor(words, dtype=torch.long)
        return self.text.embed(index.to(self.text.words.weight.device))


def _begin(module: nn.Module) -> None:
    if not isinstance(module, nn.Linear | PatchEmbedding):
        return
    nn.init.normal_(module.weight, std=module.weight[0].numel() ** -0.5)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


@dataclass(frozen=True, eq=False)
class Latents:
    """A batch in latents [B, n, C, h, w]; the context has 2C + 64 channels, each reference is a frame."""

    target: Tensor
    noise: Tensor
    context: Tensor
    source: Tensor | None
    references: Tensor | None


@torch.no_grad()
def encoded(vae: TinyVAE, batch: Batch) -> Latents:
    """What the engine makes of the batch's pictures."""
    return Latents(
        target=vae.streaming_encoder().encode(batch.target),
        noise=batch.noise,
        context=ContextEncoder(vae).encode(batch.guide, batch.source, batch.mask),
        source=vae.streaming_encoder().encode(batch.source) if batch.video else None,
        references=None
        if batch.references is None
        else encode_references(vae, [each.unsqueeze(1) for each in batch.references.unbind(1)]),
    )


@torch.no_grad()
def visibility(vae: TinyVAE, latents: Tensor) -> Tensor:
    """How much an error in each latent channel is seen in pictures, [C, 1, 1], 1 on average."""
    seen = []
    plain, _ = vae.decode_unclamped(latents)
    generator = torch.Generator(latents.device).manual_seed(0)
    noise = 0.5 * torch.randn(latents.shape, generator=generator, device=latents.device)
    for channel in range(latents.shape[2]):
        disturbed = latents.clone()
        disturbed[:, :, channel] += noise[:, :, channel]
        seen.append((vae.decode_unclamped(disturbed)[0] - plain).square().mean())
    weights = torch.stack(seen).view(-1, 1, 1)
    return _EVEN + (1 - _EVEN) * weights / weights.mean()


def loss(painter: Painter, batch: Batch, latents: Latents, weights: Tensor, generator: torch.Generator) -> Tensor:
    """Squared difference from the target latents, channels weighed, of a rollout over all the batch's frames.

    What repeats from patch to patch counts once more: a faint grid is a small error, and seen on any even ground.
    """
    painted = torch.cat(list(rollout(painter, batch, latents, generator)), dim=1)
    error = (painted - latents.target).float()
    repeated = repeating(error, 2)
    return (weights * error.square()).mean() + _REPEATED * (weights.unsqueeze(-1) * repeated.square()).mean()


def repeating(error: Tensor, period: int) -> Tensor:
    """What tiles of ``period`` in an error [B, n, C, h, w] have in common with their neighbours.

    [Bn, C, period ** 2, h/period/4, w/period/4], the last two rounded up: of each place in a tile, how it departs from
    the tile's mean, averaged over 4 by 4 tiles.
    """
    places = F.pixel_unshuffle(error.flatten(0, 1), period)
    common = F.avg_pool2d(places, 4, ceil_mode=True, count_include_pad=False)
    common = common.view(-1, error.shape[2], period * period, *common.shape[-2:])
    return common - common.mean(2, keepdim=True)


def rollout(painter: Painter, batch: Batch, latents: Latents, generator: torch.Generator) -> Iterator[Tensor]:
    """The clean latents [B, 1, C, h, w] that are predicted for each of the batch's frames, one after the other."""
    config, dit = painter.config, painter.dit
    sampler = Sampler(config.rollout)
    rows, columns = (size // 2 for size in latents.target.shape[-2:])
    past = Past(config.dit, config.rollout, rows, columns, latents.target.device)
    cache = cast(KVCache, past)
    frames = latents.target.shape[1]
    texts = [dit.read_text(painter.embeds([clip[frame] for clip in batch.prompts])) for frame in range(frames)]
    if latents.references is not None and batch.in_sink:
        past.open_references(latents.references.shape[1])
        dit.remember(latents.references, 0.0, texts[-1], cache)
        past.keep_references()

    reference_noise = torch.empty(0)
    if latents.references is not None:
        reference_noise = torch.randn(latents.references.shape, generator=generator, device=latents.noise.device)
    for frame in range(frames):
        here = slice(frame, frame + 1)
        x = latents.noise[:, here]
        if latents.source is not None:
            x = sampler.schedule.add_noise(latents.source[:, here], x, batch.timestep)
        elif batch.timestep < 1000:
            x = sampler.schedule.add_noise(latents.target[:, here], x, batch.timestep)
        context, beside = latents.context[:, here], None
        if latents.references is not None:
            context = torch.cat([reference_context(latents.references), context], dim=1)
            if not batch.displacing:
                beside = sampler.schedule.add_noise(latents.references, reference_noise, batch.timestep)
        past.open()
        read = dit.read_context(context, 1 if batch.displacing else context.shape[1])
        predicted = dit(x, batch.timestep, texts[frame], cache, read, batch.strength, beside)
        yield predicted
        if frame + 1 < frames:
            _remember(painter, past, batch, latents.target[:, here], predicted, texts, frame, generator)


def _remember(
    painter: Painter,
    past: Past,
    batch: Batch,
    target: Tensor,
    predicted: Tensor,
    texts: list[TextMemory],
    frame: int,
    generator: torch.Generator,
) -> None:
    """The clean pass over what was painted: the network's own frame or, as often, the true one; a little noisy."""
    draws = torch.rand(2, generator=generator, device=target.device).tolist()
    clean = predicted.detach() if draws[0] < 0.6 else target
    level = PAST_NOISE * max(0.0, 2 * draws[1] - 1)
    clean = clean + level * torch.randn(clean.shape, generator=generator, device=clean.device)
    past.open()
    painter.dit.remember(clean, 0.0, texts[-1] if batch.recached else texts[frame], cast(KVCache, past))
    past.keep()


def trained(folder: Path, config: ModelConfig) -> Painter:
    """What the stage left in ``folder``. FileNotFoundError where it has not been run."""
    painter = Painter(config)
    state = torch.load(folder / "transformer.pt", map_location="cpu", weights_only=True)
    painter.load_state_dict(state["averaged"])
    return painter.eval()


def train(
    folder: Path, config: ModelConfig, plan: Plan, shapes: Sequence[Sequence[Shape]], device: torch.device, say: Say
) -> None:
    """Train from nothing, or go on. Writes ``folder/transformer.pt``.

    shapes: the batches of a step, for each part of the stage in turn; parts are of equal length.
    """
    torch.manual_seed(plan.seed)
    painter = Painter(config).to(device)
    assert isinstance(config.vae, TinyVAEConfig)
    vae = autoencoder.trained(folder, config.vae).to(device, torch.bfloat16).requires_grad_(False)
    course = Course(
        "transformer", painter, folder, plan, Muon(painter.named_parameters(), lr=2.5e-3, adam_lr=1.5e-3), say
    )
    course.resume()
    pictures = Pictures(folder / "bank", device)
    samples = Samples(pictures, config.rollout, config.dit.latent_channels)
    some = np.random.default_rng([plan.seed, 200])
    weights = visibility(vae, vae.encode(torch.stack([pictures.sequence(some, 96, 96, 4) for _ in range(12)]))[0])

    def loss_of(step: int) -> tuple[float, dict[str, float]]:
        rng = np.random.default_rng([plan.seed, 202, step])
        part = shapes[min(len(shapes) - 1, step * len(shapes) // plan.steps)]
        total = 0.0
        for shape in part:
            batch = samples.batch(rng, shape)
            latents = encoded(vae, batch)
            generator = torch.Generator(device).manual_seed(int(rng.integers(1 << 40)))
            with torch.autocast(device.type, torch.bfloat16):
                each = loss(painter, batch, latents, weights, generator)
            (each / len(part)).backward()  # type: ignore[no-untyped-call]
            total += each.item() / len(part)
        return total, {}

    course.run(loss_of)
