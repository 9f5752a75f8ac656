"""LoRAs live: order is nothing, changes leave no trace, a moving fader equals a merged one, failures harm nothing."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import lora
from engine.errors import EngineError
from engine.lora import Adapters, LoraFile, read_lora
from engine.params import Lora
from tests.engine.small_network import Kind, flow, linears, lora_tensors, small_network, stored, write_lora

KINDS: tuple[Kind, ...] = ("float32", "bf16", "fp8")
OVERLAPPING = (
    ["blocks.0.self_attn.q", "blocks.0.ffn.0", "vace_blocks.0.before_proj", "time_projection.1"],
    ["blocks.0.self_attn.q", "blocks.2.cross_attn.k", "text_embedding.0", "head.head"],
    ["blocks.0.self_attn.q", "blocks.0.ffn.0", "vace_blocks.1.ffn.2"],
)
strengths = st.one_of(st.just(0.0), st.floats(-2, 2, width=32))


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Three files that share layers, and large enough to be seen."""
    folder = tmp_path_factory.mktemp("loras")
    return [write_lora(folder / f"{seed}.safetensors", names, seed) for seed, names in enumerate(OVERLAPPING)]


def settle(adapters: Adapters) -> None:
    for _ in range(50):
        adapters.settle()
        if adapters.settled:
            return
    pytest.fail("the merge never ends")


def wishes(paths: list[str], values: list[float]) -> tuple[Lora, ...]:
    return tuple(map(Lora, paths, values))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(5)),
    values=st.lists(strengths, min_size=5, max_size=5),
    kind=st.sampled_from(KINDS),
)
def test_the_order_changes_nothing(paths: list[str], order: list[int], values: list[float], kind: Kind) -> None:
    """Bit for bit, live and merged, one of the files wished for three times."""
    wished = list(wishes([*paths, paths[0], paths[0]], values))
    one, other = small_network(kind), small_network(kind)
    ones, others = Adapters(one), Adapters(other)
    ones.apply(tuple(wished))
    others.apply(tuple(wished[index] for index in order))
    assert torch.equal(flow(one), flow(other))
    settle(ones)
    settle(others)
    assert [content for _, content in stored(one).values()] == [content for _, content in stored(other).values()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_changes_leave_no_trace(paths: list[str], kind: Kind) -> None:
    """Weights, scales and their places in memory are bitwise the first ones; and merged ones those of a fresh start."""
    network, fresh = small_network(kind), small_network(kind)
    before = stored(network)
    adapters = Adapters(network, merge_bytes=8000)  # many changes fall into a merge that is half done
    generator = torch.Generator().manual_seed(0)
    for change in range(1000):
        values = torch.rand(3, generator=generator).mul(4).sub(2).tolist()
        kept = (torch.rand(3, generator=generator) < 0.7).tolist()
        wished = [wish for wish, keep in zip(wishes(paths, values), kept, strict=True) if keep]
        adapters.apply(tuple(wished))
        for _ in range(change % 7):
            adapters.settle()

    last = wishes(paths, [0.3, -0.7, 1.1])
    adapters.apply(last)
    settle(adapters)
    newcomer = Adapters(fresh)
    newcomer.apply(last)
    settle(newcomer)
    assert [content for _, content in stored(network).values()] == [content for _, content in stored(fresh).values()]
    assert stored(network) != before

    adapters.apply(wishes(paths, [0.0, 0.0, 0.0]))
    settle(adapters)
    assert stored(network) == before
    adapters.apply(())
    settle(adapters)
    assert stored(network) == before


@pytest.mark.parametrize(("kind", "tolerance"), [("float32", 2e-5), ("bf16", 0.1), ("fp8", 0.2)])
def test_a_fader_in_motion_equals_a_merged_one(paths: list[str], kind: Kind, tolerance: float) -> None:
    """At once, and through every stage of the merge, one layer at a time; within the rounding of the weight's type."""
    network, exact = small_network(kind), small_network()
    if kind == "fp8":  # the fp8 weights are the base, whatever they were made from
        for name, layer in linears(network).items():
            if layer.weight_scale is not None:
                linears(exact)[name].write(layer.weight.float() * layer.weight_scale, None)
    plain = flow(exact)
    for name, layer in linears(exact).items():
        changes = [
            (read_lora(path).layers[name], value)
            for path, value, names in zip(paths, (0.8, -0.5, 1.2), OVERLAPPING, strict=True)
            if name in names
        ]
        layer.write(lora.merge(layer.weight, changes), None)
    expected = flow(exact)
    assert (expected - plain).abs().max() > 3 * tolerance

    adapters = Adapters(network, merge_bytes=1)
    adapters.apply(wishes(paths, [0.8, -0.5, 1.2]))
    for _ in range(15):
        assert (flow(network) - expected).abs().max() < tolerance
        adapters.settle()
    assert adapters.settled
    assert (flow(network) - expected).abs().max() < tolerance


def test_a_second_move_starts_from_merged_weights(paths: list[str]) -> None:
    """What hangs beside a merged weight is the difference only."""
    network, fresh = small_network(), small_network()
    adapters, newcomer = Adapters(network), Adapters(fresh)
    adapters.apply(wishes(paths, [1.0, 0.5, 0.0]))
    settle(adapters)
    for moved in ([1.5, 0.5, 0.0], [0.0, 0.0, 1.0], [-1.0, 2.0, 0.5]):
        assert adapters.apply(wishes(paths, moved))
        assert newcomer.apply(wishes(paths, moved))
        assert (flow(network) - flow(fresh)).abs().max() < 2e-5


def test_merging_waits_for_a_still_fader_and_goes_in_slices(paths: list[str]) -> None:
    network = small_network()
    before = stored(network)
    adapters = Adapters(network, merge_bytes=1)
    for value in (0.1, 0.2, 0.3):
        adapters.apply((Lora(paths[0], value),))
        for _ in range(Adapters.STILL - 1):
            adapters.settle()
    assert stored(network) == before

    touched = []
    while not adapters.settled:
        adapters.settle()
        after = stored(network)
        touched.append(sum(after[name] != before[name] for name in before))
    assert touched == list(range(1, 1 + len(OVERLAPPING[0])))


def test_the_same_wishes_change_nothing(paths: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read once, not once a chunk, nor when it comes back while its change is still in the weights."""
    read: list[str] = []

    def counted(path: str) -> LoraFile:
        read.append(path)
        return read_lora(path)

    monkeypatch.setattr(lora, "read_lora", counted)
    adapters = Adapters(small_network())
    assert adapters.apply((Lora(paths[0], 0.5),))
    assert not adapters.apply((Lora(paths[0], 0.5),))
    adapters.apply((Lora(paths[0], 0.7),))
    settle(adapters)
    adapters.apply(())
    adapters.apply((Lora(paths[0], 0.7),))
    assert read == [paths[0]]
    adapters.apply(())
    settle(adapters)
    adapters.apply((Lora(paths[0], 0.7),))
    assert read == [paths[0]] * 2


def test_a_file_that_changed_on_disk_is_read_again(tmp_path: Path) -> None:
    network, fresh = small_network(), small_network()
    path = write_lora(tmp_path / "style.safetensors", OVERLAPPING[0], seed=1)
    adapters = Adapters(network)
    adapters.apply((Lora(path, 1.0),))
    settle(adapters)
    write_lora(tmp_path / "style.safetensors", OVERLAPPING[1], seed=2)
    os.utime(path, ns=(1, 1))
    adapters.apply((Lora(path, 0.9),))
    newcomer = Adapters(fresh)
    newcomer.apply((Lora(path, 0.9),))
    assert (flow(network) - flow(fresh)).abs().max() < 2e-5
    settle(adapters)
    settle(newcomer)
    assert [content for _, content in stored(network).values()] == [content for _, content in stored(fresh).values()]


def test_a_bad_file_is_said_once_and_the_rest_plays_on(tmp_path: Path, paths: list[str]) -> None:
    network = small_network()
    adapters = Adapters(network)
    adapters.apply((Lora(paths[0], 1.0),))
    before = flow(network)
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"nothing")
    with pytest.raises(EngineError, match=r"bad\.safetensors"):
        adapters.apply((Lora(paths[0], 0.5), Lora(str(bad), 1.0)))
    assert torch.equal(flow(network), before)

    assert adapters.apply((Lora(paths[0], 0.5), Lora(str(bad), 1.0)))  # the next chunk: all but the bad file
    assert not adapters.apply((Lora(paths[0], 0.5), Lora(str(bad), 1.0)))
    alone = small_network()
    Adapters(alone).apply((Lora(paths[0], 0.5),))
    assert torch.equal(flow(network), flow(alone))

    write_lora(bad, OVERLAPPING[1], seed=7)  # mended on disk
    assert adapters.apply((Lora(paths[0], 0.5), Lora(str(bad), 0.9)))
    assert not torch.equal(flow(network), flow(alone))


@pytest.mark.parametrize("gone", [True, False])
def test_a_loaded_file_that_is_lost_plays_on(tmp_path: Path, gone: bool) -> None:
    """Its disk is pulled out, or something else is written over it: the fader still moves what was loaded."""
    network, fresh = small_network(), small_network()
    path = tmp_path / "style.safetensors"
    write_lora(path, OVERLAPPING[0], seed=1)
    adapters, newcomer = Adapters(network), Adapters(fresh)
    adapters.apply((Lora(str(path), 1.0),))
    newcomer.apply((Lora(str(path), 0.4),))
    if gone:
        path.unlink()
    else:
        path.write_bytes(b"nothing")
        with pytest.raises(EngineError):
            adapters.apply((Lora(str(path), 0.4),))
    adapters.apply((Lora(str(path), 0.4),))
    assert torch.equal(flow(network), flow(fresh))


def test_a_lora_for_another_model_is_refused(tmp_path: Path) -> None:
    network = small_network()
    before = flow(network)
    tensors = {key: value[:, :40] for key, value in lora_tensors(["blocks.0.ffn.0"], seed=1).items()}
    tensors["diffusion_model.blocks.0.ffn.0.lora_B.weight"] = torch.ones(64, 4)
    torch.save(tensors, tmp_path / "other.pt")
    with pytest.raises(EngineError, match=r"other\.pt .*expected .*64x48, found 64x40"):
        Adapters(network).apply((Lora(str(tmp_path / "other.pt")),))
    assert torch.equal(flow(network), before)


def test_too_little_memory_to_merge_leaves_the_branches(paths: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise torch.OutOfMemoryError("full")

    network = small_network()
    adapters = Adapters(network)
    adapters.apply((Lora(paths[0], 1.0),))
    moving = flow(network)
    with monkeypatch.context() as patch:
        patch.setattr(lora, "merge", fail)
        for _ in range(10):
            adapters.settle()
    assert not adapters.settled
    assert torch.equal(flow(network), moving)
    for _ in range(110):  # it tries again after a while
        adapters.settle()
    assert adapters.settled


def test_strengths_count(paths: list[str]) -> None:
    """Twice the strength is twice the change, by a single layer's product."""
    network = small_network()
    layer = linears(network)["blocks.0.ffn.0"]
    x = torch.randn(3, 48, generator=torch.Generator().manual_seed(0))
    adapters = Adapters(network)
    seen = []
    for value in (0.0, 0.5, 1.0, 1.5):
        adapters.apply((Lora(paths[0], value),))
        seen.append(layer(x))
    steps = [later - earlier for earlier, later in pairwise(seen)]
    assert steps[0].abs().max() > 0.01
    assert all((step - steps[0]).abs().max() < 1e-5 for step in steps)
