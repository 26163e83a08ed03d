"""One correction from the press of a key to "saved here": opens the draft, keeps it as it is typed, submits it."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from console.client.domain.drafts import CorrectionDraft, faults, is_untouched, toggle_source
from console.client.services.errors import DraftExistsError, RefusedError, StoreError, UnknownOutcomeError
from console.client.services.session import DeskSession
from console.client.ui.correction.correction_editor import CorrectionEditor
from console.client.ui.correction.lock_strip import LockWay
from console.client.ui.shared.commands import keys_of
from console.client.ui.shared.door import Door
from console.contract.conversations import Speaker, Turn
from console.contract.corrections import SourceJudgement
from console.contract.ids import ConversationId, UserId
from console.contract.permissions import Permission, is_allowed
from console.contract.problems import ProblemCode
from console.contract.views import Claim

DraftKey = tuple[ConversationId, int, UserId]


class CorrectionPresenter(QObject):
    """Drives the one editor. Where it is placed is told by `editor_opened` and `editor_closed`."""

    editor_opened = Signal(int)
    editor_closed = Signal()
    draft_shown = Signal(object)
    take_back_asked = Signal()
    faults_shown = Signal()

    def __init__(self, editor: CorrectionEditor, session: DeskSession, door: Door, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._editor = editor
        self._session = session
        self._door = door
        self._tell = tell
        self._conversation_id: ConversationId | None = None
        self._turn: Turn | None = None
        self._wanted: tuple[ConversationId, int] | None = None
        self._unsaved: dict[DraftKey, CorrectionDraft] = {}
        self._submitting: set[DraftKey] = set()
        self._claimed_to_correct: set[ConversationId] = set()
        self._held: Claim | None = None
        self._lost = ""
        self._connections = (
            editor.draft_edited.connect(self._on_draft_edited),
            editor.submit_pressed.connect(self.submit),
            editor.close_pressed.connect(self.close),
            editor.lock.way_chosen.connect(self._on_lock_way_chosen),
        )

    async def stop(self) -> None:
        """Leave the editor to whoever sits down next, once what was typed last is kept."""
        self.close()
        for connection in self._connections:
            QObject.disconnect(connection)
        await self._save()

    @property
    def turn(self) -> Turn | None:
        """The turn whose correction is open."""
        return self._turn

    def correct(self, conversation_id: ConversationId, turn: Turn) -> None:
        """Open the correction of an AI turn: the draft kept here, or a new one."""
        if turn.speaker is not Speaker.AI:
            self._tell(self.tr("Only what the AI said can be corrected. Use [ and ] to go to an AI turn."))
        elif (conversation_id, turn) == (self._conversation_id, self._turn):
            self._editor.answer.setFocus()
        else:
            self.close()
            self._wanted = (conversation_id, turn.number)
            self._door.start(
                f"correct turn {turn.number} of {conversation_id}", lambda: self._open(conversation_id, turn)
            )

    def make_room(self, conversation_id: ConversationId, turn: int) -> None:
        """Let another draft become a turn's: close its correction and keep the claim, where nobody worked on it.

        Raises DraftExistsError where somebody did: what was typed may not be on disk yet.
        """
        here = self._editor.take_draft() if self._is_open(conversation_id, turn) else None
        here = here or self._unsaved.get((conversation_id, turn, self._session.me.user_id))
        if here and not is_untouched(here):
            raise DraftExistsError
        self.keep_claim(conversation_id)
        self.close()

    def _is_open(self, conversation_id: ConversationId, turn: int) -> bool:
        return self._turn is not None and (self._conversation_id, self._turn.number) == (conversation_id, turn)

    def keep_claim(self, conversation_id: ConversationId) -> None:
        """Let a claim that was taken only to look be held for something else."""
        self._claimed_to_correct.discard(conversation_id)

    def close(self) -> None:
        """Close the editor; what was typed stays as a draft. A claim taken only to look at it is given back."""
        self._wanted = None
        conversation_id = self._conversation_id
        if self._turn is None or conversation_id is None:
            return
        draft = self._editor.take_draft()
        if is_untouched(draft):
            self._unsaved.pop(draft.key, None)
            self._door.start(f"discard draft {draft.id}", lambda: self._session.corrections.discard_draft(draft))
            if conversation_id in self._claimed_to_correct:
                self._door.start(f"release {conversation_id}", lambda: self._release(conversation_id))
        self._turn = self._conversation_id = None
        self.editor_closed.emit()

    def submit(self) -> None:
        """Submit what is open, or say what is still missing and take the cursor there."""
        if self._turn is None or self._editor.is_read_only:
            return
        draft = self._editor.take_draft()
        if found := faults(draft):
            self._editor.show_faults(found)
            self.faults_shown.emit()
        else:
            self._start_submitting(draft)

    def submit_late(self) -> None:
        """Submit, for review, what was written before the claim was lost."""
        if self._turn is not None and not faults(draft := self._editor.take_draft()):
            self._start_submitting(draft)

    def _start_submitting(self, draft: CorrectionDraft) -> None:
        self._submitting.add(draft.key)
        self._editor.show_submitting(True)
        self._editor.show_save_state(self.tr("Submitting\u2026"))
        self._door.start(f"submit correction {draft.id}", lambda: self._submit(draft))

    def judge_source(self, source_id: str, judgement: SourceJudgement) -> None:
        """Give a verdict on a source of the turn that is open."""
        if self._turn is None:
            self._tell(self.tr("Press e first: a verdict on a source is part of the turn's correction."))
        else:
            self._editor.apply(lambda draft: toggle_source(draft, source_id, judgement))

    def show_claim(self) -> None:
        """Follow the claim: an editor whose claim was lost keeps its text and takes no more."""
        if self._conversation_id is None:
            return
        row = self._session.queue.row(self._conversation_id)
        claim = row.claim if row else None
        if (held := self._session.conversations.held(self._conversation_id)) is not None:
            self._held = held
            if self._editor.is_read_only:
                self._editor.set_read_only("")
                self._editor.show_save_state(self.tr("You hold it again. Your text is as you left it."))
        elif claim is not None and claim.holder_id != self._session.me.user_id:
            self._lock(claim)
        elif self._held is not None or self._editor.is_read_only:
            self._lock(None)

    def _lock(self, claim: Claim | None) -> None:
        """Say who holds the conversation and how that came about, and offer what can be done with what was written."""
        draft = self._editor.take_draft()
        touched = not is_untouched(draft)
        ways = {LockWay.CLAIM} if claim is None else set()
        ways |= {LockWay.TAKE_BACK} if claim and is_allowed(self._session.me.role, Permission.TAKE_BACK) else set()
        ways |= {LockWay.COPY} if touched else set()
        ways |= {LockWay.SUBMIT_LATE} if touched and not faults(draft) else set()
        kept = self.tr("Your text is kept here.") if touched else self.tr("You can read it.")
        if claim is None:
            now, way = self.tr("Nobody holds this conversation now."), self.tr("Press {key} to claim it and go on.")
        else:
            now, way = self.tr("{name} holds this conversation now.").format(name=claim.holder_name), ""
        words = (now, self._why(claim), kept, way.format(key=keys_of("claim")))
        self._editor.set_read_only(" ".join(filter(None, words)), ways)

    def _why(self, claim: Claim | None) -> str:
        """How long they hold it; or how one lost it, found out once: a claim lost before it ran out was taken back."""
        if self._held is not None:
            ran_out = self._held.expires_at <= self._session.server_time.now()
            words = self.tr("Your claim ran out at {t}.") if ran_out else self.tr("It was taken back from you.")
            self._lost = words.format(t=_clock(self._held.expires_at))
            self._held = None
        if claim is None:
            return self._lost and f"{self._lost} {self.tr('Somebody else may have had it since.')}"
        return self._lost or self.tr("Their claim runs until {t}.").format(t=_clock(claim.expires_at))

    async def _open(self, conversation_id: ConversationId, turn: Turn) -> None:
        key = (conversation_id, turn.number, self._session.me.user_id)
        draft = self._unsaved.get(key) or await self._session.corrections.draft(conversation_id, turn.number)
        if self._wanted != (conversation_id, turn.number):
            return  # another turn or conversation was chosen meanwhile
        self._conversation_id, self._turn = conversation_id, turn
        self._held, self._lost = self._session.conversations.held(conversation_id), ""
        self._editor.edit(draft, turn)
        self._editor.show_submitting(key in self._submitting)
        self._editor.show_save_state(self._opening_words(draft))
        self.editor_opened.emit(turn.number)
        self.draft_shown.emit(draft)
        if self._session.conversations.held(conversation_id) is None:
            await self._claim(conversation_id)

    def _opening_words(self, draft: CorrectionDraft) -> str:
        if self._editor.labels_only:
            count = f"{len(draft.text):,}"
            return self.tr("Too long to rewrite here ({n} characters): label it.").format(n=count)
        if draft.key in self._unsaved:
            return self.tr("Not saved yet: it is kept while Redline runs.")
        return self.tr("Nothing changed yet") if is_untouched(draft) else self.tr("Draft from before, kept here")

    async def _claim(self, conversation_id: ConversationId) -> None:
        try:
            await self._session.conversations.claim(conversation_id)
            self._claimed_to_correct.add(conversation_id)
        except RefusedError as error:
            if conversation_id != self._conversation_id:
                return  # the answer is about a conversation that is no longer being corrected
            claim = error.problem.claim
            if error.code is ProblemCode.HELD and claim is not None:
                self._lock(claim)
            else:
                self._editor.set_read_only(str(error))
        except UnknownOutcomeError:
            self._tell(self.tr("The backend is away, so nobody knows you hold this. What you write is kept here."))

    def _on_lock_way_chosen(self, way: LockWay) -> None:
        conversation_id = self._conversation_id
        if conversation_id is None:
            return
        if way is LockWay.CLAIM:
            self._door.start(f"claim {conversation_id}", lambda: self._claim(conversation_id))
        elif way is LockWay.TAKE_BACK:
            self.take_back_asked.emit()
        elif way is LockWay.SUBMIT_LATE:
            self.submit_late()
        else:
            QGuiApplication.clipboard().setText(self._editor.take_draft().text)
            self._tell(self.tr("Your text is copied."))

    def _on_draft_edited(self, draft: CorrectionDraft) -> None:
        self._unsaved[draft.key] = draft
        self._editor.show_save_state(self.tr("Saving\u2026"))
        self.draft_shown.emit(draft)
        self._door.start("save draft", self._save)

    async def _save(self) -> None:
        """Save what was typed until nothing newer is left; what cannot be saved is kept in memory and tried again."""
        failed: set[DraftKey] = set()
        saved = True
        while key := next((key for key in self._unsaved if key not in failed), None):
            draft = self._unsaved[key]
            try:
                saved &= await self._session.corrections.save_draft(draft)
            except (DraftExistsError, StoreError) as error:
                failed.add(key)
                self._editor.show_save_state(self.tr("Not saved: {why}").format(why=error), "bad")
                self._tell(self.tr("A draft is not saved: {why} It is kept while Redline runs.").format(why=error))
            else:
                if self._unsaved.get(key) is draft:
                    del self._unsaved[key]
        if saved and not failed:
            self._editor.show_save_state(self.tr("Draft saved here"))

    async def _submit(self, draft: CorrectionDraft) -> None:
        try:
            await self._session.corrections.submit(draft)
        except StoreError as error:
            words = self.tr("Not submitted: {why} Your text is still here; try again.").format(why=error)
            self._unsaved.setdefault(draft.key, self._editor.take_draft() if self._is_open(*draft.key[:2]) else draft)
            self._door.start("save draft", self._save)
            self._tell(words)
            self._editor.show_save_state(words, "bad")
            return
        finally:
            self._submitting.discard(draft.key)
            if self._is_open(draft.conversation_id, draft.turn):
                self._editor.show_submitting(False)
        self._unsaved.pop(draft.key, None)
        self._claimed_to_correct.discard(draft.conversation_id)
        if self._is_open(draft.conversation_id, draft.turn):
            self._turn = self._conversation_id = None
            self.editor_closed.emit()

    async def _release(self, conversation_id: ConversationId) -> None:
        self._claimed_to_correct.discard(conversation_id)
        await self._session.conversations.release(conversation_id)


def _clock(at: datetime) -> str:
    return at.astimezone().strftime("%H:%M")
