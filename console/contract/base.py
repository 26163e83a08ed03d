"""The base of every contract model, its field types, and the one canonical form that is hashed."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from console.contract.limits import MAX_TEXT

EARLIEST, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


def _reject_unstorable(text: str) -> str:
    """NUL breaks PostgreSQL, a lone surrogate breaks UTF-8: refuse both at the edge, the same on every database."""
    if "\x00" in text:
        raise ValueError("text holds a NUL character")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("text holds a lone surrogate")
    return text


def _to_utc(moment: datetime) -> datetime:
    """Near either end of the calendar another zone, another system or a deadline's sum would overflow."""
    if not EARLIEST <= moment < END:
        raise ValueError("a moment must lie within the years 1970 to 2999")
    return moment.astimezone(UTC)


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_reject_unstorable)]
"""Any text a person or an AI wrote: untrusted, at most 400,000 code points."""

Line = Annotated[str, Field(max_length=1_000), AfterValidator(_reject_unstorable)]
"""A short text: a name, a title, a one-sentence ask."""

KEY_LENGTH, KEY_PATTERN = 200, r"^\.*[A-Za-z0-9_:~@+-][A-Za-z0-9._:~@+-]*$"

Key = Annotated[str, Field(max_length=KEY_LENGTH, pattern=KEY_PATTERN)]
"""An id that is safe in a URL path and in a file name's stem, so never dots alone."""

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""A whole number that every database and JSON reader holds exactly."""

UtcTime = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware moment of the years 1970 to 2999, always held in UTC."""

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
