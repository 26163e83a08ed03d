"""What is known of how the AI came to a turn: versions, sources, signals, tokens; what nobody reported stays empty."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.contract.conversations import AiContext, Signal, SignalKind, Source, TokenUse, ToolCall
from console.server.connect.keys import key_or_hash
from console.server.connect.transcript import Logprobs, TranscriptMessage


@dataclass(frozen=True, slots=True)
class Versions:
    """What the conversation says of its AI, where a message does not say otherwise."""

    model: str | None
    prompt: str | None
    policy: str | None


def read_context(messages: Sequence[TranscriptMessage], calls: tuple[ToolCall, ...], versions: Versions) -> AiContext:
    """Return the context of the AI turn that was made of these messages and calls."""
    known = [message.metadata for message in messages if message.metadata]
    usages = [message.usage for message in messages if message.usage]
    prompt_tokens, completion_tokens = (
        sum(use.prompt_tokens for use in usages),
        sum(use.completion_tokens for use in usages),
    )
    return AiContext(
        model=_latest(facts.model for facts in known) or versions.model,
        prompt_version=_latest(facts.prompt_version for facts in known) or versions.prompt,
        policy_version=_latest(facts.policy_version for facts in known) or versions.policy,
        sources=tuple(
            Source(**{**source.model_dump(), "id": key_or_hash("s", source.id)})
            for facts in known
            for source in facts.sources
        ),
        tool_calls=calls,
        signals=_signals(messages),
        token_use=TokenUse(prompt=prompt_tokens, completion=completion_tokens) if usages else None,
        trace_id=_latest(facts.trace_id for facts in known),
    )


def token_probability(logprobs: Logprobs | None) -> float | None:
    """Return exp(mean log-probability) of a message's content tokens, between 0 and 1; None where there are none.

    It is the geometric mean of the tokens' probabilities, the inverse of perplexity: unlike their product it does not
    fall with length. Source: length-normalised sequence likelihood, Malinin & Gales, "Uncertainty Estimation in
    Autoregressive Structured Prediction" (ICLR 2021), section 3.
    """
    tokens = logprobs.content if logprobs else None
    if not tokens:
        return None
    mean = math.fsum(token.logprob for token in tokens) / len(tokens)
    return math.exp(min(mean, 0.0))


def _signals(messages: Iterable[TranscriptMessage]) -> tuple[Signal, ...]:
    """Return one signal a kind, the latest standing; what was reported as `logprob` stands over what we compute."""
    signals: dict[SignalKind, Signal] = {}
    for message in messages:
        probability = token_probability(message.logprobs)
        if probability is not None:
            signals[SignalKind.LOGPROB] = Signal(kind=SignalKind.LOGPROB, value=probability)
        for reported in message.metadata.signals if message.metadata else ():
            signals[reported.kind] = Signal(**reported.model_dump())
    return tuple(signals.values())


def _latest(values: Iterable[str | None]) -> str | None:
    return next((value for value in reversed(list(values)) if value is not None), None)
