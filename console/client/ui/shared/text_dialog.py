"""A long text to read and to copy from, such as the prompt; never anything but plain text."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Size, Space, Weight
from console.client.ui.shared.parts import TextButton, label


class TextDialog(QDialog):
    """Opened with `open()`; closes on Escape."""

    def __init__(self, theme: Theme, title: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 560)
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        self.text.setProperty("field", True)
        self.text.setAccessibleName(title)
        self.text.setFont(text_font())
        close = TextButton(theme, self.tr("Close"))
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(Space.M)
        column.addWidget(label(title, "", Size.TITLE, Weight.STRONG))
        column.addWidget(self.text)
        column.addLayout(foot)
