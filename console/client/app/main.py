"""Runs the desk: Qt's event loop with asyncio on it, the profile, the backend, the window, and an orderly end."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine

os.environ.setdefault("QT_API", "pyside6")

from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from console.client.app.collector import MainThreadCollector
from console.client.app.desk import Desk
from console.client.app.profile import Profile, choose_profile
from console.client.app.single_desk import SilentDeskError, SingleDesk
from console.client.services.errors import DeskError
from console.client.theme.fonts import load_fonts
from console.client.theme.theme import Theme

_LISTEN_AFTER_S = 0.3
"""A later desk tries for longer than that; the first painted rows go before."""


def create_application() -> QApplication:
    """Return the Qt application with the shipped fonts. It outlives its last window: the desk ends it itself."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("Redline")
    app.setDesktopFileName("redline")
    app.setQuitOnLastWindowClosed(False)
    load_fonts()
    return app


def run_on_qt(app: QApplication, work: Callable[[], Coroutine[None, None, int]]) -> int:
    """Run a coroutine on an event loop that is Qt's, and return its result.

    Asynchronous generators that are dropped half way, such as those a cancelled read leaves, are closed in a task, as
    asyncio's own loops do and qasync's does not: else a connection would stay taken for good.
    """
    loop = QEventLoop(app, already_running=False)
    asyncio.set_event_loop(loop)
    hooks = sys.get_asyncgen_hooks()

    def close(dropped: AsyncGenerator[object, None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(loop.create_task, dropped.aclose())

    sys.set_asyncgen_hooks(finalizer=close)
    try:
        return int(loop.run_until_complete(work()))
    finally:
        sys.set_asyncgen_hooks(*hooks)
        loop.close()
        asyncio.set_event_loop(None)


def has_display() -> bool:
    """Whether a window can be shown: Qt itself would abort the process where none can."""
    chosen = (os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    return not sys.platform.startswith("linux") or any(chosen)


def run_desk(arguments: argparse.Namespace) -> int:
    """Open the desk and return 0 when its window is closed, 1 where it could not open.

    Where one is open on this profile already, that one comes to the front instead, and 0 is returned at once.
    """
    if not has_display():
        print("There is no display here. To see Redline at work all the same: redline tour --out DIR", file=sys.stderr)  # noqa: T201
        return 1
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    app = create_application()
    profile = choose_profile(arguments.data_dir, arguments.server, sample=arguments.sample)
    single = SingleDesk(profile.store_path)
    try:
        if not single.take():
            print("Redline is open on this profile already: its window is in front now.")  # noqa: T201
            return 0
    except SilentDeskError as error:
        print(f"redline: {error}", file=sys.stderr)  # noqa: T201
        return 1
    looks = profile.looks()
    theme = Theme(looks.scheme, looks.density)
    theme.install(app)
    try:
        return run_on_qt(app, lambda: _run(theme, profile, single))
    finally:
        single.leave()


async def _run(theme: Theme, profile: Profile, single: SingleDesk) -> int:
    desk = Desk(theme, profile)
    single.called.connect(desk.window.come_forward)
    collector = MainThreadCollector()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(desk.report)
    with contextlib.suppress(NotImplementedError):  # Windows ends console programs its own way
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, desk.closed.set)
    desk.window.show()
    listening = loop.call_later(_LISTEN_AFTER_S, single.listen)
    closed = asyncio.create_task(desk.closed.wait(), name="closed")
    starting = asyncio.create_task(desk.start(), name="start")
    try:
        await asyncio.wait((starting, closed), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
        await closed
    except DeskError as error:
        desk.window.notice.tell(str(error))
        await closed
        return 1
    finally:
        listening.cancel()
        for task in (starting, closed):
            task.cancel()
        await asyncio.gather(starting, closed, return_exceptions=True)
        await desk.stop()
        collector.stop()
    return 0
