"""The editor below a bubble: the corrected answer, its live diff, the labels, and submit."""

from collections.abc import Callable, Collection

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from console.client.domain import drafts
from console.client.domain.drafts import CorrectionDraft
from console.client.domain.words import word_segments
from console.client.theme.theme import Theme
from console.client.theme.tokens import Size, Space
from console.client.ui.correction.answer_edit import AnswerEdit
from console.client.ui.correction.assertions_editor import AssertionsEditor
from console.client.ui.correction.diff_view import DiffView
from console.client.ui.correction.lock_strip import LockStrip, LockWay
from console.client.ui.correction.tool_call_editor import ToolCallEditor
from console.client.ui.shared.commands import keys_of
from console.client.ui.shared.options import Option, OptionGroup
from console.client.ui.shared.parts import TextButton, label, rule, set_role
from console.client.ui.shared.phrases import GATES, ROOT_CAUSES, SEVERITIES
from console.client.ui.shared.picker import Choice, Picker
from console.contract.conversations import Gate, Turn
from console.contract.corrections import Scope
from console.contract.taxonomy import TAXONOMY, RootCause, Severity

_FIRST_CODES = 5
_DIFF_PAUSE_MS = 25
_SEVERITY_RUBRICS = {
    Severity.MINOR: "Awkward or incomplete; the customer still gets what they need.",
    Severity.MAJOR: "The customer is misled, or has to ask again or come back.",
    Severity.CRITICAL: "Costs money, breaks a law or a promise, or does harm.",
}


class CorrectionEditor(QFrame):
    """Shows one draft and gives back a new one at every change. It saves and sends nothing itself."""

    draft_edited = Signal(object)
    submit_pressed = Signal()
    left = Signal()
    close_pressed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("panel", "editor")
        self._theme = theme
        self._turn: Turn | None = None
        self._draft: CorrectionDraft | None = None
        self._hunk = 0
        self._locked = False
        self._submitting = False
        self._shown_text = ""
        self._diff_timer = QTimer(self)
        self._diff_timer.setSingleShot(True)
        self._diff_timer.setInterval(_DIFF_PAUSE_MS)
        self._diff_timer.timeout.connect(self._take_text)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._build_parts()
        self._build_layout()
        self._connect()

    @property
    def is_read_only(self) -> bool:
        """Whether the editor is locked."""
        return self._locked

    @property
    def labels_only(self) -> bool:
        """Whether the answer is too long to be rewritten here, so that only its labels can be given."""
        return self.answer.is_too_long

    def take_draft(self) -> CorrectionDraft:
        """Return the draft with what was typed a moment ago, which is told as an edit first."""
        self._take_text()
        assert self._draft is not None
        return self._draft

    def edit(self, draft: CorrectionDraft, turn: Turn) -> None:
        """Show a draft and take the cursor to the end of its text."""
        self._draft, self._turn, self._hunk = draft, turn, 0
        self._shown_text = draft.text
        self.answer.show_text(draft.text)
        self.note.show_text(draft.note)
        self.assertions.show_assertions(draft.assertions)
        self._unfolded = {name for name, said in self._said_beside().items() if said}
        self.fault.hide()
        self.set_read_only("")
        self._show()
        self.answer.moveCursor(self.answer.textCursor().MoveOperation.End)
        self.answer.setFocus()

    def apply(self, change: Callable[[CorrectionDraft], CorrectionDraft]) -> None:
        """Change the draft by one of the domain's functions."""
        self._take_text()
        if self._draft is None or self._locked or self._submitting:
            return
        fresh = change(self._draft)
        if fresh != self._draft:
            self._draft = fresh
            self.fault.hide()
            self._show()
            self.draft_edited.emit(fresh)

    def show_save_state(self, words: str, role: str = "muted") -> None:
        """Say where the draft is."""
        self.state.setText(words)
        set_role(self.state, role)

    def show_faults(self, found: tuple[str, ...]) -> None:
        """Say what still stops submission and take the cursor there."""
        self.fault.setText(" ".join(found))
        self.fault.setVisible(bool(found))
        assert self._draft is not None
        if not self._draft.codes:
            self.codes.setFocus()
        elif self._draft.should_have_handed_off and self._draft.handoff_gate is None:
            self.gates.setFocus()
        elif self._draft.tool_calls:
            self.tools.arguments.setFocus()

    def set_read_only(self, reason: str, ways: Collection[LockWay] = ()) -> None:
        """Lock the editor and say why and what can be done, keeping its text; an empty reason unlocks it."""
        self._locked = bool(reason)
        for part in (*self._groups(), self.submit):
            part.setEnabled(not self._locked)
        self._freeze_texts()
        self.lock.show_lock(reason, ways)
        if self._locked and self.isAncestorOf(self.focusWidget()) and not self.lock.isAncestorOf(self.focusWidget()):
            self.left.emit()

    def show_submitting(self, submitting: bool) -> None:
        """Take no edits while the draft is being submitted; the focus stays, so that what is typed on is no command."""
        self._submitting = submitting
        self._freeze_texts()

    def _freeze_texts(self) -> None:
        frozen = self._locked or self._submitting
        self.answer.freeze(frozen)
        self.note.freeze(frozen)
        for part in (self.tools, self.assertions):
            part.setEnabled(not frozen)

    def _groups(self) -> tuple[OptionGroup, ...]:
        return self.codes, self.severity, self.causes, self.scope, self.beside, self.gates

    # building

    def _build_parts(self) -> None:
        theme = self._theme
        self.lock = LockStrip(theme)
        self.answer = AnswerEdit(self.tr("Corrected answer"))
        self.diff = DiffView(theme)
        self.codes = OptionGroup(theme, self.tr("What was wrong"), [])
        every = self.tr("All {n}\u2026  {key}").format(n=len(TAXONOMY.codes), key=keys_of("taxonomy"))
        self.all_codes = TextButton(theme, every, quiet=True)
        self.codes.add_last(self.all_codes)
        self.severity = OptionGroup(
            theme,
            self.tr("Severity"),
            [Option(key.value, word, _SEVERITY_RUBRICS[key]) for key, word in SEVERITIES.items()],
        )
        self.causes = OptionGroup(
            theme, self.tr("Cause"), [Option(key.value, word) for key, word in ROOT_CAUSES.items()]
        )
        self.scope = OptionGroup(
            theme,
            self.tr("Change"),
            [
                Option(Scope.TEACH.value, self.tr("Teach"), self.tr("Right for any customer: a training signal.")),
                Option(
                    Scope.CUSTOMER_ONLY.value,
                    self.tr("Only this customer"),
                    self.tr("Goodwill or a detail of this case: never becomes training signal."),
                ),
            ],
        )
        self.beside = OptionGroup(
            theme,
            self.tr("Also"),
            [
                Option("handoff", self.tr("Should have handed off")),
                Option("tools", self.tr("Wrong tool call")),
                Option("must", self.tr("Must, must not say")),
                Option("note", self.tr("Note")),
            ],
        )
        self.gates = OptionGroup(
            theme, self.tr("Which gate"), [Option(gate.value, words.word) for gate, words in GATES.items()]
        )
        self.tools = ToolCallEditor(theme)
        self.assertions = AssertionsEditor()
        self.note = AnswerEdit(self.tr("Note for the reviewer"), most_lines=5)
        self.note.setProperty("field", True)
        self.note.setPlaceholderText(self.tr("Why, for whoever reviews this"))
        self.fault = label("", "warn", Size.LABEL)
        self.fault.setWordWrap(True)
        self.fault.setContentsMargins(Space.M, 0, Space.M, Space.S)
        self.fault.hide()
        self.state = label("", "muted", Size.LABEL)
        self.state.setWordWrap(True)
        self.close_button = TextButton(theme, self.tr("Close"), quiet=True)
        self.close_button.setToolTip(self.tr("The draft stays on this computer."))
        self.submit = TextButton(theme, self.tr("Submit correction"), "check", primary=True)

    def _build_layout(self) -> None:
        self._rows: dict[str, tuple[QLabel, QWidget]] = {}
        grid = QGridLayout()
        grid.setContentsMargins(Space.M, 10, Space.M, 10)
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, 92)
        rows = (
            ("codes", self.tr("What was wrong"), self.codes),
            ("severity", self.tr("Severity"), self.severity),
            ("causes", self.tr("Cause"), self.causes),
            ("scope", self.tr("Change"), self.scope),
            ("beside", self.tr("Also"), self.beside),
            ("gates", self.tr("Which gate"), self.gates),
            ("tools", self.tr("Tool call"), self.tools),
            ("must", self.tr("Any answer"), self.assertions),
            ("note", self.tr("Note"), self.note),
        )
        for place, (name, words, part) in enumerate(rows):
            side = label(words, "muted", Size.LABEL)
            side.setFixedHeight(24)
            grid.addWidget(side, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(part, place, 1)
            self._rows[name] = (side, part)
        foot = QHBoxLayout()
        foot.setContentsMargins(Space.M, Space.S, Space.S, Space.S)
        foot.setSpacing(Space.S)
        foot.addWidget(self.state, 1)
        foot.addWidget(self.close_button)
        foot.addWidget(label(keys_of("submit"), "faint", Size.SMALL))
        foot.addWidget(self.submit)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 3, 1, 1)
        column.setSpacing(0)
        inset = QVBoxLayout()
        inset.setContentsMargins(6, 0, 6, 4)
        inset.addWidget(self.lock)
        inset.addWidget(self.answer)
        column.addLayout(inset)
        column.addWidget(self.diff)
        column.addLayout(grid)
        column.addWidget(self.fault)
        column.addWidget(rule())
        column.addLayout(foot)

    def _connect(self) -> None:
        self.answer.textChanged.connect(self._diff_timer.start)
        self.answer.left.connect(self.left)
        self.answer.paste_refused.connect(lambda why: self.show_save_state(why, "warn"))
        self.note.left.connect(self.left)
        self.note.textChanged.connect(lambda: self.apply(lambda draft: drafts.with_note(draft, self.note.text())))
        self.diff.hunk_chosen.connect(self._choose_hunk)
        self.codes.pressed.connect(self._on_code_pressed)
        self.codes.installEventFilter(self)
        self.scope.installEventFilter(self)
        self.all_codes.clicked.connect(self.open_taxonomy)
        self.severity.pressed.connect(self._on_severity_pressed)
        self.causes.pressed.connect(self._on_cause_pressed)
        self.scope.pressed.connect(
            lambda value: self.apply(lambda draft: drafts.with_hunk_scope(draft, self._hunk, Scope(value)))
        )
        self.beside.pressed.connect(self._on_beside_pressed)
        self.gates.pressed.connect(
            lambda value: self.apply(lambda draft: drafts.with_handoff(draft, True, Gate(value)))
        )
        self.tools.call_edited.connect(lambda call: self.apply(lambda draft: drafts.with_tool_call(draft, call)))
        self.tools.call_untouched.connect(lambda key: self.apply(lambda draft: drafts.without_tool_call(draft, key)))
        self.assertions.left.connect(self.left)
        self.assertions.edited.connect(lambda said: self.apply(lambda draft: drafts.with_assertions(draft, said)))
        self.close_button.clicked.connect(self.close_pressed)
        self.submit.clicked.connect(self.submit_pressed)

    # keys of the groups

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._draft is not None:
            step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
            if step is not None and self._draft.hunks:
                self._choose_hunk((self._hunk + step) % len(self._draft.hunks))
                return True
            bare = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if bare and event.key() == Qt.Key.Key_T and watched is self.codes:
                self.open_taxonomy()
                return True
            if bare and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space) and watched is self.codes:
                self._confirm_hunk()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def open_taxonomy(self) -> None:
        """Offer every error code with its rubric."""
        picker = Picker(self._theme, self.tr("Find what was wrong"), self)
        said = self._draft.codes if self._draft else ()
        picker.chosen.connect(self._on_code_pressed)
        choices = [Choice(c.code, c.name, c.rubric, "\u2713" if c.code in said else "") for c in TAXONOMY.codes]
        picker.offer(choices, self.codes.mapToGlobal(QPoint(0, 0)), width=720, rows=14)

    def _choose_hunk(self, place: int) -> None:
        self._hunk = place
        self._show()

    def _on_code_pressed(self, code: str) -> None:
        """With changes, a code is said of the current one and the next unconfirmed one follows; else of the turn."""
        self._take_text()
        hunks = self._draft.hunks if self._draft else ()
        current = hunks[self._hunk] if self._hunk < len(hunks) else None
        if current is None or (current.confirmed and current.code == code):
            self.apply(lambda draft: drafts.toggle_code(draft, code))
        else:
            self.apply(lambda draft: drafts.with_hunk_code(draft, self._hunk, code))
            self._advance()

    def _confirm_hunk(self) -> None:
        self._take_text()
        if self._draft is not None and self._hunk < len(self._draft.hunks):
            self.apply(lambda draft: drafts.confirm_hunk(draft, self._hunk))
            self._advance()

    def _advance(self) -> None:
        hunks = self._draft.hunks if self._draft else ()
        order = [*range(self._hunk + 1, len(hunks)), *range(self._hunk)]
        self._hunk = next((place for place in order if not hunks[place].confirmed), self._hunk)
        self._show()

    def _on_severity_pressed(self, value: str) -> None:
        chosen = Severity(value)
        self.apply(lambda draft: drafts.with_severity(draft, None if draft.severity is chosen else chosen))

    def _on_cause_pressed(self, value: str) -> None:
        chosen = RootCause(value)
        self.apply(lambda draft: drafts.with_root_cause(draft, None if draft.root_cause is chosen else chosen))

    def _on_beside_pressed(self, name: str) -> None:
        opening = name not in self._unfolded
        self._unfolded ^= {name}
        if name == "handoff":
            self.apply(lambda draft: drafts.with_handoff(draft, opening))
        self._show()
        if opening:
            openings: dict[str, QWidget] = {
                "handoff": self.gates,
                "tools": self.tools.verdict,
                "must": self.assertions.must_say,
                "note": self.note,
            }
            openings[name].setFocus()

    # showing

    def _said_beside(self) -> dict[str, bool]:
        assert self._draft is not None
        return {
            "handoff": self._draft.should_have_handed_off,
            "tools": bool(self._draft.tool_calls),
            "must": bool(self._draft.assertions),
            "note": bool(self._draft.note),
        }

    def _take_text(self) -> None:
        """Carry what was typed into the draft; the timer keeps that off the keystroke's own frame."""
        self._diff_timer.stop()
        text = self.answer.text()
        if self._draft is None or text == self._shown_text:
            return
        self._shown_text = text
        self._draft = drafts.with_text(self._draft, text)
        self.fault.hide()
        self._show()
        self.draft_edited.emit(self._draft)

    def _show(self) -> None:
        draft = self._draft
        assert draft is not None
        assert self._turn is not None
        self._hunk = min(self._hunk, max(0, len(draft.hunks) - 1))
        self.diff.setVisible(bool(draft.hunks))
        if draft.hunks:
            self.diff.show_segments(word_segments(draft.original, draft.text), self._hunk)
        further = tuple(code for code in TAXONOMY.codes[_FIRST_CODES:] if code.code in draft.codes)
        shown_codes = TAXONOMY.codes[:_FIRST_CODES] + further
        self.codes.set_options([Option(code.code, code.name, code.rubric) for code in shown_codes])
        hunk = draft.hunks[self._hunk] if draft.hunks else None
        self.codes.mark(set(draft.codes), hunk.code if hunk and not hunk.confirmed else None)
        self.severity.mark({draft.severity.value} if draft.severity else set())
        self.causes.mark({draft.root_cause.value} if draft.root_cause else set())
        self.scope.mark({hunk.scope.value} if hunk else set())
        self._rows["scope"][0].setText(self.tr("Change {n} of {all}").format(n=self._hunk + 1, all=len(draft.hunks)))
        self.beside.mark({name for name, said in self._said_beside().items() if said} | self._unfolded)
        self.gates.mark({draft.handoff_gate.value} if draft.handoff_gate else set())
        self.tools.show_calls(self._turn.ai.tool_calls if self._turn.ai else (), draft.tool_calls)
        shown = {
            "scope": bool(draft.hunks),
            "gates": "handoff" in self._unfolded,
            "tools": "tools" in self._unfolded,
            "must": "must" in self._unfolded,
            "note": "note" in self._unfolded,
        }
        for name, visible in shown.items():
            for part in self._rows[name]:
                part.setVisible(visible)
