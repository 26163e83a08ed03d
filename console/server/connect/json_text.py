"""JSON as other systems write it: read strictly, written back in few words, its texts made storable."""

import json
import math
from typing import NoReturn

from pydantic import JsonValue

from console.server.domain.json_objects import JsonObject


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"holds {name}, which JSON does not have")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("holds a number too large to keep")
    return number


def _without_doubles(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("holds an object with the same key twice")
    return fields


def canonical(text: str) -> bytes:
    """Return the one byte form of a JSON text (RFC 8259): keys sorted, no spaces.

    Raises ValueError with a reason for bad syntax, NaN, numbers without end, doubled keys, lone surrogates and depth.
    """
    try:
        value: JsonValue = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_doubles
        )
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at column {error.colno}") from error
    except UnicodeEncodeError as error:
        raise ValueError("holds a lone surrogate, half of a character") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def compact(value: JsonValue) -> str:
    """Return a value as one line: a string as it is, anything else as JSON without spaces."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def storable(value: JsonValue) -> str:
    """Return a string found inside a text without NUL, which the contract refuses; "" where it is no string."""
    return value.replace("\x00", "") if isinstance(value, str) else ""
