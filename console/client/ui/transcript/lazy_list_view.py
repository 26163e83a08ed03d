"""A list view over rows of unlike height, each guessed until it comes into sight, so that long lists open at once."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from console.client.theme.tokens import Space

Index = QModelIndex | QPersistentModelIndex
MARGIN = 18


class RowHeights:
    """The height of each row, guessed or exact, and where each row begins. All in logical pixels."""

    def __init__(self) -> None:
        self._heights: list[float] = []
        self._exact: set[int] = set()
        self._tops: list[float] | None = None

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, place: int) -> float:
        return self._heights[place]

    def guess(self, heights: list[float]) -> None:
        """Start anew from guesses."""
        self._heights, self._tops = heights, None
        self._exact.clear()

    def settle(self, place: int, height: float) -> None:
        """Put the exact height in a guess's place."""
        self._exact.add(place)
        if self._heights[place] != height:
            self._heights[place] = height
            self._tops = None

    def doubt(self, place: int) -> None:
        """Take the height as a guess again."""
        self._exact.discard(place)

    def is_exact(self, place: int) -> bool:
        """Whether a row's height was measured."""
        return place in self._exact

    def tops(self) -> list[float]:
        """Where each row begins; last, where the last one ends."""
        if self._tops is None:
            self._tops = list(accumulate(self._heights, initial=float(Space.M)))
        return self._tops

    def place_at(self, y: float) -> int:
        """The row at a height, the nearest one outside."""
        return max(0, min(len(self._heights) - 1, bisect_right(self.tops(), y) - 1))


class LazyListView(QListView):
    """Does over RowHeights what QListView does over its own layout. Subclasses measure, paint and follow `_settled`."""

    def __init__(self) -> None:
        super().__init__()
        self._rows = RowHeights()
        self._at_end = False
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    def _guessed_heights(self) -> list[float]:
        """Return a cheap guess for each row, and drop whatever was measured for another width."""
        raise NotImplementedError

    def _measured_height(self, place: int) -> float:
        """Return a row's exact height."""
        raise NotImplementedError

    def _sticks_to_end(self) -> bool:
        """Whether a view scrolled to its end stays there when rows grow."""
        return True

    def _settled(self) -> None:
        """Hear that rows moved: what stands on them must follow."""
        self.viewport().update()

    def scroll_to_end(self) -> None:
        """Show the last row, and stay there while heights become exact or the pane changes its size."""
        self._at_end = True
        self._measure_around(len(self._rows) - 1, upwards=True)
        self._settled()

    # heights

    def _content_width(self) -> int:
        return max(240, self.viewport().width() - 2 * MARGIN)

    def _measure(self, place: int) -> None:
        if not self._rows.is_exact(place):
            self._rows.settle(place, self._measured_height(place))

    def _measure_visible(self) -> None:
        """Replace guesses in sight by exact heights, holding what was already exact where it stands."""
        bar = self.verticalScrollBar()
        while guessed := [place for place in self._in_sight() if not self._rows.is_exact(place)]:
            anchor = next((place for place in self._in_sight() if self._rows.is_exact(place)), guessed[0])
            offset, at_end = self._rows.tops()[anchor] - bar.value(), self._at_end
            for place in guessed:
                self._measure(place)
            self._set_range()
            if not at_end:
                bar.setValue(round(self._rows.tops()[anchor] - offset))

    def _in_sight(self) -> range:
        """The rows that stand in the viewport, as far as is known."""
        if not len(self._rows):
            return range(0)
        top = self.verticalScrollBar().value()
        return range(self._rows.place_at(top), self._rows.place_at(top + self.viewport().height()) + 1)

    def _measure_around(self, place: int, *, upwards: bool) -> None:
        room = self.viewport().height() * 1.5
        while 0 <= place < len(self._rows) and room > 0:
            self._measure(place)
            room -= self._rows[place]
            place += -1 if upwards else 1
        self._set_range()

    def _measure_again(self, place: int) -> None:
        """A row's content changed."""
        if 0 <= place < len(self._rows):
            self._rows.doubt(place)
            self._measure_visible()
            self._settled()

    def _guess_again(self) -> None:
        """Every row may be different: another model, width or font."""
        self._rows.guess(self._guessed_heights())
        self._set_range()

    def _set_range(self) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        at_end = self._at_end
        bar.setPageStep(height)
        bar.setSingleStep(40)
        bar.setRange(0, max(0, round(self._rows.tops()[-1] + Space.S - height)) if len(self._rows) else 0)
        if at_end:
            bar.setValue(bar.maximum())

    def _on_scrolled(self) -> None:
        bar = self.verticalScrollBar()  # measuring may have moved it on since the signal's own value
        self._at_end = self._sticks_to_end() and bar.value() >= bar.maximum() - 2

    # what QListView does over rows laid out by itself

    def doItemsLayout(self) -> None:
        QAbstractItemView.doItemsLayout(self)  # QListView's own would ask the delegate for the size of every row
        self._guess_again()
        self._measure_visible()
        self._settled()

    def reset(self) -> None:
        super().reset()
        self._guess_again()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self._guess_again()
        if self._at_end:
            self.scroll_to_end()

    def dataChanged(self, top: Index, bottom: Index, roles: Sequence[int] = ()) -> None:
        for place in range(top.row(), bottom.row() + 1):
            self._measure_again(place)

    def updateGeometries(self) -> None:
        self._set_range()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.oldSize().width() != event.size().width():
            place, at_end = self._rows.place_at(self.verticalScrollBar().value()), self._at_end
            self._guess_again()
            if not at_end and len(self._rows):
                self.verticalScrollBar().setValue(round(self._rows.tops()[place]))
        if self._at_end:
            self.scroll_to_end()
        self._measure_visible()
        self._settled()

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid() or index.row() >= len(self._rows):
            return QRect()
        top = self._rows.tops()[index.row()] - self.verticalScrollBar().value()
        return QRect(MARGIN, round(top), self._content_width(), round(self._rows[index.row()]))

    def indexAt(self, point: QPoint) -> QModelIndex:
        y, tops = point.y() + self.verticalScrollBar().value(), self._rows.tops()
        if not tops[0] <= y < tops[-1]:
            return QModelIndex()
        return self.model().index(self._rows.place_at(y), 0)

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid() or index.row() >= len(self._rows):
            return
        self._measure_around(index.row(), upwards=False)
        self._measure_around(index.row(), upwards=True)
        bar, room = self.verticalScrollBar(), self.viewport().height()
        top, bottom = self._rows.tops()[index.row() : index.row() + 2]
        if top < bar.value() or bottom - top > room:
            bar.setValue(round(top - Space.S))
        elif bottom > bar.value() + room:
            bar.setValue(round(bottom - room + Space.S))
        self._measure_visible()
        self._settled()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._measure_visible()
        self._settled()

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

    def keyboardSearch(self, search: str) -> None:
        """Bare letters are commands, never a search."""

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        step = {
            QAbstractItemView.CursorAction.MoveUp: -1,
            QAbstractItemView.CursorAction.MoveDown: 1,
            QAbstractItemView.CursorAction.MoveHome: -len(self._rows),
            QAbstractItemView.CursorAction.MoveEnd: len(self._rows),
        }.get(action, 0)
        place = max(0, min(len(self._rows) - 1, max(0, self.currentIndex().row()) + step))
        return self.model().index(place, 0)
