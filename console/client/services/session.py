"""The desk session: one signed-in person's services, wired together, and the tasks that keep them going."""

import asyncio
from datetime import datetime, timedelta
from random import Random, SystemRandom

from console.client.services.backoff import Backoff
from console.client.services.changes import ALL, Changes, ChangeSet
from console.client.services.claims import Claims
from console.client.services.clock import ServerTime, SystemClock
from console.client.services.connection import Connection, ConnectionState
from console.client.services.conversations import ConversationService
from console.client.services.corrections import CorrectionService
from console.client.services.errors import BackendError, UnauthenticatedError
from console.client.services.feed import DeskFeed
from console.client.services.horizon import Horizon
from console.client.services.outbox import Outbox
from console.client.services.outbox_pump import OutboxPump
from console.client.services.ports import BackendGateway, Clock, LocalStore
from console.client.services.queue import QueueService
from console.client.services.reconcile import Reconciler
from console.client.services.tasks import Tasks
from console.contract.ids import ConversationId
from console.contract.views import Claim, Me

LEASE_LOOK_S = 1.0
LONGEST_WAIT_S = 30.0
"""How long a task that keeps failing in a way nobody foresaw may stand still."""


class DeskSession:
    """All that one person's screens need. Gateway and store belong to the caller, who closes them after `stop`.

    Public parts: `me`, `queue`, `conversations`, `corrections`, `changes`, `server_time`, `connection`.
    `last_online`: when an earlier run heard of the backend last. `coming_up_s`: how long a backend that was only just
    started may stay silent before it counts as gone.
    """

    def __init__(
        self,
        me: Me,
        gateway: BackendGateway,
        store: LocalStore,
        clock: Clock | None = None,
        random: Random | None = None,
        *,
        last_online: datetime | None = None,
        coming_up_s: float = 0.0,
    ) -> None:
        clock, random = clock or SystemClock(), random or SystemRandom()
        self.me = me
        self.changes = Changes()
        self.server_time = ServerTime(clock)
        self.connection = Connection(ConnectionState.CONNECTING, last_online or clock.now(), "Connecting.")
        self._clock = clock
        self._up_by = clock.monotonic() + coming_up_s
        self._random = random
        self._tasks = Tasks()
        self._outbox = Outbox(store, me.user_id)
        self._claims = Claims(gateway, clock, self.server_time, me.user_id, self._on_claim)
        self._pump = OutboxPump(gateway, self._outbox, clock, random, self._on_outbox_item)
        horizon = Horizon()
        self.queue = QueueService(gateway, store, self.changes, self.server_time, horizon, self._outbox, self._claims)
        self.conversations = ConversationService(gateway, store, self.changes, self.server_time, horizon, self._claims)
        self.corrections = CorrectionService(
            store, self.changes, clock, random, self._outbox, self._pump, self.conversations, self._claims, me.user_id
        )
        self._reconciler = Reconciler(gateway, self._outbox, clock, random, self._on_resend)
        self._feed = DeskFeed(
            gateway,
            self.queue,
            self.conversations,
            horizon,
            clock,
            random,
            on_connected=self._on_connected,
            on_lost=self._on_lost,
        )

    async def start(self) -> None:
        """Show what is kept here, then read the backend and go on sending. Raises StoreError."""
        await self._outbox.load()
        self._feed.resume(await self.queue.load())
        self.changes.publish(ChangeSet(queue=ALL, corrections=ALL, connection=True))
        for name, work in (
            ("outbox pump", self._pump.run),
            ("feed", self._feed.run),
            ("reconciling", self._reconciler.run),
            ("claim heartbeat", self._claims.run),
            ("lease expiry", self._watch_leases),
        ):
            self._tasks.keep_up(name, work, self._clock, Backoff(self._random, most=LONGEST_WAIT_S))

    async def stop(self) -> None:
        """End the tasks and give back what is claimed here; what waits to be sent stays here."""
        await self._tasks.stop()
        await self._claims.release_all()

    def now(self) -> datetime:
        """Return this computer's time, by which corrections are dated and the connection is told of."""
        return self._clock.now()

    def reconnect(self) -> None:
        """Try the backend again now: it may be back."""
        self._feed.retry()

    async def _watch_leases(self) -> None:
        """See that leases end: the feed tells what somebody does, and here nobody does anything."""
        while True:
            self.queue.end_leases()
            self.conversations.end_leases()
            await self._clock.wait(asyncio.Event(), LEASE_LOOK_S)

    def _on_connected(self) -> None:
        self.connection = Connection(ConnectionState.ONLINE, self._clock.now())
        self.changes.publish(ChangeSet(connection=True))
        self._pump.reconnected()
        self._reconciler.connected()
        self._claims.wake()

    def _on_lost(self, error: BackendError, wait_s: float) -> None:
        before, now = self.connection, self._clock.now()
        coming_up = before.state is ConnectionState.CONNECTING and self._clock.monotonic() < self._up_by
        state = ConnectionState.CONNECTING if coming_up else ConnectionState.OFFLINE
        if isinstance(error, UnauthenticatedError):
            state = ConnectionState.SIGNED_OUT
        since = now if before.state is ConnectionState.ONLINE else before.since
        self.connection = Connection(state, since, str(error), now, now + timedelta(seconds=wait_s))
        self.changes.publish(ChangeSet(connection=True))

    def _on_claim(self, conversation_id: ConversationId, claim: Claim | None) -> None:
        self.queue.show_claim(conversation_id, claim)
        self.conversations.show_claim(conversation_id, claim)

    def _on_resend(self, ids: frozenset[ConversationId]) -> None:
        self.changes.publish(ChangeSet(queue=ids, corrections=ids))
        self._pump.wake()

    def _on_outbox_item(self, conversation_id: ConversationId) -> None:
        ids = frozenset({conversation_id})
        self.changes.publish(ChangeSet(queue=ids, corrections=ids))
