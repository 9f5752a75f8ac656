"""The person control on films of real people, with the real network."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from controls.control import ControlUnavailable, Pixels
from controls.person import MODEL, SETTINGS, Person
from controls.picture import resized
from controls.segmenter import SIDE, Segmenter
from tests.clips import pictures

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
AS_FOUND = {"softness": 0.0, "hold": 0.0, "holes": 0.0}
WIDTH, HEIGHT = 180, 320


def film(name: str, count: int, start: int = 10) -> list[Pixels]:
    return [resized(picture, 2 * WIDTH, 2 * HEIGHT) for picture in pictures(name, count, start)]


def mattes(person: Person, shown: list[Pixels], **changed: float) -> list[Pixels]:
    guides = [
        person.guide(picture, WIDTH, HEIGHT, number / 25, DEFAULTS | changed) for number, picture in enumerate(shown)
    ]
    assert all((guide == guide[..., :1]).all() for guide in guides)
    return [guide[..., 0] for guide in guides]


def overlap(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(first & second) / np.count_nonzero(first | second))


def test_it_is_where_mediapipe_sees_him(person_model: Path) -> None:
    """Against mediapipe's own mask of the picture at its full size."""
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions, vision

    (picture,) = film("balance", 1)
    options = vision.ImageSegmenterOptions(BaseOptions(str(person_model)), output_confidence_masks=True)
    with vision.ImageSegmenter.create_from_options(options) as segmenter:
        own = segmenter.segment(Image(ImageFormat.SRGB, picture)).confidence_masks[0].numpy_view().copy()
    (matte,) = mattes(Person(), [picture], threshold=0.5, **AS_FOUND)
    expected = np.asarray(cv2.resize(own, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)) > 0.5
    assert 0.02 < expected.mean() < 0.2
    assert overlap(matte > 127, expected) > 0.9


def test_black_bars_do_not_change_who_is_found(person_model: Path) -> None:
    """Upright in a wide picture, as "fit" shows it, with the bars of a wide film, and all black."""
    (picture,) = film("balance", 1)
    (alone,) = mattes(Person(), [picture])
    height, width = picture.shape[:2]
    for across, down in ((width, 0), (0, height // 2)):
        barred = np.pad(picture, ((down, down), (across, across), (0, 0)))
        size = WIDTH * barred.shape[1] // width, HEIGHT * barred.shape[0] // height
        seen = Person().guide(barred, *size, 0.0, DEFAULTS)[..., 0]
        x, y = (size[0] - WIDTH) // 2, (size[1] - HEIGHT) // 2
        assert overlap(seen[y : y + HEIGHT, x : x + WIDTH] > 127, alone > 127) > 0.9
        seen[y : y + HEIGHT, x : x + WIDTH] = 0
        assert not seen.any()
    assert not Person().guide(np.zeros_like(picture), WIDTH, HEIGHT, 0.0, DEFAULTS).any()


class Attentive:
    """In place of the network: finds nobody, and notes the size of what it sees."""

    seen: ClassVar[list[tuple[int, ...]]] = []

    def __init__(self, model: Path) -> None: ...

    def confidence(self, picture: Pixels) -> NDArray[np.float32]:
        Attentive.seen.append(picture.shape[:2])
        return np.zeros((SIDE, SIDE), np.float32)


def test_the_network_sees_all_of_a_dark_stage_and_no_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a spotlight follows somebody through the dark, or a picture stands between the bars of "fit"."""
    monkeypatch.setattr("controls.person.Segmenter", Attentive)
    monkeypatch.setattr("controls.person.model_file", lambda name, folder: Path(name))
    random, stage, fit = np.random.default_rng(0), Person(), Person()
    for number in range(50):
        rgb = random.integers(40, 256, (180, 320, 3), np.uint8)
        light = cv2.circle(np.zeros((180, 320), np.uint8), (60 + 4 * number, 90), 50, (1,), -1)
        Attentive.seen.clear()
        stage.guide(np.asarray(rgb * light[..., None], np.uint8), 320, 180, number / 25, DEFAULTS)
        fit.guide(np.pad(rgb[:, :100], ((0, 0), (110, 110), (0, 0))), 320, 180, number / 25, DEFAULTS)
        assert Attentive.seen == [(180, 320), (180, 100)]


def test_several_people_are_all_in_it(person_model: Path) -> None:
    (matte,) = mattes(Person(), film("two people", 1))
    _, _, stats, _ = cv2.connectedComponentsWithStats((matte > 127).astype(np.uint8))
    assert np.count_nonzero(stats[1:, cv2.CC_STAT_AREA] > 0.01 * matte.size) == 2


def test_the_matte_of_a_still_camera_is_calm(person_model: Path) -> None:
    (picture,) = film("balance", 1)
    random = np.random.default_rng(0)
    noisy = [np.clip(picture + random.normal(0, 4, picture.shape), 0, 255).astype(np.uint8) for _ in range(16)]
    raw, calm = (
        np.mean([np.count_nonzero(cv2.absdiff(a, b) > 16) for a, b in pairwise(mattes(Person(), noisy, hold=hold)[6:])])
        for hold in (0.0, DEFAULTS["hold"])
    )
    assert raw > 50
    assert calm < 0.1 * raw


def test_settings_reach_the_matte(person_model: Path) -> None:
    shown = film("two people", 1, start=30)
    areas = {
        name: np.count_nonzero(mattes(Person(), shown, **changed)[0] > 127)
        for name, changed in {
            "plain": {},
            "grown": {"grow": 5.0},
            "strict": {"threshold": 0.9},
            "as found": {"holes": 0.0},
        }.items()
    }
    assert areas["grown"] > 1.2 * areas["plain"]
    assert areas["strict"] < 0.95 * areas["plain"]
    assert areas["as found"] > areas["plain"] + 20, "it has crumbs"
    soft, hard = (mattes(Person(), shown, softness=softness)[0] for softness in (20.0, 0.0))
    assert np.count_nonzero((soft > 5) & (soft < 250)) > 3 * np.count_nonzero((hard > 5) & (hard < 250))


def test_nobody_is_black_and_any_size_is_taken(person_model: Path) -> None:
    person = Person()
    for number, (width, height) in enumerate([(64, 48), (1, 1), (3, 700), (640, 360), (1, 900)]):
        picture = np.full((height, width, 3), 90, np.uint8)
        guide = person.guide(picture, height + 2, width + 1, float(number), DEFAULTS)
        assert guide.shape == (width + 1, height + 2, 3)
        assert guide.dtype == np.uint8
        assert not guide.any()
    noise = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)
    assert person.guide(noise, 160, 90, 9.0, DEFAULTS).shape == (90, 160, 3)


@pytest.mark.parametrize("forget", [Person.reset, Person.close])
def test_reset_forgets_and_the_control_goes_on(person_model: Path, forget: Callable[[Person], None]) -> None:
    person, shown = Person(), film("balance", 3)
    mattes(person, shown)
    forget(person)
    forget(person)
    mirrored = [np.ascontiguousarray(shown[0][:, ::-1])]
    np.testing.assert_array_equal(mattes(person, mirrored), mattes(Person(), mirrored))


def test_mediapipe_writes_nothing_to_the_terminal(person_model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    segmenter = Segmenter(person_model)
    confidence = segmenter.confidence(np.zeros((48, 64, 3), np.uint8))
    segmenter.close()
    segmenter.close()
    assert confidence.shape == (SIDE, SIDE)
    assert 0 <= confidence.min() <= confidence.max() < 0.5
    assert capfd.readouterr() == ("", "")


def test_a_damaged_model_is_told_of(tmp_path: Path) -> None:
    (tmp_path / MODEL).write_bytes(b"no network")
    with pytest.raises(ControlUnavailable, match=r"person model .* put a sound copy there") as caught:
        Person(tmp_path).guide(np.zeros((9, 16, 3), np.uint8), 16, 9, 0.0, DEFAULTS)
    assert "\n" not in str(caught.value)
