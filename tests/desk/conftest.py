"""The desk's window on Qt's own event loop, at a real backend that lasts for the run and a fresh profile each time."""

import asyncio
import gc
import inspect
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from itertools import count
from pathlib import Path

import pytest
from PySide6.QtGui import QClipboard
from PySide6.QtWidgets import QApplication

from console.client.app.main import create_application, run_on_qt
from console.contract.conversations import Conversation
from tests.desk.child import Backend, serving
from tests.desk.seat import Seat, seated
from tests.desk.stories import story

_numbers = count(1)


@pytest.fixture(scope="session")
def app(qapp: QApplication) -> QApplication:
    gc.freeze()  # what stands by now stays, and need not be looked through after every test
    return create_application()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an async test of this folder where the desk runs: on Qt's event loop, in one go from start to end.

    A fixture that is an async context manager is entered there, and left when the test is done. Garbage is collected
    right after the test, so that its windows do not live on into the next.
    """
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    try:
        run_on_qt(create_application(), lambda: _run(pyfuncitem.obj, wanted))
    finally:
        gc.collect()
    return True


async def _run(test: Callable[..., Coroutine[None, None, None]], wanted: dict[str, object]) -> int:
    failures: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(_told(context)))
    before = asyncio.all_tasks()
    async with AsyncExitStack() as stack:
        for name, value in wanted.items():
            if isinstance(value, AbstractAsyncContextManager):
                wanted[name] = await stack.enter_async_context(value)
        await test(**wanted)
    assert not failures, f"what ran beside the test failed: {'; '.join(failures)}"
    left = [task.get_name() for task in asyncio.all_tasks() - before]
    assert not left, f"the test left tasks behind: {', '.join(left)}"
    return 0


def _told(context: dict[str, object]) -> str:
    return f"{context['message']}: {context.get('exception')!r}"


@pytest.fixture(scope="session")
def sample_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with serving(tmp_path_factory.mktemp("sample"), sample=True) as backend:
        yield backend


@pytest.fixture
def backend(sample_backend: Backend) -> Iterator[Backend]:
    """The backend with the sample workspace, every claim given back when the test is done."""
    yield sample_backend
    sample_backend.free_all()


@pytest.fixture
def case(sample_backend: Backend) -> Conversation:
    """A conversation that no other test works on."""
    made = story(f"case-{next(_numbers)}")
    sample_backend.load(made)
    return made


@pytest.fixture
def clipboard(app: QApplication) -> Iterator[QClipboard]:
    """The clipboard, emptied when the test is done: Qt would destroy what Python made for it after Python has ended."""
    yield app.clipboard()
    app.clipboard().clear()


@pytest.fixture
def seat(app: QApplication, backend: Backend, tmp_path: Path) -> AbstractAsyncContextManager[Seat]:
    """Ana, a Tier 1 agent, at the sample workspace."""
    return seated(app, tmp_path / "ana", lambda: backend.url)
