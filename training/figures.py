"""Paints a person of ``people`` onto a canvas: shaded round limbs, clothes, hair and a face that can blink and talk."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from training import people
from training.canvas import CIRCLE, Canvas, Color, Points, capsule, color, hull, mixed
from training.people import Build, Pose, Vector

_SKINS = ((255, 219, 189), (241, 194, 155), (224, 172, 125), (190, 135, 95), (141, 85, 50), (90, 56, 37), (60, 38, 28))
_HAIRS = ((20, 16, 14), (50, 32, 22), (96, 62, 36), (150, 104, 58), (205, 170, 110), (150, 150, 150), (230, 230, 225))
_WHITE, _BLACK = np.full(3, 245.0), np.full(3, 12.0)
_LIPS = np.array([150.0, 30.0, 40.0])
_SMALLEST_FACE = 55.0
"""Pixels a metre; a head of fewer than 12 pixels has no room for more than eyes and mouth."""
_TONE_STEP = 2.5
"""Pixels of half width to one tone: an edge detector must not see the steps."""
_EYES_LOOK = {people.R_EYE: np.array([-0.45, 0.0, 0.89]), people.L_EYE: np.array([0.45, 0.0, 0.89])}
"""Normals of the face at the eyes, in the head's axes."""


@dataclass(frozen=True, eq=False)
class Camera:
    """Looks level along -z. center: pixels of the point (x0, y0, 0). scale: pixels a metre there. distance: metres."""

    center: Points
    look_at: Vector
    scale: float
    distance: float

    def pixels(self, points: Vector) -> Points:
        """(N, 3) in metres to (N, 2) in pixels."""
        near = self.nearness(points)[:, None]
        flat = (points[:, :2] - self.look_at) * (1, -1)
        return np.asarray(self.center + flat * self.scale * near, np.float64)

    def nearness(self, points: Vector) -> Vector:
        """How many times larger things look than at z = 0: (N,)."""
        return np.asarray(self.distance / np.maximum(self.distance - points[:, 2], 0.25 * self.distance), np.float64)


@dataclass(frozen=True, eq=False)
class Appearance:
    """Colours and cut. sleeves, trousers: how far they reach down a limb, 0 to 2 (2 = to wrist and ankle)."""

    skin: Color
    hair: Color
    shirt: Color
    lower: Color
    shoes: Color
    eyes: Color
    sleeves: float
    trousers: float
    skirt: bool
    stripes: int
    hair_length: float
    girth: float
    blinks: float
    talks: float

    @classmethod
    def any(cls, rng: np.random.Generator, action: str) -> Appearance:
        skin = mixed(np.array(_SKINS[rng.integers(len(_SKINS))], np.float64), color(rng), 0.04)
        hair = np.array(_HAIRS[rng.integers(len(_HAIRS))], np.float64) if rng.random() < 0.93 else color(rng)
        skirt = bool(rng.random() < 0.15)
        return cls(
            skin, hair, color(rng), color(rng), mixed(color(rng), _BLACK, 0.5),
            mixed(np.array([70.0, 50.0, 30.0]), (60, 110, 150), rng.random()),
            sleeves=float(rng.choice([0.0, 0.7, 2.0], p=[0.15, 0.4, 0.45])),
            trousers=0.0 if skirt else float(rng.choice([0.9, 2.0], p=[0.25, 0.75])),
            skirt=skirt,
            stripes=int(rng.integers(3, 8)) if rng.random() < 0.2 else 0,
            hair_length=float(rng.choice([-1.0, 0.0, 0.5, 1.0], p=[0.08, 0.5, 0.17, 0.25])),
            girth=float(rng.uniform(0.88, 1.25)),
            blinks=float(rng.uniform(0, 4)),
            talks=float(rng.uniform(1.5, 4.0)) if action == "talk" or rng.random() < 0.3 else 0.0,
        )  # fmt: skip


class Painter:
    """Paints one person at ``time`` seconds. depth: from z in metres to 0 to 255. light: (2,), where it comes from."""

    def __init__(
        self,
        canvas: Canvas,
        pose: Pose,
        build: Build,
        look: Appearance,
        camera: Camera,
        time: float,
        depth: Callable[[float], float],
        light: Points,
    ) -> None:
        self._canvas, self._pose, self._look, self._camera, self._time = canvas, pose, look, camera, time
        self._depth, self._light = depth, light
        self._at = camera.pixels(pose.points)
        self._size = camera.scale * camera.nearness(pose.points) * build.height / 1.72
        self._head = build.head * build.height / 1.72
        self._z = pose.points[:, 2]

    def paint(self) -> None:
        """Every part, the farthest first."""
        p, z = people, self._z
        trunk = float(z[[p.NECK, p.R_HIP, p.L_HIP]].mean())
        # Whoever leans back still has the chin before the neck.
        parts: list[tuple[float, Callable[[], None]]] = [
            (trunk, self._trunk),
            (max(float(z[p.HEAD]), trunk + 0.01), self._front_of_head),
            (float(z[p.HEAD]) - 0.3 * self._head, self._back_hair),
        ]
        for shoulder, elbow, wrist, hand in (
            (p.R_SHOULDER, p.R_ELBOW, p.R_WRIST, p.R_HAND),
            (p.L_SHOULDER, p.L_ELBOW, p.L_WRIST, p.L_HAND),
        ):
            # An arm at the side of the body lies before it, unless the person is seen from behind it.
            arm = float(z[[shoulder, elbow, wrist]].mean()) + 0.05
            parts.append((arm, partial(self._arm, shoulder, elbow, wrist, hand)))
        for hip, knee, ankle, toe in (
            (p.R_HIP, p.R_KNEE, p.R_ANKLE, p.R_TOE),
            (p.L_HIP, p.L_KNEE, p.L_ANKLE, p.L_TOE),
        ):
            leg = float(z[[hip, knee, ankle]].mean()) - 0.06
            parts.append((leg, partial(self._leg, hip, knee, ankle, toe)))
        for _, part in sorted(parts, key=lambda part: part[0]):
            part()

    def _limb(self, a: int, b: int, r0: float, r1: float, paint: Color, start: float = 0.0, end: float = 1.0) -> None:
        """A shaded round limb between two points; start, end: the piece of it. r0, r1: half widths in metres."""
        first, last = (self._at[a] + share * (self._at[b] - self._at[a]) for share in (start, end))
        size = 0.5 * (self._size[a] + self._size[b])
        radii = [size * (r0 + share * (r1 - r0)) for share in (start, end)]

        def outline(k: float, shift: Points) -> Points:
            return capsule(first + shift * radii[0], last + shift * radii[1], k * radii[0], k * radii[1])

        self._shaded(outline, paint, float(self._z[[a, b]].mean()))

    def _shaded(self, outline: Callable[[float, Points], Points], paint: Color, z: float) -> None:
        """An outline, given its share of the width and a shift in half widths, in tones that grow towards the light."""
        rim = outline(1.0, np.zeros(2))
        tones = int(np.clip(0.5 * np.ptp(rim, axis=0).min() / _TONE_STEP, 4, 14))
        self._canvas.fill(rim, 0.8 * paint, self._depth(z))
        for inward in np.linspace(1 / tones, 1, tones):
            share = outline(1.0 - 0.75 * inward, 0.45 * inward * self._light)
            self._canvas.fill(share, np.minimum(paint * (0.8 + 0.26 * inward), 255.0))

    def _arm(self, shoulder: int, elbow: int, wrist: int, hand: int) -> None:
        look, girth = self._look, self._look.girth
        self._limb(wrist, hand, 0.034, 0.022, look.skin)
        self._limb(elbow, wrist, 0.043 * girth, 0.03, look.shirt if look.sleeves > 1 else look.skin)
        self._limb(shoulder, elbow, 0.054 * girth, 0.044 * girth, look.skin)
        if look.sleeves > 0:
            self._limb(shoulder, elbow, 0.066 * girth, 0.052 * girth, look.shirt, 0.0, min(1.0, look.sleeves))

    def _leg(self, hip: int, knee: int, ankle: int, toe: int) -> None:
        look, girth = self._look, self._look.girth
        self._limb(ankle, toe, 0.046, 0.036, look.shoes)
        self._limb(knee, ankle, 0.062 * girth, 0.044, look.lower if look.trousers > 1 else look.skin)
        self._limb(hip, knee, 0.088 * girth, 0.064 * girth, look.skin)
        if look.trousers > 0:
            self._limb(hip, knee, 0.095 * girth, 0.068 * girth, look.lower, 0.0, min(1.0, look.trousers))

    def _trunk(self) -> None:
        p, at, look = people, self._at, self._look
        size, girth, z = float(self._size[p.WAIST]), self._look.girth, float(self._z[p.WAIST])
        chest = at[[p.R_SHOULDER, p.L_SHOULDER]] + 0.12 * (at[p.WAIST] - at[p.NECK])
        hips = at[[p.R_HIP, p.L_HIP]]
        waist = at[p.WAIST]

        def around(points: Points, radius: float) -> Points:
            return (points[:, None] + radius * size * girth * CIRCLE).reshape(-1, 2)

        def lower(k: float, shift: Points) -> Points:
            middle = hips.mean(axis=0)
            return hull(around(middle + k * (np.vstack([hips, waist]) - middle) + shift * 0.1 * size, 0.098 * k))

        def upper(k: float, shift: Points) -> Points:
            middle = 0.5 * (waist + chest.mean(axis=0))
            corners = np.vstack([chest, waist + 0.45 * (hips - waist)])
            return hull(around(middle + k * (corners - middle) + shift * 0.1 * size, 0.082 * k))

        def skirt(k: float, shift: Points) -> Points:
            knees = at[[p.R_KNEE, p.L_KNEE]]
            middle = hips.mean(axis=0)
            return hull(
                around(
                    middle + k * (np.vstack([hips, hips + 0.8 * (knees - hips)]) - middle) + shift * 0.1 * size,
                    0.11 * k,
                )
            )

        self._limb(p.NECK, p.HEAD, 0.056, 0.05, look.skin, -0.2, 0.7)
        self._shaded(lower, look.lower, z)
        if look.skirt:
            self._shaded(skirt, look.lower, z)
        self._shaded(upper, look.shirt, z)
        for i in range(look.stripes):
            share = 0.1 + 0.8 * i / look.stripes
            left, right = (chest[k] + share * (waist + 0.3 * (hips[k] - waist) - chest[k]) for k in (0, 1))
            self._canvas.stroke(np.stack([left, right]), mixed(look.shirt, 255.0 - look.shirt, 0.6), 0.03 * size)
        collar = at[p.NECK] + np.array([0, -0.1 * size * 0.2])
        if self._pose.head[2, 2] > 0:
            self._canvas.fill(collar + 0.062 * size * CIRCLE * (1, 0.6), mixed(look.skin, _BLACK, 0.16))

    def _on_head(self, points: Vector) -> Points:
        """(N, 3) in the head's own axes, from its middle, in metres, to pixels."""
        world = self._pose.points[people.HEAD] + self._head * (points @ self._pose.head.T)
        return self._camera.pixels(world)

    def _ellipsoid(self, middle: tuple[float, float, float], radii: tuple[float, float, float]) -> Points:
        """The outline of an ellipsoid in the head's axes."""
        axes = self._pose.head * np.array(radii)
        # The shadow of an ellipsoid along z is the ellipse whose matrix is the upper left of A A^T.
        values, vectors = np.linalg.eigh((axes @ axes.T)[:2, :2])
        root = vectors @ np.diag(np.sqrt(np.maximum(values, 0))) @ vectors.T
        size = self._camera.scale * self._head * float(self._camera.nearness(self._pose.points[[people.HEAD]])[0])
        return np.asarray(self._on_head(np.array([middle]))[0] + size * (CIRCLE @ root.T) * (1, -1), np.float64)

    def _back_hair(self) -> None:
        look, level = self._look, self._depth(float(self._z[people.HEAD]) - 0.08)
        if look.hair_length <= 0:
            return
        dark = mixed(look.hair, _BLACK, 0.3)
        low = -0.02 - 0.2 * look.hair_length
        for y in (0.02, low / 2, low):
            self._canvas.fill(self._ellipsoid((0, y, -0.045), (0.105, 0.105, 0.08)), dark, level)

    def _front_of_head(self) -> None:
        look, canvas, level = self._look, self._canvas, self._depth(float(self._z[people.HEAD]) + 0.05)
        ahead = self._pose.head[:, 2]
        for x in (-0.077, 0.077):
            if x * self._pose.head[2, 0] > -0.06:
                canvas.fill(self._ellipsoid((x, 0, -0.012), (0.014, 0.03, 0.022)), mixed(look.skin, _BLACK, 0.2), level)
        skull = self._ellipsoid((0, 0.015, -0.008), (0.08, 0.112, 0.098))
        jaw = self._ellipsoid((0, -0.058, 0.02), (0.056, 0.064, 0.062))
        face = hull(np.vstack([skull, jaw]))
        middle = face.mean(axis=0)
        radius = 0.5 * (face[:, 0].max() - face[:, 0].min())
        if ahead[2] < -0.25:  # from behind there is only hair
            paint = look.hair if look.hair_length >= 0 else look.skin
            self._shaded(
                lambda k, shift: middle + k * (face - middle) + shift * radius, paint, float(self._z[people.HEAD])
            )
            return
        self._shaded(
            lambda k, shift: middle + k * (face - middle) + shift * radius,
            look.skin,
            float(self._z[people.HEAD]) + 0.05,
        )
        self._features()
        if look.hair_length >= 0:
            self._fringe(level)

    def _fringe(self, level: float) -> None:
        """Hair over crown and temples."""
        shade = mixed(self._look.hair, _BLACK, 0.2)
        for x in (-0.079, 0.079):  # temples
            if x * self._pose.head[2, 0] > -0.02:
                self._canvas.fill(self._ellipsoid((x, 0.045, -0.015), (0.011, 0.045, 0.05)), shade, level)
        if self._pose.head[2, 2] < 0.75:  # from the side the back of the head is seen
            self._canvas.fill(self._ellipsoid((0, 0.03, -0.05), (0.083, 0.09, 0.06)), shade, level)
        angle = np.radians(105) * np.linspace(-1.0, 1.0, 15)
        line = np.stack([0.083 * np.sin(angle), np.full(15, 0.07), 0.098 * np.cos(angle) - 0.008], axis=1)
        turn = np.linspace(0, 2 * math.pi, 20, endpoint=False)
        crown = np.stack([0.08 * np.cos(turn), np.full(20, 0.1), 0.092 * np.sin(turn) - 0.012], axis=1)
        top = np.stack([0.05 * np.cos(turn), np.full(20, 0.132), 0.06 * np.sin(turn) - 0.012], axis=1)
        outline = hull(self._on_head(np.vstack([line, crown, top])))
        self._canvas.fill(outline, shade, level)
        middle = outline.mean(axis=0)
        self._canvas.fill(
            middle + 0.6 * (outline - middle) + 0.2 * self._light * np.ptp(outline[:, 1]), self._look.hair
        )

    def _features(self) -> None:
        """Eyes, brows, nose and mouth, where they face the camera."""
        nose = not self._pose.hidden[people.NOSE]
        if self._camera.scale * self._head < _SMALLEST_FACE:
            for joint in (people.R_EYE, people.L_EYE):
                if not self._pose.hidden[joint]:
                    radius = max(0.6, 0.012 * self._camera.scale * self._head)
                    self._canvas.fill(self._at[joint] + radius * CIRCLE, mixed(self._look.skin, _BLACK, 0.75))
            if nose:
                self._line(
                    ((-0.022, -0.055, 0.084), (0.022, -0.055, 0.084)), mixed(self._look.skin, _LIPS, 0.55), 0.012
                )
            return
        for sign, joint in ((-1, people.R_EYE), (1, people.L_EYE)):
            if float(_EYES_LOOK[joint] @ self._pose.head[2]) > 0.2:
                self._eye(sign)
        if nose:
            self._nose()
            self._mouth()

    def _eye(self, sign: int) -> None:
        """With lids and brow. sign: -1 right, 1 left."""
        look, canvas, x = self._look, self._canvas, sign * 0.033
        blink = abs(((self._time + look.blinks) % 2.7) - 0.1) < 0.09
        dark = mixed(look.hair, _BLACK, 0.4)
        canvas.fill(self._patch((x, 0.028, 0.086), 0.023, 0.017), mixed(look.skin, _BLACK, 0.14))
        canvas.fill(self._patch((x, 0.026, 0.088), 0.017, 0.0015 if blink else 0.0095), dark if blink else _WHITE)
        if not blink:
            canvas.fill(self._patch((x, 0.026, 0.09), 0.0085, 0.0088), look.eyes)
            canvas.fill(self._patch((x, 0.026, 0.091), 0.0042, 0.0042), _BLACK)
        self._line(((x - 0.018, 0.029, 0.088), (x, 0.038, 0.088), (x + 0.018, 0.029, 0.088)), dark, 0.005)
        self._line(
            ((sign * 0.014, 0.05, 0.094), (sign * 0.034, 0.055, 0.09), (sign * 0.054, 0.047, 0.075)), dark, 0.008
        )

    def _nose(self) -> None:
        look = self._look
        bridge = ((0.006, 0.02, 0.094), (0.011, -0.008, 0.108), (0.016, -0.024, 0.098))
        self._line((*bridge, (0.0, -0.027, 0.106), (-0.015, -0.024, 0.098)), mixed(look.skin, _BLACK, 0.3), 0.006)
        self._canvas.fill(self._patch((0, -0.014, 0.11), 0.007, 0.008), mixed(look.skin, _WHITE, 0.25))

    def _mouth(self) -> None:
        """Opens and shuts while the person talks."""
        look, canvas, turn = self._look, self._canvas, 2 * math.pi * self._look.talks * self._time
        opened = 0.5 + 0.5 * math.sin(turn) if look.talks else 0.0
        gap = 0.004 + 0.014 * opened * (0.6 + 0.4 * math.sin(3.1 * self._time))
        canvas.fill(self._patch((0, -0.058, 0.086), 0.03 - 0.005 * opened, gap + 0.006), mixed(look.skin, _LIPS, 0.55))
        canvas.fill(self._patch((0, -0.058, 0.087), 0.024 - 0.004 * opened, gap), mixed(_LIPS, _BLACK, 0.6))
        if opened > 0.45:
            canvas.fill(self._patch((0, -0.058 + 0.6 * gap, 0.088), 0.017, 0.35 * gap), _WHITE)

    def _line(self, points: Sequence[tuple[float, float, float]], paint: Color, thickness: float) -> None:
        """On the head; thickness in metres."""
        self._canvas.stroke(self._on_head(np.array(points)), paint, thickness * self._camera.scale * self._head)

    def _patch(self, middle: tuple[float, float, float], wide: float, high: float) -> Points:
        """The outline of a small ellipse that lies on the face."""
        flat = np.column_stack([CIRCLE * (wide, high), np.zeros(len(CIRCLE))])
        # The face curves away to the sides.
        flat[:, 2] = -4.0 * flat[:, 0] * middle[0]
        return self._on_head(np.array(middle) + flat)
