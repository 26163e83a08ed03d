"""Conversations at this desk: opened from the backend, or from the last copy kept here while it is away."""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime

from console.client.services.changes import NONE, Changes, ChangeSet, ConversationIds, concerns
from console.client.services.claims import Claims, with_claim
from console.client.services.clock import ServerTime
from console.client.services.errors import (
    RefusedError,
    StoreError,
    UnauthenticatedError,
    UnclearAnswerError,
    UnknownOutcomeError,
)
from console.client.services.horizon import Horizon
from console.client.services.ports import BackendGateway, LocalStore
from console.contract.ids import ConversationId
from console.contract.views import Claim, ConversationView

PATIENCE_S = 0.2
"""How long somebody looks at nothing before the copy kept here is shown."""

KEPT_OPEN = 20
"""Conversations held in memory and kept up to date."""


class ConversationService:
    """Opens, claims, releases and closes conversations."""

    def __init__(
        self,
        gateway: BackendGateway,
        store: LocalStore,
        changes: Changes,
        server_time: ServerTime,
        horizon: Horizon,
        claims: Claims,
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._changes = changes
        self._server_time = server_time
        self._horizon = horizon
        self._claims = claims
        self._views: OrderedDict[ConversationId, ConversationView] = OrderedDict()
        self._stale: set[ConversationId] = set()
        self._asked = 0
        self._read_by: dict[ConversationId, int] = {}

    def get(self, conversation_id: ConversationId) -> ConversationView | None:
        """Return an opened conversation as it was last read."""
        return self._views.get(conversation_id)

    def stale_since(self, conversation_id: ConversationId) -> datetime | None:
        """Return when an opened conversation was read, if the backend could not be asked again; else None."""
        return self._views[conversation_id].server_time if conversation_id in self._stale else None

    async def open(self, conversation_id: ConversationId) -> ConversationView:
        """Read a conversation; the copy kept here, marked by `stale_since`, while or where the backend is not heard.

        Raises BackendError where it cannot be read and no copy is kept, and StoreError.
        """
        reading = asyncio.create_task(self._read(conversation_id), name=f"read {conversation_id}")
        try:
            answered, _ = await asyncio.wait({reading}, timeout=PATIENCE_S)
            if not answered:
                await self._show_kept(conversation_id)
            return await reading
        except (UnknownOutcomeError, UnauthenticatedError):
            if (view := await self._show_kept(conversation_id)) is None:
                raise
            return view
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)  # so that its connection is left in order

    async def kept(self, conversation_id: ConversationId) -> ConversationView | None:
        """Return the last copy there is here, without asking the backend. Raises StoreError."""
        return self._views.get(conversation_id) or await self._store.conversation(conversation_id)

    async def _show_kept(self, conversation_id: ConversationId) -> ConversationView | None:
        """Show the last copy there is as what it is."""
        view = await self.kept(conversation_id)
        if view is not None:
            self._stale.add(conversation_id)
            self._show(view)
        return view

    async def reread(self, ids: ConversationIds = NONE) -> None:
        """Read again those of these conversations that are open, and those that could not be read before.

        One that cannot be read is marked by `stale_since` and stands in nobody's way. Raises BackendError where the
        backend cannot be asked at all.
        """
        for conversation_id in tuple(self._views):
            if concerns(ids, conversation_id) or conversation_id in self._stale:
                try:
                    await self._read(conversation_id)
                except (RefusedError, UnclearAnswerError):
                    self._stale.add(conversation_id)
                    self._changes.publish(ChangeSet(conversations=frozenset({conversation_id})))

    def held(self, conversation_id: ConversationId) -> Claim | None:
        """Return the claim this desk holds, if it holds one."""
        return self._claims.held(conversation_id)

    async def claim(self, conversation_id: ConversationId, take_back: int | None = None) -> Claim:
        """Lease a conversation and keep the lease alive. Raises RefusedError (held, forbidden), BackendError.

        `take_back`: the epoch of the claim to take it back from, for those who may.
        """
        return await self._claims.claim(conversation_id, take_back)

    async def release(self, conversation_id: ConversationId) -> None:
        """Give a conversation back. Raises BackendError; then it is still held."""
        await self._claims.release(conversation_id)

    async def close(self, conversation_id: ConversationId) -> None:
        """Close what is held here; it leaves the queue. Raises RefusedError (claim_lost), BackendError."""
        await self._claims.close(conversation_id)
        await self.reread(frozenset({conversation_id}))

    async def reopen(self, conversation_id: ConversationId) -> None:
        """Open a closed conversation again. Raises RefusedError (forbidden), BackendError."""
        await self._gateway.reopen(conversation_id)
        await self.reread(frozenset({conversation_id}))

    def end_leases(self) -> None:
        """Show as free whatever open conversation somebody held whose lease is over."""
        for conversation_id, view in tuple(self._views.items()):
            if self._claims.has_run_out(view.row):
                self.show_claim(conversation_id, None)

    def show_claim(self, conversation_id: ConversationId, claim: Claim | None) -> None:
        """Show at once who holds a conversation now, as an answer just said; a restored backend tells no more of it."""
        view = self._views.get(conversation_id)
        if view is not None and view.row.claim != claim:
            self._views[conversation_id] = view.model_copy(update={"row": with_claim(view.row, claim)})
        self._changes.publish(ChangeSet(conversations=frozenset({conversation_id})))

    async def _read(self, conversation_id: ConversationId) -> ConversationView:
        self._asked += 1
        asked = self._asked
        view = await self._gateway.conversation(conversation_id)
        self._server_time.note(view.server_time)
        self._horizon.note(view.place)
        if self._read_by.get(conversation_id, 0) > asked:  # a later question was answered before
            return self._views[conversation_id]
        self._read_by[conversation_id] = asked
        self._stale.discard(conversation_id)
        self._show(view)
        self._claims.adopt(conversation_id, view.row.claim)
        with suppress(StoreError):  # a copy that cannot be kept is missed only while the backend is away
            await self._store.keep_conversation(view)
        return view

    def _show(self, view: ConversationView) -> None:
        conversation_id = view.conversation.id
        self._views[conversation_id] = view
        self._views.move_to_end(conversation_id)
        while len(self._views) > KEPT_OPEN:
            dropped, _ = self._views.popitem(last=False)
            self._stale.discard(dropped)
            self._read_by.pop(dropped, None)
        ids = frozenset({conversation_id})
        self._changes.publish(ChangeSet(conversations=ids, corrections=ids))
