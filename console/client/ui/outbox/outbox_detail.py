"""One entry of the outbox in full: how far it is and why, what it says, and every way out of it."""

from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from console.client.domain.drafts import reopened
from console.client.domain.words import word_segments
from console.client.models.outbox_model import OutboxRow
from console.client.services.connection import Connection
from console.client.services.corrections import SavedState
from console.client.theme.theme import Theme
from console.client.theme.tokens import Size, Space, Weight
from console.client.ui.correction.diff_view import DiffView
from console.client.ui.outbox.phrases import loss, turn_and_time, what_next, who
from console.client.ui.shared.chip_label import ChipLabel
from console.client.ui.shared.commands import keys_of
from console.client.ui.shared.confirmation import Confirmation
from console.client.ui.shared.flow_layout import FlowLayout
from console.client.ui.shared.parts import ElidedLabel, TextButton, label
from console.client.ui.shared.receipts import STATES, codes_phrase
from console.contract.corrections import Correction

_WIDEST = 720
_LONGEST_WORDS = 2_000
_LONGEST_DIFF = 20_000


class OutboxDetail(QScrollArea):
    """Says which way out was asked for. A discard is asked for twice, and the first answer keeps it."""

    resend_pressed = Signal(str)
    reopen_pressed = Signal(str)
    go_to_pressed = Signal(str)
    copy_pressed = Signal(str)
    export_pressed = Signal(str)
    discard_confirmed = Signal(str)
    kept = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._row: OutboxRow | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._build_words()
        self._build_ways()
        self._build_confirmation()
        self._lay_out()

    def _build_words(self) -> None:
        self.name = ElidedLabel(size=Size.TITLE, weight=Weight.STRONG)
        self.chip = ChipLabel(self._theme)
        self.ask = label("", "muted")
        self.when = label("", "muted", Size.LABEL)
        self.reason = label("", "bad")
        self.next = label("", "muted")
        self.codes = label()
        self.words = label(most=_LONGEST_WORDS)
        self.diff = DiffView(self._theme)
        self.note = label(most=_LONGEST_WORDS)
        for part in (self.ask, self.reason, self.next, self.codes, self.words, self.note):
            part.setWordWrap(True)
            part.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop)
        for part in (self.reason, self.words, self.note):
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def _build_ways(self) -> None:
        tr, theme = self.tr, self._theme
        self.reopen = TextButton(theme, tr("Edit again"), "pencil", primary=True)
        self.resend = TextButton(theme, tr("Send again"), "refresh-cw")
        self.go_to = TextButton(theme, tr("Open conversation"), "message-square")
        self.copy = TextButton(theme, tr("Copy as JSON"), "copy")
        self.export = TextButton(theme, tr("Export\u2026"), "download")
        self.discard = TextButton(theme, tr("Discard\u2026"), "trash-2", quiet=True)
        for button, signal, command in (
            (self.reopen, self.reopen_pressed, "reopen"),
            (self.resend, self.resend_pressed, "resend"),
            (self.go_to, self.go_to_pressed, "go_to"),
            (self.copy, self.copy_pressed, "copy"),
            (self.export, self.export_pressed, ""),
        ):
            button.clicked.connect(partial(self._ask, signal))
            if command:
                button.setToolTip(f"{button.text()} ({keys_of(command)})")
        self.discard.setToolTip(f"{tr('Discard, once you have confirmed it')} ({keys_of('discard')})")
        self.discard.clicked.connect(self.confirm_discard)
        self.ways = QWidget()
        flow = FlowLayout(self.ways)
        for button in (self.reopen, self.resend, self.go_to, self.copy, self.export, self.discard):
            flow.addWidget(button)

    def _build_confirmation(self) -> None:
        self.confirmation = Confirmation(self._theme, self.tr("Keep it"), self.tr("Discard for good"), "trash-2")
        for answered in (self.confirmation.declined, self.confirmation.confirmed):
            answered.connect(lambda: self.ways.show())
        self.confirmation.declined.connect(self.kept)
        self.confirmation.confirmed.connect(partial(self._ask, self.discard_confirmed))

    def _lay_out(self) -> None:
        whole = QFrame()
        whole.setProperty("panel", "bg")
        self.body = QWidget()
        self.body.setMaximumWidth(_WIDEST)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self.name, 1)
        head.addWidget(self.chip)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(18, 16, 18, Space.L)
        column.setSpacing(Space.S)
        column.addLayout(head)
        column.addWidget(self.ask)
        column.addWidget(self.when)
        column.addSpacing(Space.XS)
        column.addWidget(self.reason)
        column.addWidget(self.next)
        column.addWidget(self.ways)
        column.addWidget(self.confirmation)
        column.addSpacing(Space.S)
        card = QFrame()
        card.setProperty("panel", "card")
        self.card = card
        inner = QVBoxLayout(card)
        inner.setContentsMargins(Space.M, 10, Space.M, Space.M)
        inner.setSpacing(Space.S)
        self.heads = {}
        for key, words, part in (
            ("words", self.tr("What you wrote"), self.words),
            ("diff", self.tr("What changes"), self.diff),
            ("codes", self.tr("What was wrong"), self.codes),
            ("note", self.tr("Note"), self.note),
        ):
            self.heads[key] = label(words, "muted", Size.LABEL, Weight.STRONG)
            inner.addWidget(self.heads[key])
            inner.addWidget(part)
        column.addWidget(card)
        column.addStretch()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.body, 1)
        row.addStretch()
        self.setWidget(whole)

    def show_row(self, row: OutboxRow | None, connection: Connection, now: datetime) -> None:
        """Show an entry; None for no entry at all."""
        before, self._row = self._row, row
        self.body.setVisible(row is not None)
        if row is None:
            return
        entry, said = row.entry, row.entry.correction
        refused = entry.state is SavedState.REFUSED
        other = before is None or before.entry.key != entry.key
        if other or not refused:
            self.confirmation.hide()
            self.ways.show()
        if other:
            self.verticalScrollBar().setValue(0)
        words, _, tone, icon = STATES[entry.state]
        self.name.set_text(who(row))
        self.chip.show_chip(words, tone, icon)
        self._put(self.ask, row.ask)
        self.when.setText(turn_and_time(entry, now))
        self._put(self.reason, entry.reason or "")
        self.next.setText(what_next(row, connection))
        for button in (self.resend, self.reopen, self.discard):
            button.setVisible(refused)
            button.setEnabled(refused)  # a hidden button can still be pressed by its key
        for button in (self.copy, self.export):
            button.setVisible(said is not None)
        self.card.setVisible(said is not None)
        if said is not None and (before is None or before.entry.correction is not said):
            self._put(self.words, said.corrected_text, "words")
            self._show_diff(said)
            self._put(self.codes, codes_phrase(said), "codes")
            self._put(self.note, said.note, "note")

    def confirm_discard(self) -> None:
        """Say what would be lost, with the cursor on keeping it."""
        entry = self._row.entry if self._row else None
        if entry is not None and entry.correction is not None and entry.state is SavedState.REFUSED:
            self.ways.hide()
            self.confirmation.ask(loss(entry.correction))
            self.ensureWidgetVisible(self.confirmation)

    def _show_diff(self, said: Correction) -> None:
        original = reopened(said, said.id).original
        shown = bool(said.hunks) and len(original) + len(said.corrected_text) <= _LONGEST_DIFF
        for part in (self.heads["diff"], self.diff):
            part.setVisible(shown)
        self.diff.show_segments(word_segments(original, said.corrected_text) if shown else (), -1)

    def _put(self, part: QLabel, words: str, head: str = "") -> None:
        part.setText(words)
        part.setVisible(bool(words))
        if head:
            self.heads[head].setVisible(bool(words))

    def _ask(self, signal: SignalInstance) -> None:
        if self._row is not None:
            signal.emit(self._row.entry.key)
