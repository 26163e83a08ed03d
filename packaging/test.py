"""Set Redline up for development if need be, and run every check: `python3 packaging/test.py [pytest arguments]`.

All checks run, then the tests, and beside them the fault machines, which arguments for pytest leave out; the exit
status is that of the first that failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import environment

CHECKS = {
    "lint": ("ruff", "check"),
    "format": ("ruff", "format", "--check"),
    "types": ("mypy", "--strict", "console"),
    "imports": ("lint-imports", "--no-logo"),
}


def main(arguments: list[str]) -> None:
    """Run the checks from the repository's root; exits with the first status that is not 0, or 0."""
    environment.prepare(environment.DEV_LOCK)
    environment.provide_test_programs()
    if not environment.has_display():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    statuses = {name: _run(name, *check) for name, check in CHECKS.items()}
    if arguments:
        statuses["tests"] = _run("tests", "pytest", *arguments)
    else:
        statuses |= _run_tests_and_machines()
    sys.exit(next((status for status in statuses.values() if status), 0))


def _run_tests_and_machines() -> dict[str, int]:
    """Run the fault machines on the processors that the tests leave idle; tell what they said once the tests end."""
    with tempfile.TemporaryFile() as said:
        machines = [environment.command("python"), "-m", "tests.faults"]
        running = subprocess.Popen(machines, cwd=str(environment.ROOT), stdout=said, stderr=subprocess.STDOUT)
        statuses = {"tests": _run("tests", "pytest"), "faults": running.wait()}
        print("== faults", flush=True)
        said.seek(0)
        print(said.read().decode(), end="", flush=True)
    return statuses


def _run(name: str, program: str, *options: str) -> int:
    print(f"== {name}", flush=True)
    status = subprocess.call([environment.command(program), *options], cwd=str(environment.ROOT))
    if status and name != "tests":
        print(f"== {name} failed with status {status}", flush=True)
    return status


if __name__ == "__main__":
    main(sys.argv[1:])
