"""A text of any length to read: laid out in pieces, so that neither it nor a line of it holds the window up."""

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from console.client.models.literal import literal
from console.client.ui.shared.untrusted import beginning, unmarked

_MOST, _MOST_LINES = 60_000, 2_000
_PIECE = 1_000
_GOES_ON = 1
"""The state of a block that goes on in the next one: there is no line end between them."""


class LongText(QPlainTextEdit):
    """Shows a beginning of a text, hidden characters marked; what is copied of it is the text itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        shown, used = beginning(text, _MOST, _MOST_LINES)
        lines = [[line[at : at + _PIECE] for at in range(0, len(line), _PIECE)] or [""] for line in shown.split("\n")]
        self.setPlainText("\n".join(piece for line in lines for piece in line))
        block = self.document().begin()
        for line in lines:
            for place in range(len(line)):
                block.setUserState(_GOES_ON if place < len(line) - 1 else 0)
                block = block.next()
        if used < len(text):
            self.appendPlainText(self.tr("\u2026 ({n} more characters)").format(n=f"{len(text) - used:,}"))

    def createMimeDataFromSelection(self) -> QMimeData:
        cursor, text = self.textCursor(), ""
        block = self.document().findBlock(cursor.selectionStart())
        while block.isValid() and block.position() <= cursor.selectionEnd():
            part = QTextCursor(block)
            part.setPosition(max(block.position(), cursor.selectionStart()))
            last = min(block.position() + block.length() - 1, cursor.selectionEnd())
            part.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
            text += part.selectedText()
            if block.userState() != _GOES_ON and cursor.selectionEnd() >= block.position() + block.length():
                text += "\n"
            block = block.next()
        data = QMimeData()
        data.setText(literal(unmarked(text)))
        return data
