"""Checkpoints: a network on the meta device and files of weights in, the network with its weights out.

``match`` compares all names and shapes of a file with those of the network and moves nothing; ``fill`` then streams
tensor after tensor to its device. What a network's parameters are called and how large they are, the network itself
says. Knows no model, no folder and nothing of where files come from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn

from engine.block import Attention
from engine.errors import EngineError
from engine.file_kinds import kind_of
from engine.key_names import bare
from engine.linear import Linear
from engine.lora import merge, parse_lora
from engine.quantize import TOLERATED, fp8_error, fp8_layers, store_fp8
from engine.tiny_vae import TemporalGrowth
from engine.weight_file import WeightFile
from engine.words import files as words

Shape = tuple[int, ...]
Rename = Callable[[Iterable[str]], dict[str, str]]

_SCALES = (".scale_weight", ".weight_scale")
_NOT_READ_ENDS = (".scale_input", ".input_scale", ".comfy_quant")
"""Of files whose weights are fp8: scales for products in fp8 as others make them, and marks."""
_NOT_READ = {"scaled_fp8"}

_HALF = re.compile(r"(?P<layer>.+)\.(?P<half>lora_A|lora_B)(?:\.[^.]+)?\.weight")


@dataclass(frozen=True)
class Part:
    """What a file is to be. title: "the generator of LongLive 1.3B". remedy: "put ... there", for when it is not."""

    title: str
    remedy: str


@dataclass(frozen=True, eq=False)
class Source:
    """Where one parameter comes from. scale: what an fp8 weight is to be multiplied by. last_rows: None = all."""

    file: WeightFile
    name: str
    scale: str | None = None
    last_rows: int | None = None

    @property
    def bytes(self) -> int:
        return self.file.stored[self.name].bytes

    def read(self, dtype: torch.dtype, device: torch.device) -> Generator[int, None, Tensor]:
        """The parameter, rounded once to ``dtype``; yields bytes as ``WeightFile.read``."""
        if self.scale is None:
            tensor = yield from self.file.read(self.name, dtype, device)
        else:
            wide = yield from self.file.read(self.name, torch.float32, device)
            scale = yield from self.file.read(self.scale, torch.float32, device)
            tensor = wide.mul_(scale.view(-1, *(1,) * (wide.ndim - 1))).to(dtype)
        return tensor if self.last_rows is None else tensor[-self.last_rows :].clone()


@dataclass(frozen=True, eq=False)
class AdapterSource:
    """Where one layer's low-rank change comes from: W + up @ down."""

    file: WeightFile
    down: str
    up: str

    @property
    def bytes(self) -> int:
        return self.file.stored[self.down].bytes + self.file.stored[self.up].bytes

    def merged(self, weight: Tensor, layer: str) -> Generator[int, None, Tensor]:
        """``weight`` [out, in], float32, with the change; yields bytes as ``WeightFile.read``."""
        down = yield from self.file.read(self.down, torch.float32, weight.device)
        up = yield from self.file.read(self.up, torch.float32, weight.device)
        lora = parse_lora({f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up}, self.file.path.name)
        return merge(weight, [(lora.layers[layer], 1.0)])


def expected_shapes(network: nn.Module) -> dict[str, Shape]:
    """Every parameter of the network, by its published name. The network may be on the meta device."""
    return {name: tuple(parameter.shape) for name, parameter in network.named_parameters()}


def growth_layers(network: nn.Module) -> frozenset[str]:
    """The weights that published files may store with more rows than the network has; their last ones count (taehv)."""
    return frozenset(
        f"{name}.conv.weight" for name, module in network.named_modules() if isinstance(module, TemporalGrowth)
    )


def match(
    file: WeightFile,
    part: Part,
    expected: Mapping[str, Shape],
    rename: Rename,
    spare: Callable[[str], bool] = lambda name: False,
    more_rows: frozenset[str] = frozenset(),
) -> dict[str, Source]:
    """Where in ``file`` each parameter of ``expected`` lies, by its original name. Reads no weight.

    rename: from the file's names to the original ones. spare: of these, which may be there without being wanted.
    more_rows: which may have more rows than expected. EngineError naming file, key, expected and found for the first
    parameter that is missing, of another shape or no float, there twice, or unknown.
    """
    stored = _by_original_name(file, part, rename)
    scales = {name: stored.pop(name) for name in list(stored) if name.endswith(_SCALES)}
    sources = {}
    for name, shape in expected.items():
        found = stored.pop(name, None)
        if found is None:
            raise _misfit(file, part, name, words.MISSING, words.numbers(_text(shape)))
        entry = file.stored[found]
        rows = shape[0] if name in more_rows and entry.shape[1:] == shape[1:] and entry.shape[0] > shape[0] else None
        if rows is None and entry.shape != shape:
            raise _misfit(file, part, name, _text(entry.shape), _text(shape))
        if not entry.dtype.is_floating_point:
            raise _misfit(file, part, name, _title(entry.dtype), words.FLOATING_POINT)
        sources[name] = Source(file, found, _scale(file, part, name, shape, scales), rows)
    for name, found in [*stored.items(), *scales.items()]:
        if not (spare(_weight_of(name)) or name in _NOT_READ or name.endswith(_NOT_READ_ENDS)):
            raise _misfit(file, part, name, _text(file.stored[found].shape), words.NO_SUCH_KEY)
    return sources


def match_adapter(file: WeightFile, part: Part, network: nn.Module) -> dict[str, AdapterSource]:
    """Where in an adapter file (PEFT's naming) the change of each linear layer of the main blocks lies, by layer.

    All these layers are expected, and no other. EngineError as from ``match``.
    """
    stored = _by_original_name(file, part, lambda names: {name: _half_name(name) for name in names})
    sources = {}
    for layer, module in fp8_layers(network).items():
        if not layer.startswith("blocks."):
            continue
        down, up = f"{layer}.lora_A", f"{layer}.lora_B"
        for name in (down, up):
            if name not in stored:
                raise _misfit(file, part, f"{name}.weight", words.MISSING, words.A_FACTOR)
        rank = (file.stored[stored[down]].shape or (1,))[0]
        for name, shape in ((down, (rank, module.in_features)), (up, (module.out_features, rank))):
            entry = file.stored[stored[name]]
            if entry.shape != shape:
                raise _misfit(file, part, f"{name}.weight", _text(entry.shape), _text(shape))
            if not entry.dtype.is_floating_point:
                raise _misfit(file, part, f"{name}.weight", _title(entry.dtype), words.FLOATING_POINT)
        sources[layer] = AdapterSource(file, stored.pop(down), stored.pop(up))
    for name, found in stored.items():
        raise _misfit(file, part, name, _text(file.stored[found].shape), words.NO_SUCH_KEY)
    return sources


def fill(
    network: nn.Module,
    sources: Mapping[str, Source],
    dtype: torch.dtype,
    device: torch.device,
    adapter: Mapping[str, AdapterSource] = MappingProxyType({}),
    quantised: Mapping[str, Linear] = MappingProxyType({}),
) -> Generator[int, None, int]:
    """Give a network on the meta device its weights, tensor by tensor; yields bytes read as it goes along.

    Returns how many of ``quantised`` were left in ``dtype``, because their products in fp8 would be too wrong.

    dtype: of parameters. adapter: merged in float32 into the layers it changes, rounded once. quantised: layers whose
    weights are stored in fp8. A tensor exists once on its device, but for one matrix at a time that is being merged or
    quantised. A network whose filling failed is to be thrown away.
    """
    left = 0
    for name, source in sources.items():
        layer, _, leaf = name.rpartition(".")
        change = adapter.get(layer) if leaf == "weight" else None
        to_fp8 = quantised.get(layer) if leaf == "weight" else None
        wide = change is not None or to_fp8 is not None
        tensor = yield from source.read(torch.float32 if wide else dtype, device)
        if change is not None:
            tensor = yield from change.merged(tensor, layer)
        # Not the other way round: a NaN must not pass.
        if to_fp8 is not None and not fp8_error(tensor, dtype) <= TOLERATED:
            left, to_fp8 = left + 1, None
        if to_fp8 is not None:
            store_fp8(to_fp8, tensor)
        else:
            _assign(network.get_submodule(layer), leaf, tensor.to(dtype))
    for name in dict.fromkeys(name.rpartition(".")[0].rpartition(".")[0] for name in sources):
        module = network.get_submodule(name)
        if isinstance(module, Attention):
            module.adjoin()
            yield 0
    return left


def _assign(module: nn.Module, leaf: str, tensor: Tensor) -> None:
    # Convolutions are several times faster on a CPU, and no slower on a GPU, with channels last.
    if isinstance(module, nn.Conv2d) and tensor.ndim == 4:
        tensor = tensor.contiguous(memory_format=torch.channels_last)
    elif isinstance(module, nn.Conv3d) and tensor.ndim == 5:
        tensor = tensor.contiguous(memory_format=torch.channels_last_3d)
    setattr(module, leaf, nn.Parameter(tensor, requires_grad=False))


def _by_original_name(file: WeightFile, part: Part, rename: Rename) -> dict[str, str]:
    """The file's names by the original ones."""
    stored: dict[str, str] = {}
    for name, original in rename(file.stored).items():
        if original in stored:
            raise _misfit(file, part, original, words.twice(stored[original], name), words.ONCE)
        stored[original] = name
    return stored


def _half_name(name: str) -> str:
    half = _HALF.fullmatch(bare(name))
    return f"{half['layer']}.{half['half']}" if half else bare(name)


def _scale(file: WeightFile, part: Part, name: str, shape: Shape, scales: dict[str, str]) -> str | None:
    """The file's name of a weight's scale, taken out of ``scales``: one number, or one a row."""
    stem = name.removesuffix(".weight")
    for ending in _SCALES:
        found = scales.pop(stem + ending, None)
        if found is not None:
            entry = file.stored[found]
            if entry.shape not in ((), (1,), (1, 1), shape[:1], (shape[0], 1)) or not entry.dtype.is_floating_point:
                what = words.of_type(_text(entry.shape), _title(entry.dtype))
                raise _misfit(file, part, stem + ending, what, words.one_number_or_rows(shape[0]))
            return found
    return None


def _weight_of(name: str) -> str:
    """The weight that a scale is for; any other name itself."""
    ending = next((ending for ending in _SCALES if name.endswith(ending)), None)
    return name if ending is None else f"{name.removesuffix(ending)}.weight"


def _misfit(file: WeightFile, part: Part, key: str, found: str, expected: str) -> EngineError:
    kind = kind_of({bare(name): stored for name, stored in file.stored.items()})
    return EngineError(words.misfit(file.path.name, part.title, key, found, expected, kind, part.remedy))


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape)) or words.ONE_NUMBER


def _title(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
