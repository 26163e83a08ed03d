"""A list to search and choose from by key: commands, error codes, anything with a name and a line beside it."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Space, Weight
from console.client.ui.shared.untrusted import on_one_line

_ROW = 30
_LEAST_NAME_WIDTH = 180
_MOST_NAME_SHARE = 0.62
_KEY_WIDTH = 130


class Choice(NamedTuple):
    """One line: what it stands for, its name, a line that explains it, and its key or mark."""

    value: str
    name: str
    detail: str = ""
    key: str = ""


class Picker(QFrame):
    """A pop-up that closes on Escape or a choice. Typing narrows it; Enter or a click chooses."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, prompt: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("panel", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._beside = parent
        self._choices: Sequence[Choice] = ()
        self.search = QLineEdit()
        self.search.setPlaceholderText(prompt)
        self.search.setAccessibleName(prompt)
        self.search.textChanged.connect(self._narrow)
        self.search.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(prompt)
        self._delegate = _ChoiceDelegate(theme, self.list)
        self.list.setItemDelegate(self._delegate)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        column.setSpacing(Space.S)
        column.addWidget(self.search)
        column.addWidget(self.list)

    def offer(self, choices: Sequence[Choice], at: QPoint, width: int = 620, rows: int = 12) -> None:
        """Show these choices with the pop-up's top left at a global point, kept inside the parent's window."""
        self._choices = choices
        metrics = QFontMetricsF(text_font(Size.LABEL, Weight.MEDIUM))
        longest = max((metrics.horizontalAdvance(choice.name) for choice in choices), default=0) + Space.L
        self._delegate.name_width = min(max(longest, _LEAST_NAME_WIDTH), width * _MOST_NAME_SHARE)
        self._narrow("")
        self.resize(width, min(len(choices), rows) * _ROW + 60)
        frame = self._beside.window().frameGeometry()
        x = max(frame.left() + 4, min(at.x(), frame.right() - self.width() - 4))
        y = max(frame.top() + 4, min(at.y(), frame.bottom() - self.height() - 4))
        self.move(x, y)
        self.show()
        self.search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
                self.list.event(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                current = self.list.currentItem()
                if current is not None:
                    self._choose(current)
                return True
        return super().eventFilter(watched, event)

    def _narrow(self, typed: str) -> None:
        words = typed.lower().split()
        self.list.clear()
        for choice in self._choices:
            if all(word in f"{choice.name} {choice.detail}".lower() for word in words):
                item = QListWidgetItem(f"{choice.name}. {choice.detail} {choice.key}")
                item.setData(Qt.ItemDataRole.UserRole, choice)
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _choose(self, item: QListWidgetItem) -> None:
        choice: Choice = item.data(Qt.ItemDataRole.UserRole)
        self.close()
        self.chosen.emit(choice.value)


class _ChoiceDelegate(QStyledItemDelegate):
    """Name, explanation and key on one line."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self.name_width = float(_LEAST_NAME_WIDTH)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(300, _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        choice = Choice(*index.data(Qt.ItemDataRole.UserRole))
        area = QRectF(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour(Colour.ACCENT_BG))
            painter.drawRoundedRect(area, 4, 4)
        left = area.left() + Space.S
        name_width = self.name_width if choice.detail else area.width() - _KEY_WIDTH
        self._draw(painter, QRectF(left, area.top(), name_width, _ROW), choice.name, Colour.TEXT, Weight.MEDIUM)
        key_width = painter.fontMetrics().horizontalAdvance(choice.key) + Space.S if choice.key else 0
        detail = QRectF(left + name_width, area.top(), area.width() - name_width - key_width - 2 * Space.S, _ROW)
        self._draw(painter, detail, choice.detail, Colour.MUTED)
        key = QRectF(area.right() - key_width - Space.S, area.top(), key_width, _ROW)
        self._draw(painter, key, choice.key, Colour.FAINT, right=True)
        painter.restore()

    def _draw(
        self,
        painter: QPainter,
        rect: QRectF,
        words: str,
        colour: Colour,
        weight: int = Weight.REGULAR,
        *,
        right: bool = False,
    ) -> None:
        font: QFont = text_font(Size.LABEL, weight)
        painter.setFont(font)
        painter.setPen(self._theme.colour(colour))
        shown = painter.fontMetrics().elidedText(on_one_line(words), Qt.TextElideMode.ElideRight, int(rect.width()))
        align = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, shown)
