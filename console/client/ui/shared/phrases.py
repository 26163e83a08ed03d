"""Words, icons and tones for values, so that every screen says the same thing the same way."""

from datetime import datetime, timedelta
from typing import NamedTuple
from unicodedata import bidirectional

from PySide6.QtCore import QLocale
from PySide6.QtGui import QGuiApplication

from console.client.ui.shared.chips import Tone
from console.contract.conversations import Gate, SignalKind
from console.contract.corrections import SourceJudgement
from console.contract.permissions import Role
from console.contract.taxonomy import RootCause, Severity
from console.contract.views import QueueRow


class GateWords(NamedTuple):
    """How a gate is shown: never by colour alone."""

    word: str
    icon: str
    tone: Tone


GATES: dict[Gate, GateWords] = {
    Gate.CONFIDENCE: GateWords("confidence", "gauge", Tone.WARN),
    Gate.SENTIMENT: GateWords("frustration", "frown", Tone.BAD),
    Gate.TOPIC: GateWords("out of scope", "ban", Tone.QUIET),
    Gate.CUSTOMER_ASKED: GateWords("asked for a person", "hand", Tone.ACCENT),
    Gate.TOOL_FAILED: GateWords("tool failed", "wrench", Tone.BAD),
    Gate.POLICY: GateWords("policy", "scale", Tone.WARN),
}

SIGNALS: dict[SignalKind, str] = {
    SignalKind.SELF_REPORTED: "self-reported",
    SignalKind.LOGPROB: "token probability",
    SignalKind.RETRIEVAL: "retrieval",
    SignalKind.CLASSIFIER: "classifier",
    SignalKind.SENTIMENT: "frustration",
    SignalKind.TOPIC: "topic",
}

ROLES: dict[Role, str] = {
    Role.TIER1: "Tier 1 agent",
    Role.TIER2: "Tier 2 specialist",
    Role.QA: "QA lead",
    Role.OWNER: "Owner",
}

SEVERITIES: dict[Severity, str] = {
    Severity.MINOR: "Minor",
    Severity.MAJOR: "Major",
    Severity.CRITICAL: "Critical",
}

ROOT_CAUSES: dict[RootCause, str] = {
    RootCause.RETRIEVAL: "Retrieval",
    RootCause.STALE_KNOWLEDGE: "Stale knowledge",
    RootCause.PROMPT: "Prompt",
    RootCause.TOOL: "Tool",
    RootCause.POLICY: "Policy",
    RootCause.GATE: "Gate",
    RootCause.REASONING: "Reasoning",
    RootCause.TONE: "Tone",
}

JUDGEMENTS: dict[SourceJudgement, str] = {
    SourceJudgement.RIGHT: "Right",
    SourceJudgement.STALE: "Stale",
    SourceJudgement.WRONG: "Wrong",
}


def gate_phrase(row: QueueRow) -> str:
    """The gate of a queue row with its value, as its chip says it."""
    if row.gate is None:
        return "not handed off"
    word = GATES[row.gate].word
    return word if row.gate_value is None else f"{word} {row.gate_value:.2f}"


def topic_word(topic: str) -> str:
    """A topic's key as a word: "account_change" is "Account change"."""
    words = topic.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def language_word(tag: str | None) -> str:
    """A language tag as its English name; the tag itself where nobody knows it."""
    if not tag:
        return ""
    name = QLocale.languageToString(QLocale(tag).language())
    return tag if name in ("C", "Default") else name


def duration(span: timedelta) -> str:
    """A length of time for people: 0:48, 12:30, 3 h 05, 2 d 4 h."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    hours = seconds // 3600
    if hours < 24:
        return f"{hours} h {seconds % 3600 // 60:02d}"
    return f"{hours // 24} d {hours % 24} h"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, in rounded words."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h ago"
    return f"{minutes // (24 * 60)} days ago"


def moment(at: datetime, now: datetime) -> str:
    """When something was, as shortly as is clear: the time today, else the day, with the year where it is another."""
    at, now = at.astimezone(), now.astimezone()
    if at.date() == now.date():
        return at.strftime("%H:%M")
    return f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b %Y}"


def as_of(at: datetime, now: datetime) -> str:
    """What a queue says that cannot be read now: when it was."""
    return f"as of {moment(at, now)}"


def in_order(words: str) -> str:
    """Words for a button, which Qt would set by the desk's direction: those that begin with a number would lose it."""
    latin = next((kind for kind in map(bidirectional, words) if kind in ("L", "R", "AL")), "L") == "L"
    return f"\u200e{words}" if latin and QGuiApplication.isRightToLeft() else words


def initials(name: str) -> str:
    """One or two letters that stand for a person."""
    letters = [letter for part in name.split() if (letter := next(filter(str.isalnum, part), ""))]
    return "".join(letters[:1] + letters[1:][-1:]).upper()


def describe_row(row: QueueRow) -> str:
    """A queue row in one spoken line."""
    held = f", held by {row.claim.holder_name}" if row.claim else ""
    return f"{row.customer_name}. {row.ask} {gate_phrase(row)}, {row.topic}, tier {int(row.tier)}{held}"
