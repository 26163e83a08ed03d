"""What came of one machine's work on one database, brought home from a process of its own."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.faults.report import Report


@dataclass
class Tally:
    """Hits of each fault, figures, and what broke a promise."""

    hits: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.hits + other.hits, self.figures + other.figures, self.violations + other.violations)

    def add_to(self, report: Report, name: str, faults: Iterable[str]) -> None:
        """Report it under the database's name; `faults` are those that must have hit there."""
        report.hits.update({f"{name}: {fault}": self.hits[fault] for fault in faults})
        report.figures |= {f"{name}: {figure}": number for figure, number in self.figures.items()}
        report.violations += [f"{name}: {violation}" for violation in self.violations]
