"""The keys and values of past frames: references, a sink that stays, a ring behind it, in storage that never moves.

Slots are ``[references | sink | ring]``. Latent frame f lives in its sink slot while f is in the sink, else in ring
slot (f - sink) mod (window - sink): a new chunk overwrites the oldest frames behind the sink, nothing is copied, and
what may be attended to is always one run of slots. Attention does not mind their order: keys are stored rotated to a
position.

Positions. Absolute: a frame's number, less a whole number of frames by which all is turned back when the numbers grow
beyond ``horizon``. Rolling: a frame's place in the window. The sink and the references before it never look older than
``sink_distance_max``. Keys whose position changes more than once are kept unrotated as well, so that rounding does not
add up over hours.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from engine import fused
from engine.config import DiTConfig, RolloutConfig
from engine.rope import RotaryTable, frame_turn, kept_table, rotary_table, rotate
from engine.transfer import sent

_NOWHERE = -(10**9)
"""The position of keys that are to be rotated anew, wherever they shall stand."""
_PARTS = 4
"""In so many parts one frame of all blocks is worked on: few calls, and what lies between takes less than a pass."""


@dataclass(frozen=True)
class Run:
    """``count`` consecutive frames of a pass, from its frame ``index`` on, and the slot of the first one."""

    slot: int
    index: int
    count: int


class KVCache:
    """Keys and values of every main block, each [B, slots * tokens, heads, D]. Frames and positions are host integers.

    One pass of the network writes what the last ``open_...`` opened, any number of times. The blocks' tensors are parts
    of one, so that what is done to all blocks between two passes takes few calls.
    """

    def __init__(
        self,
        dit: DiTConfig,
        rollout: RolloutConfig,
        rows: int,
        columns: int,
        *,
        references: int = 0,
        batch: int = 1,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        """rows, columns: tokens of a latent frame. references: slots for reference frames, filled or not."""
        self._rollout = rollout
        self._grid = (rows, columns, dit.head_dim, device)
        self._tokens = rows * columns
        self._references = references
        slots = references + rollout.window
        rolling = rollout.positions == "rolling"
        self._plain_slots = references + (rollout.window if rolling else rollout.sink)

        def stored(frames: int, layers: int = dit.layers) -> Tensor:
            shape = (layers * batch, frames * self._tokens, dit.heads, dit.head_dim)
            return torch.zeros(shape, dtype=dtype, device=device)

        self._all_keys, self._all_values, self._all_plain = stored(slots), stored(slots), stored(self._plain_slots)
        # What rounding takes from the averages of keys and values: steps of a hundredth would be lost in bfloat16.
        averaged = dit.layers if rollout.sink_average else 0
        self._rests = [stored(rollout.sink, averaged) for _ in range(2 if averaged else 0)]
        self.keys, self.values, self._plain = (
            [whole[at : at + batch] for at in range(0, len(whole), batch)]
            for whole in (self._all_keys, self._all_values, self._all_plain)
        )
        self._bias = torch.zeros(slots * self._tokens, device=device)
        self._tables: dict[tuple[int, bool], RotaryTable] = {}
        self._reference_count = 0
        self.restart()

    @property
    def storage(self) -> list[Tensor]:
        """Every tensor that the cache holds."""
        return [self._all_keys, self._all_values, self._all_plain, *self._rests, self._bias]

    @property
    def is_full(self) -> bool:
        """Whether the window is full with the chunk that is open."""
        return self._seen[1] == self._reference_count + self._rollout.window

    @property
    def layout(self) -> Hashable:
        """What a pass does with the cache, as far as the host decides it. The tensors stay in their places."""
        return tuple(self._runs), self._seen, self.bias is not None, self.weighs_past, torch.is_inference_mode_enabled()

    def restart(self) -> None:
        """Forget all frames but the references."""
        slots = self._references + self._rollout.window
        self._frames: list[int | None] = [None] * slots
        self._positions = [0] * slots
        self._base = 0
        self._anchors: dict[int, int] = {}
        for rest in self._rests:
            rest.zero_()
        self._runs: list[Run] = []
        self._seen = (self._references, 0)
        self.table: RotaryTable | None = None
        self.bias: Tensor | None = None
        self.weighs_past = False

    def slot(self, frame: int) -> int:
        """The slot in which latent frame ``frame`` is, or was, kept when it was made."""
        sink, ring = self._rollout.sink, self._rollout.window - self._rollout.sink
        return self._references + (frame if frame < sink else sink + (frame - sink) % ring)

    def order(self) -> list[int]:
        """The slots that hold frames of the window, from the sink's first to the newest frame's."""
        held = [(frame, slot) for slot, frame in enumerate(self._frames) if frame is not None]
        return [slot for _, slot in sorted(held)]

    def in_order(self, storage: Tensor) -> Tensor:
        """The held part of one of ``keys`` or ``values``, sink first, then the oldest frame to the newest."""
        return torch.cat([storage[:, self._span(slot, 1)] for slot in self.order()], dim=1)

    # -- what the next pass writes

    def open_chunk(self, start_frame: int, frames: int) -> RotaryTable:
        """Make room for latent frames start_frame ... start_frame+frames-1 behind all that came before them.

        Chunks must follow each other without gaps. Returns their rotary table.
        """
        chunk = range(start_frame, start_frame + frames)
        slots = [self.slot(frame) for frame in chunk]
        for slot in slots:
            self._let_go(slot)
        for slot, frame in zip(slots, chunk, strict=True):
            self._frames[slot] = frame
        self._turn_back(start_frame, frames)
        self._place_all(newest=chunk[-1] - self._base, written=slots)
        self._runs = _runs(slots)
        self._see_all()
        return self._open([self._positions[slot] for slot in slots])

    def open_references(self, count: int) -> RotaryTable:
        """Make the reference slots those that are written: ``count`` frames before frame 0, seeing each other alone."""
        if count > self._references:
            raise ValueError(f"{count} references, expected at most {self._references}")
        self._reference_count = count
        first = self._references - count
        newest = max((self._positions[slot] for slot in self.order()), default=0)
        positions = self._wanted_references(newest)
        self._positions[first : self._references] = positions
        self._runs = [Run(first, 0, count)]
        self._seen = (first, count)
        return self._open(positions)

    def open_recache(self, frames_made: int, count: int, keep_sink: bool = True) -> RotaryTable:
        """Open the last ``count`` of ``frames_made`` latent frames to be written again where they are.

        Frames that would land in the sink are computed and dropped, unless the sink is those very frames or is given up
        (``keep_sink`` False): then the oldest of them become the sink.
        """
        first = frames_made - count
        sink, ring = self._rollout.sink, self._rollout.window - self._rollout.sink
        slots: list[int | None] = []
        for frame in range(first, frames_made):
            into_sink = frame - first < sink and (first == 0 or not keep_sink)
            if into_sink:
                slots.append(self._references + frame - first)
            elif frame >= sink and frame >= frames_made - ring:
                slots.append(self.slot(frame))
            else:
                slots.append(None)
        for slot, frame in zip(slots, range(first, frames_made), strict=True):
            if slot is not None:
                self._frames[slot] = frame
        if first == 0 or not keep_sink:
            self._anchors = {}  # the sink is new already
            for rest in self._rests:
                rest.zero_()
        self._place_all(newest=frames_made - 1 - self._base)
        self._runs = _runs(slots)
        self._see_all()
        last = self._positions[self.slot(frames_made - 1)]
        return self._open(
            [
                last - (frames_made - 1 - frame) if slot is None else self._positions[slot]
                for slot, frame in zip(slots, range(first, frames_made), strict=True)
            ]
        )

    def anchor(self, frame: int) -> None:
        """Let the sink be made anew of the frames from ``frame`` on: each takes its place when the ring lets it go.

        Frames that the sink is still being filled with stay in it.
        """
        sink = self._rollout.sink
        first = max(frame, sink)
        self._anchors = {first + index: self._references + index for index in range(sink)}

    def weigh(self, past: float, before: int = 0, softened: float = 1.0, only_anchors: bool = False) -> None:
        """Weigh the keys of the past in the passes over the open chunk.

        past: weight of every frame but the first one held and the chunk's own (kv cache attention bias of Krea
        realtime: log(past) is added to their logits). before, softened: weight of frames made before frame number
        ``before``, the first one too; only_anchors: of those only the sink's, which the ring's frames replace later.
        References always weigh 1.
        """
        own = {self._frames[run.slot + index] for run in self._runs for index in range(run.count)}
        order = self.order()
        weights = dict.fromkeys(range(len(self._frames)), 1.0)
        for slot in order:
            frame = self._frames[slot]
            assert frame is not None
            if frame in own:
                continue
            if slot != order[0]:
                weights[slot] = past
            in_sink = slot < self._references + self._rollout.sink
            if frame < before and (in_sink or not only_anchors):
                weights[slot] = min(weights[slot], softened)
        self.weighs_past = past != 1.0 or any(weight != 1.0 for weight in weights.values())
        first, count = self._seen
        seen = [weights[slot] for slot in range(first, first + count)]
        self.bias = None
        if any(weight != 1.0 for weight in seen):
            logs = torch.tensor([math.log(weight) for weight in seen]).repeat_interleave(self._tokens)
            self.bias = self._bias[self._span(first, count)]
            self.bias.copy_(sent(logs, self._bias.device))

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write the pass's k (unrotated), v [B, tokens, heads, D]; returns views of all that may be attended to."""
        assert self.table is not None
        keys, values, plain = self.keys[layer], self.values[layer], self._plain[layer]
        for run in self._runs:
            here, there = self._span(run.slot, run.count), self._span(run.index, run.count)
            fused.turn(k[:, there], RotaryTable(self.table.turns[there]), into=keys[:, here])
            values[:, here] = v[:, there]
            kept = min(run.count, self._plain_slots - run.slot)
            if kept > 0:
                plain[:, self._span(run.slot, kept)] = k[:, self._span(run.index, kept)]
        seen = self._span(*self._seen)
        return keys[:, seen], values[:, seen]

    @property
    def keeps_unturned(self) -> bool:
        """Whether keys of the frames that are open are also kept as they were before rotation."""
        return any(run.slot < self._plain_slots for run in self._runs)

    def extend_turned(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """``extend`` with keys that stand at their positions already, of any type. Not where ``keeps_unturned``."""
        keys, values = self.keys[layer], self.values[layer]
        for run in self._runs:
            here, there = self._span(run.slot, run.count), self._span(run.index, run.count)
            keys[:, here] = k[:, there]
            values[:, here] = v[:, there]
        seen = self._span(*self._seen)
        return keys[:, seen], values[:, seen]

    # -- positions

    def _open(self, positions: Sequence[int]) -> RotaryTable:
        table = self._table(positions)
        # Where the last one of as many frames was. A tensor made in inference mode must not be written to outside.
        key = (len(positions), torch.is_inference_mode_enabled())
        if key not in self._tables:
            self._tables[key] = RotaryTable(**{name: tensor.clone() for name, tensor in _tensors(table)})
        self.table = self._tables[key]
        for (_, there), (_, here) in zip(_tensors(self.table), _tensors(table), strict=True):
            there.copy_(here)
        self.bias, self.weighs_past = None, False
        return self.table

    def _see_all(self) -> None:
        first = self._references - self._reference_count
        filled = sum(frame is not None for frame in self._frames[self._references :])
        self._seen = (first, self._reference_count + filled)

    def _turn_back(self, start_frame: int, frames: int) -> None:
        """Lower all positions by whole frames once they would leave the horizon."""
        if self._rollout.positions == "rolling" or start_frame + frames - self._base <= self._rollout.horizon:
            return
        turn = start_frame - self._base - self._rollout.window
        self._base += turn
        frames = self._rollout.window - self._rollout.sink
        ring = self._span(self._references + self._rollout.sink, frames)
        _, _, head_dim, device = self._grid
        back = frame_turn(-turn, head_dim, device)
        for blocks in self._blocks(frames):
            keys = self._all_keys[blocks, ring]
            fused.turn(keys, back, into=keys)

    def _table(self, positions: Sequence[int]) -> RotaryTable:
        rows, columns, head_dim, device = self._grid
        if self._rollout.positions == "rolling":  # which come again with each chunk; absolute ones never do
            return kept_table(positions, rows, columns, head_dim, device)
        return rotary_table(positions, rows, columns, head_dim, device)

    def _place_all(self, newest: int, written: Sequence[int] = ()) -> None:
        """Give every slot its position, and rotate anew what stands elsewhere.

        newest: position of the newest frame. written: slots whose keys the next pass writes anyway.
        """
        window = range(self._references, len(self._frames))
        if self._rollout.positions == "rolling":
            wanted = [0] * len(window)
            for rank, slot in enumerate(self.order()):
                wanted[slot - self._references] = rank
            newest = len(self.order()) - 1
        else:
            wanted = [0 if frame is None else frame - self._base for frame in self._frames[self._references :]]
            sink = self._rollout.sink
            wanted[:sink] = [self._not_too_old(position, index, newest) for index, position in enumerate(wanted[:sink])]
        first = self._references - self._reference_count
        wanted = self._wanted_references(newest) + wanted
        stand = zip(range(first, self._plain_slots), wanted, strict=False)
        moved = [slot if at != self._positions[slot] and slot not in written else None for slot, at in stand]
        for run in _runs(moved):
            table = self._table(wanted[run.index : run.index + run.count])
            here = self._span(run.slot, run.count)
            for blocks in self._blocks(run.count):
                fused.turn(self._all_plain[blocks, here], table, into=self._all_keys[blocks, here])
        self._positions[first:] = wanted

    def _not_too_old(self, position: int, index: int, newest: int) -> int:
        """Where frame ``index`` of the sink stands: by its number, but for a limit to how old the sink may look."""
        limit = self._rollout.sink_distance_max
        return position if limit is None else max(position, newest - limit + index)

    def _wanted_references(self, newest: int) -> list[int]:
        """Right before the sink's first frame; without a sink, before frame 0."""
        behind = 0
        if self._rollout.positions == "absolute":
            sink = self._frames[self._references : self._references + self._rollout.sink]
            oldest = min((frame for frame in sink if frame is not None), default=0)
            behind = self._not_too_old(oldest - self._base, 0, newest)
        return list(range(behind - self._reference_count, behind))

    def _let_go(self, slot: int) -> None:
        """Before the frame in ``slot`` is overwritten: it may be due to become part of the sink, or to flow into it."""
        frame = self._frames[slot]
        if frame is None or slot < self._references + self._rollout.sink:
            return
        anchored = self._anchors.pop(frame, None)
        if anchored is None and not self._rests:
            return
        back = self._table([self._positions[slot]]).inverse()
        target = self._references + frame % self._rollout.sink if anchored is None else anchored
        here, there = self._span(target, 1), self._span(slot, 1)
        keys, values, plain = self._all_keys, self._all_values, self._all_plain
        for blocks in self._blocks(1):
            key = plain[blocks, there] if slot < self._plain_slots else rotate(keys[blocks, there], back)
            if anchored is None:
                self._average(blocks, target, key, values[blocks, there])
            else:
                plain[blocks, here], values[blocks, here] = key, values[blocks, there]
        if anchored is not None:
            self._frames[target] = frame
            for rest in self._rests:
                rest[:, self._span(target - self._references, 1)] = 0
        self._positions[target] = _NOWHERE

    def _average(self, blocks: slice, target: int, key: Tensor, value: Tensor) -> None:
        """Let unrotated keys and values of these blocks flow into the sink frame in slot ``target``."""
        share, here = self._rollout.sink_average, self._span(target, 1)
        in_sink = self._span(target - self._references, 1)
        for whole, rests, new in zip((self._all_plain, self._all_values), self._rests, (key, value), strict=True):
            kept, rest = whole[blocks, here], rests[blocks, in_sink]
            exact = share * (kept.float() + rest.float()) + (1 - share) * new.float()
            kept.copy_(exact)
            rest.copy_(exact - kept.float())

    def _blocks(self, frames: int) -> Iterator[slice]:
        """The blocks, where they lie in storage: as many at a time as suits work on so many frames of each."""
        rows = len(self._all_keys)
        count = -(-rows // (_PARTS * frames))
        return (slice(at, at + count) for at in range(0, rows, count))

    def _span(self, slot: int, count: int) -> slice:
        return slice(slot * self._tokens, (slot + count) * self._tokens)


def _tensors(table: RotaryTable) -> list[tuple[str, Tensor]]:
    return [(field.name, getattr(table, field.name)) for field in fields(table)]


def _runs(slots: Sequence[int | None]) -> list[Run]:
    """Slots, in the order of a pass's frames or of where they stand, as few runs; None = left out."""
    runs: list[Run] = []
    for index, slot in enumerate(slots):
        if slot is None:
            continue
        last = runs[-1] if runs else None
        if last and slot == last.slot + last.count and index == last.index + last.count:
            runs[-1] = Run(last.slot, last.index, last.count + 1)
        else:
            runs.append(Run(slot, index, 1))
    return runs
