"""The wording of a stream: blends keep their length, morphs arrive, reading never holds the stream up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from torch import Tensor

from engine.blending import blend_embeddings
from engine.device import Device
from engine.embeddings import Embeddings
from engine.errors import EngineError
from engine.params import Blend, Params, WeightedPrompt
from engine.prompts import REMEMBERED, Prompts, Wording
from engine.text import WordEncoder
from engine.umt5 import PromptReader
from tests.engine.umt5_files import CONFIG, random_weights, write, write_tokenizer

DIM = 12
BLENDS: tuple[Blend, ...] = ("linear", "spherical")
blends = st.sampled_from(BLENDS)
weights = st.floats(0.01, 100)
seeds = st.integers(0, 2**32)


def rows(seed: int, count: int) -> Tensor:
    return torch.randn(1, count, DIM, generator=torch.Generator().manual_seed(seed))


@st.composite
def several(draw: st.DrawFn, least: int = 1) -> tuple[list[Tensor], list[float]]:
    """Embeddings of different prompts with their weights; some rows are zero."""
    seed, counts = draw(seeds), draw(st.lists(st.integers(0, 5), min_size=least, max_size=5))
    return [rows(seed + n, count) for n, count in enumerate(counts)], [draw(weights) for _ in counts]


def close(a: Tensor, b: Tensor, tolerance: float = 1e-4) -> bool:
    return a.shape == b.shape and bool((a - b).abs().max() <= tolerance) if a.numel() else a.shape == b.shape


def turn(a: Tensor, b: Tensor) -> Tensor:
    """The angle between rows, in radians."""
    unit_a, unit_b = torch.nn.functional.normalize(a, dim=-1), torch.nn.functional.normalize(b, dim=-1)
    return 2 * torch.atan2((unit_a - unit_b).norm(dim=-1), (unit_a + unit_b).norm(dim=-1))


# Blends


@given(several(), st.floats(0.01, 1), blends, st.data())
def test_a_blend_depends_neither_on_order_nor_on_the_scale_of_weights(
    prompts: tuple[list[Tensor], list[float]], scale: float, blend: Blend, data: st.DataObject
) -> None:
    embeds, shares = prompts
    expected = blend_embeddings(embeds, shares, blend)
    order = data.draw(st.permutations(range(len(embeds))))
    assert close(blend_embeddings([embeds[n] for n in order], [shares[n] for n in order], blend), expected, 1e-3)
    assert close(blend_embeddings(embeds, [scale * share for share in shares], blend), expected, 1e-3)


@given(several(least=2))
def test_a_linear_blend_is_the_weighted_mean_and_short_prompts_end_in_zero_rows(
    prompts: tuple[list[Tensor], list[float]],
) -> None:
    embeds, shares = prompts
    blend = blend_embeddings(embeds, shares, "linear")
    assert blend.shape == (1, max(tensor.shape[1] for tensor in embeds), DIM)
    for row in range(blend.shape[1]):
        told = [(tensor[0, row], share) for tensor, share in zip(embeds, shares, strict=True) if row < tensor.shape[1]]
        mean = sum((tensor * share for tensor, share in told), torch.zeros(DIM)) / sum(shares)
        assert close(blend[0, row], mean)


@given(several(least=2))
def test_on_the_arc_every_row_keeps_its_length(prompts: tuple[list[Tensor], list[float]]) -> None:
    embeds, shares = prompts
    blend = blend_embeddings(embeds, shares, "spherical")
    for row in range(blend.shape[1]):
        lengths = [float(tensor[0, row].norm()) if row < tensor.shape[1] else 0.0 for tensor in embeds]
        mean = sum(length * share for length, share in zip(lengths, shares, strict=True)) / sum(shares)
        assert float(blend[0, row].norm()) == pytest.approx(mean, rel=1e-4)


@given(seeds, st.floats(0, 1))
def test_between_two_the_arc_is_walked_at_an_even_pace(seed: int, way: float) -> None:
    a, b = rows(seed, 3), rows(seed + 1, 3)
    blend = blend_embeddings([a, b], [1 - way, way], "spherical")
    assert torch.allclose(turn(a, blend), way * turn(a, b), atol=2e-3)
    assert torch.allclose(turn(blend, b), (1 - way) * turn(a, b), atol=2e-3)


@given(seeds, st.floats(0, 1))
def test_between_opposites_too(seed: int, way: float) -> None:
    a = rows(seed, 3)
    blend = blend_embeddings([a, -a], [1 - way, way], "spherical")
    assert torch.allclose(turn(a, blend), torch.tensor(way * torch.pi), atol=2e-3)


@given(seeds, weights, weights, st.floats(1, 100))
def test_a_row_that_a_prompt_does_not_have_has_no_say_in_the_direction(
    seed: int, one: float, two: float, without: float
) -> None:
    a, b, none = rows(seed, 3), rows(seed + 1, 3), rows(seed, 0)
    with_it = blend_embeddings([a, none, b], [one / 100, without, two / 100], "spherical")
    assert float(turn(with_it, blend_embeddings([a, b], [one, two], "spherical")).max()) < 2e-3


@given(seeds, weights, weights, weights)
def test_a_prompt_named_twice_counts_twice(seed: int, one: float, two: float, three: float) -> None:
    a, b = rows(seed, 3), rows(seed + 1, 3)
    assert close(
        blend_embeddings([a, b, a], [one, two, three], "spherical"),
        blend_embeddings([a, b], [one + three, two], "spherical"),
        1e-3,
    )


@given(several(least=2), st.data(), blends)
def test_what_alone_has_weight_comes_back_exactly(
    prompts: tuple[list[Tensor], list[float]], data: st.DataObject, blend: Blend
) -> None:
    embeds, _ = prompts
    alone = data.draw(st.integers(0, len(embeds) - 1))
    out = blend_embeddings(embeds, [float(n == alone) for n in range(len(embeds))], blend)
    assert torch.equal(out[:, : embeds[alone].shape[1]], embeds[alone])
    assert not out[:, embeds[alone].shape[1] :].any()
    assert torch.equal(blend_embeddings(embeds, [0.0] * len(embeds), blend)[:, : embeds[0].shape[1]], embeds[0])


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("signs", [(1, -1), (1, 1), (1, -1, 1), (1, -1, 0), (0, 0), (1, 0), (1, -1, 1, -1)])
@pytest.mark.parametrize("size", [1.0, 1e-6, 1e4])
def test_equal_opposite_and_zero_rows_give_numbers(signs: Sequence[int], size: float, blend: Blend) -> None:
    a = rows(7, 4) * size
    for share in (1.0, 3.0):
        out = blend_embeddings([a * sign for sign in signs], [1.0] * (len(signs) - 1) + [share], blend)
        assert out.isfinite().all()
        if blend == "spherical":
            kept = sum(abs(sign) for sign in signs[:-1]) + share * abs(signs[-1])
            assert torch.allclose(out.norm(dim=-1), a.norm(dim=-1) * kept / (len(signs) - 1 + share), rtol=1e-4)


# The wording


class Reader:
    """A ``TextEncoder`` that counts, and refuses prompts that begin with "bad"."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, prompt: str) -> Tensor:
        self.read.append(prompt)
        if prompt.startswith("bad"):
            raise EngineError(f"{prompt} cannot be read.")
        seed = int.from_bytes(prompt.encode()[:8], "little") % 2**32
        return rows(seed, 1 + len(prompt.split())).bfloat16()


class Later:
    """A ``submit`` whose calls run when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Tensor], Future[Tensor]]] = []

    def __call__(self, work: Callable[[], Tensor]) -> Future[Tensor]:
        future: Future[Tensor] = Future()
        self.waiting.append((work, future))
        return future

    def run(self) -> None:
        work, future = self.waiting.pop(0)
        try:
            future.set_result(work())
        except EngineError as error:
            future.set_exception(error)


def alone(prompt: str) -> Tensor:
    return Reader()(prompt).float()


def told(prompt: str, *more: tuple[str, float], **changes: object) -> Params:
    params = Params(prompt=prompt, more_prompts=tuple(WeightedPrompt(text, weight) for text, weight in more))
    return replace(params, **changes)  # type: ignore[arg-type]


def test_the_first_wording_is_there_at_once_and_stays_the_same() -> None:
    prompts = Prompts(Reader())
    first = prompts.advance(told("ink", morph_chunks=9))
    assert torch.equal(first.embeds, alone("ink"))
    assert first.embeds.dtype == torch.float32
    assert (first.changed, first.arrived) == (True, True)
    for _ in range(3):
        later = prompts.advance(told("ink", morph_chunks=9, blend="spherical", seed=4))
        assert torch.equal(later.embeds, first.embeds)
        assert (later.changed, later.arrived) == (False, True)


def test_it_reads_with_the_real_table_of_words() -> None:
    encoder = WordEncoder(vocabulary=64, text_dim=DIM, text_len=8).requires_grad_(False)
    wording = Prompts(encoder).advance(told("", ("ink on paper", 1.0)))
    assert torch.equal(wording.embeds, encoder("ink on paper"))


@pytest.mark.parametrize("blend", BLENDS)
def test_a_prompt_counts_for_nothing_until_it_has_words(blend: Blend) -> None:
    prompts = Prompts(Reader())
    prompts.advance(told("ink", blend=blend, morph_chunks=4))
    added = prompts.advance(told("ink", ("", 1.0), (" ", 9.0), blend=blend, morph_chunks=4))
    assert torch.equal(added.embeds, alone("ink"))
    assert (added.changed, added.arrived) == (False, True)
    assert prompts.advance(told("ink", ("oil", 1.0), blend=blend)).changed
    empty = Params()
    assert empty.heard == empty.prompts, "alone, an empty prompt is what is asked for"


@pytest.mark.parametrize("blend", BLENDS)
def test_weights_act_at_the_next_chunk_and_what_has_none_is_not_read(blend: Blend) -> None:
    reader = Reader()
    prompts = Prompts(reader)
    prompts.advance(told("ink", ("oil", 0.0), blend=blend))
    assert reader.read == ["ink"]
    for share in (1.0, 2.0, 0.5):
        wording = prompts.advance(told("ink", ("oil", share), blend=blend))
        assert torch.equal(wording.embeds, blend_embeddings([alone("ink"), alone("oil")], [1.0, share], blend))
        assert (wording.changed, wording.arrived) == (True, True)
    assert torch.equal(prompts.advance(told("ink", ("oil", 1.0), prompt_weight=0.0)).embeds, alone("oil"))
    assert torch.equal(prompts.advance(told("ink", ("oil", 0.0), prompt_weight=0.0)).embeds, alone("ink"))
    assert reader.read == ["ink", "oil"], "what was read once is remembered"


def test_the_blend_is_a_live_setting() -> None:
    prompts = Prompts(Reader())
    linear = prompts.advance(told("ink", ("oil", 1.0)))
    spherical = prompts.advance(told("ink", ("oil", 1.0), blend="spherical"))
    assert spherical.changed
    assert not close(linear.embeds, spherical.embeds)


@given(st.integers(1, 40), blends)
def test_a_morph_takes_its_chunks_comes_steadily_nearer_and_arrives_exactly(chunks: int, blend: Blend) -> None:
    prompts = Prompts(Reader())
    prompts.advance(told("ink on paper"))
    wordings = [prompts.advance(told("oil", morph_chunks=chunks, blend=blend)) for _ in range(chunks + 2)]
    assert [wording.arrived for wording in wordings] == [False] * (chunks - 1) + [True] * 3
    assert [wording.changed for wording in wordings] == [True] * chunks + [False] * 2
    assert torch.equal(wordings[-1].embeds, alone("oil"))
    start, end = (
        torch.nn.functional.pad(alone(text), (0, 0, 0, 4 - len(text.split()) - 1)) for text in ("ink on paper", "oil")
    )
    for step, wording in enumerate(wordings[: chunks - 1], start=1):
        assert close(wording.embeds, blend_embeddings([start, end], [chunks - step, step], blend), 1e-4)
    away = [float((torch.nn.functional.pad(w.embeds, (0, 0, 0, 4 - w.embeds.shape[1])) - end).norm()) for w in wordings]
    assert away == sorted(away, reverse=True)


@given(st.floats(0.05, 1), st.integers(1, 12), blends)
def test_a_power_draws_weights_together_and_leaves_ends_and_middle(power: float, chunks: int, blend: Blend) -> None:
    """The larger weight stays the larger one; a morph begins and arrives as ever, and is halfway where it was."""
    ends = [alone("ink"), alone("oil")]

    def blended(*weights: float) -> torch.Tensor:
        return blend_embeddings(ends, weights, blend)

    prompts = Prompts(Reader(), power=power)
    assert torch.equal(prompts.advance(told("ink")).embeds, ends[0])
    even = prompts.advance(told("ink", ("oil", 1.0), blend=blend)).embeds
    assert close(even, blended(1, 1), 1e-5)
    ninth = prompts.advance(told("ink", ("oil", 1 / 9), blend=blend)).embeds
    assert close(ninth, blended(9**power, 1), 1e-4)
    assert float((ninth - ends[0]).norm()) <= float((even - ends[0]).norm()) + 1e-5
    prompts.advance(told("ink"))
    way = [prompts.advance(told("oil", morph_chunks=2 * chunks, blend=blend)) for _ in range(2 * chunks)]
    assert torch.equal(way[-1].embeds, ends[1])
    assert close(way[chunks - 1].embeds, blended(1, 1), 1e-4)
    away = [float((wording.embeds - ends[1]).norm()) for wording in way]
    assert away == sorted(away, reverse=True)


def test_a_morph_starts_from_what_is_in_force_and_follows_its_fader() -> None:
    prompts = Prompts(Reader())
    prompts.advance(told("ink"))
    for _ in range(2):
        midway = prompts.advance(told("oil", morph_chunks=4))
    assert close(midway.embeds, (alone("ink") + alone("oil")) / 2, 1e-6)
    turned = prompts.advance(told("chalk", morph_chunks=4))
    assert close(turned.embeds, 0.75 * midway.embeds + 0.25 * alone("chalk"), 1e-6)
    faster = prompts.advance(told("chalk", morph_chunks=2))
    assert close(faster.embeds, 0.25 * midway.embeds + 0.75 * alone("chalk"), 1e-6)
    assert torch.equal(prompts.advance(told("chalk", morph_chunks=0)).embeds, alone("chalk"))


@pytest.mark.parametrize("midway", [False, True])
def test_a_cut_is_there_at_once(midway: bool) -> None:
    prompts = Prompts(Reader())
    prompts.advance(told("ink"))
    if midway:
        assert not prompts.advance(told("oil", morph_chunks=8)).arrived
    prompts.jump()
    wording = prompts.advance(told("oil", morph_chunks=8))
    assert torch.equal(wording.embeds, alone("oil"))
    assert wording.arrived
    assert not prompts.advance(told("ink", morph_chunks=8)).arrived, "the next change morphs again"


# Reading beside the stream


def in_force(wording: Wording, prompt: str) -> bool:
    return torch.equal(wording.embeds, alone(prompt))


def test_the_first_prompt_is_read_at_once_and_later_ones_beside_the_stream() -> None:
    reader, later = Reader(), Later()
    prompts = Prompts(reader, later)
    assert in_force(prompts.advance(told("ink")), "ink")
    assert not later.waiting
    for _ in range(3):
        waiting = prompts.advance(told("oil", ("chalk", 1.0)))
        assert in_force(waiting, "ink")
        assert (waiting.changed, waiting.arrived) == (False, True)
    assert len(later.waiting) == 1, "one prompt at a time"
    assert reader.read == ["ink"]
    later.run()
    assert in_force(prompts.advance(told("oil", ("chalk", 1.0))), "ink"), "the second is not read yet"
    later.run()
    both = prompts.advance(told("oil", ("chalk", 1.0)))
    assert close(both.embeds, (alone("oil") + alone("chalk")) / 2, 1e-6)
    assert both.changed


@torch.inference_mode()
def test_the_real_encoder_reads_on_a_thread_of_the_owner(tmp_path: Path) -> None:
    read = PromptReader(
        write(tmp_path / "umt5.pth", random_weights()),
        write_tokenizer(tmp_path / "tokenizer.json"),
        Device(torch.device("cpu"), torch.float32),
        config=CONFIG,
        embeddings=Embeddings(tmp_path / "kept"),
    )
    with ThreadPoolExecutor(1) as executor:
        prompts = Prompts(read, executor.submit)
        first = prompts.advance(told("ink"))
        may_read = threading.Event()
        executor.submit(may_read.wait)  # the thread is busy for longer than a chunk waits
        prompts.advance(told("ink on paper"))
        may_read.set()
        executor.submit(lambda: None).result()  # by then the one before it is done
        wording = prompts.advance(told("ink on paper", morph_chunks=2, blend="spherical"))
    assert torch.equal(first.embeds, read("ink"))
    assert torch.equal(wording.embeds, blend_embeddings([read("ink"), read("ink on paper")], [1, 1], "spherical"))


def test_a_morph_goes_on_while_the_next_prompt_is_read() -> None:
    later = Later()
    prompts = Prompts(Reader(), later)
    prompts.advance(told("ink"))
    prompts.advance(told("oil"))
    later.run()
    assert not prompts.advance(told("oil", morph_chunks=3)).arrived
    assert not prompts.advance(told("chalk", morph_chunks=3)).arrived
    assert in_force(prompts.advance(told("chalk", morph_chunks=3)), "oil")
    later.run()
    wording = prompts.advance(told("chalk", morph_chunks=3))
    assert close(wording.embeds, (2 * alone("oil") + alone("chalk")) / 3, 1e-6)


def test_what_is_no_longer_asked_for_may_come_or_fail() -> None:
    reader, later = Reader(), Later()
    prompts = Prompts(reader, later)
    prompts.advance(told("ink"))
    for stale in ("oil", "bad oil"):
        prompts.advance(told(stale))
        prompts.advance(told("chalk"))
        later.run()
        prompts.advance(told("ink"))
    prompts.advance(told("chalk"))
    later.run()
    assert in_force(prompts.advance(told("chalk")), "chalk")
    assert in_force(prompts.advance(told("oil")), "oil"), "it was read, so it is remembered"


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_failure_is_raised_once_and_the_wording_in_force_stays(asynchronous: bool) -> None:
    reader, later = Reader(), Later()
    prompts = Prompts(reader, later if asynchronous else None)
    prompts.advance(told("ink"))
    bad = told("bad oil", morph_chunks=5)
    if asynchronous:
        assert in_force(prompts.advance(bad), "ink")
        later.run()
    with pytest.raises(EngineError, match="bad oil"):
        prompts.advance(bad)
    for strength in (0.2, 0.4, 0.6):
        wording = prompts.advance(replace(bad, control_strength=strength, prompt_weight=strength))
        assert in_force(wording, "ink")
        assert not wording.changed
    assert reader.read == ["ink", "bad oil"], "it is not tried again by itself"

    assert in_force(prompts.advance(told("ink")), "ink")
    if asynchronous:
        prompts.advance(bad)
        later.run()
    with pytest.raises(EngineError, match="bad oil"):
        prompts.advance(bad)


def test_before_the_first_wording_every_call_tries_again() -> None:
    prompts = Prompts(Reader(), Later())
    for _ in range(2):
        with pytest.raises(EngineError, match="bad oil"):
            prompts.advance(told("bad oil"))
    assert in_force(prompts.advance(told("ink")), "ink")


def test_a_cut_waits_for_the_prompt_that_is_being_read() -> None:
    later = Later()
    prompts = Prompts(Reader(), later)
    prompts.advance(told("ink"))
    prompts.jump()
    assert in_force(prompts.advance(told("oil", morph_chunks=9)), "ink")
    later.run()
    assert in_force(prompts.advance(told("oil", morph_chunks=9)), "oil")
    assert prompts.advance(told("ink", morph_chunks=9)).arrived is False


def test_reads_that_were_called_off_are_asked_for_again() -> None:
    later = Later()
    prompts = Prompts(Reader(), later)
    prompts.advance(told("ink"))
    prompts.advance(told("oil"))
    later.waiting.pop()[1].cancel()
    assert in_force(prompts.advance(told("oil")), "ink")
    later.run()
    assert in_force(prompts.advance(told("oil")), "oil")


def test_the_memory_of_prompts_is_bounded() -> None:
    reader = Reader()
    prompts = Prompts(reader)
    prompts.advance(told("kept"))
    for number in range(3 * REMEMBERED):
        prompts.advance(told(f"{number} passes"))
        if number % 8 == 0:
            prompts.advance(told("kept"))
    assert reader.read.count("kept") == 1, "what is used stays"
    reader.read.clear()
    prompts.advance(told("0 passes"))
    assert reader.read == ["0 passes"], "what was not used for long is forgotten"


def test_what_is_read_in_no_time_is_there_at_once() -> None:
    """A change acts at the next chunk, although another thread reads it."""
    with ThreadPoolExecutor(1) as executor:
        prompts = Prompts(alone, executor.submit)
        prompts.advance(Params(prompt="ink"))
        wording = prompts.advance(Params(prompt="lava", more_prompts=(WeightedPrompt("gold"),)))
    assert wording.changed
    expected = Prompts(alone).advance(Params(prompt="lava", more_prompts=(WeightedPrompt("gold"),)))
    assert torch.equal(wording.embeds, expected.embeds)
