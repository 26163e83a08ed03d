"""The set-up itself, on a small project in a folder with a space in its name: made once, kept, healed, renewed."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "small"
version = "1"

[project.scripts]
redline = "small:main"
"""
PROGRAM = "import sys\n\n\ndef main():\n    print('started with', sys.argv[1:])\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a `redline` command and empty locks; what builds it comes from this interpreter's packages."""
    folder = tmp_path_factory.mktemp("set up") / "small project"
    (folder / "small").mkdir(parents=True)
    (folder / "small" / "__init__.py").write_text(PROGRAM)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "packaging").mkdir()
    for name in ("environment.py", "run.py"):
        shutil.copy(ROOT / "packaging" / name, folder / "packaging")
    for lock in ("requirements.txt", "requirements-dev.txt"):
        (folder / "packaging" / lock).write_text(f"# {lock}\n")
    assert "Setting up" in run(folder, "doctor")
    return folder


def run(project: Path, *arguments: str) -> str:
    """What `packaging/run.py` prints, started from another folder and on no display."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment["PYTHONPATH"] = sysconfig.get_path("purelib")
    command = [sys.executable, str(project / "packaging" / "run.py"), *arguments]
    finished = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_the_second_start_sets_nothing_up(project: Path) -> None:
    assert run(project, "export", "--out", "a b") == "started with ['export', '--out', 'a b']\n"


def test_a_set_up_that_was_cut_short_is_begun_again(project: Path) -> None:
    (project / ".venv" / "redline-setup.txt").write_text("unfinished")
    (project / ".venv" / "half-made").touch()

    assert "Setting up" in run(project, "doctor")
    assert not (project / ".venv" / "half-made").exists()
    assert run(project, "doctor") == "started with ['doctor']\n"


def test_a_changed_lock_is_installed_and_the_development_lock_serves_to_run(project: Path) -> None:
    runtime, development = (project / "packaging" / name for name in ("requirements.txt", "requirements-dev.txt"))
    runtime.write_text("# a change\n")
    assert "Setting up" in run(project, "doctor")

    development.write_text(runtime.read_text())
    runtime.write_text("# another change\n")
    assert run(project, "doctor") == "started with ['doctor']\n"


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS always have a display")
def test_without_a_display_it_says_so_and_tours(project: Path) -> None:
    *_, said, started = run(project).splitlines()
    folder = said.split()[-1]
    assert "no display" in said
    assert started == f"started with ['tour', '--out', '{folder}']"
    Path(folder).rmdir()
