"""Closes conversations under the claim that is held, and opens closed ones again."""

from console.contract.conversations import OwnerState
from console.contract.events import EventKind
from console.contract.ids import ConversationId
from console.contract.permissions import Permission
from console.contract.problems import ProblemCode
from console.server.domain.audit import AuditAction, AuditEntry
from console.server.domain.queueing import claim_permission
from console.server.services.backend import Backend
from console.server.services.claims import about_claim, lost
from console.server.services.identity import Identity
from console.server.services.refusals import Refused, require


async def close_conversation(backend: Backend, caller: Identity, conversation_id: ConversationId, epoch: int) -> None:
    """Close what the caller holds, which ends their claim; twice is fine. Refused (claim_lost) under another claim."""
    require(caller, Permission.CLOSE)
    now = backend.clock()
    async with backend.store.writing() as unit:
        if await unit.conversations.close(conversation_id, caller.user_id, epoch):
            await unit.events.append(EventKind.CLOSED, [conversation_id], now)
            await unit.audit.append(about_claim(now, caller, AuditAction.CLOSED, conversation_id, epoch))
            return
        standing = await unit.conversations.standing(conversation_id)
        if not standing or standing.owner is not OwnerState.CLOSED or not standing.is_of(caller.user_id, epoch):
            raise await lost(unit, conversation_id, now)


async def reopen_conversation(backend: Backend, caller: Identity, conversation_id: ConversationId) -> None:
    """Open a closed conversation again; one that is open stays as it is. Who may claim it may."""
    now = backend.clock()
    async with backend.store.writing() as unit:
        standing = await unit.conversations.standing(conversation_id)
        if standing is None:
            raise Refused(ProblemCode.NOT_FOUND, "There is no such conversation here.")
        require(caller, claim_permission(standing.queued_for, standing.tier))
        if await unit.conversations.reopen(conversation_id):
            await unit.events.append(EventKind.REOPENED, [conversation_id], now)
            entry = AuditEntry(now, caller.user_id, AuditAction.REOPENED, conversation_id, {"epoch": standing.epoch})
            await unit.audit.append(entry)
