"""What is measured of one side of a comparison, and how a table of such comparisons reads."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Measured:
    """One side of a comparison: each time in milliseconds, and the most memory its process held, in MiB."""

    times: Sequence[float]
    peak: float | None

    @property
    def median(self) -> float:
        return median(self.times)

    @property
    def worst(self) -> float:
        """The 99th percentile; of fewer than a hundred times it is close to the slowest."""
        return quantiles(self.times, n=100, method="inclusive")[-1]


def merged(parts: Sequence[Measured]) -> Measured:
    """Return several runs as one."""
    peaks = [part.peak for part in parts if part.peak is not None]
    return Measured([time for part in parts for time in part.times], max(peaks, default=None))


def peak_memory(*, children: bool = False) -> float | None:
    """Return the most memory this process, or the largest of its ended children, held in MiB; None on Windows."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415  (Windows has none)

    used = resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF).ru_maxrss
    return used / (2**20 if sys.platform == "darwin" else 2**10)


def table(rows: Sequence[tuple[str, Measured, Measured]]) -> str:
    """Return the comparisons as text: the desk above the bare Qt program that does the same, and how they relate."""
    lines = [f"{'':<46} {'median':>9} {'99th':>9} {'count':>6} {'memory':>9}"]
    for name, desk, bare in rows:
        lines += ["", _line(name, desk), _line("    bare Qt", bare)]
        memory = f"{desk.peak / bare.peak:8.2f}x" if desk.peak and bare.peak else ""
        times = f"{desk.median / bare.median:8.2f}x {desk.worst / bare.worst:8.2f}x"
        lines.append(f"{'    ratio':<46} {times} {'':>6} {memory:>9}")
    return "\n".join(lines)


def _line(name: str, side: Measured) -> str:
    memory = "" if side.peak is None else f"{side.peak:5.0f} MiB"
    return f"{name:<46} {side.median:6.1f} ms {side.worst:6.1f} ms {len(side.times):>6} {memory:>9}"
