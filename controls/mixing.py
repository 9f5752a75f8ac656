"""Mixes what several controls drew into one guide.

Lines on black and whole pictures mix by the brightest of them at each place, by their sum, or as two projectors on one
screen. A control that draws on white alone gives just that, as VACE knows it. Beside one of the others, which its paper
would hide, light and dark change places in it: black lines on white turn white on black, and colours on white stay the
colours they are, on black. Among controls that all draw on white it is the darkest that counts.

Pure functions; knows no control.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from controls.control import Mix, Pixels

EMPTY_GUIDE = 128
"""The grey of a guide that says "no structure here": VACE's zero."""


@dataclass(frozen=True, eq=False)
class Layer:
    """What one control drew, (H, W, 3), and how it counts.

    weight: 0 to 1; fades it towards its paper. paper: the grey level it is drawn on, 0 or 255. mix: how it joins the
    layers before it. region: (H, W), 255 where it counts, 0 where its paper is, softly between; None = everywhere.
    """

    part: Pixels
    weight: float = 1.0
    paper: int = 0
    mix: Mix = "max"
    region: Pixels | None = None


def mixed(layers: list[Layer], width: int, height: int) -> Pixels:
    """The layers as one guide (height, width, 3); grey where there is none."""
    if not layers:
        return np.full((height, width, 3), EMPTY_GUIDE, np.uint8)
    paper = min(layer.paper for layer in layers)
    first, *others = layers
    result = _on_black(first)
    for layer in others:
        result = _joined(result, _on_black(layer), layer.mix)
    return turned(result) if paper else result


def turned(part: Pixels) -> Pixels:
    """``part`` with the lightness of HSL, the mean of a pixel's largest and smallest channel, turned about the middle.

    White and black change places and hues stay. Twice is not at all.
    """
    red, green, blue = cv2.split(part)
    largest, smallest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    # All channels move by 255 - largest - smallest, which lies in -255 to 255: first up by what is above 0, then down.
    up = cv2.subtract(cv2.bitwise_not(largest), smallest)
    down = cv2.subtract(smallest, cv2.bitwise_not(largest))
    return np.asarray(cv2.subtract(cv2.add(part, cv2.merge((up,) * 3)), cv2.merge((down,) * 3)), np.uint8)


def _on_black(layer: Layer) -> Pixels:
    part = turned(layer.part) if layer.paper else layer.part
    if layer.weight != 1.0:
        part = np.asarray(cv2.convertScaleAbs(part, alpha=layer.weight), np.uint8)
    if layer.region is not None:
        part = np.asarray(cv2.multiply(part, cv2.merge((layer.region,) * 3), scale=1.0 / 255.0), np.uint8)
    return part


def _joined(below: Pixels, part: Pixels, mix: Mix) -> Pixels:
    if mix == "max":
        return np.asarray(cv2.max(below, part), np.uint8)
    if mix == "screen":  # what is left of each other's darkness
        part = np.asarray(cv2.multiply(part, cv2.bitwise_not(below), scale=1.0 / 255.0), np.uint8)
    return np.asarray(cv2.add(below, part), np.uint8)
