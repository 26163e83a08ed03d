"""Whether what processes hold grows: the desks' by a fit over all that happened, the servers' within their lives."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from tests.faults.endurance.gauges import descriptors, memory, memory_in_use, threads
from tests.faults.endurance.slope import slope
from tests.faults.report import Report


class Gauge(NamedTuple):
    """How it is read off a process, and what it may grow by over the judged part and with each 1,000 events in it."""

    read: Callable[[int], float]
    most: float
    per_1000: float = 0.0
    unit: str = ""


MEMORY = Gauge(memory, 5.0, 1.0, " MiB")
"""The first is what resident memory sways by itself; the second pays for what is kept on purpose: a receipt for
each correction at its desk, a row for each conversation in the queue. A leak of one view or draft an event passes both
soon.
"""
SERVERS: Mapping[str, Gauge] = {
    "memory": MEMORY,
    "descriptors": Gauge(descriptors, 10.0),
    "threads": Gauge(threads, 5.0),
}
GROWN_UP, LEAST_JUDGED = 50, 50
"""The events after which a server has loaded most of what it needs, and how many more it takes to judge it."""

Point = tuple[int, Mapping[str, float]]
"""Events until then, and what a server held."""


class Growth:
    """Samples of the desks' process and of every server's. A server has a life from one start to the next kill."""

    def __init__(self) -> None:
        self._desks: list[tuple[float, float]] = []
        self._lives: list[list[Point]] = [[]]
        self._judged_from = 0
        self._first_life = 0

    def begin(self, events: int) -> None:
        """The warm-up is over: so much has happened in it."""
        self._judged_from, self._first_life = events, len(self._lives)

    def server_started(self) -> None:
        """Another life begins."""
        self._lives.append([])

    def sample_desks(self, events: int) -> None:
        """Take one sample of the desks' process, which is this one."""
        self._desks.append((events, memory_in_use()))

    def sample_server(self, events: int, process_id: int) -> None:
        """Take one sample of the server."""
        with suppress(OSError):  # it is being killed
            self._lives[-1].append((events, {name: gauge.read(process_id) for name, gauge in SERVERS.items()}))

    @property
    def can_judge(self) -> bool:
        """Whether any server has lived long enough since the warm-up."""
        return bool(self._grown_up())

    def judge(self, events: int, report: Report) -> None:
        """Write down what grew since the warm-up, what grew too much, and what there was nothing to judge by."""
        happened = events - self._judged_from
        desks = slope([point for point in self._desks if point[0] >= self._judged_from]) * happened
        _tell(report, "the desks' memory", MEMORY, desks, happened)
        before, after = (
            max((held["memory"] for life in lives for _, held in life), default=0.0)
            for lives in (self._lives[: self._first_life], self._lives[self._first_life :] or self._lives[-1:])
        )
        _tell(report, "the servers' memory, the most before and after the warm-up", MEMORY, after - before, happened)
        lives = self._grown_up()
        if not lives:
            report.violations.append("no server lived long enough to be judged")
        longest = max((life[-1][0] - life[0][0] for life in lives), default=0)
        for name, gauge in SERVERS.items():
            grown = slope(*([(at, held[name]) for at, held in life] for life in lives)) * longest
            _tell(report, f"a grown-up server's {name}", gauge, grown, longest)
        last = self._lives[-1][-1][1]["memory"]
        report.figures["memory in the end"] = f"desks {self._desks[-1][1]:.0f} MiB, server {last:.0f}"

    def _grown_up(self) -> Sequence[Sequence[Point]]:
        """Return of each life what is judged of it, where that is enough."""
        judged = [
            [point for point in life if point[0] >= max(life[0][0] + GROWN_UP, self._judged_from)]
            for life in self._lives
        ]
        return [life for life in judged if life and life[-1][0] - life[0][0] >= LEAST_JUDGED]


def _tell(report: Report, name: str, gauge: Gauge, grown: float, events: int) -> None:
    per_1000 = 1000 * grown / events if events else 0.0
    report.figures[name] = f"{grown:+.1f}{gauge.unit} over {events} events, {per_1000:+.2f} per 1,000"
    allowed = gauge.most + gauge.per_1000 * events / 1000
    if grown > allowed:
        report.violations.append(f"{name} grew by {grown:.1f}{gauge.unit}, {allowed:.1f} are allowed")
