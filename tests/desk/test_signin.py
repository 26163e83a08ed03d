"""Signing in at a server: a bad token is asked for again, a good one is kept, and leaving is possible."""

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from console.client.ui.signin.token_dialog import TokenDialog
from tests.client.desk import until
from tests.desk.child import Backend
from tests.desk.seat import Console, console
from tests.server.world import token


class TrustedKeyring(KeyringBackend):
    """A keyring in memory that bears the name of one Redline trusts."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


TrustedKeyring.__module__, TrustedKeyring.__qualname__ = "keyring.backends.SecretService", "Keyring"


@pytest.fixture
def trusted() -> Iterator[TrustedKeyring]:
    before = keyring.get_keyring()
    made = TrustedKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def dialog_of(desk: Console) -> TokenDialog | None:
    return next((each for each in desk.window.findChildren(TokenDialog) if each.isVisible()), None)


async def asked(desk: Console) -> TokenDialog:
    """Wait until the token can be typed."""
    await until(lambda: (dialog := dialog_of(desk)) is not None and dialog.token.hasFocus())
    return dialog_of(desk)


async def enter(desk: Console, typed: str) -> None:
    """Type a token and press Enter; where a window manager is, it then gives the desk the keys back."""
    await asked(desk)
    desk.type(typed)
    desk.press("Return")
    desk.window.activateWindow()


async def test_a_bad_token_is_asked_for_again_and_a_good_one_opens_the_desk(
    app: QApplication, backend: Backend, tmp_path: Path
) -> None:
    async with console(app, tmp_path, backend.url) as desk:
        first = await asked(desk)
        assert first.token.echoMode() is QLineEdit.EchoMode.Password
        assert not first.enter.isEnabled()
        await enter(desk, "made up")
        await until(lambda: dialog_of(desk) not in (None, first))
        said = " ".join(part.text() for part in dialog_of(desk).findChildren(QLabel))
        assert "does not accept that token" in said
        await enter(desk, token("ana"))
        await until(lambda: desk.person.startswith("Ana Ruiz, Tier 1"))
        await desk.until_read()
        assert "kept in memory" in desk.window.notice.words.text()


async def test_a_good_token_is_kept_and_not_asked_for_in_the_next_run(
    app: QApplication, backend: Backend, tmp_path: Path, trusted: TrustedKeyring
) -> None:
    async with console(app, tmp_path, backend.url) as desk:
        await enter(desk, token("ben"))
        await until(lambda: desk.person.startswith("Ben Okafor"))
        await desk.until_read()
    assert list(trusted.held.values()) == [token("ben")]
    assert token("ben").encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    async with console(app, tmp_path, backend.url) as desk:
        await until(lambda: desk.person.startswith("Ben Okafor"))
        await desk.until_read()
        assert dialog_of(desk) is None


async def test_a_kept_token_that_no_longer_holds_is_forgotten_and_asked_for(
    app: QApplication, backend: Backend, tmp_path: Path, trusted: TrustedKeyring
) -> None:
    trusted.held["redline", backend.url] = "outdated"
    async with console(app, tmp_path, backend.url) as desk:
        await enter(desk, token("ana"))
        await until(lambda: desk.person.startswith("Ana Ruiz"))
        await desk.until_read()
    assert "outdated" not in trusted.held.values()


async def test_signing_out_forgets_the_token_and_asks_for_the_next_person_s(
    app: QApplication, backend: Backend, tmp_path: Path, trusted: TrustedKeyring
) -> None:
    async with console(app, tmp_path, backend.url) as desk:
        await enter(desk, token("ana"))
        await until(lambda: desk.person.startswith("Ana Ruiz") and bool(trusted.held))
        desk.press("Ctrl+K")
        desk.type("sign out")
        desk.press("Return")
        await asked(desk)
        assert trusted.held == {}
        assert desk.window.queue.model.rowCount() == 0
        await enter(desk, token("ben"))
        await until(lambda: desk.person.startswith("Ben Okafor"))


async def test_whoever_would_rather_leave_can(app: QApplication, backend: Backend, tmp_path: Path) -> None:
    async with console(app, tmp_path, backend.url) as desk:
        await asked(desk)
        desk.press("Esc")
        await until(desk.desk.closed.is_set)
