"""Underlined tabs with counts, driven by mouse or arrow keys."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Space, Weight

_GAP = 16.0
_LEAST_GAP = 6.0


class TabBar(QWidget):
    """A row of words with counts; one is chosen."""

    tab_chosen = Signal(int)

    def __init__(self, theme: Theme, names: Sequence[str]) -> None:
        super().__init__()
        self._theme = theme
        self._names = list(names)
        self._counts: list[int | None] = [None] * len(names)
        self.current = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(32)
        theme.changed.connect(self.update)

    def set_counts(self, counts: Sequence[int]) -> None:
        """Show how many each tab holds."""
        self._counts = list(counts)
        self._describe()
        self.update()

    def choose(self, place: int) -> None:
        """Choose a tab and say so."""
        self.current = place % len(self._names)
        self._describe()
        self.update()
        self.tab_chosen.emit(self.current)

    def sizeHint(self) -> QSize:
        return QSize(int(self._rects()[-1].right()) + Space.L, 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.colour(Colour.LINE))
        for place, rect in enumerate(self._rects()):
            chosen = place == self.current
            painter.setFont(self._font(chosen))
            painter.setPen(self._theme.colour(Colour.TEXT if chosen else Colour.MUTED))
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, self._words(place))
            if chosen:
                ink = Colour.ACCENT if self.hasFocus() or self.isEnabled() else Colour.LINE
                painter.fillRect(QRectF(rect.left(), self.height() - 2, rect.width(), 2), self._theme.colour(ink))
                if self.hasFocus():
                    painter.setPen(self._theme.colour(Colour.ACCENT))
                    painter.drawRoundedRect(rect.adjusted(-4, 4, 4, -5), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for place, rect in enumerate(self._rects()):
            if rect.adjusted(-_GAP / 2, 0, _GAP / 2, 0).contains(event.position()):
                self.choose(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.choose(self.current + step)

    def _font(self, chosen: bool) -> QFont:
        return text_font(Size.LABEL, Weight.STRONG if chosen else Weight.REGULAR)

    def _words(self, place: int) -> str:
        count = self._counts[place]
        return self._names[place] if count is None else f"{self._names[place]} {count}"

    def _rects(self) -> list[QRectF]:
        metrics = QFontMetricsF(text_font(Size.LABEL, Weight.STRONG))
        widths = [metrics.horizontalAdvance(self._words(place)) for place in range(len(self._names))]
        room = self.width() - 2 * (Space.L - 2) - sum(widths)
        gap = max(_LEAST_GAP, min(_GAP, room / max(1, len(widths) - 1)))
        left, rects = float(Space.L - 2), []
        for width in widths:
            rects.append(QRectF(left, 0, width, self.height()))
            left += width + gap
        return rects

    def _describe(self) -> None:
        self.setAccessibleDescription(self._words(self.current))
