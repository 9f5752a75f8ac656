"""What is taken from packages, from a wheel and a Debian package made on the spot."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.starter.clips import FILMS
from tests.training.pictures_folder import SOURCE, TERMS, filled, texture, thing, wheel
from training import registries, sources
from training.packages import LICENCES, SOURCES, Source, Taking
from training.photographs import Photographs


def lines_of(folder: Path, *table: Source) -> list[str]:
    said: list[str] = []
    sources.fetch(folder, said.append, table)
    return said


@pytest.mark.parametrize("licence", ["", "CC-BY-NC-4.0", "CC-BY-ND-3.0", "proprietary"])
def test_what_forbids_or_does_not_say_is_refused(licence: str) -> None:
    with pytest.raises(ValueError, match="licence"):
        Taking(licence, "somewhere", ("*.jpg",))


def test_a_licence_that_nothing_in_the_package_says_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing in the package"):
        Taking("CC0-1.0", "", ("*.jpg",))


def test_the_table_is_whole() -> None:
    assert len({source.package for source in SOURCES}) == len(SOURCES)
    for source in SOURCES:
        assert source.takings
        assert all(taking.globs and taking.licence in LICENCES for taking in source.takings)


def test_nothing_that_is_judged_by_is_learned_from() -> None:
    judged = {film.package.split("==")[0] for film in FILMS.values()}
    assert judged.isdisjoint(source.package for source in SOURCES)
    globs = [glob for source in SOURCES for taking in source.takings for glob in taking.globs]
    assert all(glob.endswith((".jpg", ".png", "*")) for glob in globs)
    assert not any(word in glob.lower() for glob in globs for word in ("demo", "test", "mp4"))


def test_pictures_are_left_at_their_size_with_their_licence(tmp_path: Path) -> None:
    filled(tmp_path)
    entries = sources.listed(tmp_path)
    assert {entry["name"] for entry in entries} == {
        *(f"tiny-pictures/tiny/photo{i}.jpg" for i in range(4)),
        "tiny-pictures/tiny/thing0.png",
        "tiny-pictures/tiny/thing1.png",
    }
    assert {(entry["package"], entry["version"], entry["licence"]) for entry in entries} == {
        ("tiny-pictures", "1.2", "CC0-1.0")
    }
    for entry in entries:
        picture = cv2.imread(str(tmp_path / entry["file"]), cv2.IMREAD_UNCHANGED)
        assert picture is not None
        assert picture.shape == (entry["height"], entry["width"], 4 if entry["cutout"] else 3)
        if not entry["cutout"]:
            assert min(picture.shape[:2]) == sources.SHORT_SIDE
    assert sources.table(tmp_path) == [("tiny-pictures 1.2", "CC0-1.0", 6)]


def test_a_photograph_keeps_what_it_shows_and_a_cutout_loses_only_its_margin(tmp_path: Path) -> None:
    wheel(tmp_path, {"photo0.jpg": texture(0), "thing0.png": thing(0)})
    lines_of(tmp_path, SOURCE)
    photo, cutout = (
        cv2.imread(str(tmp_path / entry["file"]), cv2.IMREAD_UNCHANGED) for entry in sources.listed(tmp_path)
    )
    assert photo is not None
    assert cutout is not None
    small = cv2.resize(photo, (320, 200), interpolation=cv2.INTER_AREA)
    assert float(cv2.absdiff(small, texture(0)).mean()) < 4
    assert cutout.shape == (81, 81, 4)
    assert cutout[40, 40].tolist() == [30, 60, 200, 255]
    assert cutout[0, 0, 3] == 0


def test_a_package_that_no_longer_says_its_licence_is_skipped(tmp_path: Path) -> None:
    wheel(tmp_path, {"photo0.jpg": texture(0)}, terms="All rights reserved.")
    with pytest.raises(sources.NoSources, match="nothing to train on"):
        lines_of(tmp_path, SOURCE)
    assert sources.listed(tmp_path) == []


def test_one_source_that_fails_does_not_cost_the_others(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "packages" / "broken-1.0-py3-none-any.whl").write_bytes(b"this is no archive")
    said = lines_of(tmp_path, replace(SOURCE, package="broken"), SOURCE)
    assert any(line.startswith("broken: skipped") and "damaged" in line for line in said)
    assert any("4 photographs" in line for line in said)


def test_without_the_registrys_client_a_source_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(registries.PackageUnavailable, match="no apt-get"):
        registries.fetched("debian", "anything", tmp_path)


def test_what_is_fetched_is_not_fetched_again(tmp_path: Path) -> None:
    filled(tmp_path)
    before = sources.listed(tmp_path)
    shutil.rmtree(tmp_path / "packages")
    lines_of(tmp_path, SOURCE)
    assert sources.listed(tmp_path) == before


def test_the_same_picture_twice_empty_ones_and_small_ones_are_left_out(tmp_path: Path) -> None:
    wheel(
        tmp_path,
        {
            "photo0.jpg": texture(0),
            "photo1.jpg": texture(0, 640, 400),
            "photo2.jpg": np.full((200, 320, 3), 90, np.uint8),
            "photo3.jpg": texture(3, 120, 80),
            "photo4.jpg": texture(4),
            "thing0.png": np.full((100, 100, 4), 255, np.uint8),  # hides all: no cut-out
        },
    )
    lines_of(tmp_path, SOURCE)
    assert [entry["name"][-10:] for entry in sources.listed(tmp_path)] == ["photo0.jpg", "photo4.jpg"]


def test_a_file_belongs_to_the_first_taking_that_matches_it(tmp_path: Path) -> None:
    wheel(tmp_path, {"photo0.jpg": texture(0), "thing0.png": thing(0), "thing1.png": thing(1)})
    first = Taking("CC-BY-4.0", TERMS, ("tiny/thing1.png",), cutouts=True)
    lines_of(tmp_path, replace(SOURCE, takings=(first, *SOURCE.takings)))
    assert [(entry["name"][-10:], entry["licence"]) for entry in sources.listed(tmp_path)] == [
        ("thing1.png", "CC-BY-4.0"),
        ("photo0.jpg", "CC0-1.0"),
        ("thing0.png", "CC0-1.0"),
    ]


def test_one_a_folder_takes_the_largest(tmp_path: Path) -> None:
    wheel(tmp_path, {"a/1x1.jpg": texture(0), "a/2x2.jpg": texture(1, 960, 600), "b/1x1.jpg": texture(2)})
    taking = Taking("CC0-1.0", TERMS, ("tiny/*/*.jpg",), one_a_folder=True)
    lines_of(tmp_path, replace(SOURCE, takings=(taking,)))
    assert {entry["name"][-9:] for entry in sources.listed(tmp_path)} == {"a/2x2.jpg", "b/1x1.jpg"}


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="there is no dpkg-deb here")
def test_a_debian_package(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name, text in (("DEBIAN/control", CONTROL), ("usr/share/doc/tiny-walls/copyright", COPYRIGHT)):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_text(text)
    (tree / "usr/share/backgrounds").mkdir()
    for seed, name in enumerate(("sea", "hill", "lake", "owned")):
        cv2.imwrite(str(tree / f"usr/share/backgrounds/{name}.png"), texture(seed))
    for name, licence in (("lake", "CC0-1.0"), ("owned", "all rights reserved")):
        (tree / f"usr/share/backgrounds/{name}.desktop").write_text(f"X-KDE-PluginInfo-License={licence}\n")
    (tmp_path / "packages").mkdir()
    package = tmp_path / "packages" / "tiny-walls_1%3a3.4-1_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, package], check=True, capture_output=True)
    terms, globs = "usr/share/doc/tiny-walls/copyright", ("usr/share/backgrounds/*.png",)
    of_another_paragraph = Taking("GPL-2.0-or-later", "Files: sea*\n", globs)
    with pytest.raises(sources.NoSources):
        lines_of(tmp_path, Source("debian", "tiny-walls", terms, (of_another_paragraph,)))
    takings = (Taking("CC0-1.0", "CC0-1.0", globs), Taking("GPL-2.0-or-later", "Files: *\n", globs))
    said = lines_of(tmp_path, Source("debian", "tiny-walls", terms, takings, installed="usr/share/backgrounds/"))
    assert said[0] == (
        "tiny-walls 1:3.4-1: 2 pictures; left out, for the package does not grant what is counted on: "
        "owned.png, sea.png."
    )
    assert [(Path(entry["name"]).name, entry["licence"]) for entry in sources.listed(tmp_path)] == [
        ("lake.png", "CC0-1.0"),
        ("hill.png", "GPL-2.0-or-later"),
    ]
    assert sources.unlisted(tmp_path) == []
    assert not list((tmp_path / "packages").glob("*.unpacked"))


COPYRIGHT = "Files: *\nLicense: GPL-2+\n\nFiles: sea*\nCopyright: nobody\nLicense: CC-BY-NC-4.0\n"
CONTROL = (
    "Package: tiny-walls\nVersion: 1:3.4-1\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: x\n"
)


def test_what_is_held_out_is_never_trained_on(tmp_path: Path) -> None:
    filled(tmp_path, 20)
    trained, held = Photographs.open(tmp_path, False), Photographs.open(tmp_path, True)
    assert not set(trained.photographs) & set(held.photographs)
    assert not set(trained.cutouts) & set(held.cutouts)
    assert (len(trained.photographs), len(held.photographs)) == (18, 2)
    assert (len(trained.cutouts), len(held.cutouts)) == (1, 1)


def test_no_photographs_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(sources.NoSources, match="run the stage 'sources' first"):
        Photographs.open(tmp_path, False)
