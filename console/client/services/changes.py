"""Change sets: what kind of thing changed, so that each screen decides for itself what to read again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from console.contract.ids import ConversationId


class Everything(Enum):
    """The set that holds every conversation."""

    ALL = "all"


ALL = Everything.ALL

ConversationIds = frozenset[ConversationId] | Everything
NONE: frozenset[ConversationId] = frozenset()


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Which conversations changed in the queue, in full and in their corrections; and whether the connection did."""

    queue: ConversationIds = NONE
    conversations: ConversationIds = NONE
    corrections: ConversationIds = NONE
    connection: bool = False

    def __or__(self, other: "ChangeSet") -> "ChangeSet":
        return ChangeSet(
            _union(self.queue, other.queue),
            _union(self.conversations, other.conversations),
            _union(self.corrections, other.corrections),
            self.connection or other.connection,
        )


def concerns(ids: ConversationIds, conversation_id: ConversationId) -> bool:
    """Say whether a conversation is among these."""
    return isinstance(ids, Everything) or conversation_id in ids


def _union(left: ConversationIds, right: ConversationIds) -> ConversationIds:
    return ALL if isinstance(left, Everything) or isinstance(right, Everything) else left | right


class Changes:
    """Tells subscribers what changed: always on the event loop, and what came in one go as one change set."""

    def __init__(self) -> None:
        self._callbacks: dict[object, Callable[[ChangeSet], None]] = {}
        self._pending: ChangeSet | None = None

    def subscribe(self, callback: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """Call back on every change from now on; the function returned ends that."""
        token = object()
        self._callbacks[token] = callback
        return lambda: self._callbacks.pop(token, None) and None

    def publish(self, change: ChangeSet) -> None:
        """Tell every subscriber, soon."""
        if self._pending is None:
            asyncio.get_running_loop().call_soon(self._flush)
        self._pending = change if self._pending is None else self._pending | change

    def _flush(self) -> None:
        change, self._pending = self._pending or ChangeSet(), None
        for token, callback in tuple(self._callbacks.items()):
            if token in self._callbacks:
                asyncio.get_running_loop().call_soon(callback, change)
