"""Packages as folders: fetched with the registry's own client, unpacked without being installed.

A package whose file lies in the folder already is not fetched again, so a second run needs no network. Knows nothing of
pictures or licences.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Literal

Registry = Literal["debian", "pypi"]

_LONGEST_SECONDS = 1200


class PackageUnavailable(Exception):
    """``str(error)`` is one clause: why the package cannot be had here."""


def fetched(registry: Registry, package: str, folder: Path, wanted: str = "") -> Path:
    """The package's file in ``folder``, fetched if it is not there. wanted: the version, "" = the newest.

    Raises PackageUnavailable without the registry's client, without network, or for a package that it does not have.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (there := _found(registry, package, folder)) is not None:
        return there
    if registry == "debian":
        command = ["apt-get", "download", "-q", package]
    else:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
        command.append(f"{package}=={wanted}" if wanted else package)
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=False)
    except FileNotFoundError:
        raise PackageUnavailable(f"there is no {command[0]} here") from None
    except subprocess.TimeoutExpired:
        raise PackageUnavailable(f"{command[0]} took longer than {_LONGEST_SECONDS // 60} minutes") from None
    there = _found(registry, package, folder)
    if ran.returncode or there is None:
        said = [line for line in ran.stderr.splitlines() if line.startswith(("E:", "ERROR:"))] or ["it was not found"]
        raise PackageUnavailable(f"it cannot be fetched ({said[-1]})")
    return there


def version(file: Path) -> str:
    """The version in a package's file name."""
    separator = "_" if file.suffix == ".deb" else "-"
    return file.name.split(separator)[1].replace("%3a", ":")


def unpack(file: Path, folder: Path) -> None:
    """The package's files, laid out as they would be installed, in ``folder``, which is emptied first.

    Raises PackageUnavailable when the file is damaged or nothing here can unpack it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        if file.suffix == ".deb":
            subprocess.run(["dpkg-deb", "-x", file, folder], capture_output=True, check=True)
        else:
            with zipfile.ZipFile(file) as wheel:
                wheel.extractall(folder)
    except FileNotFoundError:
        raise PackageUnavailable("there is no dpkg-deb here") from None
    except (subprocess.CalledProcessError, zipfile.BadZipFile):
        raise PackageUnavailable(f"{file.name} is damaged; delete it and run again") from None


def _found(registry: Registry, package: str, folder: Path) -> Path | None:
    pattern = f"{package}_*.deb" if registry == "debian" else f"{package.replace('-', '_')}-*.whl"
    return max(folder.glob(pattern), default=None)
