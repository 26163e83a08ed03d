"""Says on which days the backend holds other corrections of an author than a desk has receipts for."""

from datetime import date

from console.contract.permissions import Permission
from console.contract.reconcile import Delivered, Differences, StoredDay, StoredId, digest_day
from console.server.services.backend import Backend
from console.server.services.identity import Identity
from console.server.services.refusals import require


async def compare_delivered(backend: Backend, caller: Identity, delivered: Delivered) -> Differences:
    """Return what is stored of the caller's corrections on those days that are not as the caller knows them."""
    require(caller, Permission.CORRECT)
    stored: dict[date, list[StoredId]] = {digest.day: [] for digest in delivered.days}
    async with backend.store.reading() as unit:
        for day, one in await unit.corrections.on_days(caller.user_id, tuple(stored)):
            stored[day].append(one)
    return Differences(
        days=tuple(
            StoredDay(day=digest.day, stored=tuple(stored[digest.day]))
            for digest in delivered.days
            if digest_day(digest.day, stored[digest.day]) != digest
        )
    )
