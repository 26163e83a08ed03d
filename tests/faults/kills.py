"""Kills, failing disks, locks and damage, on the real stores and a real server: `[--server-kills K] [--files F]`.

Every write and sync of submit, claim, store_correction and both migrations is killed once, fails once, and finds the
disk full once; a real server is killed K times under load; another process holds the database; F damaged profiles are
opened. Nothing that somebody was told is saved may be lost, doubled or half there, and work can always go on.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.faults import damage, locks, points, server_kills
from tests.faults.findings import Findings
from tests.faults.report import Report, commit_seed, refuse
from tests.faults.strace import cannot_trace

PROCESSES = 2


def main(arguments: Sequence[str]) -> int:
    """Run the machine and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kills", description=__doc__)
    parser.add_argument("--server-kills", type=int, default=50)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seed", type=int, default=commit_seed())
    options = parser.parse_args(arguments)
    if reason := cannot_trace():
        return refuse(reason)
    faults = (*points.FAULTS, *server_kills.FAULTS, *locks.FAULTS, *damage.FAULTS)
    report = Report("kills", options.seed, faults)
    with ProcessPoolExecutor(PROCESSES, get_context("fork")) as pool:
        parts = [pool.submit(server_kills.kill_servers, options.server_kills, options.seed)]
        parts += [pool.submit(points.disturb, operation) for operation in points.OPERATIONS]
        parts += [pool.submit(locks.lock_databases), pool.submit(damage.damage_profiles, options.files, options.seed)]
        found = Findings()
        for part in parts:
            found += part.result()
    found.add_to(report)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
