"""The people: they pull, open, claim, write, submit, look after what was refused, and start again what died."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from random import Random

from console.client.domain.drafts import CorrectionDraft, is_untouched, with_note, with_severity, with_text
from console.client.services.errors import DeskError, RefusedError, StoreError
from console.client.services.session import DeskSession
from console.contract.ids import ConversationId
from console.contract.permissions import Permission, is_allowed
from console.contract.taxonomy import TAXONOMY, Severity
from console.server.services.identity import Identity
from tests.faults.simulation.desk import Computer
from tests.faults.simulation.faults import Fault, Faults
from tests.faults.simulation.ledger import Ledger
from tests.faults.simulation.loop import Crash
from tests.faults.simulation.server import SimulatedServer

AI_TURN = 2
ANOTHER_VERSION = "1999.1"
"""A taxonomy that no server of this version knows: what is said in its codes is refused for good."""

NEWS_EVERY_S = 30.0
"""How often, in virtual seconds, something happens that all hear at once and go for."""


class Person:
    """Somebody with work to do at one or several computers."""

    def __init__(
        self,
        who: Identity,
        computers: list[Computer],
        server: SimulatedServer,
        faults: Faults,
        random: Random,
        ledger: Ledger,
        trace: Callable[[str], None],
    ) -> None:
        self.who = who
        self.computers = computers
        self._server = server
        self._faults = faults
        self._random = random
        self._ledger = ledger
        self._trace = trace
        self._token = server.issue_token(who)
        self._said = 0

    def lose_token(self) -> None:
        """Be signed out by the server."""
        self._server.revoke(self._token)

    def token(self) -> str:
        """Return a token that is good now."""
        if not self._server.knows(self._token):
            self._token = self._server.issue_token(self.who)
        return self._token

    async def work(self, acts: int, conversations: list[ConversationId]) -> None:
        """Do so many things, whatever happens."""
        for _ in range(acts):
            await asyncio.sleep(self._random.choice((0.0, 0.2, 1.0, 3.0, 10.0, 40.0)))
            computer = self._random.choice(self.computers)
            async with computer.chair:
                try:
                    await self._act(computer, self._random.choice(conversations))
                except Crash:
                    await asyncio.sleep(self._random.uniform(0.0, 20.0))
                except DeskError as error:
                    self._trace(f"{self.who.user_id} reads: {error}")

    async def finish(self, conversations: list[ConversationId]) -> None:
        """Submit what was begun at any computer, and give back what is held, as far as the server can be reached."""
        for computer in self.computers:
            async with computer.chair:
                with suppress(DeskError, Crash):
                    await self._submit_begun(computer)
                if computer.process.alive and computer.who == self.who:
                    for about in conversations:
                        with suppress(DeskError, Crash):
                            await computer.do(partial(_release, about))

    async def _submit_begun(self, computer: Computer) -> None:
        if not computer.has_draft_of(self.who.user_id):
            return
        if not computer.process.alive or computer.who != self.who:
            await self.take_seat(computer)
        for draft in await computer.do(lambda session: session.corrections.drafts()):
            await self._submit(computer, draft)

    async def _act(self, computer: Computer, about: ConversationId) -> None:
        if not computer.process.alive or computer.who != self.who or not self._server.knows(computer.token):
            await self.take_seat(computer)
        if computer.session.corrections.refused() and self._random.random() < 0.5:
            return await self._look_after_refused(computer)
        match self._random.random():
            case chance if chance < 0.85:
                await self._correct(computer, about)
            case chance if chance < 0.92:
                await computer.get_up()
            case _:
                computer.session.reconnect()

    async def take_seat(self, computer: Computer) -> None:
        """Sit down at a computer, after whoever sits there. Raises DeskError, Crash."""
        await computer.get_up()
        if self._faults.hit(Fault.DESK_CLOCK_BACK):
            computer.clock.set_right()
        await computer.sit_down(self.who, self.token())

    async def _correct(self, computer: Computer, about: ConversationId) -> None:
        about = await self._choose(computer, about)
        draft = await computer.do(lambda session: session.corrections.draft(about, AI_TURN))
        if is_untouched(draft) or self._random.random() < 0.3:
            draft = self._written(draft)
        if self._random.random() < 0.6:
            self._ledger.typing(computer.name, draft)
            await computer.do(lambda session: session.corrections.save_draft(draft))
            self._ledger.typed(computer.name, draft)
            await asyncio.sleep(self._random.uniform(0.0, 5.0))
        if self._random.random() < 0.8:
            await self._submit(computer, draft)
        if computer.session.conversations.held(about):
            await self._let_go(computer, about)

    async def _let_go(self, computer: Computer, about: ConversationId) -> None:
        match self._random.random():
            case chance if chance < 0.7:
                await computer.do(lambda session: session.conversations.release(about))
            case chance if chance < 0.8:
                await computer.do(lambda session: session.conversations.close(about))
                await asyncio.sleep(self._random.uniform(0.0, 30.0))
                await computer.do(lambda session: session.conversations.reopen(about))

    async def _choose(self, computer: Computer, about: ConversationId) -> ConversationId:
        """Return a conversation to work on: pulled from the queue, claimed, or just opened."""
        try:
            match self._random.random():
                case chance if chance < 0.3:
                    return (await computer.do(lambda session: session.queue.pull_next())).conversation_id
                case chance if chance < 0.7:
                    if chance < 0.6:  # others go for one at the same moment
                        await asyncio.sleep(-asyncio.get_running_loop().time() % NEWS_EVERY_S)
                    await computer.do(lambda session: session.conversations.claim(about))
        except RefusedError as refused:  # somebody holds it: one may write all the same
            claim = refused.problem.claim
            if claim and is_allowed(self.who.role, Permission.TAKE_BACK):
                await computer.do(lambda session: session.conversations.claim(about, take_back=claim.epoch))
        return about

    def _written(self, draft: CorrectionDraft) -> CorrectionDraft:
        self._said += 1
        text = f"{self.who.user_id} says {self._said}."
        draft = with_severity(with_note(with_text(draft, text), f"Note on {text}"), Severity.MAJOR)
        return draft.model_copy(update={"codes": ("wrong_fact",), "taxonomy_version": TAXONOMY.version})

    async def _submit(self, computer: Computer, draft: CorrectionDraft) -> None:
        if self._faults.hit(Fault.ITEM_REFUSED):
            draft = draft.model_copy(update={"taxonomy_version": ANOTHER_VERSION})
        self._ledger.submitting(computer.name, draft)
        self._trace(f"{self.who.user_id} submits {draft.text!r} at {computer.name}")
        for last in (False, False, True):
            try:
                saved_as = await computer.do(lambda session: session.corrections.submit(draft))
                break
            except StoreError:
                if last:
                    raise
                await asyncio.sleep(self._random.uniform(0.0, 5.0))
        self._ledger.shown_as_saved(computer.name, draft, saved_as)
        computer.may_die(Fault.DESK_DIES_AFTER_SHOWN)

    async def _look_after_refused(self, computer: Computer) -> None:
        _, status = self._random.choice(computer.session.corrections.refused())
        match self._random.randrange(3):
            case 0:
                await computer.do(lambda session: session.corrections.retry(status.id))
            case 1:
                self._withdraw(computer, status.id)
                await computer.do(lambda session: session.corrections.discard_refused(status.id))
            case 2:
                self._withdraw(computer, status.id)
                draft = await computer.do(lambda session: session.corrections.reopen(status.id))
                await self._submit(computer, self._written(draft))

    def _withdraw(self, computer: Computer, correction_id: str) -> None:
        self._ledger.withdrawn(computer.session.corrections.refused_correction(correction_id).corrected_text)


async def _release(about: ConversationId, session: DeskSession) -> None:
    await session.conversations.release(about)
