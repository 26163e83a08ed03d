"""Tokens go to keyrings the system locks, and to no other."""

import keyring.errors
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.backends.SecretService import Keyring as SecretService

from console.client.vault.keyring_vault import FAILED, NO_KEYRING, KeyringVault, open_vault, vault_on
from console.client.vault.memory_vault import MemoryVault

pytestmark = pytest.mark.anyio

SERVER = "https://redline.example.org"


class Locked(KeyringBackend):
    """A keyring nobody can open."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.KeyringLocked

    def delete_password(self, service: str, username: str) -> None:
        raise keyring.errors.KeyringLocked


class Unlocked(KeyringBackend):
    """A keyring in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


class PlaintextKeyring(Unlocked):
    """What keyrings.alt calls the backend that writes tokens in the clear."""


@pytest.mark.parametrize("backend", [null.Keyring(), fail.Keyring(), PlaintextKeyring()], ids=type)
async def test_a_keyring_that_is_not_allowed_is_not_used_and_the_person_is_told(backend: KeyringBackend) -> None:
    vault = vault_on(backend)
    assert isinstance(vault, MemoryVault)
    assert vault.note == NO_KEYRING


async def test_a_keyring_the_system_locks_is_used() -> None:
    assert isinstance(vault_on(SecretService()), KeyringVault)


async def test_what_the_environment_forces_is_not_used_either() -> None:
    assert (await open_vault()).note == NO_KEYRING


@pytest.mark.parametrize(
    "vault",
    [MemoryVault(), KeyringVault(Unlocked()), KeyringVault(Locked())],
    ids=["memory", "keyring", "locked"],
)
async def test_a_token_is_kept_per_server_until_it_is_forgotten(vault: MemoryVault | KeyringVault) -> None:
    await vault.forget(SERVER)
    assert await vault.token(SERVER) is None
    await vault.keep(SERVER, "secret")
    assert await vault.token(SERVER) == "secret"
    assert await vault.token("https://elsewhere.example.org") is None
    await vault.forget(SERVER)
    assert await vault.token(SERVER) is None


async def test_a_keyring_that_fails_is_said_to() -> None:
    vault = KeyringVault(Locked())
    assert vault.note is None
    await vault.keep(SERVER, "secret")
    assert vault.note == FAILED
