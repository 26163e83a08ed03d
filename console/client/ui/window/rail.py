"""The rail: the places to go, the number that waits there, the menu, and who sits here."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QMenu, QToolButton, QVBoxLayout

from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Space, Weight
from console.client.ui.shared.chips import draw_avatar
from console.client.ui.shared.commands import Place, keys_of
from console.client.ui.shared.parts import IconButton
from console.client.ui.shared.phrases import ROLES, initials
from console.client.ui.shared.untrusted import set_tip
from console.contract.views import Me


class Rail(QFrame):
    """Buttons only; what they do is connected by the window."""

    help_pressed = Signal()

    def __init__(self, theme: Theme, menu: QMenu) -> None:
        super().__init__()
        self.setProperty("panel", "sunken")
        self.setFixedWidth(Space.RAIL)
        self.inbox = _CountedButton(theme, "inbox", self.tr("Inbox"))
        self.inbox.setCheckable(True)
        self.outbox = _CountedButton(theme, "send", self.tr("Outbox ({key})").format(key=keys_of("outbox")))
        self.outbox.setCheckable(True)
        self.show_place(Place.CONVERSATION)
        self.menu = IconButton(theme, "menu", self.tr("Menu"))
        self.menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu.setMenu(menu)
        help_button = IconButton(theme, "keyboard", self.tr("Shortcuts ({key})").format(key=keys_of("sheet")))
        help_button.clicked.connect(self.help_pressed)
        self.person = _PersonButton(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 10, 6, 10)
        column.setSpacing(6)
        column.addWidget(self.inbox, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.outbox, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        for button in (help_button, self.menu, self.person):
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)

    def show_person(self, me: Me | None) -> None:
        """Show who sits here."""
        self.person.show_person(me)

    def show_place(self, place: Place) -> None:
        """Mark where one is."""
        self.inbox.setChecked(place is Place.CONVERSATION)
        self.outbox.setChecked(place is Place.OUTBOX)

    def show_count(self, count: int) -> None:
        """Show how many free conversations wait."""
        self.inbox.show_count(count)

    def show_unstored(self, count: int) -> None:
        """Show how much of one's own is not stored yet."""
        self.outbox.show_count(count)


class _CountedButton(IconButton):
    """An icon with a small number over its corner."""

    def __init__(self, theme: Theme, icon: str, name: str) -> None:
        super().__init__(theme, icon, name, Colour.ACCENT)
        self._count = 0
        self.setFixedSize(QSize(36, 34))

    def show_count(self, count: int) -> None:
        self._count = count
        self.setAccessibleDescription(str(count))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._count:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words = "99+" if self._count > 99 else str(self._count)
        width = max(15.0, 7.0 + 6.0 * len(words))
        badge = QRectF(self.width() - width, 0, width, 15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(Colour.BAD))
        painter.drawRoundedRect(badge, 7.5, 7.5)
        painter.setFont(text_font(10, Weight.STRONG))
        painter.setPen(self._theme.colour(Colour.SURFACE))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, words)


class _PersonButton(QToolButton):
    """The initials of whoever sits here; a press offers the chairs."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._letters = ""
        self.setFixedSize(QSize(32, 32))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.changed.connect(self.update)

    def show_person(self, me: Me | None) -> None:
        self._letters = initials(me.name) if me else ""
        words = f"{me.name}, {ROLES[me.role]}" if me else self.tr("Nobody is signed in")
        set_tip(self, words)
        self.setAccessibleName(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_avatar(painter, self._theme, QRectF(self.rect()).adjusted(2, 2, -2, -2), self._letters)
        if self.hasFocus() or self.underMouse():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._theme.colour(Colour.ACCENT))
            painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
