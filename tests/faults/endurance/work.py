"""Who works all day: people without a screen, who come and go, and one at the real window."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from random import Random

from PySide6.QtWidgets import QApplication

from console.client.domain.drafts import toggle_code, with_severity, with_text
from console.client.services.connection import ConnectionState
from console.client.services.errors import BackendError, UnknownOutcomeError
from console.client.services.session import DeskSession
from console.contract.ids import ConversationId
from console.contract.taxonomy import Severity
from tests.client.desk import AI_TURN, Desk, desk
from tests.desk.seat import Seat
from tests.desk.stories import ANSWER_TURN

CORRECTED, RESTYLED = 0.3, 0.1
"""How often a conversation that was looked at is corrected too, and the window's looks are changed."""
STAY = (5, 30)
"""How many things somebody does before they leave the desk and come back."""
THOUGHT_S = 0.15
PATIENCE_S = 5.0


class Workforce:
    """What everybody shares: what there is to work on, what was done, and when to rest."""

    def __init__(self, about: list[ConversationId], random: Random, hits: "Counter[str]") -> None:
        self.hits = hits
        self.submitted: set[str] = set()
        self.sessions: dict[str, DeskSession] = {}
        self.going = asyncio.Event()
        self.going.set()
        self._about = about
        self._random = random
        self._resting: set[str] = set()
        self._has_read: set[str] = set()

    def rest(self, people: Collection[str]) -> bool:
        """Ask everybody to rest; say whether they all do."""
        self.going.clear()
        return self._resting.issuperset(people)

    def all_online(self) -> bool:
        """Whether every desk is connected; those that are not are told to try again."""
        away = [each for each in self.sessions.values() if each.connection.state is not ConnectionState.ONLINE]
        for session in away:
            session.reconnect()
        return not away

    async def sit(self, who: str, folder: Path, url: str) -> None:
        """Sit down, work for a while, leave, and come back."""
        while True:
            with suppress(UnknownOutcomeError):  # the server is away, and this is somebody's very first day
                async with desk(folder, lambda: url, who) as sitting:
                    await self._begin(who, sitting.session)
                    for _ in range(self._random.randrange(*STAY)):
                        await self._pause(who)
                        with suppress(BackendError):
                            await self._act(sitting)
                self.hits["desk left"] += 1

    async def watch(self, who: str, seat: Seat) -> None:
        """Open one conversation after the other in the window, look at all of it, and correct some."""
        await self._begin(who, seat.session)
        while True:
            await self._pause(who)
            with suppress(TimeoutError):
                await self._look_around(seat, self._random.choice(self._about))
                if self._random.random() < CORRECTED:
                    await self._correct(seat)

    async def _begin(self, who: str, session: DeskSession) -> None:
        """Read every conversation, the first time: what a desk keeps of them is soon as large as it gets."""
        self.sessions[who] = session
        for name in self._about if who not in self._has_read else ():
            with suppress(BackendError):
                await session.conversations.open(name)
        self._has_read.add(who)

    async def _pause(self, who: str) -> None:
        """Think for a moment; rest while everybody rests, once all that was written is stored."""
        await asyncio.sleep(self._random.uniform(0, 2 * THOUGHT_S))
        if self.going.is_set():
            return
        while self.sessions[who].corrections.pending_count:
            self.sessions[who].reconnect()
            await asyncio.sleep(0.1)
        self._resting.add(who)
        await self.going.wait()
        self._resting.discard(who)

    async def _act(self, sitting: Desk) -> None:
        """Claim something, correct it, and give it back; or only look."""
        about, session = self._random.choice(self._about), sitting.session
        await session.conversations.open(about)
        self.hits["look"] += 1
        await session.conversations.claim(about)
        self.hits["claim"] += 1
        if self._random.random() < CORRECTED:
            words = f"Your refund takes {self._random.randrange(10**9)} days."
            draft = with_text(await session.corrections.draft(about, AI_TURN), words)
            await session.corrections.save_draft(draft)
            finished = with_severity(toggle_code(draft, "wrong_fact"), Severity.MAJOR)
            self.submitted.add(await session.corrections.submit(finished))
            self.hits["correction"] += 1
        await session.conversations.release(about)
        self.hits["release"] += 1

    async def _look_around(self, seat: Seat, about: ConversationId) -> None:
        seat.presenter.open(about)
        await soon(lambda: seat.shown == about)
        self.hits["opened in the window"] += 1
        for key in ("tool:0", "sources"):
            seat.view.toggle(ANSWER_TURN, key)
            await asyncio.sleep(0)
        looks = ("light", "dark", "contrast", "density") if self._random.random() < RESTYLED else ("card",)
        for name in ("card", "find", "outbox", "outbox", self._random.choice(looks), "palette", "sheet"):
            seat.window.commands.actions[name].trigger()
            await asyncio.sleep(0)
            over = QApplication.activePopupWidget() or QApplication.activeModalWidget()
            if over is not None:
                over.close()
        seat.conversation.find_bar.close_bar()

    async def _correct(self, seat: Seat) -> None:
        """Correct the answer as a person would, if it can be claimed; else leave it."""
        about = seat.shown
        seat.view.set_current_turn(ANSWER_TURN)
        seat.window.commands.actions["correct"].trigger()
        await soon(seat.editor.isVisible)
        with suppress(TimeoutError):
            await soon(lambda: seat.session.conversations.held(about) is not None)
        if seat.editor.is_read_only:
            seat.editor.close_button.click()
        else:
            seat.editor.answer.appendPlainText(str(self._random.randrange(10**9)))
            if "wrong_fact" not in seat.draft.codes:
                seat.editor.codes.pressed.emit("wrong_fact")
            self.submitted.add(seat.draft.id)
            seat.editor.submit.click()
            self.hits["corrected in the window"] += 1
        await soon(lambda: not seat.editor.isVisible())
        seat.window.commands.actions["release"].trigger()


async def soon(condition: Callable[[], bool]) -> None:
    """Wait until something is so. Raises TimeoutError: the server may be away, and then it is not."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)
