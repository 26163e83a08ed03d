"""How quick the desk is, beside a bare Qt program that does the same in the same run.

Run as `python -m tests.benchmarks.desk`; it takes some minutes. Every figure comes from a process of its own. Nothing
is asserted: a busy machine is no failure. The aim is a start within 1.6 times the bare window's, and every 99th
percentile within a frame of 16 ms.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from tests.benchmarks.measure import Measured, merged, table

ROOT = Path(__file__).resolve().parents[2]
STARTS = 10
ROUNDS = 1
INTERACTIONS = (
    ("open a 1,000-turn conversation, from the file", "open", "open"),
    ("open a 1,000-turn conversation, read before", "reopen", "open"),
    ("scroll a queue of 100,000 rows", "scroll", "scroll"),
    ("next row (j) in a queue of 100,000 rows", "step", "step"),
    ("keystroke to paint, answer of 10 kB", "type", "type"),
    ("the live diff after it", "diff", "type"),
    ('submit to "saved here"', "submit", "submit"),
)


def main() -> None:
    """Measure everything and print the table."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    desk, bare, backend = starts()
    rows = [("start to painted queue", desk, bare)]
    for name, on_desk, on_bare in INTERACTIONS:
        parts = [(interaction("on_desk", on_desk), interaction("on_bare", on_bare)) for _ in range(ROUNDS)]
        rows.append((name, merged([part[0] for part in parts]), merged([part[1] for part in parts])))
    print(table(rows))
    if backend:
        print(f"\nThe embedded backend beside the desk held {backend:.0f} MiB at most.")


def starts() -> tuple[Measured, Measured, float]:
    """Return the starts of the desk and of a bare window by turns, and the backend's peak memory."""
    sides: dict[str, list[tuple[float, float, float]]] = {"desk": [], "bare": []}
    with tempfile.TemporaryDirectory(prefix="redline-benchmark-") as profile:
        start("desk", profile)  # the first start of a profile fills it; people know the second
        for _ in range(STARTS):
            for side, taken in sides.items():
                taken.append(start(side, profile))
    desk, bare = (Measured([each[0] for each in taken], max(each[1] for each in taken)) for taken in sides.values())
    return desk, bare, max(each[2] for each in sides["desk"])


def start(side: str, profile: str) -> tuple[float, float, float]:
    """Return one start in milliseconds, from no process to the paint, and the peaks of the program and its child."""
    command = [sys.executable, "-m", "tests.benchmarks.start", side, profile]
    began = perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        taken = (perf_counter() - began) * 1000
        peak, backend = child.stdout.read().split()
    return taken, float(peak), float(backend)


def interaction(side: str, name: str) -> Measured:
    """Return one interaction's times on one side."""
    command = [sys.executable, "-m", f"tests.benchmarks.{side}", name]
    child = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
    return Measured(**json.loads(child.stdout))


if __name__ == "__main__":
    main()
