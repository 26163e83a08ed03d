"""The queue as Qt sees it: the rows that match the filter, with the row under work pinned."""

from collections.abc import Callable
from enum import IntEnum

from PySide6.QtCore import QObject

from console.client.models.keyed_list_model import KeyedListModel, KeyedRole
from console.contract.ids import ConversationId
from console.contract.views import QueueRow


class QueueRole(IntEnum):
    """What a queue delegate can ask of an index."""

    ROW = KeyedRole.ROW
    ID = KeyedRole.KEY


class QueueModel(KeyedListModel[ConversationId, QueueRow]):
    """One line per conversation."""

    def __init__(self, describe: Callable[[QueueRow], str], parent: QObject | None = None) -> None:
        """`describe` gives the words a screen reader says for a row."""
        super().__init__(lambda row: row.conversation_id, describe, parent)
