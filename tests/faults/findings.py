"""What one part of a machine has found; the parts run in processes of their own and are added up."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from tests.faults.report import Report


@dataclass(slots=True)
class Findings:
    """Figures and hits by their names, and what broke a promise."""

    figures: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def __iadd__(self, other: Self) -> Self:
        self.figures.update(other.figures)
        self.hits.update(other.hits)
        self.violations += other.violations
        return self

    def add_to(self, report: Report) -> None:
        """Put all of it into a report."""
        report.figures |= self.figures
        report.hits += self.hits
        report.violations += self.violations
