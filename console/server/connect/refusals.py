"""Why a line was refused, in words a person understands, without a word of what it holds."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_WORDS = {
    "missing": "is missing",
    "string_type": "must be text",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "model_type": "must be an object",
    "datetime_type": "must be a time",
    "string_pattern_mismatch": "is not in the form it must have",
    "timezone_aware": "is a time without its zone",
}
"""By pydantic's error type."""


def reason_of(error: ValueError) -> str:
    """Return one sentence for what is wrong with a line, the first of several problems by name."""
    match error:
        case ValidationError():
            problems = error.errors(include_input=False, include_url=False)
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            return _describe(problems[0], error.title) + more
        case UnicodeDecodeError():
            return f"is not UTF-8 at byte {error.start + 1}"
        case _:
            return str(error)


def _describe(problem: ErrorDetails, title: str) -> str:
    if (
        problem["type"] == "json_invalid"
    ):  # what reaches pydantic is known to be JSON, and only its depth can be refused
        return "is nested too deeply"
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in problem["loc"])
    place = path.removeprefix(".") or title.lower()
    if words := _WORDS.get(problem["type"]):
        return f"{place} {words}"
    return f"{place}: {problem['msg'].removeprefix('Value error, ').replace('Input should be', 'must be')}"
