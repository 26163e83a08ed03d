"""What the desk's use cases need from the world; adapters in net, store, vault and app implement it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from console.client.domain.drafts import CorrectionDraft
from console.contract.corrections import Correction
from console.contract.events import EventPage, FeedEvent
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.reconcile import Delivered, Differences
from console.contract.views import (
    FEED_START,
    Claim,
    ConversationView,
    CorrectionPage,
    FeedPlace,
    Me,
    QueuePage,
    QueueRow,
    Receipt,
)


class BackendGateway(Protocol):
    """The backend, as one person's token sees it. Every call raises BackendError and ends within its deadline."""

    async def me(self) -> Me:
        """Return who the token speaks for."""

    async def queue_page(self, after: ConversationId | None = None) -> QueuePage:
        """Return a page of the queue, most urgent first."""

    async def queue_rows(self, ids: Sequence[ConversationId]) -> QueuePage:
        """Return those of these rows, at most 100, that are in the queue."""

    async def conversation(self, conversation_id: ConversationId) -> ConversationView:
        """Return a conversation with its corrections."""

    async def claim(self, conversation_id: ConversationId, take_back: int | None = None) -> Claim:
        """Lease a conversation; RefusedError (held) names who else holds it.

        `take_back`: the epoch of the claim to take it back from, for those who may.
        """

    async def renew(self, conversation_id: ConversationId, epoch: int) -> Claim:
        """Prolong a lease; RefusedError (claim_lost) where it is no longer ours."""

    async def release(self, conversation_id: ConversationId, epoch: int) -> None:
        """Give a lease back; RefusedError (claim_lost) where it is no longer ours."""

    async def close(self, conversation_id: ConversationId, epoch: int) -> None:
        """Close a conversation under the claim of that epoch; RefusedError (claim_lost) where it is no longer ours."""

    async def reopen(self, conversation_id: ConversationId) -> None:
        """Open a closed conversation again."""

    async def pull_next(self) -> QueueRow:
        """Claim the most urgent free conversation; RefusedError (nothing_free) says what stands in the way."""

    async def put_correction(self, correction: Correction) -> Receipt:
        """Store a correction under its own id; the same one again gets the first receipt."""

    async def corrections(
        self, conversation_id: ConversationId | None = None, author_id: UserId | None = None
    ) -> CorrectionPage:
        """Return stored corrections, oldest first."""

    async def compare(self, delivered: Delivered) -> Differences:
        """Return what the backend holds of those days on which it holds something else."""

    async def events(self, after: FeedPlace) -> EventPage:
        """Return the next events behind a place; RefusedError (gone) where the backend cannot go on from there."""

    def feed(self, after: FeedPlace) -> AbstractAsyncContextManager[AsyncIterator[FeedEvent]]:
        """Follow the feed behind a place; entering means connected. Raises UnreachableError when it falls silent."""

    async def aclose(self) -> None:
        """Close every connection."""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A correction that is saved here and not yet known to be stored; `refusal` says why the backend refused it."""

    correction: Correction
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A draft, or with `id` a submitted correction, that another version wrote or damage spoilt: kept, never shown."""

    conversation_id: ConversationId
    turn: int
    id: CorrectionId | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A correction the backend gave its receipt for."""

    conversation_id: ConversationId
    turn: int
    submitted_at: datetime
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class KeptQueue:
    """The queue as it was last read, in no order: as of `place` in the feed, at `read_at` by the backend's clock.

    What changed behind `place` may be in the rows already, as far as `newest`.
    """

    rows: tuple[QueueRow, ...] = ()
    place: FeedPlace | None = None
    read_at: datetime | None = None
    newest: FeedPlace = FEED_START


class LocalStore(Protocol):
    """What this computer keeps of one profile. Every call raises StoreError; what returned from a write is on disk.

    What cannot be read is passed over, and stays in the file as it is.
    """

    async def draft(self, conversation_id: ConversationId, turn: int, author_id: UserId) -> CorrectionDraft | None:
        """Return the stored draft of a turn, if there is one."""

    async def drafts(self, author_id: UserId) -> tuple[CorrectionDraft, ...]:
        """Return an author's drafts."""

    async def save_draft(self, draft: CorrectionDraft) -> bool:
        """Keep a draft in place of the one of the same conversation, turn and author.

        False, and nothing done, where that one has another id, somebody worked on it, and it was not submitted.
        """

    async def discard_draft(self, draft: CorrectionDraft) -> None:
        """Forget the draft of this id, if it is the one of its conversation, turn and author."""

    async def submit(self, correction: Correction) -> bool:
        """Put a correction last in the outbox and end its draft, in one transaction; nothing the second time.

        A draft of its turn that `save_draft` would not replace stays.
        False, and nothing done, where another correction was submitted under this id: at another desk of the profile.
        """

    async def outbox(self, author_id: UserId) -> tuple[OutboxItem, ...]:
        """Return an author's outbox, oldest first."""

    async def unreadable(self, author_id: UserId) -> tuple[Unreadable, ...]:
        """Return what is kept of an author's work and cannot be read."""

    async def reopen(self, correction_id: CorrectionId, draft: CorrectionDraft) -> bool:
        """Turn a refused item into a draft, in one transaction.

        False, and nothing done, where it is no longer a refused item, or its turn has a draft somebody worked on.
        """

    async def park(self, correction_id: CorrectionId, refusal: str | None) -> None:
        """Mark an item as refused, and why; None lets it be sent again."""

    async def discard(self, correction_id: CorrectionId) -> bool:
        """Drop a refused item and say so; an item that is not refused stays."""

    async def settle(self, receipt: Receipt) -> None:
        """Turn an outbox item into a delivery, in one transaction; nothing the second time.

        Deliveries keep their words for at least 30 days, in case the backend loses them.
        """

    async def resend(self, ids: Sequence[CorrectionId]) -> tuple[OutboxItem, ...]:
        """Put deliveries first in the outbox, in this order and in one transaction; return those still kept in full."""

    async def delivered(self, correction_id: CorrectionId) -> Correction | None:
        """Return what was delivered under an id, while its words are kept."""

    async def deliveries(self, author_id: UserId) -> tuple[Delivery, ...]:
        """Return what an author had stored from here, oldest first."""

    async def person(self, key: str) -> Me | None:
        """Return who signed in with this key last."""

    async def keep_person(self, key: str, me: Me) -> None:
        """Remember who this key speaks for; the key is a name or a hash, never a token."""

    async def queue(self) -> KeptQueue:
        """Return the queue as it was last read."""

    async def keep_queue(self, queue: KeptQueue) -> None:
        """Keep this queue in place of what was kept."""

    async def keep_rows(self, changed: KeptQueue, gone: Sequence[ConversationId] = ()) -> None:
        """Keep these rows beside the others, drop those that are gone, and move on to the place, if one is given."""

    async def conversation(self, conversation_id: ConversationId) -> ConversationView | None:
        """Return a conversation as it was last read."""

    async def keep_conversation(self, view: ConversationView) -> None:
        """Keep a conversation; the longest unread ones give way."""

    async def aclose(self) -> None:
        """Close the profile's file."""


class Vault(Protocol):
    """Where tokens are kept. `note` tells the person what is wrong with it, None where nothing is."""

    @property
    def note(self) -> str | None:
        """What the person should know of where the token is kept."""

    async def token(self, server: str) -> str | None:
        """Return the token kept for a server."""

    async def keep(self, server: str, token: str) -> None:
        """Keep the token for a server."""

    async def forget(self, server: str) -> None:
        """Forget the token for a server, if there is one."""


class Clock(Protocol):
    """Time, injected so that a run can be replayed."""

    def now(self) -> datetime:
        """Return this computer's time, aware."""

    def monotonic(self) -> float:
        """Return seconds that never go back nor jump, and go on while the computer sleeps."""

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait until the event is set or the time is over; say whether it was set."""
