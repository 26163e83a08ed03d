"""Random schedules of crashes, losses and wrong clocks: 0 lost, 0 doubled, 0 stuck, one owner; each seed replays."""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

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
    done = submitted = 0
    try:
        for outcome in run_schedules(range(asked.seed, asked.seed + asked.count), asked.jobs, asked.trace):
            done += 1
            submitted += outcome.submitted
            report.hits += outcome.hits
            violations = [f"seed {outcome.seed}: {violation}" for violation in outcome.violations]
            report.violations += violations
            told = [*outcome.trace, f"seed {outcome.seed}: fingerprint {outcome.fingerprint}"] if asked.trace else ()
            for line in (*told, *violations):
                print(line, flush=True)
    except KeyboardInterrupt:
        report.violations.append(f"stopped; go on with --seed {asked.seed + done} --count {asked.count - done}")
    report.figures |= {"schedules": done, "corrections": submitted, "faults": sum(report.hits.values())}
    return report.end()


def run_schedules(seeds: range, jobs: int, traced: bool) -> Iterator[Outcome]:
    """Run these schedules in several processes; yield what became of each, in order."""
    run = partial(run_schedule, traced=traced)
    if jobs == 1 or len(seeds) == 1:
        yield from map(run, seeds)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        yield from pool.map(run, seeds, chunksize=min(TOGETHER, -(-len(seeds) // jobs)))


if __name__ == "__main__":
    sys.exit(main())
