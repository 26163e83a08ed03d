"""Loads the sample workspace, moved in time so that it happens today."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import console
from console.contract.conversations import Conversation
from console.server.connect.chat_completions import read_transcripts
from console.server.services.conversations import import_conversations
from console.server.services.ports import Clock, StorePort

SAMPLE_NOW = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
"""The moment the sample was written for."""


def sample_files() -> list[Path]:
    """Return the sample's transcripts: in the wheel's resources, else in the checkout's."""
    package = Path(console.__file__).parent
    folders = (package / "resources", package.parent / "resources")
    return next((files for folder in folders if (files := sorted(folder.glob("sample/*.jsonl")))), [])


async def load_sample(store: StorePort, clock: Clock) -> None:
    """Load the sample into a store that holds no conversation. Raises ValueError where a line of it is broken."""
    async with store.reading() as unit:
        if await unit.conversations.any():
            return
    shift = clock() - SAMPLE_NOW
    conversations: list[Conversation] = []
    for file in sample_files():
        for item in read_transcripts(file):
            if not isinstance(item, Conversation):
                raise ValueError(f"the sample is broken: {item}")
            conversations.append(shift_times(item, shift))
    await import_conversations(store, clock, conversations, queue_all=False)


def shift_times(conversation: Conversation, shift: timedelta) -> Conversation:
    """Return the conversation with every one of its times moved."""

    def moved(moment: datetime | None) -> datetime | None:
        return moment and moment + shift

    handoff = conversation.handoff
    return conversation.model_copy(
        update={
            "opened_at": moved(conversation.opened_at),
            "handoff": handoff and handoff.model_copy(update={"at": moved(handoff.at)}),
            "turns": tuple(turn.model_copy(update={"at": moved(turn.at)}) for turn in conversation.turns),
            "earlier_contacts": tuple(
                contact.model_copy(update={"at": contact.at + shift}) for contact in conversation.earlier_contacts
            ),
        }
    )
