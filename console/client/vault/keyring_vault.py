"""The system's keyring, by allow-list: a backend that would write tokens in the clear is never used.

keyring takes whatever backend is installed or named in the environment, plain-text files among them.
"""

import asyncio

import keyring
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringError

from console.client.services.ports import Vault
from console.client.vault.memory_vault import MemoryVault

SERVICE = "redline"
ALLOWED = frozenset({
    "keyring.backends.SecretService.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
    "keyring.backends.kwallet.DBusKeyringKWallet4",
    "keyring.backends.Windows.WinVaultKeyring",
    "keyring.backends.macOS.Keyring",
})  # fmt: skip
"""Backends that keep secrets under the operating system's lock, by class."""

NO_KEYRING = "This computer has no keyring that Redline trusts: the token is kept in memory until Redline is closed."
FAILED = "The keyring did not answer: the token is kept in memory until Redline is closed."


async def open_vault() -> Vault:
    """Return the system's keyring where it is one of the allowed, else memory with a note."""
    return vault_on(await asyncio.to_thread(keyring.get_keyring))


def vault_on(backend: KeyringBackend) -> Vault:
    """Return a vault on this backend, or on the first allowed one it chains."""
    chained = backend.backends if isinstance(backend, ChainerBackend) else (backend,)
    allowed = next((link for link in chained if _name(link) in ALLOWED), None)
    return MemoryVault(NO_KEYRING) if allowed is None else KeyringVault(allowed)


def _name(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


class KeyringVault:
    """Keeps tokens in the system's keyring; what it will not take is kept in memory, and `note` says so."""

    def __init__(self, backend: KeyringBackend) -> None:
        self._backend = backend
        self._memory = MemoryVault(FAILED)
        self._failed = False

    @property
    def note(self) -> str | None:
        """What the person should know of where the token is kept."""
        return self._memory.note if self._failed else None

    async def token(self, server: str) -> str | None:
        """Return the token kept for a server; None where the keyring is locked or gone."""
        if held := await self._memory.token(server):
            return held
        try:
            return await asyncio.to_thread(self._backend.get_password, SERVICE, server)
        except KeyringError:
            self._failed = True
            return None

    async def keep(self, server: str, token: str) -> None:
        """Keep the token for a server."""
        try:
            await asyncio.to_thread(self._backend.set_password, SERVICE, server, token)
            self._failed = False
        except KeyringError:
            self._failed = True
            await self._memory.keep(server, token)

    async def forget(self, server: str) -> None:
        """Forget the token for a server, if there is one."""
        await self._memory.forget(server)
        try:
            if await asyncio.to_thread(self._backend.get_password, SERVICE, server) is not None:
                await asyncio.to_thread(self._backend.delete_password, SERVICE, server)
        except KeyringError:
            self._failed = True
