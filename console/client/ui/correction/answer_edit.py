"""The field in which the answer is corrected: plain text only, as tall as its text, marks kept as typed."""

import re

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from console.client.models.literal import literal
from console.client.theme.fonts import text_font
from console.client.ui.shared.untrusted import bounded

_LEAST_LINES = 2
_MOST_LINES = 14

_LINE_END = re.compile("\r\n|[\r\n\u2029\ufdd0\ufdd1]")
"""What Qt's documents end a paragraph at: two characters that are none are its own marks."""

_NEWLINE = re.compile("\n")
_NEVER_PASTED = re.compile("[\x00\ud800-\udfff\ufdd0\ufdd1\ufffc]")
"""What no text may hold, what Qt would take for its own, and what stands for a picture."""

LONGEST_TEXT = 60_000
LONGEST_LINE = 12_000
"""Beyond these a line edit takes longer than a frame: Qt lays a paragraph out anew at each key."""


def too_long_to_edit(text: str) -> bool:
    """Whether a text would make the editor stumble."""
    return len(text) > LONGEST_TEXT or any(len(line) > LONGEST_LINE for line in text.split("\n"))


class AnswerEdit(QPlainTextEdit):
    """Grows with its text up to a limit, then scrolls. Escape leaves it; it never submits by itself."""

    left = Signal()
    paste_refused = Signal(str)

    def __init__(self, name: str, *, least_lines: int = _LEAST_LINES, most_lines: int = _MOST_LINES) -> None:
        super().__init__()
        self._least = least_lines
        self._most = most_lines
        self._given = ""
        self.is_too_long = False
        self.setAccessibleName(name)
        self.setFont(text_font())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(6)
        option = self.document().defaultTextOption()
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        self.document().setDefaultTextOption(option)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def show_text(self, text: str) -> None:
        """Show a text without telling it as an edit; of one too long to be edited here, its beginning to read."""
        self._given = text
        self.is_too_long = too_long_to_edit(text)
        self.blockSignals(True)
        self.setPlainText(bounded(text) if self.is_too_long else literal(text))
        self.blockSignals(False)
        self.freeze(False)

    def freeze(self, frozen: bool) -> None:
        """Take no more edits, or take them again; a text that is too long never takes any."""
        self.setReadOnly(frozen or self.is_too_long)

    def text(self) -> str:
        """The text as it stands, no-break spaces and kinds of line end kept as they were given."""
        if self.is_too_long:
            return self._given
        raw = self.document().toRawText().replace("\u2029", "\n")
        given = _LINE_END.findall(self._given)
        if raw.count("\n") < len(given) or len(set(given)) == 1:
            end = given[0] if given else "\n"
            return raw.replace("\n", end)
        ends = iter(given)
        return _NEWLINE.sub(lambda _: next(ends, "\n"), raw)

    def sizeHint(self) -> QSize:
        return QSize(400, self.height())

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste text as text: nothing that is none, no foreign line ends, no more than can be edited."""
        if self.isReadOnly():
            return
        text = _NEVER_PASTED.sub("", source.text().replace("\r\n", "\n").replace("\r", "\n"))
        if self.document().characterCount() + len(text) > LONGEST_TEXT or too_long_to_edit(text):
            self.paste_refused.emit(self.tr("{n} characters are too many to paste here.").format(n=f"{len(text):,}"))
        else:
            self.insertPlainText(literal(text))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        lines = max(self._least, min(self._most, round(self.document().size().height())))
        height = round(lines * self.fontMetrics().lineSpacing() + 2 * self.document().documentMargin() + 4)
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)
