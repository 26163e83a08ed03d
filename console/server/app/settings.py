"""Where the backend keeps its data and what it listens on."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

from platformdirs import user_data_path

from console.server.services.ports import Database, StoreError
from console.server.store.engine import sqlite_file

DEFAULT_PORT = 8716
DATABASE_FILE = "workspace.db"
SAMPLE_FOLDER = "sample"
"""Where the desk keeps the sample workspace inside the data folder, apart from one's own."""


@dataclass(frozen=True)
class Settings:
    """`embedded`: serve one desk on this machine only. `audit_key`: its file, where it is not in its usual place."""

    database: Database
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workspace: str = "Team workspace"
    embedded: bool = False
    audit_key: Path | None = None


def default_data_dir() -> Path:
    """Return the user's data folder."""
    return user_data_path("redline", appauthor=False)


def choose_database(url: str | None, data_dir: Path | None) -> Database:
    """Return the URL given, else the SQLite file in the data folder."""
    return url or (data_dir or default_data_dir()).absolute() / DATABASE_FILE


def require_workspace(database: Database) -> None:
    """Raise StoreError where there is no workspace yet; the sample's place is named where that is there."""
    file = sqlite_file(database)
    if file is not None and not file.is_file():
        sample = file.with_name(SAMPLE_FOLDER)
        is_there = (sample / DATABASE_FILE).is_file()
        hint = f". The sample workspace is in {sample}; give it by --data-dir." if is_there else ""
        raise StoreError(f"there is no workspace at {file}{hint}")


def version() -> str:
    """Return the installed version; a checkout that is not installed has none."""
    try:
        return installed_version("redline-console")
    except PackageNotFoundError:
        return "development"


def utc_now() -> datetime:
    """Return the moment, aware, in UTC."""
    return datetime.now(UTC)
