"""Moving people: joints in space from angles that swing, and what a camera's pose finder would see of them.

A person has 18 joints in the order of ``controls.skeleton.JOINTS`` and some points more that only a painter needs.
Lengths in metres; x to the right of the picture, y up from the floor, z towards the camera. At a turn of 0 a person
faces the camera, so that its right hand is on the picture's left. Knows no colours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controls.skeleton import JOINTS
from training.actions import ACTIONS, ANGLE_INDEX, SHARES, Motion, motion

Vector = NDArray[np.float64]

NOSE, NECK, R_SHOULDER, R_ELBOW, R_WRIST, L_SHOULDER, L_ELBOW, L_WRIST = range(8)
R_HIP, R_KNEE, R_ANKLE, L_HIP, L_KNEE, L_ANKLE, R_EYE, L_EYE, R_EAR, L_EAR = range(8, 18)
HEAD, R_HAND, L_HAND, R_TOE, L_TOE, WAIST = range(18, 24)
"""Indices into a pose's points; after the 18 joints come the head's middle, finger tips, toes and the waist."""
POINTS = len(JOINTS) + 6

_FACE = np.array(
    [[0, -0.012, 0.105], [-0.033, 0.026, 0.088], [0.033, 0.026, 0.088], [-0.077, 0, -0.012], [0.077, 0, -0.012]]
)
"""Nose, eyes and ears in the head's own axes, from its middle."""
_FACING = np.array([[0, 0, 1], [-0.45, 0.1, 0.89], [0.45, 0.1, 0.89], [-0.94, 0, 0.1], [0.94, 0, 0.1]])
_TURNED_AWAY = np.array([-0.15, -0.05, -0.05, -0.3, -0.3])
"""How far each may face away from the camera and still be found."""


@dataclass(frozen=True)
class Build:
    """Lengths of a body. height: metres that the whole is scaled to."""

    height: float
    shoulders: float
    hips: float
    torso: float
    head: float

    @classmethod
    def any(cls, rng: np.random.Generator) -> Build:
        height = rng.uniform(1.5, 1.95) if rng.random() < 0.9 else rng.uniform(1.0, 1.4)
        head = 1.0 + max(0.0, (1.5 - height) * 0.5) + rng.uniform(-0.06, 0.08)
        return cls(height, rng.uniform(0.165, 0.215), rng.uniform(0.085, 0.115), rng.uniform(0.47, 0.54), head)


@dataclass(frozen=True, eq=False)
class Pose:
    """points: (24, 3) in metres. head: (3, 3), its axes as columns. hidden: (18,) bool, joints no finder would see."""

    points: Vector
    head: Vector
    hidden: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Person:
    """A body and how it moves.

    turn, turning: about the vertical, radians and radians a second. velocity: (2,), x and z, metres a second.
    """

    action: str
    build: Build
    motion: Motion
    turn: float
    turning: float
    velocity: Vector

    @classmethod
    def any(cls, rng: np.random.Generator, action: str | None = None) -> Person:
        action = action or ACTIONS[rng.choice(len(ACTIONS), p=SHARES)]
        turn = rng.normal(0, 0.45) if action != "walk" else rng.choice([-1, 1]) * rng.uniform(0.2, 1.5)
        if rng.random() < 0.1:
            turn += math.pi
        turning = rng.choice([-1, 1]) * rng.uniform(1.0, 3.5) if action == "turn" else rng.normal(0, 0.25)
        pace = rng.uniform(0.4, 1.4) if action == "walk" and rng.random() < 0.7 else 0.0
        velocity = pace * np.array([math.sin(turn), math.cos(turn)])
        return cls(action, Build.any(rng), motion(rng, action), float(turn), float(turning), velocity)

    def pose(self, time: float) -> Pose:
        """At ``time`` seconds. The lower foot stands on the floor."""
        angles = self.motion.angles(time)
        build, unit = self.build, self.build.height / 1.72
        points = np.zeros((POINTS, 3))
        legs = [
            _leg(angles[ANGLE_INDEX[side + " leg forward"] :][:3], sign, build)
            for side, sign in (("right", -1), ("left", 1))
        ]
        for (hip, knee, ankle, toe), at in zip(
            legs, ((R_HIP, R_KNEE, R_ANKLE, R_TOE), (L_HIP, L_KNEE, L_ANKLE, L_TOE)), strict=True
        ):
            points[list(at)] = hip, knee, ankle, toe
        trunk = (
            _about_y(angles[ANGLE_INDEX["twist"]])
            @ _about_z(-angles[ANGLE_INDEX["lean aside"]])
            @ _about_x(angles[ANGLE_INDEX["lean forward"]])
        )
        points[WAIST] = trunk @ np.array([0, 0.38 * build.torso, 0])
        points[NECK] = trunk @ np.array([0, build.torso + 0.02, 0])
        for sign, shoulder, elbow, wrist, hand in (
            (-1, R_SHOULDER, R_ELBOW, R_WRIST, R_HAND),
            (1, L_SHOULDER, L_ELBOW, L_WRIST, L_HAND),
        ):
            points[shoulder] = trunk @ np.array([sign * build.shoulders, build.torso, 0])
            side = "right" if sign < 0 else "left"
            upper, fore = (trunk @ v for v in _arm(angles[ANGLE_INDEX[side + " arm forward"] :][:4], sign))
            points[elbow] = points[shoulder] + 0.29 * upper
            points[wrist] = points[elbow] + 0.25 * fore
            points[hand] = points[wrist] + 0.16 * fore
        head = (
            trunk
            @ _about_y(angles[ANGLE_INDEX["head turn"]])
            @ _about_x(angles[ANGLE_INDEX["head nod"]])
            @ _about_z(-angles[ANGLE_INDEX["head tilt"]])
        )
        points[HEAD] = (
            points[NECK] + trunk @ np.array([0, 0.04, 0.01]) + build.head * (head @ np.array([0, 0.13, 0.01]))
        )
        points[[NOSE, R_EYE, L_EYE, R_EAR, L_EAR]] = points[HEAD] + build.head * (_FACE @ head.T)
        around = _about_y(self.turn + self.turning * time)
        points = (points * unit) @ around.T
        points[:, 1] += 0.07 * unit - min(points[[R_ANKLE, L_ANKLE, R_TOE, L_TOE], 1])
        points[:, [0, 2]] += self.velocity * time
        head = around @ head
        hidden = np.zeros(len(JOINTS), bool)
        hidden[[NOSE, R_EYE, L_EYE, R_EAR, L_EAR]] = (_FACING @ head.T)[:, 2] < _TURNED_AWAY
        return Pose(points, head, hidden)


def _leg(angles: Vector, sign: int, build: Build) -> tuple[Vector, ...]:
    """Hip, knee, ankle and toe from the middle of the pelvis. angles: forward, out, knee. sign: -1 right, 1 left."""
    forward, out, bend = angles
    bend = max(0.0, bend)

    def down(angle: float) -> Vector:
        level = math.cos(angle)
        return np.array([sign * math.sin(out) * level, -math.cos(out) * level, math.sin(angle)])

    hip = np.array([sign * build.hips, 0, 0])
    knee = hip + 0.43 * down(forward)
    ankle = knee + 0.42 * down(forward - bend)
    toe = ankle + np.array([sign * 0.04, -0.05 - 0.1 * math.sin(max(0.0, bend - forward)), 0.15])
    return hip, knee, ankle, toe


def _arm(angles: Vector, sign: int) -> tuple[Vector, Vector]:
    """Directions of upper arm and forearm. angles: forward, out, elbow, elbow turn (0 bends forwards, 90 up)."""
    forward, out, bend, turn = angles
    upper = np.array([sign * math.sin(out) * math.cos(forward), -math.cos(out) * math.cos(forward), math.sin(forward)])
    towards = math.cos(turn) * np.array([-0.25 * sign, 0.15, 1.0]) + math.sin(turn) * np.array([-0.3 * sign, 1.0, 0.15])
    across = towards - (towards @ upper) * upper
    length = float(np.linalg.norm(across))
    across = across / length if length > 1e-6 else np.array([0.0, 0.0, 1.0])
    bend = max(0.0, bend)
    return upper, math.cos(bend) * upper + math.sin(bend) * across


def _about_x(angle: float) -> Vector:
    """Nods forwards."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])


def _about_y(angle: float) -> Vector:
    """Turns to the person's own left."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def _about_z(angle: float) -> Vector:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
