"""Conversations in SQL: the queue's order and the lease's compare-and-set."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, bindparam, case, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from console.contract.conversations import Conversation, OwnerState, Priority, Tier
from console.contract.ids import ConversationId, UserId
from console.contract.views import Claim, QueueRow
from console.server.domain.ownership import TRANSITIONS, Act, owner_after
from console.server.domain.queueing import QueuedFor
from console.server.services.identity import Identity
from console.server.services.ports import Arrival, Places, Standing
from console.server.store.inserting import insert_new
from console.server.store.tables import URGENCY, ConversationTable, CorrectionTable

T = ConversationTable
IDLE = T.queued_for == QueuedFor.NOTHING
OPEN = T.owner_state != OwnerState.CLOSED
QUEUED = ~IDLE & OPEN
CORRECTIONS = select(func.count()).where(CorrectionTable.conversation_id == T.id).correlate(T).label("corrections")

# made once, because making a statement takes longer than running it
_SHOWN = [column for column in T.__table__.columns if column.name != "document"]
_THIS, _THESE = T.id == bindparam("this"), T.id.in_(bindparam("these", expanding=True))
_DOCUMENT = select(T.document).where(_THIS)
_STANDING = select(T.queued_for, T.tier, T.holder_id, T.epoch, T.owner_state).where(_THIS)
_STANDING = _STANDING.with_for_update(key_share=True)
_URGENCY = select(*URGENCY).where(_THIS)
_ALL_ROWS = select(*_SHOWN).add_columns(CORRECTIONS).order_by(*URGENCY)
_ROWS = _ALL_ROWS.where(_THESE)
_QUEUED_ROWS = _ROWS.where(QUEUED)
_PAGE = _ALL_ROWS.where(QUEUED).limit(bindparam("most", type_=Integer))


class SqlConversations:
    """ConversationsPort over one connection."""

    def __init__(self, db: AsyncConnection) -> None:
        self._db = db

    async def add(self, arrivals: Sequence[Arrival]) -> frozenset[ConversationId]:
        if not arrivals:
            return frozenset()
        # in one order, so that no two imports ever wait for each other
        rows = [_table_row(arrival) for arrival in sorted(arrivals, key=lambda arrival: arrival.conversation.id)]
        added = await self._db.execute(insert_new(self._db, T).returning(T.id), rows)
        return frozenset(ConversationId(found) for found in added.scalars())

    async def hashes(self, ids: Sequence[ConversationId]) -> dict[ConversationId, str]:
        stored = await self._db.execute(select(T.id, T.sha256).where(T.id.in_(ids)))
        return {ConversationId(found): sha256 for found, sha256 in stored}

    async def queue_for_qa(self, ids: Sequence[ConversationId]) -> tuple[ConversationId, ...]:
        idle = select(T.id).where(T.id.in_(ids), IDLE, OPEN).order_by(T.id).with_for_update(key_share=True)
        queued = (await self._db.scalars(idle)).all()
        await self._db.execute(update(T).where(T.id.in_(queued)).values(queued_for=QueuedFor.QA))
        return tuple(ConversationId(found) for found in queued)

    async def find(self, conversation_id: ConversationId) -> Conversation | None:
        document = await self._db.scalar(_DOCUMENT, {"this": conversation_id})
        return None if document is None else Conversation.model_validate_json(document)

    async def any(self) -> bool:
        return await self._db.scalar(select(T.id).limit(1)) is not None

    async def rows(self, ids: Sequence[ConversationId], now: datetime) -> tuple[QueueRow, ...]:
        return await self._rows(_ROWS, now, these=ids)

    async def queued_rows(self, ids: Sequence[ConversationId], now: datetime) -> tuple[QueueRow, ...]:
        return await self._rows(_QUEUED_ROWS, now, these=ids)

    async def page(self, after: ConversationId | None, limit: int, now: datetime) -> tuple[QueueRow, ...]:
        if after is None:
            return await self._rows(_PAGE, now, most=limit)
        place = (await self._db.execute(_URGENCY, {"this": after})).one_or_none()
        if place is None:
            return ()
        return await self._rows(_PAGE.where(tuple_(*URGENCY) > tuple_(*place)), now, most=limit)

    async def standing(self, conversation_id: ConversationId) -> Standing | None:
        row = (await self._db.execute(_STANDING, {"this": conversation_id})).one_or_none()
        if row is None:
            return None
        holder_id = None if row.holder_id is None else UserId(row.holder_id)
        return Standing(row.queued_for, Tier(row.tier), holder_id, row.epoch, row.owner_state)

    async def take(
        self, conversation_id: ConversationId, by: Identity, now: datetime, until: datetime, take_back: int | None
    ) -> int | None:
        mine = _running(now) & (T.holder_id == by.user_id)
        may_be_taken = _allows(Act.CLAIM) & (_free(now) | mine)
        if take_back is not None:
            may_be_taken |= _allows(Act.TAKE_BACK) & (T.epoch == take_back)
        claim = update(T).where(T.id == conversation_id, may_be_taken)
        return await self._db.scalar(
            claim.values(
                holder_id=by.user_id,
                holder_name=by.name,
                lease_until=until,
                epoch=case((mine, T.epoch), else_=T.epoch + 1),
                owner_state=_owner_after(Act.CLAIM),
            ).returning(T.epoch)
        )

    async def renew(self, conversation_id: ConversationId, by: UserId, epoch: int, until: datetime) -> bool:
        return await self._act(Act.RENEW, _held(conversation_id, by, epoch), lease_until=until)

    async def release(self, conversation_id: ConversationId, by: UserId, epoch: int) -> bool:
        return await self._act(Act.RELEASE, _held(conversation_id, by, epoch), lease_until=None)

    async def close(self, conversation_id: ConversationId, by: UserId, epoch: int) -> bool:
        return await self._act(Act.CLOSE, _held(conversation_id, by, epoch), lease_until=None)

    async def reopen(self, conversation_id: ConversationId) -> bool:
        return await self._act(Act.REOPEN, T.id == conversation_id)

    async def _act(self, act: Act, on: ColumnElement[bool], **values: object) -> bool:
        acting = update(T).where(on, _allows(act)).values(owner_state=_owner_after(act), **values)
        return await self._db.scalar(acting.returning(T.id)) is not None

    async def most_urgent_free(self, places: Places, not_corrected_by: UserId, now: datetime) -> ConversationId | None:
        found: ConversationId | None
        corrected = (CorrectionTable.conversation_id == T.id) & (CorrectionTable.author_id == not_corrected_by)
        free = select(T.id).where(_in(places), _free(now), ~exists().where(corrected)).order_by(*URGENCY).limit(1)
        # What another is just taking is passed over; where nothing else is left, one waits to see whether they do.
        found = await self._db.scalar(free.with_for_update(of=T, key_share=True, skip_locked=True))
        found = found or await self._db.scalar(free.with_for_update(of=T, key_share=True))
        if found is None or await self._db.scalar(free.where(T.id == found)):
            return found
        # Their own correction was stored after that statement began and before it had the lock.
        return await self.most_urgent_free(places, not_corrected_by, now)

    async def count_free(self, places: Places, now: datetime) -> int:
        return await self._db.scalar(select(func.count()).where(_in(places), _free(now))) or 0

    async def held(self, places: Places, now: datetime) -> tuple[Claim, ...]:
        held = select(*_SHOWN).where(_in(places), _running(now)).order_by(T.lease_until)
        claims = (_claim(row, now) for row in await self._db.execute(held))
        return tuple(claim for claim in claims if claim)

    async def _rows(self, rows: Select[Any], now: datetime, **values: object) -> tuple[QueueRow, ...]:
        return tuple(_queue_row(row, now) for row in await self._db.execute(rows, values))


def _table_row(arrival: Arrival) -> dict[str, object]:
    conversation, place = arrival.conversation, arrival.place
    handoff = conversation.handoff
    return {
        "id": conversation.id,
        "customer_name": conversation.customer.name,
        "ask": place.ask,
        "topic": conversation.topic,
        "language": conversation.language,
        "tier": place.tier,
        "priority": conversation.priority,
        "owner_state": place.queued_for.resting,
        "gate": handoff and handoff.gate,
        "gate_inferred": handoff is not None and handoff.inferred,
        "gate_value": handoff and handoff.value,
        "gate_threshold": handoff and handoff.threshold,
        "turns": len(conversation.turns),
        "queued_for": place.queued_for,
        "urgency": 0 if conversation.priority is Priority.URGENT else 1,
        "answer_by": place.due_at or place.waiting_since,
        "waiting_since": place.waiting_since,
        "due_at": place.due_at,
        "epoch": 0,
        "sha256": arrival.sha256,
        "document": conversation.model_dump_json(),
    }


def _allows(act: Act) -> ColumnElement[bool]:
    return T.owner_state.in_(TRANSITIONS[act].sources)


def _owner_after(act: Act) -> ColumnElement[OwnerState] | OwnerState:
    resting = case((T.queued_for == QueuedFor.HANDOFF, QueuedFor.HANDOFF.resting), else_=QueuedFor.QA.resting)
    return TRANSITIONS[act].to or resting


def _held(conversation_id: ConversationId, by: UserId, epoch: int) -> ColumnElement[bool]:
    return (T.id == conversation_id) & (T.holder_id == by) & (T.epoch == epoch)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(T.lease_until.is_(None), T.lease_until <= now)


def _running(now: datetime) -> ColumnElement[bool]:
    return T.lease_until > now


def _in(places: Places) -> ColumnElement[bool]:
    return tuple_(T.queued_for, T.tier).in_(places) & OPEN


def _claim(row: Row[Any], now: datetime) -> Claim | None:
    if row.lease_until is None or row.lease_until <= now or row.holder_id is None:
        return None
    return Claim(
        holder_id=UserId(row.holder_id), holder_name=row.holder_name or "", epoch=row.epoch, expires_at=row.lease_until
    )


def _queue_row(row: Row[Any], now: datetime) -> QueueRow:
    claim = _claim(row, now)
    run_out = owner_after(Act.LEASE_END, row.owner_state, row.queued_for) if claim is None else None
    return QueueRow(
        conversation_id=ConversationId(row.id),
        customer_name=row.customer_name,
        ask=row.ask,
        topic=row.topic,
        language=row.language,
        tier=Tier(row.tier),
        priority=row.priority,
        owner_state=run_out or row.owner_state,
        gate=row.gate,
        gate_inferred=row.gate_inferred,
        gate_value=row.gate_value,
        gate_threshold=row.gate_threshold,
        waiting_since=row.waiting_since,
        due_at=row.due_at,
        claim=claim,
        turns=row.turns,
        corrections=row.corrections,
    )
