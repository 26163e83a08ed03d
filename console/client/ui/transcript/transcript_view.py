"""The turns, painted: heights are guessed until a turn comes into sight, so that long conversations open at once."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from console.client.models.transcript_model import TranscriptModel, TranscriptRole
from console.client.theme.theme import Theme
from console.client.theme.tokens import Space
from console.client.ui.transcript.turn_layout import TurnLayout, TurnStyle, estimated_height

Index = QModelIndex | QPersistentModelIndex
_MARGIN = 18


class TranscriptView(QListView):
    """Chat bubbles over a TranscriptModel; one turn is current, one may carry an editor below its bubble."""

    turn_chosen = Signal(int)
    chip_pressed = Signal(int, str)

    def __init__(self, theme: Theme, model: TranscriptModel) -> None:
        super().__init__()
        self._theme = theme
        self._turns = model
        self._layouts: dict[int, TurnLayout] = {}
        self._heights: list[float] = []
        self._tops: list[float] | None = None
        self._unfolded: dict[int, frozenset[str]] = {}
        self._editor: QWidget | None = None
        self._editor_place = -1
        self._needle = ""
        self._at_end = False
        self._drag: tuple[int, tuple[int, int], tuple[int, int]] | None = None
        self.setAccessibleName(self.tr("Conversation"))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.viewport().setMouseTracking(True)
        self.setProperty("panel", "bg")
        self.setModel(model)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        theme.changed.connect(self._on_theme_changed)

    # what the panel asks for

    def set_current_turn(self, number: int) -> None:
        """Make a turn the current one and bring it into sight."""
        index = self.model().index(number - 1, 0)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def scroll_to_end(self) -> None:
        """Show the latest turn, and stay there while heights become exact or the pane changes its size."""
        self._at_end = True
        self._measure_around(self.model().rowCount() - 1, upwards=True)
        self.viewport().update()

    def show_editor(self, number: int, editor: QWidget) -> None:
        """Place a widget below a turn's bubble; its height follows its size hint."""
        self._editor = editor
        self._editor_place = number - 1
        self._at_end = False
        editor.setParent(self.viewport())
        editor.installEventFilter(self)
        self._forget(self._editor_place)
        editor.show()
        self.scrollTo(self.model().index(self._editor_place, 0))

    def reveal(self, part: QWidget) -> None:
        """Bring a part of the editor into sight, moving no further than needed."""
        top = part.mapTo(self.viewport(), QPoint(0, 0)).y()
        below = top + part.height() + Space.M - self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + (below if below > 0 else min(0, top - Space.S)))

    def take_editor(self) -> QWidget | None:
        """Take the widget out again."""
        editor, place = self._editor, self._editor_place
        self._editor, self._editor_place = None, -1
        if editor is not None:
            editor.removeEventFilter(self)
            editor.hide()
            editor.setParent(None)
            self._forget(place)
        return editor

    def toggle(self, number: int, key: str) -> None:
        """Fold or unfold a detail of a turn, such as "tool:0"."""
        self._unfolded[number] = self._unfolded.get(number, frozenset()) ^ {key}
        self._forget(number - 1)

    def mark_found(self, needle: str) -> None:
        """Mark every place where this text stands; empty marks nothing."""
        self._needle = needle.lower()
        self.viewport().update()

    def selected_text(self) -> str:
        """The text selected with the mouse, else the current turn's."""
        if self._drag is not None and self._drag[1] != self._drag[2]:
            place, start, end = self._drag
            return self._layout(place).block.text_between(min(start, end), max(start, end))
        turn = self.currentIndex().data(TranscriptRole.TURN)
        return turn.text if turn is not None else ""

    # geometry

    def _content_width(self) -> int:
        return max(240, self.viewport().width() - 2 * _MARGIN)

    def _layout(self, place: int) -> TurnLayout:
        """The exact layout of a turn, made when it is first needed."""
        if place not in self._layouts:
            index = self.model().index(place, 0)
            turn = index.data(TranscriptRole.TURN)
            style = TurnStyle(
                self._turns.speaker_name(turn),
                self._content_width(),
                index.data(TranscriptRole.RECEIPT),
                self._unfolded.get(turn.number, frozenset()),
            )
            layout = TurnLayout(turn, style)
            self._layouts[place] = layout
            height = layout.height + self._editor_height(place)
            if self._heights[place] != height:
                self._heights[place] = height
                self._tops = None
        return self._layouts[place]

    def _editor_height(self, place: int) -> float:
        if self._editor is None or place != self._editor_place:
            return 0.0
        width = int(self._layouts[place].editor_width()) if place in self._layouts else self._content_width()
        hint = self._editor.heightForWidth(width) if self._editor.hasHeightForWidth() else -1
        return (hint if hint > 0 else self._editor.sizeHint().height()) + Space.S

    def _all_tops(self) -> list[float]:
        if self._tops is None:
            self._tops = list(accumulate(self._heights, initial=float(Space.M)))
        return self._tops

    def _place_at(self, y: float) -> int:
        return max(0, min(len(self._heights) - 1, bisect_right(self._all_tops(), y) - 1))

    def _measure_visible(self) -> None:
        """Replace guesses in sight by exact heights, holding what was already exact where it stands."""
        if not self._heights:
            return
        bar = self.verticalScrollBar()
        first = self._place_at(bar.value())
        last = self._place_at(bar.value() + self.viewport().height())
        anchor = next((place for place in range(first, last + 1) if place in self._layouts), first)
        offset = self._all_tops()[anchor] - bar.value()
        bottom = bar.value() + self.viewport().height()
        place = first
        while place < len(self._heights) and self._all_tops()[place] <= bottom:
            self._layout(place)
            place += 1
        at_end = self._at_end
        self._set_range()
        if not at_end:
            bar.setValue(round(self._all_tops()[anchor] - offset))

    def _measure_around(self, place: int, *, upwards: bool) -> None:
        room = self.viewport().height() * 1.5
        while 0 <= place < len(self._heights) and room > 0:
            self._layout(place)
            room -= self._heights[place]
            place += -1 if upwards else 1
        self._set_range()

    def _set_range(self) -> None:
        bar = self.verticalScrollBar()
        height = self.viewport().height()
        bar.setPageStep(height)
        bar.setSingleStep(40)
        at_end = self._at_end
        bar.setRange(0, max(0, round(self._all_tops()[-1] + Space.S - height)) if self._heights else 0)
        if at_end:
            bar.setValue(bar.maximum())

    def _on_scrolled(self, value: int) -> None:
        self._at_end = self._editor is None and value >= self.verticalScrollBar().maximum() - 2

    def _forget(self, place: int) -> None:
        if 0 <= place < len(self._heights):
            self._layouts.pop(place, None)
            self._measure_visible()
            self._place_editor()
            self.viewport().update()

    def _rebuild(self) -> None:
        count = self._turns.rowCount()
        width = self._content_width()
        turns = (self._turns.index(place, 0).data(TranscriptRole.TURN) for place in range(count))
        self._layouts.clear()
        self._heights = [estimated_height(turn, width) for turn in turns]
        self._tops = None
        if self._editor is not None and 0 <= self._editor_place < count:
            self._layout(self._editor_place)
        self._set_range()

    # what QListView would do, done over turns of unlike height

    def doItemsLayout(self) -> None:
        super().doItemsLayout()
        self._rebuild()
        self._measure_visible()
        self._place_editor()

    def reset(self) -> None:
        self._unfolded.clear()
        self._drag = None
        super().reset()
        self._rebuild()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self._rebuild()
        if self._at_end:
            self.scroll_to_end()

    def dataChanged(self, top: Index, bottom: Index, roles: Sequence[int] = ()) -> None:
        for place in range(top.row(), bottom.row() + 1):
            self._forget(place)

    def updateGeometries(self) -> None:
        self._set_range()

    def resizeEvent(self, event: QResizeEvent) -> None:
        at_end = self._at_end
        place = self._place_at(self.verticalScrollBar().value()) if self._heights else 0
        if event.oldSize().width() != event.size().width():
            self._rebuild()
            if not at_end and self._heights:
                self.verticalScrollBar().setValue(round(self._all_tops()[place]))
        if at_end and self._heights:
            self.scroll_to_end()
        self._measure_visible()
        self._place_editor()

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid() or index.row() >= len(self._heights):
            return QRect()
        top = self._all_tops()[index.row()] - self.verticalScrollBar().value()
        return QRect(_MARGIN, round(top), self._content_width(), round(self._heights[index.row()]))

    def indexAt(self, point: QPoint) -> QModelIndex:
        y = point.y() + self.verticalScrollBar().value()
        if not self._heights or not self._all_tops()[0] <= y < self._all_tops()[-1]:
            return QModelIndex()
        return self.model().index(self._place_at(y), 0)

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid() or not self._heights:
            return
        self._measure_around(index.row(), upwards=False)
        self._measure_around(index.row(), upwards=True)
        bar = self.verticalScrollBar()
        top = self._all_tops()[index.row()]
        bottom = top + self._heights[index.row()]
        room = self.viewport().height()
        if top < bar.value() or bottom - top > room:
            bar.setValue(round(top - Space.S))
        elif bottom > bar.value() + room:
            bar.setValue(round(bottom - room + Space.S))
        self._measure_visible()
        self._place_editor()
        self.viewport().update()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._place_editor()
        self.viewport().update()

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        return 0

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def visualRegionForSelection(self, selection: object) -> QRegion:
        return QRegion(self.viewport().rect())

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        self.selectionModel().select(self.indexAt(rect.center()), command)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        step = {
            QAbstractItemView.CursorAction.MoveUp: -1,
            QAbstractItemView.CursorAction.MoveDown: 1,
            QAbstractItemView.CursorAction.MoveHome: -len(self._heights),
            QAbstractItemView.CursorAction.MoveEnd: len(self._heights),
        }.get(action, 0)
        place = max(0, min(len(self._heights) - 1, max(0, self.currentIndex().row()) + step))
        return self.model().index(place, 0)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()
        if current.isValid():
            self.turn_chosen.emit(current.row() + 1)

    # painting and the mouse

    def paintEvent(self, event: QPaintEvent) -> None:
        self._measure_visible()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._heights:
            return
        offset = self.verticalScrollBar().value()
        place = self._place_at(offset + event.rect().top())
        tops = self._all_tops()
        while place < len(self._heights) and tops[place] <= offset + event.rect().bottom():
            painter.save()
            painter.translate(_MARGIN, tops[place] - offset)
            self._layout(place).paint(
                painter,
                self._theme,
                current=place == self.currentIndex().row(),
                selection=self._selection_in(place),
                needle=self._needle,
            )
            painter.restore()
            place += 1

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
                self._drag = (place, start, start)
            self.setCurrentIndex(self.model().index(place, 0))
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place, point = self._locate(event.position())
        if self._drag is not None and event.buttons() & Qt.MouseButton.LeftButton:
            layout = self._layout(self._drag[0])
            if place == self._drag[0]:
                self._drag = (self._drag[0], self._drag[1], layout.block.position_at(point - layout.origin))
                self.viewport().update()
            return
        chip = self._layout(place).chip_at(point) if place >= 0 else None
        over_text = place >= 0 and self._layout(place).bubble.contains(point)
        shape = Qt.CursorShape.IBeamCursor if over_text else Qt.CursorShape.ArrowCursor
        pressable = chip is not None and bool(chip.action)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if pressable else shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place, point = self._locate(event.position())
        if place >= 0 and self._layout(place).bubble.contains(point):
            self._drag = (place, *self._layout(place).block.everything())
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        bar = self.verticalScrollBar()
        if event.key() in (Qt.Key.Key_PageDown, Qt.Key.Key_Space):
            bar.setValue(bar.value() + bar.pageStep() - 40)
        elif event.key() == Qt.Key.Key_PageUp:
            bar.setValue(bar.value() - bar.pageStep() + 40)
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Put the selected text, or the current turn's, on the clipboard."""
        QGuiApplication.clipboard().setText(self.selected_text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._editor and event.type() == QEvent.Type.LayoutRequest:
            self._fit_editor()
        return super().eventFilter(watched, event)

    def _locate(self, position: QPointF) -> tuple[int, QPointF]:
        index = self.indexAt(position.toPoint())
        if not index.isValid():
            return -1, QPointF()
        return index.row(), position - QPointF(self.visualRect(index).topLeft())

    def _selection_in(self, place: int) -> tuple[tuple[int, int], tuple[int, int]] | None:
        if self._drag is None or self._drag[0] != place or self._drag[1] == self._drag[2]:
            return None
        return min(self._drag[1:]), max(self._drag[1:])

    def _fit_editor(self) -> None:
        place = self._editor_place
        if place in self._layouts:
            height = self._layouts[place].height + self._editor_height(place)
            if height != self._heights[place]:
                self._heights[place] = height
                self._tops = None
                self._set_range()
            self._place_editor()
            self.viewport().update()

    def _place_editor(self) -> None:
        if self._editor is None or not 0 <= self._editor_place < len(self._heights):
            return
        layout = self._layout(self._editor_place)
        width = int(layout.editor_width())
        top = self._all_tops()[self._editor_place] - self.verticalScrollBar().value() + layout.bubble.bottom() + Space.S
        left = _MARGIN + self._content_width() - width
        height = round(self._editor_height(self._editor_place)) - Space.S
        self._editor.setGeometry(left, round(top), width, height)

    def _on_theme_changed(self) -> None:
        self._rebuild()
        self._measure_visible()
        self._place_editor()
        self.viewport().update()
