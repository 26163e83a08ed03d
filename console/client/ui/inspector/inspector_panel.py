"""The right pane: the confidence trace, and all that is known of the turn, the customer and the corrections."""

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from console.client.services.corrections import CorrectionStatus, SavedState
from console.client.theme.fonts import code_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Size, Space
from console.client.ui.inspector.confidence_chart import ConfidenceChart
from console.client.ui.inspector.section import Section
from console.client.ui.inspector.source_card import SourceCard
from console.client.ui.shared.outline import one_line, outline
from console.client.ui.shared.parts import TextButton, label
from console.client.ui.shared.phrases import GATES, SIGNALS, language_word, topic_word
from console.client.ui.shared.receipts import STATES, copy_as_json, gist
from console.client.ui.shared.text_dialog import TextDialog
from console.contract.conversations import Conversation, SignalKind, Turn
from console.contract.corrections import Correction, SourceVerdict
from console.contract.ids import CorrectionId
from console.contract.views import ConversationView, CorrectionState

_MOST_CARDS = 12


class InspectorPanel(QScrollArea):
    """Follows the transcript's current turn, and leads it by its chart."""

    turn_chosen = Signal(int)
    source_judged = Signal(str, object)
    retry_pressed = Signal(str)
    reopen_pressed = Signal(str)
    discard_pressed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._conversation: Conversation | None = None
        self._turn = 0
        self._cards: list[SourceCard] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Inspector"))
        whole = QFrame()
        whole.setProperty("panel", "surface")
        self.setWidget(whole)
        self._body = QWidget()
        self._empty = label(self.tr("What is known of a conversation stands here."), "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        stack = QVBoxLayout(whole)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.addWidget(self._body)
        stack.addWidget(self._empty)
        self.chart = ConfidenceChart(theme)
        self.chart.turn_chosen.connect(self.turn_chosen)
        self._why = Section(self.tr("Why it is here"))
        self._trace = Section(self.tr("Confidence by AI turn"))
        self._sources = Section("")
        self._tools = Section(self.tr("Tool calls"))
        self._versions = Section(self.tr("Prompt and policy"))
        self._customer = Section(self.tr("Customer"))
        self._corrections = Section(self.tr("Corrections here"))
        self._outcome = Section(self.tr("What came with the transcript"))
        self.legend = label("", "muted", Size.SMALL)
        self.legend.setWordWrap(True)
        column = QVBoxLayout(self._body)
        column.setContentsMargins(14, 14, 14, Space.L)
        column.setSpacing(18)
        for section in (
            self._trace,
            self._why,
            self._sources,
            self._tools,
            self._corrections,
            self._customer,
            self._versions,
            self._outcome,
        ):
            column.addWidget(section)
        column.addStretch()
        self._trace.put(self.chart)
        self._trace.put(self.legend)
        self.show_nothing()

    def sizeHint(self) -> QSize:
        return QSize(318, 600)

    def show_nothing(self) -> None:
        """Show that no conversation is open."""
        self._body.setVisible(False)
        self._empty.setVisible(True)

    def show_view(
        self, view: ConversationView, statuses: Sequence[CorrectionStatus], refused: Mapping[CorrectionId, Correction]
    ) -> None:
        """Show a conversation; `statuses` are one's own corrections of it, `refused` those not taken, by id."""
        self._empty.setVisible(False)
        self._body.setVisible(True)
        if view.conversation is not self._conversation:
            self._conversation = view.conversation
            self._turn = 0
            self.chart.show_turns(view.conversation.turns)
            self._show_why(view.conversation)
            self._show_customer(view.conversation)
            self._show_versions(view.conversation)
            self._show_outcome(view.conversation)
        self._show_corrections(view, statuses, refused)

    def show_turn(self, turn: Turn | None) -> None:
        """Show what the AI had and did for a turn."""
        if turn is None or turn.number == self._turn:
            return
        self._turn = turn.number
        self.chart.show_current(turn.number)
        self.chart.setVisible(self.chart.reported)
        self.legend.setText(self._trace_words(turn))
        self._show_sources(turn)
        self._show_tools(turn)

    def show_verdicts(self, verdicts: tuple[SourceVerdict, ...]) -> None:
        """Show the draft's judgements on the turn's sources."""
        for card in self._cards:
            card.show_verdicts(verdicts)

    def _trace_words(self, turn: Turn) -> str:
        """The turn's signals in words; what nobody reported is said, never shown as a number."""
        if turn.ai is None:
            return "" if self.chart.reported else self.tr("Confidence was not reported for any turn.")
        words = []
        for signal in turn.ai.signals:
            value = "not reported" if signal.value is None else f"{signal.value:.2f}"
            limit = "" if signal.threshold is None else f" (limit {signal.threshold:.2f})"
            fired = f", {GATES[signal.gate].word} gate fired" if signal.fired and signal.gate else ""
            detail = f": {signal.detail.rstrip('.')}" if signal.detail else ""
            if signal.kind is SignalKind.TOPIC and signal.value is None:
                value = ""
            words.append(f"{SIGNALS[signal.kind]} {value}{limit}{fired}{detail}".replace("  ", " "))
        if turn.ai.confidence is None and not any("not reported" in word for word in words):
            words.append(self.tr("confidence not reported"))
        return f"Turn {turn.number}: " + "; ".join(words)

    def _show_sources(self, turn: Turn) -> None:
        self._sources.clear()
        self._cards = []
        self._sources.title.setText(self.tr("Sources used in turn {n}").format(n=turn.number))
        self._sources.setVisible(turn.ai is not None)
        sources = turn.ai.sources if turn.ai else ()
        for source in sources[:_MOST_CARDS]:
            card = SourceCard(self._theme, source)
            card.judged.connect(self.source_judged)
            self._cards.append(card)
            self._sources.put(card)
        if len(sources) > _MOST_CARDS:
            more = self.tr("{n} more, in the order they were retrieved: {titles}")
            titles = ", ".join(source.title for source in sources[_MOST_CARDS:])
            self._sources.say(more.format(n=len(sources) - _MOST_CARDS, titles=titles))
        if not self._cards:
            self._sources.say(self.tr("No source was retrieved."))

    def _show_tools(self, turn: Turn) -> None:
        self._tools.clear()
        calls = turn.ai.tool_calls if turn.ai else ()
        self._tools.setVisible(turn.ai is not None)
        for call in calls[:_MOST_CARDS]:
            head = label(f"{call.name}({one_line(call.arguments, 160)})")
            answer = call.error or call.result
            body = "\n".join(outline(answer, 6)) if answer is not None else self.tr("no result recorded")
            result = label(body, "bad" if call.error else "muted")
            for part in (head, result):
                part.setFont(code_font(Size.SMALL))
                part.setWordWrap(True)
                self._tools.put(part)
        if len(calls) > _MOST_CARDS:
            self._tools.say(self.tr("{n} more calls").format(n=len(calls) - _MOST_CARDS))
        if not calls:
            self._tools.say(self.tr("The AI called no tool."))

    def _show_why(self, conversation: Conversation) -> None:
        self._why.clear()
        handoff = conversation.handoff
        if handoff is None:
            self._why.say(self.tr("The AI did not hand it off; it was queued for review."))
            return
        value = "not reported" if handoff.value is None else f"{handoff.value:.2f}"
        limit = "none" if handoff.threshold is None else f"{handoff.threshold:.2f}"
        gate = GATES[handoff.gate].word + (" (inferred)" if handoff.inferred else "")
        tier = f"Tier {int(handoff.to_tier)}"
        self._why.tabulate([("Gate", gate, ""), ("Value, limit", f"{value}, {limit}", ""), ("To", tier, "")])
        if handoff.reason:
            self._why.say(handoff.reason)

    def _show_customer(self, conversation: Conversation) -> None:
        self._customer.clear()
        customer, earlier = conversation.customer, conversation.earlier_contacts
        rows = [("Name", customer.name, "")]
        rows += [("E-mail", customer.email, "")] if customer.email else []
        rows += [("Phone", customer.phone, "")] if customer.phone else []
        rows += [(name, value, "") for name, value in customer.facts]
        if not any(name.lower() == "language" for name, _ in customer.facts):
            language = language_word(conversation.language)
            rows += [("Language", language or "not recorded", "" if language else "muted")]
        rows += [
            (
                "Earlier",
                f"{len(earlier)} contact{'s' * (len(earlier) > 1)}" if earlier else "no earlier contact known",
                "",
            )
        ]
        self._customer.tabulate(rows)
        for contact in earlier[:4]:
            state = "resolved" if contact.resolved else "not resolved"
            self._customer.say(f"{contact.at:%d %b}, {contact.topic}, {state}: {contact.summary}")

    def _show_versions(self, conversation: Conversation) -> None:
        self._versions.clear()
        rows = [
            ("Model", conversation.model or "not recorded", ""),
            ("Prompt", (conversation.prompt_version or "not recorded").removeprefix("sha256:"), ""),
            ("Policy", (conversation.policy_version or "not recorded").removeprefix("sha256:"), ""),
        ]
        self._versions.tabulate(rows)
        if conversation.prompt:
            read = TextButton(self._theme, self.tr("Read the prompt"), "file-text", quiet=True)
            read.clicked.connect(self._open_prompt)
            self._versions.put(read, left=True)

    def _open_prompt(self) -> None:
        assert self._conversation is not None
        title = self.tr("Prompt and policy {version}").format(version=self._conversation.prompt_version or "")
        TextDialog(self._theme, title, self._conversation.prompt, self).open()

    def _show_corrections(
        self, view: ConversationView, statuses: Sequence[CorrectionStatus], refused: Mapping[CorrectionId, Correction]
    ) -> None:
        self._corrections.clear()
        mine = {status.id for status in statuses}
        for status in statuses:
            words, role, *_ = STATES[status.state]
            self._corrections.say(f"Turn {status.turn}: yours, {words}", role)
            if status.id in refused:
                self._show_refused(status, refused[status.id])
        for record in view.corrections:
            if record.correction.id not in mine:
                late = record.receipt.state is CorrectionState.LATE
                words, role, *_ = STATES[SavedState.LATE if late else SavedState.STORED]
                self._corrections.say(f"Turn {record.correction.turn}: {record.author_name}, {words}", role)
            self._corrections.say(gist(record.correction))
        if not statuses and not view.corrections:
            self._corrections.say(self.tr("None yet. Press e on an AI turn."))

    def _show_refused(self, status: CorrectionStatus, said: Correction) -> None:
        """Why it was refused, what it says, and every way out; nothing is dropped unless its author says so."""
        self._corrections.say(status.reason or "")
        self._corrections.say(gist(said))
        ways = (
            (self.tr("Edit again"), "pencil", self.reopen_pressed),
            (self.tr("Send again"), "refresh-cw", self.retry_pressed),
            (self.tr("Discard"), "trash-2", self.discard_pressed),
        )
        for words, icon, asked in ways:
            button = TextButton(self._theme, words, icon, quiet=asked is self.discard_pressed)
            button.clicked.connect(partial(asked.emit, status.id))
            self._corrections.put(button, left=True)
        copy = TextButton(self._theme, self.tr("Copy as JSON"), "copy", quiet=True)
        copy.clicked.connect(lambda: copy_as_json(said))
        self._corrections.put(copy, left=True)

    def _show_outcome(self, conversation: Conversation) -> None:
        self._outcome.clear()
        self._outcome.setVisible(bool(conversation.outcome))
        rows = [(topic_word(o.name), "\n".join(outline(o.value, 12)), "") for o in conversation.outcome]
        if rows:
            self._outcome.tabulate(rows)
