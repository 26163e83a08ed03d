"""A backend that is stopped and started again, or put back to an old backup."""

import shutil
from contextlib import ExitStack
from pathlib import Path

from tests.server.world import Running, running


class Backend:
    """A backend that can be stopped and started again, on another port with the same data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self.now: Running | None = None

    @property
    def url(self) -> str | None:
        return self.now.url if self.now else None

    def start(self) -> Running:
        self.now = self._stack.enter_context(running(self._folder))
        return self.now

    def stop(self) -> None:
        self.now = None
        self._stack.close()

    def stored(self, who: str = "ana") -> list[str]:
        """The ids of the corrections stored there, oldest first."""
        assert self.now is not None
        page = self.now.client(who).get("/v1/corrections").json()
        return [record["correction"]["id"] for record in page["records"]]

    def back_up(self, to: Path) -> None:
        """Copy the data of a backend that is stopped."""
        shutil.copytree(self._folder, to)

    def restore(self, backup: Path) -> None:
        """Put a stopped backend back to a backup: what came after it is gone."""
        shutil.rmtree(self._folder)
        shutil.copytree(backup, self._folder)
