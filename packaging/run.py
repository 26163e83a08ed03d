"""Set Redline up if need be, and start it: `python3 packaging/run.py [redline arguments]`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import environment


def main(arguments: list[str]) -> None:
    """Hand over to `redline`; without a display and without arguments, to `redline tour` into a new folder."""
    environment.prepare(environment.RUNTIME_LOCK, environment.DEV_LOCK)
    if not environment.has_display():
        if not arguments:
            folder = tempfile.mkdtemp(prefix="redline-tour-")
            print(f"There is no display here, so Redline shows its main job as pictures in {folder}", flush=True)
            arguments = ["tour", "--out", folder]
        if arguments[0] == "tour":
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    command = [environment.command("redline"), *arguments]
    if os.name == "nt":  # exec on Windows gives the prompt back while the program still runs
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
