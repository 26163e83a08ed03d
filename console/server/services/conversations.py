"""Takes conversations in, once each, and shows one with everything the desk needs."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeVar

from console.contract.base import canonical_json, content_sha256
from console.contract.conversations import Conversation
from console.contract.events import EventKind
from console.contract.ids import ConversationId
from console.contract.limits import MAX_CORRECTIONS_SHOWN
from console.contract.permissions import Permission
from console.contract.problems import ProblemCode
from console.contract.views import ConversationView, CorrectionRecord
from console.server.domain.audit import OPERATOR, AuditAction, AuditEntry
from console.server.domain.masking import mask_customer
from console.server.domain.queueing import QueuedFor, place
from console.server.services.backend import Backend
from console.server.services.identity import Identity
from console.server.services.ports import Arrival, Clock, StorePort
from console.server.services.refusals import Refused, require

T = TypeVar("T")


@dataclass(frozen=True)
class ImportCounts:
    """What became of the conversations of an import. `queued`: how many of them now wait in the queue by it."""

    imported: int = 0
    already_there: int = 0
    different: int = 0
    queued: int = 0

    def __add__(self, other: "ImportCounts") -> "ImportCounts":
        return ImportCounts(
            self.imported + other.imported,
            self.already_there + other.already_there,
            self.different + other.different,
            self.queued + other.queued,
        )


async def import_conversations(
    store: StorePort, clock: Clock, conversations: Sequence[Conversation], *, queue_all: bool
) -> ImportCounts:
    """Store conversations in one transaction; what is there already stays as it is.

    `queue_all` queues for QA what the AI did not hand off, also where an earlier import stored it without queueing.
    """
    now = clock()
    sent = [_arrival(conversation, now, queue_all=queue_all) for conversation in conversations]
    first: dict[ConversationId, Arrival] = {}
    for arrival in sent:
        first.setdefault(arrival.conversation.id, arrival)
    async with store.writing() as unit:
        added = await unit.conversations.add(tuple(first.values()))
        stored = await unit.conversations.hashes(tuple(first))
        same = [arrival for arrival in sent if stored[arrival.conversation.id] == arrival.sha256]
        kept = {arrival.conversation.id for arrival in same if queue_all and arrival.conversation.handoff is None}
        promoted = await unit.conversations.queue_for_qa(sorted(kept - added))
        arrivals = [arrival for arrival in first.values() if arrival.conversation.id in added]
        changed = [arrival.conversation.id for arrival in arrivals]
        counts = ImportCounts(
            imported=len(arrivals),
            already_there=len(same) - len(arrivals),
            different=len(sent) - len(same),
            queued=len(promoted) + sum(arrival.place.queued_for is not QueuedFor.NOTHING for arrival in arrivals),
        )
        if changed or promoted:
            await unit.events.append(EventKind.CONVERSATION_IMPORTED, [*changed, *promoted], now)
            await unit.audit.append(AuditEntry(now, OPERATOR, AuditAction.IMPORTED, "conversations", asdict(counts)))
    return counts


def _arrival(conversation: Conversation, now: datetime, *, queue_all: bool) -> Arrival:
    sha256 = content_sha256(canonical_json(conversation))
    return Arrival(conversation, sha256, place(conversation, now, queue_all=queue_all))


async def read_conversation(backend: Backend, caller: Identity, conversation_id: ConversationId) -> ConversationView:
    """Return a conversation, its row and its newest corrections, with the customer's address and number masked.

    Corrections that go beyond 2 MiB are left to `list_corrections`, so that the whole fits what a client takes.
    """
    require(caller, Permission.READ)
    now = backend.clock()
    async with backend.store.reading() as unit:
        conversation = await unit.conversations.find(conversation_id)
        if conversation is None:
            raise Refused(ProblemCode.NOT_FOUND, "There is no such conversation here.")
        (row,) = await unit.conversations.rows([conversation_id], now)
        newest = _within(await unit.corrections.sizes(conversation_id), MAX_CORRECTIONS_SHOWN)
        corrections = await unit.corrections.these(newest)
        place = await unit.events.last_place()
    return ConversationView(
        row=row,
        conversation=conversation.model_copy(update={"customer": mask_customer(conversation.customer)}),
        corrections=_newest(corrections, MAX_CORRECTIONS_SHOWN),
        place=place,
        server_time=now,
    )


def _newest(records: Sequence[CorrectionRecord], room: int) -> tuple[CorrectionRecord, ...]:
    """Return the newest records that fit in so many bytes, oldest first."""
    sizes = [(record, len(record.model_dump_json().encode())) for record in reversed(records)]
    return tuple(reversed(_within(sizes, room)))


def _within(sizes: Iterable[tuple[T, int]], room: int) -> list[T]:
    """Return the first ones that fit beside each other; one too large for what room is left hides no other."""
    found = []
    for each, size in sizes:
        if size <= room:
            room -= size
            found.append(each)
    return found
