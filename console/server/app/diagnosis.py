"""Looks at a database without making or changing it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from console.server.app.settings import choose_database
from console.server.store.engine import parse_url, sqlite_file
from console.server.store.schema import read_revision


@dataclass(frozen=True)
class Diagnosis:
    """`place` holds no password."""

    place: str
    state: str
    usable: bool


def examine(database: str | None, data_dir: Path | None) -> Diagnosis:
    """Say where the database is and whether it can be worked on."""
    chosen = choose_database(database, data_dir)
    file = sqlite_file(chosen)
    place = str(file or parse_url(chosen).render_as_string(hide_password=True))
    if file is not None and not file.exists():
        return Diagnosis(place, "not made yet; the first start makes it", usable=True)
    try:
        found, wanted = asyncio.run(read_revision(chosen))
    except OSError as error:
        return Diagnosis(place, str(error), usable=False)
    if found == "none":
        return Diagnosis(place, "reachable and empty; the first start makes its tables", usable=True)
    return Diagnosis(place, f"reachable, schema {found}, this program wants {wanted}", usable=found == wanted)
