"""Tensors on their way to a GPU and back, with streams and events that do nothing on their own in its place.

What is told to the device here is done when somebody waits for it, and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from engine import rope
from engine.rollout import Rollout
from engine.transfer import Fetch
from tests.tiny import TINY, tiny_model

CUDA = torch.device("cuda")


class LazyStream:
    """What it is told waits until somebody waits for it."""

    current: LazyStream

    def __init__(self, *_: object) -> None:
        self.told: list[Callable[[], object]] = []

    def wait_stream(self, stream: LazyStream) -> None:
        """For what that one was told so far."""
        count = len(stream.told)
        self.told.append(lambda: stream.run(count))

    def record_event(self) -> Any:
        stream = self

        class Event:
            def synchronize(self) -> None:
                stream.run()

        return Event()

    def run(self, count: int | None = None) -> None:
        told, self.told = self.told[:count], [] if count is None else self.told[count:]
        for each in told:
            each()


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> LazyStream:
    """The stream that the show's own work is told to."""
    main = LazyStream.current = LazyStream()

    @contextmanager
    def within(stream: LazyStream) -> Iterator[None]:
        before, LazyStream.current = LazyStream.current, stream
        yield
        LazyStream.current = before

    copy, empty = Tensor.copy_, torch.empty

    def copied(there: Tensor, here: Tensor, non_blocking: bool = False) -> Tensor:
        assert non_blocking
        LazyStream.current.told.append(lambda: copy(there, here))
        return there

    monkeypatch.setattr(torch.cuda, "Stream", LazyStream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: LazyStream.current)
    monkeypatch.setattr(torch.cuda, "stream", within)
    monkeypatch.setattr(torch, "empty", lambda *size, pin_memory, **rest: empty(*size, **rest))
    monkeypatch.setattr(Tensor, "copy_", copied)
    monkeypatch.setattr(Tensor, "record_stream", lambda tensor, stream: None)
    return main


def test_pictures_that_are_handed_out_are_never_written_to_again(streams: LazyStream) -> None:
    """Outputs, recorder and journal hold them for as long as they like; each has memory of its own."""
    fetch, held = Fetch(CUDA), list[Any]()
    for number in range(6):
        made = torch.full((2, 3), -1, dtype=torch.int64)
        streams.told.append(partial(made.fill_, number))
        coming = fetch.start(made)
        assert int(made[0, 0]) == -1, "nothing waits yet"
        streams.told.append(lambda: pytest.fail("nobody waits for what was told later"))
        held.append(coming().numpy())
        streams.told.clear()
        made.fill_(99)  # the device goes on
    assert [int(array[0, 0]) for array in held] == list(range(6))
    assert len({array.ctypes.data for array in held}) == 6


def test_what_the_host_makes_for_the_device_in_a_chunk_does_not_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """From pinned memory, which is what ``sent`` is for: turning positions back, rotary tables, timesteps."""
    sent = list[Tensor]()

    def noted(tensor: Tensor, device: torch.device) -> Tensor:
        sent.append(tensor)
        return tensor

    monkeypatch.setattr(rope, "sent", noted)
    head_dim = TINY.dit.head_dim
    table = rope.frame_turn(-3, head_dim, "meta")
    assert sent[-1] is table.turns
    table = rope.rotary_table((0, 1), 2, 3, head_dim, "meta")
    assert sent[-1] is table.turns
    model = tiny_model()
    monkeypatch.setattr("engine.dit.sent", noted)
    model.dit.read_time(500.0)
    assert sent[-1].shape == (TINY.dit.freq_dim,)
    rollout = Rollout(model.dit, model.config, 4, 6)
    monkeypatch.setattr("engine.rollout.sent", noted)
    rollout.show_references(torch.zeros(1, 1, 16, 4, 6))
    assert (1, 1, 16, 4, 6) in [tensor.shape for tensor in sent]
