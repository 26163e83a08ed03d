"""The desk under attack: the real window at a backend whose every text is a payload, each read back from every sink.

Run by `tests.faults.hostile` as a child of the witness, with a plan on its standard input; prints an account as JSON.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel
from PySide6.QtWidgets import QApplication, QDialog

from console.client.app.collector import MainThreadCollector
from console.client.app.desk import Desk
from console.client.app.main import create_application, run_on_qt
from console.client.app.profile import Profile
from console.client.services.connection import Connection, ConnectionState
from console.client.theme.theme import Theme
from console.client.ui.shared.text_dialog import TextDialog
from console.client.ui.signin.token_dialog import TokenDialog
from console.contract.conversations import Conversation
from console.contract.ids import ConversationId
from tests.client.desk import until
from tests.desk.seat import SIZE, Seat
from tests.faults.hostile_backend import AI_TURN, line, me, names, view
from tests.faults.payloads import HUGE, Canary, Payload, payload
from tests.faults.sinks import (
    Reads,
    alive,
    bounded,
    exactly,
    labels,
    on_one_line,
    tip,
    top_windows,
    undecorated,
    whole,
)
from tests.faults.stalls import StallMeter

BEGUN = "the payloads begin here"
"""The file that is opened, and is not there, when the window stands: from here on the witness is listened to."""

STALL_S = 0.1
TRIES = 3
"""How often a pass of the event loop must be too long before it is the window's doing, and not the machine's."""

WIDEST = 1_060
"""Logical pixels that the window may ask for at least, whatever it shows."""

Shown = str | list[str]


class Plan(BaseModel):
    """What one desk has to do: these payloads, at this backend, in this folder."""

    seed: int
    first: int
    count: int
    url: str
    folder: Path
    canary: Canary


class Account(BaseModel):
    """What became of it."""

    delivered: Counter[str] = Counter()
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
    """Somebody who opens every conversation, unfolds everything, corrects, and is refused."""

    def __init__(self, app: QApplication, desk: Desk, plan: Plan) -> None:
        assert desk.session is not None
        assert desk.presenter is not None
        super().__init__(app, desk.window, desk.session, desk.presenter)
        self.desk = desk
        self.plan = plan
        self.account = Account()
        self.meter = StallMeter()
        self._said = Payload("", "")
        self._number = 0

    async def deliver(self, number: int) -> None:
        """Send one payload through every sink."""
        with self.meter.excused():
            self._said, self._number = payload(self.plan.seed, number, self.plan.canary), number
            conversations = names(number, self._said)
        for name in conversations:
            await self._watched(name, lambda name=name: self.visit(name))
        await self._watched("beside", self.show_beside)
        self.account.delivered[self._said.kind] += 1

    async def _watched(self, what: str, act: Callable[[], object]) -> None:
        """Do something, and hold the longest pass of the event loop in it against the window."""
        self.meter.take()
        await act()
        worst = self.meter.take()
        kind = self._said.kind
        self.account.stalls[kind] = max(self.account.stalls.get(kind, 0.0), worst)
        if worst > STALL_S and kind in HUGE:
            self._violated(f"{what}: the event loop stood still for {worst * 1000:.0f} ms")

    # what is read back

    def read(self, *readings: Reading) -> None:
        """Hold what is shown against what was said."""
        with self.meter.excused():
            for sink, shown, said, reads in readings:
                every = [shown] if isinstance(shown, str) else shown
                self.account.readings[sink] += 1
                if not any(reads(each, said) for each in every):
                    near = max(every, key=len, default="") if len(every) > 1 else "".join(every)
                    self._violated(f"{sink}: {near[:120]!r} is shown where {said[:120]!r} was said")

    def look_over(self, where: str) -> None:
        """Look for markup that has come to life, and for a part that text has made too wide for the window."""
        with self.meter.excused():
            for found in alive(top_windows()):
                self._violated(f"{where}: {found}")
            if (least := self.window.minimumSizeHint().width()) > WIDEST:
                self._violated(f"{where}: the window would have to be {least} pixels wide")

    def _violated(self, what: str) -> None:
        self.account.violations.append(f"payload {self._number} ({self._said.kind}), {what}")

    # what is done

    async def visit(self, name: ConversationId) -> None:
        """Open a conversation, unfold all there is, correct it, be refused, and leave nothing behind."""
        with self.meter.excused():
            expected = view(name, self._said).conversation
        self.window.commands.actions["down"].trigger()
        await until(lambda: self.shown == name and self.session.conversations.get(name) is not None)
        await breath()
        with self.meter.excused():
            if self.session.conversations.get(name).conversation != expected:
                self._violated(f"{name}: what arrived is not what was sent")
        self._read_header(expected)
        self._read_inspector(expected)
        self.look_over("opened")
        await self._unfold(expected)
        await self._correct(expected)

    def _read_header(self, said: Conversation) -> None:
        panel, short = self.conversation, line(self._said.text)
        spoken = self.queue.model.index(self.queue.model.row_of(said.id)).data()
        topic = _topic(short)
        self.read(
            Reading("queue row, spoken", spoken, f"{short}. {short} policy, {short}, tier 1, held by {short}", exactly),
            Reading("customer's name", panel.name.accessibleName(), short, on_one_line),
            Reading("customer's name, its tool tip", tip(panel.name) or panel.name.text(), short, on_one_line),
            Reading("topic", panel.topic.accessibleName(), topic, on_one_line),
            Reading("turn, spoken", panel.model.index(0).data(), f"{short}: {said.turns[0].text}", exactly),
            Reading("turn, copied", self._copied(AI_TURN), said.turn(AI_TURN).text, exactly),
            Reading("facts of the card", labels(panel.card), said.handoff.ask, on_one_line),
        )

    def _copied(self, turn: int) -> str:
        self.view.set_current_turn(turn)
        self.view.setFocus()
        self.press("Ctrl+C")
        return self.app.clipboard().text()

    def _read_inspector(self, said: Conversation) -> None:
        shown, short = labels(self.inspector), line(self._said.text)
        context = said.turn(AI_TURN).ai
        self.read(
            *(Reading(f"inspector: {name}", shown, text, reads) for name, text, reads in (
                ("name", short, bounded),
                ("reason", said.handoff.reason, bounded),
                ("source", f"{short}, {short}", on_one_line),
                ("snippet", context.sources[0].snippet, bounded),
                ("earlier contact", f"20 Nov, {short}, not resolved: {said.earlier_contacts[0].summary}", bounded),
                ("author of a correction", f"Turn {AI_TURN}: {short}, stored late, needs review", bounded),
            ))
        )  # fmt: skip

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
        customer, ai = (self.view._layout(place).block for place in (0, 1))
        self.read(
            Reading(
                "bubble of the customer",
                customer.text_between(*customer.everything()),
                said.turns[0].text,
                whole,
            ),
            Reading("bubble of the AI", ai.text_between(*ai.everything()), said.turns[1].text, undecorated),
            Reading("card, unfolded", labels(self.conversation.card), said.handoff.reason, bounded),
        )
        self.look_over("unfolded")
        await self._find()
        await self._read_prompt(said)

    async def _find(self) -> None:
        self.conversation.open_find()
        needle = "".join(self._said.text.split("\n")[:1])[:30]
        self.conversation.find_bar.field.setText(needle)
        await breath()
        self.conversation.find_bar.close_bar()

    async def _read_prompt(self, said: Conversation) -> None:
        self.inspector._open_prompt()
        dialog = self._top(TextDialog)
        await breath()
        self.read(
            Reading("prompt", dialog.text.toPlainText(), said.prompt, bounded),
        )
        self.look_over("prompt")
        dialog.accept()
        await breath()

    def _top(self, kind: type[QDialog]) -> QDialog:
        return next(window for window in top_windows() if isinstance(window, kind) and window.isVisible())

    async def _correct(self, said: Conversation) -> None:
        """Correct the AI's turn by pasting, be refused in the payload's words, and discard it."""
        self.view.set_current_turn(AI_TURN)
        self.window.commands.actions["correct"].trigger()
        await until(lambda: self.editor.isVisible() and self.session.conversations.held(said.id) is not None)
        await breath()
        reads = bounded if self.editor.labels_only else exactly
        self.read(Reading("editor", self.editor.answer.text(), said.turn(AI_TURN).text, reads))
        self.look_over("editor")
        self.editor.close_button.click()
        await until(lambda: not self.editor.isVisible())

    async def show_beside(self) -> None:
        """What belongs to no conversation: notice, status, rail, chairs, pickers, signing in."""
        short = line(self._said.text)
        self.notice.tell(self._said.text)
        self.status.show_connection(Connection(ConnectionState.OFFLINE, datetime.now(UTC), self._said.text))
        self.window.rail.show_person(me(self._said))
        await breath()
        self.read(
            Reading("notice", self.notice.words.text(), self._said.text, bounded),
            Reading("who sits here", tip(self.window.rail.person), f"{short}, Tier 1 agent", bounded),
            Reading("why it is offline", tip(self.status.connection), self._said.text, bounded),
        )
        self.look_over("beside")
        self.notice.hide()
        self.status.show_connection(self.session.connection)


def _topic(text: str) -> str:
    words = text.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


async def breath() -> None:
    """Let what is under way be laid out and painted."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@asynccontextmanager
async def seated(app: QApplication, plan: Plan) -> AsyncIterator[HostileDesk]:
    """Open the desk as the command does, and sign in at the backend."""
    theme = Theme()
    theme.install(app)
    desk = Desk(theme, Profile(plan.folder, plan.url))
    failures: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(repr(context)))
    collector = MainThreadCollector()
    desk.window.resize(*SIZE)
    desk.window.show()
    desk.window.activateWindow()
    starting = asyncio.create_task(desk.start())
    try:
        await until(lambda: any(isinstance(window, TokenDialog) for window in top_windows()))
        asking = next(window for window in top_windows() if isinstance(window, TokenDialog))
        asking.token.setText(f"desk-{plan.first}")
        asking.enter.click()
        await starting
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        desk.window.commands.actions["tab_all"].trigger()
        await until(lambda: desk.window.queue.model.rowCount() > 0)
        seat = HostileDesk(app, desk, plan)
        yield seat
        seat.account.violations += failures
    finally:
        starting.cancel()
        collector.stop()
        await desk.stop()


async def run(app: QApplication, plan: Plan) -> int:
    async with seated(app, plan) as seat:
        with suppress(FileNotFoundError):
            (plan.folder / BEGUN).open().close()
        for number in range(plan.first, plan.first + plan.count):
            if seat.queue.model.row_of(names(number, payload(plan.seed, number, plan.canary))[0]) is None:
                await seat.session.queue.refresh()
                await breath()
            await seat.deliver(number)
        print(seat.account.model_dump_json())
    return 0


def main() -> int:
    plan = Plan.model_validate_json(sys.stdin.read())
    app = create_application()
    return run_on_qt(app, lambda: run(app, plan))


if __name__ == "__main__":
    sys.exit(main())
