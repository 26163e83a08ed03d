"""Random schedules of crashes, losses and wrong clocks: 0 lost, 0 doubled, 0 stuck, one owner; each seed replays."""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.faults.report import Report, commit_seed
from tests.faults.simulation.faults import Fault
from tests.faults.simulation.schedule import Outcome, run_schedule

TOGETHER = 50
"""Schedules that a worker runs before it tells of them."""


def main() -> int:
    """Run as many schedules as asked for, from a seed on; return 0 only if none violated anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.schedules", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=commit_seed(), help="of the first schedule; the next has the next")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--trace", action="store_true", help="tell what happens in each")
    asked = parser.parse_args()
    report = Report("schedules", asked.seed, Fault)
    submitted = 0
    for outcome in run_schedules(range(asked.seed, asked.seed + asked.count), asked.jobs):
        report.hits += outcome.hits
        report.violations += [f"seed {outcome.seed}: {violation}" for violation in outcome.violations]
        submitted += outcome.submitted
        if asked.trace:
            print(*outcome.trace, f"seed {outcome.seed}: fingerprint {outcome.fingerprint}", sep="\n")
    report.figures |= {"schedules": asked.count, "corrections": submitted, "faults": sum(report.hits.values())}
    return report.end()


def run_schedules(seeds: range, jobs: int) -> Iterator[Outcome]:
    """Run these schedules in several processes; yield what became of each, in order."""
    if jobs == 1 or len(seeds) == 1:
        yield from map(run_schedule, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(run_schedule, seeds, chunksize=TOGETHER)


if __name__ == "__main__":
    sys.exit(main())
