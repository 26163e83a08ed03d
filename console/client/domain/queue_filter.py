"""The queue filter: `gate:confidence topic:refund tier:2 is:unassigned lang:ar meyer`, read from one line of text.

Values of one key widen it, different keys and plain words narrow it. What is no known token is a plain word.
"""

from collections.abc import Callable
from dataclasses import dataclass

from console.contract.conversations import Gate, OwnerState, Tier
from console.contract.ids import UserId
from console.contract.views import QueueRow

_IS: dict[str, Callable[[QueueRow, UserId], bool]] = {
    "unassigned": lambda row, me: row.claim is None,
    "mine": lambda row, me: row.claim is not None and row.claim.holder_id == me,
    "held": lambda row, me: row.claim is not None and row.claim.holder_id != me,
    "corrected": lambda row, me: row.corrections > 0,
    "uncorrected": lambda row, me: row.corrections == 0,
    "waiting": lambda row, me: row.owner_state is OwnerState.WAITING,
}

_KNOWN: dict[str, frozenset[str] | None] = {
    "gate": frozenset(Gate),
    "tier": frozenset(str(tier.value) for tier in Tier),
    "is": frozenset(_IS),
    "topic": None,
    "lang": None,
}
"""The keys, each with the values it takes; None takes any."""


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a row must be to be shown; empty sets ask for nothing. All texts are case-folded."""

    gates: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

    def matches(self, row: QueueRow, me_id: UserId) -> bool:
        """Say whether a row is shown to this person."""
        if self.gates and row.gate not in self.gates:
            return False
        if self.tiers and str(row.tier.value) not in self.tiers:
            return False
        if self.states and not any(_IS[state](row, me_id) for state in self.states):
            return False
        if self.topics and not any(topic in row.topic.casefold() for topic in self.topics):
            return False
        if self.languages and (row.language or "").casefold().partition("-")[0] not in self.languages:
            return False
        if not self.words:
            return True
        text = "\n".join((row.customer_name, row.ask, row.topic, row.conversation_id)).casefold()
        return all(word in text for word in self.words)


def parse_filter(text: str) -> QueueFilter:
    """Read a line of tokens and words; any text at all is a filter."""
    asked: dict[str, set[str]] = {key: set() for key in _KNOWN}
    words: list[str] = []
    for token in text.casefold().split():
        key, _, value = token.partition(":")
        if value and key in _KNOWN and value in (_KNOWN[key] or (value,)):
            asked[key].add(value)
        else:
            words.append(token)
    return QueueFilter(
        gates=frozenset(asked["gate"]),
        tiers=frozenset(asked["tier"]),
        states=frozenset(asked["is"]),
        topics=frozenset(asked["topic"]),
        languages=frozenset(asked["lang"]),
        words=tuple(words),
    )
