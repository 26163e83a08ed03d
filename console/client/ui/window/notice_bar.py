"""A sentence for the person at the desk, where they look, until they close it or the next one comes."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from console.client.theme.theme import Theme
from console.client.theme.tokens import Space
from console.client.ui.shared.parts import IconButton, label
from console.client.ui.shared.untrusted import bounded


class NoticeBar(QWidget):
    """Hidden, with its margins, while there is nothing to say."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._until_back = False
        self.words = label("", "warn")
        self.words.setWordWrap(True)
        shut = IconButton(theme, "x", self.tr("Close"))
        shut.clicked.connect(self.hide)
        frame = QFrame()
        frame.setProperty("panel", "warn")
        row = QHBoxLayout(frame)
        row.setContentsMargins(Space.M, 3, Space.XS, 3)
        row.addWidget(self.words, 1)
        row.addWidget(shut)
        margin = QVBoxLayout(self)
        margin.setContentsMargins(18, 0, 18, 6)
        margin.addWidget(frame)
        self.hide()

    def tell_away(self, words: str) -> None:
        """Show a sentence that holds until the backend is back."""
        self.tell(words)
        self._until_back = True

    def back(self) -> None:
        """The backend answers again: what was said of its absence no longer holds."""
        if self._until_back:
            self.hide()

    def tell(self, words: str) -> None:
        """Show a sentence."""
        self._until_back = False
        self.words.setText(words)
        self.setAccessibleName(bounded(words))
        self.setVisible(bool(words))
