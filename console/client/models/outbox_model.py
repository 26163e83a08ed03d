"""The outbox as Qt sees it: what is not plainly stored, with the names of the conversation it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject

from console.client.models.keyed_list_model import KeyedListModel
from console.client.services.corrections import OutboxEntry


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An entry, and whose conversation it is about; both empty where this computer keeps no copy of it."""

    entry: OutboxEntry
    customer: str = ""
    ask: str = ""


class OutboxModel(KeyedListModel[str, OutboxRow]):
    """One line per entry."""

    def __init__(self, describe: Callable[[OutboxRow], str], parent: QObject | None = None) -> None:
        """`describe` gives the words a screen reader says for a row."""
        super().__init__(lambda row: row.entry.key, describe, parent)
