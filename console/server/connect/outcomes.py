"""The facts that come with a transcript, such as the outcome of its task, as named labels."""

from collections.abc import Iterator

from pydantic import JsonValue

from console.contract.conversations import OutcomeLabel
from console.server.connect.json_text import compact
from console.server.connect.transcript import Transcript

_REWARDS = {0: "failed", 1: "passed"}


def outcome_labels(transcript: Transcript) -> tuple[OutcomeLabel, ...]:
    """Return a label for each fact present; a reward of 0 or 1 reads "Task outcome: failed" or "passed"."""
    facts = (
        *_outcome(transcript.outcome),
        *_named("label", transcript.labels),
        ("task_id", transcript.task_id),
        ("trial", transcript.trial),
        ("customer_goal", transcript.customer_goal),
        ("expected_actions", transcript.expected_actions),
    )
    return tuple(OutcomeLabel(name=name, value=compact(value)) for name, value in facts if value is not None)


def _outcome(outcome: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    for name, value in _named("Task outcome", outcome):
        if name == "reward" and isinstance(value, int | float) and value in _REWARDS:
            yield "Task outcome", _REWARDS[int(value)]
        else:
            yield name, value


def _named(name: str, value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Yield an object's own fields, anything else under the given name."""
    if isinstance(value, dict):
        yield from value.items()
    else:
        yield name, value
