"""What may stand behind the question mark: what the route declares, each once, and numbers in nothing but digits."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Query, Request
from fastapi.dependencies.models import Dependant
from pydantic import AfterValidator, BeforeValidator

from console.contract.base import KEY_LENGTH, KEY_SHAPE, Count
from console.contract.limits import MAX_IDS
from console.contract.problems import ProblemCode
from console.server.services.refusals import Refused

MOST_ROWS = 1_000


def _in_digits(text: str) -> str:
    if not (text.isascii() and text.isdigit()):  # pydantic would read "1_0", " 1 " and "1.0" too
        raise ValueError("a number is written in digits")
    return text


def _each_fits(ids: str) -> str:
    if max(map(len, ids.split(","))) > KEY_LENGTH:
        raise ValueError(f"an id has at most {KEY_LENGTH} characters")
    return ids


Number = Annotated[Count, BeforeValidator(_in_digits)]

Rows = Annotated[int, BeforeValidator(_in_digits), Query(ge=1, le=MOST_ROWS)]

Ids = Annotated[
    str,
    Query(
        description=f"Ids parted by commas, at most {MAX_IDS}",
        pattern=f"^{KEY_SHAPE}(,{KEY_SHAPE}){{0,{MAX_IDS - 1}}}$",
        max_length=MAX_IDS * (KEY_LENGTH + 1),
    ),
    AfterValidator(_each_fits),
]


async def check_query(request: Request) -> None:
    """Refuse (invalid) a name that the route does not know or that is said twice: it was meant to say something."""
    declared = set(_names(request.scope["route"].dependant))
    said = [name for name, _ in request.query_params.multi_items()]
    if not declared.issuperset(said):
        raise Refused(ProblemCode.INVALID, "The address asks for something that this route does not know.")
    if len(said) > len(set(said)):
        raise Refused(ProblemCode.INVALID, "The address says one thing twice.")


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _names(inner)
