"""One start, from an empty process to the first paint that shows something, told on standard output.

Run as `python -m tests.benchmarks.start desk PROFILE|bare`: prints "painted" at that paint, ends, then prints the most
memory it held and, for the desk, the most its backend held.
"""

# ruff: noqa: PLC0415  (each side loads only what it needs)

import sys

from PySide6.QtCore import QTimer


def painted() -> None:
    """Tell it once the paint under way is on the screen."""
    QTimer.singleShot(0, lambda: print("painted", flush=True))


def start_bare() -> None:
    """Show a window with a label, and close it once it is painted."""
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

    class Label(QLabel):
        def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
            super().paintEvent(event)
            painted()
            QTimer.singleShot(0, app.quit)

    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.setCentralWidget(Label("Redline"))
    window.resize(1280, 800)
    window.show()
    app.exec()


def start_desk(profile: str) -> None:
    """Start `redline` as a person does, and close its window once a row of the queue is painted."""
    from console.entry.main import main

    watch_first_row()
    main(["--data-dir", profile])


def watch_first_row() -> None:
    """Have the first row of the queue told that is painted, without a word in the product about it."""
    from console.client.ui.inbox.queue_delegate import QueueDelegate

    paint, first = QueueDelegate.paint, [True]

    def watched(delegate: QueueDelegate, *arguments: object) -> None:
        paint(delegate, *arguments)  # type: ignore[arg-type]
        if first:
            first.clear()
            painted()
            QTimer.singleShot(0, close)

    def close() -> None:
        from PySide6.QtWidgets import QApplication, QMainWindow

        for window in QApplication.topLevelWidgets():
            if isinstance(window, QMainWindow):
                window.close()

    QueueDelegate.paint = watched  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    if sys.argv[1] == "desk":
        start_desk(sys.argv[2])
    else:
        start_bare()
    from tests.benchmarks.measure import peak_memory

    print(peak_memory() or 0, peak_memory(children=True) or 0, flush=True)
