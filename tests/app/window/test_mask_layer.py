"""The mask on the canvas: it lies where it acts, and what is drawn of it in part is what would be drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.expand import Expand
from app.frame import Frame, Pixels
from app.framing import Framing
from app.look import Look, Setup
from app.mask_painting import Rect
from app.mask_shape import MaskShape
from app.preprocessor import Preprocessor
from app.show import Show
from app.status import Thumbnails
from app.window.canvas import Canvas
from app.window.main_window import MainWindow
from app.window.mask_editor import LONGEST_SIDE, PAINTED_SIDE
from app.window.mask_overlay import MaskOverlay
from controls.layout import Box
from engine.params import EngineChoice, Picture
from tests.app.window.hands import NO_KEY, turn_wheel
from tests.app.window.rig import StillRig, plain
from tests.app.window.test_canvas import ENGINE, SOURCE, arrive, at, drag, middle_of
from tests.app.window.test_picture import colour_at


@pytest.fixture
def canvas(window: MainWindow, rig: StillRig) -> Canvas:
    arrive(window, rig)
    return window.program.preview


def acting(show: Show) -> Pixels:
    """The mask as the engine is handed it."""
    setup = Setup(engine=EngineChoice("starter", *ENGINE), framing=show.setup.framing)
    frame = Preprocessor().guided(Frame(np.zeros((*SOURCE[::-1], 3), np.uint8), 0.0), show.look, setup, 0)[0]
    assert frame.mask is not None
    return frame.mask


def seen(canvas: Canvas) -> tuple[float, float]:
    """Where the tint lies, as fractions of the engine's canvas."""
    rgb = pixels_of(canvas.grab().toImage())
    y, x = np.nonzero((rgb[..., 0] > 80) & (rgb[..., 2] > 80) & (rgb[..., 1] < 80))
    rect = canvas.placing(*ENGINE)[1]
    return (x.mean() + 0.5 - rect.x()) / rect.width(), (y.mean() + 0.5 - rect.y()) / rect.height()


@pytest.mark.parametrize(
    ("framing", "expand"),
    [
        (Framing(), Expand()),
        (Framing(fit="fit"), Expand()),
        (Framing(fit="stretch", mirror=True), Expand()),
        (Framing(rotate=90, crop=(0.1, 0.0, 0.0, 0.2)), Expand()),
        (Framing(), Expand(0.5, 0.0, 0.25, 0.25)),
    ],
    ids=["fill", "fit", "stretch", "turned", "expanded"],
)
@pytest.mark.parametrize("size", [(720, 720), (240, 960), (1280, 720)], ids=["square", "tall", "the source's"])
def test_a_mask_of_any_aspect_is_drawn_where_it_acts_and_painted_on_there(
    window: MainWindow, canvas: Canvas, show: Show, framing: Framing, expand: Expand, size: tuple[int, int]
) -> None:
    width, height = size
    y, x = np.mgrid[:height, :width]
    spot = np.hypot((x + 0.5) / width - 0.46, (y + 0.5) / height - 0.52) < 0.05
    show.set_look(Look(controls=(), expand=expand, mask=Picture(spot * np.uint8(255))))
    show.set_setup(framing=framing)
    window.program.bar.show_("mask")
    canvas.look()
    before = np.where(border(show), np.uint8(0), acting(show))
    acts = middle_of(before)
    assert seen(canvas) == pytest.approx(acts, abs=0.01)
    window.editor.choose("brush")
    window.editor.set_brush(size=20)
    drag(canvas, (0.6, 0.3))
    assert window.editor.pixels.shape == (720, 1280), "it has become the source's"
    after = np.where(border(show), np.uint8(0), acting(show))
    right_above = np.zeros(after.shape, bool)
    right_above[: round(0.35 * ENGINE[1]), round(0.53 * ENGINE[0]) :] = True
    assert middle_of(np.where(right_above, after, np.uint8(0))) == pytest.approx((0.6, 0.3), abs=0.01)
    after[right_above] = before[right_above]
    assert middle_of(after) == pytest.approx(acts, abs=0.006), "what was there acts where it acted, to a pixel"
    assert np.count_nonzero(after > 127) == pytest.approx(np.count_nonzero(before > 127), rel=0.05)
    window.steps.undo()
    assert show.look.mask == Picture(spot * np.uint8(255)), "one step back is the mask of that aspect"


def border(show: Show) -> np.ndarray:
    """Around an expanded source all is repainted."""
    inside = (
        Preprocessor()
        .guided(
            Frame(np.full((*SOURCE[::-1], 3), 255, np.uint8), 0.0),
            Look(controls=(), expand=show.look.expand, mask=Picture(np.zeros((9, 16), np.uint8))),
            Setup(engine=EngineChoice("starter", *ENGINE), framing=show.setup.framing),
            0,
        )[0]
        .mask
    )
    assert inside is not None
    return np.asarray(inside == 255)


class Painter(QObject):
    """Hears which part of a canvas is painted anew."""

    def __init__(self) -> None:
        super().__init__()
        self.shares: list[float] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent) and isinstance(watched, Canvas):
            region: Iterable[QRect] = event.region()  # type: ignore[assignment]  # PySide6 does not say that it can be iterated
            parts = sum(rect.width() * rect.height() for rect in region)
            self.shares.append(parts / (watched.width() * watched.height()))
        return False


@pytest.fixture
def painter(canvas: Canvas) -> Iterator[Painter]:
    painter = Painter()
    canvas.installEventFilter(painter)
    yield painter
    canvas.removeEventFilter(painter)


@pytest.mark.parametrize("shown", ["output", "mask"])
@pytest.mark.parametrize("zoom", [1.0, 3.0])
def test_a_stroke_repaints_no_more_than_it_changes(
    window: MainWindow, canvas: Canvas, painter: Painter, shown: str, zoom: float
) -> None:
    """And the part is what painting all of it anew would show."""
    window.program.bar.show_(shown)  # type: ignore[arg-type]
    while canvas.zoom < zoom:
        turn_wheel(canvas, 120)
    window.editor.choose("brush")
    window.editor.set_brush(size=40 / zoom)
    QApplication.processEvents()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.45, 0.45))
    QApplication.processEvents()
    painter.shares.clear()
    for x, y in ((0.46, 0.45), (0.5, 0.47), (0.53, 0.55), (0.5, 0.55)):
        QTest.mouseMove(canvas, at(canvas, x, y))
        QApplication.processEvents()
    assert len(painter.shares) >= 4
    assert max(painter.shares) < 0.1
    assert_nothing_is_left(window, canvas)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.5, 0.55))


def test_a_large_mask_is_drawn_of_a_copy_where_it_acts(
    window: MainWindow, canvas: Canvas, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it was opened; the next one as well, and the one that a hand begins to paint on."""
    sizes: list[int] = []
    follow = MaskOverlay.follow

    def noted(overlay: MaskOverlay, mask: Pixels, changed: Rect) -> Rect:
        sizes.append(mask.shape[1])
        return follow(overlay, mask, changed)

    monkeypatch.setattr(MaskOverlay, "follow", noted)
    window.program.bar.show_("mask")
    for left in (0.2, 0.6):
        mask = np.zeros((1440, 2560), np.uint8)
        mask[640:800, round(left * 2560) : round(left * 2560) + 160] = 255
        show.set_look(Look(controls=(), mask=Picture(mask)))
        canvas.look()
        assert seen(canvas) == pytest.approx(middle_of(acting(show)), abs=0.01)
    assert max(sizes) <= LONGEST_SIDE
    window.editor.choose("brush")
    drag(canvas, (0.3, 0.3))
    canvas.grab()
    assert sizes[-1] == PAINTED_SIDE


def test_a_hand_that_hovers_repaints_its_circle_alone(window: MainWindow, canvas: Canvas, painter: Painter) -> None:
    window.editor.choose("eraser")
    QTest.mouseMove(canvas, at(canvas, 0.5, 0.5))
    QApplication.processEvents()
    painter.shares.clear()
    QTest.mouseMove(canvas, at(canvas, 0.6, 0.6))
    QApplication.processEvents()
    assert 0 < max(painter.shares) < 0.1
    assert_nothing_is_left(window, canvas)


def test_boxes_follow_the_look_while_the_picture_stands_still(
    window: MainWindow, canvas: Canvas, show: Show, painter: Painter
) -> None:
    """A step back, or a cue: nothing else would have them drawn anew."""
    window.editor.choose("box")
    changes: list[Callable[[], object]] = [lambda: show.set_layout((Box((0.1, 0.1, 0.4, 0.4)),)), show.undo]
    for change in changes:
        QApplication.processEvents()
        painter.shares.clear()
        change()
        QApplication.processEvents()
        assert painter.shares


def assert_nothing_is_left(window: MainWindow, canvas: Canvas) -> None:
    """What stands on the screen, painted in parts, is what it would be painted anew."""
    in_parts = screenshot(window, canvas)
    canvas.repaint()
    anew = screenshot(window, canvas)
    assert np.ptp(anew) > 60, "there is a circle at least"
    assert np.abs(in_parts - anew).max() <= 16, "but for how Qt smooths at the edge of a part"


def screenshot(window: MainWindow, canvas: Canvas) -> np.ndarray:
    """What stands on the screen, which no grab of a widget tells: that paints anew."""
    corner = canvas.mapTo(window, QPoint(0, 0))
    shot = window.screen().grabWindow(window.winId(), corner.x(), corner.y(), canvas.width(), canvas.height())
    assert not shot.isNull()
    return pixels_of(shot.toImage())


def pixels_of(image: QImage) -> np.ndarray:
    """(H, W, 3), red, green and blue."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def test_in_the_output_the_result_is_seen_through_the_mask(window: MainWindow, canvas: Canvas, show: Show) -> None:
    window.editor.choose("brush")
    window.editor.set_brush(size=300)
    drag(canvas, (0.5, 0.5))
    assert colour_at(canvas, 0.5, 0.5) == (250, 0, 0), "the engine's picture, as it is"
    window.program.bar.show_("input")
    canvas.look()
    red, _, blue = colour_at(canvas, 0.5, 0.5)
    assert red > 100
    assert blue < 250


def test_the_mask_view_shows_what_acts_and_what_is_painted_on_it(
    window: MainWindow, canvas: Canvas, show: Show, rig: StillRig
) -> None:
    """Keep, grow and feather, and people, of whom the rig tells."""
    spot = np.zeros((360, 640), np.uint8)
    spot[150:210, 280:360] = 255
    show.set_look(Look(controls=(), mask=Picture(spot)))
    window.program.bar.show_("mask")
    places = {"painted": (0.5, 0.5), "beside": (0.42, 0.5), "far": (0.1, 0.5)}

    def tinted() -> set[str]:
        canvas.look()
        return {name for name, place in places.items() if colour_at(canvas, *place)[0] > 80}

    def arrive_masked(mask: Pixels) -> None:
        picture = plain(0, 0, 0, *ENGINE)
        rig.thumbnails.put(Thumbnails({}, picture, None, SOURCE, mask))

    assert tinted() == {"painted"}
    window.mask_panel.verbs["keep_mask"].click()
    arrive_masked(acting(show))
    assert tinted() == {"beside", "far"}
    show.set_look(replace(show.look, invert_mask=False, mask_shape=MaskShape(grow=40)))
    arrive_masked(acting(show))
    assert tinted() == {"painted", "beside"}
    show.set_look(Look(controls=(), repainted="person"))
    person = np.zeros(ENGINE[::-1], np.uint8)
    person[:, : ENGINE[0] // 5] = 255
    arrive_masked(person)
    assert tinted() == {"far"}
    window.program.bar.show_("input")
    assert tinted() == set()
