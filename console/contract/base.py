"""The base of every contract model, its field types, and the one canonical form that is hashed."""

import hashlib
import json
import re
from base64 import b64encode
from datetime import UTC, date, datetime
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    ValidationInfo,
)

from console.contract.limits import MAX_TEXT

EARLIEST, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")

T = TypeVar("T")


def _reject_unstorable(text: str) -> str:
    """NUL breaks PostgreSQL, a lone surrogate breaks UTF-8: refuse both at the edge, the same on every database."""
    if "\x00" in text:
        raise ValueError("text holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("text holds a lone surrogate") from None
    return text


def _from_wire(value: object, info: ValidationInfo) -> object:
    """Left alone, pydantic would read a number in quotes as seconds since 1970, and a date without its time."""
    if info.mode != "json" or not isinstance(value, str):
        return value
    if not RFC3339.fullmatch(value):
        raise ValueError("a moment is written as in RFC 3339")
    return datetime.fromisoformat(value.upper())


def to_utc(moment: datetime) -> datetime:
    """Return the moment in UTC. Near either end of the calendar another zone, or a deadline's sum, would overflow.

    Raises ValueError outside the years 1970 to 2999.
    """
    if not EARLIEST <= moment < END:
        raise ValueError("a moment must lie within the years 1970 to 2999")
    return moment.astimezone(UTC)


def _in_range(day: date) -> date:
    if not EARLIEST.date() <= day < END.date():
        raise ValueError("a day must lie within the years 1970 to 2999")
    return day


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_reject_unstorable)]
"""Any text a person or an AI wrote: untrusted, at most 400,000 code points."""

Line = Annotated[str, Field(max_length=1_000), AfterValidator(_reject_unstorable)]
"""A short text: a name, a title, a one-sentence ask."""

KEY_LENGTH, KEY_SHAPE = 200, r"\.*[A-Za-z0-9_:~@+-][A-Za-z0-9._:~@+-]*"
KEY_PATTERN = f"^{KEY_SHAPE}$"

Key = Annotated[str, Field(max_length=KEY_LENGTH, pattern=KEY_PATTERN)]
"""An id that is safe in a URL path and in a file name's stem, so never dots alone."""

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""A whole number that every database and JSON reader holds exactly."""

UtcTime = Annotated[AwareDatetime, BeforeValidator(_from_wire), AfterValidator(to_utc)]
"""An aware moment of the years 1970 to 2999, always held in UTC."""

UtcDay = Annotated[date, AfterValidator(_in_range)]
"""A day of those years."""

Many = Annotated[tuple[T, ...], FailFast()]
"""Any number of things; the first wrong one is reason enough, or a long row of wrong ones would stop the process."""

Score = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
"""A value between 0 and 1."""


class Model(BaseModel):
    """Strict, frozen, closed: a wrong type or an unknown field is an error, never a guess."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, ser_json_inf_nan="strings")


def canonical_json(model: BaseModel) -> bytes:
    """Return the one byte form of a model that is hashed: sorted keys, no spaces, UTF-8."""
    fields = model.model_dump(mode="json")
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def content_sha256(content: bytes | str) -> str:
    """Return the SHA-256 of bytes, or of a text's UTF-8, as 64 lower-case hex digits."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def content_digest(content: bytes | bytearray) -> str:
    """Return the SHA-256 of bytes in base64, as the field Content-Digest (RFC 9530) gives it."""
    return b64encode(hashlib.sha256(content).digest()).decode()
