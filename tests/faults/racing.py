"""One race: agents on a few conversations, through replicas with clocks of their own, every call written down.

A call may be given up in the middle, or left alone: then its agent goes on and never hears of it. The calls go through
the real use cases and the real store; what each was answered is written down where it was answered, however late.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from sqlalchemy.exc import SQLAlchemyError

from console.contract.corrections import Correction
from console.contract.ids import ConversationId, UserId
from console.contract.permissions import Role
from console.contract.problems import ProblemCode
from console.contract.views import CorrectionRecord, CorrectionState, QueueRow
from console.server.services.backend import Backend
from console.server.services.claims import claim_conversation, release_claim, renew_claim
from console.server.services.closing import close_conversation, reopen_conversation
from console.server.services.corrections import list_corrections, store_correction
from console.server.services.identity import Identity
from console.server.services.ports import StoreError
from console.server.services.queue import list_rows, pull_next
from console.server.services.refusals import Refused
from tests.faults.claims_model import Answer, Call, Kind, Said, Write
from tests.server.world import NOW, correction

EXPECTED = {ProblemCode.HELD, ProblemCode.CLAIM_LOST, ProblemCode.NOTHING_FREE, ProblemCode.CLOSED}
"""How whoever races may be refused; any other refusal is a mistake."""

KINDS = {
    Kind.CLAIM: 5,
    Kind.TAKE_BACK: 3,
    Kind.PULL: 4,
    Kind.RENEW: 3,
    Kind.RELEASE: 3,
    Kind.STORE: 6,
    Kind.LOOK: 2,
    Kind.CLOSE: 2,
    Kind.REOPEN: 2,
}
"""How often each is asked for, in relation to the others."""

FAULTS = (
    "given up in the middle",
    "left alone",
    "asked again",
    "held by another",
    "taken back",
    "lease run out",
    "lease revived",
    "claim lost",
    "pulled",
    "nothing free",
    "closed",
    "reopened",
    "write in time",
    "write too late",
)
"""What must happen in the races of a database, or they prove nothing."""

MOVES, GIVES_UP, LEAVES, ASKS_AGAIN, FORGETS = 0.15, 0.08, 0.1, 0.5, 0.15
"""How often the clock moves before a call, and what else may become of one."""

FARTHEST_S, APART_S, SOON_S = 420, 60, 0.004
"""How far the clock moves at most, how far the replicas' clocks are apart, and how soon somebody goes on."""


@dataclass
class Reading:
    """A replica's clock during one call, which remembers what it said."""

    time: Callable[[], datetime]
    ahead: timedelta
    said: datetime | None = None

    def __call__(self) -> datetime:
        self.said = self.time() + self.ahead
        return self.said


@dataclass(frozen=True)
class Wish:
    """What an agent asks for."""

    by: Identity
    kind: Kind
    conversation: ConversationId
    epoch: int = 0
    correction: Correction | None = None

    async def ask(self, backend: Backend) -> Answer:
        """Ask a replica. Raises Refused and whatever a store may raise."""
        match self.kind:
            case Kind.CLAIM:
                return (await claim_conversation(backend, self.by, self.conversation)).epoch
            case Kind.TAKE_BACK:
                return (await claim_conversation(backend, self.by, self.conversation, self.epoch)).epoch
            case Kind.PULL:
                row = await pull_next(backend, self.by)
                assert row.claim is not None
                return row.conversation_id, row.claim.epoch
            case Kind.RENEW:
                await renew_claim(backend, self.by, self.conversation, self.epoch)
            case Kind.RELEASE:
                await release_claim(backend, self.by, self.conversation, self.epoch)
            case Kind.STORE:
                assert self.correction is not None
                return (await store_correction(backend, self.by, self.correction))[0].state
            case Kind.CLOSE:
                await close_conversation(backend, self.by, self.conversation, self.epoch)
            case Kind.REOPEN:
                await reopen_conversation(backend, self.by, self.conversation)
            case Kind.LOOK:
                rows = (await list_rows(backend, self.by, [self.conversation])).rows
                return _seen(rows[0] if rows else None)
        return Said.DONE


class Race:
    """The calls on each conversation, and those that may be about any. `granted`: the epochs told to all."""

    def __init__(self, replicas: Sequence[Backend], conversations: Sequence[ConversationId], random: Random) -> None:
        self.conversations = conversations
        self.random = random
        self.lines_are_cut = False
        self.hits: Counter[str] = Counter()
        self.mistakes: list[str] = []
        self.granted: dict[ConversationId, int] = {}
        self._replicas = [(backend, timedelta(seconds=random.uniform(0, APART_S))) for backend in replicas]
        self._calls: dict[ConversationId, list[Call]] = {conversation: [] for conversation in conversations}
        self._about_any: list[Call] = []
        self._leases: dict[ConversationId, datetime] = {}
        self._closed: set[ConversationId] = set()
        self._moments = count(1)
        self._now = NOW
        self._left_alone: set[asyncio.Task[Answer]] = set()

    async def run(self, agents: int, calls: int) -> None:
        """Let so many agents make so many calls between them."""
        racers = [Racer(self, f"agent{number}") for number in range(agents)]
        shares = [calls // agents + (number < calls % agents) for number in range(agents)]
        await asyncio.gather(*(racer.run(share) for racer, share in zip(racers, shares, strict=True)))
        if self._left_alone:
            await asyncio.wait(self._left_alone)

    async def look(self) -> None:
        """Write down who holds each conversation in the end, and what is stored about it."""
        by = Racer(self, "observer").me
        backend, ahead = self._replicas[0]
        clock = Reading(self._tell_time, ahead)
        backend = replace(backend, clock=clock)
        began = next(self._moments)
        rows = {row.conversation_id: row for row in (await list_rows(backend, by, self.conversations)).rows}
        stored = (await list_corrections(backend, by, None, None)).records
        ended = next(self._moments)
        for where in self.conversations:
            writes = frozenset(_write(record) for record in stored if record.correction.conversation_id == where)
            self._write_down(Wish(by, Kind.LOOK, where), began, ended, clock(), _seen(rows.get(where)))
            self._write_down(Wish(by, Kind.LIST, where), began, ended, clock(), writes)

    def history(self, conversation: ConversationId, *, passes_over: bool) -> list[Call]:
        """Return the calls on a conversation.

        A pull that found nothing says that this was not free either; where `passes_over` what another call is just
        busy with may be passed over, and only a pull that overlaps no other call says anything.
        """
        calls = self._calls[conversation]
        others = [*calls, *(pull for pull in self._about_any if pull.answer is not Said.REFUSED)]

        def says_something(pull: Call) -> bool:
            alone = all(_is_apart(pull, other) for other in others if other is not pull)
            return pull.answer is not Said.REFUSED or alone or not passes_over

        return [*calls, *filter(says_something, self._about_any)]

    async def ask(self, wish: Wish) -> Answer:
        """Ask any replica and write down what it answers."""
        backend, ahead = self.random.choice(self._replicas)
        clock = Reading(self._tell_time, ahead)
        began, ended = next(self._moments), None
        answer: Answer = Said.NOTHING_KNOWN
        try:
            answer = await wish.ask(replace(backend, clock=clock))
            ended = next(self._moments)
        except Refused as refused:
            answer, ended = Said.REFUSED, next(self._moments)
            if refused.code not in EXPECTED:
                self.mistakes.append(f"{wish.kind} was refused: {refused.code} {refused.detail}")
        except StoreError as error:
            self.hits["line cut"] += 1
            if not self.lines_are_cut:
                self.mistakes.append(f"{wish.kind} failed without a reason: {error}")
        except SQLAlchemyError as error:
            self.mistakes.append(f"{wish.kind} failed by our own mistake: {error}")
        finally:
            if clock.said is not None:  # before that it has asked the store for nothing
                self._write_down(wish, began, ended, clock.said, answer)
        return answer

    async def ask_and_go_on(self, wish: Wish) -> Answer:
        """Ask, and go on soon whether there is an answer or not."""
        asking = asyncio.create_task(self.ask(wish))
        await asyncio.wait([asking], timeout=self.random.uniform(0, SOON_S))
        if asking.done():
            return asking.result()
        self.hits["left alone"] += 1
        self._left_alone.add(asking)
        return Said.NOTHING_KNOWN

    async def ask_and_give_up(self, wish: Wish) -> Answer:
        """Ask, and soon stop the replica in the middle of it."""
        asking = asyncio.create_task(self.ask(wish))
        await asyncio.wait([asking], timeout=self.random.uniform(0, SOON_S))
        if asking.done():
            return asking.result()
        self.hits["given up in the middle"] += 1
        asking.cancel()
        await asyncio.wait([asking])
        return Said.NOTHING_KNOWN if asking.cancelled() else asking.result()

    def move_clock(self) -> None:
        """Let time pass, perhaps more than a lease's."""
        self._now += timedelta(seconds=self.random.uniform(0, FARTHEST_S))

    def _tell_time(self) -> datetime:
        return self._now

    def _write_down(self, wish: Wish, began: int, ended: int | None, now: datetime, answer: Answer) -> None:
        where: ConversationId | None = wish.conversation
        if wish.kind is Kind.PULL:
            where = None
            if isinstance(answer, tuple):
                where, answer = ConversationId(answer[0]), answer[1]
        written = wish.correction.id if wish.correction else ""
        until = now + self._replicas[0][0].lease
        call = Call(wish.by.user_id, wish.kind, began, ended, now, until, answer, wish.epoch, written)
        (self._about_any if where is None else self._calls[where]).append(call)
        self.hits.update(self._what_happened(where, call))

    def _what_happened(self, where: ConversationId | None, call: Call) -> Iterator[str]:
        """Yield the names of what a call hit, as far as the order of the answers tells."""
        had_run_out = where in self._leases and call.now >= self._leases[where]
        if where is not None and (isinstance(call.answer, int) or (call.kind, call.answer) == (Kind.RENEW, Said.DONE)):
            self._leases[where] = call.until
            self.granted[where] = call.answer if isinstance(call.answer, int) else call.epoch
            yield from ["lease revived" if call.kind is Kind.RENEW else "lease run out"] if had_run_out else []
        elif where is not None and call.kind in (Kind.RELEASE, Kind.CLOSE) and call.answer is Said.DONE:
            self._leases.pop(where, None)
            self._closed |= {where} if call.kind is Kind.CLOSE else set()
        yield from {
            (Kind.TAKE_BACK, True): ["taken back"],
            (Kind.PULL, True): ["pulled"],
            (Kind.STORE, CorrectionState.STORED): ["write in time"],
            (Kind.STORE, CorrectionState.LATE): ["write too late"],
            (Kind.PULL, Said.REFUSED): ["nothing free"],
            (Kind.CLAIM, Said.REFUSED): ["held by another"],
            (Kind.TAKE_BACK, Said.REFUSED): ["held by another"],
            (Kind.RENEW, Said.REFUSED): ["claim lost"],
            (Kind.RELEASE, Said.REFUSED): ["claim lost"],
            (Kind.CLOSE, Said.REFUSED): ["claim lost"],
            (Kind.CLOSE, Said.DONE): ["closed"],
            (Kind.REOPEN, Said.DONE): ["reopened"] if where in self._closed else [],
        }.get((call.kind, isinstance(call.answer, int) or call.answer), [])
        if where is not None and call.kind is Kind.REOPEN:
            self._closed.discard(where)


class Racer:
    """An agent, who acts by the claims they were granted, those told to all, and the writes they are unsure of."""

    def __init__(self, race: Race, name: str) -> None:
        self.me = Identity(UserId(name), name, Role.TIER2)
        self._race = race
        self._random = race.random
        self._held: dict[ConversationId, int] = {}
        self._unsure: list[Correction] = []
        self._numbers = count(1)

    async def run(self, calls: int) -> None:
        """Make so many calls."""
        for _ in range(calls):
            if self._random.random() < MOVES:
                self._race.move_clock()
            wish = self._next_wish()
            fate = self._random.random()
            if fate < GIVES_UP:
                answer = await self._race.ask_and_give_up(wish)
            elif fate < GIVES_UP + LEAVES:
                answer = await self._race.ask_and_go_on(wish)
            else:
                answer = await self._race.ask(wish)
            self._learn(wish, answer)

    def _next_wish(self) -> Wish:
        (kind,) = self._random.choices([*KINDS], weights=[*KINDS.values()])
        if kind is Kind.STORE and self._unsure and self._random.random() < ASKS_AGAIN:
            self._race.hits["asked again"] += 1
            return self._writing(self._unsure.pop())
        where = self._random.choice(self._places(kind))
        known = self._race.granted if kind is Kind.TAKE_BACK or self._random.random() < FORGETS else self._held
        if kind is not Kind.STORE:
            return Wish(self.me, kind, where, known.get(where, 0))
        name = f"{where}.{self.me.user_id}.{next(self._numbers)}"
        return self._writing(correction(name, where, by=self.me.user_id, epoch=known.get(where, 0)))

    def _places(self, kind: Kind) -> Sequence[ConversationId]:
        """Where an agent may act: mostly on what they hold, if it takes a claim."""
        takes_a_claim = kind in (Kind.RENEW, Kind.RELEASE, Kind.STORE, Kind.CLOSE)
        forgets = self._random.random() < FORGETS
        return [*self._held] if takes_a_claim and self._held and not forgets else self._race.conversations

    def _writing(self, write: Correction) -> Wish:
        return Wish(self.me, Kind.STORE, write.conversation_id, write.epoch, write)

    def _learn(self, wish: Wish, answer: Answer) -> None:
        if wish.kind is Kind.PULL and isinstance(answer, tuple):
            self._held[ConversationId(answer[0])] = answer[1]
        elif isinstance(answer, int):
            self._held[wish.conversation] = answer
        elif wish.correction is not None and answer is Said.NOTHING_KNOWN:
            self._unsure.append(wish.correction)


def _seen(row: QueueRow | None) -> Answer:
    """Return what a look at a conversation's row says; what is closed is in no queue."""
    if row is None:
        return Said.CLOSED
    return row.claim and (row.claim.holder_id, row.claim.epoch)


def _write(record: CorrectionRecord) -> Write:
    return record.correction.author_id, record.correction.id, record.receipt.state


def _is_apart(one: Call, other: Call) -> bool:
    """Whether one call had ended before the other began."""
    return (one.ended or one.began) < other.began or (other.ended is not None and other.ended < one.began)
