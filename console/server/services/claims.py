"""Claims, renews and releases: leases with a fencing token, by the server's clock."""

from datetime import datetime

from console.contract.conversations import OwnerState
from console.contract.events import EventKind
from console.contract.ids import ConversationId
from console.contract.permissions import Permission
from console.contract.problems import ProblemCode
from console.contract.views import Claim
from console.server.domain.audit import AuditAction, AuditEntry
from console.server.domain.queueing import claim_permission
from console.server.services.backend import Backend
from console.server.services.identity import Identity
from console.server.services.ports import Unit
from console.server.services.refusals import Refused, require


async def claim_conversation(
    backend: Backend, caller: Identity, conversation_id: ConversationId, take_back: int | None = None
) -> Claim:
    """Lease a conversation, or prolong one's own lease on it; Refused: held, which names who else holds it, and closed.

    `take_back`: the epoch of the claim to take it back from, whose holder learns of it at their next renewal.
    """
    if take_back is not None:
        require(caller, Permission.TAKE_BACK)
    now = backend.clock()
    async with backend.store.writing() as unit:
        standing = await unit.conversations.standing(conversation_id)
        if standing is None:
            raise Refused(ProblemCode.NOT_FOUND, "There is no such conversation here.")
        require(caller, claim_permission(standing.queued_for, standing.tier))
        claim, taken = await lease(unit, backend, caller, conversation_id, now), AuditAction.CLAIM_TAKEN
        if claim is None and take_back is not None:
            claim = await lease(unit, backend, caller, conversation_id, now, take_back)
            taken = AuditAction.CLAIM_TAKEN_BACK
        if claim is None:
            (row,) = await unit.conversations.rows([conversation_id], now)
            if row.owner_state is OwnerState.CLOSED:
                raise Refused(ProblemCode.CLOSED, "Reopen this conversation to work on it again.")
            who = row.claim.holder_name if row.claim else "Somebody else"
            raise Refused(ProblemCode.HELD, f"{who} holds this conversation.", row.claim)
        if claim.epoch != standing.epoch:  # else it is theirs already, and only prolonged
            await unit.audit.append(about_claim(now, caller, taken, conversation_id, claim.epoch))
        return claim


async def renew_claim(backend: Backend, caller: Identity, conversation_id: ConversationId, epoch: int) -> Claim:
    """Prolong a lease. One that ran out revives as long as nobody took it since; else Refused (claim_lost).

    Refused (forbidden) for those who could not claim it any more, such as somebody whose role was changed.
    """
    now = backend.clock()
    until = now + backend.lease
    async with backend.store.writing() as unit:
        if standing := await unit.conversations.standing(conversation_id):
            require(caller, claim_permission(standing.queued_for, standing.tier))
        if not await unit.conversations.renew(conversation_id, caller.user_id, epoch, until):
            raise await lost(unit, conversation_id, now)
        await unit.events.append(EventKind.CLAIM_CHANGED, [conversation_id], now)
    return Claim(holder_id=caller.user_id, holder_name=caller.name, epoch=epoch, expires_at=until)


async def release_claim(backend: Backend, caller: Identity, conversation_id: ConversationId, epoch: int) -> None:
    """Give a lease back; giving it back twice is fine. Refused (claim_lost) where another took it since."""
    now = backend.clock()
    async with backend.store.writing() as unit:
        if await unit.conversations.release(conversation_id, caller.user_id, epoch):
            await unit.events.append(EventKind.CLAIM_CHANGED, [conversation_id], now)
            await unit.audit.append(about_claim(now, caller, AuditAction.CLAIM_RELEASED, conversation_id, epoch))
        else:
            standing = await unit.conversations.standing(conversation_id)
            if standing is None or not standing.is_of(caller.user_id, epoch):
                raise await lost(unit, conversation_id, now)


async def lease(
    unit: Unit,
    backend: Backend,
    caller: Identity,
    conversation_id: ConversationId,
    now: datetime,
    take_back: int | None = None,
) -> Claim | None:
    """Take the lease within a unit; None where another holds it, under another epoch than the one to take back."""
    until = now + backend.lease
    epoch = await unit.conversations.take(conversation_id, caller, now, until, take_back)
    if epoch is None:
        return None
    await unit.events.append(EventKind.CLAIM_CHANGED, [conversation_id], now)
    return Claim(holder_id=caller.user_id, holder_name=caller.name, epoch=epoch, expires_at=until)


def about_claim(
    now: datetime, caller: Identity, action: AuditAction, conversation_id: ConversationId, epoch: int
) -> AuditEntry:
    """Return what the audit log says of a claim."""
    return AuditEntry(now, caller.user_id, action, conversation_id, {"epoch": epoch})


async def lost(unit: Unit, conversation_id: ConversationId, now: datetime) -> Refused:
    """Return why a claim does not stand: another took it since, or it was given back."""
    rows = await unit.conversations.rows([conversation_id], now)
    if not rows:
        return Refused(ProblemCode.NOT_FOUND, "There is no such conversation here.")
    return Refused(ProblemCode.CLAIM_LOST, "This claim is no longer yours; claim it again to go on.", rows[0].claim)
