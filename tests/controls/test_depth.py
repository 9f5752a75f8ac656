"""Depth with real networks: Depth Anything at a tiny size, and small graphs whose answer is known."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config
from transformers.image_utils import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD  # type: ignore[attr-defined]
from transformers.models.depth_anything import modeling_depth_anything

from controls.control import ControlUnavailable, Pixels
from controls.depth import MODELS, SETTINGS, Depth, depth_model
from controls.depth_network import PATCH, DepthNetwork, seen_size

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
SIDES = (3, 5)
"""Patches of the tiny network's pictures, down and across."""
PICTURE = np.random.default_rng(0).integers(0, 256, (SIDES[0] * PATCH, SIDES[1] * PATCH, 3), np.uint8)


class PredictedDepth(nn.Module):
    """What is published as ONNX: pictures in, depth out."""

    def __init__(self, model: DepthAnythingForDepthEstimation) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: Tensor) -> Tensor:
        depth: Tensor = self.model(pixel_values).predicted_depth
        return depth


@pytest.fixture(scope="module")
def tiny() -> PredictedDepth:
    """Depth Anything with random weights, of a scale at which its answers differ from place to place."""
    torch.manual_seed(0)
    backbone = Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        mlp_ratio=2,
        image_size=4 * PATCH,
        patch_size=PATCH,
        out_indices=[1, 2, 3, 4],  # type: ignore[call-arg]
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        patch_size=PATCH,
        reassemble_hidden_size=16,
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=4,
    )
    model = DepthAnythingForDepthEstimation(config)
    model.train(False)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.ndim > 1:
                nn.init.normal_(weights, 0, (1.5 / weights[0].numel()) ** 0.5)
        model.head.conv3.weight.abs_()
        nn.init.constant_(model.head.conv3.bias, 0.1)  # type: ignore[arg-type]
    return PredictedDepth(model)


@pytest.fixture(scope="module")
def free_sides(tiny: PredictedDepth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network in a file, with the names that the published ones have."""
    path = tmp_path_factory.mktemp("free") / MODELS[0]
    free = {0: "batch_size", 2: "height", 3: "width"}
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        # Its sides are traced through int(), which would make them constants of the file.
        patch.setattr(modeling_depth_anything, "int", lambda side: side, raising=False)
        warnings.simplefilter("ignore")  # about the exporter and about shapes in Python's conditions
        torch.onnx.export(
            tiny,
            (torch.zeros(1, 3, SIDES[0] * PATCH, SIDES[1] * PATCH),),
            str(path),
            input_names=["pixel_values"],
            output_names=["predicted_depth"],
            dynamic_axes={"pixel_values": free},
            opset_version=17,
            dynamo=False,
        )
    return path


@pytest.fixture(scope="module")
def fixed_sides(free_sides: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for pictures of one size alone."""
    path = tmp_path_factory.mktemp("fixed") / MODELS[0]
    model = onnx.load(free_sides)
    for dimension, size in zip(
        model.graph.input[0].type.tensor_type.shape.dim, (1, 3, SIDES[0] * PATCH, SIDES[1] * PATCH), strict=True
    ):
        dimension.dim_value = size
    onnx.save(model, path)
    return path


def own_answer(tiny: PredictedDepth, picture: Pixels) -> NDArray[np.float32]:
    """What transformers' model says of ``picture``, (h, w)."""
    values = (torch.from_numpy(picture) / 255 - torch.tensor(IMAGENET_DEFAULT_MEAN)) / torch.tensor(
        IMAGENET_DEFAULT_STD
    )
    with torch.no_grad():
        return np.asarray(tiny(values.permute(2, 0, 1)[None])[0].numpy(), np.float32)


def test_it_is_transformers_own_model(tiny: PredictedDepth, free_sides: Path, fixed_sides: Path) -> None:
    expected = own_answer(tiny, PICTURE)
    assert expected.std() > 0.05
    for file in (free_sides, fixed_sides):
        found = DepthNetwork(file).disparity(PICTURE, SIDES[1] * PATCH)
        np.testing.assert_allclose(found, expected, atol=2e-5 * float(expected.max()))


def test_the_guide_is_vaces(tiny: PredictedDepth, free_sides: Path) -> None:
    """Each picture for itself: from its smallest value in black to its largest in white, the near ones bright."""
    height, width = PICTURE.shape[:2]
    values = DEFAULTS | {"smoothing": 0.0, "detail": SIDES[1] * PATCH}
    depth = Depth(free_sides.parent)
    for picture in (PICTURE, PICTURE[::-1].copy()):
        own = own_answer(tiny, picture)
        expected = (own - own.min()) / (own.max() - own.min()) * 255
        guide = depth.guide(picture, width, height, 0.0, values)
        assert np.abs(guide - expected[..., None]).max() <= 1.0


def test_free_sides_keep_the_pictures_aspect(tiny: PredictedDepth, free_sides: Path, fixed_sides: Path) -> None:
    """And fixed ones are kept, whatever the picture."""
    tall = np.ascontiguousarray(PICTURE.transpose(1, 0, 2))
    found = DepthNetwork(free_sides).disparity(tall, SIDES[1] * PATCH)
    np.testing.assert_allclose(found, own_answer(tiny, tall), atol=1e-4)
    assert DepthNetwork(fixed_sides).disparity(tall, SIDES[1] * PATCH).shape == PICTURE.shape[:2]


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(112, 518))
def test_the_network_sees_whole_patches(width: int, height: int, longest: int) -> None:
    seen = seen_size(np.zeros((height, width, 3), np.uint8), longest)
    assert min(seen) >= PATCH
    assert all(side % PATCH == 0 for side in seen)
    assert abs(max(seen) - longest) <= PATCH / 2
    if min(width, height) / max(width, height) * longest > PATCH:
        assert min(seen) / max(seen) == pytest.approx(min(width, height) / max(width, height), abs=PATCH / max(seen))


# -- networks whose answer is known


def write_network(path: Path, *operations: str, kind: int = onnx.TensorProto.FLOAT, shape: Sequence[Any] = ()) -> Path:
    """A network that says how bright each place is (normalised as it is given), after ``operations`` on that."""
    nodes = [onnx.helper.make_node("ReduceMean", ["image"], ["value0"], axes=[1], keepdims=0)]
    for number, operation in enumerate(operations):
        nodes.append(onnx.helper.make_node(operation, [f"value{number}"], [f"value{number + 1}"]))
    image = onnx.helper.make_tensor_value_info("image", kind, shape or [1, 3, "h", "w"])
    depth = onnx.helper.make_tensor_value_info(f"value{len(operations)}", kind, None)
    graph = onnx.helper.make_graph(nodes, "brightness", [image], [depth])
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Depth]:
    def make(*operations: str, **changed: Any) -> Depth:
        write_network(tmp_path / MODELS[0], *operations, **changed)
        return Depth(tmp_path)

    return make


def scene(brightest: int = 160, seed: int = 1) -> Pixels:
    """Grey slopes, and a small object before them."""
    picture = np.zeros((84, 140, 3), np.uint8)
    picture[:] = np.linspace(40, 120, 140).astype(np.uint8)[None, :, None]
    left, top = np.random.default_rng(seed).integers(10, 40, 2)
    picture[top : top + 20, left : left + 20] = brightest
    return picture


def drawn(depth: Depth, picture: Pixels, time: float, **changed: float) -> NDArray[np.float64]:
    height, width = picture.shape[:2]
    values = DEFAULTS | {"detail": 140.0} | changed
    return depth.guide(picture, width, height, time, values)[..., 0].astype(float)


def test_what_comes_near_does_not_make_all_else_dark(made: Callable[..., Depth]) -> None:
    corner = (slice(0, 8), slice(130, 140))  # the brightest of the background
    for smoothing in (0.7, 0.0):
        depth = made()
        before = [drawn(depth, scene(), number / 25, smoothing=smoothing) for number in range(10)][-1]
        after = [drawn(depth, scene(250), 0.4 + number / 25, smoothing=smoothing) for number in range(3)]
        jump = abs(float((after[0] - before)[corner].mean()))
        assert (jump < 8) == (smoothing > 0), jump
        assert after[0].max() == 255


def test_black_and_white_follow_in_the_end(made: Callable[..., Depth]) -> None:
    depth, alone = made(), made()
    drawn(depth, scene(250), 0.0)
    for number in range(160):
        settled = drawn(depth, scene(), (number + 1) / 8)
    assert np.abs(settled - drawn(alone, scene(), 0.0, smoothing=0.0)).max() < 4


def test_how_fast_is_a_matter_of_seconds_not_of_pictures(made: Callable[..., Depth]) -> None:
    ends = []
    for rate in (5, 25):
        depth = made()
        drawn(depth, scene(250), 0.0)
        ends.append([drawn(depth, scene(), (number + 1) / rate) for number in range(2 * rate)][-1])
    assert np.abs(ends[0] - ends[1]).max() < 12
    assert np.abs(ends[0] - drawn(made(), scene(), 0.0)).max() > 20, "and it has a way to go still"


@pytest.mark.parametrize("change", ["cut", "pause", "back in time", "reset"])
def test_over_a_cut_nothing_is_followed(made: Callable[..., Depth], change: str) -> None:
    depth, other = made(), scene()[:, ::-1].copy() if change == "cut" else scene()
    for number in range(10):
        drawn(depth, scene(250), number / 25)
    if change == "reset":
        depth.reset()
    time = {"pause": 5.0, "back in time": 0.1}.get(change, 0.4)
    np.testing.assert_array_equal(drawn(depth, other, time), drawn(made(), other, 0.0))


def test_brighter_light_is_no_cut(made: Callable[..., Depth]) -> None:
    depth = made()
    for number in range(10):
        drawn(depth, scene(), number / 25)
    brighter = drawn(depth, scene() + np.uint8(60), 0.4)
    assert np.abs(brighter - drawn(made(), scene() + np.uint8(60), 0.0)).max() > 40


def test_a_still_noisy_camera_is_calm(made: Callable[..., Depth]) -> None:
    random = np.random.default_rng(0)
    noisy = [np.clip(scene() + random.normal(0, 4, (84, 140, 3)), 0, 255).astype(np.uint8) for _ in range(24)]
    changes = []
    for smoothing in (0.0, 0.7):
        depth = made()
        guides = [drawn(depth, picture, number / 25, smoothing=smoothing) for number, picture in enumerate(noisy)]
        changes.append(np.mean([np.abs(a - b).mean() for a, b in pairwise(guides[8:])]))
    assert changes[1] < 0.4 * changes[0]


@pytest.mark.parametrize(
    ("operations", "far"),
    [
        (("Log",), (slice(0, 8), slice(0, 40))),  # of what is darker than the mean of all pictures: NaN
        (("Exp", "Exp", "Exp"), (slice(28, 42), slice(28, 42))),  # of the object: infinite
    ],
    ids=["not a number", "infinite"],
)
def test_what_is_no_number_is_far_away(
    made: Callable[..., Depth], operations: tuple[str, ...], far: tuple[slice, slice]
) -> None:
    depth = made(*operations)
    for smoothing in (0.7, 0.0):
        guide = drawn(depth, scene(250), 0.0, smoothing=smoothing)
        assert (guide.min(), guide.max()) == (0, 255)
        assert (guide[far] == 0).all()


@pytest.mark.parametrize("picture", [np.zeros((30, 40, 3), np.uint8), np.full((1, 1, 3), 200, np.uint8)])
def test_a_picture_without_depth_is_black(made: Callable[..., Depth], picture: Pixels) -> None:
    for operations in ((), ("Log",)):
        depth = made(*operations)
        assert [drawn(depth, picture, time).max() for time in (0.0, 0.1)] == [0, 0]


def test_sixteen_bits_are_taken_too(made: Callable[..., Depth]) -> None:
    plain = drawn(made(), scene(), 0.0)
    half = drawn(made(kind=onnx.TensorProto.FLOAT16), scene(), 0.0)
    assert np.abs(plain - half).max() <= 1


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=2, max_size=4))
def test_any_size_may_follow_any_other(tmp_path_factory: pytest.TempPathFactory, sizes: list[tuple[int, int]]) -> None:
    folder = tmp_path_factory.mktemp("brightness")
    write_network(folder / MODELS[0])
    depth = Depth(folder)
    for number, (width, height) in enumerate(sizes):
        picture = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
        guide = depth.guide(picture, height, width, number / 25, DEFAULTS | {"detail": 112.0})
        assert guide.shape == (width, height, 3)
        assert guide.dtype == np.uint8


# -- files, packages, processors


def test_the_file_is_found_as_it_is_downloaded(tmp_path: Path) -> None:
    for name in reversed(MODELS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
        assert depth_model(tmp_path) == tmp_path / name


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ControlUnavailable, match=f"{MODELS[0]} was not found .* get .* into {tmp_path}") as caught:
        drawn(Depth(tmp_path), scene(), 0.0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (onnx.TensorProto.FLOAT, [1, 4, 14, 14]),
        (onnx.TensorProto.FLOAT, [3, 14]),
        (onnx.TensorProto.DOUBLE, [1, 3, 8, 8]),
    ],
)
def test_another_network_is_told_of(tmp_path: Path, kind: int, shape: list[int]) -> None:
    with pytest.raises(ControlUnavailable, match="is no depth network"):
        DepthNetwork(write_network(tmp_path / "other.onnx", kind=kind, shape=shape))


def test_a_damaged_file_is_told_of(tmp_path: Path) -> None:
    (tmp_path / MODELS[0]).write_bytes(b"no network")
    with pytest.raises(ControlUnavailable, match="put a sound copy there") as caught:
        drawn(Depth(tmp_path), scene(), 0.0)
    assert "\n" not in str(caught.value)


def test_without_onnxruntime_it_says_so(made: Callable[..., Depth], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ControlUnavailable, match="pip install onnxruntime=="):
        drawn(made(), scene(), 0.0)


def test_it_takes_one_thread_and_tells_nobody(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/task").iterdir()))
    network = DepthNetwork(write_network(tmp_path / "brightness.onnx"))
    network.disparity(scene(), 140)
    assert len(list(Path("/proc/self/task").iterdir())) == before
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_a_graphics_card_comes_first_and_the_processor_where_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    session = onnxruntime.InferenceSession

    def open_session(path: str, options: Any, providers: list[str]) -> Any:
        asked.append(providers)
        if "CUDAExecutionProvider" in providers:
            raise RuntimeError("no driver")
        return session(path, options, providers=providers)

    offered = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "InferenceSession", open_session)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: offered)
    network = DepthNetwork(write_network(tmp_path / "brightness.onnx"))
    assert asked == [["CUDAExecutionProvider", "CPUExecutionProvider"], ["CPUExecutionProvider"]]
    assert network.disparity(scene(), 140).shape == (84, 140)
