"""Find in the conversation: what to look for, how many turns hold it, and the way from one to the next."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit

from console.client.theme.theme import Theme
from console.client.theme.tokens import Size, Space
from console.client.ui.shared.parts import IconButton, label
from console.contract.conversations import Turn


class FindBar(QFrame):
    """Hidden until asked for. Enter goes on, Shift+Enter back, Escape closes."""

    needle_changed = Signal(str)
    turn_found = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("panel", "surface")
        self._turns: Sequence[Turn] = ()
        self._hits: list[int] = []
        self._place = -1
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find in this conversation"))
        self.field.setAccessibleName(self.tr("Find in this conversation"))
        self.field.textChanged.connect(self._search)
        self.count = label("", "muted", Size.LABEL)
        back = IconButton(theme, "chevron-up", self.tr("Previous match"))
        on = IconButton(theme, "chevron-down", self.tr("Next match"))
        shut = IconButton(theme, "x", self.tr("Close"))
        back.clicked.connect(lambda: self.go(-1))
        on.clicked.connect(lambda: self.go(1))
        shut.clicked.connect(self.close_bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.L, 5, Space.M, 5)
        row.setSpacing(Space.XS)
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        for button in (back, on, shut):
            row.addWidget(button)
        self.hide()

    def open_over(self, turns: Sequence[Turn]) -> None:
        """Search these turns."""
        self._turns = turns
        self.show()
        self.field.setFocus()
        self.field.selectAll()
        self._search(self.field.text())

    def close_bar(self) -> None:
        """Hide it and take the marks away."""
        self.hide()
        self.needle_changed.emit("")

    def go(self, by: int) -> None:
        """Go to the next or the previous turn that holds the text."""
        if self._hits:
            self._place = (self._place + by) % len(self._hits)
            self.count.setText(self.tr("{n} of {all} turns").format(n=self._place + 1, all=len(self._hits)))
            self.turn_found.emit(self._hits[self._place])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)

    def _search(self, needle: str) -> None:
        wanted = needle.lower()
        self._hits = [turn.number for turn in self._turns if wanted and wanted in turn.text.lower()]
        self._place = -1
        self.count.setText("" if self._hits or not wanted else self.tr("not found"))
        self.needle_changed.emit(needle)
        self.go(1)
