"""Roll-outs of the causal transformer: plain, under VACE, with references, with a change of words, with a recomputed
memory. Each is played by ``engine.rollout.Rollout``, which is what a stream is built on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.config import ModelConfig, Quirks, RolloutConfig, TinyVAEConfig
from engine.rollout import Rollout
from tests.parity.case import Case
from tests.parity.networks import transformer
from tests.parity.rows import CaseRow, Rows
from tests.parity.watching import Pass, Passes

TIMESTEPS = 1e-3
PLAIN = 2e-5
VACE = 5e-5
"""Wider: these cases were made with a time sinusoid in float32, the engine's angles are float64."""


@dataclass(frozen=True)
class Run:
    """What one run of a case does. Names of its results begin with ``prefix``.

    calls: what the reference called in which order, as facts. references: how its contexts show pictures. switch: the
    chunk before which the words change, None = never. shares: it begins as another run does, whose results are stored.
    """

    prefix: str
    chunks: int
    vace: bool = False
    scale: float = 1.0
    past: float = 1.0
    zero_key_padding: bool = False
    references: str = ""
    switch: int | None = None
    keep_sink: bool = True
    shares: bool = False
    calls: list[dict[str, Any]] = field(default_factory=list)


def plain(case: Case, rows: Rows) -> None:
    """Sections 3 and 4: window and sink, raw or warped steps."""
    chunks = len(case.numbers(r"noise\.c(\d+)"))
    with rows.row("", PLAIN) as row:
        Player(case, row, Run("", chunks, calls=case.facts.get("calls", []))).play()


def vace(case: Case, rows: Rows) -> None:
    """Section 5: hints, with and without the padding by zero keys; references that displace control frames."""
    for facts in case.facts["runs"]:
        run = Run(
            prefix=facts["prefix"],
            chunks=facts["chunks"],
            vace=True,
            scale=facts["context_scale"],
            zero_key_padding=facts["vace_self_attention_key_padding"] != "none",
            references=facts.get("mode", ""),
            calls=facts.get("calls", []),
        )
        with rows.row(run.prefix.rstrip("."), VACE) as row:
            Player(case, row, run).play()


def prompt_switch(case: Case, rows: Rows) -> None:
    """Section 6: the remembered past is read again with new words."""
    for facts in case.facts["runs"]:
        run = Run(
            prefix=facts["prefix"],
            chunks=facts["chunks_before"] + facts["chunks_after"],
            switch=facts["chunks_before"],
            keep_sink=facts["keep_sink"],
            shares=bool(facts.get("shares_first_chunks_with")),
            calls=facts.get("calls", []),
        )
        with rows.row(run.prefix.rstrip("."), PLAIN) as row:
            Player(case, row, run).play()


def recomputed(case: Case, rows: Rows) -> None:
    """Section 7: a memory rebuilt before each chunk, and a weight of the past in attention."""
    for facts in case.facts["runs"]:
        run = Run(
            prefix=facts["prefix"],
            chunks=facts["chunks"],
            vace=facts["vace"],
            past=facts["kv_cache_attention_bias"],
            zero_key_padding=facts["zero_key_padding_to_multiple_of_128"],
            calls=facts.get("calls", []),
        )
        with rows.row(run.prefix.rstrip("."), VACE if run.vace else PLAIN) as row:
            Player(case, row, run).play()


class Player:
    """Plays one run and compares every stored tensor on the way."""

    def __init__(self, case: Case, row: CaseRow, run: Run) -> None:
        self._case, self._row, self._run = case, row, run
        network = transformer(case, run.vace)
        self._chunk: int = case.facts["latent"]["frames_per_chunk"]
        config = ModelConfig(
            name=case.name,
            dit=network.config,
            vae=TinyVAEConfig(latent_channels=network.config.latent_channels),
            rollout=self._rollout_config(),
            quirks=Quirks(zero_key_padding=run.zero_key_padding),
        )
        latent = case.facts["latent"]
        self._passes = Passes(network)
        self._rollout = Rollout(network, config, latent["height"], latent["width"], case.dtype)
        self._played: list[Pass] = []

    def _rollout_config(self) -> RolloutConfig:
        facts = self._case.facts
        recompute = "kv_cache_num_frames" in facts
        return RolloutConfig(
            chunk=self._chunk,
            window=facts["local_attn_frames"],
            sink=facts["sink_frames"],
            shift=facts["shift"],
            steps=len(facts["step_list"]),
            warp_steps=facts["warped"],
            sink_distance_max=None,
            memory="recompute" if recompute else "clean",
            context=facts["kv_cache_num_frames"] if recompute else RolloutConfig.context,
        )

    def play(self) -> None:
        """All chunks of the run."""
        run, rollout = self._run, self._rollout
        rollout.read_text(self._case.given("text_embeds" if run.switch is None else "text_embeds.a"))
        for chunk in range(run.chunks):
            if chunk == run.switch:
                self._change_words()
            self._denoise(chunk)
            recomputes = "kv_cache_num_frames" in self._case.facts
            if recomputes:
                self._compare_cache(chunk)
                if chunk + 1 < run.chunks:
                    self._recompute(chunk + 1)
            else:
                self._clean(chunk)
        self._compare_calls()

    def _denoise(self, chunk: int) -> None:
        """Every flow, hint and clean latent of the chunk's steps."""
        case, row, prefix = self._case, self._row, self._run.prefix
        steps = self._steps()

        def noise(step: int) -> Tensor:
            return case.given(f"noise.c{chunk}" if step == 0 else f"renoise.c{chunk}.s{step}")

        context = self._context(chunk) if self._run.vace else None
        clean = self._rollout.denoise(noise, steps, context, self._run.scale, past=self._run.past)
        passes = self._take()
        schedule = self._rollout.sampler.schedule
        for step, one in enumerate(passes):
            row.compare_stored(f"{prefix}flow.c{chunk}.s{step}", one.flow)
            for index, hint in enumerate(one.hints):
                row.compare_stored(f"{prefix}hint.c{chunk}.s{step}.h{index}", hint)
            if step + 1 < len(steps):
                x0 = schedule.clean_from_flow(one.x, one.flow, one.timestep)
                row.compare_stored(f"{prefix}x0.c{chunk}.s{step}", x0)
        last = f"{prefix}x0.c{chunk}.s{len(steps) - 1}"
        if self._run.shares and chunk < (self._run.switch or 0):
            row.compare_stored(last, clean)
        else:
            row.compare(last, clean)

    def _steps(self) -> list[float]:
        facts = self._case.facts
        if "warped_from" not in facts:
            return [float(step) for step in facts["step_list"]]
        schedule = self._rollout.sampler.schedule
        return [schedule.warped(step) for step in facts["warped_from"]]

    def _clean(self, chunk: int) -> None:
        """The clean pass, and the cache that it leaves."""
        self._rollout.settle()
        (one,) = self._take()
        self._row.compare_stored(f"{self._run.prefix}clean_flow.c{chunk}", one.flow)
        self._compare_cache(chunk)

    def _recompute(self, chunk: int) -> None:
        """Between chunks: the memory is rebuilt for ``chunk``."""
        name = f"reencoded_first.c{chunk}"
        self._rollout.settle(self._case.given(name) if name in self._case else None)
        (one,) = self._take()
        self._row.compare_stored(f"{self._run.prefix}context_frames.c{chunk}", one.x)
        self._row.compare_stored(f"{self._run.prefix}context_flow.c{chunk}", one.flow)

    def _change_words(self) -> None:
        row, prefix = self._row, self._run.prefix
        self._rollout.read_text(self._case.given("text_embeds.b"))
        self._rollout.recache(self._run.keep_sink)
        (one,) = self._take()
        row.compare(f"{prefix}recache_frames", one.x)
        row.compare(f"{prefix}recache_flow", one.flow)
        for layer, kind, held in self._cache():
            name = f"{prefix}kv_after_recache.l{layer}.{kind}"
            if name in self._case:
                # The reference stores slots that are still empty as well.
                empty = self._case.expected(name).shape[1] - held.shape[1]
                row.compare(name, F.pad(held, (0, 0, 0, 0, 0, max(0, empty))))

    def _context(self, chunk: int) -> Tensor:
        """The context [1, F, 96, rows, columns]; frames of reference pictures are shown to the roll-out instead."""
        mode = self._run.references
        name = f"{mode}.vace_context" if mode else "vace_context"
        if f"{name}.latent" not in self._case:
            name = f"{name}.c{chunk}"
        parts = (self._case.given(f"{name}.latent"), self._case.given(f"{name}.mask_u8").float())
        context = torch.cat(parts).transpose(0, 1).unsqueeze(0)
        if not mode:
            return context
        references = context.shape[1] - (self._chunk if mode == "refcond" else 0)
        channels = self._case.facts["model"]["in_channels"]
        self._rollout.show_references(context[:, :references, :channels], displacing=True)
        return context[:, references:]

    def _cache(self) -> list[tuple[int, str, Tensor]]:
        """Layer, kind and content of all that is held."""
        cache = self._rollout.cache
        return [
            (layer, kind, cache.in_order(storage))
            for kind, layers in (("k", cache.keys), ("v", cache.values))
            for layer, storage in enumerate(layers)
        ]

    def _compare_cache(self, chunk: int) -> None:
        """What is held after the chunk, and how much the reference says it is."""
        held_tokens = [call["cache_after"]["local_end_tokens"] for call in self._run.calls if _is_after(call, chunk)]
        for layer, kind, held in self._cache():
            if held_tokens:
                self._row.compare_numbers(f"tokens held after chunk {chunk}", [held.shape[1]], held_tokens[-1:])
            self._row.compare_stored(f"{self._run.prefix}kv.c{chunk}.l{layer}.{kind}", held)

    def _take(self) -> list[Pass]:
        taken = self._passes.take()
        self._played += taken
        return taken

    def _compare_calls(self) -> None:
        """The order of calls, as far as it shows in the network: timestep, frames, with or without VACE."""
        calls = [call for call in self._run.calls if "phase" in call]
        if not calls:
            return
        wanted = [[call["timestep"], call["frames"], call["vace_active"]] for call in calls]
        made = [[one.timestep, one.x.shape[1], one.has_context] for one in self._played]
        if len(made) != len(wanted):
            self._row.reasons.append(f"{len(made)} calls, expected {len(wanted)}")
            return
        for number, (these, those) in enumerate(zip(made, wanted, strict=True)):
            if max(abs(a - b) for a, b in zip(these, those, strict=True)) > TIMESTEPS:
                self._row.reasons.append(f"call {number} is {these}, expected {those}")


def _is_after(call: dict[str, Any], chunk: int) -> bool:
    return "cache_after" in call and call["chunk"] == chunk
