"""LoRA: several files at once, their strengths live, and after any number of changes no trace in the weights.

While a fader moves, a layer's weight stays as it is and what it lacks of the wished strengths hangs on it as branches
(``linear.Branch``): exact from that chunk on, and free of any wait. When the strengths have stood still for a few
chunks, each layer is merged anew from its untouched weight, kept on the host, and rounded once.

Knows no Params but ``Lora``, and not when chunks come: whoever owns the stream calls ``apply`` and ``settle``.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from engine import fp8
from engine.errors import OutOfMemory
from engine.linear import Branch, Linear
from engine.lora_file import Factors, LoraFile, parse_lora, read_lora, require_fit
from engine.params import Lora
from engine.words import loras as words

__all__ = ["Adapters", "Factors", "GuestAdapters", "LoraFile", "merge", "parse_lora", "read_lora", "require_fit"]


def merge(weight: Tensor, adapters: Iterable[tuple[Factors, float]]) -> Tensor:
    """weight [out, in] + the sum of strength * scale * up @ down, in float32, rounded once to the weight's type.

    Summed in the order given, on the weight's device. ``weight`` (float32, bfloat16, float16) is left as it is.
    """
    total = weight.to(torch.float32, copy=True)
    for factors, strength in adapters:
        up, down = (factor.to(total.device, torch.float32) for factor in (factors.up, factors.down))
        total.addmm_(up, down, alpha=strength * factors.scale)
    return total.to(weight.dtype)


Stamp = tuple[int, int]


@dataclass(frozen=True, eq=False)
class _Loaded:
    """One version of a file. Its factors are on the host as read, for merging, and on the device for branches."""

    path: str
    stamp: Stamp
    factors: dict[str, Factors]
    on_device: dict[str, tuple[Tensor, Tensor]]


Mix = dict[_Loaded, float]
"""How much of each file."""


@dataclass(eq=False)
class _Merged:
    """A layer whose weight has adapters merged in: which, and its untouched weight and scale on the host."""

    weight: Tensor
    scale: Tensor | None
    mix: Mix = field(default_factory=dict)


class Adapters:
    """The LoRAs of one network: ``apply`` what is wished before a chunk, ``settle`` after it is handed out.

    The weights that it finds when it is made are the untouched ones, so a network has one of it in its lifetime.

    The order of the wishes changes nothing, bit for bit. A file is read once, and again when it has changed on disk; it
    is dropped when it is neither wished for nor in any weight.
    """

    STILL = 3
    """Calls of ``settle`` without a change of wishes before weights are touched."""

    def __init__(self, network: nn.Module, merge_bytes: int = 128 << 20) -> None:
        """network: its ``linear.Linear`` layers may be of any type and be offloaded, but no longer on the meta device.

        merge_bytes: of weights that one ``settle`` merges at most, at least one layer.
        """
        self._network = network
        self._linears = {name: module for name, module in network.named_modules() if isinstance(module, Linear)}
        self._merge_bytes = merge_bytes
        self._wishes: tuple[Lora, ...] | None = ()
        self._wanted: Mix = {}
        self._files: dict[str, _Loaded] = {}
        self._refused: dict[str, Stamp | None] = {}
        self._merged: dict[str, _Merged] = {}
        self._still = 0
        self._guests: weakref.WeakSet[GuestAdapters] = weakref.WeakSet()

    @property
    def settled(self) -> bool:
        """Whether every wish is in the weights, and no branch hangs anywhere."""
        return not self._unsettled()

    def apply(self, wishes: tuple[Lora, ...]) -> bool:
        """Make the network compute with these strengths from now on; call it before every chunk.

        True when that changes anything: what was computed of the prompt before no longer holds. EngineError, once for
        each file that cannot be used, changes nothing; later calls do without that file, or with what was loaded of it
        before. Files are looked at only when the wishes differ from the last ones.
        """
        if wishes == self._wishes:
            return False
        self._wishes = None  # when a file is refused, the next call has to look again
        wanted = self._mix_of(wishes)
        self._wishes = wishes
        if wanted == self._wanted:
            return False
        self._wanted = wanted
        self._still = 0
        self._hang(wanted)
        self._drop_unused()
        return True

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """While the owner's stream computes. Its wishes are always in force, but for the time of a guest's."""
        yield

    def guest(self) -> GuestAdapters:
        """For another stream of the same network, whose wishes leave no trace in what this one's computes."""
        guest = GuestAdapters(self)
        self._guests.add(guest)
        return guest

    def settle(self) -> None:
        """Merge some of what has stood still. Call it after each chunk, when its pictures are handed out."""
        self._still += 1
        if self._still < self.STILL:
            return
        budget = self._merge_bytes
        for name in self._unsettled():
            layer = self._linears[name]
            try:
                self._merge(name, layer)
            except torch.OutOfMemoryError:
                self._still = -100  # the branches do the same work meanwhile
                return
            budget -= layer.weight.nbytes
            if budget <= 0:
                break
        self._drop_unused()

    def _unsettled(self) -> list[str]:
        return [name for name, layer in self._linears.items() if layer.branches]

    def _mix_of(self, wishes: tuple[Lora, ...]) -> Mix:
        strengths: dict[_Loaded, list[float]] = {}
        for wish in wishes:
            loaded = self._load(wish.path)
            if loaded is not None:
                strengths.setdefault(loaded, []).append(wish.strength)
        # fsum: a file that is wished for several times has one strength, whatever the order.
        return {loaded: math.fsum(several) for loaded, several in strengths.items()}

    def _hang(self, wanted: Mix) -> None:
        for name, layer in self._linears.items():
            layer.branches = self._branches(name, wanted)

    def _drop_unused(self) -> None:
        used = {loaded for base in self._merged.values() for loaded in base.mix}
        used.update(self._wanted, *(guest.wanted for guest in self._guests))
        self._files = {path: loaded for path, loaded in self._files.items() if loaded in used}

    def _load(self, path: str) -> _Loaded | None:
        """The file as it is on disk now, or what there is of it; None for one that was refused."""
        known = self._files.get(path)
        try:
            stat = Path(path).stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            if known is not None:
                return known  # its disk is gone, its factors are here
            stamp = None
        if (known is not None and known.stamp == stamp) or (path in self._refused and self._refused[path] == stamp):
            return known
        self._refused[path] = stamp
        file = read_lora(path)
        require_fit(file, self._network)
        assert stamp is not None  # else it could not be read
        loaded = _Loaded(path, stamp, file.layers, self._bring(file))
        del self._refused[path]
        self._files[path] = loaded
        return loaded

    def _bring(self, file: LoraFile) -> dict[str, tuple[Tensor, Tensor]]:
        """down and up of each layer, where and in which type it computes: its bias tells, for a weight may be fp8, or
        offloaded."""
        on_device = {}
        try:
            for name, factors in file.layers.items():
                bias = self._linears[name].bias
                on_device[name] = (factors.down.to(bias.device, bias.dtype), factors.up.to(bias.device, bias.dtype))
        except torch.OutOfMemoryError:
            raise OutOfMemory(words.lora_too_large(file.name)) from None
        return on_device

    def _in_order(self, mix: Mix, name: str) -> list[_Loaded]:
        """The files that change this layer, in an order that does not depend on the wishes'."""
        return sorted((loaded for loaded in mix if name in loaded.factors), key=lambda one: (one.path, one.stamp))

    def _branches(self, name: str, wanted: Mix) -> tuple[Branch, ...]:
        """What the layer's weight lacks of the wished strengths, or has too much."""
        merged = self._merged[name].mix if name in self._merged else {}
        branches = []
        for loaded in self._in_order({**merged, **wanted}, name):
            lacks = wanted.get(loaded, 0.0) - merged.get(loaded, 0.0)
            if lacks:
                down, up = loaded.on_device[name]
                branches.append(Branch(down, up, lacks * loaded.factors[name].scale))
        return tuple(branches)

    @torch.inference_mode()
    def _merge(self, name: str, layer: Linear) -> None:
        """Bring the layer's weight from its untouched state to what is wished, in place; its branches go."""
        if name not in self._merged:
            scale = None if layer.weight_scale is None else layer.weight_scale.to("cpu", copy=True)
            self._merged[name] = _Merged(layer.weight.to("cpu", copy=True), scale)
        base = self._merged[name]
        wanted = [loaded for loaded in self._in_order(self._wanted, name) if self._wanted[loaded]]
        if not wanted:
            layer.write(base.weight, base.scale)
            del self._merged[name]
        else:
            # On the device that computes, which an offloaded weight is not on, and from the factors as read: the
            # branches' copies have been rounded to the compute type.
            adapters = [(loaded.factors[name], self._wanted[loaded]) for loaded in wanted]
            weight = base.weight.to(layer.bias.device)
            if base.scale is None:
                layer.write(merge(weight, adapters), None)
            else:
                whole = fp8.dequantize(weight, base.scale.to(weight.device), torch.float32)
                layer.write(*fp8.quantize_rows(merge(whole, adapters)))
            base.mix = {loaded: self._wanted[loaded] for loaded in wanted}
        layer.branches = ()


class GuestAdapters:
    """The LoRAs of a second stream: branches that hang only while that stream computes, never merged.

    So the network's owner computes with the same weights, merged at the same time, as if there were no guest.
    """

    def __init__(self, owner: Adapters) -> None:
        """Made by ``Adapters.guest``."""
        self._owner = owner
        self._wishes: tuple[Lora, ...] | None = ()
        self.wanted: Mix = {}

    @property
    def settled(self) -> bool:
        """As ``Adapters.settled``: only where it wishes for nothing, for nothing of it is ever in the weights."""
        return not self.wanted

    def apply(self, wishes: tuple[Lora, ...]) -> bool:
        """As ``Adapters.apply``; call it while ``in_force``."""
        if wishes == self._wishes:
            return False
        self._wishes = None
        wanted = self._owner._mix_of(wishes)
        self._wishes = wishes
        if wanted == self.wanted:
            return False
        self.wanted = wanted
        self._owner._hang(wanted)
        self._owner._drop_unused()
        return True

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """While inside, the network computes with the guest's strengths; afterwards with the owner's again."""
        linears = self._owner._linears.values()
        owners = [layer.branches for layer in linears]
        self._owner._hang(self.wanted)
        try:
            yield
        finally:
            for layer, branches in zip(linears, owners, strict=True):
                layer.branches = branches

    def settle(self) -> None:
        """As ``Adapters.settle``: a guest merges nothing."""
