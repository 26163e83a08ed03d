"""The machine that looks for leaks finds one."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.faults.endurance.gauges import MIB, Rest, descriptors, leaks
from tests.faults.endurance.growth import Growth
from tests.faults.endurance.slope import slope
from tests.faults.report import Report

STILL = Rest(descriptors=50, threads=10, tasks=20, widgets=300, qt_objects=1_000, none_references=100_000)


def test_the_slope_is_that_of_the_line_whatever_a_quarter_of_the_points_say() -> None:
    random = Random(1)
    points = [(x, 3.0 * x + 7 + random.uniform(-1, 1)) for x in range(100)]
    assert slope(points) == pytest.approx(3, abs=0.05)
    bent = [(x, 1e6 if x % 4 == 0 else y) for x, y in points]
    assert slope(bent) == pytest.approx(3, abs=0.5)
    assert slope([(x, 5.0) for x in range(10)], [(x, 9.0) for x in range(10)]) == 0
    assert slope([(1.0, 1.0)]) == 0


@pytest.mark.parametrize("name", ["descriptors", "threads", "tasks"])
def test_one_more_at_rest_is_a_leak(name: str) -> None:
    more = replace(STILL, **{name: getattr(STILL, name) + 1})
    assert len(leaks(STILL, more)) == 1
    assert leaks(more, STILL) == []


def test_lost_references_to_none_are_found() -> None:
    assert len(leaks(STILL, replace(STILL, none_references=90_000))) == 1
    assert leaks(STILL, replace(STILL, none_references=200_000)) == []


@pytest.mark.parametrize(("hoarded", "found"), [(0, []), (MIB, ["the desks' memory", "a grown-up server's memory"])])
def test_memory_that_grows_is_found(hoarded: int, found: list[str]) -> None:
    growth, report, hoard = Growth(), Report("soak", 1), []
    growth.begin(0)
    for number in range(0, 120, 8):
        hoard.append(bytearray(os.urandom(hoarded)))
        growth.sample_desks(number)
        growth.sample_server(number, os.getpid())
    growth.judge(120, report)
    told = [name for name in found if any(said.startswith(name) for said in report.violations)]
    assert told == found
    assert bool(report.violations) is bool(hoarded)


def test_files_and_threads_that_a_server_keeps_are_found(tmp_path: Path) -> None:
    growth, report = Growth(), Report("soak", 1)
    growth.begin(0)
    with ExitStack() as kept:
        for number in range(120):
            kept.enter_context((tmp_path / "kept").open("w"))
            kept.enter_context(ThreadPoolExecutor()).submit(int).result()
            growth.sample_server(number, os.getpid())
        growth.sample_desks(120)
        growth.judge(120, report)
    assert [said.partition(" grew")[0] for said in report.violations if "memory" not in said] == [
        "a grown-up server's descriptors",
        "a grown-up server's threads",
    ]


def test_a_server_that_nothing_could_be_said_of_does_not_pass() -> None:
    growth, report = Growth(), Report("soak", 1)
    growth.sample_server(0, os.getpid())
    growth.begin(0)
    for number in range(120):
        growth.server_started()
        growth.sample_server(number, os.getpid())
    growth.sample_desks(120)
    assert not growth.can_judge
    growth.judge(120, report)
    assert report.violations == ["no server lived long enough to be judged"]


def test_an_open_file_is_counted() -> None:
    before = descriptors("self")
    with Path(os.devnull).open():
        assert descriptors("self") == before + 1
    assert descriptors("self") == before
