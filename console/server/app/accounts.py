"""Makes tokens from the command line."""

import asyncio
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from console.contract.base import Key, Line
from console.contract.ids import UserId
from console.contract.permissions import Role
from console.server.app.settings import utc_now
from console.server.services.identity import Identity
from console.server.services.ports import Database
from console.server.services.tokens import issue_token
from console.server.store.unit_of_work import open_store


def make_token(database: Database, user: str, name: str, role: Role, audit_key: Path | None = None) -> str:
    """Return a fresh token for a user, who is made or renamed as needed.

    Raises ValueError where the id or the name is unusable.
    """
    try:
        user_id = UserId(TypeAdapter[str](Key).validate_python(user))
    except ValidationError:
        raise ValueError("a user id is made of at most 200 letters, digits and . _ : ~ @ + -, not dots alone") from None
    try:
        shown = TypeAdapter[str](Line).validate_python(name.strip())
    except ValidationError:
        raise ValueError("a name has at most 1000 characters, all of which can be stored") from None
    if not shown:
        raise ValueError("a name cannot be blank: it is what others see")
    return asyncio.run(_make_token(database, Identity(user_id, shown, role), audit_key))


async def _make_token(database: Database, account: Identity, audit_key: Path | None) -> str:
    async with open_store(database, audit_key=audit_key) as store:
        return await issue_token(store, utc_now, account)
