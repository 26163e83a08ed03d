"""One seed is one schedule, in any process; and the machine is not blind."""

import os
import re
import subprocess
import sys

import pytest

from console.client.services.outbox_pump import OutboxPump
from tests.faults.report import ROOT
from tests.faults.simulation.bugs import planted
from tests.faults.simulation.faults import Fault
from tests.faults.simulation.schedule import run_schedule

SEED, COUNT = 101, 5


def traced(hash_seed: str) -> list[str]:
    """What the machine says of a few schedules, without how long they took."""
    command = [sys.executable, "-m", "tests.faults.schedules", "--seed", str(SEED), "--count", str(COUNT), "--trace"]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    return [line for line in ran.stdout.splitlines() if not line.startswith("  seconds:")]


def test_a_seed_replays_in_another_process_to_the_last_line() -> None:
    told = traced("1")
    assert sum("fingerprint" in line for line in told) == COUNT
    assert any(re.search(r"server 1 answers ana-1 PUT /v1/corrections/[0-9a-f-]{36}: 200", line) for line in told)
    assert traced("2") == told


def test_a_seed_replays_whatever_ran_before_it() -> None:
    alone = run_schedule(SEED)
    assert alone.trace != run_schedule(SEED + 1).trace
    assert run_schedule(SEED) == alone


@pytest.mark.parametrize("seed", range(SEED, SEED + 20))
def test_a_schedule_keeps_every_promise(seed: int) -> None:
    assert run_schedule(seed).violations == ()


def test_faults_strike() -> None:
    hits = sum((run_schedule(seed).hits for seed in range(SEED, SEED + 20)), start=type(run_schedule(SEED).hits)())
    assert len(hits) > len(Fault) / 2


def test_a_bug_is_caught_while_it_is_planted_and_gone_afterwards() -> None:
    sound = OutboxPump._deliver
    with planted("deleted before the answer"):
        assert OutboxPump._deliver is not sound
        assert any(run_schedule(seed).violations for seed in range(SEED, SEED + 20))
    assert OutboxPump._deliver is sound
