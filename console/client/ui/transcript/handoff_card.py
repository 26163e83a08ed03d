"""The handoff card: why, what is wanted, what the AI did, promised and asked, and what is missing."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout

from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Space, Weight
from console.client.ui.shared.chip_label import ChipLabel
from console.client.ui.shared.chips import Tone
from console.client.ui.shared.parts import ElidedLabel, IconButton, label
from console.client.ui.shared.phrases import GATES, ago, language_word
from console.contract.conversations import Conversation, Handoff, SignalKind, Speaker, Tier

_WIDE = 520
_LONG, _LONGEST, _MOST, _MOST_BYTES = 300, 1_500, 4_000, 6_000
"""What is long for a fact; the most shown of one, and of all long ones together, as each width lays them out anew.

Bytes of UTF-8 tell roughly how hard that is: a letter of another script is two or three, an emoji four.
"""


class HandoffCard(QFrame):
    """Each fact on one line; unfolded, each in full."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("panel", "card")
        self._conversation: Conversation | None = None
        self._unfolded = False
        self._low = False
        self._folded = False
        self.why = ElidedLabel(weight=Weight.STRONG)
        self._theme = theme
        self.mark = QLabel()
        self.inferred = ChipLabel(theme)
        theme.changed.connect(self._draw_mark)
        self.policy = ChipLabel(theme)
        self.when = label("", "muted", Size.LABEL)
        self.fold = IconButton(theme, "chevron-down", self.tr("Show the handoff in full"))
        self.fold.clicked.connect(self.toggle)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self.mark)
        head.addWidget(self.why, 1)
        head.addWidget(self.inferred)
        head.addWidget(self.policy)
        head.addWidget(self.when)
        head.addWidget(self.fold)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(Space.M)
        self._facts.setVerticalSpacing(3)
        self._facts.setColumnStretch(1, 1)
        self._facts.setColumnMinimumWidth(0, 74)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.M + 2, 8, Space.S, 9)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(self._facts)

    def show_handoff(self, conversation: Conversation, now: datetime) -> None:
        """Show why a conversation came here, or that the AI did not hand it off."""
        if conversation is self._conversation:
            return
        if self._conversation is None or conversation.id != self._conversation.id:
            self._unfolded = False
        self._conversation = conversation
        handoff = conversation.handoff
        if handoff is None:
            self.why.set_text(self.tr("Not handed off: queued for review"))
            self.inferred.show_chip("", Tone.QUIET)
            self.when.setText("")
        else:
            self.why.set_text(_why(handoff))
            self.inferred.show_chip(self.tr("inferred") if handoff.inferred else "", Tone.WARN)
            self.inferred.setToolTip(self.tr("The transcript names no gate; this one was read from it by rule."))
            self.when.setText(_when(handoff, now))
        version = (handoff.policy_version if handoff else None) or conversation.policy_version
        self.policy.show_chip(f"policy {_short(version)}" if version else "", Tone.QUIET)
        self._draw_mark()
        self._show_facts()

    def set_low(self, low: bool) -> None:
        """Say whether the pane is so low that a folded card must leave the transcript the room."""
        if low != self._low:
            self._low = low
            self._show_facts()

    def set_folded(self, *, folded: bool) -> None:
        """Leave only the first line while an answer is being corrected in a low pane."""
        if folded != self._folded:
            self._folded = folded
            self._show_facts()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.policy.setVisible(self.width() >= _WIDE and bool(self.policy.accessibleName()))

    def toggle(self) -> None:
        """Show every fact in full, or on one line each."""
        self._unfolded = not self._unfolded
        self._show_facts()

    def _draw_mark(self) -> None:
        handoff = self._conversation.handoff if self._conversation else None
        icon = GATES[handoff.gate].icon if handoff else "scan-search"
        tint = GATES[handoff.gate].tone.value[0] if handoff else Colour.MUTED
        self.mark.setPixmap(self._theme.pixmap(icon, tint, 16, self.devicePixelRatioF()))

    def _show_facts(self) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (part := item.widget()) is not None:
                part.hide()
                part.deleteLater()
        if self._conversation is None or (self._low and self._folded and not self._unfolded):
            return
        facts = tuple(_facts(self._conversation, full=self._unfolded))
        most = _most_of_each([words for _, words, _ in facts if len(words) > _LONG])
        for place, (name, words, role) in enumerate(facts):
            side = label(name, "muted", Size.BODY)
            self._facts.addWidget(side, place, 0, Qt.AlignmentFlag.AlignTop)
            if self._unfolded:
                value: QLabel = label(words, role, most=most)
                value.setWordWrap(True)
                value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            else:
                value = ElidedLabel(words, role)
            value.setFont(text_font())
            self._facts.addWidget(value, place, 1)


def _most_of_each(long: Sequence[str]) -> int:
    """Return how many characters of each long fact are shown beside the others."""
    most = min(_LONGEST, _MOST // max(1, len(long)))
    size = sum(len(words[:most].encode()) for words in long)
    return most if size <= _MOST_BYTES else most * _MOST_BYTES // size


def _why(handoff: Handoff) -> str:
    words = f"Handed off: {GATES[handoff.gate].word}"
    if handoff.value is not None:
        words += f" {handoff.value:.2f}"
    if handoff.threshold is not None:
        words += f", limit {handoff.threshold:.2f}"
    if handoff.to_tier is Tier.SPECIALIST:
        words += ", to Tier 2"
    return words


def _when(handoff: Handoff, now: datetime) -> str:
    turn = f"turn {handoff.at_turn}"
    return turn if handoff.at is None else f"{ago(handoff.at, now)}, {turn}"


def _short(version: str) -> str:
    return version.removeprefix("sha256:")


def _facts(conversation: Conversation, *, full: bool) -> Iterator[tuple[str, str, str]]:
    """The card's lines: name, words, role. What is missing is said, never left blank."""
    handoff = conversation.handoff
    join = "\n" if full else " \u00b7 "
    if handoff is None:
        wants = next((turn.text for turn in conversation.turns if turn.speaker is Speaker.CUSTOMER), "")
        yield "Wants", wants or "The customer said nothing.", ""
        yield "Outcome", conversation.outcome[0].value if conversation.outcome else "Not recorded.", ""
        return
    yield "Wants", handoff.ask or "The AI named no request.", "" if handoff.ask else "warn"
    if trend := _mood(conversation):
        yield "Mood", trend, ""
    yield "AI did", join.join(handoff.did) or "Nothing that it recorded.", ""
    if handoff.promised or not conversation.handoff or not handoff.inferred:
        yield "Promised", join.join(handoff.promised) or "Nothing.", ""
    if handoff.already_asked:
        yield "Asked", join.join(handoff.already_asked), ""
    if evidence := _evidence(conversation):
        yield "Evidence", join.join(evidence), ""
    if handoff.missing:
        yield "Missing", join.join(handoff.missing), "warn"
    if full:
        if handoff.reason:
            yield "Reason", handoff.reason, ""
        if handoff.next_steps:
            yield "Next", join.join(handoff.next_steps), ""
        if handoff.message_to_customer:
            yield "Told customer", handoff.message_to_customer, ""
    if handoff.unsent_draft:
        yield "Unsent draft", handoff.unsent_draft, "ai"


def _evidence(conversation: Conversation) -> list[str]:
    """The documents the AI worked from, each once; the inspector takes the verdicts on them."""
    sources = (source for turn in conversation.turns if turn.ai for source in turn.ai.sources)
    return list(dict.fromkeys(f"{s.title} {s.version}" if s.version else s.title for s in sources))


def _mood(conversation: Conversation) -> str:
    """Language and the run of the reported frustration."""
    values = [
        signal.value
        for turn in conversation.turns
        if turn.ai and (signal := turn.ai.signal(SignalKind.SENTIMENT)) and signal.value is not None
    ]
    language = language_word(conversation.language)
    if len(values) < 2:
        return language
    trend = "rising" if values[-1] > values[0] + 0.05 else "falling" if values[-1] < values[0] - 0.05 else "steady"
    mood = f"frustration {trend}, {values[0]:.2f} to {values[-1]:.2f}"
    return f"{language}, {mood}" if language else mood
