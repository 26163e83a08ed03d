"""A question asked in place, before something that cannot be undone: what would happen, and two buttons."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from console.client.theme.theme import Theme
from console.client.theme.tokens import Space
from console.client.ui.shared.parts import TextButton, label


class Confirmation(QFrame):
    """Hidden until it asks. The cursor stands on leaving things as they are."""

    confirmed = Signal()
    declined = Signal()

    def __init__(self, theme: Theme, leave: str, go_on: str, icon: str) -> None:
        super().__init__()
        self.setProperty("panel", "warn")
        self.words = label("", "warn")
        self.words.setWordWrap(True)
        self.leave = TextButton(theme, leave)
        self.leave.clicked.connect(self.decline)
        self.go_on = TextButton(theme, go_on, icon)
        self.go_on.clicked.connect(self._confirm)
        buttons = QHBoxLayout()
        buttons.addWidget(self.leave)
        buttons.addWidget(self.go_on)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.M, Space.S, Space.M, Space.M)
        column.setSpacing(Space.S)
        column.addWidget(self.words)
        column.addLayout(buttons)
        self.hide()

    def ask(self, words: str) -> None:
        """Say what would happen, and wait."""
        self.words.setText(words)
        self.setAccessibleName(self.words.text())
        self.show()
        self.leave.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def is_asking(self) -> bool:
        """Whether an answer is waited for."""
        return not self.isHidden()

    def decline(self) -> None:
        """Leave things as they are."""
        self.hide()
        self.declined.emit()

    def _confirm(self) -> None:
        self.hide()
        self.confirmed.emit()
