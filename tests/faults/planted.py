"""Plants known bugs, one at a time, and sees that each is caught: a machine that is blind to one proves little of it.

`python -m tests.faults.planted [BUG ...]`: each bug must be caught within 1,000 schedules; the one that SQLite's pragma
makes, which only a power cut shows, within as many cuts.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from tests.faults.powercut import CONTROLS, cut, record
from tests.faults.report import Report, refuse
from tests.faults.simulation.bugs import BUGS, CAUGHT_LAST, planted
from tests.faults.simulation.schedule import run_schedule
from tests.faults.strace import CannotTraceError

MOST = 1_000
"""Schedules, or power cuts, within which a bug must be caught."""

WITHOUT_FULL = "a profile without FULL"


@dataclass(frozen=True)
class Catch:
    """The seed that caught a bug, and the first thing that was seen of it; 0 where nothing was."""

    bug: str
    seed: int = 0
    violation: str = "never caught"


def catch(bug: str) -> Catch:
    """Run schedules with a bug planted until one shows it, beginning with the one that did so last."""
    if bug == WITHOUT_FULL:
        found = cut(record(bug, CONTROLS[bug]), MOST, "1").violations
        return Catch(bug, 1, found[0]) if found else Catch(bug)
    with planted(bug):
        for seed in (CAUGHT_LAST[bug], *range(1, MOST)):
            for violation in run_schedule(seed).violations:
                if "TypeError(" not in violation:  # as where a bug no longer fits the code it is planted in
                    return Catch(bug, seed, violation)
    return Catch(bug)


def main(arguments: Sequence[str]) -> int:
    """Plant them all; return 0 only if each was caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.planted", description=__doc__)
    parser.add_argument("bugs", nargs="*", default=[*BUGS, WITHOUT_FULL], help="all that are known, if none is named")
    asked = parser.parse_args(arguments)
    report = Report("planted", 1)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        try:
            for caught in pool.map(catch, asked.bugs):
                print(f"  {caught.bug}: seed {caught.seed}: {caught.violation:.150}", flush=True)
                if not caught.seed:
                    report.violations.append(f"{caught.bug} was not caught within {MOST:,} schedules")
        except CannotTraceError as error:
            return refuse(str(error))
    report.figures |= {"planted": len(asked.bugs), "caught": len(asked.bugs) - len(report.violations)}
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
