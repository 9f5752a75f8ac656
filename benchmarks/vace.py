"""What VACE adds to a chunk: time and memory, with the real geometry at a fraction of the real width.

    python -m benchmarks.vace [--model 1.3b|14b] [--size 320x192] [--divide 8] [--chunks 4] [--save]

Blocks, Context Blocks, tokens, window and steps are those of the model; widths are divided, weights are random (values
do not matter for time). Chunks with VACE and without it are run in turn, in one process, once the window is full; the
ratio of medians is printed beside the ratio of their products. Latents only: no autoencoder. Dividing the width makes
attention weigh more beside the products, and VACE less: compare the measured ratio with the counted one beside it.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from engine.config import WAN_1_3B, WAN_14B, DiTConfig, ModelConfig, RolloutConfig, TinyVAEConfig
from engine.device import best_device
from engine.dit import WanDiT
from engine.rollout import Rollout

RESULTS = Path(__file__).parent / "results"
MODELS = {"1.3b": WAN_1_3B, "14b": WAN_14B}
TEXT_ROWS = 512


def divided(config: DiTConfig, by: int) -> DiTConfig:
    """The same network with widths divided; heads stay as wide as they are, so that there are fewer."""
    return replace(config, dim=config.dim // by, heads=max(1, config.heads // by), ffn_dim=config.ffn_dim // by)


def products(config: DiTConfig, tokens: int, window_tokens: int, passes: int) -> tuple[float, float]:
    """Multiply-add FLOP of a chunk in the main network (clean pass included) and in the Context Blocks."""
    d, f = config.dim, config.ffn_dim

    def block(seen: int) -> float:
        return 2 * tokens * (6 * d * d + 2 * d * f) + 4 * tokens * seen * d + 4 * tokens * TEXT_ROWS * d

    main = config.layers * block(window_tokens) * (passes + 1)
    return main, len(config.vace_layers) * (block(tokens) + 2 * tokens * d * d) * passes


@torch.inference_mode()
def measure(config: DiTConfig, width: int, height: int, chunks: int) -> dict[str, Any]:
    device = best_device()
    rollout = RolloutConfig(chunk=3, window=12, sink=3)
    torch.manual_seed(0)
    dit = WanDiT(config).eval().to(device.torch_device, device.dtype)
    rows, columns = height // 8, width // 8
    model = ModelConfig("measured", config, TinyVAEConfig(), rollout)
    stream = Rollout(dit, model, rows, columns, device.dtype, device.torch_device)
    stream.read_text(torch.randn(1, TEXT_ROWS, config.text_dim, device=device.torch_device))
    noise = torch.randn(1, 3, 16, rows, columns, device=device.torch_device)
    context = torch.randn(1, 3, 96, rows, columns, device=device.torch_device)
    times: dict[bool, list[float]] = {False: [], True: []}
    for number in range(4 + 2 * chunks):
        with_vace = number % 2 == 1
        began = time.perf_counter()
        stream.denoise(lambda step: noise, stream.sampler.steps(4), context if with_vace else None)
        stream.settle()
        if device.torch_device.type == "cuda":
            torch.cuda.synchronize()
        if number >= 4:  # by then the window is full
            times[with_vace].append((time.perf_counter() - began) * 1000)
    tokens = 3 * (rows // 2) * (columns // 2)
    main, vace = products(config, tokens, 4 * tokens, 4)
    parameters = {"transformer": 0, "vace": 0}
    for name, parameter in dit.named_parameters():
        parameters["vace" if name.startswith("vace") else "transformer"] += parameter.nbytes
    off, on = (statistics.median(times[key]) for key in (False, True))
    return {
        "tokens": tokens,
        "chunk_ms_without": round(off, 1),
        "chunk_ms_with": round(on, 1),
        "overhead": round(on / off - 1, 3),
        "overhead_in_products": round(vace / main, 3),
        "weights_bytes": parameters,
        "device": device.title,
        "dtype": device.dtype_title,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=MODELS, default="1.3b")
    parser.add_argument("--size", default="320x192")
    parser.add_argument("--divide", type=int, default=8)
    parser.add_argument("--chunks", type=int, default=4, help="of each kind")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    config = divided(MODELS[options.model], options.divide)
    result = {
        "command": f"python -m benchmarks.vace --model {options.model} --size {options.size} --divide {options.divide} "
        f"--chunks {options.chunks}",
        **measure(config, width, height, options.chunks),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
    }
    text = json.dumps(result, indent=2)
    print(text)
    if options.save:
        (RESULTS / f"vace-{options.model}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
