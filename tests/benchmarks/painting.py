"""From an act to the paint that shows what came of it."""

import asyncio
from collections.abc import Callable
from time import perf_counter

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QWidget

Act = Callable[[], object]
Condition = Callable[[], bool]


def always() -> bool:
    """Any paint will do."""
    return True


class Watch(QObject):
    """Acts, and calls `done` with the milliseconds until Qt has painted a widget while the condition holds."""

    def __init__(self, widget: QWidget, done: Callable[[float], object], holds: Condition = always) -> None:
        super().__init__()
        self._widget = widget
        self._done = done
        self._holds = holds
        self._is_painting = False
        widget.installEventFilter(self)

    def act(self, act: Act) -> None:
        self._began = perf_counter()
        act()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Paint and not self._is_painting and self._holds():
            self._is_painting = True
            QTimer.singleShot(0, self._on_painted)  # comes once the whole window is painted
        return False

    def _on_painted(self) -> None:
        self._widget.removeEventFilter(self)
        self._done((perf_counter() - self._began) * 1000)


async def painted(widget: QWidget, act: Act, holds: Condition = always) -> float:
    """Return how many milliseconds passed, while the desk's own loop runs."""
    time: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    watch = Watch(widget, time.set_result, holds)
    watch.act(act)
    async with asyncio.timeout(60):
        return await time


def painted_bare(widget: QWidget, act: Act) -> float:
    """Return how many milliseconds passed, in a program without asyncio."""
    loop, times = QEventLoop(), list[float]()

    def done(time: float) -> None:
        times.append(time)
        loop.quit()

    watch = Watch(widget, done)
    watch.act(act)
    loop.exec()
    return times[0]
