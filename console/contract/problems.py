"""Refusals as problem documents (RFC 9457). They never repeat what the caller sent."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from console.contract.base import Line, Model, Text
from console.contract.views import Claim


class ProblemCode(StrEnum):
    """The kinds of refusal a client can act on."""

    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    INVALID = "invalid"
    GARBLED = "garbled"
    TOO_LARGE = "too_large"
    HELD = "held"
    CLAIM_LOST = "claim_lost"
    CLOSED = "closed"
    NOTHING_FREE = "nothing_free"
    ID_REUSED = "id_reused"
    DOES_NOT_FIT = "does_not_fit"
    GONE = "gone"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class Problem(Model):
    """One refusal: what happened and what to do next. `claim` says who holds it, where that is the reason."""

    type: ProblemCode
    title: Line
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Text = ""
    claim: Claim | None = None
