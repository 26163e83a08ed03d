"""Confidence and frustration by AI turn against their thresholds; a turn is chosen here as in the transcript."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Weight
from console.client.ui.shared.phrases import SIGNALS
from console.contract.conversations import SignalKind, Speaker, Turn

_LEFT, _RIGHT, _TOP, _BOTTOM = 26.0, 8.0, 8.0, 40.0
_MOST_MARKED = 24
_LABEL_GAP = 18.0


class ChartPoint(NamedTuple):
    """One AI turn's reported values; None is not reported and is not drawn."""

    turn: int
    confidence: float | None
    frustration: float | None
    kind: SignalKind | None


def chart_points(turns: Sequence[Turn]) -> list[ChartPoint]:
    """Return the points of a conversation's AI turns that carry words or values."""
    points = []
    for turn in turns:
        if turn.speaker is not Speaker.AI or turn.ai is None:
            continue
        signal, mood = turn.ai.confidence, turn.ai.signal(SignalKind.SENTIMENT)
        points.append(
            ChartPoint(turn.number, signal.value if signal else None, mood.value if mood else None,
                       signal.kind if signal else None)
        )  # fmt: skip
    return points


class ConfidenceChart(QWidget):
    """Draws what was reported and says in words what was not. Arrow keys, hover and press choose a turn."""

    turn_chosen = Signal(int)
    turn_hovered = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._points: list[ChartPoint] = []
        self._places: dict[int, int] = {}
        self._threshold: float | None = None
        self._mood_threshold: float | None = None
        self._current = 0
        self._hovered = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Confidence by AI turn"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def reported(self) -> bool:
        """Whether there is any value to draw."""
        return any(p.confidence is not None or p.frustration is not None for p in self._points)

    def show_turns(self, turns: Sequence[Turn]) -> None:
        """Show a conversation's AI turns."""
        self._points = chart_points(turns)
        self._places = {point.turn: place for place, point in enumerate(self._points)}
        limits = [s.threshold for t in turns if t.ai and (s := t.ai.confidence) and s.threshold is not None]
        self._threshold = limits[-1] if limits else None
        moods = [s for t in turns if t.ai and (s := t.ai.signal(SignalKind.SENTIMENT))]
        self._mood_threshold = next((s.threshold for s in reversed(moods) if s.threshold is not None), None)
        words = [f"turn {p.turn}: {p.confidence:.2f}" for p in self._points if p.confidence is not None]
        self.setAccessibleDescription("; ".join(words))
        self.update()

    def show_hovered(self, turn: int) -> None:
        """Mark the turn the mouse is on in the transcript; 0 marks none."""
        self._hovered = turn
        self.update()

    def show_current(self, turn: int) -> None:
        """Mark the turn that is current in the transcript."""
        self._current = turn
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 148)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_grid(painter)
        self._paint_legend(painter)
        frustration = [(p.turn, p.frustration) for p in self._points]
        self._paint_line(painter, frustration, Colour.BAD, Qt.PenStyle.DotLine)
        confidence = [(p.turn, p.confidence) for p in self._points]
        self._paint_line(painter, confidence, Colour.ACCENT, Qt.PenStyle.SolidLine)
        for point in self._points:
            chosen = point.turn in (self._current, self._hovered)
            if point.confidence is not None and (chosen or len(self._points) <= _MOST_MARKED):
                painter.setPen(QPen(self._theme.colour(Colour.ACCENT), 1.6))
                painter.setBrush(self._theme.colour(Colour.ACCENT if chosen else Colour.SURFACE))
                radius = 4.0 if chosen else 3.2
                painter.drawEllipse(self._spot(point.turn, point.confidence), radius, radius)
        if self.hasFocus():
            painter.setPen(self._theme.colour(Colour.ACCENT))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_grid(self, painter: QPainter) -> None:
        painter.setFont(text_font(10))
        for value in (0.0, 0.5, 1.0):
            y = self._y(value)
            painter.setPen(self._theme.colour(Colour.LINE))
            painter.drawLine(QPointF(_LEFT, y), QPointF(self.width() - _RIGHT, y))
            painter.setPen(self._theme.colour(Colour.MUTED))
            painter.drawText(QRectF(0, y - 8, _LEFT - 5, 16), Qt.AlignmentFlag.AlignVCenter, f"{value:.1f}")
        for limit, ink in ((self._threshold, Colour.WARN), (self._mood_threshold, Colour.BAD)):
            if limit is not None:
                painter.setPen(QPen(self._theme.colour(ink), 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(_LEFT, self._y(limit)), QPointF(self.width() - _RIGHT, self._y(limit)))
        step = max(1, len(self._points) // 9)
        for place, point in enumerate(self._points):
            current = point.turn == self._current
            crowded = 0 < abs(self._x(point.turn) - self._x(self._current)) < _LABEL_GAP
            if (place % step or crowded) and not current:
                continue
            painter.setFont(text_font(10, Weight.STRONG if current else Weight.REGULAR))
            painter.setPen(self._theme.colour(Colour.TEXT if current else Colour.MUTED))
            box = QRectF(self._x(point.turn) - 14, self.height() - _BOTTOM + 4, 28, 14)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(point.turn))

    def _paint_legend(self, painter: QPainter) -> None:
        entries = [(self.tr("confidence"), Colour.ACCENT, Qt.PenStyle.SolidLine)]
        if any(point.frustration is not None for point in self._points):
            entries.append((self.tr("frustration"), Colour.BAD, Qt.PenStyle.DotLine))
        if self._threshold is not None or self._mood_threshold is not None:
            entries.append((self.tr("limits"), Colour.WARN, Qt.PenStyle.DashLine))
        painter.setFont(text_font(Size.SMALL))
        left, y = 2.0, self.height() - 9.0
        for words, colour, style in entries:
            painter.setPen(QPen(self._theme.colour(colour), 1.6, style))
            painter.drawLine(QPointF(left, y), QPointF(left + 14, y))
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.setPen(self._theme.colour(Colour.MUTED))
            painter.drawText(QRectF(left + 18, y - 9, width + 2, 18), Qt.AlignmentFlag.AlignVCenter, words)
            left += width + 30

    def _paint_line(
        self, painter: QPainter, values: Sequence[tuple[int, float | None]], colour: Colour, style: Qt.PenStyle
    ) -> None:
        """One stroke for each unbroken run: a turn that reported nothing leaves a gap."""
        width = 1.6 if len(values) <= _MOST_MARKED else 1.0  # a wider stroke of hundreds of points takes whole frames
        painter.setPen(QPen(self._theme.colour(colour), width, style))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        run = QPolygonF()
        for turn, value in values:
            if value is not None:
                run.append(self._spot(turn, value))
            elif run.size():
                painter.drawPolyline(run)
                run = QPolygonF()
        painter.drawPolyline(run)

    def _x(self, turn: int) -> float:
        place = self._places.get(turn, 0)
        room = self.width() - _LEFT - _RIGHT - 16
        return _LEFT + 8 + room * (place / (len(self._points) - 1) if len(self._points) > 1 else 0.5)

    def _y(self, value: float) -> float:
        return _TOP + (self.height() - _TOP - _BOTTOM) * (1 - value)

    def _spot(self, turn: int, value: float) -> QPointF:
        return QPointF(self._x(turn), self._y(value))

    def _turn_at(self, x: float) -> int:
        return min((abs(self._x(p.turn) - x), p.turn) for p in self._points)[1] if self._points else 0

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.show_hovered(self._turn_at(event.position().x()))
        self.turn_hovered.emit(self._hovered)

    def leaveEvent(self, event: QEvent) -> None:
        self.show_hovered(0)
        self.turn_hovered.emit(0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if turn := self._turn_at(event.position().x()):
            self.turn_chosen.emit(turn)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._points:
            super().keyPressEvent(event)
            return
        turns = [point.turn for point in self._points]
        nearest = min(range(len(turns)), key=lambda place: abs(turns[place] - self._current))
        self.turn_chosen.emit(turns[max(0, min(len(turns) - 1, nearest + step))])

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._points:
            turn = self._turn_at(event.x())
            point = next(p for p in self._points if p.turn == turn)
            QToolTip.showText(event.globalPos(), _spoken(point), self)
            return True
        return super().event(event)


def _spoken(point: ChartPoint) -> str:
    words = [f"Turn {point.turn}"]
    if point.confidence is None or point.kind is None:
        words.append("confidence not reported")
    else:
        words.append(f"confidence {point.confidence:.2f} ({SIGNALS[point.kind]})")
    if point.frustration is not None:
        words.append(f"frustration {point.frustration:.2f}")
    return ", ".join(words)
