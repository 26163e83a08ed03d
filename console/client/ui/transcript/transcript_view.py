"""The turns of a conversation, painted: one is current, one may carry an editor, their text can be selected."""

from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from console.client.models.literal import literal
from console.client.models.transcript_model import TranscriptModel, TranscriptRole
from console.client.theme.theme import Theme
from console.client.theme.tokens import Space
from console.client.ui.shared.untrusted import unmarked
from console.client.ui.transcript.lazy_list_view import MARGIN, Index, LazyListView
from console.client.ui.transcript.text_block import Selection
from console.client.ui.transcript.turn_layout import TurnLayout, TurnStyle, estimated_heights


class Drag(NamedTuple):
    """Text selected with the mouse, within one turn: from where the button went down to where the mouse is."""

    place: int
    start: tuple[int, int]
    end: tuple[int, int]

    def selection(self, place: int) -> Selection | None:
        """What is selected of a turn."""
        return None if place != self.place or self.start == self.end else (min(self[1:]), max(self[1:]))


class TranscriptView(LazyListView):
    """Chat bubbles over a TranscriptModel; one turn is current, one may carry an editor below its bubble."""

    turn_chosen = Signal(int)
    turn_hovered = Signal(int)
    chip_pressed = Signal(int, str)

    def __init__(self, theme: Theme, model: TranscriptModel) -> None:
        # Set before Qt's own construction, in which it already calls what is overridden here.
        self._theme = theme
        self._turns = model
        self._layouts: dict[int, TurnLayout] = {}
        self._unfolded: dict[int, frozenset[str]] = {}
        self._editor: QWidget | None = None
        self._editor_place = -1
        self._needle = ""
        self._hovered = -1
        self._drag: Drag | None = None
        super().__init__()
        self.setAccessibleName(self.tr("Conversation"))
        self.setProperty("panel", "bg")
        self.viewport().setMouseTracking(True)
        self.setModel(model)
        theme.changed.connect(self.doItemsLayout)

    def set_current_turn(self, number: int) -> None:
        """Make a turn the current one and bring it into sight."""
        index = self._turns.index(number - 1, 0)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def show_editor(self, number: int, editor: QWidget) -> None:
        """Place a widget below a turn's bubble; its height follows its size hint."""
        self._editor, self._editor_place = editor, number - 1
        self._at_end = False
        editor.setParent(self.viewport())
        editor.installEventFilter(self)
        self._measure_again(self._editor_place)
        editor.show()
        self.scrollTo(self._turns.index(self._editor_place, 0))

    def take_editor(self) -> None:
        """Take the widget out again; it belongs to nobody then."""
        editor, place = self._editor, self._editor_place
        self._editor, self._editor_place = None, -1
        if editor is not None:
            editor.removeEventFilter(self)
            editor.hide()
            editor.setParent(None)
            self._measure_again(place)

    def reveal(self, part: QWidget) -> None:
        """Bring a part of the editor into sight, moving no further than needed."""
        top = part.mapTo(self.viewport(), QPoint(0, 0)).y()
        below = top + part.height() + Space.M - self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + (below if below > 0 else min(0, top - Space.S)))

    def toggle(self, number: int, key: str) -> None:
        """Fold or unfold a detail of a turn, such as "tool:0"."""
        self._unfolded[number] = self._unfolded.get(number, frozenset()) ^ {key}
        self._layouts.pop(number - 1, None)
        self._measure_again(number - 1)

    def mark_hovered(self, number: int) -> None:
        """Mark the turn the mouse is on in the chart; 0 marks none."""
        self._hovered = number - 1
        self.viewport().update()

    def mark_found(self, needle: str) -> None:
        """Mark every place where this text stands; empty marks nothing."""
        self._needle = needle.lower()
        self.viewport().update()

    def selected_text(self) -> str:
        """The text selected with the mouse, else the current turn's."""
        if self._drag is not None and (selection := self._drag.selection(self._drag.place)):
            return unmarked(self._layout(self._drag.place).block.text_between(*selection))
        turn = self.currentIndex().data(TranscriptRole.TURN)
        return turn.text if turn is not None else ""

    # heights

    def _layout(self, place: int) -> TurnLayout:
        """The exact layout of a turn, made when it is first needed."""
        if place not in self._layouts:
            index = self._turns.index(place, 0)
            turn = index.data(TranscriptRole.TURN)
            style = TurnStyle(
                self._turns.speaker_name(turn),
                self._content_width(),
                index.data(TranscriptRole.MARK),
                self._unfolded.get(turn.number, frozenset()),
            )
            self._layouts[place] = TurnLayout(turn, style)
        return self._layouts[place]

    def _guessed_heights(self) -> list[float]:
        self._layouts.clear()
        conversation = self._turns.conversation
        return estimated_heights(conversation.turns if conversation else (), self._content_width())

    def _measured_height(self, place: int) -> float:
        layout = self._layout(place)
        return layout.height + (self._editor_height(layout) + Space.S if place == self._editor_place else 0)

    def _editor_height(self, layout: TurnLayout) -> int:
        return self._editor.heightForWidth(int(layout.editor_width())) if self._editor is not None else 0

    def _sticks_to_end(self) -> bool:
        return self._editor is None

    def _settled(self) -> None:
        super()._settled()
        if self._editor is not None and 0 <= self._editor_place < len(self._rows):
            layout = self._layout(self._editor_place)
            width = int(layout.editor_width())
            top = self._rows.tops()[self._editor_place] - self.verticalScrollBar().value() + layout.bubble.bottom()
            left = MARGIN + self._content_width() - width
            self._editor.setGeometry(left, round(top + Space.S), width, self._editor_height(layout))

    def dataChanged(self, top: Index, bottom: Index, roles: object = ()) -> None:
        for place in range(top.row(), bottom.row() + 1):
            self._layouts.pop(place, None)
        super().dataChanged(top, bottom)

    def reset(self) -> None:
        self._unfolded.clear()
        self._drag = None
        super().reset()

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()
        if current.isValid():
            self.turn_chosen.emit(current.row() + 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._editor and event.type() == QEvent.Type.LayoutRequest:
            self._measure_again(self._editor_place)
            if self._rows[self._editor_place] <= self.viewport().height():
                self.scrollTo(self._turns.index(self._editor_place, 0))
        return super().eventFilter(watched, event)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        self._measure_visible()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        offset, tops = self.verticalScrollBar().value(), self._rows.tops()
        place = self._rows.place_at(offset + event.rect().top())
        while place < len(self._rows) and tops[place] <= offset + event.rect().bottom():
            painter.save()
            painter.translate(MARGIN, tops[place] - offset)
            self._layout(place).paint(
                painter,
                self._theme,
                current=place == self.currentIndex().row(),
                hovered=place == self._hovered,
                selection=self._drag.selection(place) if self._drag else None,
                needle=self._needle,
                clip=QRectF(event.rect()).translated(-MARGIN, offset - tops[place]),
            )
            painter.restore()
            place += 1

    # mouse and keys

    def _locate(self, position: QPointF) -> tuple[int, QPointF]:
        """The turn under a point, -1 for none, and the point within it."""
        index = self.indexAt(position.toPoint())
        if not index.isValid():
            return -1, QPointF()
        return index.row(), position - QPointF(self.visualRect(index).topLeft())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place, point = self._locate(event.position())
        self._drag = None
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            layout = self._layout(place)
            chip = layout.chip_at(point)
            if chip is not None and chip.action:
                self.chip_pressed.emit(layout.turn.number, chip.action)
            elif layout.bubble.contains(point):
                start = layout.block.position_at(point - layout.origin)
                self._drag = Drag(place, start, start)
            self.setCurrentIndex(self._turns.index(place, 0))
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place, point = self._locate(event.position())
        if self._drag is not None and event.buttons() & Qt.MouseButton.LeftButton:
            if place == self._drag.place:
                layout = self._layout(place)
                self._drag = self._drag._replace(end=layout.block.position_at(point - layout.origin))
                self.viewport().update()
            return
        self.turn_hovered.emit(place + 1)
        shape = Qt.CursorShape.ArrowCursor
        if place >= 0:
            layout = self._layout(place)
            chip = layout.chip_at(point)
            if chip is not None and chip.action:
                shape = Qt.CursorShape.PointingHandCursor
            elif layout.bubble.contains(point):
                shape = Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(shape)

    def leaveEvent(self, event: QEvent) -> None:
        self.turn_hovered.emit(0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place, point = self._locate(event.position())
        if place >= 0 and self._layout(place).bubble.contains(point):
            self._drag = Drag(place, *self._layout(place).block.everything())
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(literal(self.selected_text()))
        elif event.key() in (Qt.Key.Key_PageDown, Qt.Key.Key_Space):
            bar.setValue(bar.value() + bar.pageStep() - 40)
        elif event.key() == Qt.Key.Key_PageUp:
            bar.setValue(bar.value() - bar.pageStep() + 40)
        else:
            super().keyPressEvent(event)
