"""Qt without a screen, silent about what such a platform and its fonts cannot do."""

import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from console.client.app.main import create_application

KNOWN = "This plugin does not support", "OpenType support missing"


def offscreen_application() -> QApplication:
    """Return the desk's Qt application."""
    qInstallMessageHandler(_tell)
    return create_application()


def _tell(kind: QtMsgType, context: QMessageLogContext, words: str) -> None:
    if not words.startswith(KNOWN):
        print(f"Qt: {words}", file=sys.stderr)
