"""The network of ``engine.dit`` once more, deliberately plain: with the wastes that are switched on, on its weights.

With no waste on it computes what ``engine.rollout.Rollout`` does by the shortest eager way; each waste may change its
results by rounding alone. It knows chunks, prompts and contexts, and none of the modes (references, soft cuts, a memory
that is recomputed, LoRAs of a performer, fp8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from benchmarks.engine.plain_cache import AskedMemory, ClonedMemory, KeptMemory, Memory
from benchmarks.engine.plain_rotary import Rotate, rotation
from benchmarks.engine.wastes import OF_THE_NETWORK
from engine.attention import attend
from engine.config import DiTConfig, ModelConfig, RolloutConfig
from engine.dit import WanDiT, padding_weighed
from engine.sampler import Sampler

PADDED_TOKENS = 32_760
"""To which waste 7 pads: 21 latent frames of 832x480."""
RANK = 256
"""Of the LoRA of waste 1, at a width of 1536."""

KeysValues = tuple[Tensor, Tensor]
TextRows = tuple[Tensor, Tensor, Tensor | None]
"""Keys, values, and what weighs them."""
Look = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Queries, keys and values of a pass, unrotated, to what the queries saw."""
_BRANCHED = (
    "self_attn.q", "self_attn.k", "self_attn.v", "self_attn.o", "cross_attn.q", "cross_attn.o", "ffn.0", "ffn.2",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Text:
    """A prompt's embeddings, padded, and cross-attention keys and values: of the Context Blocks only where kept."""

    embeds: Tensor
    bias: Tensor | None
    main: list[TextRows]
    vace: list[TextRows]


class PlainNetwork:
    """The transformer and the Context Blocks as functions of the engine's own weights."""

    def __init__(self, dit: WanDiT, wastes: frozenset[str] = frozenset(), rank: int = RANK) -> None:
        """rank: of waste 1's LoRA. ValueError for a waste that is none of the network's."""
        if unknown := wastes - OF_THE_NETWORK:
            raise ValueError(
                f"{', '.join(sorted(unknown))}: no waste of the network; there are {sorted(OF_THE_NETWORK)}"
            )
        self.config: DiTConfig = dit.config
        self.wastes = wastes
        self.dtype = dit.dtype
        self._weights = dict(dit.named_parameters())
        self.device = self._weights["patch_embedding.weight"].device
        self._rotations: dict[str, tuple[tuple[range, int, int], Rotate]] = {}
        self._branches = self._unmerged(rank) if "lora" in wastes else {}

    # -- what changes less often than a pass

    def read_text(self, embeds: Tensor) -> Text:
        """Of embeddings [1, rows, text_dim]."""
        rows, rows_in_all, bias = embeds.shape[1], self.config.text_len, None
        if "rows" not in self.wastes and self.device.type == "cpu":
            bias = padding_weighed(rows, rows_in_all, self.device)
        read = rows_in_all if bias is None else len(bias)
        embeds = F.pad(embeds.to(self.dtype), (0, 0, 0, read - rows))
        text = self._text_mlp(embeds)
        main = [(*self._keys_values(f"blocks.{index}.cross_attn", text), bias) for index in range(self.config.layers)]
        return Text(embeds, bias, main, [] if "recompute" in self.wastes else self._context_text(text, bias))

    def read_context(self, context: Tensor) -> Tensor:
        """[1, F, 96, rows, columns] -> [1, F, tokens, dim]: embedded and projected."""
        return self._linear("vace_blocks.0.before_proj", self._patches("vace_patch_embedding", context.to(self.dtype)))

    # -- a pass

    def forward(
        self, x: Tensor, timestep: float, text: Text, memory: Memory, start: int, context: Tensor | None
    ) -> Tensor:
        """Flow (or clean latent) of the chunk that begins with frame ``start``.

        context: as it is where it is to be read in each pass, else from ``read_context``; None runs without VACE.
        """
        rows, columns = x.shape[-2] // 2, x.shape[-1] // 2
        tokens = self._patches("patch_embedding", x.to(self.dtype))
        embedded, time = self._time(timestep)
        if "recompute" in self.wastes:
            text = self._read_again(text, vace=context is not None)
        hints: dict[int, Tensor] = {}
        if context is not None:
            hints = self._hints(tokens, time, text, context, rows, columns)
        rotate = self._rotation("main", range(start, start + x.shape[1]), rows, columns)
        for index in range(self.config.layers):
            look = self._look(memory, index, rotate, settles=False)
            tokens = self._block(f"blocks.{index}", tokens, time, text.main[index], look)
            if index in hints:
                tokens = tokens + hints[index]
        shift, scale = (self._weights["head.modulation"] + embedded.unsqueeze(2)).unsqueeze(3).unbind(2)
        out = self._linear("head.head", self._modulate(tokens, shift, scale))
        return rearrange(out, "b f (h w) (p q c) -> b f c (h p) (w q)", h=rows, w=columns, p=2, q=2).float()

    def remember(self, x: Tensor, text: Text, memory: Memory, start: int) -> None:
        """The clean pass: keys and values at timestep 0, as far as somebody reads them."""
        rows, columns = x.shape[-2] // 2, x.shape[-1] // 2
        tokens = self._patches("patch_embedding", x.to(self.dtype))
        _, time = self._time(0.0)
        if "recompute" in self.wastes:
            text = self._read_again(text, vace=False)
        rotate = self._rotation("main", range(start, start + x.shape[1]), rows, columns)
        last = self.config.layers - 1
        for index in range(last):
            look = self._look(memory, index, rotate, settles=True)
            tokens = self._block(f"blocks.{index}", tokens, time, text.main[index], look)
        shift, scale, *_ = self._modulation(f"blocks.{last}", time)
        y = self._modulate(tokens, shift, scale).flatten(1, 2)
        keys, values = self._keys_values(f"blocks.{last}.self_attn", y)
        memory.extend(last, rotate(keys), values, settles=True)

    # -- blocks

    def _block(self, name: str, x: Tensor, time: Tensor, text: TextRows, look: Look) -> Tensor:
        """x: [1, F, tokens, dim]."""
        shift1, scale1, gate1, shift2, scale2, gate2 = self._modulation(name, time)
        y = self._modulate(x, shift1, scale1).flatten(1, 2)
        queries = self._queries(f"{name}.self_attn", y)
        seen = look(queries, *self._keys_values(f"{name}.self_attn", y))
        x = self._gated(x, self._linear(f"{name}.self_attn.o", seen.flatten(2)).view_as(x), gate1)
        y = self._layer_norm(x, f"{name}.norm3").flatten(1, 2)
        seen = attend(self._queries(f"{name}.cross_attn", y), *text)
        x = x + self._linear(f"{name}.cross_attn.o", seen.flatten(2)).view_as(x)
        y = F.gelu(self._linear(f"{name}.ffn.0", self._modulate(x, shift2, scale2)), approximate="tanh")
        return self._gated(x, self._linear(f"{name}.ffn.2", y), gate2)

    def _hints(
        self, tokens: Tensor, time: Tensor, text: Text, context: Tensor, rows: int, columns: int
    ) -> dict[int, Tensor]:
        if "recompute" in self.wastes:
            context = self.read_context(context)
        if "padding" in self.wastes:
            flat = context.flatten(1, 2)
            padded = F.pad(flat, (0, 0, 0, max(0, PADDED_TOKENS - flat.shape[1])))
            context = padded[:, : flat.shape[1]].view_as(context)
        c = context + tokens
        rotate = self._rotation("vace", range(tokens.shape[1]), rows, columns)

        def look(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return attend(rotate(q), rotate(k), v)

        hints: list[Tensor] = []
        stack: Tensor | None = None
        for index, block_text in enumerate(text.vace):
            c = self._block(f"vace_blocks.{index}", c, time, block_text, look)
            hint = self._linear(f"vace_blocks.{index}.after_proj", c)
            if "padding" in self.wastes:  # all hints so far and the way through travel as one tensor
                before = [] if stack is None else list(stack.unbind(0))[:-1]
                stack = torch.stack([*before, hint, c])
                c = stack[-1]
            else:
                hints.append(hint)
        made = hints if stack is None else list(stack.unbind(0))[:-1]
        return dict(zip(self.config.vace_layers, made, strict=True))

    def _look(self, memory: Memory, layer: int, rotate: Rotate, settles: bool) -> Look:
        def look(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            keys, values = memory.extend(layer, rotate(k), v, settles)
            return attend(rotate(q), keys, values)

        return look

    def _rotation(self, of: str, positions: range, rows: int, columns: int) -> Rotate:
        """Made once for the Context Blocks and once a chunk for the main network."""
        place = (positions, rows, columns)
        if of not in self._rotations or self._rotations[of][0] != place:
            made = rotation(*place, self.config.head_dim, self.device, "rotary" in self.wastes)
            self._rotations[of] = (place, made)
        return self._rotations[of][1]

    # -- text and time

    def _text_mlp(self, embeds: Tensor) -> Tensor:
        wide = F.gelu(self._linear("text_embedding.0", embeds), approximate="tanh")
        return self._linear("text_embedding.2", wide)

    def _read_again(self, text: Text, vace: bool) -> Text:
        """Waste 8: the same, but for keys and values of the main blocks, which are kept."""
        read = self._text_mlp(text.embeds)
        return Text(text.embeds, text.bias, text.main, self._context_text(read, text.bias) if vace else [])

    def _context_text(self, text: Tensor, bias: Tensor | None) -> list[TextRows]:
        blocks = range(len(self.config.vace_layers))
        return [(*self._keys_values(f"vace_blocks.{index}.cross_attn", text), bias) for index in blocks]

    def _time(self, timestep: float) -> tuple[Tensor, Tensor]:
        sinusoid = _sinusoid(timestep, self.config.freq_dim).to(self.device, self.dtype)
        embedded = self._linear("time_embedding.2", F.silu(self._linear("time_embedding.0", sinusoid))).view(1, 1, -1)
        return embedded, self._linear("time_projection.1", F.silu(embedded)).view(1, 1, 6, -1)

    def _modulation(self, block: str, time: Tensor) -> tuple[Tensor, ...]:
        return (self._weights[f"{block}.modulation"] + time).unsqueeze(3).unbind(2)

    # -- parts

    def _patches(self, name: str, x: Tensor) -> Tensor:
        patches = rearrange(x, "b f c (h p) (w q) -> b f (h w) (c p q)", p=2, q=2)
        return F.linear(patches, self._weights[f"{name}.weight"].flatten(1), self._weights[f"{name}.bias"])

    def _linear(self, name: str, x: Tensor) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        if name not in self._branches:
            return F.linear(x, weight, bias)
        base, down, up = self._branches[name]
        return F.linear(x, base, bias) + F.linear(F.linear(x, down), up)

    def _queries(self, name: str, x: Tensor) -> Tensor:
        return self._split(self._rms_norm(self._linear(f"{name}.q", x), f"{name}.norm_q"))

    def _keys_values(self, name: str, x: Tensor) -> KeysValues:
        keys = self._rms_norm(self._linear(f"{name}.k", x), f"{name}.norm_k")
        return self._split(keys), self._split(self._linear(f"{name}.v", x))

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], self.config.heads, -1)

    def _rms_norm(self, x: Tensor, name: str) -> Tensor:
        weight, wide = self._weights[f"{name}.weight"], x.float()
        if "unfused" in self.wastes:
            return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.config.eps)).to(x.dtype) * weight
        return F.rms_norm(x, x.shape[-1:], weight, self.config.eps)

    def _layer_norm(self, x: Tensor, name: str | None = None) -> Tensor:
        weight, bias = (self._weights[f"{name}.{part}"] for part in ("weight", "bias")) if name else (None, None)
        if "unfused" not in self.wastes:
            return F.layer_norm(x, x.shape[-1:], weight, bias, self.config.eps)
        wide = x.float()
        centred = wide - wide.mean(-1, keepdim=True)
        normed = centred * torch.rsqrt(centred.pow(2).mean(-1, keepdim=True) + self.config.eps)
        if weight is not None and bias is not None:
            normed = normed * weight.float() + bias.float()
        return normed.to(x.dtype)

    def _modulate(self, x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
        normed = self._layer_norm(x)
        if "unfused" in self.wastes:
            return (normed.float() * (1 + scale.float()) + shift.float()).to(x.dtype)
        return torch.addcmul(shift, normed, 1 + scale)

    def _gated(self, x: Tensor, y: Tensor, gate: Tensor) -> Tensor:
        if "unfused" in self.wastes:
            return (x.float() + y.float() * gate.float()).to(x.dtype)
        return torch.addcmul(x, gate, y)

    def _unmerged(self, rank: int) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
        """Of each layer with a branch: base, down and up, whose sum is the engine's weight, up to rounding."""
        generator = torch.Generator(self.device).manual_seed(5)
        branches = {}
        for index in range(self.config.layers):
            for part in _BRANCHED:
                name = f"blocks.{index}.{part}"
                weight = self._weights[f"{name}.weight"]
                wide, narrow = weight.shape
                down = torch.randn(rank, narrow, generator=generator, device=self.device) * narrow**-0.5
                up = torch.randn(wide, rank, generator=generator, device=self.device) * 0.1 * rank**-0.5
                down, up = down.to(self.dtype), up.to(self.dtype)
                base = (weight.float() - up.float() @ down.float()).to(self.dtype)
                branches[name] = (base, down, up)
        return branches


def _sinusoid(timestep: float, dim: int) -> Tensor:
    """Cosines, then sines, [dim]."""
    half = dim // 2
    angles = timestep * 10000.0 ** (-torch.arange(half, dtype=torch.float64) / half)
    return torch.cat([angles.cos(), angles.sin()]).float()


class PlainRollout:
    """``engine.rollout.Rollout`` with the plain network: one chunk is ``denoise``, then ``settle``."""

    def __init__(
        self,
        dit: WanDiT,
        config: ModelConfig,
        rows: int,
        columns: int,
        wastes: frozenset[str] = frozenset(),
        rank: int = RANK,
    ) -> None:
        """rows, columns: of the latents. wastes: names of those of the network. ValueError for a model with memory,
        positions or a sink of another kind: those are not written out here."""
        rollout = config.rollout
        if rollout.memory != "clean" or rollout.positions != "absolute" or rollout.sink_average:
            raise ValueError(
                f"the plain form knows a clean memory at absolute positions, and {config.name} has another"
            )
        self._network = PlainNetwork(dit, wastes, rank)
        self._rollout: RolloutConfig = rollout
        self.sampler = Sampler(rollout)
        self._memory = self._new_memory(rows // 2 * (columns // 2))
        self._text: Text | None = None
        self.reset()

    def _new_memory(self, tokens: int) -> Memory:
        network, rollout = self._network, self._rollout
        shape = (network.config, rollout, tokens, network.dtype, network.device)
        memory: Memory = ClonedMemory(*shape) if "clone" in network.wastes else KeptMemory(*shape)
        if "items" in network.wastes:
            memory = AskedMemory(memory, rollout, tokens, network.config.layers, network.device)
        return memory

    def reset(self) -> None:
        """The next chunk is the first of a new stream."""
        self.frame = 0
        self._clean: Tensor | None = None

    def read_text(self, embeds: Tensor) -> None:
        """Paint by these embeddings [1, rows, text_dim] from now on."""
        self._text = self._network.read_text(embeds)

    def denoise(self, noise: Callable[[int], Tensor], steps: list[float], context: Tensor | None = None) -> Tensor:
        """The next chunk's clean latents; arguments as ``Rollout.denoise``."""
        text = self._text
        assert text is not None
        wastes = self._network.wastes
        self._memory.open_chunk(self.frame)
        read = context
        if context is not None and "recompute" not in wastes:
            read = self._network.read_context(context)

        def predict(x: Tensor, timestep: float) -> Tensor:
            return self._network.forward(x, timestep, text, self._memory, self.frame, read)

        self._clean = self.sampler.denoise(predict, noise, steps)
        return self._clean

    def settle(self) -> None:
        """Write the last chunk's clean keys and values into the memory."""
        assert self._text is not None
        assert self._clean is not None
        self._network.remember(self._clean, self._text, self._memory, self.frame)
        self.frame += self._rollout.chunk
        self._clean = None
