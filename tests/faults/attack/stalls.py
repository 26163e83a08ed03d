"""How long the event loop was kept from the person: the processor time of each of its passes, on the GUI's thread."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QAbstractEventDispatcher, QObject


class StallMeter(QObject):
    """Measures from one wake of the event loop to the next. Time spent waiting, or by other processes, is not in it."""

    def __init__(self) -> None:
        super().__init__()
        self._since = time.thread_time()
        self._excused = 0.0
        self._worst = 0.0
        QAbstractEventDispatcher.instance().awake.connect(self._on_awake)

    def take(self) -> float:
        """Return the longest pass since this was asked last, in seconds."""
        self._on_awake()
        worst, self._worst = self._worst, 0.0
        return worst

    @contextmanager
    def excused(self) -> Iterator[None]:
        """Leave out what the test itself does."""
        before = time.thread_time()
        try:
            yield
        finally:
            self._excused += time.thread_time() - before

    def _on_awake(self) -> None:
        now = time.thread_time()
        self._worst = max(self._worst, now - self._since - self._excused)
        self._since, self._excused = now, 0.0
