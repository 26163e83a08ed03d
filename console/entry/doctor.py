"""`redline doctor`: says what this installation is made of and what it can reach."""

import argparse
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from console.entry.places import add_places

SUMMARY = "print versions, paths, the state of the database and of the keyring"
PACKAGES = (
    "redline-console", "PySide6-Essentials", "qasync", "httpx", "httpx-sse", "keyring", "pydantic",
    "fastapi", "starlette", "uvicorn", "SQLAlchemy", "aiosqlite", "asyncpg", "alembic",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_places(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 where the database can't be reached."""
    from console.server.app.diagnosis import examine
    from console.server.app.settings import default_data_dir

    database = examine(arguments.database, arguments.data_dir)
    findings = {
        "platform": platform.platform(),
        "python": f"{platform.python_version()} at {sys.executable}",
        **{package: _version(package) for package in PACKAGES},
        "data folder": str(arguments.data_dir or default_data_dir()),
        "database": database.place,
        "database state": database.state,
        "keyring backend": _keyring(),
    }
    width = max(map(len, findings))
    for name, finding in findings.items():
        print(f"{name:<{width}}  {finding}")
    return 0 if database.usable else 1


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _keyring() -> str:
    import keyring

    backend = type(keyring.get_keyring())
    return f"{backend.__module__}.{backend.__qualname__}"
