"""What a camera does to a scene: it moves, and it adds its own exposure, colour cast, blur, noise and compression.

Times are counted in pictures. Speeds are pixels a picture at a width of 320 and scale with the width.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from controls.control import Pixels

Track = NDArray[np.float64]

STILL = 0.15
"""The share of clips where the camera, or a thing, does not move at all."""


def speed(rng: np.random.Generator, width: int) -> float:
    """Pixels a picture: mostly up to 6 at a width of 320, now and then up to 14, and 0 in STILL of all cases."""
    low, high = ((0.0, 0.0), (0.2, 2.5), (2.5, 6.0), (6.0, 14.0))[rng.choice(4, p=(STILL, 0.55, 0.22, 0.08))]
    return float(rng.uniform(low, high)) * width / 320.0


def course(rng: np.random.Generator, pictures: int, speed: float) -> Track:
    """Where something is that moves on a gently bent line at about ``speed``: (pictures, 2), from (0, 0) on."""
    time = np.arange(pictures)
    heading = rng.uniform(0, 2 * math.pi) + rng.normal(0, 0.04) * time
    pace = speed * (1.0 + 0.5 * np.sin(2 * math.pi * (time * rng.uniform(0.01, 0.06) + rng.uniform())))
    steps = pace[:, None] * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    path = np.cumsum(steps, axis=0)
    return np.asarray(path - path[0], np.float64)


def wave(
    rng: np.random.Generator, pictures: int, amplitude: float, slowest: float = 0.005, fastest: float = 0.05
) -> Track:
    """A sine of any phase, (pictures,). slowest, fastest: cycles a picture."""
    time = np.arange(pictures)
    return np.asarray(amplitude * np.sin(2 * math.pi * (time * rng.uniform(slowest, fastest) + rng.uniform())))


def views(rng: np.random.Generator, photograph: Pixels, width: int, height: int, pictures: int) -> Pixels:
    """A still photograph under pan, zoom, rotation and slight shake: (pictures, height, width, 3).

    photograph: (H, W, 3). At rest for the whole clip in STILL of all cases.
    """
    if rng.random() < 0.5:
        photograph = photograph[:, ::-1]
    high, wide = photograph.shape[:2]
    largest = min(wide / width, high / height)  # photograph's pixels to one of the view's
    scale = largest * math.exp(rng.uniform(math.log(0.4), math.log(0.97)))
    moving = rng.random() >= STILL
    pace = speed(rng, width) if moving else 0.0
    scales = np.full(pictures, scale)
    turns = np.full(pictures, rng.normal(0, 0.12) if rng.random() < 0.4 else 0.0)
    if moving:
        scales = scale * np.exp(
            rng.normal(0, 0.008) * np.arange(pictures) + wave(rng, pictures, abs(rng.normal(0, 0.03)))
        )
        if rng.random() < 0.35:
            turns = turns + rng.normal(0, 0.012) * np.arange(pictures) + wave(rng, pictures, abs(rng.normal(0, 0.04)))
    path = course(rng, pictures, pace) * scales[:, None]
    if moving and rng.random() < 0.4:
        path = path + rng.normal(0, rng.uniform(0.1, 0.7), (pictures, 2)) * scale * width / 320.0
    reach = 0.5 * np.array([width, height]) * scales.max()
    centers = _placed(rng, path, reach, np.array([wide, high]) - reach)
    # Shrinking while warping skips pixels, so the photograph is brought near the view's own scale first.
    near = 1.0 / max(1.0, float(scales.mean()))
    if near < 0.8:
        photograph = np.asarray(cv2.resize(photograph, None, fx=near, fy=near, interpolation=cv2.INTER_AREA), np.uint8)
        centers, scales = centers * near, scales * near
    result = np.empty((pictures, height, width, 3), np.uint8)
    for i in range(pictures):
        cos, sin = scales[i] * math.cos(turns[i]), scales[i] * math.sin(turns[i])
        middle = np.array([width - 1, height - 1]) / 2.0
        linear = np.array([[cos, -sin], [sin, cos]])
        matrix = np.column_stack([linear, centers[i] - 0.5 - linear @ middle])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpAffine(photograph, matrix, (width, height), result[i], flags, cv2.BORDER_REFLECT_101)
    return result


def through_lens(rng: np.random.Generator, pictures: Pixels) -> Pixels:
    """``pictures`` (F, H, W, 3) as a webcam would have them; mild, and now and then not at all."""
    if rng.random() < 0.15:
        return pictures
    count, height, width = pictures.shape[:3]
    gain = np.exp(rng.normal(0, 0.18) + wave(rng, count, abs(rng.normal(0, 0.06))))
    cast = np.exp(rng.normal(0, 0.05, 3))
    gamma, lift = math.exp(rng.normal(0, 0.15)), rng.uniform(-8, 12)
    blur = rng.uniform(0.4, 1.3) * width / 320.0 if rng.random() < 0.4 else 0.0
    noise = rng.uniform(0.5, 6.0) if rng.random() < 0.6 else 0.0
    quality = int(rng.integers(35, 90)) if rng.random() < 0.3 else 0
    levels = np.linspace(0.0, 1.0, 256)[:, None] ** gamma * cast
    grain = rng.normal(0, noise, (height + 64, width + 64, 3)).astype(np.float32) if noise else None
    result = np.empty_like(pictures)
    for i in range(count):
        table = np.clip(255.0 * levels * gain[i] + lift, 0, 255).round().astype(np.uint8)
        picture = np.asarray(cv2.LUT(pictures[i], table[None]), np.uint8)
        if blur:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8)
        if grain is not None:
            y, x = rng.integers(0, 64, 2)
            noisy = picture + grain[y : y + height, x : x + width]
            picture = np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)
        if quality:
            packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
            picture = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
        result[i] = picture
    return result


def _placed(rng: np.random.Generator, path: Track, low: NDArray[np.float64], high: NDArray[np.float64]) -> Track:
    """``path`` moved to a random place between ``low`` and ``high``, and shrunk where it is too long for that."""
    result = np.empty_like(path)
    for axis in range(2):
        values, room = path[:, axis] - path[:, axis].min(), max(0.0, high[axis] - low[axis])
        extent = float(values.max())
        if extent > room:
            values, extent = values * (room / extent), room
        result[:, axis] = low[axis] + rng.uniform(0, max(1e-9, room - extent)) + values
    return result
