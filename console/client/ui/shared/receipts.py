"""How far a correction is, and what it says: the same words in the transcript, the inspector and the outbox."""

from typing import NamedTuple

from PySide6.QtGui import QGuiApplication

from console.client.services.corrections import SavedState
from console.client.ui.shared.chips import Tone
from console.client.ui.shared.phrases import ROOT_CAUSES, SEVERITIES
from console.contract.corrections import Correction
from console.contract.taxonomy import TAXONOMY

_GIST = 180


class StateWords(NamedTuple):
    """How a state is shown: never by colour alone. `role` is a label's, `tone` a chip's."""

    word: str
    role: str
    tone: Tone
    icon: str


STATES: dict[SavedState, StateWords] = {
    SavedState.SAVED_HERE: StateWords("saved here", "warn", Tone.WARN, "hard-drive-download"),
    SavedState.SENT: StateWords("sending", "accent", Tone.ACCENT, "send"),
    SavedState.STORED: StateWords("stored", "ok", Tone.OK, "check-check"),
    SavedState.LATE: StateWords("stored late, needs review", "warn", Tone.WARN, "clock"),
    SavedState.REFUSED: StateWords("refused", "bad", Tone.BAD, "circle-alert"),
    SavedState.UNREADABLE: StateWords("not readable here", "warn", Tone.QUIET, "eye-off"),
}


def codes_phrase(correction: Correction) -> str:
    """The error codes, the severity and the cause, as a line."""
    codes = [entry.name if (entry := TAXONOMY.find(code)) else code for code in correction.codes]
    severity = [SEVERITIES[correction.severity].lower()] if correction.severity else []
    cause = [f"cause: {ROOT_CAUSES[correction.root_cause].lower()}"] if correction.root_cause else []
    return ", ".join(codes + severity + cause)


def excerpt(correction: Correction, most: int = _GIST) -> str:
    """The corrected words on one line, shortened."""
    said = " ".join(correction.corrected_text[: 4 * most].split())
    return said if len(said) <= most else said[: most - 1] + "\u2026"


def gist(correction: Correction) -> str:
    """What a correction says, in a few lines."""
    return f"{codes_phrase(correction)}: {excerpt(correction)}"


def copy_as_json(correction: Correction) -> None:
    """Put a correction on the clipboard, whole."""
    QGuiApplication.clipboard().setText(correction.model_dump_json(indent=2))
