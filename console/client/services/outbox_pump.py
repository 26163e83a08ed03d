"""The outbox pump: sends what is saved here, each correction with its own id, until the backend's word is certain.

Unknown outcome: again, for ever. Definite refusal: set aside with the reason, never in the way of the rest. Each
conversation is a lane, sent in order; a lane that fails waits alone, a line that is down makes all wait.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from console.client.services.backoff import Backoff
from console.client.services.errors import (
    RefusedError,
    StoreError,
    UnauthenticatedError,
    UnclearAnswerError,
    UnreachableError,
)
from console.client.services.outbox import Outbox
from console.client.services.ports import BackendGateway, Clock
from console.contract.base import canonical_json, content_sha256
from console.contract.corrections import Correction
from console.contract.ids import ConversationId
from console.contract.problems import ProblemCode

IDLE_S = 3600.0

OnChange = Callable[[ConversationId], None]


@dataclass(slots=True)
class _Wait:
    """When something that failed was tried, and when it may be again, by the monotonic clock."""

    backoff: Backoff
    tried: float = 0.0
    until: float = 0.0


class OutboxPump:
    """Sends one author's outbox. `on_change` hears of each item sent, stored, set aside or put back."""

    def __init__(
        self, gateway: BackendGateway, outbox: Outbox, clock: Clock, random: Random, on_change: OnChange
    ) -> None:
        self._gateway = gateway
        self._outbox = outbox
        self._clock = clock
        self._random = random
        self._on_change = on_change
        self._line = _Wait(Backoff(random))
        self._lanes: dict[ConversationId, _Wait] = {}
        self._wake = asyncio.Event()

    def waits(self, conversation_id: ConversationId) -> float:
        """Return for how many seconds a conversation whose last try failed is left alone; 0 where it may go now."""
        return max(0.0, self._due(conversation_id) - self._clock.monotonic())

    def wake(self) -> None:
        """Look again now: something was submitted. Waits that run go on."""
        self._wake.set()

    def reconnected(self) -> None:
        """Look again now: the backend is back, so nothing needs to wait."""
        for wait in (self._line, *self._lanes.values()):
            wait.until = 0.0
        self._wake.set()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            self._wake.clear()
            await self._send_due()
            await self._clock.wait(self._wake, self._pause())

    def _pause(self) -> float:
        """Return the seconds until something may be tried again."""
        heads = self._outbox.heads()
        if not heads:
            return IDLE_S
        return max(0.0, max(min(map(self._due, heads)), self._line.until) - self._clock.monotonic())

    def _due(self, lane: ConversationId) -> float:
        return self._lanes[lane].until if lane in self._lanes else 0.0

    def _tried(self, lane: ConversationId) -> float:
        return self._lanes[lane].tried if lane in self._lanes else 0.0

    async def _send_due(self) -> None:
        """Go round the lanes, one correction each, while any is due and the line holds."""
        progress = True
        while progress:
            progress = False
            heads = self._outbox.heads()
            for lane in sorted(heads, key=self._tried):  # so that none that fails is ever before one that does not
                now = self._clock.monotonic()
                if now < self._line.until:
                    return
                if self._due(lane) <= now:
                    progress |= await self._send(heads[lane])

    async def _send(self, correction: Correction) -> bool:
        """Send one correction; say whether its lane can go on."""
        lane = correction.conversation_id
        asked: float | None = None
        waits: _Wait | None = self._lanes.setdefault(lane, _Wait(Backoff(self._random)))  # whatever else goes wrong
        self._lanes[lane].tried = self._clock.monotonic()
        self._outbox.sending = correction.id
        self._on_change(lane)
        try:
            await self._deliver(correction)
        except UnreachableError as error:
            waits, asked = self._line, error.retry_after
        except UnclearAnswerError as error:
            asked = error.retry_after
            waits = waits if asked is None else self._line
        except (UnauthenticatedError, StoreError):
            waits = self._line
        else:
            waits = None
            self._line.backoff.reset()
            del self._lanes[lane]
        finally:
            if waits is not None:
                waits.until = self._clock.monotonic() + waits.backoff.next_wait(asked)
            self._outbox.sending = None
            self._on_change(lane)
        return waits is None

    async def _deliver(self, correction: Correction) -> None:
        try:
            receipt = await self._gateway.put_correction(correction)
        except RefusedError as error:
            if error.code is ProblemCode.NOT_FOUND:  # a restored backend may get its conversations back later
                raise UnclearAnswerError("The backend does not have this conversation.") from error
            await self._outbox.park(correction.id, str(error))
            return
        if (receipt.id, receipt.body_sha256) != (correction.id, content_sha256(canonical_json(correction))):
            raise UnclearAnswerError("The answer does not name what was sent.")
        await self._outbox.settle(receipt)
