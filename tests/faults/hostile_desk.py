"""Somebody at the real window whose backend says nothing but payloads: opens, unfolds, corrects, and reads all back."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import NamedTuple

from pydantic import BaseModel
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QWidget

from console.client.app.desk import Desk
from console.client.models.literal import literal
from console.client.services.connection import Connection, ConnectionState
from console.client.services.corrections import SavedState
from console.client.services.errors import RefusedError
from console.client.ui.shared.parts import TextButton
from console.client.ui.shared.picker import Choice, Picker
from console.client.ui.shared.text_dialog import TextDialog
from console.client.ui.signin.token_dialog import TokenDialog
from console.client.ui.transcript.turn_layout import TurnLayout
from console.contract.conversations import Conversation
from console.contract.ids import ConversationId
from console.contract.permissions import Role
from console.contract.views import ConversationView, QueueRow
from tests.client.desk import until
from tests.desk.seat import Seat
from tests.faults.hostile_backend import AI_TURN, me, refusal, view
from tests.faults.painted import painted
from tests.faults.payloads import LITERAL, Canary, Deal
from tests.faults.sinks import (
    Reads,
    alike,
    alive,
    as_pasted,
    begins,
    bounded,
    exactly,
    holds,
    in_its_way,
    labels,
    on_one_line,
    quoted,
    squeezed,
    tip,
    top_windows,
    undecorated,
    whole,
)
from tests.faults.stalls import StallMeter

STALL_S = 0.1
TRIES = 3
Shown = str | list[str]


class Plan(BaseModel):
    """What one desk has to do: every `step`th round from the first on, at this backend, in this folder."""

    seed: int
    first: int
    step: int
    payloads: int
    url: str
    folder: Path
    canary: Canary


class Account(BaseModel):
    """What became of it: payloads by class, into which slots, readings by sink, the longest pass in seconds."""

    rounds: int = 0
    delivered: Counter[str] = Counter()
    dealt: set[tuple[str, str]] = set()
    readings: Counter[str] = Counter()
    stalls: dict[str, float] = {}
    violations: list[str] = []


class Reading(NamedTuple):
    """One sink: its name, what it shows, what was said, and how it may say so."""

    sink: str
    shown: Shown
    said: str
    reads: Reads


class HostileDesk(Seat):
    """Sends one round of payloads after the other through every sink of one window."""

    def __init__(self, app: QApplication, desk: Desk, plan: Plan) -> None:
        assert desk.session is not None
        assert desk.presenter is not None
        super().__init__(app, desk.window, desk.session, desk.presenter)
        self.plan = plan
        self.account = Account()
        self._meter = StallMeter()
        self._number = 0
        self._again = False
        self._deal = Deal(plan.seed, 0, plan.canary)

    async def play(self, number: int) -> None:
        """Send a round of payloads through every sink, and hold a pass of the event loop that is too long against them.

        One that was too long once may be the machine's doing, and is tried again; only huge payloads are held to it.
        """
        with self._meter.excused():
            self._number, self._deal = number, Deal(self.plan.seed, number, self.plan.canary)
            said = view(number, self._deal)
        self._again = False
        worst = await self._go_through(said)
        self._again = True
        for _ in range(TRIES - 1):
            if self._deal.huge and max(worst.values()) > STALL_S:
                again = await self._go_through(said)
                worst = {step: min(longest, again[step]) for step, longest in worst.items()}
        kind = self._deal.huge or "any other class"
        self.account.stalls[kind] = max(self.account.stalls.get(kind, 0.0), *worst.values())
        if self._deal.huge:
            for step, longest in worst.items():
                if longest > STALL_S:
                    self._violated(f"{step}: the event loop stood still for {longest * 1000:.0f} ms")
        self.account.rounds += 1
        self.account.delivered.update(self._deal.kinds.values())
        self.account.dealt.update(self._deal.kinds.items())

    async def _go_through(self, said: ConversationView) -> dict[str, float]:
        """Return the longest pass of each step in seconds."""
        steps: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
            ("opening", lambda: self._open(said)),
            ("unfolding", lambda: self._unfold(said.conversation)),
            ("finding", lambda: self._find(said.conversation)),
            ("prompt", lambda: self._read_prompt(said.conversation)),
            ("correcting", lambda: self._correct(said.conversation)),
            ("beside", self._show_beside),
        )
        return {name: await self._timed(name, act) for name, act in steps}

    async def _timed(self, name: str, act: Callable[[], Awaitable[None]]) -> float:
        self._meter.take()
        try:
            await act()
        except TimeoutError as error:
            *_, where = (frame for frame in extract_tb(error.__traceback__) if frame.filename == __file__)
            self._violated(f"{name}: the desk never got past {where.line!r} ({self.notice.words.text()!r})")
        return self._meter.take()

    # what is read back

    def read(self, *readings: Reading) -> None:
        """Hold what is shown against what was said, the first time that it is shown."""
        if self._again:
            return
        with self._meter.excused():
            for sink, shown, said, reads in readings:
                every = [shown] if isinstance(shown, str) else shown
                self.account.readings[sink] += 1
                if not any(reads(each, said) for each in every):
                    near = max(every, key=lambda each: alike(each, said), default="")
                    self._violated(f"{sink}: {near[:150]!r} is shown where {said[:150]!r} was said")

    def look_over(self, where: str, *parts: QWidget) -> None:
        """Look for markup that has come to life, and for a part that text has made too wide for its place."""
        with self._meter.excused():
            for found in alive(top_windows()):
                self._violated(f"{where}: {found}")
            for part in parts:
                least = part.minimumSizeHint().width()
                if part.isVisible() and least > part.width():
                    self._violated(f"{where}: {type(part).__name__} is {part.width()} px wide and asks for {least}")

    def see(self, slot: str, part: QWidget, said: str) -> None:
        """Read what is really painted of a payload whose letters stand in their order."""
        if self._deal.kinds[slot] in LITERAL:
            with self._meter.excused():
                words = painted(part)
            self.read(Reading(f"{slot}, painted", words, " ".join(said.split())[:8], holds))

    def _violated(self, what: str) -> None:
        huge = f", {self._deal.huge} in what is {self._deal.part}" if self._deal.huge else ""
        self.account.violations.append(f"round {self._number}{huge}: {what}")

    # reading

    async def _open(self, view: ConversationView) -> None:
        said, row = view.conversation, view.row
        self.window.activateWindow()
        await until(self.window.isActiveWindow)
        self.queue.list.setCurrentIndex(self.queue.model.index(self.queue.model.row_of(said.id)))
        self.queue.conversation_chosen.emit(said.id)
        await until(lambda: self.shown == said.id and self.session.conversations.get(said.id) is not None)
        await breath()
        with self._meter.excused():
            arrived, kept = self.session.conversations.get(said.id), await self.session.conversations.kept(said.id)
            if arrived != view or kept != view:
                self._violated("what arrived, or what this computer keeps of it, is not what was sent")
        self._read_head(said, row)
        self._read_inspector(view)
        self._read_taking_back(row.claim.holder_name)
        self.see("customer", self.queue.list.viewport(), row.customer_name)
        self.see("row's ask", self.queue.list.viewport(), row.ask)
        self.see("topic", self.conversation.header, _topic(said.topic))
        self.look_over("opened", self.conversation, self.inspector.widget())

    def _read_head(self, said: Conversation, row: QueueRow) -> None:
        panel, name = self.conversation, said.customer.name
        spoken = self.queue.model.index(self.queue.model.row_of(said.id)).data()
        words = f"{name}. {row.ask} policy, {row.topic}, tier 1, held by {row.claim.holder_name}"
        self.read(
            Reading("queue row, spoken", spoken, words, exactly),
            Reading("customer's name", panel.name.accessibleName(), name, on_one_line),
            Reading("customer's name, its tool tip", tip(panel.name) or panel.name.text(), name, in_its_way),
            Reading("topic", panel.topic.accessibleName(), _topic(said.topic), on_one_line),
            Reading("turn, spoken", panel.model.index(0).data(), f"{name}: {said.turns[0].text}", exactly),
            Reading("turn, copied", self._copied(AI_TURN), said.turn(AI_TURN).text, exactly),
            Reading("card: wants", labels(panel.card), said.handoff.ask, on_one_line),
            Reading("card: did", labels(panel.card), " \u00b7 ".join(said.handoff.did), on_one_line),
            Reading("card: unsent draft", labels(panel.card), said.handoff.unsent_draft, on_one_line),
            Reading(
                "card: policy", panel.card.policy.accessibleName(), f"policy {said.handoff.policy_version}", on_one_line
            ),
        )

    def _read_taking_back(self, holder: str) -> None:
        panel = self.conversation
        panel.ask_take_back()
        question = panel.taking_back.words.text()
        self.read(
            Reading("who holds it", panel.holder.accessibleName(), f"{holder} until ", begins),
            Reading("take it back, its tool tip", tip(panel.take_back), f"Take back from {holder}", bounded),
            Reading(
                "take it back, asked again", question, f"Take this conversation back from {holder}? {holder} ", begins
            ),
        )
        self.look_over("taking back", panel)
        panel.taking_back.decline()

    def _copied(self, turn: int) -> str:
        self.view.set_current_turn(turn)
        self.view.setFocus()
        self.press("Ctrl+C")
        return self.app.clipboard().text()

    def _read_inspector(self, view: ConversationView) -> None:
        said, context = view.conversation, view.conversation.turn(AI_TURN).ai
        detail = context.signals[0].detail.rstrip(".")
        title = f"{context.sources[0].title}, {context.sources[0].version}"
        earlier = said.earlier_contacts[0]
        author = view.corrections[0].author_name
        shown = labels(self.inspector)
        for name, text, reads in (
            ("customer", said.customer.name, bounded),
            ("e-mail", said.customer.email, bounded),
            ("fact's name", said.customer.facts[0][0], bounded),
            ("fact", said.customer.facts[0][1], bounded),
            ("model", said.model, bounded),
            ("reason", said.handoff.reason, bounded),
            ("detail of a signal", f"Turn {AI_TURN}: self-reported 0.40, policy gate fired: {detail}", squeezed),
            ("source", title if context.sources[0].version else context.sources[0].title, on_one_line),
            ("snippet", context.sources[0].snippet, bounded),
            ("tool", f"{context.tool_calls[0].name}(", begins),
            ("error of a tool", _first_lines(context.tool_calls[2].error), begins),
            ("earlier contact", f"20 Nov, {earlier.topic}, not resolved: {earlier.summary}", bounded),
            ("outcome's name", _topic(said.outcome[0].name), bounded),
            ("author", f"Turn {AI_TURN}: {author}, stored late, needs review", bounded),
        ):
            if name != "error of a tool" or self._deal.kinds["error"] not in ("json", "surrogate"):
                self.read(Reading(f"inspector: {name}", shown, text, reads))

    async def _unfold(self, said: Conversation) -> None:
        for key in ("tool:0", "tool:1", "tool:2", "sources", "text"):
            self.view.toggle(AI_TURN, key)
            await breath()
        self.view.toggle(1, "text")
        for turn in said.turns:
            self.view.set_current_turn(turn.number)
            await breath()
        self.window.commands.actions["card"].trigger()
        await breath()
        customer, ai = (self.view._layout(place) for place in (0, 1))
        details = [detail.block.text_between(*detail.block.everything()) for detail in ai.details]
        tool = said.turn(AI_TURN).ai.tool_calls[1]
        self.read(
            Reading("bubble of the customer", _block(customer), _within(said.turns[0].text, customer), whole),
            Reading("bubble of the AI", _block(ai), _within(said.turn(AI_TURN).text, ai) or "No message.", undecorated),
            Reading("tool call, unfolded", details, f"{tool.name}(", begins),
            Reading("card, unfolded: reason", labels(self.conversation.card), said.handoff.reason, bounded),
        )
        self.see("ask", self.conversation.card, said.handoff.ask)
        self.see("customer's turn", self._scrolled_to(1), said.turns[0].text)
        self.look_over("unfolded", self.conversation, self.conversation.card)

    def _scrolled_to(self, turn: int) -> QWidget:
        self.view.set_current_turn(turn)
        return self.view.viewport()

    async def _find(self, said: Conversation) -> None:
        """Look for a beginning, and for a letter that may stand there a thousand times."""
        self.conversation.open_find()
        text = said.turns[0].text
        for needle in (text[:30], text[:1], text[-1:]):
            self.conversation.find_bar.field.setText(needle)
            await breath()
        self.look_over("finding")
        self.conversation.find_bar.close_bar()

    async def _read_prompt(self, said: Conversation) -> None:
        self.inspector._open_prompt()
        dialog = self._top(TextDialog)
        await breath()
        if not said.prompt:
            dialog.accept()
            return
        title = f"Prompt and policy {said.prompt_version}"
        self.read(
            Reading("prompt's title", labels(dialog), title, bounded),
            Reading("prompt's window", dialog.windowTitle().replace("[*][*]", "[*]"), title, on_one_line),
        )
        dialog.text.selectAll()
        dialog.text.copy()
        self.read(Reading("prompt", self.app.clipboard().text(), said.prompt, quoted))
        await breath()
        dialog.findChildren(TextButton)[0].click()
        self.read(Reading("prompt, copied", self.app.clipboard().text(), said.prompt, exactly))
        self.look_over("prompt", dialog)
        dialog.accept()
        await breath()

    def _top(self, kind: type[QWidget]) -> QWidget:
        return next(window for window in top_windows() if isinstance(window, kind) and window.isVisible())

    # correcting

    async def _correct(self, said: Conversation) -> None:
        """Correct the AI's turn by pasting, be refused in the payload's words, read that, and discard it."""
        self.view.set_current_turn(AI_TURN)
        self.window.commands.actions["correct"].trigger()
        await until(lambda: self.editor.isVisible() and self.session.conversations.held(said.id) is not None)
        await breath()
        self.read(Reading("editor", self.editor.answer.text(), said.turn(AI_TURN).text, exactly))
        self.editor.set_read_only(self._deal.line("lock"))
        await breath()
        self.read(Reading("why the editor is locked", self.editor.lock.words.text(), self._deal.line("lock"), bounded))
        self.look_over("locked", self.editor)
        self.editor.set_read_only("")
        await self._edit_tools(said)
        await self._write()
        self.look_over("editor", self.editor, self.conversation)
        await self._be_refused(said)
        self.window.commands.actions["release"].trigger()
        await until(lambda: self.session.conversations.held(said.id) is None)

    async def _edit_tools(self, said: Conversation) -> None:
        """Say of every call that it should have been this very one; look at the faults; take it back."""
        self.editor.beside.pressed.emit("tools")
        tools, calls = self.editor.tools, said.turn(AI_TURN).ai.tool_calls
        for call in calls:
            tools.which.pressed.emit(call.id)
            tools.verdict.pressed.emit("other")
            await breath()
            self.read(
                Reading("tool's name, to be corrected", tools.name.text(), call.name, exactly),
                Reading("tool's arguments, to be corrected", tools.arguments.text(), call.arguments, exactly),
                Reading(
                    "tool, to be chosen", [b.accessibleName() for b in tools.which.buttons], call.name, on_one_line
                ),
            )
        self.editor.codes.pressed.emit("wrong_fact")
        self.editor.submit.click()
        await breath()
        self.look_over("faults", self.editor)
        for call in calls:
            tools.which.pressed.emit(call.id)
            tools.verdict.pressed.emit("as_is")
        self.editor.beside.pressed.emit("tools")
        await breath()

    async def _write(self) -> None:
        """Paste into every field."""
        editor = self.editor
        for part in ("note", "must"):
            editor.beside.pressed.emit(part)
        for name, field in (
            ("note", editor.note),
            ("assertion", editor.assertions.must_say),
            ("answer", editor.answer),
        ):
            said = self._deal.small(f"{name}, pasted")
            self.app.clipboard().setText(literal(said))
            field.selectAll()
            field.paste()
            await breath()
            if not field.isReadOnly():
                self.read(Reading(f"{name}, pasted", field.text(), as_pasted(said), exactly))
        draft = editor.take_draft()
        await breath()
        self.read(
            Reading("draft", draft.text, editor.answer.text(), exactly),
            Reading("draft's note", draft.note, editor.note.text(), exactly),
        )

    async def _be_refused(self, said: Conversation) -> None:
        self.editor.submit.click()
        await until(lambda: SavedState.REFUSED in self.states(said.id))
        await breath()
        why = str(RefusedError(refusal(self._deal)))
        self.read(Reading("inspector: why it was refused", labels(self.inspector), why, bounded))
        self.look_over("refused", self.inspector.widget())
        self.window.commands.actions["outbox"].trigger()
        await breath()
        self._read_outbox(said, why)
        self.window.outbox.detail.discard.click()
        await breath()
        self.window.outbox.detail.confirmation.go_on.click()
        await until(lambda: not self.states(said.id))
        self.window.commands.actions["back"].trigger()
        await breath()

    def _read_outbox(self, said: Conversation, why: str) -> None:
        panel = self.window.outbox
        detail, kept = panel.detail, self.session.corrections.outbox()[0].correction
        detail.copy.click()
        spoken = f"{said.customer.name}, turn {AI_TURN}, refused. "
        self.read(
            Reading(
                "outbox: row, spoken", panel.model.index(0).data(), spoken, lambda shown, text: shown.startswith(text)
            ),
            Reading("outbox: whose", detail.name.accessibleName(), said.customer.name, on_one_line),
            Reading("outbox: ask", detail.ask.text(), self._deal.line("row's ask"), bounded),
            Reading("outbox: why it was refused", detail.reason.text(), why, bounded),
            Reading("outbox: words", detail.words.text(), kept.corrected_text, bounded),
            Reading("outbox: note", detail.note.text(), kept.note, bounded),
            Reading("outbox: copied", self.app.clipboard().text(), kept.model_dump_json(indent=2), exactly),
        )
        self.see("customer", panel.list.viewport(), said.customer.name)
        self.look_over("outbox", panel)

    # beside the conversations

    async def _show_beside(self) -> None:
        """What belongs to no conversation: refusals, connection, people, pickers, signing in."""
        self.presenter.open(ConversationId(f"gone-{self._number}"))
        await until(self.notice.isVisible)
        await breath()
        self.read(Reading("notice", self.notice.words.text(), str(RefusedError(refusal(self._deal))), bounded))
        self.look_over("notice", self.notice)
        self.notice.hide()
        await self._show_people()
        await self._pick()
        await self._sign_in()

    async def _show_people(self) -> None:
        now, person = datetime.now(UTC), me(self._deal)
        offline, starting = self._deal.text("said", "why offline"), self._deal.line("starting")
        self.status.show_connection(Connection(ConnectionState.OFFLINE, now, offline), now)
        self.status.show_starting(starting)
        self.window.rail.show_person(person)
        self.window.show_chairs([(self._deal.line("chair"), Role.TIER2), ("x", Role.QA)], 1)
        await breath()
        chair = self.window.rail.person.menu().actions()[0].text().replace("&&", "&")
        self.read(
            Reading("why it is offline", tip(self.status.connection), offline, bounded),
            Reading("what is starting", self.status.connection.text(), starting, bounded),
            Reading("who sits here", tip(self.window.rail.person), f"{person.name}, Tier 2 specialist", bounded),
            Reading("who may sit here", chair, f"{self._deal.line('chair')}, Tier 2 specialist", on_one_line),
        )
        self.look_over("beside", self.status)
        self.status.show_connection(self.session.connection, now)

    async def _pick(self) -> None:
        prompt, name, detail = (self._deal.line(f"choice's {slot}") for slot in ("prompt", "name", "detail"))
        picker = Picker(self.window.theme, prompt, self.window)
        picker.offer([Choice("a", name, detail, "x")], QPoint(0, 0))
        await breath()
        self.read(Reading("picker", picker.list.item(0).text(), f"{name}. {detail} x", exactly))
        self.see("choice's name", picker.list.viewport(), name)
        self.look_over("picker")
        picker.close()

    async def _sign_in(self) -> None:
        server, why = self._deal.line("server"), self._deal.text("said", "why sign in")
        dialog = TokenDialog(self.window.theme, server, why, self.window)
        asking = asyncio.create_task(dialog.ask())
        await until(dialog.isVisible)
        await breath()
        self.read(
            Reading("where to sign in", labels(dialog), f"Sign in at {server}", bounded),
            Reading("why to sign in again", labels(dialog), why, bounded),
        )
        self.look_over("signing in", dialog)
        dialog.reject()
        await asking


def _topic(text: str) -> str:
    words = text.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _first_lines(text: str) -> str:
    return text.splitlines()[0] if text.splitlines() else ""


def _block(layout: TurnLayout) -> str:
    return layout.block.text_between(*layout.block.everything())


def _within(text: str, layout: TurnLayout) -> str:
    """The part of a turn's text that its bubble says it shows."""
    cut = next((chip.text for chip in layout.chips if chip.icon in ("chevron-down", "copy")), None)
    return text if cut is None else text[: -int("".join(filter(str.isdigit, cut)))]


async def breath() -> None:
    """Let what is under way be laid out and painted."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
