"""Every mode of the engine as an option of both commands: it reaches the engine's seam, and it changes the pictures."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.__main__ import main
from app.expand import Expand, source_area
from app.frame import Pixels
from app.look import Look, Setup, SourceChoice
from app.mask_shape import MaskShape
from app.options import add_common, wished
from app.outputs.contact_sheet import ContactSheet
from app.pictures import load_mask, load_picture
from app.rig import Rig
from app.show import Show
from controls.layout import Box, Leg
from engine.catalog import Model
from engine.config import STARTER
from engine.params import EMPTY_GUIDE, ControlChunk, EngineChoice, Lora, Params, WeightedPrompt
from tests.app.inputs.clips import number_of, numbered, write_clip
from tests.fakes import Witness
from tests.tiny import tiny_model

PICTURES = 12
"""One, two chunks of four, and three of the last: the tiny network's chunks are one latent frame."""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a film, pictures and masks, in which the commands run."""
    write_clip(tmp_path / "film.mp4", PICTURES, size=(96, 64))
    pictures = np.random.default_rng(0).integers(0, 256, (3, 8, 12, 3), np.uint8)
    for name, small in zip(("a.png", "b.png", "c.png"), pictures, strict=True):
        cv2.imwrite(str(tmp_path / name), cv2.resize(small, (96, 64), interpolation=cv2.INTER_CUBIC))
    left = np.zeros((64, 96), np.uint8)
    left[:, :48] = 255
    cv2.imwrite(str(tmp_path / "left.png"), left)
    (tmp_path / "style.safetensors").write_bytes(b"the engine reads it, the app only names it")
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@cache
def one_model() -> Model:
    """Made once: a model is not changed by what it paints."""
    return tiny_model()


Steps = list[tuple[ControlChunk, Params]]
Rendered = Callable[..., tuple[Steps, list[EngineChoice]]]


@pytest.fixture
def seam(files: Path, monkeypatch: pytest.MonkeyPatch) -> Rendered:
    """What ``render`` hands to the engine, and the engines it asks for."""

    def render(*options: str) -> tuple[Steps, list[EngineChoice]]:
        witness, choices = Witness(), list[EngineChoice]()

        def make_host(choice: EngineChoice, reserved_cores: int) -> Any:
            choices.append(choice)
            return witness.make_host(choice)

        monkeypatch.setattr("app.render.EngineHost", make_host)
        monkeypatch.setattr("tests.fakes.tiny_model", one_model)
        common = ["--size", "48x32", "--steps", "1", "--report", "report.json"]
        assert main(["render", "film.mp4", "-o", "out.mp4", *common, *options]) == 0
        return witness.steps, choices

    return render


@pytest.fixture
def live(files: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Look, Setup]]:
    """Look and setup that ``live`` begins with."""

    def wished(*options: str) -> tuple[Look, Setup]:
        begun: list[tuple[Look, Setup]] = []

        def begin(look: Look, setup: Setup, *rest: Any) -> int:
            begun.append((look, setup))
            return 0

        monkeypatch.setattr("app.live.run_headless", begin)
        assert main(["live", "--headless", "--source", "film.mp4", *options]) == 0
        return begun[0]

    return wished


def style(strength: float) -> Lora:
    return Lora(str(Path("style.safetensors").absolute()), strength)


PARAMS: list[tuple[list[str], Callable[[], dict[str, Any]]]] = [
    ([], dict),
    (["--prompt", ""], lambda: {"prompt": ""}),
    (["--prompt", "ink", "--prompt-weight", "2.5"], lambda: {"prompt": "ink", "prompt_weight": 2.5}),
    (["--also", "ice=0.5"], lambda: {"more_prompts": (WeightedPrompt("ice", 0.5),)}),
    (
        ["--also", "x = y", "--also", "a=b=3"],
        lambda: {"more_prompts": (WeightedPrompt("x = y", 1.0), WeightedPrompt("a=b", 3.0))},
    ),
    (["--blend", "spherical"], lambda: {"blend": "spherical"}),
    (["--morph-chunks", "3"], lambda: {"morph_chunks": 3}),
    (["--prompt-change", "keep"], lambda: {"prompt_change": "keep"}),
    (["--past", "0.5"], lambda: {"past": 0.5}),
    (["--strength", "0.4"], lambda: {"strength": 0.4}),
    (["--no-composite"], lambda: {"composite": False}),
    (["--reference", "a.png"], lambda: {"references": (load_picture(Path("a.png")),)}),
    (
        ["--reference", "a.png", "--reference", "b.png", "--reference-mode", "aligned"],
        lambda: {
            "references": (load_picture(Path("a.png")), load_picture(Path("b.png"))),
            "reference_mode": "aligned",
        },
    ),
    (["--first-frame", "a.png"], lambda: {"first_frame": load_picture(Path("a.png"))}),
    (["--lora", "style.safetensors"], lambda: {"loras": (style(1.0),)}),
    (
        ["--lora", "style.safetensors=-0.5", "--lora", "style.safetensors=2"],
        lambda: {"loras": (style(-0.5), style(2.0))},
    ),
]


@pytest.fixture(params=PARAMS, ids=[" ".join(options) for options, _ in PARAMS])
def params_option(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_an_option_reaches_every_chunk_of_a_rendering(seam: Rendered, params_option: Any) -> None:
    options, fields = params_option
    # What the engine makes of a file is its own affair; a LoRA file that it cannot read costs only that wish.
    steps, _ = seam(*options)
    assert len(steps) == 4
    for _, params in steps:
        assert params == replace(Look().params, **{"steps": 1} | fields())


def test_an_option_reaches_the_live_look(live: Callable[..., tuple[Look, Setup]], params_option: Any) -> None:
    options, fields = params_option
    look, _ = live(*options)
    assert look.params == replace(Look().params, **fields())


ENGINES: dict[str, dict[str, Any]] = {
    "--autoencoder wan": {"autoencoder": "wan"},
    "--precision fp8": {"precision": "fp8"},
    "--offload": {"offload": True},
    "--compatibility reference": {"compatibility": "reference"},
    "--acceleration graphs": {"acceleration": "graphs"},
    "--models models": {"folder": "{folder}"},
}


@pytest.mark.parametrize("options", ENGINES)
def test_the_engine_is_chosen_by_both_commands(
    seam: Rendered, live: Callable[..., tuple[Look, Setup]], files: Path, options: str
) -> None:
    fields: dict[str, Any] = {
        name: str(files / "models") if value == "{folder}" else value for name, value in ENGINES[options].items()
    }
    _, choices = seam(*options.split())
    assert choices == [replace(EngineChoice(width=48, height=32), **fields)]
    _, setup = live(*options.split())
    assert setup.engine == replace(EngineChoice(), **fields)
    assert setup.model_folder == fields.get("folder", "")


def test_a_size_changes_nothing_else_of_the_engine(live: Callable[..., tuple[Look, Setup]]) -> None:
    _, setup = live("--size", "64x48", "--precision", "fp8")
    assert setup.engine == EngineChoice(width=64, height=48, precision="fp8")


def test_the_live_look_holds_mask_expansion_and_boxes(live: Callable[..., tuple[Look, Setup]]) -> None:
    look, _ = live("--mask", "left.png", "--invert-mask", "--expand", "0.5,0,0.25,0", "--box", "0,0,0.5,1:0.5,0,1,1@2")
    assert look.mask == load_mask(Path("left.png"))
    assert look.invert_mask
    assert look.expand == Expand(0.5, 0.0, 0.25, 0.0)
    assert look.layout == (Box((0.0, 0.0, 0.5, 1.0), (Leg((0.5, 0.0, 1.0, 1.0), 2.0),)),)
    assert [(control.name, control.on) for control in look.controls] == [
        ("edge", True),
        ("pose", False),
        ("layout", True),
    ]


def test_people_are_a_mask_for_both_commands(live: Callable[..., tuple[Look, Setup]], seam: Rendered) -> None:
    look, _ = live("--mask", "person", "--invert-mask")
    assert (look.mask, look.repainted, look.invert_mask) == (None, "background", False)
    look, _ = live("--mask", "left.png", "--mask", "person")
    assert (look.mask, look.repainted, look.mask_join) == (load_mask(Path("left.png")), "person", "both")
    look, _ = live("--mask", "left.png", "--mask", "person", "--invert-mask", "--mask-join", "either")
    assert (look.repainted, look.invert_mask, look.mask_join) == ("background", True, "either")
    look, _ = live("--mask-grow", "-3", "--mask-feather", "12")
    assert look.mask_shape == MaskShape(-3, 12)
    for chunk, _ in seam("--mask", "person")[0]:
        assert chunk.mask is not None
        assert not chunk.mask.any(), "there is nobody in that film"
    for chunk, _ in seam("--mask", "person", "--invert-mask")[0]:
        assert chunk.mask is not None
        assert (chunk.mask == 255).all()


def test_none_takes_away_what_earlier_runs_have_kept(
    live: Callable[..., tuple[Look, Setup]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = ["--mask", "left.png", "--reference", "a.png", "--first-frame", "a.png", "--last-frame", "b.png"]
    others = ["--lora", "style.safetensors", "--also", "ice", "--box", "0,0,1,1", "--expand", "0.5,0,0.5,0"]
    kept, setup = live(*pictures, "--mask", "person", *others)
    assert kept.params.last_frame == load_picture(Path("b.png"))
    monkeypatch.setattr("app.live.starting_values", lambda state, fresh: (kept, setup, ""))
    look, _ = live()
    assert look == kept, "what is not given stays"
    options = ("--mask", "--reference", "--first-frame", "--last-frame", "--lora", "--also", "--box", "--expand")
    look, _ = live(*(word for option in options for word in (option, "none")))
    assert look == Look()


def test_a_mask_reaches_the_engine(seam: Rendered) -> None:
    for options, repainted in ((["--mask", "left.png"], "left"), (["--mask", "left.png", "--invert-mask"], "right")):
        for chunk, _ in seam(*options)[0]:
            assert chunk.mask is not None
            left, right = chunk.mask[..., :24], chunk.mask[..., 24:]
            assert (left == (255 if repainted == "left" else 0)).all()
            assert (right == (0 if repainted == "left" else 255)).all()
    assert all(chunk.mask is None for chunk, _ in seam()[0])


def test_a_film_of_masks_runs_beside_the_source_and_its_last_picture_stays(seam: Rendered, files: Path) -> None:
    film = [np.where(numbered(20 + i, 96, 64) > 125, 255, 0).astype(np.uint8) for i in range(7)]
    write_clip(files / "masks.mp4", pictures=film, size=(96, 64))
    steps, _ = seam("--mask", "masks.mp4")
    masks = [mask for chunk, _ in steps for mask in chunk.mask][:PICTURES]  # type: ignore[union-attr]
    seen = [number_of(np.repeat(mask[..., None], 3, axis=2)) for mask in masks]
    assert seen == [20, 21, 22, 23, 24, 25, 26, 26, 26, 26, 26, 26]
    assert "masks.mp4" in json.loads((files / "report.json").read_text())["asked"]["mask"]


def test_an_expansion_reaches_the_engine(seam: Rendered) -> None:
    area = source_area(Expand(0.5, 0.5, 0.5, 0.5), 48, 32)
    seen: list[int] = []
    for chunk, _ in seam("--expand", "0.5,0.5,0.5,0.5")[0]:
        assert chunk.mask is not None
        assert (chunk.mask == 0).sum() == chunk.mask.shape[0] * area.width * area.height
        for mask, source, guide in zip(chunk.mask, chunk.source, chunk.guide, strict=True):
            assert (mask[area.slices] == 0).all()
            assert (source[mask > 0] == EMPTY_GUIDE).all()
            assert (guide[mask > 0] == EMPTY_GUIDE).all()
            seen.append(number_of(source[area.slices]))
    assert seen[:PICTURES] == list(range(PICTURES)), "the source, and the right one of its pictures"


def test_controls_by_name_and_boxes_reach_the_guide(seam: Rendered) -> None:
    (first, _), *_ = seam("--control", "none", "--box", "0.25,0.25,0.75,0.75")[0]
    assert (first.guide[0, 8, 24] == 0).all(), "black on white, as it is drawn alone"
    assert (first.guide[0, 0] == 255).all()
    (first, _), *_ = seam("--control", "gray")[0]
    assert (first.guide == first.guide[..., :1]).all()
    assert np.abs(first.guide.astype(int) - first.source).max() <= 2, "the film is grey already"
    (first, _), *_ = seam("--control", "layout=0.5", "--box", "0.25,0.25,0.75,0.75")[0]
    assert (first.guide[0, 8, 24] == 127).all(), "its weight is kept"


def test_a_box_moves_with_the_film(seam: Rendered) -> None:
    steps, _ = seam("--control", "none", "--box", "0,0,0.25,1:0.75,0,1,1@0.44")
    columns = [int(np.flatnonzero(guide[16, :, 0] == 0)[0]) for chunk, _ in steps for guide in chunk.guide]
    assert columns[:PICTURES] == [round(0.75 * 48 * min(1.0, i / 11)) for i in range(PICTURES)]


def test_a_last_frame_is_asked_of_the_last_chunk_alone(seam: Rendered, files: Path) -> None:
    steps, _ = seam("--last-frame", "b.png", "--first-frame", "a.png")
    assert [params.last_frame is not None for _, params in steps] == [False, False, False, True]
    assert steps[-1][1].last_frame == load_picture(Path("b.png"))
    assert {params.first_frame for _, params in steps} == {load_picture(Path("a.png"))}
    assert [number_of(picture) for picture in steps[-1][0].source] == [9, 9, 10, 11]
    assert len(pictures_of(files / "out.mp4")) == PICTURES


def test_a_last_chunk_that_is_not_full_is_filled_up_and_still_ends_on_the_last_picture(
    files: Path, seam: Rendered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures of the engine that carry their place in the chunk: which of them come out?"""
    ends: list[list[int]] = []
    from app.render import Painter

    paint = Painter.paint

    def marked(painter: Painter, frames: Any) -> Any:
        step = painter._host.step

        def mark(chunk: ControlChunk, params: Params) -> Any:
            pictures = step(chunk, params).copy()
            for place, picture in enumerate(pictures):
                picture[:] = place
            return pictures

        painter._host.step = mark  # type: ignore[method-assign]
        painted = list(paint(painter, frames))
        ends.append([int(one.rgb[0, 0, 0]) for one in painted][-3:])
        return iter(painted)

    monkeypatch.setattr(Painter, "paint", marked)
    seam()
    seam("--last-frame", "b.png")
    assert ends == [[0, 1, 2], [1, 2, 3]]


def test_the_report_says_what_was_asked(seam: Rendered, files: Path) -> None:
    seam("--mask", "left.png", "--reference", "a.png", "--expand", "0.5,0,0,0", "--strength", "0.5", "--box", "0,0,1,1")
    asked = json.loads((files / "report.json").read_text())["asked"]
    assert asked["mask"] == load_mask(Path("left.png")).digest
    assert asked["references"] == [load_picture(Path("a.png")).digest]
    assert asked["expand"] == {"left": 0.5, "top": 0.0, "right": 0.0, "bottom": 0.0}
    assert asked["strength"] == 0.5
    assert asked["layout"] == [{"start": [0.0, 0.0, 1.0, 1.0], "way": []}]
    assert asked["engine"]["autoencoder"] == "tiny"
    seam()
    assert json.loads((files / "report.json").read_text())["asked"]["mask"] is None


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([], None),
        (["--mask", "film.mp4", "--invert-mask", "--no-composite"], "mask, inverted, no composite"),
        (["--mask", "person", "--mask", "left.png"], "mask, people intersected"),
        (["--expand", "0.5,0,0,0", "--box", "0,0,1,1", "--strength", "0.5"], "expand, 1 box, strength 0.50"),
        (
            ["--reference", "a.png", "--reference", "b.png", "--reference-mode", "aligned", "--last-frame", "b.png"],
            "2 references (beside), last frame",
        ),
        (["--first-frame", "a.png", "--also", "ice=0.5"], "first frame, 1 more prompt (linear)"),
        (["--lora", "style.safetensors"], "1 LoRA"),
    ],
)
def test_the_contact_sheet_names_the_modes(
    seam: Rendered, monkeypatch: pytest.MonkeyPatch, options: list[str], named: str | None
) -> None:
    notes: list[str] = []
    drawn = ContactSheet.drawn

    def noted(sheet: ContactSheet, title: str, *lines: str) -> Pixels:
        notes.extend(lines)
        return drawn(sheet, title, *lines)

    monkeypatch.setattr(ContactSheet, "drawn", noted)
    seam(*options)
    assert notes[0].endswith(f'"{Look().params.prompt}"')
    assert notes[1:] == ([] if named is None else [named])


def fails(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    assert main(arguments) in (1, 2)
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].endswith(".")
    return lines[0]


@pytest.mark.parametrize("command", [["render", "film.mp4", "-o", "out.mp4"], ["live", "--headless"]])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--mask", "gone.png"], "gone.png"),
        (["--mask", "camera"], "camera"),
        (["--mask", "left.png", "--mask", "a.png"], "one file"),
        (["--mask", "style.safetensors"], "style.safetensors"),
        (["--reference", "gone.png"], "gone.png"),
        (["--reference", "style.safetensors"], "style.safetensors"),
        (["--first-frame", "models"], "folder"),
        (["--last-frame", "gone.png"], "gone.png"),
        ([word for name in "abca" for word in ("--reference", f"{name}.png")], "references is 4, expected 0 to 3"),
        (["--strength", "0"], "strength is 0.0, expected 0.05 to 1"),
        (["--expand", "1,2"], "expansion"),
        (["--expand", "0,0,0,1.5"], "fractions"),
        (["--box", "0,0,1"], "box"),
        (["--box", "1,0,0,1"], "the box 1,0,0,1 has wrong sides"),
        (["--box", "1.5,0,2,1"], "the box 1.5,0,2,1 never touches the picture"),
        (["--also", "ice=-1"], "weight"),
        (["--lora", "gone.safetensors=1"], "gone.safetensors"),
        (["--lora", "style.safetensors=9"], "-2.0 to 2.0"),
        (["--past", "0"], "past"),
        (["--morph-chunks", "-1"], "morph_chunks"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    files: Path, capsys: pytest.CaptureFixture[str], command: list[str], options: list[str], words: str
) -> None:
    before = set(files.iterdir())
    assert words in fails(capsys, [*command, *options])
    assert set(files.iterdir()) == before


@pytest.mark.parametrize(
    ("out", "options"),
    [
        ("left.mp4", ["--mask", "left.png"]),  # its contact sheet would be left.png
        ("out.mp4", ["--reference", "b.png", "--reference", "a.png", "--sheet", "a.png"]),
        ("masks.mp4", ["--mask", "masks.mp4"]),
        ("out.mp4", ["--first-frame", "a.png", "--report", "a.png"]),
        ("film.mp4", []),
    ],
)
def test_no_file_that_is_read_is_written_over(
    files: Path, capsys: pytest.CaptureFixture[str], out: str, options: list[str]
) -> None:
    write_clip(files / "masks.mp4", 3)
    before = {path: path.read_bytes() for path in files.iterdir() if path.is_file()}
    assert "would be lost" in fails(capsys, ["render", "film.mp4", "-o", out, *options])
    assert {path: path.read_bytes() for path in files.iterdir() if path.is_file()} == before


def test_a_film_of_masks_is_for_rendering(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "render" in fails(capsys, ["live", "--headless", "--mask", "film.mp4"])


# -- while the show runs


def test_every_mode_is_a_live_setting(qtbot: QtBot, files: Path) -> None:
    witness = Witness()
    film = SourceChoice("testcard", width=96, height=64, rate=60)
    show = Show(Look(Params(steps=1), ()), Setup(source=film, engine=EngineChoice("tiny", 48, 32)))
    rig = Rig(show, witness.make_host)

    def seen(arrived: Callable[[ControlChunk, Params], bool]) -> None:
        qtbot.waitUntil(lambda: bool(witness.steps) and arrived(*witness.steps[-1]), timeout=60_000)

    rig.start()
    try:
        seen(lambda chunk, params: chunk.mask is None and bool((chunk.guide == EMPTY_GUIDE).all()))
        show.set_mask(load_mask(Path("left.png")))
        seen(lambda chunk, params: chunk.mask is not None and bool((chunk.mask[:, :, :24] == 255).all()))
        show.set_mask(None)
        show.set_expand(Expand(0.5, 0.5, 0.5, 0.5))
        seen(lambda chunk, params: chunk.mask is not None and bool((chunk.source[chunk.mask == 255] == 128).all()))
        show.set_expand(Expand())
        seen(lambda chunk, params: chunk.mask is None)
        show.set_layout((Box((0.25, 0.25, 0.75, 0.75)),))
        seen(lambda chunk, params: bool((chunk.guide[:, 0] == 255).all() and (chunk.guide[:, 8, 24] == 0).all()))
        show.set_layout(())
        seen(lambda chunk, params: bool((chunk.guide == EMPTY_GUIDE).all()))
        picture = load_picture(Path("a.png"))
        show.set_params(references=(picture,), first_frame=picture, last_frame=picture, strength=0.5, past=0.5)
        seen(lambda chunk, params: params == show.look.params)
        show.soft_cut()
        seen(lambda chunk, params: params.soft_cut == 1)
    finally:
        rig.stop()


# -- what is painted


Paint = Callable[..., np.ndarray]


def pictures_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b).mean())


@pytest.fixture
def painted(seam: Rendered) -> Paint:
    """The film that ``render`` makes with the tiny network, as pictures."""

    def paint(options: str) -> np.ndarray:
        if options not in FILMS:
            seam("--prompt", "ink", *options.split())
            FILMS[options] = pictures_of(Path("out.mp4"))
        return FILMS[options]

    return paint


FILMS: dict[str, np.ndarray] = {}
"""By their options: equal options and files give equal films."""


ALSO, BOX, MASK, REFERENCE = "--also lava=1", "--box 0.2,0.2,0.8,0.8", "--mask left.png", "--reference a.png"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("", option) for option in (ALSO, BOX, MASK, REFERENCE, "--control gray", "--expand 0.5,0,0.5,0")],
        *[("", option) for option in ("--first-frame a.png", "--last-frame a.png", "--strength 0.3", "--past 0.02")],
        (ALSO, "--also lava=0.2"),
        (ALSO, f"{ALSO} --prompt-weight 0.2"),
        (ALSO, f"{ALSO} --blend spherical"),
        (BOX, f"{BOX}:0,0,1,1@0.1"),
        (MASK, f"{MASK} --invert-mask"),
        (MASK, f"{MASK} --no-composite"),
        (MASK, "--mask film.mp4"),
        (REFERENCE, "--reference b.png"),
        (REFERENCE, f"{REFERENCE} --reference b.png"),
        (REFERENCE, f"{REFERENCE} --reference-mode aligned"),
        (REFERENCE, f"{REFERENCE} --reference-mode reference"),
        (f"{REFERENCE} --reference-mode aligned", f"{REFERENCE} --reference-mode reference"),
        ("--expand 0.5,0,0.5,0", "--expand 0,0,1,0"),
    ],
)
def test_an_option_changes_the_pictures(painted: Paint, one: str, other: str) -> None:
    assert difference(painted(one), painted(other)) > 0.05


CODEC = 6.0
"""Grey levels, on average, that a picture may lose to the MP4's colour planes and quantiser."""


def rendered(*options: str) -> np.ndarray:
    """The film that ``render`` makes with the bundled model."""
    common = ["--size", "128x96", "--steps", "1", "--seconds", "0.2"]
    assert main(["render", "film.mp4", "-o", "out.mp4", *common, *options]) == 0
    return pictures_of(Path("out.mp4"))


def source(width: int, height: int) -> np.ndarray:
    """The film as it is framed for the engine."""
    return np.stack([numbered(i, width, height) for i in range(5)])


def test_what_a_mask_keeps_is_the_source(files: Path) -> None:
    pictures, film = rendered("--mask", "left.png"), source(128, 96)
    assert difference(pictures[:, :, 68:], film[:, :, 68:]) < CODEC
    assert difference(pictures[:, :, :60], film[:, :, :60]) > 2 * CODEC, "and the rest is repainted"


def test_what_is_painted_on_lies_around_the_source(files: Path) -> None:
    pictures = rendered("--expand", "0.5,0.5,0.5,0.5")
    area = source_area(Expand(0.5, 0.5, 0.5, 0.5), 128, 96, aspect=96 / 64)
    whole, inner = source(area.width, area.height), np.s_[:, 2:-2, 2:-2]
    assert difference(pictures[:, *area.slices][inner], whole[inner]) < CODEC
    assert pictures[:, :20].std() > 2, "and around it is no plain grey"


def test_any_of_the_modes_go_together(files: Path) -> None:
    structure = ["--control", "gray", "--control", "edge=0.5", "--box", "0,0,0.5,1:0.5,0,1,1@2", "--strength", "0.7"]
    kept = ["--mask", "film.mp4", "--expand", "0.25,0.25,0.25,0.25", "--first-frame", "a.png", "--last-frame", "b.png"]
    words = ["--prompt", "ink", "--also", "lava=0.5", "--blend", "spherical", "--past", "0.5"]
    assert len(rendered(*structure, *kept, *words, "--reference", "b.png", "--reference", "c.png")) == 5


@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        ([], STARTER.rollout.steps),
        (["--model", "longlive-1.3b"], 4),
        (["--model", "longlive-1.3b", "--steps", "3"], 3),
        (["--model", "starter"], STARTER.rollout.steps),
        (["--steps", "5"], 5),
    ],
)
def test_steps_are_the_models_own_unless_they_are_given(arguments: list[str], steps: int) -> None:
    parser = argparse.ArgumentParser()
    add_common(parser)
    look, _ = wished(parser.parse_args(arguments), Look(), Setup())
    assert look.params.steps == steps
