"""One desk per profile: the first one takes its place, a later one brings that one to the front and goes.

The place is a lock of the operating system, which lets go of it with the process, however that ends: nothing a killed
desk leaves behind is ever in the way.
"""

import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from console.client.services.errors import DeskError
from console.contract.base import content_sha256

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer

_log = logging.getLogger(__name__)
_PATIENCE_S = 20.0
_PAUSE_S = 0.05
_CONNECTED_WITHIN_MS = 500
_ANSWERED_WITHIN_MS = 3_000
_HERE = b"here"


class SilentDeskError(DeskError):
    """Another desk has the place and does not answer."""


class SingleDesk(QObject):
    """The place of the one desk on a profile's file. `called` fires where a later one asked for this one's window.

    Qt's network room is loaded only to listen and to call, so that it is not in the way of the first paint.
    """

    called = Signal()

    def __init__(self, store_path: Path) -> None:
        super().__init__()
        self._path = store_path.with_suffix(".lock")
        self._name = f"redline-{content_sha256(str(store_path.resolve()))[:24]}"
        self._lock: int | None = None
        self._server: QLocalServer | None = None

    def take(self, patience_s: float = _PATIENCE_S) -> bool:
        """Take the place; False where another desk has it, and has come to the front.

        Raises SilentDeskError where that one does not answer in time, and OSError where the place cannot be made.
        """
        deadline = time.monotonic() + patience_s
        while not self._try_lock():
            if self._call():
                return False
            if time.monotonic() > deadline:
                raise SilentDeskError(
                    "Redline is open on this profile already, but its window does not answer. "
                    "Wait a moment, or end that one first."
                )
            time.sleep(_PAUSE_S)  # it is on its way up or down
        return True

    def listen(self) -> None:
        """Hear from later desks, once the place is taken."""
        from PySide6.QtNetwork import QLocalServer  # noqa: PLC0415  (behind the first painted rows)

        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_new_connection)
        QLocalServer.removeServer(self._name)  # the lock is ours, so whoever left it is gone
        if not self._server.listen(self._name):
            _log.warning("A second start cannot bring this window to the front: %s", self._server.errorString())

    def leave(self) -> None:
        """Give the place up."""
        if self._server is not None:
            self._server.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _try_lock(self) -> bool:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if sys.platform == "win32":
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            os.close(file)
            return False
        except OSError:
            os.close(file)
            raise
        self._lock = file
        return True

    def _call(self) -> bool:
        """Ask the desk that has the place to come to the front; say whether it answered."""
        from PySide6.QtNetwork import QLocalSocket  # noqa: PLC0415  (where there is another desk only)

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        answered = (
            socket.waitForConnected(_CONNECTED_WITHIN_MS)
            and socket.waitForReadyRead(_ANSWERED_WITHIN_MS)
            and socket.readAll().data() == _HERE
        )
        socket.abort()
        return answered

    def _on_new_connection(self) -> None:
        while self._server is not None and self._server.hasPendingConnections():
            socket = self._server.nextPendingConnection()
            socket.disconnected.connect(socket.deleteLater)
            socket.write(_HERE)
            socket.disconnectFromServer()
            self.called.emit()
