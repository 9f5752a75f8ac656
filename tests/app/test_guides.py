"""``controls`` as a person types it: guides beside the source, a contact sheet, and a sentence for what is missing."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from app.__main__ import main
from app.control_text import setting_text
from app.frame import Pixels
from app.outputs.contact_sheet import ContactSheet
from app.outputs.grid import Grid
from controls import hands, person
from controls.control import ControlSetting
from controls.layout import Box
from controls.stack import CONTROLS, Guide, Stack, parse_control
from tests.app.inputs.clips import write_clip

SIZE = (96, 64)
PICTURES = 8


def scene(number: int) -> Pixels:
    """A light square that moves over a dark ground with a bright stripe."""
    rgb = np.full((SIZE[1], SIZE[0], 3), (40, 30, 20), np.uint8)
    rgb[:, 80:] = (20, 160, 90)
    rgb[16:44, 4 * number + 8 : 4 * number + 40] = (220, 210, 190)
    return rgb


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the command runs in, with a film, a mask, and what is no film."""
    write_clip(tmp_path / "film.mp4", size=SIZE, pictures=[scene(number) for number in range(PICTURES)])
    left = np.zeros((64, 96), np.uint8)
    left[:, :48] = 255
    cv2.imwrite(str(tmp_path / "left.png"), left)
    (tmp_path / "broken.mp4").write_bytes(b"no video" * 100)
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def sheets(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str, tuple[str, ...]]]:
    """Rows, title and notes of each contact sheet that is drawn."""
    noted: list[tuple[list[str], str, tuple[str, ...]]] = []
    drawn = ContactSheet.drawn

    def note(sheet: ContactSheet, title: str, *lines: str) -> Pixels:
        noted.append((list(sheet._rows), title, lines))
        return drawn(sheet, title, *lines)

    monkeypatch.setattr(ContactSheet, "drawn", note)
    return noted


def film(path: str) -> list[Pixels]:
    with av.open(path) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def controls(*options: str) -> int:
    return main(["controls", "film.mp4", "-o", "out.mp4", *options])


def expected(*texts: str, boxes: tuple[Box, ...] = (), mask: Pixels | None = None) -> list[Pixels]:
    """What the film is to show: the stack's own guides of the film's own pictures."""
    settings = tuple(parse_control(text) for text in texts)
    stack, grids = Stack(), []
    names = ["source", *(setting.name for setting in settings), *(["mix"] if len(settings) > 1 else [])]
    grid = Grid(names, ["", *map(setting_text, settings), *([""] if len(settings) > 1 else [])], *SIZE)
    for number, rgb in enumerate(film("film.mp4")):
        guide = stack.guide(rgb, *SIZE, number / 25, settings, boxes, mask)
        cells = [rgb, *guide.parts.values(), *([guide.rgb] if len(settings) > 1 else [])]
        grids.append(grid.drawn(cells))
    return grids


def assert_alike(shown: list[Pixels], wanted: list[Pixels]) -> None:
    assert [rgb.shape for rgb in shown] == [rgb.shape for rgb in wanted]
    for a, b in zip(shown, wanted, strict=True):
        assert np.abs(a.astype(int) - b).mean() < 3, "but for what H.264 does to it"


def test_guides_stand_beside_the_source(files: Path, sheets: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert controls("--control", "edge,thickness=2,smoothing=0", "--control", "gray=0.5,mix=add") == 0
    assert_alike(film("out.mp4"), expected("edge,thickness=2,smoothing=0", "gray=0.5,mix=add"))
    ((rows, title, notes),) = sheets
    assert rows == ["source", "edge", "gray", "mix"]
    assert title.startswith("film.mp4")
    assert notes == ("96x64: edge thickness 2, smoothing 0; gray weight 0.5, mix add",)
    assert Path("out.png").exists()
    assert capsys.readouterr().out == "8 pictures are in out.mp4, a contact sheet beside it in out.png.\n"


def test_one_control_has_no_mix_unless_it_is_wanted(files: Path, sheets: Any) -> None:
    assert controls("--control", "gray", "--seconds", "0.2", "--sheet", "guides.png") == 0
    assert_alike(film("out.mp4"), expected("gray")[:5])
    assert sheets[0][0] == ["source", "gray"]
    assert Path("guides.png").exists()
    assert not Path("out.png").exists()
    assert controls("--control", "gray", "--mix") == 0
    assert controls("--control", "gray", "--control", "edge", "--no-mix") == 0
    assert [rows for rows, *_ in sheets[1:]] == [["source", "gray", "mix"], ["source", "gray", "edge"]]


def test_size_boxes_and_mask_reach_the_guides(files: Path, sheets: Any) -> None:
    assert controls("--control", "gray", "--box", "0.1,0.1,0.6,0.8") == 0
    assert sheets[-1][0] == ["source", "gray", "layout", "mix"]
    assert_alike(film("out.mp4"), expected("gray", "layout", boxes=(Box((0.1, 0.1, 0.6, 0.8)),)))
    assert controls("--control", "passthrough,region=mask", "--control", "edge", "--mask", "left.png") == 0
    mask = cv2.imread("left.png", cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    assert_alike(film("out.mp4"), expected("passthrough,region=mask", "edge", mask=np.asarray(mask, np.uint8)))
    assert controls("--control", "gray", "--size", "48x40") == 0
    assert film("out.mp4")[0].shape[1::-1] == Grid(["source", "gray"], ["", ""], 48, 40).size


def test_without_a_name_all_that_run_here_are_shown_and_the_others_told(
    files: Path, sheets: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VACE_LIVE_MODELS", str(files / "models"))
    few = {name: CONTROLS[name] for name in ("edge", "depth", "flow", "layout")}
    monkeypatch.setattr("app.guides.CONTROLS", few)
    assert controls() == 0
    assert sheets[0][0] == ["source", "edge", "flow"], "boxes are nobody's wish, and a mix of all tells nothing"
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("! ")
    assert "epth" in told
    # The guide without the one that is missing is what the others give without it: flow's paper stays white.
    assert controls("--control", "depth", "--control", "flow", "--models", "models") == 0
    assert_alike(film("out.mp4"), expected("flow"))


def test_where_none_runs_nothing_is_written(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VACE_LIVE_MODELS", str(files / "models"))
    before = set(files.iterdir())
    assert controls("--control", "depth") == 1
    assert "epth" in capsys.readouterr().err
    assert set(files.iterdir()) == before


def test_a_control_that_draws_less_is_told_and_drawn(
    files: Path, sheets: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "models" / hands.MODEL).write_bytes(b"no model")
    (files / "models" / person.MODEL).write_bytes(b"no model")
    assert controls("--control", "pose,hands=1", "--models", "models") == 0
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("! Pose draws no hands.")
    assert controls("--control", "gray,region=person", "--models", "models") == 0
    (told,) = capsys.readouterr().err.splitlines()
    assert person.MODEL in told
    assert [rows for rows, *_ in sheets] == [["source", "pose"], ["source", "gray"]]
    assert len(film("out.mp4")) == PICTURES


def test_a_control_that_fails_on_the_way_is_told_and_the_film_goes_on(
    files: Path, sheets: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guide, calls = CONTROLS["gray"].make(None).guide, 0

    def fails(*arguments: Any) -> Pixels:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise ZeroDivisionError("oh")
        return guide(*arguments)

    monkeypatch.setattr("controls.gray.Gray.guide", lambda control, *arguments: fails(*arguments))
    assert controls("--control", "edge", "--control", "gray") == 0
    assert len(film("out.mp4")) == PICTURES
    assert sheets[0][0] == ["source", "edge", "gray", "mix"]
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no polite kill")
@pytest.mark.parametrize(("times", "kept"), [(1, 5), (2, 4)])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_what_is_done(
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    times: int,
    kept: int,
    number: signal.Signals,
) -> None:
    """Asked once, the picture in work is finished; asked again, it is not waited for."""
    guide, calls, before = Stack.guide, 0, signal.getsignal(number)

    def stopped(stack: Stack, *arguments: Any) -> Guide:
        nonlocal calls
        calls += 1
        if calls == 5:
            for _ in range(times):
                signal.raise_signal(number)
        return guide(stack, *arguments)

    monkeypatch.setattr(Stack, "guide", stopped)
    assert controls("--control", "edge") == 130
    assert capsys.readouterr().err == "Stopped; what was drawn until then is kept.\n"
    assert len(film("out.mp4")) == kept
    assert Path("out.png").exists()
    assert not Path("out.part.mp4").exists()
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("code", "arguments", "words"),
    [
        (1, ["gone.mp4", "-o", "out.mp4"], "no file gone.mp4"),
        (1, ["broken.mp4", "-o", "out.mp4"], "broken.mp4"),
        (2, ["film.mp4", "-o", "out.avi"], "not an MP4"),
        (2, ["film.mp4", "-o", "sub/out.mp4"], "no folder"),
        (1, ["film.mp4", "-o", "film.mp4"], "source itself"),
        (1, ["film.mp4", "-o", "left.mp4", "--mask", "left.png"], "would be lost"),
        (2, ["film.mp4"], "-o/--output"),
        (2, ["testcard@64x48", "-o", "out.mp4"], "never ends"),
        (2, ["film.mp4", "-o", "out.mp4", "--control", "egde"], "did you mean 'edge'"),
        (2, ["film.mp4", "-o", "out.mp4", "--control", "edge,fat=1"], "edge has no setting 'fat'"),
        (2, ["film.mp4", "-o", "out.mp4", "--control", "gray", "--control", "gray"], "gray is named twice"),
        (2, ["film.mp4", "-o", "out.mp4", "--size", "8x8"], "sides of 16 to 4096"),
        (2, ["film.mp4", "-o", "out.mp4", "--size", "big"], "not of the form"),
        (2, ["film.mp4", "-o", "out.mp4", "--models", "nowhere"], "nowhere"),
        (2, ["film.mp4", "-o", "out.mp4", "--box", "1,2"], "box"),
        (1, ["film.mp4", "-o", "out.mp4", "--mask", "gone.png"], "gone.png"),
        (2, ["film.mp4", "-o", "out.mp4", "--seconds", "0"], "above 0"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    files: Path, capsys: pytest.CaptureFixture[str], code: int, arguments: list[str], words: str
) -> None:
    before = {path: path.stat().st_mtime_ns for path in files.iterdir()}
    assert main(["controls", *arguments]) == code
    (sentence,) = capsys.readouterr().err.strip().splitlines()
    assert words in sentence
    assert {path: path.stat().st_mtime_ns for path in files.iterdir()} == before


def test_a_setting_reads_as_what_differs() -> None:
    assert setting_text(ControlSetting("edge")) == ""
    assert setting_text(parse_control("edge")) == ""
    text = setting_text(parse_control("edge=0.5,thickness=2,mix=screen,region=person,every=3"))
    assert text == "weight 0.5, thickness 2, mix screen, region person, every 3"
