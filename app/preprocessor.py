"""From a source's picture to what the engine works on: framed, with its guide and mask, placed on the engine's canvas.

The same for the live path and for offline rendering. Knows no engine, no threads and no files.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from app.expand import Area, placed
from app.frame import Frame, GuidedFrame, Pixels
from app.framing import Framing, seen_by_controls
from app.look import Look, Setup
from app.placement import placement
from app.plate import Plate
from app.repeats import Repeats
from app.source_mask import canvas_mask, look_mask
from controls.control import ControlSetting
from controls.stack import Guide, Stack
from engine.params import EMPTY_GUIDE


class Preprocessor:
    """Owns the controls. Used by one thread.

    model_folder: where the performer keeps model files. worker: where slow controls run, so that no picture waits for
    them; None = every picture waits, and the same pictures give the same guides.
    """

    def __init__(self, model_folder: Path | None = None, worker: Executor | None = None) -> None:
        self._stack = Stack(model_folder, worker)
        self._seen, self._seen_instead = Repeats[tuple[Pixels, Pixels]](), Repeats[tuple[Pixels, Pixels]]()

    def reset(self) -> None:
        """Forget all earlier pictures: call it where the source changes."""
        self._stack.reset()

    def close(self) -> None:
        """Give networks back: call it at the end."""
        self._stack.close()

    def guided(
        self,
        frame: Frame,
        look: Look,
        setup: Setup,
        epoch: int,
        mask: Pixels | None = None,
        structure: Frame | None = None,
    ) -> tuple[GuidedFrame, Guide]:
        """``frame`` as the engine wants it, and the guide with its parts; all of it at the engine's size.

        Controls see the picture without what ``look.expand`` adds: its border is no edge. mask: (H, W) for this picture
        alone, in place of the look's. structure: a picture of the second input, which the controls see in place of
        ``frame``'s; it comes to the source's place as ``setup.framing.fit`` says, and is not mirrored, turned or
        cropped with it.

        Where people are the mask, they are those of this very picture. Where they cannot be told from the background,
        which is among the guide's troubles, and while the network that can is loading, it is as if they were no mask.
        """
        width, height = setup.engine.width, setup.engine.height
        h, w = frame.rgb.shape[:2]
        place = placement((w, h), (width, height), setup.framing, look.expand)
        framing, area = place.framing, place.area
        picture, view = _seen(self._seen, frame, framing, area)
        other = seen_instead = None
        if structure is not None:
            seen_instead, seen = _seen(self._seen_instead, structure, Framing(fit=setup.framing.fit), area)
            other = placed(seen, area, width, height, EMPTY_GUIDE)
        if mask is None:
            on_canvas = look_mask(look.mask, look.invert_mask, look.mask_shape, framing, area, width, height)
        else:
            on_canvas = canvas_mask(mask, look.invert_mask, look.mask_shape, framing, area, width, height)
        painted = None if on_canvas is None or (mask is None and look.mask is None) else on_canvas[area.slices]
        guide = self._stack.guide(
            picture,
            area.width,
            area.height,
            frame.time,
            look.controls if painted is None or not look.unguided else tuple(map(_outside, look.controls)),
            look.layout,
            mask=painted,
            structure=seen_instead,
            repainted=look.repainted,
            join=look.mask_join,
        )
        people = guide.matte if look.repainted != "all" else None
        if people is not None and guide.mask is not None:
            on_canvas = placed(guide.mask, area, width, height, 255)
        guide = replace(
            guide,
            rgb=placed(guide.rgb, area, width, height, EMPTY_GUIDE),
            parts={name: placed(part, area, width, height, EMPTY_GUIDE) for name, part in guide.parts.items()},
        )
        source = placed(view, area, width, height, EMPTY_GUIDE)
        plate = None
        if on_canvas is not None and look.params.composite:
            plate = Plate(frame.rgb, place, look, mask, people)
        return GuidedFrame(source, guide.rgb, frame.time, epoch, on_canvas, other, plate), guide


def _seen(repeats: Repeats[tuple[Pixels, Pixels]], frame: Frame, framing: Framing, area: Area) -> tuple[Pixels, Pixels]:
    """``frame`` as controls see it, and at the size of ``area``; the same arrays for the same picture."""
    size = (area.width, area.height)
    return repeats.made(frame.rgb, (framing, size), lambda: seen_by_controls(frame.rgb, framing, *size))


def _outside(control: ControlSetting) -> ControlSetting:
    """``control`` where the mask does not repaint; one that counts on people or behind them stays."""
    if control.region == "mask":
        return replace(control, on=False)
    return replace(control, region="outside mask") if control.region == "all" else control
