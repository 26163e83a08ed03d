"""Reads request bodies: capped, said to be JSON, and parsed by the contract's own strict models."""

import re
from http import HTTPStatus
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from console.contract.base import content_digest
from console.contract.limits import MIB
from console.contract.problems import ProblemCode
from console.contract.wire import UnfitError, read_json
from console.server.api.refusals import describe
from console.server.services.refusals import Refused

MAX_BODY = MIB
JSON_TYPES = frozenset({"", "application/json", "application/json;charset=utf-8"})
"""Without the header a body is taken for what alone can be sent here."""

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, model: type[M], limit: int = MAX_BODY) -> M:
    """Return the body as a model.

    Refused: too_large above `limit` bytes, garbled, invalid; HTTPException 415 where it is no JSON.
    """
    if request.headers.get("content-type", "").replace(" ", "").lower() not in JSON_TYPES:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Refused(ProblemCode.TOO_LARGE, f"A body may be {limit // MIB} MiB long here.")
    said = re.search(r"\bsha-256=:([^:]*):", request.headers.get("content-digest", ""))
    if said and said[1] != content_digest(body):
        raise Refused(ProblemCode.GARBLED, "What arrived is not what its Content-Digest tells of; send it again.")
    try:
        return read_json(model, bytes(body))
    except UnfitError as error:
        raise Refused(ProblemCode.INVALID, str(error)) from None
    except ValidationError as error:
        raise Refused(ProblemCode.INVALID, describe(error)) from None
