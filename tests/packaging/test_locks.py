"""The locks: everything pinned by hash, from nowhere in particular, and in step with pyproject.toml."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.txt", "requirements-dev.txt"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
WANTED = {
    "requirements.txt": [*PROJECT["project"]["dependencies"], *GROUPS["build"]],
    "requirements-dev.txt": [*PROJECT["project"]["dependencies"], *GROUPS["build"], *GROUPS["dev"][1:]],
}


def entries(lock: str) -> dict[str, tuple[Requirement, frozenset[str]]]:
    """Each locked requirement by its name, with the hashes of its files."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "packaging" / lock).read_text(), flags=re.MULTILINE)
    locked = {}
    for line in text.replace("\\\n", " ").splitlines():
        specification, *hashes = line.split(" --hash=")
        requirement = Requirement(specification)
        locked[canonicalize_name(requirement.name)] = (requirement, frozenset(one.strip() for one in hashes))
    return locked


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_one_version_with_hashes(lock: str) -> None:
    for requirement, hashes in entries(lock).values():
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_option_and_no_address(lock: str) -> None:
    text = (ROOT / "packaging" / lock).read_text()
    assert [line for line in text.splitlines() if line.startswith("-") or "://" in line or " @ " in line] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(lock: str) -> None:
    locked = entries(lock)
    for wanted in map(Requirement, WANTED[lock]):
        requirement, _ = locked[canonicalize_name(wanted.name)]
        (pin,) = requirement.specifier
        assert pin.version in wanted.specifier, wanted


def test_the_development_lock_holds_the_runtime_lock() -> None:
    runtime, development = (entries(lock) for lock in LOCKS)
    assert {name: development.get(name) for name in runtime} == runtime


def test_nothing_that_a_locked_package_needs_is_missing() -> None:
    finished = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_no_plaintext_keyring_is_locked() -> None:
    assert "keyrings-alt" not in entries("requirements-dev.txt")
