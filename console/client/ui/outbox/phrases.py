"""What the outbox says of an entry: whose it is, how far it is, what becomes of it, and what a discard would lose."""

from datetime import datetime

from console.client.models.outbox_model import OutboxRow
from console.client.services.connection import Connection, ConnectionState
from console.client.services.corrections import OutboxEntry, SavedState
from console.client.ui.shared.phrases import moment
from console.client.ui.shared.receipts import STATES, codes_phrase, excerpt
from console.contract.corrections import Correction

_NEXT = {
    SavedState.SENT: "It is on its way, and the backend has not confirmed it yet. If the answer is lost it goes again, "
    "and is stored once all the same.",
    SavedState.REFUSED: "These words are kept here until you decide: edit them again, send them again as they are, "
    "export or discard them.",
    SavedState.LATE: "It is stored, but you no longer held the conversation when it came. A QA lead decides whether "
    "it counts.",
    SavedState.UNREADABLE: "This Redline cannot read it: another version wrote it, which still can, or it was damaged "
    "on this disk. What is left of it is kept in this profile.",
}


def who(row: OutboxRow) -> str:
    """Whose conversation it is."""
    return row.customer or f"Conversation {row.entry.conversation_id}"


def words_line(row: OutboxRow) -> str:
    """What was written, on one line; where that cannot be shown, what the conversation is about."""
    said = row.entry.correction
    return (excerpt(said) or codes_phrase(said)) if said else row.ask


def describe_entry(row: OutboxRow) -> str:
    """An entry in one spoken line."""
    return f"{who(row)}, turn {row.entry.turn}, {STATES[row.entry.state].word}. {words_line(row)}"


def turn_and_time(entry: OutboxEntry, now: datetime) -> str:
    """Which turn it is about, and when it was submitted, to the minute."""
    if entry.submitted_at is None:
        return f"Turn {entry.turn}"
    day, clock = moment(entry.submitted_at, now), f"{entry.submitted_at.astimezone():%H:%M}"
    return f"Turn {entry.turn}, submitted {'at ' + clock if day == clock else f'{day}, {clock}'}"


def what_next(row: OutboxRow, connection: Connection) -> str:
    """What becomes of an entry by itself, or what can be done."""
    if row.entry.state is not SavedState.SAVED_HERE:
        return _NEXT[row.entry.state]
    if connection.state is ConnectionState.ONLINE:
        failed = row.entry.next_try_at
        words = "It is saved on this computer and goes out by itself"
        return f"{words}: the last try came to nothing, the next is at {_clock(failed)}." if failed else f"{words}."
    if connection.state is ConnectionState.SIGNED_OUT:
        return "It is saved on this computer and stays here. Sign in again: it goes out once the backend accepts you."
    return (
        "It is saved on this computer. It goes out by itself when the backend is back; it stays as long as that takes."
    )


def line_words(connection: Connection, now: datetime) -> str:
    """Whether the backend answers, since when not, and when it was and will be tried."""
    if connection.state is ConnectionState.ONLINE:
        return "The backend answers."
    if connection.state is ConnectionState.SIGNED_OUT:
        return connection.reason
    words = "Connecting." if connection.state is ConnectionState.CONNECTING else ""
    words = words or f"Offline since {moment(connection.since, now)}."
    if connection.tried_at and connection.next_try_at:
        words += f" Last try {_clock(connection.tried_at)}, next {_clock(connection.next_try_at)}."
    return words


def loss(said: Correction) -> str:
    """What would be lost with a correction."""
    parts = [
        _count(len(said.hunks), "changed passage") if said.hunks else "",
        _count(len(said.codes), "error code"),
        _count(len(said.source_verdicts), "verdict on a source", "verdicts on sources"),
        _count(len(said.tool_calls), "corrected tool call"),
        _count(len(said.assertions), "assertion"),
        "the note" if said.note else "",
    ]
    named = [part for part in parts if part]
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"This would be lost for good: {listed or 'the whole correction'}. The backend does not have it."


def _count(number: int, one: str, many: str | None = None) -> str:
    return "" if not number else f"1 {one}" if number == 1 else f"{number} {many or one + 's'}"


def _clock(at: datetime) -> str:
    return at.astimezone().strftime("%H:%M:%S")
