"""A headed part of the inspector, and rows of name and value inside it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from console.client.theme.tokens import Size, Space, Weight
from console.client.ui.shared.parts import label


class Section(QWidget):
    """A heading over parts that can be replaced."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = label(title, "muted", Size.LABEL, Weight.STRONG)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self.title)
        self._parts: list[QWidget] = []

    def put(self, part: QWidget, *, left: bool = False) -> None:
        """Add a part below the others, over the whole width or at its own at the left."""
        self._parts.append(part)
        self._column.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag(0))

    def say(self, words: str, role: str = "muted") -> None:
        """Add a line of words that wraps."""
        line = label(words, role, Size.LABEL)
        line.setWordWrap(True)
        self.put(line)

    def tabulate(self, rows: list[tuple[str, str, str]]) -> None:
        """Add rows of name, value and role."""
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, 92)
        for place, (name, value, role) in enumerate(rows):
            side = label(name, "muted", Size.LABEL)
            side.setWordWrap(True)
            words = label(value, role, Size.LABEL)
            words.setWordWrap(True)
            words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(side, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(words, place, 1)
        self.put(holder)

    def clear(self) -> None:
        """Take every part away."""
        for part in self._parts:
            self._column.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts = []
