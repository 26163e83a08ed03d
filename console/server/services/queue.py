"""Lists the queue and pulls the next conversation from it."""

from collections.abc import Sequence
from datetime import datetime

from console.contract.ids import ConversationId
from console.contract.permissions import Permission
from console.contract.problems import ProblemCode
from console.contract.views import QueuePage, QueueRow
from console.server.domain.audit import AuditAction
from console.server.domain.queueing import claimable
from console.server.services.backend import Backend
from console.server.services.claims import about_claim, lease
from console.server.services.identity import Identity
from console.server.services.ports import Unit
from console.server.services.refusals import Refused, require


async def list_queue(backend: Backend, caller: Identity, after: ConversationId | None, limit: int) -> QueuePage:
    """Return up to `limit` queued rows behind `after`, most urgent first."""
    require(caller, Permission.READ)
    now = backend.clock()
    async with backend.store.reading() as unit:
        place = await unit.events.last_place()
        rows = await unit.conversations.page(after, limit + 1, now)
    more = len(rows) > limit
    rows = rows[:limit]
    return QueuePage(rows=rows, after=rows[-1].conversation_id if more else None, place=place, server_time=now)


async def list_rows(backend: Backend, caller: Identity, ids: Sequence[ConversationId]) -> QueuePage:
    """Return the rows of those of these conversations that are in the queue."""
    require(caller, Permission.READ)
    now = backend.clock()
    async with backend.store.reading() as unit:
        place = await unit.events.last_place()
        rows = await unit.conversations.queued_rows(ids, now)
    return QueuePage(rows=rows, after=None, place=place, server_time=now)


async def pull_next(backend: Backend, caller: Identity) -> QueueRow:
    """Claim and return the most urgent free conversation; Refused (nothing_free) says what stands in the way.

    What the caller corrected already is passed over, or it would come back for ever once they release it.
    """
    places = claimable(caller.role)
    if not places:
        raise Refused(ProblemCode.FORBIDDEN, f"The role {caller.role} may not claim conversations.")
    now = backend.clock()
    async with backend.store.writing() as unit:
        while free := await unit.conversations.most_urgent_free(places, caller.user_id, now):
            if claim := await lease(unit, backend, caller, free, now):
                await unit.audit.append(about_claim(now, caller, AuditAction.CLAIM_TAKEN, free, claim.epoch))
                (row,) = await unit.conversations.rows([free], now)
                return row
        raise await _nothing_free(unit, caller, now)


async def _nothing_free(unit: Unit, caller: Identity, now: datetime) -> Refused:
    """Say what stands in the way; what is free all the same was passed over, so the caller has corrected it."""
    places = claimable(caller.role)
    free = await unit.conversations.count_free(places, now)
    held = await unit.conversations.held(places, now)
    said: list[str] = []
    if free:
        said.append(f"{_are(free)} free, but you have corrected {'it' if free == 1 else 'them'} already.")
    if held:
        until = f"{held[0].expires_at:%H:%M} UTC"
        said.append(f"{_are(len(held))} held{'' if len(held) == 1 else ', the first'} until {until}.")
    return Refused(ProblemCode.NOTHING_FREE, " ".join(said) or "Nothing is held either.", held[0] if held else None)


def _are(count: int) -> str:
    return "1 is" if count == 1 else f"{count} are"
