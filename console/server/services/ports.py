"""What the use cases need of the world: a store with units of work, and a clock."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from console.contract.conversations import Conversation, OwnerState, Tier
from console.contract.corrections import Correction
from console.contract.events import EventKind, FeedEvent
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.permissions import Role
from console.contract.reconcile import StoredId
from console.contract.views import Claim, CorrectionRecord, FeedPlace, QueueRow, Receipt
from console.server.domain.audit import AuditEntry, AuditRow, Head, Unreadable
from console.server.domain.queueing import Place, QueuedFor
from console.server.services.identity import Identity

Clock = Callable[[], datetime]
"""Returns the moment, aware, in UTC."""

Database = Path | str
"""Where the store is: a SQLite file, or a SQLAlchemy URL."""

Places = Sequence[tuple[QueuedFor, Tier]]


@dataclass(frozen=True)
class Standing:
    """What decides about a claim. The holder is the latest one; a lease that ended leaves the name behind.

    `owner`: as it was last written, so still a person's where their lease has run out.
    """

    queued_for: QueuedFor
    tier: Tier
    holder_id: UserId | None
    epoch: int
    owner: OwnerState

    def is_of(self, user_id: UserId, epoch: int) -> bool:
        """Say whether the latest claim is that one: nobody took it since, even if it has ended."""
        return (self.holder_id, self.epoch) == (user_id, epoch)


@dataclass(frozen=True)
class Arrival:
    """A new conversation, the hash of its canonical form and its place in the queue."""

    conversation: Conversation
    sha256: str
    place: Place


class StoreError(OSError):
    """The database cannot be opened, or cannot be used now.

    Where a writing unit raises it nobody knows what became of the unit: ask again, under the same id.
    """


class ConversationsPort(Protocol):
    """Conversations, their places in the queue, and the leases on them."""

    async def add(self, arrivals: Sequence[Arrival]) -> frozenset[ConversationId]:
        """Store those that are not there yet, each once, and return which they were."""

    async def hashes(self, ids: Sequence[ConversationId]) -> dict[ConversationId, str]:
        """Return the content hashes of those that are stored."""

    async def queue_for_qa(self, ids: Sequence[ConversationId]) -> tuple[ConversationId, ...]:
        """Queue those of these stored conversations that wait for nobody; return which they were."""

    async def find(self, conversation_id: ConversationId) -> Conversation | None:
        """Return the whole conversation."""

    async def any(self) -> bool:
        """Say whether there is any conversation."""

    async def rows(self, ids: Sequence[ConversationId], now: datetime) -> tuple[QueueRow, ...]:
        """Return these rows, queued or not, most urgent first; unknown ids are left out."""

    async def queued_rows(self, ids: Sequence[ConversationId], now: datetime) -> tuple[QueueRow, ...]:
        """Return those of these rows that are in the queue, most urgent first."""

    async def page(self, after: ConversationId | None, limit: int, now: datetime) -> tuple[QueueRow, ...]:
        """Return up to `limit` queued rows behind `after`, most urgent first."""

    async def standing(self, conversation_id: ConversationId) -> Standing | None:
        """Return what decides about a claim and hold it still until the unit ends; None where there is nothing."""

    async def take(
        self, conversation_id: ConversationId, by: Identity, now: datetime, until: datetime, take_back: int | None
    ) -> int | None:
        """Lease it if it is free at `now`, already theirs or held under `take_back`; return the epoch, else None."""

    async def renew(self, conversation_id: ConversationId, by: UserId, epoch: int, until: datetime) -> bool:
        """Prolong the lease of that epoch, even a run-out one as long as nobody took it since."""

    async def release(self, conversation_id: ConversationId, by: UserId, epoch: int) -> bool:
        """End the lease of that epoch; False where it is not held."""

    async def close(self, conversation_id: ConversationId, by: UserId, epoch: int) -> bool:
        """Close it under the lease of that epoch, which ends with it; False where it is not held."""

    async def reopen(self, conversation_id: ConversationId) -> bool:
        """Open it again, for whoever it rested with before; False where it is not closed."""

    async def most_urgent_free(self, places: Places, not_corrected_by: UserId, now: datetime) -> ConversationId | None:
        """Return the most urgent queued conversation that nobody holds and this user has not corrected."""

    async def count_free(self, places: Places, now: datetime) -> int:
        """Return how many queued conversations in these places nobody holds."""

    async def held(self, places: Places, now: datetime) -> tuple[Claim, ...]:
        """Return the running claims in these places, the first to end first."""


class CorrectionsPort(Protocol):
    """Corrections, each stored once for ever."""

    async def receipt(self, correction_id: CorrectionId) -> Receipt | None:
        """Return the receipt of a stored correction."""

    async def add(self, correction: Correction, author: Identity, receipt: Receipt) -> Receipt | None:
        """Store a correction under its id; where that is taken change nothing and return what was receipted for it."""

    async def find(
        self, conversation_id: ConversationId | None, author_id: UserId | None
    ) -> tuple[CorrectionRecord, ...]:
        """Return stored corrections, oldest first."""

    async def sizes(self, conversation_id: ConversationId) -> tuple[tuple[CorrectionId, int], ...]:
        """Return how many characters each correction of a conversation has, newest first."""

    async def these(self, ids: Sequence[CorrectionId]) -> tuple[CorrectionRecord, ...]:
        """Return these corrections, oldest first."""

    async def on_days(self, author_id: UserId, days: Sequence[date]) -> tuple[tuple[date, StoredId], ...]:
        """Return what an author submitted on these days, by `submitted_at` in UTC."""


class EventsPort(Protocol):
    """The feed's events, in the order they were committed."""

    async def append(self, kind: EventKind, ids: Sequence[ConversationId], at: datetime) -> None:
        """Append an event for each conversation; they are seen when the unit commits. Old ones are pruned by the way.

        This comes last in a unit: whoever else wants to append waits until the unit ends.
        """

    async def after(self, seq: int, limit: int) -> tuple[FeedEvent, ...]:
        """Return up to `limit` events behind `seq`."""

    async def last_place(self) -> FeedPlace:
        """Return the newest event's place."""

    async def holds(self, place: FeedPlace) -> bool:
        """Say whether this history has that place."""


class AccountsPort(Protocol):
    """Users and the hashes of their tokens."""

    async def put(self, account: Identity) -> Role | None:
        """Store a user, or their new name and role; return the role they had."""

    async def add_token(self, token_sha256: str, user_id: UserId, at: datetime) -> None:
        """Store a token's hash."""

    async def by_token(self, token_sha256: str) -> Identity | None:
        """Return whom a token speaks for."""


class AuditPort(Protocol):
    """The audit log, in the order it was committed; nothing in it ever changes."""

    async def append(self, entry: AuditEntry) -> None:
        """Add an entry to the chain, to be seen when the unit commits; like an event's, its place is last in a unit."""

    async def head(self) -> Head:
        """Return the newest row's number and MAC; where there is no row, what the first is chained to."""

    async def page(self, after: int | None, limit: int) -> tuple[AuditRow | Unreadable, ...]:
        """Return up to `limit` rows behind a number, in order; None: from the first, whatever its number."""


class Unit(Protocol):
    """One transaction over all repositories."""

    @property
    def conversations(self) -> ConversationsPort: ...
    @property
    def corrections(self) -> CorrectionsPort: ...
    @property
    def events(self) -> EventsPort: ...
    @property
    def accounts(self) -> AccountsPort: ...
    @property
    def audit(self) -> AuditPort: ...


class StorePort(Protocol):
    """The door to the database. Both kinds of unit raise StoreError."""

    def reading(self) -> AbstractAsyncContextManager[Unit]:
        """Open a unit that sees one moment of the database and changes nothing."""

    def writing(self) -> AbstractAsyncContextManager[Unit]:
        """Open a unit that commits at its end, or leaves no trace where its block raises."""
