"""Corrections, events and accounts in SQL."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, Row, bindparam, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from console.contract.base import canonical_json
from console.contract.corrections import Correction
from console.contract.events import EventKind, FeedEvent
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.permissions import Role
from console.contract.reconcile import StoredId
from console.contract.views import FEED_START, CorrectionRecord, FeedPlace, Receipt
from console.server.services import feed
from console.server.services.identity import Identity
from console.server.store.inserting import insert_new, insert_or_update
from console.server.store.postgresql import Turn, announce, take_turn
from console.server.store.tables import AccessTokenTable, AccountTable, CorrectionTable, EventTable

# made once, because making a statement takes longer than running it
_CORRECTIONS = select(*CorrectionTable.__table__.columns).order_by(CorrectionTable.received_at, CorrectionTable.id)
_OF_CONVERSATION = _CORRECTIONS.where(CorrectionTable.conversation_id == bindparam("conversation_id"))
_THESE = _CORRECTIONS.where(CorrectionTable.id.in_(bindparam("these", expanding=True)))
_SIZES = (
    select(CorrectionTable.id, func.length(CorrectionTable.body))
    .where(CorrectionTable.conversation_id == bindparam("conversation_id"))
    .order_by(CorrectionTable.received_at.desc(), CorrectionTable.id.desc())
)
_CORRECTION = select(*CorrectionTable.__table__.columns).where(CorrectionTable.id == bindparam("this"))
_LAST_PLACE = select(EventTable.seq, EventTable.stamp).order_by(EventTable.seq.desc()).limit(1)
_THIS_PLACE = select(EventTable.seq).where(EventTable.seq == bindparam("seq"), EventTable.stamp == bindparam("stamp"))
_BEHIND = EventTable.seq > bindparam("seq")
_EVENTS_BEHIND = (
    select(*EventTable.__table__.columns)
    .where(_BEHIND)
    .order_by(EventTable.seq)
    .limit(bindparam("most", type_=Integer))
)


_OLDEST = select(func.min(EventTable.seq)).scalar_subquery()
_NEWEST = select(func.max(EventTable.seq)).scalar_subquery()
_PRUNE = delete(EventTable).where(
    EventTable.seq <= _NEWEST - bindparam("kept"), EventTable.seq < _OLDEST + bindparam("most")
)

PRUNED_EVERY = 100
"""Appends, by chance, of which one prunes; on each it would cost every writer a statement more."""
PRUNED_AT_ONCE = 10_000
"""Events that one append may have to wait for, however many have gathered."""


class SqlCorrections:
    """CorrectionsPort over one connection."""

    def __init__(self, db: AsyncConnection) -> None:
        self._db = db

    async def receipt(self, correction_id: CorrectionId) -> Receipt | None:
        row = (await self._db.execute(_CORRECTION, {"this": correction_id})).one_or_none()
        return None if row is None else _receipt(row)

    async def add(self, correction: Correction, author: Identity, receipt: Receipt) -> Receipt | None:
        row = insert_new(self._db, CorrectionTable).values(
            id=correction.id,
            conversation_id=correction.conversation_id,
            turn=correction.turn,
            author_id=author.user_id,
            author_name=author.name,
            author_role=author.role,
            body=canonical_json(correction).decode(),
            body_sha256=receipt.body_sha256,
            state=receipt.state,
            received_at=receipt.received_at,
            submitted_on=correction.submitted_at.date().isoformat(),
        )
        added = await self._db.scalar(row.returning(CorrectionTable.id))
        return None if added else await self.receipt(correction.id)

    async def find(
        self, conversation_id: ConversationId | None, author_id: UserId | None
    ) -> tuple[CorrectionRecord, ...]:
        found, values = _CORRECTIONS, {}
        if conversation_id is not None:
            found, values = _OF_CONVERSATION, {"conversation_id": conversation_id}
        if author_id is not None:
            found = found.where(CorrectionTable.author_id == author_id)
        return tuple(_record(row) for row in await self._db.execute(found, values))

    async def sizes(self, conversation_id: ConversationId) -> tuple[tuple[CorrectionId, int], ...]:
        found = await self._db.execute(_SIZES, {"conversation_id": conversation_id})
        return tuple((CorrectionId(stored), size) for stored, size in found)

    async def these(self, ids: Sequence[CorrectionId]) -> tuple[CorrectionRecord, ...]:
        return tuple(_record(row) for row in await self._db.execute(_THESE, {"these": ids})) if ids else ()

    async def on_days(self, author_id: UserId, days: Sequence[date]) -> tuple[tuple[date, StoredId], ...]:
        columns = select(CorrectionTable.submitted_on, CorrectionTable.id, CorrectionTable.body_sha256)
        named = CorrectionTable.submitted_on.in_([day.isoformat() for day in days])
        found = await self._db.execute(columns.where(CorrectionTable.author_id == author_id, named))
        return tuple(
            (date.fromisoformat(day), StoredId(id=CorrectionId(stored), body_sha256=sha256))
            for day, stored, sha256 in found
        )


class SqlEvents:
    """EventsPort over one connection. Who follows `seq` never passes over an event that is committed later.

    SQLite's one writer at a time sees to that. PostgreSQL's sequences do not, so there each transaction draws its `seq`
    in its turn, which lasts until its events can be seen; that is why appending comes last in a unit.
    """

    def __init__(self, db: AsyncConnection) -> None:
        self._db = db
        self.appended = False

    async def append(self, kind: EventKind, ids: Sequence[ConversationId], at: datetime) -> None:
        if ids:
            await take_turn(self._db, Turn.APPEND)
            await announce(self._db)
            events = [
                {"kind": kind, "conversation_id": conversation_id, "at": at, "stamp": secrets.token_hex(8)}
                for conversation_id in ids
            ]
            await self._db.execute(insert(EventTable), events)
            self.appended = True
            if secrets.randbelow(PRUNED_EVERY) == 0:
                await self._db.execute(_PRUNE, {"kept": feed.KEPT, "most": PRUNED_AT_ONCE})

    async def after(self, seq: int, limit: int) -> tuple[FeedEvent, ...]:
        found: list[FeedEvent] = []
        for row in await self._db.execute(_EVENTS_BEHIND, {"seq": seq, "most": limit}):
            about = ConversationId(row.conversation_id)
            behind = found[-1].seq if found else seq
            event = FeedEvent(
                seq=row.seq, behind=behind, stamp=row.stamp, kind=row.kind, conversation_id=about, at=row.at
            )
            found.append(event)
        return tuple(found)

    async def last_place(self) -> FeedPlace:
        found = (await self._db.execute(_LAST_PLACE)).one_or_none()
        return FEED_START if found is None else f"{found.seq}-{found.stamp}"

    async def holds(self, place: FeedPlace) -> bool:
        seq, _, stamp = place.partition("-")
        held = {"seq": int(seq), "stamp": stamp}
        return place == FEED_START or await self._db.scalar(_THIS_PLACE, held) is not None


class SqlAccounts:
    """AccountsPort over one connection."""

    def __init__(self, db: AsyncConnection) -> None:
        self._db = db

    async def put(self, account: Identity) -> Role | None:
        known = select(AccountTable.role).where(AccountTable.user_id == account.user_id)
        before = await self._db.scalar(known.with_for_update(key_share=True))
        row = insert_or_update(self._db, AccountTable)
        await self._db.execute(row.values(user_id=account.user_id, name=account.name, role=account.role))
        return before

    async def add_token(self, token_sha256: str, user_id: UserId, at: datetime) -> None:
        token = {"sha256": token_sha256, "user_id": user_id, "created_at": at}
        await self._db.execute(insert(AccessTokenTable), token)

    async def by_token(self, token_sha256: str) -> Identity | None:
        found = await self._db.execute(
            select(*AccountTable.__table__.columns)
            .join(AccessTokenTable, AccessTokenTable.user_id == AccountTable.user_id)
            .where(AccessTokenTable.sha256 == token_sha256)
        )
        account = found.one_or_none()
        if account is None:
            return None
        return Identity(user_id=UserId(account.user_id), name=account.name, role=account.role)


def _receipt(row: Row[Any]) -> Receipt:
    return Receipt(id=CorrectionId(row.id), body_sha256=row.body_sha256, state=row.state, received_at=row.received_at)


def _record(row: Row[Any]) -> CorrectionRecord:
    return CorrectionRecord(
        correction=Correction.model_validate_json(row.body),
        author_name=row.author_name,
        author_role=row.author_role,
        receipt=_receipt(row),
    )
