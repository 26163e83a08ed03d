"""Hostile strings through every text sink of the real window: `python -m tests.faults.hostile --count N [--seed S]`.

Proves: nobody but the backend is connected to, no file but the application's own is opened (strace is the witness), no
markup is read, every text is shown code point for code point, and the largest texts never hold the event loop up.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.attack.child import BEGUN
from tests.faults.attack.desk import Account, Plan
from tests.faults.attack.payloads import HUGE, KINDS, SMALL, Canary
from tests.faults.attack.witness import Heard, is_here, strace
from tests.faults.report import ROOT, Report, commit_seed, refuse

DESKS = 2
HOST = "redline-canary.invalid"
SYSTEM = tuple(
    map(
        Path,
        (
            *("/lib", "/lib64", "/usr/lib", "/etc/ld.so.cache", "/proc/self", "/proc/sys/vm", "/dev/null"),
            *("/usr/share/fonts", "/usr/local/share/fonts", "/etc/fonts", "/var/cache/fontconfig"),
            *("/usr/share/libthai", "/usr/share/zoneinfo", "/etc/localtime"),
        ),
    )
)
"""The system's libraries and fonts, and what breaks Thai into words: read when a script is first shown."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6_000, help="payloads, about seventy of which make a round")
    parser.add_argument("--seed", type=int, default=commit_seed())
    parser.add_argument("--first", type=int, default=0, help="the first round")
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
            Plan(seed=asked.seed, first=asked.first + desk, step=DESKS, payloads=share, url=url, canary=canary,
                 folder=folder / f"desk-{desk}")
            for desk in range(DESKS)
        ]  # fmt: skip
        desks = [_start(plan) for plan in plans]
        accounts = [_account(plan, desk, report) for plan, desk in zip(plans, desks, strict=True)]
    _sum_up(accounts, report)
    _hear(plans, report)


def _start(plan: Plan) -> "subprocess.Popen[str]":
    plan.folder.mkdir()
    command = [*strace(_log(plan)), sys.executable, "-m", "tests.faults.attack.child"]
    settings = {"QT_QPA_PLATFORM": "offscreen", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    pipe = subprocess.PIPE
    desk = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdin=pipe, stdout=pipe, text=True)
    assert desk.stdin is not None
    desk.stdin.write(plan.model_dump_json())
    desk.stdin.close()
    return desk


def _account(plan: Plan, desk: "subprocess.Popen[str]", report: Report) -> Account:
    assert desk.stdout is not None
    said = desk.stdout.read().splitlines()
    if status := desk.wait():
        report.violations.append(f"the desk of {plan.folder.name} ended with {status}")
        return Account()
    return Account.model_validate_json(said[-1])


def _sum_up(accounts: Sequence[Account], report: Report) -> None:
    for account in accounts:
        report.hits.update(account.delivered)
        report.violations += account.violations
    dealt = set().union(*(account.dealt for account in accounts))
    slots = {slot for slot, _ in dealt}
    report.figures["payloads"] = sum(account.delivered.total() for account in accounts)
    report.figures["rounds"] = sum(account.rounds for account in accounts)
    report.figures["slots"] = len(slots)
    pairs = sum(kind not in HUGE for _, kind in dealt)
    report.figures["slots that held each small class"] = f"{pairs} of {len(slots) * len(SMALL)} pairs"
    report.figures["sinks read back"] = len({sink for account in accounts for sink in account.readings})
    report.figures["readings"] = sum(account.readings.total() for account in accounts)
    for kind in (*HUGE, "any other class"):
        longest = max((account.stalls.get(kind, 0.0) for account in accounts), default=0.0)
        report.figures[f"longest pass of the event loop, {kind}"] = f"{longest * 1000:.0f} ms"


def _hear(plans: Sequence[Plan], report: Report) -> None:
    peers, files = Counter[str](), Counter[str]()
    for plan in plans:
        heard = Heard(_log(plan), BEGUN)
        if not heard.began:
            report.violations.append("the witness saw nothing: strace may not trace here")
        own = (plan.folder, ROOT, Path(sys.prefix), Path(sys.base_prefix), *map(Path, filter(None, sys.path)), *SYSTEM)
        report.violations += [f"connected to {peer}" for peer in heard.strangers(int(plan.url.rpartition(":")[2]))]
        report.violations += [f"opened {path}" for path in heard.foreign(own)]
        peers += heard.peers
        files += heard.files
    report.figures["connects, all to the backend"] = peers.total()
    report.figures["files opened, all its own"] = files.total()


def _log(plan: Plan) -> Path:
    return plan.folder.with_suffix(".strace")


@contextmanager
def _backend(seed: int, canary: Canary) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.faults.attack.backend", str(seed), *canary]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child.stdout.readline().strip()
        finally:
            child.kill()


if __name__ == "__main__":
    sys.exit(main())
