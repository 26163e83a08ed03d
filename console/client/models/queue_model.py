"""The queue as Qt sees it: the rows that match the filter, with the row under work pinned."""

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from console.contract.ids import ConversationId
from console.contract.views import QueueRow

Index = QModelIndex | QPersistentModelIndex


class QueueRole(IntEnum):
    """What a queue delegate can ask of an index."""

    ROW = Qt.ItemDataRole.UserRole + 1
    ID = Qt.ItemDataRole.UserRole + 2


class QueueModel(QAbstractListModel):
    """One line per conversation. Changes are told as narrowly as Qt allows, so that selection and scroll stay."""

    def __init__(self, describe: Callable[[QueueRow], str], parent: QObject | None = None) -> None:
        """`describe` gives the words a screen reader says for a row."""
        super().__init__(parent)
        self._describe = describe
        self._rows: list[QueueRow] = []
        self._places: dict[ConversationId, int] = {}

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == QueueRole.ROW:
            return row
        if role == QueueRole.ID:
            return row.conversation_id
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._describe(row)
        return None

    def row_of(self, conversation_id: ConversationId) -> int | None:
        """Return the place of a conversation, or None where the filter hides it."""
        return self._places.get(conversation_id)

    def row_at(self, place: int) -> QueueRow:
        """Return the queue row at a place; IndexError outside."""
        return self._rows[place]

    def show_rows(self, rows: Iterable[QueueRow]) -> None:
        """Show these rows in this order, telling the views only what differs."""
        fresh = list(rows)
        same_order = len(fresh) == len(self._rows) and all(
            new.conversation_id == old.conversation_id for new, old in zip(fresh, self._rows, strict=True)
        )
        if same_order:
            self._refresh(fresh)
        else:
            self._reorder(fresh)

    def _refresh(self, fresh: list[QueueRow]) -> None:
        stale = [place for place, old in enumerate(self._rows) if old is not fresh[place] and old != fresh[place]]
        self._rows = fresh
        if stale:
            self.dataChanged.emit(self.index(stale[0]), self.index(stale[-1]))

    def _reorder(self, fresh: list[QueueRow]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        held = [self._rows[index.row()].conversation_id for index in before]
        self._rows = fresh
        self._places = {row.conversation_id: place for place, row in enumerate(fresh)}
        after = [self.index(self._places[key]) if key in self._places else QModelIndex() for key in held]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
