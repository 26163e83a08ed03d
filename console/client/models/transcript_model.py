"""The open conversation as Qt sees it: one row per turn, with the mark of its correction."""

from enum import IntEnum
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from console.client.models.literal import literal
from console.contract.conversations import Conversation, Speaker, Turn

Index = QModelIndex | QPersistentModelIndex


class TurnMark(NamedTuple):
    """Where a turn's correction is, in a word; `settled` once the backend has it."""

    words: str
    settled: bool = False


class TranscriptRole(IntEnum):
    """What the transcript can ask of an index."""

    TURN = Qt.ItemDataRole.UserRole + 1
    MARK = Qt.ItemDataRole.UserRole + 2


class TranscriptModel(QAbstractListModel):
    """The turns of one conversation, each with the mark of its correction if there is one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._conversation: Conversation | None = None
        self._marks: dict[int, TurnMark] = {}

    @property
    def conversation(self) -> Conversation | None:
        """The conversation shown, if any."""
        return self._conversation

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self._conversation is None else len(self._conversation.turns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._conversation is None:
            return None
        turn = self._conversation.turns[index.row()]
        if role == TranscriptRole.TURN:
            return turn
        if role == TranscriptRole.MARK:
            return self._marks.get(turn.number)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return literal(f"{self.speaker_name(turn)}: {turn.text}")
        return None

    def show_conversation(self, conversation: Conversation | None) -> None:
        """Show a conversation; further turns of the one already shown are appended, anything else resets."""
        shown = self._conversation
        if shown is not None and conversation is not None and shown.id == conversation.id:
            added = len(conversation.turns) - len(shown.turns)
            if added >= 0 and conversation.turns[: len(shown.turns)] == shown.turns:
                if added:
                    self.beginInsertRows(QModelIndex(), len(shown.turns), len(conversation.turns) - 1)
                self._conversation = conversation
                if added:
                    self.endInsertRows()
                return
        self.beginResetModel()
        self._conversation = conversation
        self._marks = {}
        self.endResetModel()

    def show_marks(self, marks: dict[int, TurnMark]) -> None:
        """Show where each turn's correction is, by turn number."""
        touched = marks.keys() | self._marks.keys()
        changed = sorted(n for n in touched if marks.get(n) != self._marks.get(n) and n <= self.rowCount())
        self._marks = dict(marks)
        for number in changed:
            self.dataChanged.emit(self.index(number - 1), self.index(number - 1), [TranscriptRole.MARK])

    def speaker_name(self, turn: Turn) -> str:
        """Who said a turn, in words."""
        if turn.speaker is Speaker.CUSTOMER and self._conversation is not None:
            return self._conversation.customer.name
        return {Speaker.AI: "AI", Speaker.HUMAN: "Agent", Speaker.SYSTEM: "System"}.get(turn.speaker, "Customer")
