"""Renew both lock files from pyproject.toml: `python3 packaging/lock.py [--upgrade]`, with uv on the path.

The locks hold for Linux, macOS and Windows on every Python that pyproject.toml allows. The runtime lock is cut
from the development lock, so that the two never name different versions.
"""

import subprocess
import sys

from environment import DEV_LOCK, ROOT, RUNTIME_LOCK

# relative, because uv writes the names it was given into the files
DEV, RUNTIME = (str(lock.relative_to(ROOT)) for lock in (DEV_LOCK, RUNTIME_LOCK))

COMPILE = (
    *("uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-header", "--quiet"),
)


def main(arguments: list[str]) -> None:
    """Resolve the development lock, then the runtime lock within it; raises CalledProcessError if uv refuses."""
    runs = (
        ["--group", "dev", "--all-extras", "--output-file", DEV, *arguments],
        ["--group", "build", "--output-file", RUNTIME, "--constraint", DEV],
    )
    for options in runs:
        subprocess.run([*COMPILE, *options], cwd=ROOT, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
