"""The starter model from nothing to its weights: ``python -m training STAGE``, one stage after the other.

Every stage says how far it is, goes on where it was stopped, and gives the same result for the same seed on the same
device with as many threads.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from engine.config import STARTER, ModelConfig, TinyVAEConfig
from training import autoencoder, bank, decoder, export, shipped, sources, transformer
from training.course import Plan
from training.samples import Shape

STAGES = ("sources", "bank", "autoencoder", "transformer", "decoder", "export")
STEPS = {"autoencoder": 1500, "transformer": 6850, "decoder": 1500}
"""Of each stage that trains, as many as the weights that ship had."""
_FOLDER = Path("artefacts/starter")
_TARGET = Path(__file__).parent.parent / "assets" / "starter"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    try:
        for stage in STAGES if options.stage == "all" else (options.stage,):
            _run(stage, options)
    except (
        sources.NoSources, bank.BankTrouble, export.NothingToExport, shipped.NothingShipped, FloatingPointError
    ) as trouble:  # fmt: skip
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. The same command goes on from what was saved.", file=sys.stderr)
        return 130
    return 0


def _run(stage: str, options: argparse.Namespace) -> None:
    folder, device, seed = options.folder, torch.device(options.device), options.seed
    folder.mkdir(parents=True, exist_ok=True)
    config = sized(options.dim, options.layers)
    if stage == "sources":
        sources.fetch(folder, _say)
    elif stage == "bank":
        only = tuple(options.only.split(",")) if options.only else ()
        size = (options.width, options.height)
        bank.write(folder, options.clips, options.held_out, *size, seed, options.workers, only, _say)
    elif stage == "shipped":
        shipped.lay_out(folder, options.target / export.WEIGHTS, config.dit, _say)
    elif stage == "autoencoder":
        plan = Plan(options.steps or STEPS[stage], seed=seed, level=options.rate)
        assert isinstance(config.vae, TinyVAEConfig)
        autoencoder.train(folder, config.vae, plan, device, options.batch, options.crop, 9, _say)
    elif stage == "transformer":
        plan = Plan(options.steps or STEPS[stage], seed=seed, level=options.rate)
        transformer.train(folder, config, plan, parts(options.width, options.height, options.batch), device, _say)
    elif stage == "decoder":
        plan = Plan(options.steps or STEPS[stage], cooling=0.5, seed=seed, level=options.rate)
        shape = Shape(max(1, options.batch // 2), 2, options.crop, options.crop)
        decoder.train(folder, config, plan, device, shape, _say)
    else:
        export.export(folder, options.target, _say)


def sized(dim: int, layers: int) -> ModelConfig:
    """The starter with a wider or deeper transformer, in its own proportions."""
    dit = replace(
        STARTER.dit, dim=dim, heads=dim // 64, ffn_dim=3 * dim, layers=layers, vace_layers=tuple(range(0, layers, 2))
    )
    return replace(STARTER, dit=dit)


def parts(width: int, height: int, batch: int) -> list[list[Shape]]:
    """The batches of a step in each part of the stage: single frames, then rollouts, and whole frames at the end.

    batch: scales them all; 4 is meant for two cores, a GPU takes many times that.
    """
    small = (height // 2 // 16 * 16, width // 2 // 16 * 16)
    large = (height * 3 // 2 // 16 * 16, width * 8 // 5 // 16 * 16)
    single = [Shape(2 * batch, 1, *small)] * 4
    mixed = [Shape(2 * batch, 1, *small), Shape(batch, 2, *small), Shape(batch, 3, *small)]
    whole = [Shape(max(1, batch // 2), 3, height, width), Shape(batch, 4, *small), Shape(max(1, batch // 4), 1, *large)]
    return [single, mixed, mixed, whole]


def _steps() -> str:
    return ", ".join(f"{steps} of {stage}" for stage, steps in STEPS.items())


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument(
        "stage",
        choices=[*STAGES, "all", "shipped"],
        help="all: one after the other; shipped: lay out the weights that ship, for the stages to go on from",
    )
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="for pictures, clips and checkpoints (30 GB)")
    parser.add_argument("--target", type=Path, default=_TARGET, help="where export writes what ships")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of torch on a CPU")
    parser.add_argument("--steps", type=int, help=f"of the stage, instead of {_steps()}")
    parser.add_argument("--rate", type=float, default=1.0, help="share of the stage's learning rate; less to go on")
    parser.add_argument("--dim", type=int, default=STARTER.dit.dim, help="of the transformer, a multiple of 64")
    parser.add_argument("--layers", type=int, default=STARTER.dit.layers, help="what ships is what engine.config says")
    parser.add_argument("--batch", type=int, default=4, help="sequences a step; 4 suits two cores, 64 a GPU")
    parser.add_argument("--crop", type=int, default=128, help="pixels of the pieces of autoencoder and decoder")
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=192)
    parser.add_argument("--clips", type=int, default=1200, help="of the bank")
    parser.add_argument("--held-out", type=int, default=60, help="of them, of pictures that training does not see")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw the bank")
    parser.add_argument("--only", default="", help="guides of the bank to draw anew: edge,scribble,flow")
    return parser


if __name__ == "__main__":
    sys.exit(main())
