"""Claims held at this desk: taken, kept alive by a heartbeat at a third of the lease, given back, or lost."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from console.client.services.clock import ServerTime
from console.client.services.errors import BackendError, RefusedError
from console.client.services.ports import BackendGateway, Clock
from console.contract.conversations import OwnerState
from console.contract.ids import ConversationId, UserId
from console.contract.problems import ProblemCode
from console.contract.views import Claim, QueueRow

IDLE_S = 3600.0
SHORTEST_LEASE_S = 3.0
GIVE_BACK_S = 1.5
"""How long somebody who leaves may be kept waiting for their claims to be given back."""

OnClaim = Callable[[ConversationId, Claim | None], None]


@dataclass(slots=True)
class _Held:
    claim: Claim
    third_s: float
    renew_at: float


class Claims:
    """The claims of one person at this desk. `on_claim` hears of every one taken, renewed, given back or lost.

    A claim counts as held until the backend says otherwise: while it is away nobody else can take the conversation,
    and an expired lease revives if nobody did.
    """

    def __init__(
        self, gateway: BackendGateway, clock: Clock, server_time: ServerTime, me_id: UserId, on_claim: OnClaim
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._server_time = server_time
        self._me_id = me_id
        self._on_claim = on_claim
        self._held: dict[ConversationId, _Held] = {}
        self._last_epochs: dict[ConversationId, int] = {}
        self._floors: dict[ConversationId, int] = {}
        self._wake = asyncio.Event()

    def held(self, conversation_id: ConversationId) -> Claim | None:
        """Return the claim this desk holds, if it holds one."""
        held = self._held.get(conversation_id)
        return held.claim if held else None

    def epoch(self, conversation_id: ConversationId) -> int:
        """Return the epoch work on a conversation is done under: of the claim held now or last, else 0."""
        return self._last_epochs.get(conversation_id, 0)

    def has_run_out(self, row: QueueRow) -> bool:
        """Say whether the lease a row shows is over by the backend's clock, if known; one held here never is."""
        if row.claim is None or row.conversation_id in self._held or not self._server_time.is_known:
            return False
        return row.claim.expires_at <= self._server_time.now()

    def adopt(self, conversation_id: ConversationId, claim: Claim | None) -> None:
        """Learn from an answer who holds a conversation; keep the claim alive if it is this person.

        An answer older than what is known here (no claim yet, or one given back since) teaches nothing.
        """
        if claim is None or claim.epoch < self._floors.get(conversation_id, 0):
            return
        if claim.holder_id != self._me_id:
            self._drop(conversation_id, claim.epoch, claim)
            return
        lease = max(SHORTEST_LEASE_S, (claim.expires_at - self._server_time.now()).total_seconds())
        self._held[conversation_id] = _Held(claim, lease / 3, self._clock.monotonic() + lease / 3)
        self._last_epochs[conversation_id] = self._floors[conversation_id] = claim.epoch
        self._wake.set()
        self._on_claim(conversation_id, claim)

    async def claim(self, conversation_id: ConversationId, take_back: int | None = None) -> Claim:
        """Lease a conversation. Raises RefusedError (held, forbidden) or another BackendError.

        `take_back`: the epoch of the claim to take it back from.
        """
        claim = await self._gateway.claim(conversation_id, take_back)
        self.take_up(conversation_id, claim)
        return claim

    def take_up(self, conversation_id: ConversationId, claim: Claim | None) -> None:
        """Take up a claim that was just asked for, whatever was known before: a restored backend's epochs are lower."""
        self._floors.pop(conversation_id, None)
        self.adopt(conversation_id, claim)

    def remember(self, row: QueueRow) -> None:
        """Learn from a row kept here what this person's claim was, so that work goes on under it offline."""
        if row.claim and row.claim.holder_id == self._me_id:
            self._last_epochs.setdefault(row.conversation_id, row.claim.epoch)

    async def release(self, conversation_id: ConversationId) -> None:
        """Give a claim back; one that is not held, or was lost meanwhile, needs no giving back."""
        held = self._held.get(conversation_id)
        if held is None:
            return
        try:
            await self._gateway.release(conversation_id, held.claim.epoch)
        except RefusedError as error:
            if error.code is not ProblemCode.CLAIM_LOST:
                raise
        self._drop(conversation_id, held.claim.epoch)

    async def close(self, conversation_id: ConversationId) -> None:
        """Close a conversation under the claim held now or last. Raises RefusedError (claim_lost), BackendError."""
        epoch = self.epoch(conversation_id)
        try:
            await self._gateway.close(conversation_id, epoch)
        except RefusedError as error:
            if error.code is ProblemCode.CLAIM_LOST:
                self._drop(conversation_id, epoch, error.problem.claim)
            raise
        self._drop(conversation_id, epoch)

    async def release_all(self, patience_s: float = GIVE_BACK_S) -> None:
        """Give every claim back, all at once; what cannot be given back in that time runs out by itself."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await asyncio.gather(*(self._give_back(conversation_id) for conversation_id in self._held))

    async def _give_back(self, conversation_id: ConversationId) -> None:
        with suppress(BackendError):
            await self.release(conversation_id)

    def wake(self) -> None:
        """Renew every claim now: the backend is back."""
        for held in self._held.values():
            held.renew_at = 0.0
        self._wake.set()

    async def run(self) -> None:
        """Keep the claims alive for ever."""
        while True:
            self._wake.clear()
            now = self._clock.monotonic()
            soonest = min((held.renew_at for held in self._held.values()), default=now + IDLE_S)
            if soonest > now and not await self._clock.wait(self._wake, soonest - now):
                continue
            now = self._clock.monotonic()
            for conversation_id in [key for key, held in self._held.items() if held.renew_at <= now]:
                await self._renew(conversation_id)

    async def _renew(self, conversation_id: ConversationId) -> None:
        held = self._held.get(conversation_id)
        if held is None:
            return
        held.renew_at = self._clock.monotonic() + held.third_s / 2  # before the call, so that it holds however it ends
        try:
            claim = await self._gateway.renew(conversation_id, held.claim.epoch)
        except RefusedError as error:
            self._drop(conversation_id, held.claim.epoch, error.problem.claim)
        except BackendError:
            return
        else:
            if self._held.get(conversation_id) is held:
                self.adopt(conversation_id, claim)

    def _drop(self, conversation_id: ConversationId, epoch: int, now_held_by: Claim | None = None) -> None:
        """Let go of the claim of that epoch or an older one: a late answer says nothing of one taken since."""
        held = self._held.get(conversation_id)
        if held is not None and held.claim.epoch <= epoch:
            del self._held[conversation_id]
            self._floors[conversation_id] = held.claim.epoch + 1
            self._on_claim(conversation_id, now_held_by)


def with_claim(row: QueueRow, claim: Claim | None) -> QueueRow:
    """Return the row held by that claim; without one it is the queue's again, or the AI's."""
    owner = OwnerState.HUMAN if claim else OwnerState.WAITING if row.gate else OwnerState.AI
    return row.model_copy(update={"claim": claim, "owner_state": owner})
