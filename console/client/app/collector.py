"""Collects Python's garbage on the main thread only: a Qt object destroyed on a worker's thread crashes the process.

Python collects on whichever thread happens to allocate, the store's worker among them.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 1_000


class MainThreadCollector(QObject):
    """Takes collection over from Python while it lives; `stop` gives it back."""

    def __init__(self) -> None:
        super().__init__()
        gc.disable()
        self._frozen = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(_EVERY_MS)

    def stop(self) -> None:
        """Let Python collect as it would."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _collect(self) -> None:
        if not self._frozen:
            self._frozen = True
            gc.collect()
            gc.freeze()  # what start-up made stays for good: no later collection need look at it
            return
        due = [count > most for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if any(due):
            gc.collect(max(generation for generation, is_due in enumerate(due) if is_due))
