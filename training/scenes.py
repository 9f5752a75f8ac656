"""Clips whose truth is known: what a camera sees, where people's joints are, how near everything is.

Everything is drawn from the random generator that it is handed. Knows no controls.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from controls.control import Pixels
from training import figures, people, solids, sprites
from training.camera import through_lens, views, wave
from training.canvas import Canvas, color, gradient, mixed
from training.people import Person, Pose
from training.photographs import Photographs

PICTURES_A_SECOND = 15
SHARES = {"photo": 0.55, "people": 0.20, "shapes": 0.15, "objects": 0.10}
"""Of all clips. No package gives real video, so photographs have its tenth as well."""

Skeleton = NDArray[np.float64]
"""(18, 2), fractions of width and height; NaN where a joint is not seen."""


@dataclass(frozen=True, eq=False)
class Scene:
    """pictures: (F, H, W, 3) uint8. people: for each picture, a skeleton for each person.

    depth: (F, H, W) uint8, near = white, or None where it is not known.
    """

    pictures: Pixels
    people: tuple[tuple[Skeleton, ...], ...]
    depth: Pixels | None


def scene(
    rng: np.random.Generator, kind: str, photographs: Photographs, width: int, height: int, pictures: int
) -> Scene:
    """A clip of ``kind``, a key of SHARES, as a camera would see it."""
    made = _KINDS[kind](rng, photographs, width, height, pictures)
    return Scene(through_lens(rng, made.pictures), made.people, made.depth)


def _nobody(pictures: int) -> tuple[tuple[Skeleton, ...], ...]:
    return ((),) * pictures


def _photo(rng: np.random.Generator, photographs: Photographs, width: int, height: int, pictures: int) -> Scene:
    return Scene(views(rng, photographs.photograph(rng), width, height, pictures), _nobody(pictures), None)


def _shapes(rng: np.random.Generator, photographs: Photographs, width: int, height: int, pictures: int) -> Scene:
    ground = sprites.backdrop(rng, width, height)
    count = int(rng.integers(1, 8))
    levels = np.sort(rng.uniform(70, 235, count))
    flights = []
    for level in levels:
        size = height * math.exp(rng.uniform(math.log(0.15), math.log(0.9)))
        flights.append(sprites.flight(rng, sprites.shape(rng, size), size, width, height, pictures, float(level)))
    return _painted([ground] * pictures, flights, rng.uniform(15, 50))


def _objects(rng: np.random.Generator, photographs: Photographs, width: int, height: int, pictures: int) -> Scene:
    photograph = photographs.photograph(rng)
    behind = views(rng, photograph, width, height, pictures)
    blur = rng.uniform(0.6, 3.0) * height / 192 if rng.random() < 0.5 else 0.0
    ground = [np.asarray(cv2.GaussianBlur(p, (0, 0), blur), np.uint8) if blur else p for p in behind]
    count = int(rng.integers(1, 5))
    levels = np.sort(rng.uniform(90, 220, count))
    things: list[sprites.Flight | solids.Solid] = []
    for level in levels:
        size = height * math.exp(rng.uniform(math.log(0.25), math.log(0.95)))
        if rng.random() < 0.5:
            things.append(solids.solid(rng, size, width, height, pictures, float(level)))
        else:
            sprite = sprites.cutout(rng, photographs.cutout(rng), photographs.photograph(rng), size)
            things.append(sprites.flight(rng, sprite, size, width, height, pictures, float(level)))
    return _painted(ground, things, rng.uniform(15, 50))


def _painted(
    grounds: list[Pixels], things: list[sprites.Flight] | list[sprites.Flight | solids.Solid], far: float
) -> Scene:
    """Things, the farthest first, before a flat ground at the level ``far``."""
    count, (height, width) = len(grounds), grounds[0].shape[:2]
    shown, depth = np.empty((count, height, width, 3), np.uint8), np.empty((count, height, width), np.uint8)
    for i, ground in enumerate(grounds):
        canvas = Canvas(ground.copy(), np.full((height, width), round(far), np.uint8))
        for thing in things:
            thing.paint(canvas, i)
        shown[i], depth[i] = canvas.picture, canvas.depth
    return Scene(shown, _nobody(count), depth)


def _people(rng: np.random.Generator, photographs: Photographs, width: int, height: int, pictures: int) -> Scene:
    count = int(rng.choice([1, 2, 3], p=(0.72, 0.2, 0.08)))
    cast = [Person.any(rng) for _ in range(count)]
    looks = [figures.Appearance.any(rng, person.action) for person in cast]
    clocks = [_clock(rng, pictures) for _ in cast]
    shot = _shot(rng, cast[0].action, count)
    cameras = _cameras(rng, shot, cast, width, height, pictures)
    distance = cameras[0][0].distance

    def nearness(z: float) -> float:
        """Inverse depth, as relief networks have it: 255 at arm's length, far background at 0."""
        nearest, farthest = 1.0 / max(0.35, distance - 0.45), 1.0 / (distance + 3.5)
        return float(np.clip(255 * (1.0 / max(0.3, distance - z) - farthest) / (nearest - farthest), 0, 255))

    ground, wall = _room(rng, photographs, width, height), nearness(-rng.uniform(1.2, 3.0))
    light = np.array([rng.uniform(-1, 1), rng.uniform(-1, -0.2)])
    light /= np.linalg.norm(light)
    shown, depth = np.empty((pictures, height, width, 3), np.uint8), np.empty((pictures, height, width), np.uint8)
    skeletons: list[tuple[Skeleton, ...]] = []
    for i in range(pictures):
        canvas = Canvas(ground.copy(), np.full((height, width), round(wall), np.uint8))
        seen = []
        for person, look, clock, camera in zip(cast, looks, clocks, [c[i] for c in cameras], strict=True):
            pose = person.pose(clock[i])
            figures.Painter(canvas, pose, person.build, look, camera, clock[i], nearness, light).paint()
            seen.append(_seen(pose, camera, width, height))
        shown[i], depth[i] = canvas.picture, canvas.depth
        skeletons.append(tuple(seen))
    return Scene(shown, tuple(skeletons), depth)


def _clock(rng: np.random.Generator, pictures: int) -> NDArray[np.float64]:
    """Seconds, centred on 0 so that who walks is in the middle then; people at rest are there too."""
    pace = 0.0 if rng.random() < 0.08 else rng.uniform(0.6, 1.15)
    return np.asarray((np.arange(pictures) - pictures / 2) * pace / PICTURES_A_SECOND)


def _shot(rng: np.random.Generator, action: str, count: int) -> str:
    if action == "talk" and count == 1:
        return str(rng.choice(["close", "half"], p=(0.7, 0.3)))
    return str(rng.choice(["full", "half", "close", "far"], p=(0.5, 0.28, 0.1, 0.12)))


def _cameras(
    rng: np.random.Generator,
    shot: str,
    cast: list[Person],
    width: int,
    height: int,
    pictures: int,
) -> list[list[figures.Camera]]:
    """For each person, its camera in each picture: one room, but each person has its place in it."""
    tall = {"far": 2.9, "full": 2.15, "half": 1.15, "close": 0.62}[shot] * rng.uniform(0.85, 1.15)
    distance = {"far": 5.0, "full": 3.4, "half": 1.9, "close": 1.15}[shot] * rng.uniform(0.85, 1.3)
    scale = height / tall
    if len(cast) > 1:
        places = np.linspace(0.5, -0.5, len(cast)) * rng.uniform(0.5, 0.75)
    else:
        places = rng.normal(0, 0.09, 1)
    still = rng.random() < 0.6
    sway = np.stack([wave(rng, pictures, 0.0 if still else abs(rng.normal(0, 0.02)) * width) for _ in range(2)], axis=1)
    zoom = np.ones(pictures) if still else np.exp(wave(rng, pictures, abs(rng.normal(0, 0.05))))
    result = []
    for person, place in zip(cast, places, strict=True):
        pose = person.pose(0.0)
        head = float(pose.points[people.HEAD, 1])
        # What stands in the middle of the picture: the body, or a place a little below the head's middle.
        aim = 0.5 * (head + 0.15) if shot in ("full", "far") else head + (0.11 - 0.5) * tall * rng.uniform(0.5, 0.9)
        look_at = np.array([pose.points[people.NECK, 0], aim])
        center = np.array([(0.5 + place) * width, 0.5 * height])
        result.append(
            [figures.Camera(center + sway[i], look_at, scale * float(zoom[i]), distance) for i in range(pictures)]
        )
    return result


def _room(rng: np.random.Generator, photographs: Photographs, width: int, height: int) -> Pixels:
    """What people stand before: a photograph, sharp or out of focus, or a plain wall, at times with a floor."""
    if rng.random() < 0.6:
        piece = sprites.patch(rng, photographs.photograph(rng), width, height)
        if rng.random() < 0.7:
            piece = np.asarray(cv2.GaussianBlur(piece, (0, 0), rng.uniform(0.8, 7.0) * height / 192), np.uint8)
        return piece
    first = color(rng)
    room = gradient(width, height, first, mixed(first, color(rng), rng.uniform(0.05, 0.6)), rng.uniform(0, 2 * math.pi))
    if rng.random() < 0.4:
        top = round(height * rng.uniform(0.6, 0.85))
        second = color(rng)
        room[top:] = gradient(width, height - top, second, mixed(second, (0, 0, 0), 0.4), math.pi / 2)
    return room


def _seen(pose: Pose, camera: figures.Camera, width: int, height: int) -> Skeleton:
    """Where a pose finder would see the joints; none outside the picture."""
    at = camera.pixels(pose.points[: len(pose.hidden)]) / (width, height)
    outside = (at < -0.02).any(axis=1) | (at > 1.02).any(axis=1)
    return np.where((pose.hidden | outside)[:, None], np.nan, at)


_KINDS: dict[str, Callable[[np.random.Generator, Photographs, int, int, int], Scene]] = {
    "photo": _photo,
    "people": _people,
    "shapes": _shapes,
    "objects": _objects,
}
