"""The tables. A change here needs a migration; a test holds the two together."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import (
    DDL,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement
from typing_extensions import override

from console.contract.conversations import Gate, OwnerState, Priority
from console.contract.events import EventKind
from console.contract.permissions import Role
from console.contract.views import CorrectionState
from console.server.domain.queueing import QueuedFor

ID = String(200).with_variant(String(200, collation="C"), "postgresql")
"""Sorted by code point, as SQLite does; PostgreSQL would sort as people do."""

LINE = String(1_000)
SHA256 = String(64)
STAMP = String(16)
DAY = String(10)
NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""A whole number of 64 bits: SQLite's only kind, which alone may count rows there."""

Kind = TypeVar("Kind", bound=StrEnum)


class UtcMoment(TypeDecorator[datetime]):
    """An aware moment; databases without time zones hold it in UTC, as text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


def _words(kind: type[Kind]) -> Enum:
    """A column of an enumeration's values, as text: a new value needs no migration."""
    return Enum(
        kind, native_enum=False, length=40, values_callable=lambda members: [member.value for member in members]
    )


class Table(DeclarativeBase):
    """Every table; its constraints have names, so that migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ConversationTable(Table):
    """A conversation: its document, its place in the queue, its lease."""

    __tablename__ = "conversation"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    customer_name: Mapped[str] = mapped_column(LINE)
    ask: Mapped[str] = mapped_column(LINE)
    topic: Mapped[str] = mapped_column(LINE)
    language: Mapped[str | None] = mapped_column(LINE)
    tier: Mapped[int]
    priority: Mapped[Priority] = mapped_column(_words(Priority))
    owner_state: Mapped[OwnerState] = mapped_column(_words(OwnerState))
    gate: Mapped[Gate | None] = mapped_column(_words(Gate))
    gate_inferred: Mapped[bool]
    gate_value: Mapped[float | None]
    gate_threshold: Mapped[float | None]
    turns: Mapped[int]
    queued_for: Mapped[QueuedFor] = mapped_column(_words(QueuedFor))
    urgency: Mapped[int]
    answer_by: Mapped[datetime] = mapped_column(UtcMoment)
    waiting_since: Mapped[datetime] = mapped_column(UtcMoment)
    due_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    holder_id: Mapped[str | None] = mapped_column(ID)
    holder_name: Mapped[str | None] = mapped_column(LINE)
    lease_until: Mapped[datetime | None] = mapped_column(UtcMoment)
    epoch: Mapped[int] = mapped_column(NUMBER)
    sha256: Mapped[str] = mapped_column(SHA256)
    document: Mapped[str] = mapped_column(Text, deferred=True)


URGENCY = (ConversationTable.urgency, ConversationTable.answer_by, ConversationTable.id)
"""The order of the queue: what is urgent first, then whichever should be answered first."""

Index(None, *URGENCY)


class CorrectionTable(Table):
    """A correction, for ever under its id. `body` is the canonical JSON that `body_sha256` hashes."""

    __tablename__ = "correction"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ID, ForeignKey("conversation.id"), index=True)
    turn: Mapped[int]
    author_id: Mapped[str] = mapped_column(ID)
    author_name: Mapped[str] = mapped_column(LINE)
    author_role: Mapped[Role] = mapped_column(_words(Role))
    body: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[str] = mapped_column(SHA256)
    state: Mapped[CorrectionState] = mapped_column(_words(CorrectionState))
    received_at: Mapped[datetime] = mapped_column(UtcMoment)
    submitted_on: Mapped[str] = mapped_column(DAY, server_default="")


Index(None, CorrectionTable.author_id, CorrectionTable.submitted_on)


class EventTable(Table):
    """One change, written in the transaction that made it. `seq` never repeats, even after the newest is deleted.

    `stamp` is drawn at random, so that an event of another history never passes for the one of the same number.
    """

    __tablename__ = "event"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    kind: Mapped[EventKind] = mapped_column(_words(EventKind))
    conversation_id: Mapped[str] = mapped_column(ID, ForeignKey("conversation.id"))
    at: Mapped[datetime] = mapped_column(UtcMoment)
    stamp: Mapped[str] = mapped_column(STAMP, server_default="")


class AccountTable(Table):
    """A user in a role."""

    __tablename__ = "account"

    user_id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(LINE)
    role: Mapped[Role] = mapped_column(_words(Role))


class AccessTokenTable(Table):
    """The hash of a token and whom it speaks for."""

    __tablename__ = "access_token"

    sha256: Mapped[str] = mapped_column(SHA256, primary_key=True)
    user_id: Mapped[str] = mapped_column(ID, ForeignKey("account.user_id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcMoment)


class AuditTable(Table):
    """One line of the audit log. `mac` is the HMAC of the line before it and of this one; nothing here ever changes."""

    __tablename__ = "audit"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcMoment)
    actor_id: Mapped[str] = mapped_column(ID)
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(ID)
    detail: Mapped[str] = mapped_column(Text)
    mac: Mapped[str] = mapped_column(SHA256)


APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_never_updated BEFORE UPDATE ON audit"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER audit_never_deleted BEFORE DELETE ON audit"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER audit_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    ),
}
"""What makes the audit log append-only, by dialect; the migrations repeat it."""


def _ddl(statement: str, dialect: str) -> ExecutableDDLElement:
    return DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(AuditTable.__table__, "after_create", _ddl(_statement, _dialect))
