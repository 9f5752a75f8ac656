"""The composite on the running rig: over the source picture of the same time, at the size of the outputs."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.expand import Expand
from app.frame import Frame, GuidedFrame, Pixels, Program
from app.framing import Framing, framed
from app.look import OutputSize, Setup, SourceChoice, Treatment, VirtualCameraChoice
from app.mailbox import Inbox
from app.mask_shape import MaskShape
from app.output_size import output_size
from app.png import png_of
from controls.control import Values
from controls.person import SETTINGS
from controls.stack import CONTROLS, ControlKind
from engine.params import EngineChoice, Picture
from tests.app.inputs.clips import BITS, numbered
from tests.app.stage import TINY, Stage, StageMaker
from tests.fakes import Witness

SIZE = (96, 64)
UNTURNED, MIRRORED = Framing(), Framing(mirror=True)
CAMERA = VirtualCameraChoice(on=True, width=192, height=128)
PICTURES = 24


class NumberedCamera:
    """Thirty pictures a second, each with the number that its time stands for in ``numbers``."""

    paused = False
    title = "Camera"
    rate = 30.0

    def __init__(self) -> None:
        self.numbers: dict[float, int] = {}

    def open(self) -> None:
        pass

    def read(self) -> Frame:
        time.sleep(1 / 30)
        now = time.perf_counter()
        self.numbers[now] = number = len(self.numbers) % 2**BITS
        return Frame(numbered(number, *SIZE), now)

    def close(self) -> None:
        pass

    def picture_of(self, program: Program, framing: Framing = UNTURNED) -> Pixels:
        """The source picture of the same time, as large as the program."""
        assert program.captured is not None
        height, width = program.rgb.shape[:2]
        return framed(numbered(self.numbers[program.captured], *SIZE), framing, width, height)


class Collector:
    """An output that keeps all pictures."""

    title = "Collector"
    rate = 0.0
    result = ""

    def __init__(self, programs: list[Program]) -> None:
        self._programs = programs

    def open(self) -> None:
        pass

    def write(self, program: Program, now: float) -> None:
        self._programs.append(program)

    def close(self) -> None:
        pass


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> NumberedCamera:
    camera = NumberedCamera()
    monkeypatch.setattr("app.input_reader.open_source", lambda choice, realtime: camera)
    return camera


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[Program]:
    programs: list[Program] = []
    monkeypatch.setattr("app.rig.VirtualCamera", lambda choice: Collector(programs))
    return programs


def lower_half() -> Picture:
    """Is repainted; the upper half is kept."""
    mask = np.zeros(SIZE[::-1], np.uint8)
    mask[SIZE[1] // 2 :] = 255
    return Picture(mask)


def painted(live: Stage, programs: list[Program], count: int = PICTURES) -> list[Program]:
    """So many further pictures of the engine, with all that the look asks for now."""
    steps = len(live.witness.steps)
    live.until(lambda: len(live.witness.steps) >= steps + 3)
    programs.clear()

    def those() -> list[Program]:
        return [program for program in list(programs) if program.kind == "engine"]

    live.until(lambda: len(those()) >= count)
    return those()


@pytest.mark.parametrize("framing", [Framing(), Framing(mirror=True, crop=(0.1, 0.0, 0.0, 0.2))])
@pytest.mark.parametrize("output", [OutputSize(), OutputSize(150, 120)])
def test_what_is_kept_is_of_the_same_time_to_the_bit(
    stage: StageMaker, camera: NumberedCamera, programs: list[Program], framing: Framing, output: OutputSize
) -> None:
    setup = replace(TINY, virtual_camera=CAMERA, framing=framing, output_size=output)
    live = stage(setup)
    live.show.set_mask(lower_half())
    seen = painted(live, programs)
    width, height = output_size(setup, 48, 32)
    kept = framed(lower_half().pixels, framing, width, height) == 0
    assert kept.any()
    for program in seen:
        assert program.rgb.shape == (height, width, 3)
        source = camera.picture_of(program, framing)
        np.testing.assert_array_equal(program.rgb[kept], source[kept])
        assert not np.array_equal(program.rgb[~kept], source[~kept]), "and the rest is painted"
    assert len({camera.numbers[program.captured] for program in seen if program.captured}) > 3, "they differ"
    assert not any(params.composite for chunk, params in live.witness.steps if chunk.mask is not None)
    assert live.rig.status().outputs["virtual camera"].latency_ms.p50 is not None


def test_the_preview_of_an_audition_shows_what_a_take_brings(stage: StageMaker, camera: NumberedCamera) -> None:
    setup = replace(TINY, output_size=OutputSize(150, 120))
    width, height = output_size(setup, 48, 32)
    kept = framed(lower_half().pixels, UNTURNED, width, height) == 0
    live = stage(setup)
    live.show.begin_audition()
    live.show.set_mask(lower_half())
    live.until(lambda: any(chunk.mask is not None for chunk, _ in list(live.witness.auditioned)))

    def kept_is_the_source() -> bool:
        shown = live.rig.audition()
        if shown is None or shown.kind != "engine":
            return False
        assert shown.rgb.shape == (height, width, 3)
        return np.array_equal(shown.rgb[kept], camera.picture_of(shown)[kept])

    live.until(kept_is_the_source)  # as soon as pictures from before the mask are past
    steps = live.witness.auditioned
    assert not any(params.composite for chunk, params in list(steps) if chunk.mask is not None)


def test_a_source_too_large_to_wait_is_kept_as_the_outputs_show_it(
    stage: StageMaker, camera: NumberedCamera, programs: list[Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.plate.MOST_PIXELS", 1000)
    waiting: list[GuidedFrame] = []
    put = Inbox.put

    def note(inbox: Inbox, frame: GuidedFrame) -> None:
        waiting.append(frame)
        put(inbox, frame)

    monkeypatch.setattr(Inbox, "put", note)
    live = stage(replace(TINY, virtual_camera=CAMERA, framing=MIRRORED, output_size=OutputSize(60, 40)))
    live.show.set_mask(lower_half())
    for program in painted(live, programs, 4):
        np.testing.assert_array_equal(program.rgb[:19], camera.picture_of(program, MIRRORED)[:19])
    assert waiting[-1].plate is not None
    assert waiting[-1].plate.source.shape == (40, 60, 3)


class Bright:
    """Stands in for the person control: whatever is bright is a person."""

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        return np.where(framed(picture, Framing(fit="stretch"), width, height) > 200, np.uint8(255), np.uint8(0))

    def reset(self) -> None:
        pass


def test_people_are_kept_where_they_are_at_that_time(
    stage: StageMaker, camera: NumberedCamera, programs: list[Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONTROLS, "person", ControlKind("person", "Person", SETTINGS, lambda folder: Bright()))
    live = stage(replace(TINY, virtual_camera=CAMERA))
    live.show.set_repainted("background")
    for program in painted(live, programs):
        source = camera.picture_of(program)
        inside = source[..., 0] == 220
        inside[:, 1:-1] &= inside[:, :-2] & inside[:, 2:]
        for _ in range(2):  # away from the border of the matte, which has the engine's resolution
            inside[:, 1:-1] &= inside[:, :-2] & inside[:, 2:]
        np.testing.assert_array_equal(program.rgb[inside], source[inside])


def test_the_switch_grow_feather_invert_and_expand_act_from_the_next_chunk(
    stage: StageMaker, camera: NumberedCamera, programs: list[Program]
) -> None:
    live = stage(replace(TINY, virtual_camera=CAMERA))
    live.show.set_mask(lower_half(), invert=True)
    for program in painted(live, programs, 4):
        np.testing.assert_array_equal(program.rgb[66:], camera.picture_of(program)[66:])
    live.show.set_mask(lower_half())
    live.show.set_mask_shape(grow=20, feather=20)
    mask = MaskShape(20, 20).of(np.kron(lower_half().pixels, np.ones((2, 2), np.uint8)))
    for program in painted(live, programs, 4):
        np.testing.assert_array_equal(program.rgb[mask == 0], camera.picture_of(program)[mask == 0])
    live.show.set_params(composite=False)
    for program in painted(live, programs, 4):
        assert program.rgb.shape == (128, 192, 3)
        assert not np.array_equal(program.rgb[mask == 0], camera.picture_of(program)[mask == 0])
    live.show.clear_modes()
    live.show.set_expand(Expand(0.5, 0.5, 0.5, 0.5))
    for program in painted(live, programs, 4):
        inner = framed(numbered(camera.numbers[program.captured or 0], *SIZE), Framing(), 96, 64)
        np.testing.assert_array_equal(program.rgb[32:96, 48:144], inner)


def test_without_a_mask_and_outputs_the_engines_own_picture_is_shown(stage: StageMaker, camera: NumberedCamera) -> None:
    live = stage()
    live.painted(4)
    assert live.program("engine").rgb.shape == (32, 48, 3)
    live.show.set_mask(lower_half())
    live.until(lambda: live.program("engine").rgb.shape == (64, 96, 3))
    program = live.program("engine")
    np.testing.assert_array_equal(program.rgb[:32], camera.picture_of(program)[:32], "as sharp as the source")


@pytest.mark.parametrize("setup", [TINY, replace(TINY, output_size=OutputSize(150, 120))])
def test_treatments_have_the_size_of_the_composite(stage: StageMaker, camera: NumberedCamera, setup: Setup) -> None:
    live = stage(setup)
    live.show.set_mask(lower_half())
    size = output_size(setup, 48, 32, detail=2.0)[::-1]
    live.until(lambda: live.program("engine").rgb.shape[:2] == size)
    live.show.set_treatment("freeze")
    live.qtbot.wait(50)
    frozen = live.rig.program.get()
    live.painted(4)
    assert live.rig.program.get() is frozen
    treatments: tuple[tuple[Treatment, str], ...] = (("blackout", "black"), ("bypass", "bypass"), ("live", "engine"))
    for treatment, kind in treatments:
        live.show.set_treatment(treatment)
        assert live.program(kind).rgb.shape[:2] == size


def test_a_picture_that_stands_takes_a_new_output_size(stage: StageMaker, camera: NumberedCamera) -> None:
    """An engine that hangs holds its picture, and outputs that come meanwhile get it as large as they ask."""
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(number: int) -> None:
        if number == 3:
            hangs.set()
            goes_on.wait(60)

    live = stage(witness=Witness(before_step=hang))
    live.until(hangs.is_set)
    painted = live.program("engine").rgb
    live.show.set_setup(output_size=OutputSize(96, 64))
    live.until(lambda: live.program("engine").rgb.shape == (64, 96, 3))
    assert painted.shape == (32, 48, 3)
    live.show.set_setup(output_size=OutputSize())
    live.until(lambda: live.program("engine").rgb.shape == (32, 48, 3))
    goes_on.set()


def test_a_large_still_is_kept_in_its_own_pixels_and_scaled_once(
    stage: StageMaker, programs: list[Program], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At an output larger than 1920, and all pictures that wait for the engine share what is held of it."""
    rgb = np.broadcast_to(np.arange(2250, dtype=np.uint8)[:, None], (375, 2250, 3)).copy()
    path = tmp_path / "large.png"
    path.write_bytes(png_of(Picture(rgb)))
    held: list[Pixels] = []
    put = Inbox.put

    def note(inbox: Inbox, frame: GuidedFrame) -> None:
        held.extend([] if frame.plate is None else [frame.plate.source])
        put(inbox, frame)

    monkeypatch.setattr(Inbox, "put", note)
    setup = replace(TINY, source=SourceChoice("still", str(path)), virtual_camera=CAMERA, framing=MIRRORED)
    live = stage(replace(setup, engine=EngineChoice("tiny", 96, 16), output_size=OutputSize(2010, 335)))
    live.show.set_mask(lower_half())
    program = painted(live, programs, 1)[0]
    assert program.rgb.shape == (335, 2010, 3)
    np.testing.assert_array_equal(program.rgb[:150], framed(rgb, MIRRORED, 2010, 335)[:150])
    assert len(held) > 1
    assert all(picture is held[0] for picture in held)
