"""The figures of ``bench engine`` and ``bench compare`` as tables for people and as JSON for programs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

from app.bench_report import machine
from benchmarks.engine.compare import Comparison, Row
from benchmarks.engine.flop import Work
from benchmarks.engine.shapes import Shape
from benchmarks.engine.stages import EngineRun, Measured
from engine.device import Device

_NAME, _CELL = 24, 12


def facts(device: Device) -> dict[str, Any]:
    """What the figures depend on."""
    told: dict[str, Any] = {
        **{name: value for name, value in machine().items() if name in ("cpu", "cores", "platform", "python")},
        "torch": torch.__version__,
        "device": device.title,
        "dtype": device.dtype_title,
        "threads": torch.get_num_threads(),
    }
    if device.torch_device.type == "cuda":
        properties = torch.cuda.get_device_properties(device.torch_device)
        told |= {
            "device_memory_bytes": properties.total_memory,
            "compute_capability": f"{properties.major}.{properties.minor}",
            "driver": _driver(),
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
        }
    return told


def slug(device: Device) -> str:
    """The device's name for a file."""
    return re.sub(r"[^a-z0-9]+", "-", device.title.lower()).strip("-")


def _driver() -> str | None:
    try:
        told = subprocess.run(
            ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = told.stdout.split()
    return lines[0] if lines else None


# -- bench engine


def engine_json(run: EngineRun) -> dict[str, Any]:
    told = {
        **shape_json(run.shape),
        "chunks": run.chunks,
        "clock": run.clock,
        "drive": run.drive,
        "weights_bytes": run.weights_bytes,
    }
    if run.peak is not None:
        told["peak_flop_per_second"] = asdict(run.peak)
    told["vace"] = {name: _measured_json(run, measured) for name, measured in run.both.items()}
    if run.overhead is not None:
        told["vace_adds"] = {
            "to_a_chunk": {"measured": round(run.overhead.chunk, 4), "in_flop": round(run.overhead.counted_chunk, 4)},
            "to_a_chunk_in_the_show": {"measured": round(run.overhead.show, 4)},
            "to_the_transformer": {
                "measured": round(run.overhead.transformer, 4),
                "in_flop": round(run.overhead.counted_transformer, 4),
            },
        }
    return told


def _measured_json(run: EngineRun, measured: Measured) -> dict[str, Any]:
    return {
        "chunk_ms": round(measured.ms, 3),
        "pictures_per_second": round(measured.pictures_per_second, 3),
        "tflop": round(measured.total_work.total / 1e12, 6),
        "of_roofline": _of_roofline(run, measured.total_work, measured.ms),
        "in_the_show": {
            "chunk_ms": round(measured.show_ms, 3),
            "pictures_per_second": round(measured.show_pictures_per_second, 3),
            "of_roofline": _of_roofline(run, measured.total_work, measured.show_ms),
            "raw_ms": [round(ms, 3) for ms in measured.raw_show_ms],
        },
        "peak_bytes": measured.peak_bytes,
        "peak_bytes_of": "the whole process" if run.whole_process else "torch on the device, recorded passes included",
        "peak_bytes_in_tensors": measured.allocated_bytes,
        "stages": {
            name: {
                "ms": round(ms, 3),
                "tflop": round(measured.work[name].total / 1e12, 6),
                "of_roofline": _of_roofline(run, measured.work[name], ms),
            }
            for name, ms in measured.stages.items()
        },
        "raw_ms": [_rounded(stages) for stages in measured.raw],
    }


def engine_text(run: EngineRun, machine_facts: dict[str, Any]) -> str:
    """One shape."""
    shape, both = run.shape, run.both
    lines = [
        f"{shape.title}: {shape.tokens} tokens a chunk of {shape.pictures} pictures, {shape.seen_tokens} in view, "
        f"{shape.config.dit.layers} blocks, {len(shape.config.dit.vace_layers)} Context Blocks.",
        f"Medians of {run.chunks} chunks of each, in turn: {run.clock}. {_device_line(machine_facts)}",
        f"The device was driven so: {run.drive}. Stages are one behind the other, and side by side as in the show.",
        _peak_line(run),
        "",
        " " * _NAME + "".join(f"{title:>{_CELL}}" for name in both for title in (f"VACE {name}", "TFLOP", "roofline")),
    ]
    names = list(next(iter(both.values())).stages) if len(both) == 1 else list(both["on"].stages)
    lines += [
        f"{name:<{_NAME}}" + "".join(_stage_cells(run, measured, name) for measured in both.values()) for name in names
    ]
    lines.append(f"{'chunk':<{_NAME}}" + "".join(_chunk_cells(run, measured) for measured in both.values()))
    lines.append(f"{'as in the show':<{_NAME}}" + "".join(_show_cells(run, measured) for measured in both.values()))
    lines.append(
        f"{'pictures a second':<{_NAME}}"
        + "".join(f"{measured.show_pictures_per_second:>{_CELL}.2f}" + " " * 2 * _CELL for measured in both.values())
    )
    lines.append(
        f"{'peak memory, GiB':<{_NAME}}"
        + "".join(f"{_gibibytes(measured.peak_bytes):>{_CELL}}" + " " * 2 * _CELL for measured in both.values())
    )
    if run.whole_process and len(both) == 2:
        lines.append("The memory is that of the whole process, which ran both.")
    if run.overhead is not None:
        lines.append(
            f"VACE adds {run.overhead.chunk:.1%} to a chunk ({run.overhead.show:.1%} in the show) and "
            f"{run.overhead.transformer:.1%} to the transformer's part of it; in FLOP {run.overhead.counted_chunk:.1%} "
            f"and {run.overhead.counted_transformer:.1%}."
        )
    return "\n".join(line.rstrip() for line in lines)


def not_run_text(shapes: Sequence[Shape], reason: str) -> str:
    """For what could not be measured: no figure stands in its place."""
    rows = [f"{shape.title:<{_NAME}}  VACE {vace:<3}  {reason}" for shape in shapes for vace in ("on", "off")]
    return "\n".join(rows)


def _stage_cells(run: EngineRun, measured: Measured, name: str) -> str:
    if name not in measured.stages:
        return f"{'-':>{_CELL}}" * 3
    return _cells(run, measured.stages[name], measured.work[name])


def _chunk_cells(run: EngineRun, measured: Measured) -> str:
    return _cells(run, measured.ms, measured.total_work)


def _show_cells(run: EngineRun, measured: Measured) -> str:
    return _cells(run, measured.show_ms, measured.total_work)


def _cells(run: EngineRun, ms: float, work: Work) -> str:
    share = _of_roofline(run, work, ms)
    shown = "not known" if share is None else f"{share:.0%}"
    return f"{f'{ms:.2f} ms':>{_CELL}}{work.total / 1e12:>{_CELL}.4f}{shown:>{_CELL}}"


def _of_roofline(run: EngineRun, work: Work, ms: float) -> float | None:
    return None if run.peak is None or not ms else round(run.peak.ideal_ms(work) / ms, 4)


def _peak_line(run: EngineRun) -> str:
    if run.peak is None:
        return "The peaks of this device are not known, so neither is its roofline."
    rates = (run.peak.products, run.peak.attention, run.peak.convolutions)
    return f"Roofline: {' / '.join(f'{rate / 1e12:.3g}' for rate in rates)} TFLOP/s, {run.peak.source}."


def _gibibytes(count: int | None) -> str:
    return "not known" if count is None else f"{count / 2**30:.2f}"


def _device_line(machine_facts: dict[str, Any]) -> str:
    device = machine_facts["device"]
    name = machine_facts["cpu"] if device == "CPU" else device
    cores = f", {machine_facts['threads']} of {machine_facts['cores']} cores" if device == "CPU" else ""
    driver = f", driver {machine_facts['driver']}" if machine_facts.get("driver") else ""
    return f"{name}{cores}{driver}, {machine_facts['dtype']}, torch {machine_facts['torch']}."


# -- bench compare


def compare_json(told: Comparison) -> dict[str, Any]:
    return {
        **shape_json(told.shape),
        "chunks": told.chunks,
        "clock": told.clock,
        "drive_of_fast": told.drive,
        "chunk_ms": _rounded(told.ms),
        "fast_in_the_show_ms": round(told.show_ms, 3),
        "handed_out_ms": _rounded(told.handed_ms),
        "plain_to_fast": round(told.ratio, 4),
        "plain_to_fast_until_handed_out": round(told.handed_ratio, 4),
        "plain_to_fast_in_the_show": round(told.show_ratio, 4),
        "lean_to_fast": round(told.lean_ratio, 4),
        "relative_difference_of_plain": told.difference,
        "stages_ms": {name: _rounded(stages) for name, stages in told.stages.items()},
        "wastes": [_row_json(row) for row in told.rows],
        "bytes_of_a_block_in_a_pass": {
            name: {**_rounded(asdict(of)), "copy_and_elementwise": round(of.beside_products)}
            for name, of in told.block_bytes.items()
        },
        "raw_ms": {name: [_rounded(stages) for stages in runs] for name, runs in told.raw.items()},
    }


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "number": row.waste.number,
        "name": row.waste.name,
        "what": row.waste.what,
        "of": row.of,
        "ms": row.ms,
        "ms_without": row.beside_ms,
        "ratio": row.ratio,
        "relative_difference": row.difference,
        "note": row.note,
    }


def compare_text(told: Comparison, machine_facts: dict[str, Any]) -> str:
    """Three forms, then each waste."""
    lines = [
        f"{told.shape.title}, VACE on: {told.shape.tokens} tokens a chunk of {told.shape.pictures} pictures.",
        f"Medians of {told.chunks} chunks of each, in turn: {told.clock}. {_device_line(machine_facts)}",
        "",
        f"{'':<{_NAME}}{'chunk':>{_CELL}}{'handed out':>{_CELL}}",
    ]
    for name, title in (("fast", "fast: the engine"), ("lean", "lean: no waste"), ("plain", "plain: all wastes")):
        lines.append(f"{title:<{_NAME}}{f'{told.ms[name]:.1f} ms':>{_CELL}}{f'{told.handed_ms[name]:.1f} ms':>{_CELL}}")
    lines += [
        f"The plain form takes {told.ratio:.2f} times as long as the engine, {told.handed_ratio:.2f} times until its "
        f"pictures are there; lean {told.lean_ratio:.2f} times.",
        f"As in the show, with what lies side by side there and pictures brought in and out, the engine takes "
        f"{told.show_ms:.1f} ms a chunk, the plain form {told.show_ratio:.2f} times as long ({told.drive}).",
        f"Its latents differ by {told.difference:.1e} (rms, relative), which is rounding in {machine_facts['dtype']}.",
    ]
    if told.rows:
        lines += ["", "Each waste by itself, on the lean form:"]
    for row in told.rows:
        shown = "" if row.ratio is None else f"{row.ratio:.3f}x of {row.of}"
        ms = "" if row.ms is None else f" ({row.ms:.2f} ms, {row.beside_ms:.2f} without)"
        lines.append(
            f"{row.waste.number:>2} {row.waste.name:<10} {shown}{ms}{'; ' if shown and row.note else ''}{row.note}"
        )
        lines.append(f"   {row.waste.what}")
    lines += ["", "MB a block moves in a pass, beside the least it must (fused, weights and cache among it):"]
    titles = ("copies", "elementwise", "both/bound", "products", "all/bound", "bound")
    lines.append(" " * _NAME + "".join(f"{title:>{_CELL}}" for title in titles))
    for name, of in told.block_bytes.items():
        lines.append(
            f"{name:<{_NAME}}{of.copy / 1e6:>{_CELL}.2f}{of.elementwise / 1e6:>{_CELL}.2f}"
            f"{of.beside_products / of.bound:>{_CELL}.2f}{of.product / 1e6:>{_CELL}.2f}"
            f"{of.total / of.bound:>{_CELL}.2f}{of.bound / 1e6:>{_CELL}.2f}"
        )
    return "\n".join(line.rstrip() for line in lines)


def shape_json(shape: Shape) -> dict[str, Any]:
    dit, rollout = shape.config.dit, shape.config.rollout
    return {
        "model": shape.model,
        "size": f"{shape.width}x{shape.height}",
        "width_share": str(shape.share),
        "dim": dit.dim,
        "ffn_dim": dit.ffn_dim,
        "blocks": dit.layers,
        "context_blocks": len(dit.vace_layers),
        "tokens": shape.tokens,
        "prompt_rows": shape.prompt_rows,
        "tokens_in_view": shape.seen_tokens,
        "steps": rollout.steps,
        "pictures_per_chunk": shape.pictures,
    }


def _rounded(of: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in of.items()}
