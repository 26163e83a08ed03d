"""Plant one forbidden import per contract in a copy of the package: a contract can be green because it is blind."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]

BREACHES = [
    ("Two wings, one contract", "client/services", "import console.server.domain"),
    ("Two wings, one contract", "server/app", "import console.client.services"),
    ("Two wings, one contract", "contract", "import console.server.domain"),
    ("Desk rooms", "client/ui", "import console.client.net"),
    ("Desk rooms", "client/services", "import console.client.models"),
    ("Desk rooms", "client/store", "import console.client.vault"),
    ("Server rooms", "server/api", "import console.server.store"),
    ("Server rooms", "server/signal", "import console.server.connect"),
    ("Server rooms", "server/domain", "import console.server.services"),
    ("No Qt outside the screen rooms", "client/services", "import PySide6.QtCore"),
    ("No Qt outside the screen rooms", "server/services", "import PySide6.QtCore"),
    ("No network, SQL or secrets on screen", "client/ui", "import sqlite3"),
    ("No network, SQL or secrets on screen", "client/services", "import httpx"),
    ("SQL stays in server.store", "server/services", "import sqlalchemy"),
    ("SQL stays in server.store", "server/api", "import sqlite3"),
    ("The web framework stays in server.api", "contract", "import fastapi"),
    ("The web framework stays in server.api", "server/store", "import starlette"),
    ("Adapters do not know the screen", "client/net", "import console.client.theme"),
    ("Ports are for adapters, never for screens", "client/ui", "import console.client.services.ports"),
    ("Only the composition root owns the Qt event loop", "client/ui", "import qasync"),
    ("Models hold no widgets", "client/models", "import console.client.theme"),
    ("No cycles", "contract", "import console.entry"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the package and its contracts, free to be spoiled."""
    shutil.copytree(ROOT / "console", tmp_path / "console", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> tuple[int, list[str]]:
    """The exit status, and the names of the contracts that are broken."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    finished = subprocess.run(
        [sys.executable, "-c", command, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True
    )
    broken = [name for name in CONTRACTS if f"{name} BROKEN" in finished.stdout]
    assert "Contracts:" in finished.stdout, finished.stdout + finished.stderr
    return finished.returncode, broken


def test_the_package_keeps_every_contract(copy: Path) -> None:
    assert lint_imports(copy) == (0, [])


def test_every_contract_has_a_planted_breach() -> None:
    assert {name for name, _, _ in BREACHES} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "room", "line"), BREACHES)
def test_a_planted_breach_is_found(copy: Path, contract: str, room: str, line: str) -> None:
    with (copy / "console" / room / "__init__.py").open("a") as package:
        package.write(f"\n{line}\n")

    status, broken = lint_imports(copy)

    assert status == 1
    assert contract in broken
