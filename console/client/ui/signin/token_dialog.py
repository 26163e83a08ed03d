"""Asks once for the token of a server."""

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from console.client.theme.theme import Theme
from console.client.theme.tokens import Size, Space, Weight
from console.client.ui.shared.parts import TextButton, label


class TokenDialog(QDialog):
    """Awaited with `ask()`; it never runs an event loop of its own."""

    def __init__(self, theme: Theme, server: str, why: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Sign in"))
        self.setMinimumWidth(460)
        self._answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self.token = QLineEdit()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setAccessibleName(self.tr("Access token"))
        self.token.setPlaceholderText(self.tr("Access token"))
        self.enter = TextButton(theme, self.tr("Sign in"), primary=True)
        self.enter.setEnabled(False)
        self.token.textChanged.connect(lambda text: self.enter.setEnabled(bool(text.strip())))
        self.enter.setDefault(True)
        self.enter.clicked.connect(self.accept)
        cancel = TextButton(theme, self.tr("Quit"))
        cancel.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(Space.M)
        head = label(self.tr("Sign in at {server}").format(server=server), "", Size.TITLE, Weight.STRONG)
        head.setWordWrap(True)
        column.addWidget(head)
        recipe = 'redline token --user you --name "Your Name" --role tier1'
        hint = label(self.tr("Whoever runs the server makes one with: {recipe}").format(recipe=recipe), "muted")
        hint.setWordWrap(True)
        column.addWidget(hint)
        if why:
            reason = label(why, "bad")
            reason.setWordWrap(True)
            column.addWidget(reason)
        column.addWidget(self.token)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(cancel)
        buttons.addWidget(self.enter)
        column.addLayout(buttons)
        self.finished.connect(self._on_finished)

    async def ask(self) -> str | None:
        """Return the token that was entered, or None if the person would rather leave."""
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.open()
        self.token.setFocus()
        try:
            return await self._answer
        finally:
            self.deleteLater()

    def _on_finished(self, result: int) -> None:
        if not self._answer.done():
            accepted = result == QDialog.DialogCode.Accepted
            self._answer.set_result(self.token.text().strip() if accepted else None)
