"""The noise schedule, rotary positions and the time sinusoid (sections 2 and 3)."""

from __future__ import annotations

import torch

from engine.config import RolloutConfig
from engine.dit import time_sinusoid
from engine.rope import rotary_table, rotate
from engine.sampler import Sampler, Schedule
from tests.parity.case import Case
from tests.parity.rows import CaseRow, Rows

SIGMAS = 1e-6
TIMESTEPS = 1e-3
ROTARY = 1e-5
FLOAT32_SINUSOID = 6.1e-5
"""The distance between neighbouring float32 numbers near 1000.

One sinusoid of the case has angles in float32, timesteps up to 1000 times frequencies up to 1. The engine's are float64
everywhere; by the case's own account the two lie up to 2e-5 apart at its times and width.
"""


def scheduler(case: Case, rows: Rows) -> None:
    """The table of each shift, looking timesteps up in it, mixing in noise, and from the flow to the clean latent."""
    raw = [float(step) for step in case.facts["step_list"]]
    for facts in case.facts["order"]:
        name = f"shift{facts['shift']:g}"
        schedule = Schedule(facts["shift"])
        warped = [schedule.warped(step) for step in raw]
        with rows.row(f"{name}.timesteps", TIMESTEPS) as row:
            row.compare(f"{name}.timesteps", schedule.timesteps)
            row.compare(f"{name}.warped_steps", torch.tensor(warped))
            sampler = Sampler(RolloutConfig(shift=facts["shift"], steps=len(raw), warp_steps=True))
            if raw == Sampler(RolloutConfig(steps=len(raw))).steps(len(raw)):
                row.compare(f"{name}.warped_steps", torch.tensor(sampler.steps(len(raw))))
        with rows.row(name, SIGMAS) as row:
            row.compare(f"{name}.sigmas", schedule.sigmas)
            for lookup in facts["lookups"]:
                what = f"sigma of {lookup['step']:g}"
                row.compare_numbers(what, [schedule.sigma(lookup["step"])], [lookup["sigma"]])
                row.compare_numbers(what, [float(schedule.sigmas[lookup["index"]])], [lookup["sigma"]])
            for kind, steps in (("raw", raw), ("warped", warped)):
                for index, step in enumerate(steps):
                    _compare_step(case, row, schedule, step, f"{name}.{kind}", f".{index}")
            mixed = [float(step) for step in case.given(f"{name}.mixed.timesteps")]
            _compare_step(case, row, schedule, mixed, f"{name}.mixed", "")


def _compare_step(
    case: Case, row: CaseRow, schedule: Schedule, step: float | list[float], stem: str, ending: str
) -> None:
    row.compare(f"{stem}.add_noise{ending}", schedule.add_noise(case.given("x0"), case.given("noise"), step))
    clean = schedule.clean_from_flow(case.given("xt"), case.given("velocity"), step)
    row.compare(f"{stem}.x0_from_velocity{ending}", clean)


def positions(case: Case, rows: Rows) -> None:
    """Rotation at several places and head widths; the sinusoid of several times."""
    for facts in case.facts["cases"]:
        name, start, (frames, height, width) = facts["name"], facts["start_frame"], facts["grid"]
        with rows.row(name, ROTARY) as row:
            q = case.given(f"{name}.q")
            table = rotary_table(range(start, start + frames), height, width, q.shape[-1])
            row.compare(f"{name}.out", rotate(q, table))
    size = case.facts["time"]["freq_dim"]
    times = case.given("time.t").tolist()
    with rows.row("time", ROTARY) as row:
        sinusoids = torch.stack([time_sinusoid(time, size) for time in times])
        row.compare("time.sinusoid_f64", sinusoids)
    with rows.row("time.float32", FLOAT32_SINUSOID) as row:
        row.compare("time.sinusoid_f32_wrapper", sinusoids)
