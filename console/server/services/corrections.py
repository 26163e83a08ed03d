"""Stores corrections once each, and lists them."""

from console.contract.base import canonical_json, content_sha256
from console.contract.conversations import AiContext, Conversation, Speaker
from console.contract.corrections import Correction, fits
from console.contract.events import EventKind
from console.contract.ids import ConversationId, UserId
from console.contract.permissions import Permission
from console.contract.problems import ProblemCode
from console.contract.taxonomy import TAXONOMY
from console.contract.views import CorrectionPage, CorrectionRecord, CorrectionState, Receipt
from console.server.domain.audit import AuditAction, AuditEntry
from console.server.domain.masking import mask_customer
from console.server.services.backend import Backend
from console.server.services.identity import Identity
from console.server.services.ports import StorePort, Unit
from console.server.services.refusals import Refused, require


async def store_correction(backend: Backend, caller: Identity, correction: Correction) -> tuple[Receipt, bool]:
    """Store a correction and return its receipt, and whether this was the first time.

    The same id with the same canonical body gets the first receipt again, for ever. A correction whose claim is no
    longer the current one is kept too, as late. Refused: forbidden, not_found, id_reused, does_not_fit.
    """
    require(caller, Permission.CORRECT)
    if correction.author_id != caller.user_id:
        raise Refused(ProblemCode.FORBIDDEN, "A correction is sent by its author; this token is somebody else's.")
    sha256 = content_sha256(canonical_json(correction))
    now = backend.clock()
    async with backend.store.writing() as unit:
        earlier = await unit.corrections.receipt(correction.id)
        if earlier is None:
            _check_fit(await unit.conversations.find(correction.conversation_id), correction)
            state = await _state(unit, correction)
            receipt = Receipt(id=correction.id, body_sha256=sha256, state=state, received_at=now)
            earlier = await unit.corrections.add(correction, caller, receipt)  # another replica may have been faster
            if earlier is None:
                await unit.events.append(EventKind.CORRECTION_STORED, [correction.conversation_id], now)
                await unit.audit.append(_stored(correction, receipt))
                return receipt, True
    if earlier.body_sha256 != sha256:
        raise Refused(ProblemCode.ID_REUSED, "Another correction is stored under this id; it was not changed.")
    return earlier, False


def _stored(correction: Correction, receipt: Receipt) -> AuditEntry:
    return AuditEntry(
        receipt.received_at,
        correction.author_id,
        AuditAction.CORRECTION_STORED,
        correction.id,
        {
            "conversation_id": correction.conversation_id,
            "epoch": correction.epoch,
            "body_sha256": receipt.body_sha256,
            "state": receipt.state,
        },
    )


async def list_corrections(
    backend: Backend, caller: Identity, conversation_id: ConversationId | None, author_id: UserId | None
) -> CorrectionPage:
    """Return the stored corrections of a conversation, of an author, or all, oldest first."""
    require(caller, Permission.READ)
    async with backend.store.reading() as unit:
        return CorrectionPage(records=await unit.corrections.find(conversation_id, author_id))


async def read_corrected(store: StorePort) -> list[tuple[Conversation, CorrectionRecord]]:
    """Return every stored correction with its conversation, the customer masked, oldest first."""
    conversations: dict[ConversationId, Conversation] = {}
    async with store.reading() as unit:
        records = await unit.corrections.find(None, None)
        for conversation_id in {record.correction.conversation_id for record in records}:
            if conversation := await unit.conversations.find(conversation_id):
                masked = mask_customer(conversation.customer)
                conversations[conversation_id] = conversation.model_copy(update={"customer": masked})
    return [(conversations[record.correction.conversation_id], record) for record in records]


def _check_fit(conversation: Conversation | None, correction: Correction) -> None:
    if conversation is None:
        raise Refused(ProblemCode.NOT_FOUND, "There is no such conversation here.")
    if correction.turn > len(conversation.turns):
        raise Refused(ProblemCode.DOES_NOT_FIT, "There is no such turn here.")
    turn = conversation.turn(correction.turn)
    if turn.speaker is not Speaker.AI:
        raise Refused(ProblemCode.DOES_NOT_FIT, "Only a turn of the AI can be corrected.")
    if not fits(turn.text, correction):
        raise Refused(ProblemCode.DOES_NOT_FIT, "Its hunks, spans and text do not agree with the turn as it is here.")
    if not _is_of_the_taxonomy(correction):
        raise Refused(ProblemCode.DOES_NOT_FIT, "Its codes are not those of the taxonomy in force.")
    if not _judges_what_is_there(turn.ai or AiContext(), correction):
        raise Refused(ProblemCode.DOES_NOT_FIT, "It judges a source or a tool call that the turn does not have.")
    if not correction.says_something:
        raise Refused(ProblemCode.DOES_NOT_FIT, "It corrects nothing.")


def _is_of_the_taxonomy(correction: Correction) -> bool:
    codes = {*correction.codes, *(label.code for label in correction.labels)}
    return correction.taxonomy_version == TAXONOMY.version and all(TAXONOMY.find(code) for code in codes)


def _judges_what_is_there(ai: AiContext, correction: Correction) -> bool:
    """Whether each source and call it names is the turn's; a call without an id is one that the AI left out."""
    sources = {verdict.source_id for verdict in correction.source_verdicts}
    calls = {call.tool_call_id for call in correction.tool_calls} - {None}
    return sources <= {source.id for source in ai.sources} and calls <= {call.id for call in ai.tool_calls}


async def _state(unit: Unit, correction: Correction) -> CorrectionState:
    """Stored while nobody took the conversation since, its author included: the lease may be over or given back."""
    standing = await unit.conversations.standing(correction.conversation_id)
    current = standing and standing.is_of(correction.author_id, correction.epoch)
    return CorrectionState.STORED if current else CorrectionState.LATE
