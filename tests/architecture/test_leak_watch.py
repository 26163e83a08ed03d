"""The watch over leaks itself, on planted leaks: it must see each, and let go what is in order."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
CASES = """
import asyncio
import threading

import pytest
from PySide6.QtWidgets import QWidget

kept = []


def test_leaves_a_thread():
    threading.Thread(target=threading.Event().wait, name="planted", daemon=True).start()


def test_leaves_a_window(qapp):
    kept.append(QWidget(objectName="planted"))


@pytest.mark.anyio
async def test_leaves_a_task():
    kept.append(asyncio.create_task(asyncio.sleep(100), name="planted"))


@pytest.fixture
async def ticking():
    task = asyncio.create_task(asyncio.sleep(100))
    yield task
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.anyio
async def test_keeps_order(ticking):
    await asyncio.to_thread(len, "")


def test_keeps_windows_in_order(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
"""


def test_it_sees_every_planted_leak_and_nothing_else(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST.read_text())
    pytester.makepyfile(CASES)

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=5, errors=3)
    result.stdout.fnmatch_lines_random(
        ["*left behind: thread planted*", '*left behind: window *QWidget* name="planted"*', "*tasks behind: planted*"]
    )
