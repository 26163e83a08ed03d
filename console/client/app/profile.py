"""The profile: where this user's files lie, which backend they belong to, and how the window looked last."""

import contextlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from console.client.theme.tokens import Density, Scheme
from console.contract.base import content_sha256


@dataclass(frozen=True, slots=True)
class Profile:
    """`server` None is the embedded backend. The looks are the only thing kept in plain settings; no token is."""

    folder: Path
    workspace: Path
    server: str | None
    scheme: Scheme = Scheme.LIGHT
    density: Density = Density.COMFORTABLE

    @property
    def store_path(self) -> Path:
        """The desk's own file: one for each backend, so that nothing of one is ever sent to another."""
        name = "embedded" if self.server is None else content_sha256(self.server.rstrip("/"))[:16]
        return self.folder / f"desk-{name}.db"

    def keep_looks(self, scheme: Scheme, density: Density) -> None:
        """Remember how the window looks; a folder that cannot be written to is no reason to stop."""
        with contextlib.suppress(OSError):
            looks = {"scheme": scheme.value, "density": density.value}
            (self.folder / "looks.json").write_text(json.dumps(looks), encoding="utf-8")


def open_profile(data_dir: Path | None, server: str | None) -> Profile:
    """Return the profile in a folder (by default the user's own), which is made if it is not there."""
    workspace = data_dir or user_data_path("redline", appauthor=False)
    folder = workspace / "desk"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    profile = Profile(folder, workspace, server)
    try:
        looks = json.loads((folder / "looks.json").read_text(encoding="utf-8"))
        return replace(profile, scheme=Scheme(looks["scheme"]), density=Density(looks["density"]))
    except (OSError, ValueError, KeyError, TypeError):
        return profile
