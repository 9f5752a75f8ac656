"""The engine's own classes against numbers made with the published reference models, in float32 on the CPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch

from engine import dit
from engine.conditioning import ContextEncoder, mask_channels
from engine.config import RolloutConfig
from engine.dit import time_sinusoid
from engine.kv_cache import KVCache
from engine.rope import rotary_table, rotate
from engine.sampler import Sampler, Schedule
from engine.tiny_vae import StreamingDecoder, StreamingEncoder, padded
from engine.vace import make_hints
from tests.engine import golden
from tests.engine.golden import Case, assert_close

CPU = torch.device("cpu")


@pytest.mark.parametrize("shift", [5, 8])
def test_schedule(shift: int) -> None:
    case = golden.case("scheduler")
    schedule = Schedule(shift)
    assert_close(schedule.sigmas, case[f"shift{shift}.sigmas"], 1e-6, "sigmas")
    assert_close(schedule.timesteps, case[f"shift{shift}.timesteps"], 1e-3, "timesteps")
    raw = [1000.0, 750.0, 500.0, 250.0]
    assert Sampler(RolloutConfig(shift=shift)).steps(4) == raw
    warped = Sampler(RolloutConfig(shift=shift, warp_steps=True)).steps(4)
    assert_close(torch.tensor(warped), case[f"shift{shift}.warped_steps"], 1e-3, "warped steps")
    for kind, steps in (("raw", raw), ("warped", warped)):
        for i, step in enumerate(steps):
            noisy = schedule.add_noise(case["x0"], case["noise"], step)
            assert_close(noisy, case[f"shift{shift}.{kind}.add_noise.{i}"], 1e-6, f"{kind} noise {i}")
            clean = schedule.clean_from_flow(case["xt"], case["velocity"], step)
            assert_close(clean, case[f"shift{shift}.{kind}.x0_from_velocity.{i}"], 2e-6, f"{kind} clean {i}")


def test_rotary_positions() -> None:
    case = golden.case("rope")
    for facts in case.facts["cases"]:
        name, (frames, rows, columns) = facts["name"], facts["grid"]
        q = case[f"{name}.q"]
        table = rotary_table(facts["start_frame"], frames, rows, columns, q.shape[-1], CPU)
        assert_close(rotate(q, table), case[f"{name}.out"], 1e-5, name)


def test_time_sinusoid() -> None:
    case = golden.case("rope")
    for t, expected in zip(case["time.t"].tolist(), case["time.sinusoid_f64"], strict=True):
        assert_close(time_sinusoid(t, 32), expected, 1e-6, f"t={t}")


@dataclass(eq=False)
class RollOut:
    """Plays a case's chunks through the tiny transformer, its cache and the sampler, as a stream does."""

    case: Case
    prefix: str = ""
    vace: bool = False
    strength: float = 1.0

    def __post_init__(self) -> None:
        facts = self.case.facts
        self.network = golden.dit(self.vace)
        self.window, self.sink = facts["local_attn_frames"], facts["sink_frames"]
        self.sampler = Sampler(
            RolloutConfig(3, self.window, self.sink, facts["shift"], warp_steps=facts["warped"], prediction="flow")
        )
        self.cache = KVCache(4, self.window, self.sink, tokens=24, heads=4, head_dim=24)
        self.text = self.network.read_text(self.case["text_embeds"])

    @torch.inference_mode()
    def chunk(self, c: int, tolerance: float) -> None:
        """Denoise chunk ``c`` and clean it; every stored tensor on the way must agree."""
        case, prefix = self.case, self.prefix
        self.cache.open_chunk(3 * c, 3)
        table = rotary_table(3 * c, 3, 4, 6, 24, CPU)
        context = None
        if self.vace:
            latent, mask = case[f"vace_context.c{c}.latent"], case[f"vace_context.c{c}.mask_u8"].float()
            context = self.network.read_context(torch.cat([latent, mask]).transpose(0, 1).unsqueeze(0))
        step = -1

        def predict(x: torch.Tensor, timestep: float) -> torch.Tensor:
            nonlocal step
            step += 1
            flow: torch.Tensor = self.network(x, timestep, self.text, table, self.cache, context, self.strength)
            self.compare(f"{prefix}flow.c{c}.s{step}", flow, tolerance)
            clean = self.sampler.schedule.clean_from_flow(x, flow, timestep)
            self.compare(f"{prefix}x0.c{c}.s{step}", clean, tolerance)
            return flow

        clean = self.sampler.denoise(
            predict,
            lambda number: case[f"noise.c{c}"] if number == 0 else case[f"renoise.c{c}.s{number}"],
            self.sampler.steps(4),
        )
        assert step == 3
        clean_flow = self.network(clean, 0.0, self.text, table, self.cache)
        self.compare(f"{prefix}clean_flow.c{c}", clean_flow, tolerance)
        for layer in (0, 3):
            for kind, storage in (("k", self.cache.keys), ("v", self.cache.values)):
                self.compare(f"{prefix}kv.c{c}.l{layer}.{kind}", self._in_order(storage[layer], 3 * c + 3), tolerance)

    def _in_order(self, storage: torch.Tensor, frames: int) -> torch.Tensor:
        """The cache as the case stores it: the sink, then the oldest to the newest frame."""
        newest = min(frames, self.window) - min(frames, self.sink)
        kept = [*range(min(frames, self.sink)), *range(frames - newest, frames)]
        return torch.cat([storage[:, 24 * slot : 24 * slot + 24] for slot in map(self.cache.slot, kept)], dim=1)

    def compare(self, name: str, actual: torch.Tensor, tolerance: float) -> None:
        if name in self.case.tensors:
            assert_close(actual, self.case[name], tolerance, name)
            self.compared = getattr(self, "compared", 0) + 1


@pytest.mark.parametrize(
    ("name", "chunks", "compared"),
    [("longlive_l6_s1", 7, 75), ("longlive_l9_s3", 7, 75), ("warped_steps", 2, 4)],
)
def test_causal_roll_out(name: str, chunks: int, compared: int) -> None:
    roll_out = RollOut(golden.case(f"dit_causal_{name}"))
    for c in range(chunks):
        roll_out.chunk(c, 2e-5)
    assert roll_out.compared == compared


def test_vace_roll_out(monkeypatch: pytest.MonkeyPatch) -> None:
    roll_out = RollOut(golden.case("vace_causal"), "nopad_s100.", vace=True)
    made: list[torch.Tensor] = []

    def note(*arguments: Any) -> list[torch.Tensor]:
        hints = make_hints(*arguments)
        made.extend(hints)
        return hints

    monkeypatch.setattr(dit, "make_hints", note)
    for c in range(4):
        made.clear()
        roll_out.chunk(c, 5e-5)
        assert len(made) == 4 * 2, "the clean pass runs without VACE"
        for h, hint in enumerate(made[:2]):
            roll_out.compare(f"nopad_s100.hint.c{c}.s0.h{h}", hint.flatten(1, 2), 5e-5)
    assert roll_out.compared == 24 + 8


@torch.inference_mode()
def test_tiny_autoencoder() -> None:
    case, vae = golden.case("tae"), golden.tiny_vae()
    frames = golden.pixels(case["frames_u8"])
    for count in (1, 9, 13, 36):
        assert_close(vae.encode(padded(frames[:, :count]))[0], case[f"enc.batch{count}"], 2e-5, f"{count} frames")
    encoder, decoder = StreamingEncoder(vae), StreamingDecoder(vae)
    decoded = []
    for c in range(3):
        latents = encoder.encode(frames[:, 12 * c : 12 * c + 12])
        assert_close(latents, case[f"enc.stream.c{c}"], 2e-5, f"streamed chunk {c}")
        decoded.append(decoder.decode(case["latents"][:, 3 * c : 3 * c + 3]))
    assert [chunk.shape[1] for chunk in decoded] == [9, 12, 12]
    assert_close(torch.cat(decoded, dim=1), case["dec.batch"], 2e-5, "streamed decoding")
    raw, _ = vae.decode_unclamped(case["latents"])
    assert_close(raw[:, :8], case["dec.raw_untrimmed_unclamped_0_1"], 2e-5, "before clamp and trim")


@torch.inference_mode()
@pytest.mark.parametrize(("run", "chunks", "masked"), [("cond", 3, False), ("inpaint", 1, True)])
def test_context(run: str, chunks: int, masked: bool) -> None:
    case = golden.case("vace_encode")
    encoder = ContextEncoder(golden.tiny_vae())
    frames, masks = golden.pixels(case["frames_u8"]), case["masks_u8"].bool().unsqueeze(0)
    for c in range(chunks):
        these = slice(12 * c, 12 * c + 12)
        mask = masks[:, these] if masked else torch.ones_like(masks[:, these])
        context = encoder.encode(frames[:, these], frames[:, these], mask)[0].transpose(0, 1)
        assert_close(context[:32], case[f"tae.{run}.c{c}.latent"], 2e-5, f"{run} {c}")
        assert torch.equal(context[32:], case[f"tae.{run}.c{c}.mask_u8"].float())


@pytest.mark.parametrize("frames", [9, 12, 13])
def test_mask_channels(frames: int) -> None:
    case = golden.case("vace_encode")
    channels = mask_channels(case["masks_u8"][:frames].unsqueeze(0))
    assert torch.equal(channels[0].transpose(0, 1), case[f"mask_enc.{frames}_u8"])
