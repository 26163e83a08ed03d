"""What every test stands on: no display, no keyring, no network; and nothing may outlive the test that started it."""

import asyncio
import gc
import inspect
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

import pytest
from hypothesis import settings

# no deadline, because a busy machine is no failure; the same examples every time where a change is judged
settings.register_profile("redline", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("redline")

# Python collects on whichever thread happens to allocate; a Qt object that dies on another one crashes a later test.
gc.disable()

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Collect what is due, here on the main thread."""
    due = [count > most for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
    if any(due):
        gc.collect(max(generation for generation, is_due in enumerate(due) if is_due))


@pytest.fixture(scope="session")
def airline_transcripts() -> Path:
    """The 100 real conversations of a GPT-4o airline agent, as JSONL."""
    path = ROOT.parent / "shared" / "data" / "airline-gpt4o.jsonl"
    if not path.is_file():
        pytest.fail(
            f"The shared data is missing: these tests read {os.path.relpath(path, ROOT)}, beside the repository."
        )
    return path


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def leaves_nothing_behind() -> Iterator[None]:
    """Fail a test whose threads or windows are still there when all its fixtures are done.

    It comes before the test's own fixtures, so it looks after they are torn down; what a module or a session
    fixture started was there before.
    """
    threads = set(threading.enumerate())
    windows = set(map(id, _windows()))
    yield
    left = [f"thread {thread.name}" for thread in _running(threads)]
    left += [f"window {window!r}" for window in _windows_left(windows)]
    if left:
        pytest.fail(f"The test left behind: {', '.join(left)}")


@pytest.fixture(autouse=True)
def watches_tasks(leaves_nothing_behind: None, request: pytest.FixtureRequest) -> None:
    """The same for the tasks of an async test; inside the above, because a loop's threads end with the loop."""
    if request.node.get_closest_marker("anyio"):
        request.getfixturevalue("leaves_no_task_behind")


@pytest.fixture
async def leaves_no_task_behind() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = [task for task in asyncio.all_tasks() - before if not _belongs_to_anyio(task)]
    if left:
        pytest.fail(f"The test left tasks behind: {', '.join(task.get_name() for task in left)}")


def _belongs_to_anyio(task: asyncio.Task[object]) -> bool:
    """Whether this is a task of the test runner itself, which runs every fixture in one of its own."""
    return "anyio" in Path(inspect.getsourcefile(task.get_coro().cr_code) or "").parts


def _running(before: set[threading.Thread]) -> list[threading.Thread]:
    """New threads that do not end by themselves soon; those that Qt or another library owns are not Python's to end."""
    new = [thread for thread in threading.enumerate() if thread not in before]
    owned = [thread for thread in new if not isinstance(thread, threading._DummyThread)]
    for thread in owned:
        thread.join(timeout=5)
    return [thread for thread in owned if thread.is_alive()]


def _windows() -> list[object]:
    """Windows that belong to nobody; those of a tool tip are Qt's own."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    top = widgets.QApplication.topLevelWidgets()
    return [window for window in top if window.parent() is None and window.metaObject().className() != "QTipLabel"]


def _windows_left(before: set[int]) -> list[object]:
    new = [window for window in _windows() if id(window) not in before]
    if new:
        del new
        gc.collect()
        core = sys.modules["PySide6.QtCore"]
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
        new = [window for window in _windows() if id(window) not in before]
    return new
