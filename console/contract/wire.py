"""Reads JSON off the wire into a model, the same at both ends: bounded before it is parsed, and nothing said twice."""

import json
import math
from itertools import accumulate
from typing import TypeVar

from pydantic import BaseModel

from console.contract.limits import MAX_DEPTH, MAX_NAMES, MAX_SIGNS

M = TypeVar("M", bound=BaseModel)

STEPS = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1, ord(","): 0}
NO_SIGNS = bytes(set(range(256)) - STEPS.keys())


class UnfitError(ValueError):
    """The bytes are no JSON that is taken here. Its words repeat nothing of them."""


def read_json(model: type[M], content: bytes, most_signs: int = MAX_SIGNS) -> M:
    """Return the model that the bytes say in JSON. Raises UnfitError and pydantic.ValidationError.

    pydantic would take the last of two values under one name, NaN where a float may stand, and any number of items.
    """
    check_shape(content, most_signs)
    try:
        json.loads(content.decode(), object_pairs_hook=_once_each, parse_float=_finite, parse_constant=_finite)
    except UnfitError:
        raise
    except ValueError:  # the texts of its kinds tell of the content
        raise UnfitError("This is not JSON in UTF-8, or one of its numbers is out of any range.") from None
    return model.model_validate_json(content)


def check_shape(content: bytes, most_signs: int) -> None:
    """Raise UnfitError where JSON has more commas and brackets outside its texts, or brackets within brackets."""
    plain = content.replace(rb"\\", b"").replace(rb"\"", b"")  # each quote that is left begins or ends a text
    if plain.count(b'"') > 4 * (most_signs + 1):  # no comma parts more than two texts from the next
        raise UnfitError("The JSON holds too many values.")
    signs = b"".join(plain.split(b'"')[::2]).translate(None, NO_SIGNS)
    if len(signs) > most_signs:
        raise UnfitError("The JSON holds too many values.")
    if max(accumulate(map(STEPS.__getitem__, signs)), default=0) > MAX_DEPTH:
        raise UnfitError("The JSON is nested too deep.")


def _once_each(pairs: list[tuple[str, object]]) -> None:
    if len(pairs) > MAX_NAMES:
        raise UnfitError("An object holds too many names.")
    if len({name for name, _ in pairs}) < len(pairs):
        raise UnfitError("An object holds a name twice.")


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise UnfitError("A number is not finite.")
    return value
