"""The profile: where this user's files lie, which backend they belong to, and how the window looked last."""

import contextlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, ValidationError

from console.client.store.folders import make_folder
from console.client.theme.tokens import Density, Scheme
from console.contract.base import content_sha256


class Looks(BaseModel):
    """How the window looked last: the only thing kept in plain settings. No token is."""

    model_config = ConfigDict(frozen=True)

    scheme: Scheme = Scheme.LIGHT
    density: Density = Density.COMFORTABLE
    window: tuple[str, ...] = ()


class Profile:
    """`server` None is the embedded backend on `workspace`, which is the sample where `sample` says so.

    Raises OSError where the folder cannot be made, and PermissionError where the profile there is another user's.
    """

    def __init__(self, workspace: Path, server: str | None = None, *, sample: bool = False) -> None:
        self.workspace = workspace
        self.server = server
        self.sample = sample
        self._folder = workspace / "desk"
        _refuse_another_users(self._folder)
        try:
            make_folder(self._folder)
        except PermissionError as error:
            raise _not_ours(self._folder) from error

    @property
    def store_path(self) -> Path:
        """The desk's own file: one for each backend, so that nothing of one is ever sent to another."""
        name = "embedded" if self.server is None else content_sha256(self.server.rstrip("/"))[:16]
        return self._folder / f"desk-{name}.db"

    def last_online(self) -> datetime | None:
        """When the backend was last known to answer; None where it never was."""
        try:
            return datetime.fromtimestamp(self._online_path.stat().st_mtime, UTC)
        except OSError:
            return None

    def note_online(self) -> None:
        """Remember that the backend answers now."""
        with contextlib.suppress(OSError):
            self._online_path.touch(mode=0o600)

    @property
    def _online_path(self) -> Path:
        return self.store_path.with_suffix(".online")

    def looks(self) -> Looks:
        """How the window looked last; as it is made, where nothing readable was kept."""
        try:
            return Looks.model_validate_json((self._folder / "looks.json").read_bytes())
        except (OSError, ValidationError):
            return Looks()

    def keep_looks(self, looks: Looks) -> None:
        """Remember how the window looks; a folder that cannot be written to is no reason to stop."""
        with contextlib.suppress(OSError):
            (self._folder / "looks.json").write_text(looks.model_dump_json(), encoding="utf-8")


def choose_profile(data_dir: Path | None, server: str | None, *, sample: bool = False) -> Profile:
    """Return the profile in a data folder, by default the user's own.

    One's own workspace and the sample never share a store: the sample lies in a folder beneath, and is opened where it
    is asked for, or where nothing of one's own has been imported yet.
    """
    folder = data_dir or user_data_path("redline", appauthor=False)
    _refuse_another_users(folder / "desk")
    if server is None and (sample or not (folder / "workspace.db").exists()):
        return Profile(folder / "sample", sample=True)
    return Profile(folder, server)


def _refuse_another_users(folder: Path) -> None:
    """Never work in a profile that somebody else keeps, not even with the right to: its files would change hands."""
    try:
        owner = folder.stat().st_uid
    except FileNotFoundError:
        return
    except PermissionError as error:
        raise _not_ours(folder) from error
    if sys.platform != "win32" and owner != os.getuid():
        raise _not_ours(folder)


def _not_ours(folder: Path) -> PermissionError:
    return PermissionError(
        f"The profile at {folder.parent} is another user's. Choose a folder of your own: --data-dir."
    )
