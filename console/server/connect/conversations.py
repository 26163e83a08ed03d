"""A transcript becomes the contract's conversation."""

from itertools import takewhile

from console.contract.base import content_sha256
from console.contract.conversations import Conversation
from console.contract.ids import ConversationId
from console.server.connect.ai_context import Versions
from console.server.connect.customers import find_customer
from console.server.connect.handoffs import find_handoff
from console.server.connect.outcomes import outcome_labels
from console.server.connect.transcript import Transcript, TranscriptMessage, TranscriptMetadata
from console.server.connect.turns import build_turns


def read_conversation(transcript: Transcript, id_: ConversationId) -> Conversation:
    """Return the conversation a transcript holds.

    The system messages it opens with become the prompt, joined by a blank line; a later one is a turn of its own.
    Raises ValueError where nothing follows the prompt, a tool result has no call, or a value does not fit the contract.
    """
    facts = transcript.metadata or TranscriptMetadata()
    messages = _with_logprobs(transcript)
    opening = list(takewhile(lambda message: message.role in ("system", "developer"), messages))
    prompt = "\n\n".join(message.content or "" for message in opening)
    from_prompt = f"sha256:{content_sha256(prompt)[:8]}" if prompt else None
    versions = Versions(
        model=transcript.model,
        prompt=facts.prompt_version or from_prompt,
        policy=facts.policy_version or from_prompt,
    )
    turns = build_turns(list(enumerate(messages))[len(opening) :], versions)
    if not turns:
        raise ValueError("messages hold nothing but the prompt")
    calls = (call for turn in turns if turn.ai for call in turn.ai.tool_calls)
    return Conversation(
        id=id_,
        customer=find_customer(facts.customer, calls, id_),
        topic=facts.topic or transcript.domain or "general",
        language=facts.language,
        priority=facts.priority,
        model=versions.model,
        prompt_version=versions.prompt,
        policy_version=versions.policy,
        prompt=prompt,
        opened_at=transcript.created_at or next((turn.at for turn in turns if turn.at), None),
        handoff=find_handoff(facts.handoff, turns, versions.policy),
        turns=turns,
        earlier_contacts=tuple(facts.earlier_contacts),
        outcome=outcome_labels(transcript),
    )


def _with_logprobs(transcript: Transcript) -> list[TranscriptMessage]:
    """Give log-probabilities that stand beside the messages to the message they are of: the assistant's last text."""
    messages = list(transcript.messages)
    for place in reversed(range(len(messages) if transcript.logprobs else 0)):
        message = messages[place]
        if message.role == "assistant" and message.content:
            messages[place] = message.model_copy(update={"logprobs": message.logprobs or transcript.logprobs})
            break
    return messages
