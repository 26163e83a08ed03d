"""Why the editor takes no more, and what can be done about it; over the text, which is kept."""

from collections.abc import Collection
from enum import Enum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from console.client.theme.theme import Theme
from console.client.theme.tokens import Space
from console.client.ui.shared.flow_layout import FlowLayout
from console.client.ui.shared.parts import TextButton, label


class LockWay(Enum):
    """What somebody can do whose editor is locked: the words, the icon, and what comes of it."""

    CLAIM = ("Claim it and go on", "user-check", "")
    TAKE_BACK = ("Take it back\u2026", "undo-2", "")
    SUBMIT_LATE = ("Submit for review, as late", "clock", "It is stored, and counts only if a QA lead says so.")
    COPY = ("Copy my text", "copy", "")


class LockStrip(QFrame):
    """Hidden while nothing is locked."""

    way_chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("panel", "warn")
        self.words = label("", "warn")
        self.words.setWordWrap(True)
        self.buttons: dict[LockWay, TextButton] = {}
        ways = QWidget()
        flow = FlowLayout(ways)
        for way in LockWay:
            words, icon, tip = way.value
            self.buttons[way] = TextButton(theme, words, icon)
            self.buttons[way].setToolTip(tip)
            self.buttons[way].clicked.connect(lambda _=False, way=way: self.way_chosen.emit(way))
            flow.addWidget(self.buttons[way])
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        column.setSpacing(Space.S)
        column.addWidget(self.words)
        column.addWidget(ways)
        self.hide()

    def show_lock(self, reason: str, ways: Collection[LockWay]) -> None:
        """Say why, and offer these ways on; without a reason nothing is locked."""
        self.words.setText(reason)
        self.setAccessibleName(self.words.text())
        for way, button in self.buttons.items():
            button.setVisible(way in ways)
        self.setVisible(bool(reason))
