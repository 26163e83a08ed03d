"""Signing in: from a token to the person it speaks for."""

from console.client.services.errors import UnknownOutcomeError
from console.client.services.ports import BackendGateway, LocalStore
from console.contract.views import Me


async def sign_in(gateway: BackendGateway, store: LocalStore, key: str) -> Me:
    """Return who the gateway's token speaks for: by the backend's word, or the last one while it cannot be reached.

    `key` names the token without being it: a chair's name, or a hash. Raises UnauthenticatedError, RefusedError,
    StoreError, and UnknownOutcomeError where nobody signed in with this key here before.
    """
    try:
        me = await gateway.me()
    except UnknownOutcomeError:
        if known := await store.person(key):
            return known
        raise
    await store.keep_person(key, me)
    return me
