"""The shortcut sheet: every command with its key, by group."""

from collections import defaultdict

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from console.client.theme.theme import Theme
from console.client.theme.tokens import Size, Space, Weight
from console.client.ui.shared.commands import COMMANDS, Command, keys_of
from console.client.ui.shared.parts import TextButton, label


class ShortcutSheet(QDialog):
    """Opened with `open()`; closes on Escape."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        groups: dict[str, list[Command]] = defaultdict(list)
        for command in COMMANDS:
            if command.keys:
                groups[command.group].append(command)
        columns = QHBoxLayout()
        columns.setSpacing(36)
        halves = (("Queue", "Conversation"), ("Correction", "Outbox", "Redline"))
        for names in halves:
            column = QVBoxLayout()
            column.setSpacing(Space.M)
            for name in names:
                column.addWidget(label(name, "muted", Size.LABEL, Weight.STRONG))
                column.addLayout(_rows(groups[name]))
            column.addStretch()
            columns.addLayout(column)
        close = TextButton(theme, self.tr("Close"))
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        words = self.tr("Bare keys work while you navigate. Esc leaves a text field.")
        foot.addWidget(label(words, "muted", Size.LABEL), 1)
        foot.addWidget(close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 18, 20, 14)
        whole.setSpacing(Space.L)
        whole.addLayout(columns)
        whole.addLayout(foot)


def _rows(commands: list[Command]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(20)
    grid.setVerticalSpacing(4)
    grid.setColumnMinimumWidth(0, 270)
    for place, command in enumerate(commands):
        grid.addWidget(label(command.title), place, 0)
        keys = label(keys_of(command.id), "accent", Size.LABEL, Weight.MEDIUM)
        grid.addWidget(keys, place, 1)
    return grid
