"""The error taxonomy: what can be wrong with an answer, each code with the rubric that decides it."""

from enum import StrEnum

from console.contract.base import Key, Line, Many, Model, Text


class Severity(StrEnum):
    """What the error would have cost the customer or the company."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class RootCause(StrEnum):
    """Where the error came from: the thing somebody has to mend."""

    RETRIEVAL = "retrieval"
    STALE_KNOWLEDGE = "stale_knowledge"
    PROMPT = "prompt"
    TOOL = "tool"
    POLICY = "policy"
    GATE = "gate"
    REASONING = "reasoning"
    TONE = "tone"


class ErrorCode(Model):
    """One kind of error. `rubric` says when it applies, in words two raters would read alike."""

    code: Key
    name: Line
    rubric: Text


class Taxonomy(Model):
    """A version of the error codes. A change makes a new version; labels keep theirs."""

    version: Key
    codes: Many[ErrorCode]

    def find(self, code: str) -> ErrorCode | None:
        """Return a code's entry, or None."""
        return next((entry for entry in self.codes if entry.code == code), None)


def _code(code: str, name: str, rubric: str) -> ErrorCode:
    return ErrorCode(code=code, name=name, rubric=rubric)


TAXONOMY = Taxonomy(
    version="2026.1",
    codes=(
        _code("wrong_policy", "Wrong policy", "States or applies a rule that differs from the policy in force."),
        _code("made_up_promise", "Made-up promise", "Promises something that no policy, source or tool result backs."),
        _code("wrong_fact", "Wrong fact", "States a fact that a source, a tool result or the customer contradicts."),
        _code("unsupported_claim", "Unsupported claim", "States as certain what nothing in its context supports."),
        _code("missing_step", "Missing step", "Leaves out a step the policy demands or the customer needs next."),
        _code("wrong_action", "Wrong action", "Calls the wrong tool, with wrong arguments, or without consent."),
        _code("missed_intent", "Missed intent", "Answers another question than the one the customer asked."),
        _code("asked_again", "Asked again", "Asks for something the customer or a tool already gave."),
        _code("over_refusal", "Over-refusal", "Refuses or deflects what the policy allows it to do."),
        _code("privacy", "Privacy", "Shows, asks for or repeats personal data it should not."),
        _code("tone", "Tone", "Right in substance, but cold, blaming, too familiar or dismissive."),
        _code("language", "Language", "Wrong language, broken grammar or words the customer cannot follow."),
        _code("arithmetic", "Arithmetic", "An amount, date, count or deadline is computed wrongly."),
        _code("should_hand_off", "Should hand off", "Goes on alone where a gate should have handed it to a person."),
    ),
)
