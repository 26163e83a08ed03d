"""Takes conversations in, once each, and shows one with everything the desk needs."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from console.contract.base import canonical_json, content_sha256
from console.contract.conversations import Conversation
from console.contract.events import EventKind
from console.contract.ids import ConversationId
from console.contract.permissions import Permission
from console.contract.problems import ProblemCode
from console.contract.views import ConversationView
from console.server.domain.masking import mask_customer
from console.server.domain.queueing import QueuedFor, place
from console.server.services.backend import Backend
from console.server.services.identity import Identity
from console.server.services.ports import Clock, StorePort
from console.server.services.refusals import Refused, require


@dataclass(frozen=True)
class ImportCounts:
    """What became of the conversations of an import. `queued`: how many of them now wait in the queue by it."""

    imported: int = 0
    already_there: int = 0
    different: int = 0
    queued: int = 0

    def __add__(self, other: "ImportCounts") -> "ImportCounts":
        return ImportCounts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


async def import_conversations(
    store: StorePort, clock: Clock, conversations: Iterable[Conversation], *, queue_all: bool
) -> ImportCounts:
    """Store conversations in one transaction; what is there already stays as it is.

    `queue_all` queues for QA what the AI did not hand off, also where an earlier import stored it without queueing.
    """
    counts = ImportCounts()
    now = clock()
    async with store.writing() as unit:
        for conversation in conversations:
            sha256 = content_sha256(canonical_json(conversation))
            stored = await unit.conversations.sha256(conversation.id)
            spot = place(conversation, now, queue_all=queue_all)
            if stored is None:
                await unit.conversations.add(conversation, sha256, spot)
                queued = spot.queued_for is not QueuedFor.NOTHING
                counts += ImportCounts(imported=1, queued=queued)
            elif stored == sha256:
                queued = spot.queued_for is QueuedFor.QA and await unit.conversations.queue_for_qa(conversation.id)
                counts += ImportCounts(already_there=1, queued=queued)
            else:
                queued = False
                counts += ImportCounts(different=1)
            if stored is None or queued:
                await unit.events.append(EventKind.CONVERSATION_IMPORTED, conversation.id, now)
    return counts


async def read_conversation(backend: Backend, caller: Identity, conversation_id: ConversationId) -> ConversationView:
    """Return a conversation, its queue row and its corrections, with the customer's address and number masked."""
    require(caller, Permission.READ)
    now = backend.clock()
    async with backend.store.reading() as unit:
        conversation = await unit.conversations.find(conversation_id)
        if conversation is None:
            raise Refused(ProblemCode.NOT_FOUND, "There is no such conversation here.")
        (row,) = await unit.conversations.rows([conversation_id], now)
        corrections = await unit.corrections.find(conversation_id, None)
    return ConversationView(
        row=row,
        conversation=conversation.model_copy(update={"customer": mask_customer(conversation.customer)}),
        corrections=corrections,
        server_time=now,
    )
