"""Hostile strings through every text sink of the real window: `python -m tests.faults.hostile --count N [--seed S]`.

Proves: nobody but the backend is connected to, no file but the application's own is opened (strace is the witness), no
markup is read, every text is shown code point for code point, and the largest texts never hold the event loop up.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.hostile_desk import BEGUN, STALL_S, Account, Plan
from tests.faults.payloads import HUGE, KINDS, Canary
from tests.faults.report import ROOT, Report, commit_seed, refuse
from tests.faults.witness import Testimony, is_here, strace

DESKS = 2
HOST = "redline-canary.invalid"
SYSTEM = tuple(map(Path, ("/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev", "/var/cache/fontconfig")))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=commit_seed())
    parser.add_argument("--first", type=int, default=0, help="the number of the first payload")
    asked = parser.parse_args(arguments)
    if not is_here():
        return refuse("strace is missing, and without it nobody sees what the desk opens: install it to run this.")
    report = Report("hostile", asked.seed, KINDS)
    with tempfile.TemporaryDirectory(prefix="redline-hostile-") as folder:
        _attack(Path(folder), asked, report)
    return report.end()


def _attack(folder: Path, asked: argparse.Namespace, report: Report) -> None:
    foreign = folder / "foreign"
    foreign.mkdir()
    canary = Canary(HOST, str(foreign / "canary.png"))
    Path(canary.file).write_bytes(b"\x89PNG\r\n\x1a\n")
    share = -(-asked.count // DESKS)
    with _backend(asked.seed, canary) as url:
        plans = [
            Plan(seed=asked.seed, first=first, count=min(share, asked.first + asked.count - first), url=url,
                 folder=folder / f"desk-{first}", canary=canary)
            for first in range(asked.first, asked.first + asked.count, share)
        ]  # fmt: skip
        desks = [_start(plan) for plan in plans]
        for plan, desk in zip(plans, desks, strict=True):
            _take(desk.communicate(plan.model_dump_json())[0], desk.returncode, report)
            _hear(plan, report)


def _start(plan: Plan) -> "subprocess.Popen[str]":
    plan.folder.mkdir()
    command = [*strace(plan.folder / "strace.log"), sys.executable, "-m", "tests.faults.hostile_desk"]
    settings = {"QT_QPA_PLATFORM": "offscreen", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdin=pipe, stdout=pipe, text=True)


def _take(answer: str, status: int, report: Report) -> None:
    if status:
        report.violations.append(f"a desk ended with {status}")
        return
    account = Account.model_validate_json(answer.splitlines()[-1])
    report.hits.update(account.delivered)
    report.violations += account.violations
    figures = report.figures
    figures["payloads"] = int(figures.get("payloads", 0)) + account.delivered.total()
    figures["readings"] = int(figures.get("readings", 0)) + account.readings.total()
    figures["sinks"] = len(account.readings)
    for kind in HUGE:
        name = f"longest stall, {kind} (limit {STALL_S * 1000:.0f} ms)"
        figures[name] = (
            f"{max(float(str(figures.get(name, '0')).split()[0]), account.stalls.get(kind, 0) * 1000):.0f} ms"
        )


def _hear(plan: Plan, report: Report) -> None:
    heard = Testimony(plan.folder / "strace.log", BEGUN)
    if not heard.began:
        report.violations.append("the witness saw nothing: strace may not trace here")
    own = (plan.folder, ROOT, Path(sys.prefix), Path(sys.base_prefix), *SYSTEM)
    port = int(plan.url.rpartition(":")[2])
    report.violations += [f"connected to {peer}" for peer in heard.strangers(port)]
    report.violations += [f"opened {path}" for path in heard.foreign(own)]
    report.figures["connects"] = heard.peers.total()
    report.figures["files opened"] = heard.files.total()


@contextmanager
def _backend(seed: int, canary: Canary) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.faults.hostile_backend", str(seed), *canary]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child.stdout.readline().strip()
        finally:
            child.kill()


if __name__ == "__main__":
    sys.exit(main())
