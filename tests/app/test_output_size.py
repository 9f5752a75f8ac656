"""How large the program is, from what the performer and the outputs ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.framing import FITS, Fit
from app.look import OutputSize, RecorderChoice, Setup, StageChoice, VirtualCameraChoice
from app.output_size import output_size

BOUND = 1280 * 768
CAMERA = VirtualCameraChoice(on=True)

engines = st.tuples(st.integers(4, 60).map(lambda n: 16 * n), st.integers(4, 60).map(lambda n: 16 * n))
setups = st.builds(
    Setup,
    virtual_camera=st.builds(
        VirtualCameraChoice,
        on=st.booleans(),
        width=st.integers(100, 1920),
        height=st.integers(100, 1080),
        fit=st.sampled_from(FITS),
    ),
    recorder=st.builds(RecorderChoice, on=st.booleans(), width=st.sampled_from([0, 640]), height=st.just(384)),
    stage=st.builds(StageChoice, on=st.booleans()),
)


@given(engines, setups, st.floats(0.1, 10))
def test_by_itself_it_has_the_engines_aspect_and_is_bounded(
    engine: tuple[int, int], setup: Setup, detail: float
) -> None:
    width, height = output_size(setup, *engine, detail)
    assert width >= engine[0]
    assert height >= engine[1]
    assert abs(width / engine[0] - height / engine[1]) <= 0.5 / engine[0] + 0.5 / engine[1]
    assert width * height <= max(engine[0] * engine[1], 1.01 * BOUND)


@given(engines, st.integers(16, 4096), st.integers(16, 4096), setups, st.floats(0.1, 10))
def test_a_chosen_size_is_covered_and_no_more(
    engine: tuple[int, int], width: int, height: int, setup: Setup, detail: float
) -> None:
    wide, high = output_size(replace(setup, output_size=OutputSize(width, height)), *engine, detail)
    assert wide >= width
    assert high >= height
    assert wide == width or high == height


def test_with_nothing_on_it_is_the_engines() -> None:
    assert output_size(Setup(), 320, 192) == (320, 192)
    asked_of_nobody = Setup(virtual_camera=VirtualCameraChoice(), recorder=RecorderChoice(on=True))
    assert output_size(asked_of_nobody, 320, 192) == (320, 192), "a recording as it comes asks for nothing"


@pytest.mark.parametrize(("fit", "expected"), [("fill", (1280, 768)), ("fit", (1200, 720)), ("stretch", (1280, 768))])
def test_an_output_has_only_to_cut_or_to_frame(fit: Fit, expected: tuple[int, int]) -> None:
    assert output_size(Setup(virtual_camera=replace(CAMERA, fit=fit)), 320, 192) == expected


def test_the_largest_wish_counts() -> None:
    small = RecorderChoice(on=True, width=640, height=384)
    assert output_size(Setup(recorder=small), 320, 192) == (640, 384)
    assert output_size(Setup(recorder=small, stage=StageChoice(on=True)), 320, 192) == (1280, 768)
    assert output_size(Setup(recorder=small), 320, 192, detail=3.75) == (1200, 720), "as sharp as the source"


def test_a_portrait_is_bounded_too() -> None:
    assert output_size(Setup(virtual_camera=CAMERA), 192, 320) == (768, 1280)


@pytest.mark.parametrize("size", [(0, 720), (1280, 0), (8, 8), (1280, 5000), (-1, -1)])
def test_sizes_that_make_no_sense_are_told(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"the output size is .* expected"):
        OutputSize(*size)
