"""Reads request bodies: capped, uncompressed, and parsed by the contract's own strict models."""

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from console.contract.limits import MIB
from console.contract.problems import ProblemCode
from console.server.api.refusals import describe
from console.server.services.refusals import Refused

MAX_BODY = MIB
M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, model: type[M], limit: int = MAX_BODY) -> M:
    """Return the body as a model. Refused: too_large above `limit` bytes, invalid; HTTPException 415 where encoded."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Refused(ProblemCode.TOO_LARGE, f"A body may be {limit // MIB} MiB long here.")
    try:
        return model.model_validate_json(bytes(body))
    except ValidationError as error:
        raise Refused(ProblemCode.INVALID, describe(error)) from None
