"""Joins one session to the window: what changed is shown, what is pressed is asked of the services."""

from collections.abc import Callable

from PySide6.QtCore import QMetaObject, QObject, Qt, SignalInstance

from console.client.models.transcript_model import TurnMark
from console.client.services.changes import ChangeSet, Everything, concerns
from console.client.services.connection import ConnectionState
from console.client.services.corrections import SavedState
from console.client.services.errors import RefusedError
from console.client.services.session import DeskSession
from console.client.services.tasks import Tasks
from console.client.ui.correction.presenter import CorrectionPresenter
from console.client.ui.inbox.queue_panel import QueueTab
from console.client.ui.outbox.presenter import OutboxPresenter
from console.client.ui.shared.commands import CommandRegistry, Place, keys_of
from console.client.ui.shared.door import Door
from console.client.ui.shared.phrases import as_of
from console.client.ui.shared.receipts import STATES
from console.client.ui.window.main_window import MainWindow
from console.contract.ids import ConversationId
from console.contract.permissions import Permission, Role, is_allowed
from console.contract.problems import ProblemCode

_FIRST_TAB = {
    Role.TIER1: QueueTab.UNASSIGNED,
    Role.TIER2: QueueTab.TIER2,
    Role.QA: QueueTab.ALL,
    Role.OWNER: QueueTab.ALL,
}
_QUEUE_NAMES = {
    Role.TIER1: "Tier 1 queue",
    Role.TIER2: "Tier 2 queue",
    Role.QA: "Review queue",
    Role.OWNER: "Every conversation",
}


class DeskPresenter(QObject):
    """Lives as long as one session; `stop` takes it off the window again."""

    def __init__(self, window: MainWindow, session: DeskSession, tasks: Tasks) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._door = Door(tasks, window.notice.tell, window.notice.tell_away)
        self._shown: ConversationId | None = None
        self._drafts: dict[ConversationId, set[int]] = {}
        window.queue.pin(None)
        hint = self.tr("Choose a conversation.")
        if is_allowed(session.me.role, Permission.CLAIM_TIER1):
            hint = self.tr("Choose a conversation, or press {key} for the most urgent free one.")
        window.conversation.show_nothing(hint.format(key=keys_of("next")))
        window.inspector.show_nothing()
        self._connections: list[QMetaObject.Connection] = []
        self.correction = CorrectionPresenter(window.editor, session, self._door, window.notice.tell)
        self.outbox = OutboxPresenter(
            window.outbox, session, self._door, window.notice.tell, self.go_to, self.correction.make_room
        )
        self._unsubscribe = session.changes.subscribe(self._on_changed)
        self._connect()
        window.rail.show_person(session.me)
        window.commands.allow(session.me.role)
        window.status.show_role(session.me.role)
        window.queue.title.setText(_QUEUE_NAMES[session.me.role])
        window.queue.choose_tab(_FIRST_TAB[session.me.role])
        self._door.start("read drafts", self._read_drafts)
        self._show_queue()
        self._show_saving()

    async def stop(self) -> None:
        """Take the session off the window; drafts stay where they are kept."""
        await self.correction.stop()
        self.outbox.stop()
        self._window.move_to(Place.CONVERSATION)
        self._window.notice.hide()
        self._unsubscribe()
        for connection in self._connections:
            QObject.disconnect(connection)
        self.deleteLater()

    def open(self, conversation_id: ConversationId) -> None:
        """Show a conversation: at once where it was read before, then as the backend has it."""
        if self._turn_to(conversation_id):
            self._door.start(f"open {conversation_id}", lambda: self._open(conversation_id))

    async def go_to(self, conversation_id: ConversationId, turn: int, *, edit: bool = False) -> None:
        """Show a turn, once its conversation is read; `edit` opens its correction. Raises DeskError."""
        self._turn_to(conversation_id)
        if self._session.conversations.get(conversation_id) is None:
            await self._open(conversation_id)
        if self._shown == conversation_id:  # and not another one meanwhile
            self._window.conversation.view.set_current_turn(turn)
            if edit:
                self._correct()

    def _turn_to(self, conversation_id: ConversationId) -> bool:
        """Put a conversation in the middle of the window; say whether it was not there before."""
        self._window.move_to(Place.CONVERSATION)
        if conversation_id == self._shown:
            return False
        self.correction.close()
        self._shown = conversation_id
        self._window.queue.pin(conversation_id)
        self._window.notice.hide()
        self._show_conversation()
        return True

    def _connect(self) -> None:
        window = self._window
        commands: CommandRegistry = window.commands
        actions: dict[str, Callable[[], object]] = {
            "next": lambda: self._door.start("next", self._pull_next),
            "claim": self._claim,
            "release": self._release,
            "close": self._close,
            "open_again": self._open_again,
            "take_back": window.conversation.ask_take_back,
            "correct": self._correct,
            "submit": self.correction.submit,
            "taxonomy": self._choose_taxonomy,
            "leave": self._leave,
            "reconnect": self._session.reconnect,
            "resend": window.outbox.detail.resend.click,
            "reopen": window.outbox.detail.reopen.click,
            "discard": window.outbox.detail.confirm_discard,
            "export_all": self.outbox.export_all,
        }
        for command_id, action in actions.items():
            self._on(commands.actions[command_id].triggered, lambda _=False, action=action: action())
        self._on(window.queue.conversation_chosen, self.open)
        self._on(window.conversation.claim_pressed, self._claim)
        self._on(window.conversation.release_pressed, self._release)
        self._on(window.conversation.take_back_confirmed, self._take_back)
        self._on(self.correction.take_back_asked, window.conversation.ask_take_back)
        self._on(window.conversation.correct_pressed, self._correct)
        self._on(window.conversation.view.turn_chosen, self._on_turn_chosen)
        self._on(window.conversation.view.chip_pressed, self._on_chip_pressed)
        self._on(window.inspector.source_judged, self.correction.judge_source)
        self._on(window.inspector.retry_pressed, self.outbox.resend)
        self._on(window.inspector.reopen_pressed, self.outbox.reopen)
        self._on(window.inspector.discard_pressed, self._ask_discard)
        self._on(window.editor.left, lambda: window.conversation.view.setFocus())
        self._on(self.correction.faults_shown, lambda: window.conversation.view.reveal(window.editor.submit))
        self._on(self.correction.editor_opened, self._on_editor_opened)
        self._on(self.correction.editor_closed, self._on_editor_closed)
        self._on(self.correction.draft_shown, lambda draft: window.inspector.show_verdicts(draft.source_verdicts))

    def _on(self, signal: SignalInstance, slot: Callable[..., object]) -> None:
        self._connections.append(signal.connect(slot))

    # asking

    async def _open(self, conversation_id: ConversationId) -> None:
        try:
            await self._session.conversations.open(conversation_id)
        finally:
            if conversation_id == self._shown:
                self._show_conversation()

    async def _pull_next(self) -> None:
        try:
            row = await self._session.queue.pull_next()
        except RefusedError as error:
            if error.code is not ProblemCode.NOTHING_FREE:
                raise
            self._window.notice.tell(str(error))
        else:
            self.open(row.conversation_id)

    def _claim(self) -> None:
        if (shown := self._shown) is not None:
            self._door.start(f"claim {shown}", lambda: self._claimed(shown))

    async def _claimed(self, conversation_id: ConversationId, take_back: int | None = None) -> None:
        await self._session.conversations.claim(conversation_id, take_back)

    def _take_back(self, epoch: int) -> None:
        if (shown := self._shown) is not None:
            self._door.start(f"claim {shown}", lambda: self._claimed(shown, epoch))

    def _release(self) -> None:
        if (shown := self._shown) is not None and self._session.conversations.held(shown):
            self.correction.close()
            self._door.start(f"release {shown}", lambda: self._session.conversations.release(shown))

    def _close(self) -> None:
        if (shown := self._shown) is None:
            return
        if self._session.conversations.held(shown) is None:
            self._window.notice.tell(self.tr("Claim this conversation first: who holds it closes it."))
            return
        self.correction.keep_claim(shown)
        self.correction.close()
        self._door.start(f"close {shown}", lambda: self._session.conversations.close(shown))

    def _open_again(self) -> None:
        if (shown := self._shown) is not None:
            self._door.start(f"reopen {shown}", lambda: self._session.conversations.reopen(shown))

    def _correct(self) -> None:
        turn, view = self._window.conversation.current_turn(), None
        if self._shown is not None:
            view = self._session.conversations.get(self._shown)
        if view is None or turn is None:
            return
        if view.row.may_be_claimed_by(self._session.me.role):
            self.correction.correct(view.conversation.id, turn)
        elif view.row.gate is None:
            self._window.notice.tell(self.tr("The AI did not hand this off: a QA lead corrects it."))
        else:
            self._window.notice.tell(self.tr("This one waits for Tier 2: a specialist corrects it."))

    def _choose_taxonomy(self) -> None:
        if self.correction.turn is not None:
            self._window.editor.open_taxonomy()

    def _leave(self) -> None:
        if self._window.editor.isAncestorOf(self._window.focusWidget()):
            self._window.conversation.view.setFocus()
        else:
            self.correction.close()

    def _ask_discard(self, correction_id: str) -> None:
        """Ask in the outbox, where it stands what would be lost."""
        self._window.move_to(Place.OUTBOX)
        self._window.outbox.choose(correction_id)
        self._window.outbox.detail.confirm_discard()

    async def _read_drafts(self) -> None:
        self._drafts = {}
        for draft in await self._session.corrections.drafts():
            self._drafts.setdefault(draft.conversation_id, set()).add(draft.turn)
        self._show_marks()

    # showing

    def _on_changed(self, change: ChangeSet) -> None:
        if change.connection or isinstance(change.queue, Everything) or change.queue:
            self._show_queue()
        if self._shown is not None:
            if concerns(change.conversations, self._shown) or concerns(change.corrections, self._shown):
                self._show_conversation()
                self.correction.show_claim()
            elif concerns(change.queue, self._shown):
                self._show_conversation()
        self.outbox.show()
        if change.connection and self._session.connection.state is ConnectionState.ONLINE:
            self._window.notice.back()
        if change.connection or change.corrections:
            self._show_saving()

    def _show_queue(self) -> None:
        rows = self._session.queue.rows
        words = ""
        if rows and self._session.connection.state is not ConnectionState.ONLINE:
            words = as_of(self._session.connection.since, self._session.now())
        self._window.queue.show_queue(rows, self._session.me, words)
        self._window.rail.show_count(self._window.queue.free_count)

    def _show_saving(self) -> None:
        corrections, connection = self._session.corrections, self._session.connection
        pending, refused = corrections.pending_count, len(corrections.refused())
        unreadable, online = len(corrections.unreadable), connection.state is ConnectionState.ONLINE
        self._window.status.show_connection(connection, self._session.now())
        self._window.status.show_saving(pending, refused, unreadable, online=online)
        self._window.rail.show_unstored(pending + refused + unreadable)

    def _show_conversation(self) -> None:
        view = self._session.conversations.get(self._shown) if self._shown else None
        if view is None or self._shown is None:
            self._window.conversation.show_nothing(self.tr("Opening\u2026") if self._shown else "")
            self._window.inspector.show_nothing()
            return
        stale = self._session.conversations.stale_since(self._shown)
        self._window.conversation.show_stale(stale)
        row = self._session.queue.row(self._shown)
        claim = self._session.conversations.held(self._shown) or (row.claim if row else view.row.claim)
        self._window.conversation.show_view(view, claim, self._session.me)
        states, corrections = self._session.corrections.states(self._shown), self._session.corrections
        refused = {s.id: corrections.refused_correction(s.id) for s in states if s.state is SavedState.REFUSED}
        self._window.inspector.show_view(view, states, refused)
        self._window.inspector.show_turn(self._window.conversation.current_turn())
        self._show_marks()

    def _show_marks(self) -> None:
        """Mark each turn with where its correction is; what is still being written goes before what was said."""
        if self._shown is None:
            return
        marks: dict[int, TurnMark] = {}
        view = self._session.conversations.get(self._shown)
        for record in view.corrections if view else ():
            marks[record.correction.turn] = TurnMark(self.tr("corrected"), settled=True)
        for status in self._session.corrections.states(self._shown):
            words = STATES[status.state].word
            stored = status.state is SavedState.STORED
            marks[status.turn] = TurnMark(self.tr("corrected, {state}").format(state=words), settled=stored)
        for turn in self._drafts.get(self._shown, ()):
            marks[turn] = TurnMark(self.tr("draft"))
        self._window.conversation.model.show_marks(marks)

    # hearing

    def _on_turn_chosen(self, _number: int) -> None:
        self._window.inspector.show_turn(self._window.conversation.current_turn())
        if self.correction.turn is not None:
            self._window.inspector.show_verdicts(self._window.editor.take_draft().source_verdicts)

    def _on_chip_pressed(self, number: int, action: str) -> None:
        view = self._window.conversation.view
        if action == "correct":
            view.set_current_turn(number)
            self._correct()
        else:
            view.toggle(number, action)

    def _on_editor_opened(self, number: int) -> None:
        view = self._window.conversation.view
        view.show_editor(number, self._window.editor)
        self._window.conversation.card.set_folded(folded=True)
        self._window.editor.answer.setFocus(Qt.FocusReason.ShortcutFocusReason)
        view.reveal(self._window.editor.answer)

    def _on_editor_closed(self) -> None:
        view = self._window.conversation.view
        view.take_editor()
        self._window.conversation.card.set_folded(folded=False)
        view.setFocus()
        self._door.start("read drafts", self._read_drafts)
