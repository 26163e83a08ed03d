"""The audit log's chain: each row's MAC covers the row and the MAC before it, under a key outside the database.

The first row says that the log is begun. It is written with the log's table, by one commit, and never again.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

OPERATOR = "the operator"
"""Whoever runs commands on the backend's machine; a user's id has no space in it."""


class AuditAction(StrEnum):
    """What the log tells of."""

    LOG_BEGUN = "log_begun"
    CLAIM_TAKEN = "claim_taken"
    CLAIM_TAKEN_BACK = "claim_taken_back"
    CLAIM_RELEASED = "claim_released"
    CLOSED = "closed"
    REOPENED = "reopened"
    CORRECTION_STORED = "correction_stored"
    ACCOUNT_PUT = "account_put"
    TOKEN_ISSUED = "token_issued"  # noqa: S105 - no password
    IMPORTED = "imported"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to what. `subject` and `detail` hold ids, hashes and counts, never what a customer or AI wrote."""

    at: datetime
    actor_id: str
    action: AuditAction
    subject: str
    detail: Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry as the log keeps it. Rows are numbered from 1 without a gap; `at` is in UTC."""

    seq: int
    at: datetime
    actor_id: str
    action: str
    subject: str
    detail: str
    mac: str


class Unreadable(NamedTuple):
    """A row that holds what nobody here wrote: another type, broken text, no moment."""

    seq: int


class Head(NamedTuple):
    """The newest row's number and MAC: all that is needed to add to the chain, or to see that its end is cut off."""

    seq: int
    mac: str


class BadRow(NamedTuple):
    """The first row that is not as it was written, and what is known of it."""

    seq: int
    reason: str


START = Head(0, "0" * 64)


def chained(key: bytes, head: Head, entry: AuditEntry) -> AuditRow:
    """Return the row that tells of an entry behind a head."""
    detail = json.dumps(entry.detail, sort_keys=True, separators=(",", ":"))
    row = AuditRow(head.seq + 1, entry.at, entry.actor_id, entry.action, entry.subject, detail, mac="")
    return AuditRow(row.seq, row.at, row.actor_id, row.action, row.subject, detail, _mac(key, head, row))


def follow(key: bytes, head: Head, found: AuditRow | Unreadable) -> Head | BadRow:
    """Return the head that the row found behind a good one makes, or what is wrong with it."""
    if found.seq > head.seq + 1:
        return BadRow(head.seq + 1, "it is missing")
    if found.seq <= head.seq:
        return BadRow(found.seq, "it was inserted")
    if isinstance(found, AuditRow) and hmac.compare_digest(_mac(key, head, found).encode(), found.mac.encode()):
        if head == START and found.action != AuditAction.LOG_BEGUN:
            return BadRow(found.seq, "no log begins with it: all that came before it is gone")
        return Head(found.seq, found.mac)
    reason = "it was altered, inserted or moved"
    return BadRow(found.seq, reason if head != START else f"{reason}, or this is not the key of this log")


def _mac(key: bytes, head: Head, row: AuditRow) -> str:
    """HMAC-SHA256 over the MAC before, always 64 characters, and the row in its one canonical form."""
    fields = (row.seq, row.at.isoformat(), row.actor_id, row.action, row.subject, row.detail)
    canonical = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(key, (head.mac + canonical).encode(), "sha256").hexdigest()
