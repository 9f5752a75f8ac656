"""PromptReader: prompts read by UMT5-XXL, the encoder that Wan 2.1 was trained with. Knows no blending and no threads.

The encoder is never resident: it is built without memory, and each block's weights are read from the file when its turn
comes and freed after it, so that a prompt costs the memory of one block, on the GPU beside a running model as well.
All is computed in float32; the file's own type only decides how much is read. ``transformers`` is imported when the
first prompt has to be encoded, never before. Nothing is ever downloaded.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.capture import UNDISTURBED
from engine.device import Device
from engine.embeddings import Embeddings, identity_of
from engine.errors import EngineError
from engine.tokenizer import Tokenizer, clean_prompt, find_tokenizer
from engine.umt5_weights import UMT5_XXL, UMT5Config, UMT5Weights
from engine.weight_file import open_weights
from engine.words import files as words

log = logging.getLogger(__name__)


class PromptReader:
    """A ``TextEncoder``. It holds paths alone, so any thread may call it; what was read once is found on disk."""

    def __init__(
        self,
        encoder: Path | None,
        tokenizer: Path | None,
        device: Device,
        *,
        text_len: int = 512,
        config: UMT5Config = UMT5_XXL,
        embeddings: Embeddings | None = None,
    ) -> None:
        """No file is touched here, and prompts read before are found without any.

        encoder: see ``open_weights``. tokenizer: see ``Tokenizer``; None takes the one that some repackaged encoder
        files carry. device: where embeddings go; also where they are made, if it has room for three blocks, else they
        are made on the CPU. text_len: rows at most. embeddings: where they are kept.
        """
        self._encoder = encoder
        self._tokenizer = tokenizer
        self._device = device.torch_device
        self._text_len = text_len
        self._config = config
        self._embeddings = embeddings or Embeddings()

    def __call__(self, prompt: str) -> Tensor:
        """[1, rows, text_dim] float32 on the device: a row for each token and one for the end mark.

        Seconds for a new prompt, milliseconds for one that is on disk. EngineError in one sentence when a file is
        missing or wrong.
        """
        prompt = clean_prompt(prompt)
        encoder = self._identity()
        embeds = self._embeddings.find(prompt, encoder, self._text_len, self._config.dim)
        if embeds is None:
            embeds = self._encode_prompt(prompt)
            if encoder is not None:
                self._embeddings.keep(prompt, encoder, self._text_len, embeds)
        return embeds.to(self._device)

    def check(self) -> None:
        """Milliseconds: EngineError in one sentence for an encoder file that is missing, cut or not the right one, by
        its names and shapes, and for a tokenizer that is missing."""
        with self._open() as weights:
            self._find_tokenizer(weights)

    def encode(self, ids: Sequence[int]) -> Tensor:
        """The embeddings of token numbers, [1, ids, text_dim] float32 on the CPU; nothing on disk takes part."""
        with self._open() as weights:
            return self._encode_ids(weights, ids)

    def _encode_prompt(self, prompt: str) -> Tensor:
        with self._open() as weights:
            return self._encode_ids(weights, Tokenizer(self._find_tokenizer(weights))(prompt, self._text_len))

    def _encode_ids(self, weights: UMT5Weights, ids: Sequence[int]) -> Tensor:
        if max(ids) >= self._config.vocabulary:
            raise EngineError(words.tokens_beyond(max(ids), self._config.vocabulary))
        device = self._roomy_device()
        try:
            return encode(weights, self._config, ids, device)
        except torch.OutOfMemoryError:
            if device.type == "cpu":
                raise
            log.warning("The text encoder found no room on %s and reads this prompt on the CPU", device)
        finally:
            if device.type == "cuda":
                with UNDISTURBED.disturbing():  # torch refuses it while a pass is recorded, and spoils the recording
                    torch.cuda.empty_cache()
        return encode(weights, self._config, ids, torch.device("cpu"))

    def _roomy_device(self) -> torch.device:
        """Where to encode: a GPU with little room to spare is left to the stream."""
        if self._device.type == "cuda":
            free_bytes, _ = torch.cuda.mem_get_info(self._device)
            if free_bytes < 3 * self._config.block_bytes:
                return torch.device("cpu")
        return self._device

    @contextlib.contextmanager
    def _open(self) -> Iterator[UMT5Weights]:
        """The checked file; whatever is wrong meanwhile is said with what it means for the show."""
        try:
            if self._encoder is None or not self._encoder.exists():
                where = words.IS_CHOSEN if self._encoder is None else words.is_at(self._encoder)
                raise EngineError(words.no_text_encoder(where))
            with open_weights(self._encoder) as file:
                yield UMT5Weights(file, self._config)
        except EngineError as error:
            raise EngineError(words.prompts_unread(str(error))) from error

    def _find_tokenizer(self, weights: UMT5Weights) -> Path | bytes:
        if self._tokenizer is not None:
            return find_tokenizer(self._tokenizer)
        carried = weights.tokenizer()
        if carried is None:
            raise EngineError(words.NO_TOKENIZER)
        return carried

    def _identity(self) -> str | None:
        with contextlib.suppress(OSError):
            return None if self._encoder is None else identity_of(self._encoder)
        return None


@torch.no_grad()
def encode(weights: UMT5Weights, config: UMT5Config, ids: Sequence[int], device: torch.device) -> Tensor:
    """The embeddings of token numbers (one or more), [1, ids, dim] float32 on the CPU; computed on ``device``.

    No padding takes part: Wan masks it as keys and sets its rows to zero, so it changes nothing.
    """
    # Seconds of Python, and only models whose prompts UMT5 reads need it.
    import transformers

    with torch.device("meta"):
        network = transformers.UMT5EncoderModel(
            transformers.UMT5Config(
                vocab_size=config.vocabulary,
                d_model=config.dim,
                d_kv=config.attention_dim // config.heads,
                d_ff=config.ffn_dim,
                num_layers=config.layers,
                num_heads=config.heads,
                relative_attention_num_buckets=config.buckets,
                relative_attention_max_distance=config.max_distance,
            )
        )
    network.train(False)
    for index, block in enumerate(network.encoder.block):
        _lend_weights(block, weights, index, device)
    with _aside(device):
        norm = {"weight": weights.final_norm(device)}
        network.encoder.final_layer_norm.load_state_dict(norm, assign=True)
        embeds: Tensor = network(inputs_embeds=weights.embed(ids, device)).last_hidden_state
        return embeds.cpu()


def _lend_weights(block: nn.Module, weights: UMT5Weights, index: int, device: torch.device) -> None:
    """Let ``block`` have its weights for as long as it computes."""

    def fetch(module: nn.Module, _inputs: object) -> None:
        module.load_state_dict(weights.block(index, device), assign=True)

    def free(module: nn.Module, _inputs: object, _outputs: object) -> None:
        module.to("meta")

    block.register_forward_pre_hook(fetch)
    block.register_forward_hook(free)


def _aside(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """On CUDA a stream of its own, so that copies and products run beside the show's."""
    if device.type != "cuda":
        return contextlib.nullcontext()
    return torch.cuda.stream(torch.cuda.Stream(device))  # type: ignore[no-untyped-call]
