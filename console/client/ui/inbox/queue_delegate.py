"""Paints one line of the queue: who, what they want, which gate, how long, and who holds it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from console.client.models.queue_model import QueueRole
from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Density, Size, Space, Weight
from console.client.ui.shared.chips import CHIP_HEIGHT, Tone, chip_width, draw_avatar, draw_chip
from console.client.ui.shared.phrases import GATES, duration, gate_phrase, initials, topic_word
from console.client.ui.shared.untrusted import visible
from console.contract.conversations import Priority
from console.contract.ids import UserId
from console.contract.views import QueueRow

_HEIGHTS = {Density.COMFORTABLE: 80, Density.COMPACT: 56}
_PRESSING = {Priority.URGENT: ("urgent", Tone.BAD), Priority.HIGH: ("high", Tone.WARN)}
_NEAR = timedelta(minutes=5)


class QueueDelegate(QStyledItemDelegate):
    """Stateless but for the clock and whose desk it is."""

    def __init__(self, theme: Theme, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._theme = theme
        self._now = now
        self.me: UserId | None = None

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, _HEIGHTS[self._theme.density])

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: QueueRow = index.data(QueueRole.ROW)
        area = QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        self._paint_ground(painter, area, selected)
        inner = area.adjusted(Space.L - 2, 9, -Space.L + 2, -9)
        self._paint_head(painter, inner, row)
        if self._theme.density is Density.COMFORTABLE:
            line = QRectF(inner.left(), inner.top() + 21, inner.width(), 20)
            self._text(painter, line, row.ask, text_font(), Colour.TEXT if selected else Colour.MUTED)
        self._paint_chips(
            painter, QRectF(inner.left(), inner.bottom() - CHIP_HEIGHT + 1, inner.width(), CHIP_HEIGHT), row
        )
        painter.restore()

    def _paint_ground(self, painter: QPainter, area: QRectF, selected: bool) -> None:
        painter.fillRect(area, self._theme.colour(Colour.ACCENT_BG if selected else Colour.SURFACE))
        if selected:
            painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), self._theme.colour(Colour.ACCENT))
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), self._theme.colour(Colour.LINE))

    def _paint_head(self, painter: QPainter, inner: QRectF, row: QueueRow) -> None:
        words, colour = self._clock(row)
        font = text_font(Size.LABEL, Weight.STRONG if colour is not Colour.MUTED else Weight.REGULAR)
        width = QFontMetricsF(font).horizontalAdvance(words)
        painter.setFont(font)
        painter.setPen(self._theme.colour(colour))
        clock = QRectF(inner.right() - width - 1, inner.top(), width + 1, 20)
        painter.drawText(clock, Qt.AlignmentFlag.AlignVCenter, words)
        name = QRectF(inner.left(), inner.top(), inner.width() - width - Space.M, 20)
        if self._theme.density is Density.COMPACT:
            name_font = text_font(Size.BODY, Weight.STRONG)
            shown = min(QFontMetricsF(name_font).horizontalAdvance(row.customer_name) + Space.S, name.width() * 0.6)
            ask = QRectF(name.left() + shown, name.top(), name.width() - shown, 20)
            self._text(painter, ask, row.ask, text_font(), Colour.MUTED)
            name.setWidth(shown - Space.XS)
        self._text(painter, name, row.customer_name, text_font(Size.BODY, Weight.STRONG), Colour.TEXT)

    def _paint_chips(self, painter: QPainter, line: QRectF, row: QueueRow) -> None:
        right = line.right()
        if row.claim is not None:
            mine = row.claim.holder_id == self.me
            letters = "You" if mine else initials(row.claim.holder_name)
            width = chip_width(letters) if mine else CHIP_HEIGHT + 2
            disc = QRectF(right - width, line.top() - 1, width, CHIP_HEIGHT + 2)
            if mine:
                draw_chip(painter, self._theme, disc.adjusted(0, 1, 0, -1), letters, Tone.ACCENT)
            else:
                draw_avatar(painter, self._theme, disc, letters)
            right -= width + Space.S
        elif row.tier == 2:
            right = self._chip_right(painter, line, right, "Tier 2", Tone.ACCENT, None)
        if row.corrections:
            right = self._chip_right(painter, line, right, str(row.corrections), Tone.OK, "pencil")
        left = line.left()
        gate = GATES.get(row.gate) if row.gate else None
        chips = [
            (gate_phrase(row), gate.tone if gate else Tone.QUIET, gate.icon if gate else "scan-search"),
            *([(*_PRESSING[row.priority], "circle-alert")] if row.priority in _PRESSING else []),
            (topic_word(row.topic), Tone.QUIET, None),
        ]
        for words, tone, icon in chips:
            width = min(chip_width(words, icon), right - left)
            if width > CHIP_HEIGHT * 1.6:
                draw_chip(painter, self._theme, QRectF(left, line.top(), width, CHIP_HEIGHT), words, tone, icon)
            left += width + 6

    def _chip_right(
        self, painter: QPainter, line: QRectF, right: float, words: str, tone: Tone, icon: str | None
    ) -> float:
        width = chip_width(words, icon)
        draw_chip(painter, self._theme, QRectF(right - width, line.top(), width, CHIP_HEIGHT), words, tone, icon)
        return right - width - 6

    def _clock(self, row: QueueRow) -> tuple[str, Colour]:
        """Time left to the deadline, red once it has passed; without a deadline the time waited."""
        now = self._now()
        if row.due_at is None:
            return f"waits {duration(now - row.waiting_since)}", Colour.MUTED
        left = row.due_at - now
        if left < timedelta(0):
            return f"{duration(-left)} late", Colour.BAD
        return f"{duration(left)} left", Colour.WARN if left < _NEAR else Colour.MUTED

    def _text(self, painter: QPainter, rect: QRectF, words: str, font: QFont, colour: Colour) -> None:
        painter.setFont(font)
        painter.setPen(self._theme.colour(colour))
        one_line = visible(" ".join(words[:400].split()))
        shown = painter.fontMetrics().elidedText(one_line, Qt.TextElideMode.ElideRight, int(rect.width()))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, shown)
