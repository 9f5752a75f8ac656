"""A walking and dancing figure as a signed distance field: joints from gait curves, a body of blended round limbs.

Lengths in metres, x to the right, y up, z towards the viewer, the floor is y = 0. Phases go from 0 to 1 round the loop.
Knows nothing of pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.floating[Any]]
"""(3,), or (3, 3) where it turns one."""

Points = NDArray[np.floating[Any]]
"""(N, 3), float32 where there are many."""

Distances = NDArray[np.floating[Any]]
"""(N,)."""

STEPS_A_LOOP = 8
"""Full walking cycles (left and right) in one loop."""

Mixed = TypeVar("Mixed", float, Vector)

SHIRT, TROUSERS, SKIN, HAIR, SHOES = range(5)

_THIGH, _SHIN, _FOOT, _SOLE = 0.42, 0.42, 0.17, 0.055
_UPPER_ARM, _FOREARM, _HAND = 0.28, 0.25, 0.09

# Joint angles of normal walking in degrees at tenths of one cycle from heel strike: flexion of hip and knee, and of the
# ankle upwards. Read off the curves in D. A. Winter, Biomechanics and Motor Control of Human Movement.
_HIP = (30, 26, 18, 8, -3, -10, -4, 13, 28, 32)
_KNEE = (6, 15, 14, 8, 5, 13, 40, 60, 44, 14)
_ANKLE = (0, -4, 4, 8, 10, 2, -14, -6, 2, 2)


@dataclass(frozen=True)
class Limb:
    """A round cone from ``start`` (radius ``r0``) to ``end`` (``r1``), of one material."""

    start: Vector
    end: Vector
    r0: float
    r1: float
    material: int


@dataclass(frozen=True)
class Figure:
    """limbs: in world space. head: its centre; head_turn: rotation (3, 3) from the world into the head's own axes."""

    limbs: tuple[Limb, ...]
    head: Vector
    head_turn: Vector
    feet: tuple[Vector, Vector]


def figure_at(phase: float) -> Figure:
    """The figure at ``phase`` of the loop: it walks, turning from side to side, then dances, then walks again."""
    dance = _smooth(0.5 - 0.5 * math.cos(2 * math.pi * phase))
    cycle = phase * STEPS_A_LOOP
    beat = 2 * math.pi * cycle
    turn = math.radians(48.0) * math.sin(2 * math.pi * phase * 2) * (1 - 0.6 * dance)

    sway = 0.05 * dance * math.sin(beat)
    lean = 0.10 * dance * math.sin(beat) + 0.02 * math.sin(beat)
    legs = [_leg(side, cycle, dance) for side in (-1, 1)]
    # The lower of the two soles stands on the floor.
    hip_height = max(-min(ankle[1], toe[1]) + _SOLE for _, _, ankle, toe in legs)
    pelvis = np.array([sway, hip_height, 0.0])
    around = _about_y(turn)

    limbs = []
    feet = []
    for hip, knee, ankle, toe in legs:
        hip, knee, ankle, toe = (around @ (joint + pelvis) for joint in (hip, knee, ankle, toe))
        limbs += [Limb(hip, knee, 0.095, 0.062, TROUSERS), Limb(knee, ankle, 0.062, 0.048, TROUSERS)]
        limbs.append(Limb(ankle - (0, 0.012, 0), toe, 0.05, 0.04, SHOES))
        feet.append(0.5 * (ankle + toe))

    upright = around @ _about_z(-lean) @ _about_y(math.radians(7.0) * math.sin(beat) * (1 - dance))

    def of_trunk(x: float, y: float, z: float) -> Vector:
        return np.asarray(around @ pelvis + upright @ np.array([x, y, z]))

    limbs.append(Limb(of_trunk(-0.075, 0.02, 0), of_trunk(0.075, 0.02, 0), 0.105, 0.105, TROUSERS))
    for x in (-0.045, 0.045):
        limbs.append(Limb(of_trunk(x, 0.10, 0), of_trunk(1.3 * x, 0.39, 0.01), 0.098, 0.118, SHIRT))
    limbs.append(Limb(of_trunk(-0.15, 0.475, 0), of_trunk(0.15, 0.475, 0), 0.062, 0.062, SHIRT))
    for side in (-1, 1):
        limbs += _arm(side, beat, dance, of_trunk(0.18 * side, 0.47, 0.0), upright)

    head = of_trunk(0.0, 0.705, 0.02)
    limbs.append(Limb(of_trunk(0, 0.5, 0), of_trunk(0, 0.62, 0.01), 0.052, 0.05, SKIN))
    # The head looks half way back to the viewer, and nods to the beat.
    head_axes = _about_y(0.5 * turn) @ _about_z(-0.5 * lean) @ _about_x(0.05 * math.cos(2 * beat) * (0.4 + dance))
    return Figure(tuple(limbs), head, head_axes.T, (feet[0], feet[1]))


def distances(figure: Figure, points: Points) -> tuple[Distances, NDArray[np.int8]]:
    """Signed distance from each point to the figure's skin or clothes (slightly underestimated), and the material."""
    nearest = np.full((5, len(points)), 9.0, np.float32)
    for limb in figure.limbs:
        nearest[limb.material] = _blend(nearest[limb.material], _round_cone(points, limb), 0.05)
    own = in_head(figure, points)
    skull = _ellipsoid(own - np.array([0, 0.01, -0.005], np.float32), (0.078, 0.108, 0.096))
    jaw = _ellipsoid(own - np.array([0, -0.055, 0.022], np.float32), (0.055, 0.06, 0.06))
    nose = _ellipsoid(own - np.array([0, -0.012, 0.094], np.float32), (0.012, 0.022, 0.018))
    ears = _ellipsoid(
        np.abs(own) * np.array([1, 0, 0], np.float32)
        + own * np.array([0, 1, 1], np.float32)
        - np.array([0.078, 0, -0.01], np.float32),
        (0.012, 0.028, 0.02),
    )
    face = _blend(_blend(skull, jaw, 0.03), nose, 0.012)
    nearest[SKIN] = _blend(nearest[SKIN], np.minimum(face, ears), 0.02)
    hair = _ellipsoid(own - np.array([0, 0.03, -0.018], np.float32), (0.088, 0.105, 0.1))
    # The hair ends at a slanted line over forehead and ears.
    nearest[HAIR] = np.maximum(hair, 0.045 - own[:, 1] + 0.9 * np.maximum(own[:, 2], -0.06))
    material = np.argmin(nearest, axis=0).astype(np.int8)
    whole = nearest[0]
    for part in nearest[1:]:
        whole = _blend(whole, part, 0.012)
    return whole, material


def in_head(figure: Figure, points: Points) -> Points:
    """``points`` in the head's own axes: x to its left, y up, z out of the face."""
    return (points - figure.head.astype(np.float32)) @ figure.head_turn.astype(np.float32).T


def _leg(side: int, cycle: float, dance: float) -> tuple[Vector, ...]:
    """Hip, knee, ankle and toe of one leg, from the middle of the pelvis. side: -1 or 1."""
    at = cycle + (0.5 if side > 0 else 0.0)
    bounce = 26.0 + 18.0 * math.cos(4 * math.pi * cycle) + 10.0 * side * math.sin(2 * math.pi * cycle)
    hip_angle = math.radians(_mix(_around(_HIP, at), bounce, dance))
    knee_angle = math.radians(_mix(_around(_KNEE, at), 2.0 * bounce, dance))
    ankle_angle = math.radians(_mix(_around(_ANKLE, at), bounce, dance))
    apart = side * math.radians(_mix(2.0, 9.0, dance))

    def down(angle: float) -> Vector:
        return np.array([math.sin(apart), -math.cos(angle) * math.cos(apart), math.sin(angle)])

    hip = np.array([0.085 * side, -0.02, 0.0])
    knee = hip + _THIGH * down(hip_angle)
    ankle = knee + _SHIN * down(hip_angle - knee_angle)
    tilt = hip_angle - knee_angle + ankle_angle
    outwards = side * math.radians(10.0)
    toe = ankle + _FOOT * np.array([math.sin(outwards), math.sin(tilt) - 0.22, math.cos(tilt) * math.cos(outwards)])
    return hip, knee, ankle, toe


def _arm(side: int, beat: float, dance: float, shoulder: Vector, upright: Vector) -> list[Limb]:
    swing = -math.radians(26.0) * math.cos(beat) * side
    bend = math.radians(24.0) + 0.5 * swing
    walk_upper = np.array([0.14 * side, -math.cos(swing), math.sin(swing)])
    walk_fore = np.array([0.05 * side, -math.cos(swing + bend), math.sin(swing + bend)])
    raised = math.radians(92.0 + 42.0 * side * math.sin(beat))
    folded = raised + math.radians(48.0 + 22.0 * math.cos(2 * beat))
    dance_upper = np.array([side * math.sin(raised), -math.cos(raised), 0.25])
    dance_fore = np.array([side * math.sin(folded), -math.cos(folded), 0.35])
    upper = upright @ _unit(_mix(walk_upper, dance_upper, dance))
    fore = upright @ _unit(_mix(walk_fore, dance_fore, dance))
    elbow = shoulder + _UPPER_ARM * upper
    wrist = elbow + _FOREARM * fore
    sleeve = shoulder + 0.55 * _UPPER_ARM * upper
    return [
        Limb(shoulder, sleeve, 0.066, 0.06, SHIRT),
        Limb(shoulder, elbow, 0.05, 0.041, SKIN),
        Limb(elbow, wrist, 0.042, 0.03, SKIN),
        Limb(wrist, wrist + _HAND * fore, 0.032, 0.036, SKIN),
        Limb(wrist + 0.4 * _HAND * fore, wrist + 1.75 * _HAND * fore, 0.026, 0.016, SKIN),
    ]


def _round_cone(points: Points, limb: Limb) -> Distances:
    start = limb.start.astype(np.float32)
    axis = (limb.end - limb.start).astype(np.float32)
    offset = points - start
    along = np.clip(offset @ axis / max(float(axis @ axis), 1e-9), 0, 1)
    offset -= along[:, None] * axis
    radius = limb.r0 + (limb.r1 - limb.r0) * along
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", offset, offset)) - radius, np.float32)


def _ellipsoid(points: Points, radii: tuple[float, float, float]) -> Distances:
    """Bound of the distance to an ellipsoid, https://iquilezles.org/articles/ellipsoids."""
    scaled = points / np.array(radii, np.float32)
    k0 = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
    scaled /= np.array(radii, np.float32)
    k1 = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
    return np.asarray(k0 * (k0 - 1) / np.maximum(k1, 1e-6), np.float32)


def _blend(a: Distances, b: Distances, width: float) -> Distances:
    """Smooth minimum, polynomial of second degree, https://iquilezles.org/articles/smin."""
    h = np.maximum(width - np.abs(a - b), 0) / np.float32(width)
    return np.asarray(np.minimum(a, b) - h * h * np.float32(width / 4), np.float32)


def _around(curve: tuple[int, ...], cycle: float) -> float:
    """The periodic curve through equally spaced ``curve`` values (trigonometric interpolation) at ``cycle``."""
    waves = np.fft.rfft(curve) / len(curve)
    angles = 2 * np.pi * cycle * np.arange(len(waves))
    weights = np.where((np.arange(len(waves)) == 0) | (np.arange(len(waves)) * 2 == len(curve)), 1.0, 2.0)
    return float(np.sum(weights * (waves.real * np.cos(angles) - waves.imag * np.sin(angles))))


def _mix(a: Mixed, b: Mixed, weight: float) -> Mixed:
    return a * (1 - weight) + b * weight


def _smooth(x: float) -> float:
    x = min(1.0, max(0.0, (x - 0.25) / 0.5))
    return x * x * (3 - 2 * x)


def _unit(vector: Vector) -> Vector:
    return vector / np.linalg.norm(vector)


def _about_x(angle: float) -> Vector:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _about_y(angle: float) -> Vector:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _about_z(angle: float) -> Vector:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
