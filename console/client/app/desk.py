"""The desk, composed: one window, one profile file, one backend, and a session for whoever sits in the chair."""

import asyncio
import logging
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from console.client.app.embedded import EmbeddedBackend, serve_command
from console.client.app.profile import Looks, Profile
from console.client.domain.queue_order import urgency
from console.client.services.clock import SystemClock
from console.client.services.connection import ConnectionState
from console.client.services.errors import DeskError, UnauthenticatedError, UnknownOutcomeError
from console.client.services.ports import Vault
from console.client.services.session import DeskSession
from console.client.services.sign_in import sign_in
from console.client.services.tasks import Tasks
from console.client.store.sqlite_store import SqliteStore
from console.client.theme.theme import Theme
from console.client.ui.shared.phrases import as_of
from console.client.ui.signin.token_dialog import TokenDialog
from console.client.ui.window.main_window import MainWindow
from console.client.ui.window.presenter import DeskPresenter
from console.contract.base import content_sha256
from console.contract.views import Me

if TYPE_CHECKING:
    from console.client.net.http import HttpGateway

_log = logging.getLogger(__name__)
_RETRY_S = 3.0
_PAINT_S = 0.02
_COMES_UP_IN_S = 15.0
_NOTE_ONLINE_S = 30.0


class Desk:
    """Started once, stopped once. `closed` is set when the person closes the window."""

    def __init__(self, theme: Theme, profile: Profile) -> None:
        self.closed = asyncio.Event()
        self.session: DeskSession | None = None
        self.presenter: DeskPresenter | None = None
        self.backend: EmbeddedBackend | None = None
        self.window = MainWindow(theme, self._now)
        self._theme = theme
        self._profile = profile
        self._store: SqliteStore | None = None
        self._vault: Vault | None = None
        self._gateway: HttpGateway | None = None
        self._tasks = Tasks()
        self._seating = Tasks()
        self._switching = asyncio.Lock()
        self.window.closing.connect(self.closed.set)
        self.window.chair_chosen.connect(self._on_chair_chosen)
        self.window.restore_layout(profile.looks().window)
        self.window.commands.connect_to("sign_out", self._sign_out)
        self.window.commands.actions["sign_out"].setVisible(profile.server is not None)

    async def start(self) -> None:
        """Open the profile, show what it holds, and bring the backend up. Raises DeskError."""
        self._store = await SqliteStore.open(self._profile.store_path)
        if self._store.note:
            self.window.notice.tell(self._store.note)
        self._tasks.start("note when the backend answered", self._note_online())
        if self._profile.server is None:
            await self._start_embedded()
        else:
            await self._sign_in_at(self._profile.server)

    def report(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """Log what nobody caught, and say that it happened; the event loop's exception handler."""
        error = context.get("exception")
        _log.error("%s", context.get("message"), exc_info=error if isinstance(error, BaseException) else None)
        self.window.notice.tell("Something went wrong inside Redline. What was saved is safe; the log says more.")

    async def stop(self) -> None:
        """End the session, the tasks and the backend, and close the window."""
        state = tuple(self.window.layout_state())
        self._profile.keep_looks(Looks(scheme=self._theme.scheme, density=self._theme.density, window=state))
        await self._seating.stop()
        await self._leave_chair()
        await self._tasks.stop()
        if self.backend is not None:
            await self.backend.stop()
        if self._store is not None:
            await self._store.aclose()
        self.window.hide()
        self.window.deleteLater()

    async def sit(self, place: int) -> None:
        """Sit in another chair of the embedded workspace: the next session speaks with that chair's token."""
        assert self.backend is not None
        chair = self.backend.chairs[place]
        names = [(each.name, each.role) for each in self.backend.chairs]
        async with self._switching:
            await self._leave_chair()
            self.window.show_chairs(names, place)
            await self._begin_session(chair.token, f"chair {chair.user_id}")

    async def _start_embedded(self) -> None:
        command = serve_command(self._profile.workspace, sample=self._profile.sample)
        self.backend = EmbeddedBackend(command, self._on_backend_up)
        assert self._store is not None
        person = await self._store.person(f"chair {self.backend.chairs[0].user_id}")
        if person is not None:
            await self._show_last_read(self._store, person)
            await self.sit(0)
            await self.backend.start()
        else:
            await self.backend.start()
            await self.sit(0)

    async def _show_last_read(self, store: SqliteStore, person: Me) -> None:
        """Put the queue as it was read last on screen, and let it be painted, before anything heavier is loaded."""
        kept = await store.queue()
        words = as_of(kept.read_at, datetime.now(UTC)) if kept.read_at else ""
        self.window.queue.show_queue(sorted(kept.rows, key=urgency), person, words)
        await asyncio.sleep(_PAINT_S)

    async def _sign_in_at(self, server: str) -> None:
        if not _is_address(server):
            raise DeskError(f"{server} is not an address. Give it as https://HOST or https://HOST:PORT.")
        if not _is_private(server):
            raise DeskError(f"{server} is not https: a token is never sent in the clear to another computer.")
        from console.client.vault.keyring_vault import open_vault  # noqa: PLC0415  (heavy, and only needed here)

        vault = self._vault = self._vault or await open_vault()
        if vault.note:
            self.window.notice.tell(vault.note)
        self.window.show_chairs([], -1)
        why = ""
        while True:
            token = await vault.token(server) or await TokenDialog(self._theme, server, why, self.window).ask()
            if token is None:
                self.closed.set()
                return
            if not (token.isascii() and token.isprintable()):
                why = "That is not a token: it holds characters no token has. Copy it again."
                continue
            try:
                await self._begin_session_patiently(token)
            except UnauthenticatedError:
                await vault.forget(server)
                why = "The server does not accept that token. Ask whoever runs it for a new one."
            else:
                await vault.keep(server, token)
                return

    async def _begin_session_patiently(self, token: str) -> None:
        """Begin a session; while a server where nobody signed in before is away, try again and keep the token."""
        while not self.closed.is_set():
            try:
                return await self._begin_session(token, content_sha256(token))
            except UnknownOutcomeError as error:
                self.window.status.show_starting(f"Waiting for the server: {error}")
                await SystemClock().wait(self.closed, _RETRY_S)

    async def _begin_session(self, token: str, key: str) -> None:
        assert self._store is not None
        from console.client.net.http import HttpGateway  # noqa: PLC0415  (heavy: behind the first painted rows)

        name = "The embedded backend" if self._profile.server is None else None
        gateway = HttpGateway(self._locate, token, name)
        try:
            me = await sign_in(gateway, self._store, key)
        except BaseException:
            await gateway.aclose()
            raise
        self._gateway = gateway
        self.session = DeskSession(
            me,
            self._gateway,
            self._store,
            last_online=self._profile.last_online(),
            coming_up_s=_COMES_UP_IN_S if self._profile.server is None else 0.0,
        )
        self.presenter = DeskPresenter(self.window, self.session, self._tasks)
        await self.session.start()
        if left := self.session.corrections.unreadable:
            words = "{n} drafts or corrections cannot be read here; see the outbox. What is left of them is kept."
            said = (self._store.note, words.format(n=len(left)))
            self.window.notice.tell(" ".join(filter(None, said)))

    async def _note_online(self) -> None:
        """Keep when the backend answered last, so that the next start can say since when it has not."""
        while True:
            if self.session is not None and self.session.connection.state is ConnectionState.ONLINE:
                self._profile.note_online()
            await asyncio.sleep(_NOTE_ONLINE_S)

    async def _leave_chair(self) -> None:
        if self.presenter is not None:
            await self.presenter.stop()
            self.presenter = None
        if self.session is not None:
            if self.session.connection.state is ConnectionState.ONLINE:
                self._profile.note_online()
            await self.session.stop()
            self.session = None
        if self._gateway is not None:
            await self._gateway.aclose()
            self._gateway = None

    def _sign_out(self) -> None:
        self._seating.start("sign out", self._signed_out())

    async def _signed_out(self) -> None:
        """Forget the token and ask whoever sits here next for theirs."""
        server = self._profile.server
        if server is None or self._vault is None:
            return
        async with self._switching:
            await self._leave_chair()
            await self._vault.forget(server)
            self.window.sign_out()
            await self._sign_in_at(server)

    def _locate(self) -> str | None:
        return self._profile.server or (self.backend.url if self.backend else None)

    def _now(self) -> datetime:
        return self.session.server_time.now() if self.session else datetime.now(UTC)

    def _on_backend_up(self) -> None:
        if self.session is not None:
            self.session.reconnect()

    def _on_chair_chosen(self, place: int) -> None:
        self._seating.start("switch chair", self._switch(place))

    async def _switch(self, place: int) -> None:
        try:
            await self.sit(place)
        except DeskError as error:
            self.window.notice.tell(str(error))


def _is_address(server: str) -> bool:
    try:
        parts = urlsplit(server)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_private(server: str) -> bool:
    """Whether nobody between here and the server can read along: https, or this very computer."""
    parts = urlsplit(server)
    if parts.scheme == "https":
        return True
    host = parts.hostname or ""
    try:
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False
