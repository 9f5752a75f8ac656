"""Whether pictures stand still before a camera that does, and stay as they are for a whole evening."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, cycle, islice

import numpy as np
from numpy.typing import NDArray

from app.framing import resized
from benchmarks.starter.bench import Bench
from benchmarks.starter.clips import to_and_fro
from benchmarks.starter.color import chroma_and_contrast
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.player import prepared
from benchmarks.starter.steadiness import change, flicker, largest_deviation, still_pixels
from benchmarks.starter.targets import target
from benchmarks.starter.words import usual_prompt, usual_wish
from engine.params import Params

Pixels = NDArray[np.uint8]

CAMERA_WIDTH = 640
CAMERA_NOISE = 2.0
STILLS = ("balance", "head")
STILL_CAMERAS = ("street", "walk")
DRIFT_CLIP = "balance"
DRIFT_LOOKS = ("neon", "comic")
WINDOW = 400


def measure_flicker(bench: Bench) -> Section:
    """Change of the output over change of the edge guide that the engine was shown, both from picture to picture.

    A guide that changes by less than a quarter of a grey level counts as a quarter. So the changes themselves are given
    too, and what they come to without that least; and beside them the change of training's targets for the same guides,
    since a line of one pixel is painted some pixels wide, and glows.

    "still": one picture for ever, with noise of 2 grey levels on each of 640 pixels across, as a webcam gives it.
    "clip": the parts of clips from a standing camera in which nothing moves.
    """
    player, count = bench.player(), bench.player().count(bench.effort.chunks)
    still = {
        name: list(prepared(islice(_noisy(bench.pictures(name)[0]), count), ("edge",), bench.effort.size))
        for name in STILLS
    }
    real = {name: bench.frames(name, "edge") for name in STILL_CAMERAS}
    ratios: dict[str, dict[str, float]] = {}
    changes: dict[str, dict[str, float]] = {"the guide": {}}
    aims: dict[str, dict[str, float]] = {}
    for look in bench.effort.looks:
        bench.say(f"flicker: {look}")
        params, ratios[look], changes[look], aims[look] = Params(usual_prompt(look)), {}, {}, {}
        for name, frames in chain(still.items(), real.items()):
            shot = player.shot(frames, params)
            where = None if name in still else still_pixels(shot.source)
            ratios[look][name] = flicker(shot.output, shot.guide, where)
            changes[look][name], changes["the guide"][name] = change(shot.output, where), change(shot.guide, where)
            aims[look][name] = change(target(usual_wish(look), shot.guide), where)

    def mean(names: tuple[str, ...]) -> dict[str, float]:
        return {look: float(np.mean([ratio[name] for name in names])) for look, ratio in ratios.items()}

    def moved(names: tuple[str, ...], rows: Iterable[dict[str, float]]) -> float:
        return float(np.mean([row[name] for row in rows for name in names]))

    painted = [changes[look] for look in bench.effort.looks]
    moves = {
        where: {
            "pictures": moved(names, painted),
            "the guide": moved(names, [changes["the guide"]]),
            "training's targets": moved(names, aims.values()),
        }
        for where, names in (("a still with noise", STILLS), ("still parts of clips", STILL_CAMERAS))
    }
    on_stills, on_clips = mean(STILLS), mean(STILL_CAMERAS)
    return Section(
        (
            Figure(
                "flicker: a still with noise, mean of all looks",
                float(np.mean(list(on_stills.values()))),
                1.5,
                1.1,
                "x",
                True,
            ),
            Figure("flicker: a still with noise, worst look", max(on_stills.values()), unit="x", at_most=True),
            Figure(
                "flicker: still parts of clips, mean of all looks",
                float(np.mean(list(on_clips.values()))),
                1.5,
                1.1,
                "x",
                True,
            ),
            Figure("flicker: still parts of clips, worst look", max(on_clips.values()), unit="x", at_most=True),
            *(
                Figure(f"flicker: change of {what} on {where}, mean", level, unit=" grey levels")
                for where, row in moves.items()
                for what, level in row.items()
            ),
            *(
                Figure(f"flicker: {where}, over the change of {what}", row["pictures"] / row[what], unit="x")
                for where, row in moves.items()
                for what in row
                if what != "pictures" and row[what]
            ),
        ),
        {
            "times the guide's own, by look and clip": ratios,
            "change in grey levels": changes,
            "change of training's targets in grey levels": aims,
        },
    )


def _noisy(rgb: Pixels) -> Iterator[Pixels]:
    """One picture as a camera that stands still gives it, without end; the same in every run."""
    rng = np.random.default_rng(0)
    seen = resized(rgb, CAMERA_WIDTH, round(rgb.shape[0] * CAMERA_WIDTH / rgb.shape[1])).astype(np.float32)
    while True:
        noise = rng.normal(0, CAMERA_NOISE, seen.shape).astype(np.float32)
        yield np.clip(np.rint(seen + noise), 0, 255).astype(np.uint8)


def measure_drift(bench: Bench) -> Section:
    """Colour and contrast of a clip that is played to and fro for a long time, at 256x144, in windows of whole turns.

    Each window shows the same guides, so that it must look like the first one, but for the stream's first chunk, which
    belongs to none. There are never fewer pictures than the effort asks for. One look is smooth, the other full of
    texture.
    """
    once, size = bench.pictures(DRIFT_CLIP), bench.effort.drift_size
    turn = list(islice(to_and_fro(len(once)), 2 * (len(once) - 1)))
    # The second time round, the control's own memory has settled: from here on its guides repeat.
    frames = list(prepared((once[i] for i in turn * 2), ("edge",), size))[len(turn) :]
    window = len(turn) * max(1, WINDOW // len(turn) if bench.effort.drift_pictures > 4 * WINDOW else 1)
    player, windows = bench.player(size), max(2, -(-bench.effort.drift_pictures // window))
    deviation: dict[str, float] = {}
    values: dict[str, list[list[float]]] = {}
    for look in DRIFT_LOOKS:
        bench.say(f"drift: {look}, {windows} windows of {window} pictures")
        stream = player.stream(islice(cycle(frames), windows * window + 5), Params(usual_prompt(look)))
        next(stream)
        seen = [chroma_and_contrast(rgb[None]) for _, pictures in stream for rgb in pictures]
        means = np.array(seen[: windows * window]).reshape(windows, window, 2).mean(axis=1)
        values[look] = np.round(means, 3).tolist()
        deviation[look] = max(largest_deviation(column.tolist()) for column in means.T)
    pictures = windows * window
    return Section(
        (
            Figure(
                f"drift: of colour or contrast over {pictures} pictures", max(deviation.values()), 0.05, at_most=True
            ),
        ),
        {"deviation by look": deviation, "chroma and contrast by window": values, "pictures in a window": window},
    )
