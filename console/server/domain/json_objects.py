"""JSON objects that a model or a tool wrote as text."""

import json

from pydantic import JsonValue
from pydantic_core import from_json

JsonObject = dict[str, JsonValue]


def read_object(text: str | None) -> JsonObject | None:
    """Return the object a text holds; None where it holds anything else, or what cannot be written as JSON again."""
    try:
        value = from_json(text or "", allow_inf_nan=False)
        json.dumps(value, allow_nan=False)  # 1e400 is read as infinity
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
