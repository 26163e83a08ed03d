"""The middle pane: who it is and who holds it, the handoff card, the turns, and the editor when one is corrected."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from console.client.models.transcript_model import TranscriptModel
from console.client.theme.theme import Theme
from console.client.theme.tokens import Size, Space, Weight
from console.client.ui.shared.chip_label import ChipLabel
from console.client.ui.shared.chips import Tone
from console.client.ui.shared.commands import keys_of
from console.client.ui.shared.confirmation import Confirmation
from console.client.ui.shared.parts import ElidedLabel, IconButton, TextButton, label, rule
from console.client.ui.shared.phrases import duration, language_word, moment, topic_word
from console.client.ui.shared.untrusted import on_one_line, set_tip
from console.client.ui.transcript.find_bar import FindBar
from console.client.ui.transcript.handoff_card import HandoffCard
from console.client.ui.transcript.transcript_view import TranscriptView
from console.contract.conversations import Conversation, OwnerState, Speaker, Turn
from console.contract.permissions import Permission, is_allowed
from console.contract.views import Claim, ConversationView, Me

_LOW = 900
_WIDE = 660
_NARROW = 560


class ConversationPanel(QFrame):
    """Shows one conversation; says which turn was chosen and which of its buttons was pressed."""

    claim_pressed = Signal()
    release_pressed = Signal()
    take_back_confirmed = Signal(int)
    correct_pressed = Signal()

    def __init__(self, theme: Theme, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setProperty("panel", "bg")
        self._now = now
        self._claim: Claim | None = None
        self._mine = False
        self._claimable = False
        self._closed = False
        self._may_take_back = False
        self._asked_epoch = 0
        self.model = TranscriptModel(self)
        self.view = TranscriptView(theme, self.model)
        self.card = HandoffCard(theme)
        self.find_bar = FindBar(theme)
        self._build_header(theme)
        self._build_body()
        self.find_bar.needle_changed.connect(self.view.mark_found)
        self.find_bar.turn_found.connect(self.view.set_current_turn)
        ticker = QTimer(self)
        ticker.timeout.connect(self._show_holder)
        ticker.start(1000)

    def _build_header(self, theme: Theme) -> None:
        self.name = ElidedLabel(size=Size.TITLE, weight=Weight.STRONG)
        self.topic = ChipLabel(theme)
        self.language = ChipLabel(theme)
        self.holder = ChipLabel(theme)
        self.stale = ChipLabel(theme)
        self.stale.setToolTip(self.tr("The backend is away. This is the copy kept on this computer."))
        self.search = IconButton(theme, "search", self.tr("Find in conversation ({key})").format(key=keys_of("find")))
        self.search.clicked.connect(self.open_find)
        self.claim = TextButton(theme, self.tr("Claim"), "user-check", primary=True)
        self.claim.setToolTip(self.tr("Claim this conversation ({key})").format(key=keys_of("claim")))
        self.claim.clicked.connect(self.claim_pressed)
        self.take_back = TextButton(theme, self.tr("Take back\u2026"), "undo-2")
        self.take_back.clicked.connect(self.ask_take_back)
        self.taking_back = Confirmation(theme, self.tr("Leave it"), self.tr("Take it back"), "undo-2")
        self.taking_back.confirmed.connect(lambda: self.take_back_confirmed.emit(self._asked_epoch))
        self.taking_back.declined.connect(lambda: self.view.setFocus())
        self.release = TextButton(theme, self.tr("Release"), "corner-up-left")
        self.release.setToolTip(self.tr("Give it back to the queue ({key})").format(key=keys_of("release")))
        self.release.clicked.connect(self.release_pressed)
        self.correct = TextButton(theme, self.tr("Correct"), "pencil")
        self.correct.setToolTip(self.tr("Correct the AI turn in focus ({key})").format(key=keys_of("correct")))
        self.correct.setAccessibleName(self.tr("Correct"))
        self.correct.clicked.connect(self.correct_pressed)
        self.header = QFrame()
        self.header.setProperty("panel", "surface")
        self.header.setFixedHeight(Space.HEADER)
        row = QHBoxLayout(self.header)
        row.setContentsMargins(18, 0, Space.L, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.name, 1)
        chips = (self.topic, self.language, self.stale, self.holder)
        for part in (*chips, self.search, self.correct, self.release, self.claim, self.take_back):
            row.addWidget(part)

    def _build_body(self) -> None:
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        card_margin = QVBoxLayout()
        card_margin.setContentsMargins(18, 14, 18, 4)
        card_margin.setSpacing(Space.S)
        card_margin.addWidget(self.taking_back)
        card_margin.addWidget(self.card)
        column.addWidget(self.header)
        column.addWidget(rule())
        column.addWidget(self.find_bar)
        column.addLayout(card_margin)
        column.addWidget(self.view, 1)
        self.empty = label("", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(shown)
        self.show_nothing("")

    def show_nothing(self, why: str) -> None:
        """Show why there is nothing to see."""
        self.model.show_conversation(None)
        self.empty.setText(why)
        self._stack.setCurrentIndex(0)

    def show_view(self, view: ConversationView, claim: Claim | None, me: Me) -> None:
        """Show a conversation; a new one opens at its latest turn, with the AI's last turn current."""
        conversation = view.conversation
        fresh = self.model.conversation is None or self.model.conversation.id != conversation.id
        self._stack.setCurrentIndex(1)
        self._claim, self._mine = claim, claim is not None and claim.holder_id == me.user_id
        self._claimable = view.row.may_be_claimed_by(me.role)
        self._closed = view.row.owner_state is OwnerState.CLOSED
        self._may_take_back = self._claimable and is_allowed(me.role, Permission.TAKE_BACK)
        self.correct.setVisible(self._claimable)
        self.name.set_text(conversation.customer.name)
        self.topic.show_chip(topic_word(conversation.topic), Tone.QUIET)
        self.language.show_chip(language_word(conversation.language), Tone.QUIET, "languages")
        self._fit_header()
        self.card.show_handoff(conversation, self._now())
        self.model.show_conversation(conversation)
        self._show_holder()
        if fresh:
            self.taking_back.hide()
            self.find_bar.close_bar()
            self.view.scroll_to_end()
            start = self._opening_turn(conversation)
            if start is not None:
                self.view.set_current_turn(start.number)
            self.view.scroll_to_end()

    def show_stale(self, read_at: datetime | None) -> None:
        """Say when this copy was read, where the backend could not be asked again."""
        words = self.tr("read {when}").format(when=moment(read_at, self._now())) if read_at else ""
        self.stale.show_chip(words, Tone.WARN, "cloud-off")

    def ask_take_back(self) -> None:
        """Say what it would mean to take the conversation back from whoever holds it, and wait for a yes."""
        if self._claim is not None and not self._mine and self._may_take_back:
            self._asked_epoch = self._claim.epoch
            words = self.tr(
                "Take this conversation back from {name}? {name} may be writing: what they submit after that is kept, "
                "as late, for review."
            )
            self.taking_back.ask(words.format(name=self._claim.holder_name))

    def open_find(self) -> None:
        """Look for text in the conversation."""
        if self.model.conversation is not None:
            self.find_bar.open_over(self.model.conversation.turns)

    def current_turn(self) -> Turn | None:
        """The turn in focus."""
        conversation, place = self.model.conversation, self.view.currentIndex().row()
        return conversation.turns[place] if conversation is not None and place >= 0 else None

    def step_ai_turn(self, by: int) -> None:
        """Go to the next or the previous AI turn."""
        conversation, current = self.model.conversation, self.view.currentIndex().row() + 1
        if conversation is None:
            return
        numbers = [turn.number for turn in conversation.turns if turn.speaker is Speaker.AI]
        ahead = [n for n in numbers if (n > current if by > 0 else n < current)]
        if ahead:
            self.view.set_current_turn(ahead[0] if by > 0 else ahead[-1])

    def jump_to_handoff(self) -> None:
        """Go to the turn at which the AI let go."""
        conversation = self.model.conversation
        if conversation is not None and conversation.handoff is not None:
            self.view.set_current_turn(conversation.handoff.at_turn)

    def jump_to_lowest(self) -> None:
        """Go to the AI turn with the lowest reported confidence."""
        conversation = self.model.conversation
        scored = [
            (signal.value, turn.number)
            for turn in (conversation.turns if conversation else ())
            if turn.ai and (signal := turn.ai.confidence) and signal.value is not None
        ]
        if scored:
            self.view.set_current_turn(min(scored)[1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.card.set_low(self.height() < _LOW)
        self._fit_header()

    def _fit_header(self) -> None:
        """In a narrow pane the name goes before what can be read, or asked for by key, elsewhere."""
        self.language.setVisible(self.width() >= _WIDE and bool(self.language.accessibleName()))
        self.topic.setVisible(self.width() >= _NARROW)
        self.search.setVisible(self.width() >= _NARROW)
        self.correct.setText(self.tr("Correct") if self.width() >= _NARROW else "")

    @staticmethod
    def _opening_turn(conversation: Conversation) -> Turn | None:
        """The last AI turn with words: the one most likely to need a correction."""
        spoken = [turn for turn in conversation.turns if turn.speaker is Speaker.AI and turn.text]
        return spoken[-1] if spoken else None

    def _show_holder(self) -> None:
        theirs = self._claim is not None and not self._mine
        may_be_mine = self._claimable and not self._closed and not self._mine
        self.claim.setVisible(may_be_mine and not (theirs and self._may_take_back))
        self.claim.setEnabled(self._claim is None)
        self.take_back.setVisible(theirs and self._may_take_back)
        if self.taking_back.is_asking and not (self._claim and theirs and self._claim.epoch == self._asked_epoch):
            self.taking_back.decline()  # it is about a claim that is no more
        self.release.setVisible(self._mine)
        if self._closed:
            self.holder.show_chip(self.tr("closed"), Tone.QUIET, "check-check")
        elif self._claim is None:
            self.holder.show_chip(self.tr("free"), Tone.QUIET, "circle")
        elif self._mine and self._claim.expires_at > self._now():
            left = duration(self._claim.expires_at - self._now())
            self.holder.show_chip(self.tr("You, {left} left").format(left=left), Tone.ACCENT, "user-check")
        elif self._mine:  # and the backend has not said whose it is since
            when = moment(self._claim.expires_at, self._now())
            self.holder.show_chip(self.tr("You, ran out {when}").format(when=when), Tone.WARN, "user-check")
        else:
            until = self._claim.expires_at.astimezone().strftime("%H:%M")
            words = self.tr("{name} until {until}").format(name=self._claim.holder_name, until=until)
            self.holder.show_chip(words, Tone.WARN, "lock")
            said = self.tr("Take back from {name}").format(name=self._claim.holder_name)
            wide = on_one_line(said, 60)
            self.take_back.setAccessibleName(wide)
            set_tip(self.take_back, said)
            short = self.tr("Take back\u2026")  # a name that is no plain word would be read for a shortcut
            self.take_back.setText(wide if self.width() >= _WIDE and "&" not in wide else short)
