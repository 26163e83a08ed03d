"""Whether memory grows: the desks' by a fit over all that happened, the servers' within a life and over the lives."""

from contextlib import suppress

from tests.faults.endurance.gauges import memory, memory_in_use
from tests.faults.endurance.slope import slope
from tests.faults.report import Report

GROWTH_MIB, GROWTH_MIB_PER_1000 = 5.0, 1.0
"""What memory may grow over the judged part, and with each 1,000 events in it.

The first is what resident memory sways by itself; the second pays for what is kept on purpose: a receipt for each
correction at its desk, a row for each conversation in the queue. A leak of one view or draft an event passes both soon.
"""
GROWN_UP = 30
"""The samples after which a server has loaded all it needs; from there on its slope is judged."""


class Growth:
    """Samples of the desks' process and of every server's. A server has a life from one start to the next kill."""

    def __init__(self) -> None:
        self._desks: list[tuple[float, float]] = []
        self._lives: list[list[tuple[float, float]]] = [[]]
        self._judged_from = 0
        self._first_life = 0

    def begin(self, events: int) -> None:
        """The warm-up is over: so much has happened in it."""
        self._judged_from, self._first_life = events, len(self._lives)

    def server_started(self) -> None:
        """Another life begins."""
        self._lives.append([])

    def sample(self, events: int, server: int) -> None:
        """Take one sample of each process; `server` is its id."""
        self._desks.append((events, memory_in_use()))
        with suppress(OSError):  # it is being killed
            self._lives[-1].append((events, memory(server)))

    def judge(self, events: int, report: Report) -> None:
        """Write down what grew since the warm-up, and what grew too much."""
        happened = events - self._judged_from
        allowed = GROWTH_MIB + GROWTH_MIB_PER_1000 * happened / 1000
        desks = slope([point for point in self._desks if point[0] >= self._judged_from]) * happened
        old = [[point for point in life[GROWN_UP:] if point[0] >= self._judged_from] for life in self._lives]
        before, after = (
            max((mib for life in lives for _, mib in life), default=0.0)
            for lives in (self._lives[: self._first_life], self._lives[self._first_life :] or self._lives[-1:])
        )
        for name, grown in (
            ("the desks' memory", desks),
            ("a grown-up server's memory", slope(*old) * happened),
            ("the servers' memory, the most before and after the warm-up", after - before),
        ):
            per_1000 = 1000 * grown / happened if happened else 0.0
            report.figures[name] = f"{grown:+.1f} MiB over {happened} events, {per_1000:+.2f} per 1,000"
            if grown > allowed:
                report.violations.append(f"{name} grew by {grown:.1f} MiB, {allowed:.1f} are allowed")
        report.figures["memory in the end"] = f"desks {self._desks[-1][1]:.0f} MiB, server {self._lives[-1][-1][1]:.0f}"
