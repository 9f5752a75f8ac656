"""The formulas of the engine's benchmark against counted arithmetic and against the table they are said to give."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.engine import flop, plain
from benchmarks.engine.flop import Work
from benchmarks.engine.medians import interleaved, paired_ratio
from benchmarks.engine.plain import PlainNetwork
from benchmarks.engine.plain_cache import KeptMemory
from benchmarks.engine.roofline import known_peak, measured_peak
from benchmarks.engine.shapes import MODELS, Shape
from engine import fused_conv
from engine.attention import attend_plainly
from engine.conditioning import ContextEncoder
from engine.config import RolloutConfig
from tests.tiny import tiny_model

ROWS, COLUMNS, CHUNK, WINDOW = 4, 6, 2, 4
TOKENS = CHUNK * ROWS // 2 * COLUMNS // 2


@pytest.mark.parametrize("vace", [True, False])
def test_a_pass_is_as_much_arithmetic_as_the_formulas_say(vace: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        plain, "attend", lambda q, k, v, bias=None: attend_plainly(q, k, v, bias)
    )  # matrix products, which are counted
    dit = tiny_model().dit
    network, config = PlainNetwork(dit), dit.config
    memory = KeptMemory(config, RolloutConfig(CHUNK, WINDOW, 0), TOKENS // CHUNK, torch.float32, torch.device("cpu"))
    latent = torch.randn(1, CHUNK, 16, ROWS, COLUMNS)
    time = 2 * config.dim * (config.freq_dim + 7 * config.dim)
    with torch.inference_mode():
        text = network.read_text(torch.randn(1, 3, config.text_dim))
        context = network.read_context(torch.randn(1, CHUNK, 96, ROWS, COLUMNS)) if vace else None
        memory.open_chunk(2)  # the second of two chunks that fill the window
        with FlopCounterMode(display=False) as counter:
            network.forward(latent, 500.0, text, memory, 2, context)
        step = counter.get_total_flops()
        with FlopCounterMode(display=False) as counter:
            network.remember(latent, text, memory, 2)
    expected = flop.main_pass_work(config, TOKENS, 2 * TOKENS)
    if vace:
        expected += flop.hints_work(config, TOKENS)
    assert step == expected.total + time
    assert counter.get_total_flops() == flop.clean_pass_work(config, TOKENS, 2 * TOKENS).total + time


def test_the_context_and_the_autoencoder_too(monkeypatch: pytest.MonkeyPatch) -> None:
    # Plain convolutions, one behind the other, which are counted.
    monkeypatch.setattr(fused_conv, "_able", {torch.float32: False})
    monkeypatch.setattr(fused_conv, "conv_of_mixed", lambda *_: None)
    model = tiny_model()
    network = PlainNetwork(model.dit)
    width, height = 48, 32
    encode, decode = flop.autoencoder_work(model.config.vae, 4, width, height)
    encoder, decoder = ContextEncoder(model.vae), model.vae.streaming_decoder()
    pixels, mask = torch.zeros(1, 4, 3, height, width), torch.ones(1, 4, height, width, dtype=torch.bool)
    with torch.inference_mode():
        context = encoder.encode(pixels[:, :1], pixels[:, :1], mask[:, :1])
        for _ in range(12):  # until the empty stream rests
            encoder.encode(pixels, pixels, mask)
        with FlopCounterMode(display=False) as counter:
            encoder.encode(pixels, pixels, mask)
        assert counter.get_total_flops() == encode.total > 0
        decoder.decode(torch.zeros(1, 1, 16, height // 8, width // 8))
        with FlopCounterMode(display=False) as counter:
            decoder.decode(torch.zeros(1, 1, 16, height // 8, width // 8))
        assert counter.get_total_flops() == decode.total > 0
        with FlopCounterMode(display=False) as counter:
            network.read_context(context)
    assert counter.get_total_flops() == flop.context_work(model.config.dit, context[0, :, 0].numel() // 4).total


@pytest.mark.parametrize(
    ("model", "width", "height", "tokens", "main", "vace"),
    [
        ("1.3b", 576, 320, 2160, 45.3, 13.9),
        ("1.3b", 640, 368, 2760, 63.9, 18.3),
        ("1.3b", 832, 480, 4680, 142, 34.1),
        ("14b", 576, 320, 2160, 339, 50.9),
    ],
)
def test_the_real_shapes_give_the_known_totals(
    model: str, width: int, height: int, tokens: int, main: float, vace: float
) -> None:
    """Those count five whole passes, and text and context of VACE in each of its four."""
    shape = Shape(model, width, height)
    dit = shape.config.dit
    assert (shape.tokens, shape.seen_tokens) == (tokens, 4 * tokens)
    assert 5 * flop.main_pass_work(dit, tokens, 4 * tokens).total / 1e12 == pytest.approx(main, rel=0.01)
    text = len(dit.vace_layers) * 4 * dit.text_len * dit.dim**2
    per_step = flop.hints_work(dit, tokens).total + flop.context_work(dit, tokens).total + text
    assert 4 * per_step / 1e12 == pytest.approx(vace, rel=0.01)


def test_a_share_of_the_width_keeps_everything_else() -> None:
    real, eighth = Shape("1.3b", 320, 192), Shape("1.3b", 320, 192, Fraction(1, 8))
    assert eighth.config.dit.dim * 8 == real.config.dit.dim
    assert eighth.config.dit.ffn_dim * 8 == real.config.dit.ffn_dim
    assert (eighth.tokens, eighth.config.dit.layers) == (real.tokens, real.config.dit.layers)
    assert eighth.config.rollout == real.config.rollout


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (("2b", 320, 192), "2b"),
        (("1.3b", 320, 190), "multiple of 16"),
        (("1.3b", 8, 192), "multiple of 16"),
        (("1.3b", 320, 192, Fraction(1, 7)), "share"),
        (("1.3b", 320, 192, Fraction(2)), "share"),
    ],
)
def test_impossible_shapes_are_refused(wish: tuple[str, int, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Shape(*wish)


def test_every_model_can_be_made() -> None:
    for model in MODELS:
        assert flop.stage_work(Shape(model, 64, 48), vace=True).keys() >= {"encode", "context", "step 1", "clean"}


def test_peaks_belong_to_the_devices_they_were_told_of() -> None:
    sxm, consumer = known_peak("NVIDIA H100 80GB HBM3"), known_peak("NVIDIA GeForce RTX 4090")
    assert sxm is not None
    assert consumer is not None
    assert sxm.ideal_ms(Work(800e12, 600e12, 305e12)) == pytest.approx(3000)
    assert consumer.ideal_ms(Work(1e12)) > sxm.ideal_ms(Work(1e12))
    for stranger in ("NVIDIA H100 PCIe", "NVIDIA GeForce RTX 4090 Laptop GPU", "CPU", "AMD Instinct MI300X"):
        assert known_peak(stranger) is None, stranger
    assert measured_peak([1.0, 5.0, 3.0]).products == 3.0


def test_runs_are_interleaved_and_paired() -> None:
    order: list[str] = []

    def form(name: str) -> dict[str, float]:
        order.append(name)
        return {"decode": float(len(order))}

    runs = interleaved({name: lambda name=name: form(name) for name in "abc"}, 3)  # type: ignore[misc]
    assert "".join(order) == "abcbcacab"
    assert [len(of) for of in runs.values()] == [3, 3, 3]
    assert paired_ratio([2.0, 40.0, 900.0], [1.0, 10.0, 300.0]) == 3.0
