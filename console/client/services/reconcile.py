"""Reconciling: at each connect, what this desk has receipts for is compared with what the backend holds.

A backend that was restored from a backup has lost what came after it; the words are still kept here, and go again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from random import Random

from console.client.services.backoff import Backoff
from console.client.services.errors import BackendError, RefusedError, StoreError, UnknownOutcomeError
from console.client.services.outbox import Outbox
from console.client.services.ports import BackendGateway, Clock
from console.contract.ids import ConversationId
from console.contract.reconcile import MAX_DAYS, DayDigest, Delivered, StoredId, digest_day

OnResend = Callable[[frozenset[ConversationId]], None]


class Reconciler:
    """Compares once after each connect, until it had an answer. `on_resend` hears of which conversations go again."""

    def __init__(
        self, gateway: BackendGateway, outbox: Outbox, clock: Clock, random: Random, on_resend: OnResend
    ) -> None:
        self._gateway = gateway
        self._outbox = outbox
        self._clock = clock
        self._random = random
        self._on_resend = on_resend
        self._connected = asyncio.Event()

    def connected(self) -> None:
        """Compare soon: the backend is back, and perhaps not the one that was left."""
        self._connected.set()

    async def run(self) -> None:
        """Compare at each connect, for ever."""
        while True:
            await self._connected.wait()
            self._connected.clear()
            await self._compare_patiently()

    async def _compare_patiently(self) -> None:
        waits = Backoff(self._random)
        while True:
            try:
                return await self.compare()
            except RefusedError:
                return  # this person's role has nothing to compare
            except (BackendError, StoreError) as error:
                asked = error.retry_after if isinstance(error, UnknownOutcomeError) else None
                if await self._clock.wait(self._connected, waits.next_wait(asked)):
                    self._connected.clear()

    async def compare(self) -> None:
        """Compare, and put back into the outbox what the backend does not hold. Raises BackendError, StoreError."""
        ours: dict[date, list[StoredId]] = defaultdict(list)
        for delivery in self._outbox.deliveries:
            stored = StoredId(id=delivery.receipt.id, body_sha256=delivery.receipt.body_sha256)
            ours[delivery.submitted_at.date()].append(stored)
        newest = sorted(ours, reverse=True)[:MAX_DAYS]
        days: tuple[DayDigest, ...] = tuple(digest_day(day, ours[day]) for day in newest)
        if not days:
            return
        differences = await self._gateway.compare(Delivered(days=days))
        lost = [one.id for there in reversed(differences.days) for one in ours[there.day] if one not in there.stored]
        if lost:
            self._on_resend(await self._outbox.resend(lost))
