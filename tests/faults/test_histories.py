"""The machine that judges races: it accepts what may happen, and no history that breaks a promise gets past it."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import true, update

from console.contract.ids import ConversationId
from console.contract.views import CorrectionState
from console.server.services import corrections
from console.server.services.identity import Identity
from console.server.services.ports import Database
from console.server.store import conversations as store
from console.server.store.conversations import SqlConversations
from console.server.store.tables import ConversationTable
from tests.faults.claims_model import Answer, Call, Kind, Said, State, answer_in_turn, step
from tests.faults.histories import broken_fences, is_postgresql, judge, open_arena, race_all
from tests.faults.linearizability import is_linearizable
from tests.faults.tally import Tally
from tests.server.world import NOW

STORED, LATE = CorrectionState.STORED, CorrectionState.LATE
LEASE = timedelta(minutes=5)


def call(
    agent: str,
    kind: Kind,
    answer: Answer,
    times: tuple[int, int | None],
    *,
    epoch: int = 0,
    write: str = "",
    minute: float = 0,
) -> Call:
    now = NOW + timedelta(minutes=minute)
    return Call(agent, kind, *times, now, now + LEASE, answer, epoch, write)


def is_allowed(*calls: Call) -> bool:
    return is_linearizable(calls, State(), step)


ANA_CLAIMS = call("ana", Kind.CLAIM, 1, (1, 2))

ALLOWED = {
    "nothing": (),
    "one after the other": (
        ANA_CLAIMS,
        call("ana", Kind.STORE, STORED, (3, 4), epoch=1, write="a"),
        call("ana", Kind.RELEASE, Said.DONE, (5, 6), epoch=1),
        call("ben", Kind.PULL, 2, (7, 8)),
        call("ben", Kind.LIST, frozenset({("ana", "a", STORED)}), (9, 10)),
    ),
    "two at once, the later one first": (
        call("ana", Kind.CLAIM, Said.REFUSED, (1, 10)),
        call("ben", Kind.CLAIM, 1, (2, 9)),
    ),
    "a lease that ran out": (ANA_CLAIMS, call("ben", Kind.CLAIM, 2, (3, 4), minute=5)),
    "a lease that revives": (ANA_CLAIMS, call("ana", Kind.RENEW, Said.DONE, (3, 4), epoch=1, minute=9)),
    "a clock that is behind": (ANA_CLAIMS, call("ben", Kind.CLAIM, Said.REFUSED, (3, 4), minute=-60)),
    "a claim taken back": (
        ANA_CLAIMS,
        call("ben", Kind.TAKE_BACK, 2, (3, 4), epoch=1),
        call("ana", Kind.RENEW, Said.REFUSED, (5, 6), epoch=1),
        call("ana", Kind.STORE, LATE, (7, 8), epoch=1, write="a"),
    ),
    "a write that races with who takes over": (
        ANA_CLAIMS,
        call("ben", Kind.TAKE_BACK, 2, (3, 8), epoch=1),
        call("ana", Kind.STORE, STORED, (4, 9), epoch=1, write="a"),
    ),
    "a claim nobody heard of": (
        call("ana", Kind.CLAIM, Said.NOTHING_KNOWN, (1, None)),
        call("ben", Kind.CLAIM, Said.REFUSED, (2, 3)),
    ),
    "a claim nobody heard of, that never was": (
        call("ana", Kind.CLAIM, Said.NOTHING_KNOWN, (1, None)),
        call("ben", Kind.CLAIM, 1, (2, 3)),
    ),
    "a write nobody heard of, asked again": (
        ANA_CLAIMS,
        call("ana", Kind.STORE, Said.NOTHING_KNOWN, (3, None), epoch=1, write="a"),
        call("ben", Kind.TAKE_BACK, 2, (4, 5), epoch=1),
        call("ana", Kind.STORE, STORED, (6, 7), epoch=1, write="a"),
    ),
    "a conversation closed, opened and written to by who held it last": (
        ANA_CLAIMS,
        call("ana", Kind.CLOSE, Said.DONE, (3, 4), epoch=1),
        call("ana", Kind.CLOSE, Said.DONE, (5, 6), epoch=1),
        call("ben", Kind.CLAIM, Said.REFUSED, (7, 8)),
        call("ben", Kind.PULL, Said.REFUSED, (9, 10)),
        call("ben", Kind.LOOK, Said.CLOSED, (11, 12)),
        call("ben", Kind.REOPEN, Said.DONE, (13, 14)),
        call("ana", Kind.STORE, STORED, (15, 16), epoch=1, write="a"),
        call("ben", Kind.CLAIM, 2, (17, 18)),
    ),
}

PLANTED = {
    "a claim granted twice": (ANA_CLAIMS, call("ben", Kind.CLAIM, 1, (3, 4))),
    "a claim granted twice at once": (call("ana", Kind.CLAIM, 1, (1, 4)), call("ben", Kind.CLAIM, 1, (2, 3))),
    "two holders": (ANA_CLAIMS, call("ben", Kind.CLAIM, 2, (3, 4))),
    "two holders at once": (call("ana", Kind.CLAIM, 1, (1, 4)), call("ben", Kind.CLAIM, 2, (2, 3))),
    "an epoch that is used again": (
        ANA_CLAIMS,
        call("ana", Kind.RELEASE, Said.DONE, (3, 4), epoch=1),
        call("ben", Kind.CLAIM, 1, (5, 6)),
    ),
    "an epoch that is passed over": (call("ana", Kind.CLAIM, 2, (1, 2)),),
    "a lease that ends too soon": (ANA_CLAIMS, call("ben", Kind.CLAIM, 2, (3, 4), minute=4.9)),
    "a lease that does not end": (ANA_CLAIMS, call("ben", Kind.CLAIM, Said.REFUSED, (3, 4), minute=5)),
    "a renewal that does not count": (
        ANA_CLAIMS,
        call("ana", Kind.RENEW, Said.DONE, (3, 4), epoch=1, minute=4),
        call("ben", Kind.CLAIM, 2, (5, 6), minute=6),
    ),
    "a renewal after a take-over": (
        ANA_CLAIMS,
        call("ben", Kind.TAKE_BACK, 2, (3, 4), epoch=1),
        call("ana", Kind.RENEW, Said.DONE, (5, 6), epoch=1),
    ),
    "a take-back of another claim": (ANA_CLAIMS, call("ben", Kind.TAKE_BACK, 2, (3, 4), epoch=7)),
    "a release of another's claim": (ANA_CLAIMS, call("ben", Kind.RELEASE, Said.DONE, (3, 4), epoch=1)),
    "a stale write that is accepted": (
        ANA_CLAIMS,
        call("ben", Kind.TAKE_BACK, 2, (3, 4), epoch=1),
        call("ana", Kind.STORE, STORED, (5, 6), epoch=1, write="a"),
    ),
    "a write without a claim": (call("ana", Kind.STORE, STORED, (1, 2), epoch=0, write="a"),),
    "a good write that is called late": (ANA_CLAIMS, call("ana", Kind.STORE, LATE, (3, 4), epoch=1, write="a")),
    "a write that becomes another": (
        ANA_CLAIMS,
        call("ana", Kind.STORE, STORED, (3, 4), epoch=1, write="a"),
        call("ben", Kind.TAKE_BACK, 2, (5, 6), epoch=1),
        call("ana", Kind.STORE, LATE, (7, 8), epoch=1, write="a"),
    ),
    "a write that is lost": (
        ANA_CLAIMS,
        call("ana", Kind.STORE, STORED, (3, 4), epoch=1, write="a"),
        call("ana", Kind.LIST, frozenset(), (5, 6)),
    ),
    "a claim on what is closed": (
        ANA_CLAIMS,
        call("ana", Kind.CLOSE, Said.DONE, (3, 4), epoch=1),
        call("ben", Kind.CLAIM, 2, (5, 6)),
    ),
    "a renewal of what is closed": (
        ANA_CLAIMS,
        call("ana", Kind.CLOSE, Said.DONE, (3, 4), epoch=1),
        call("ana", Kind.RENEW, Said.DONE, (5, 6), epoch=1),
    ),
    "a close by who lost it": (
        ANA_CLAIMS,
        call("ben", Kind.TAKE_BACK, 2, (3, 4), epoch=1),
        call("ana", Kind.CLOSE, Said.DONE, (5, 6), epoch=1),
    ),
    "a claim that a reopening revives": (
        ANA_CLAIMS,
        call("ana", Kind.CLOSE, Said.DONE, (3, 4), epoch=1),
        call("ben", Kind.REOPEN, Said.DONE, (5, 6)),
        call("ana", Kind.RENEW, Said.DONE, (7, 8), epoch=1),
    ),
    "a pull of what is held": (ANA_CLAIMS, call("ben", Kind.PULL, 2, (3, 4))),
    "a pull of one's own": (ANA_CLAIMS, call("ana", Kind.PULL, 1, (3, 4))),
    "a pull of what one has corrected": (
        call("ana", Kind.STORE, LATE, (1, 2), epoch=9, write="a"),
        call("ana", Kind.PULL, 1, (3, 4)),
    ),
    "a pull that sees nothing": (call("ana", Kind.PULL, Said.REFUSED, (1, 2)),),
    "a look at the past": (ANA_CLAIMS, call("ben", Kind.LOOK, None, (3, 4))),
    "a claim heard of before it was made": (
        call("ben", Kind.CLAIM, Said.REFUSED, (1, 2)),
        call("ana", Kind.CLAIM, Said.NOTHING_KNOWN, (3, None)),
    ),
    "two effects of one claim nobody heard of": (
        call("ana", Kind.CLAIM, Said.NOTHING_KNOWN, (1, None)),
        call("ben", Kind.TAKE_BACK, 2, (2, 3), epoch=1),
        call("ben", Kind.RELEASE, Said.DONE, (4, 5), epoch=2),
        call("cai", Kind.LOOK, ("ana", 3), (6, 7)),
        call("cai", Kind.LOOK, ("ana", 3), (8, 9), minute=4),
        call("cai", Kind.CLAIM, 5, (10, 11), minute=9),
    ),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_may_happen_is_accepted(name: str) -> None:
    assert is_allowed(*ALLOWED[name])
    assert list(broken_fences(ALLOWED[name])) == []


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_breach_is_rejected(name: str) -> None:
    assert not is_allowed(*PLANTED[name])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a claim granted twice", "epoch 1 is ana's and ben's"),
        ("an epoch that is used again", "epoch 1 is ana's and ben's"),
        ("a stale write that is accepted", "a was stored under epoch 1 after epoch 2 was granted"),
    ],
)
def test_a_broken_fence_is_seen_without_a_search(name: str, said: str) -> None:
    assert list(broken_fences(PLANTED[name])) == [said]


@given(st.randoms(use_true_random=False))
def test_whatever_the_model_answers_is_accepted_in_any_overlap(random: Random) -> None:
    """Calls that took effect in turn are stretched until they overlap; some lose their outcome."""
    state, calls = State(), []
    for number in range(28):
        at = 10 * number
        kind = random.choice([*Kind])
        agent = random.choice(["ana", "ben", "cai"])
        asked = call(agent, kind, None, (0, 0), epoch=random.randint(0, 4), write=f"w{number % 7}", minute=number)
        asked = replace(asked, correction=f"{asked.agent}-{asked.correction}")
        answer, state = answer_in_turn(state, asked)
        times = at - random.randint(0, 25), at + random.randint(0, 25)
        known = random.random() > 0.15
        calls.append(
            replace(
                asked,
                began=times[0],
                ended=times[1] if known else None,
                answer=answer if known else Said.NOTHING_KNOWN,
            )
        )
    random.shuffle(calls)
    assert is_allowed(*calls)


RACES = [(number, (4, 20)) for number in range(12)]


@pytest.mark.anyio
async def test_real_races_keep_every_promise(database: Database) -> None:
    assert (await race_all(database, 1, RACES)).violations == []


async def _always_stored(*_: object) -> CorrectionState:
    return STORED


async def _takes_under_one_epoch(
    conversations: SqlConversations, name: ConversationId, by: Identity, now: datetime, until: datetime, _: int | None
) -> int | None:
    if await TAKE(conversations, name, by, now, until, None) is None:
        return None
    await conversations._db.execute(update(ConversationTable).where(ConversationTable.id == name).values(epoch=1))
    return 1


TAKE = SqlConversations.take
BUGS = {
    "no compare": (store, "_free", lambda _: true()),
    "a lease that never ends": (store, "_free", lambda _: ConversationTable.lease_until.is_(None)),
    "no fence": (corrections, "_state", _always_stored),
    "epochs that stand still": (SqlConversations, "take", _takes_under_one_epoch),
}


@pytest.mark.anyio
@pytest.mark.parametrize("bug", BUGS)
async def test_a_bug_planted_in_the_backend_is_caught(
    database: Database, bug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*BUGS[bug])
    tally = Tally()
    async with open_arena(database) as arena:
        for number, (agents, calls) in RACES:
            race = await arena.race(f"h{number}", Random(number), agents, calls)
            judge(race, tally, f"history {number}", passes_over=is_postgresql(database))
            if any("no order of these calls is allowed" in violation for violation in tally.violations):
                return
    pytest.fail(f"{len(RACES)} races did not show it")
