"""What every machine prints: its seed, its figures, how often each fault hit, and what broke a promise."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Report:
    """The figures of one run. `faults`: the classes that must each hit at least once, or the run proves nothing."""

    def __init__(self, machine: str, seed: int, faults: Iterable[str] = ()) -> None:
        self.machine = machine
        self.seed = seed
        self.figures: dict[str, object] = {}
        self.hits = Counter(dict.fromkeys(faults, 0))
        self.violations: list[str] = []
        self._began = time.monotonic()

    def end(self) -> int:
        """Print everything and return the exit status: 0 only if nothing was violated and every fault class hit."""
        missed = [name for name, count in self.hits.items() if not count]
        figures = self.figures | {"seconds": f"{time.monotonic() - self._began:.1f}"}
        print(f"{self.machine}: seed {self.seed}, commit {commit()[:12]}")
        for name, value in figures.items():
            print(f"  {name}: {value}")
        if self.hits:
            print("  hits: " + ", ".join(f"{name} {count}" for name, count in sorted(self.hits.items())))
        for name in missed:
            print(f"  NEVER HIT: {name}")
        for violation in self.violations[:20]:
            print(f"  VIOLATED: {violation}")
        print(f"  violations: {len(self.violations)}", flush=True)
        return 1 if missed or self.violations else 0


def commit() -> str:
    """Return the commit that is tried, "uncommitted" outside a repository."""
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "uncommitted"


def commit_seed() -> int:
    """Return the seed of this commit: each commit is tried in its own way, and anybody can repeat it."""
    found = commit()
    return 1 if found == "uncommitted" else int(found[:8], 16)


def refuse(reason: str) -> int:
    """Say why a machine cannot run here, and fail: what did not run did not pass."""
    print(reason, file=sys.stderr)
    return 1
