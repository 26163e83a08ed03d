"""Runs every machine with CI's counts, two at a time: `python -m tests.faults`; exits 1 where any failed."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Timer

from tests.faults.report import ROOT

TIMEOUT_S = 1_450

MACHINES = {
    "schedules": ("--count", "10000"),
    "planted": (),
    "powercut": ("--states", "20000"),
    "kills": ("--server-kills", "50"),
    "histories": ("--count", "100"),
    "api": ("--cases", "1000"),
    "tampers": ("--count", "500"),
    "soak": ("--minutes", "1"),
    "hostile": ("--count", "2000"),
}
"""Each machine's arguments; the longest first, and last the one that measures how long a window stands still."""

NICER = {"schedules": 19}
"""CI runs the tests beside the machines, and those go first; the schedules take what all others leave."""


def main() -> int:
    """Run them all, print what each said as it ends, and return 0 only if all of them returned 0."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        statuses = dict(zip(MACHINES, pool.map(_run, MACHINES), strict=True))
    failed = [name for name, status in statuses.items() if status]
    print(f"fault machines: {len(statuses) - len(failed)} passed, failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def _run(name: str) -> int:
    command = [sys.executable, "-m", f"tests.faults.{name}", *MACHINES[name]]
    pipe, both = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=both, text=True, process_group=0) as machine:
        if hasattr(os, "nice"):
            os.setpriority(os.PRIO_PGRP, machine.pid, min(19, os.nice(0) + NICER.get(name, 10)))
        late = Timer(TIMEOUT_S, os.killpg, (machine.pid, signal.SIGKILL))  # with whatever it started
        late.start()
        print(machine.communicate()[0], end="", flush=True)
        late.cancel()
    if machine.returncode == -signal.SIGKILL:
        print(f"{name}: killed, not done after {TIMEOUT_S:,} s", flush=True)
    return machine.returncode


if __name__ == "__main__":
    sys.exit(main())
