"""Paints one line of the outbox: whose conversation, what was written, when, and how far it is."""

from datetime import UTC, datetime

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from console.client.models.keyed_list_model import KeyedRole
from console.client.models.outbox_model import OutboxRow
from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Space, Weight
from console.client.ui.outbox.phrases import who, words_line
from console.client.ui.shared.chips import CHIP_HEIGHT, chip_width, draw_chip
from console.client.ui.shared.phrases import moment
from console.client.ui.shared.receipts import STATES
from console.client.ui.shared.untrusted import on_one_line

_HEIGHT = 80
_LINE = 20
_LONGEST = 400


class OutboxDelegate(QStyledItemDelegate):
    """Stateless but for what time it is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.now = datetime.now(UTC)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, _HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: OutboxRow = index.data(KeyedRole.ROW)
        area: QRect = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)

        def at(left: float, top: float, width: float, height: float) -> QRectF:
            """A rectangle inside the row, on the other side where the screen reads from the right."""
            place = QRect(area.left() + Space.L - 2 + int(left), area.top() + 9 + int(top), int(width), int(height))
            return QRectF(QStyle.visualRect(option.direction, area, place))

        width = area.width() - 2 * (Space.L - 2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # of the words, whichever way the desk reads
        self._paint_ground(painter, area, option.direction, selected=selected)
        when = moment(row.entry.submitted_at, self.now) if row.entry.submitted_at else ""
        room = QFontMetricsF(text_font(Size.LABEL)).horizontalAdvance(when) + 2
        start = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignAbsolute
        muted = Colour.TEXT if selected else Colour.MUTED
        head = at(0, 0, width - room - Space.M, _LINE)
        self._text(painter, head, start, who(row), Size.BODY, Weight.STRONG, Colour.TEXT)
        self._text(painter, at(width - room, 0, room, _LINE), start, when, Size.LABEL, Weight.REGULAR, Colour.MUTED)
        self._text(painter, at(0, 21, width, _LINE), start, words_line(row), Size.BODY, Weight.REGULAR, muted)
        words, _, tone, icon = STATES[row.entry.state]
        chip = min(chip_width(words, icon), width)
        draw_chip(painter, self._theme, at(0, 43, chip, CHIP_HEIGHT), words, tone, icon)
        turn = f"turn {row.entry.turn}"
        turn_room = QFontMetricsF(text_font(Size.SMALL)).horizontalAdvance(turn) + 2
        place = at(width - turn_room, 43, turn_room, CHIP_HEIGHT)
        self._text(painter, place, start, turn, Size.SMALL, Weight.REGULAR, Colour.MUTED)
        painter.restore()

    def _paint_ground(self, painter: QPainter, area: QRect, direction: Qt.LayoutDirection, *, selected: bool) -> None:
        painter.fillRect(area, self._theme.colour(Colour.ACCENT_BG if selected else Colour.SURFACE))
        if selected:
            edge = QStyle.visualRect(direction, area, QRect(area.left(), area.top(), 3, area.height()))
            painter.fillRect(edge, self._theme.colour(Colour.ACCENT))
        painter.fillRect(area.left(), area.bottom(), area.width(), 1, self._theme.colour(Colour.LINE))

    def _text(
        self,
        painter: QPainter,
        rect: QRectF,
        start: Qt.AlignmentFlag,
        words: str,
        size: int,
        weight: int,
        ink: Colour,
    ) -> None:
        painter.setFont(text_font(size, weight))
        painter.setPen(self._theme.colour(ink))
        shown = painter.fontMetrics().elidedText(
            on_one_line(words, _LONGEST), Qt.TextElideMode.ElideRight, int(rect.width())
        )
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | start, shown)
