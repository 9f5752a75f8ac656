"""What the control ``depth`` takes where its model cannot be had: on a network of the same shape with random weights.

    python -m benchmarks.depth [--pictures N]

The shape is that of Depth Anything V2 Small, exported as it is published. What it draws means nothing; what it takes
does, for that does not depend on the weights. Prints the JSON of ``vace-live bench controls --json``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation

from app.bench import SIZES, BenchWish, bench_controls
from app.bench_report import bench_json
from controls.control import ControlSetting
from controls.depth import MODELS, SETTINGS
from controls.depth_network import seen_size


class PredictedDepth(nn.Module):
    """What is published as ONNX: pictures in, depth out."""

    def __init__(self, model: DepthAnythingForDepthEstimation) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: Tensor) -> Tensor:
        depth: Tensor = self.model(pixel_values).predicted_depth
        return depth


def write_network(path: Path, config: DepthAnythingConfig, width: int, height: int) -> None:
    """A network of ``config`` with random weights that sees pictures of one size, as ONNX."""
    network = PredictedDepth(DepthAnythingForDepthEstimation(config))
    network.train(False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the exporter and about shapes in Python's conditions
        torch.onnx.export(
            network,
            (torch.zeros(1, 3, height, width),),
            str(path),
            input_names=["pixel_values"],
            output_names=["predicted_depth"],
            opset_version=17,
            dynamo=False,
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.depth", description=__doc__)
    parser.add_argument("--pictures", type=int, default=48)
    options = parser.parse_args()
    (detail,) = (setting.default for setting in SETTINGS if setting.name == "detail")
    width, height = seen_size(np.zeros((*SIZES[0][::-1], 3), np.uint8), round(detail))
    with tempfile.TemporaryDirectory() as folder:
        write_network(Path(folder) / MODELS[0], DepthAnythingConfig(), width, height)
        wish = BenchWish((ControlSetting("depth"),), options.pictures, Path(folder))
        print(bench_json(wish, bench_controls(wish)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
