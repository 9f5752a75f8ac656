"""What the chosen model takes of the memory, on paper, and which files it needs: for the doctor. Loads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.doctor import Finding, State
from app.words import doctor as words
from engine.budget import Budget, budget_on, gibibytes
from engine.catalog import files_of, left_out, title_of
from engine.device import Device, best_device
from engine.fitting import lighter
from engine.memory import Memory, computer_memory, memory_of
from engine.params import EngineChoice
from engine.published import WantedFile
from engine.words.files import ROLES


@dataclass(frozen=True)
class ModelReport:
    """One model at one size on this machine.

    memory: of the device that computes. host: of the computer, where offloaded weights live.
    """

    choice: EngineChoice
    title: str
    device: Device
    budget: Budget
    memory: Memory
    host: Memory
    files: tuple[WantedFile, ...]


def report_on(choice: EngineChoice) -> ModelReport:
    """EngineError for an unknown name."""
    device = best_device()
    return ModelReport(
        choice=choice,
        title=title_of(choice),
        device=device,
        budget=budget_on(choice, device),
        memory=memory_of(device.torch_device),
        host=computer_memory(),
        files=files_of(choice),
    )


def check_files(report: ModelReport) -> Finding:
    """Whether the model's files are there. One that a text encoder's file may carry with it is not insisted on."""
    name, model = "Model", report.choice.model
    missing = [file for file in report.files if file.found is None]
    needed = [file for file in missing if file.role != "tokenizer"]
    folder = report.choice.folder
    if needed:
        detail = words.lacks(model, [ROLES[file.role] for file in missing])
        return Finding(name, "missing", detail, words.get_into(Path(folder).resolve() if folder else None))
    if missing:
        return Finding(name, "warning", words.must_carry_tokenizer(model), words.get_tokenizer(missing[0].source))
    return Finding(name, "ok", words.with_note(model, left_out(report.choice)))


def check_memory(report: ModelReport) -> Finding:
    """Whether the model finds room: on the device, and in the computer what is offloaded."""
    places = [(report.budget.total, report.memory, report.device.title)]
    if report.budget.on_host:
        places.append((report.budget.on_host, report.host, words.THE_COMPUTER))
    details: list[str] = []
    state: State = "ok"
    for need, memory, place in places:
        total, free = (None if size is None else gibibytes(size) for size in (memory.total, memory.free))
        details.append(words.needs(gibibytes(need), place, total, free))
        if memory.total is not None and need > memory.total:
            state = "missing"
        elif memory.free is not None and need > memory.free and state == "ok":
            state = "warning"
    detail = "; ".join(details)
    if state == "missing":
        less = _less(report, report.memory.total, report.host.total)
        mend = less or words.never_fits(report.title)
        return Finding("Memory", state, words.too_little(detail), mend)
    if state == "warning":
        less = _less(report, report.memory.free, report.host.free)
        return Finding("Memory", state, words.too_little_free(detail), words.close_others(less))
    return Finding("Memory", state, detail)


def _less(report: ModelReport, room: int | None, host_room: int | None) -> str:
    """The options that make the model fit into so many bytes, as a sentence; "" where none do."""
    fitting = [_options(report.choice, other) for other in lighter(report.choice, report.device, room, host_room)]
    return words.choose(fitting) if fitting else ""


def _options(choice: EngineChoice, other: EngineChoice) -> str:
    """What to type to get from one choice to the other."""
    size = f"--size {other.width}x{other.height}"
    changes = {
        size: (other.width, other.height) != (choice.width, choice.height),
        f"--precision {other.precision}": other.precision != choice.precision,
        "--offload": other.offload != choice.offload,
    }
    return words.together([option for option, changed in changes.items() if changed])


def report_text(report: ModelReport) -> str:
    """For the terminal: the budget as a table, and the files."""
    choice, budget, device = report.choice, report.budget, report.device
    size = f"{choice.width}x{choice.height}"
    lines = [words.memory_of(report.title, size, device.title, device.dtype_title)]
    lines += [f"{gibibytes(part.bytes):>12}  {part.name}" for part in budget.parts if not part.on_host]
    lines += [f"{gibibytes(budget.total):>12}  {words.IN_ALL}"]
    lines += [f"{gibibytes(part.bytes):>12}  {words.in_computer(part.name)}" for part in budget.parts if part.on_host]
    if report.files:
        lines += ["", words.files_of(report.title)]
    for file in report.files:
        where = str(file.found) if file.found is not None else words.to_get(file.source, file.licence)
        state = words.MISSING if file.found is None else words.THERE
        lines.append(f"{state:<8} {ROLES[file.role]:<12}  {where}")
    return "\n".join(lines)


def report_json(report: ModelReport) -> dict[str, Any]:
    """Bytes and paths. measured_peak: null, for nothing is loaded."""
    choice = report.choice
    return {
        "name": choice.model,
        "title": report.title,
        "size": f"{choice.width}x{choice.height}",
        "autoencoder": choice.autoencoder,
        "precision": choice.precision,
        "offload": choice.offload,
        "device": report.device.title,
        "dtype": report.device.dtype_title,
        "parts": [{"name": part.name, "bytes": part.bytes, "on_host": part.on_host} for part in report.budget.parts],
        "total_bytes": report.budget.total,
        "on_host_bytes": report.budget.on_host,
        "device_bytes": report.memory.total,
        "free_bytes": report.memory.free,
        "fits": check_memory(report).state == "ok",
        "measured_peak": None,
        "files": [
            {
                "role": file.role,
                "names": list(file.names),
                "source": file.source,
                "licence": file.licence,
                "found": None if file.found is None else str(file.found),
            }
            for file in report.files
        ],
    }
