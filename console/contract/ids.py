"""Ids as distinct types, and the one way to make a new one."""

import secrets
import uuid
from datetime import datetime
from typing import NewType

from console.contract.base import Key

ConversationId = NewType("ConversationId", Key)
CustomerId = NewType("CustomerId", Key)
CorrectionId = NewType("CorrectionId", Key)
UserId = NewType("UserId", Key)


def new_correction_id(now: datetime, entropy: bytes | None = None) -> CorrectionId:
    """Return a UUIDv7 (RFC 9562 section 5.7) for `now`: the correction's id and its idempotency key.

    `entropy`: 10 bytes, drawn from the system when absent; handed in where one seed must replay a run.
    """
    random = int.from_bytes(entropy or secrets.token_bytes(10), "big")
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    value = (milliseconds << 80) | (random & ((1 << 80) - 1))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return CorrectionId(str(uuid.UUID(int=value)))
