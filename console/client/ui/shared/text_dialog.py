"""A long text to read and to copy from, such as the prompt; never anything but plain text."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from console.client.models.literal import literal
from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Size, Space, Weight
from console.client.ui.shared.long_text import LongText
from console.client.ui.shared.parts import TextButton, label
from console.client.ui.shared.untrusted import on_one_line

_LONGEST_TITLE = 120


class TextDialog(QDialog):
    """Opened with `open()`; closes on Escape."""

    def __init__(self, theme: Theme, title: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        shown = on_one_line(title, _LONGEST_TITLE)
        self.setWindowTitle(shown.replace("[*]", "[*][*]"))  # one alone stands for "changed"
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 560)
        self.text = LongText(text)
        self.text.setProperty("field", True)
        self.text.setAccessibleName(shown)
        self.text.setFont(text_font())
        copy = TextButton(theme, self.tr("Copy all"), "copy", quiet=True)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(literal(text)))
        close = TextButton(theme, self.tr("Close"))
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(copy)
        foot.addStretch()
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(Space.M)
        head = label(title, "", Size.TITLE, Weight.STRONG, most=_LONGEST_TITLE)
        head.setWordWrap(True)
        column.addWidget(head)
        column.addWidget(self.text)
        column.addLayout(foot)
