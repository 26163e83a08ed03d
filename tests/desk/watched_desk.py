"""The real `redline`, whose window tells what becomes of it; run by a test, as `python -m tests.desk.watched_desk ...`.

It says "open" once the window has been active and is minimized, and "in front" when it is shown and active again.
"""

import sys

from PySide6.QtCore import QEvent, QObject, QTimer

from console.client.app.main import create_application
from console.client.ui.window.main_window import MainWindow
from console.entry.main import main


class Witness(QObject):
    """Watches the main window."""

    said_open = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        if isinstance(watched, MainWindow):
            if event.type() == QEvent.Type.WindowActivate and not self.said_open:
                self.said_open = True
                QTimer.singleShot(0, watched.showMinimized)
            elif event.type() == QEvent.Type.WindowStateChange:
                QTimer.singleShot(0, lambda: self.tell(watched))
        return False

    def tell(self, window: MainWindow) -> None:
        if window.isMinimized():
            say("open")
        elif window.isActiveWindow():
            say("in front")


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    application = create_application()
    witness = Witness()
    application.installEventFilter(witness)
    sys.exit(main(sys.argv[1:]))
