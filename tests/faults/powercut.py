"""Power cuts: the writes of the real stores, lost, overtaken and torn at any point; `--states N [--seed S]`.

A child does real work and says what is done; strace records it; of the record, states are made that a power cut could
leave (the model is in `disk.py`), and the real store opens each. All that was said to be done must be there, word for
word, and nothing by halves: what is held is what was held after the last word said, or after the write then under way.
A control whose commits are not synced must be caught losing words, or the machine is blind and fails.
"""

import argparse
import asyncio
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from tests.faults import strace
from tests.faults.databases import SHARED_MEMORY
from tests.faults.disk import Disk, Kept
from tests.faults.findings import Findings
from tests.faults.report import Report, commit_seed, refuse
from tests.faults.steps import (
    damaged_profile,
    importing,
    nothing,
    old_profile,
    old_workspace,
    reading,
    serving,
    submitting,
    typing,
)
from tests.faults.work import (
    DONE,
    FAILED,
    OPENED,
    OPENING,
    BackendWork,
    DamagedError,
    DeskWork,
    RecoveryWork,
    Work,
    aloud,
    held_after_each,
)

PROCESSES = 2
CONTROL_STATES = 200
FAILING = "fsync,fdatasync:error=EIO:when=5+9"
WORKS: dict[str, tuple[int, Work[Any], str]] = {
    "a new profile": (30, DeskWork(typing, submitting, typing), ""),
    "an old profile": (18, DeskWork(submitting, typing, before=old_profile), ""),
    "a profile whose syncs fail": (20, DeskWork(typing, submitting, typing), FAILING),
    "a damaged profile": (4, RecoveryWork(nothing, before=damaged_profile), ""),
    "a profile that grows": (2, DeskWork(reading, typing), ""),
    "a new workspace": (2, BackendWork(serving), ""),
    "an old workspace": (2, BackendWork(serving, before=old_workspace), ""),
    "a workspace whose syncs fail": (1, BackendWork(serving), FAILING),
    "a workspace that grows": (1, BackendWork(importing), ""),
}
"""The share of the states, the work, and what is made to fail meanwhile."""
CONTROLS: dict[str, Work[Any]] = {
    "a profile without FULL": DeskWork(typing, submitting, synced=False),
    "a workspace without FULL": BackendWork(serving, synced=False),
}
ANEW = "in another opening"
OPENINGS = {
    "an old profile": "in a migration",
    "an old workspace": "in a migration",
    "a damaged profile": "in a recovery",
}
MOMENTS = (*OPENINGS.values(), ANEW, "in a transaction", "in a checkpoint", "between writes")
FAULTS = (*(f"kept {kept}" for kept in Kept), *(f"cut {moment}" for moment in MOMENTS), "a sync failed before")


@dataclass(frozen=True, slots=True)
class Recording:
    """What a work's child did in `folder`, where `before` was; `held`: what is held after each word."""

    name: str
    work: Work[Any]
    folder: Path
    before: dict[Path, bytes]
    calls: Sequence[strace.Call]
    held: Sequence[object]


def record(name: str, work: Work[Any], inject: str = "") -> Recording:
    """Let a child work and record it; let it work once more, undisturbed, to know what is to be held when."""
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as traced, tempfile.TemporaryDirectory() as undisturbed:
        folder = Path(traced)
        asyncio.run(work.prepare(folder))
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        ended = strace.trace(aloud(work, folder), inject=inject)
        asyncio.run(work.prepare(Path(undisturbed)))
        held = asyncio.run(held_after_each(work, Path(undisturbed)))
    said = Counter(ended.said)
    if ended.status or said[DONE] != len(held) - 1 or bool(inject) != bool(said[FAILED]):
        raise AssertionError(f"{name}: the child ended with {ended.status} after {dict(said)}")
    return Recording(name, work, folder, before, ended.calls, held)


class Progress:
    """How far the child of a recording is: what it has said, what goes on, and whether a sync has failed."""

    def __init__(self, recording: Recording) -> None:
        self.disk = Disk(recording.folder, recording.before)
        self.done = 0
        self.failed = False
        self._opening = ""
        self._first_opening = OPENINGS.get(recording.name, ANEW)

    def go_on(self, call: strace.Call) -> None:
        """Let the next call take effect."""
        self.disk.do(call)
        self.done += call.word == DONE
        self.failed |= call.result < 0 and "sync" in call.name
        if call.word == OPENING:
            self._opening = ANEW if self.done else self._first_opening
        elif call.word == OPENED:
            self._opening = ""

    @property
    def faults(self) -> list[str]:
        """What a power cut hits now."""
        moment = self._opening or "between writes"
        if not self._opening and self.disk.unsynced("-wal"):
            moment = "in a transaction"
        elif not self._opening and self.disk.unsynced(".db"):
            moment = "in a checkpoint"
        return [f"cut {moment}"] + ["a sync failed before"] * self.failed


def cut(recording: Recording, states: int, seed: str) -> Findings:
    """Make states of a recording and open them; a cut is as likely within one write as within any other."""
    random, found, seen = Random(f"{seed} {recording.name}"), Findings(), set[int]()
    found.figures.update(states=states, opened=0, lost=0, corrupt=0)
    cuts = Counter(random.choice(random.choice(_stretches(recording.calls))) for _ in range(states))
    progress = Progress(recording)
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as folder, asyncio.Runner() as runner:
        for number, call in enumerate(recording.calls):
            progress.go_on(call)
            for _ in range(cuts[number]):
                kept = random.choice(tuple(Kept))
                left = progress.disk.after_cut(kept, random)
                found.hits.update([f"kept {kept}", *progress.faults])
                same = hash((progress.done, *left.items()))
                if same in seen:
                    continue
                seen.add(same)
                found.figures["opened"] += 1
                if trouble := runner.run(_trouble(recording, left, Path(folder, "state"), progress.done)):
                    found.figures[trouble.split()[0]] += 1
                    where = f"{recording.name}, seed {seed}, call {number}, kept {kept}, {progress.faults}"
                    found.violations.append(f"{trouble}: {where}")
    return found


def _stretches(calls: Sequence[strace.Call]) -> list[range]:
    """Return the places for cuts, from one word to the next; openings are few and delicate, and count for a quarter."""
    ends = [number for number, call in enumerate(calls) if call.word]
    stretches = [range(start, end) for start, end in zip(ends, (*ends[1:], len(calls)), strict=True)]
    openings = [stretch for stretch in stretches if calls[stretch.start].word == OPENING]
    return stretches + openings * (len(stretches) // len(openings) // 3)


async def _trouble(recording: Recording, left: dict[Path, bytes], state: Path, done: int) -> str:
    """Open what a power cut left, in a folder of its own; say what is wrong with it, nothing where nothing is."""
    for path, content in left.items():
        copy = state / path.relative_to(recording.folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
    try:
        held = await recording.work.held(state)
        with closing(sqlite3.connect(state / recording.work.file)) as db:
            (word,) = db.execute("PRAGMA integrity_check").fetchone()
    except (recording.work.trouble, DamagedError, sqlite3.Error) as error:
        return f"corrupt ({error})"
    finally:
        shutil.rmtree(state, ignore_errors=True)
    if word != "ok":
        return f"corrupt ({word})"
    return "" if held in recording.held[done : done + 2] else f"lost (of what was held after {done} writes)"


def main(arguments: Sequence[str]) -> int:
    """Run the machine and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.powercut", description=__doc__)
    parser.add_argument("--states", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=commit_seed())
    options = parser.parse_args(arguments)
    if reason := strace.cannot_trace():
        return refuse(reason)
    report = Report("powercut", options.seed, FAULTS)
    shares = sum(share for share, _, _ in WORKS.values())
    with ProcessPoolExecutor(PROCESSES, get_context("fork")) as pool:
        recording = {name: pool.submit(record, name, work, inject) for name, (_, work, inject) in WORKS.items()}
        controlling = [pool.submit(record, name, work) for name, work in CONTROLS.items()]
        recordings = {name: future.result() for name, future in recording.items()}
        controls = [future.result() for future in controlling]
        parts = [
            pool.submit(
                cut, recordings[name], -(-options.states * share // shares // PROCESSES), f"{options.seed}.{half}"
            )
            for name, (share, _, _) in WORKS.items()
            for half in range(PROCESSES)
        ]
        controlled = [pool.submit(cut, control, CONTROL_STATES, str(options.seed)) for control in controls]
        found = Findings()
        for part in parts:
            found += part.result()
        for control, future in zip(controls, controlled, strict=True):
            caught = future.result()
            lost, states = caught.figures["lost"], caught.figures["states"]
            report.figures[f"control, {control.name}"] = f"{lost} of {states} states lost words"
            if not lost:
                report.violations.append(f"the control found no loss in {control.name}: this machine is blind")
    found.add_to(report)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
