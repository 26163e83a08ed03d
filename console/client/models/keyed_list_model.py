"""A list of rows that each have a key of their own, as Qt sees it: rows in, one line each."""

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from console.client.models.literal import literal

Index = QModelIndex | QPersistentModelIndex
K = TypeVar("K")
R = TypeVar("R")


class KeyedRole(IntEnum):
    """What a delegate can ask of an index."""

    ROW = Qt.ItemDataRole.UserRole + 1
    KEY = Qt.ItemDataRole.UserRole + 2


class KeyedListModel(QAbstractListModel, Generic[K, R]):
    """One line per row. Changes are told as narrowly as Qt allows, so that selection and scroll stay."""

    def __init__(self, key: Callable[[R], K], describe: Callable[[R], str], parent: QObject | None = None) -> None:
        """`describe` gives the words a screen reader says for a row."""
        super().__init__(parent)
        self._key = key
        self._describe = describe
        self._rows: list[R] = []
        self._places: dict[K, int] = {}

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == KeyedRole.ROW:
            return row
        if role == KeyedRole.KEY:
            return self._key(row)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return literal(self._describe(row))
        return None

    def row_of(self, key: K) -> int | None:
        """Return the place of a key, or None where it is not shown."""
        return self._places.get(key)

    def row_at(self, place: int) -> R:
        """Return the row at a place; IndexError outside."""
        return self._rows[place]

    def show_rows(self, rows: Iterable[R]) -> None:
        """Show these rows in this order, telling the views only what differs."""
        fresh = list(rows)
        same_order = len(fresh) == len(self._rows) and all(
            self._key(new) == self._key(old) for new, old in zip(fresh, self._rows, strict=True)
        )
        if same_order:
            self._refresh(fresh)
        else:
            self._reorder(fresh)

    def _refresh(self, fresh: list[R]) -> None:
        stale = [place for place, old in enumerate(self._rows) if old is not fresh[place] and old != fresh[place]]
        self._rows = fresh
        if stale:
            self.dataChanged.emit(self.index(stale[0]), self.index(stale[-1]))

    def _reorder(self, fresh: list[R]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        held = [self._key(self._rows[index.row()]) for index in before]
        self._rows = fresh
        self._places = {self._key(row): place for place, row in enumerate(fresh)}
        after = [self.index(self._places[key]) if key in self._places else QModelIndex() for key in held]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
