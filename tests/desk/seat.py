"""Somebody seated at the real window, working it by key and mouse."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from console.client.app.desk import Desk
from console.client.app.profile import Profile
from console.client.domain.drafts import CorrectionDraft
from console.client.net.http import HttpGateway
from console.client.services.connection import ConnectionState
from console.client.services.corrections import SavedState
from console.client.services.ports import Clock
from console.client.services.session import DeskSession
from console.client.services.sign_in import sign_in
from console.client.services.tasks import Tasks
from console.client.store.sqlite_store import SqliteStore
from console.client.theme.theme import Theme
from console.client.ui.shared.options import OptionGroup
from console.client.ui.window.main_window import MainWindow
from console.client.ui.window.presenter import DeskPresenter
from console.contract.ids import ConversationId
from tests.client.desk import until
from tests.server.world import token

SIZE = (1280, 800)


class Hands:
    """Keys and clicks, sent to the window as the platform would; `pressed` holds every key that was no typing."""

    def __init__(self, app: QApplication, window: QWidget) -> None:
        self.pressed: list[str] = []
        self._app = app
        self._window = window

    def press(self, *names: str) -> None:
        """Press keys by name, such as `j`, `?`, `Ctrl+Return`, wherever the focus is."""
        for name in names:
            self.pressed.append(name)
            key = QKeySequence(name)[0]
            QTest.keyClick(self._target(), key.key(), key.keyboardModifiers())

    def type(self, text: str) -> None:
        """Type text wherever the focus is."""
        QTest.keyClicks(self._target(), text)

    def click(self, target: QWidget, at: QPoint | None = None) -> None:
        """Press the left button in the middle of a widget, or at a point of it."""
        QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=at or target.rect().center())

    def _target(self) -> QWidget:
        """Where the platform would send a key: into the pop-up or dialog that is open, else to what has the focus."""
        over = self._app.activePopupWidget() or self._app.activeModalWidget()
        focused = self._app.focusWidget()
        if over is not None and (focused is None or focused.window() is not over):
            return over.focusWidget() or over
        return focused or self._window


class Seat(Hands):
    """One person's window over one session."""

    def __init__(self, app: QApplication, window: MainWindow, session: DeskSession, presenter: DeskPresenter) -> None:
        super().__init__(app, window)
        self.app = app
        self.window = window
        self.queue = window.queue
        self.conversation = window.conversation
        self.view = window.conversation.view
        self.editor = window.editor
        self.inspector = window.inspector
        self.outbox = window.outbox
        self.status = window.status
        self.notice = window.notice
        self.session = session
        self.presenter = presenter

    @property
    def online(self) -> bool:
        return self.session.connection.state is ConnectionState.ONLINE

    @property
    def shown(self) -> str | None:
        """Which conversation the middle pane shows."""
        model = self.conversation.model
        return model.conversation and model.conversation.id

    @property
    def turn(self) -> int | None:
        """Which turn is current."""
        current = self.conversation.current_turn()
        return current and current.number

    @property
    def draft(self) -> CorrectionDraft:
        """The draft as the editor has it, with what was typed a moment ago."""
        return self.editor.take_draft()

    def listed(self) -> list[str]:
        """The queue as it stands, by conversation."""
        model = self.queue.model
        return [model.row_at(place).conversation_id for place in range(model.rowCount())]

    def counts(self) -> list[str]:
        """What each tab of the queue says when it is chosen by its key."""
        said = []
        for number in range(1, 5):
            self.press(f"Ctrl+{number}")
            said.append(self.queue.tabs.accessibleDescription())
        return said

    def states(self, conversation_id: str) -> list[SavedState]:
        return [status.state for status in self.session.corrections.states(ConversationId(conversation_id))]

    async def choose(self, conversation_id: str) -> None:
        """Click a conversation in the queue, among all if need be, and wait until it is open."""
        if conversation_id not in self.listed():
            self.press("Ctrl+4")
        await until(lambda: conversation_id in self.listed())
        index = self.queue.model.index(self.queue.model.row_of(ConversationId(conversation_id)))
        self.queue.list.scrollTo(index)
        self.click(self.queue.list.viewport(), self.queue.list.visualRect(index).center())
        await until(lambda: self.shown == conversation_id)
        await until(lambda: self.session.conversations.get(ConversationId(conversation_id)) is not None)

    def go_to(self, turn: int) -> None:
        """Walk to an AI turn with [ and ]."""
        for _ in range(len(self.conversation.model.conversation.turns)):
            if self.turn == turn:
                return
            self.press("[" if (self.turn or turn + 1) > turn else "]")
        raise AssertionError(f"turn {turn} was not reached; the current one is {self.turn}")

    async def correct(self, conversation_id: str, turn: int) -> None:
        """Open the correction of a turn from the queue on, by click and keys, until the queue shows it claimed."""
        if self.shown != conversation_id:
            await self.choose(conversation_id)
        self.go_to(turn)
        self.press("e")
        await self.until_editing()
        about, queue = ConversationId(conversation_id), self.queue.model
        await until(lambda: self.session.conversations.held(about) is not None)
        await until(lambda: queue.row_at(queue.row_of(about)).claim is not None)

    async def until_editing(self) -> None:
        await until(lambda: self.editor.isVisible() and self.editor.answer.hasFocus())

    async def until_kept(self) -> None:
        """Wait until what was typed is on disk."""
        self.editor.take_draft()
        await until(lambda: self.editor.state.text() == "Draft saved here")

    def pick(self, group: OptionGroup, value: str) -> None:
        """Choose an option by its digit, in a group that is given the focus."""
        group.setFocus()
        self.press(str([button.option.value for button in group.buttons].index(value) + 1))

    def rewrite(self, text: str) -> None:
        """Replace the answer by typing over it."""
        self.press("Ctrl+A")
        self.type(text)

    def chip(self, turn: int, action: str) -> None:
        """Click a chip of a turn by what it does."""
        index = self.view.model().index(turn - 1, 0)
        self.view.scrollTo(index)
        chip = next(chip for chip in self.view._layout(turn - 1).chips if chip.action == action)
        self.click(self.view.viewport(), self.view.visualRect(index).topLeft() + chip.rect.center().toPoint())

    def labels(self, within: QWidget | None = None) -> list[str]:
        """What the visible labels of a part say, in full."""
        part = within or self.window
        return [each.accessibleName() or each.text() for each in part.findChildren(QLabel) if each.isVisible()]


def put_away(window: MainWindow) -> None:
    """Destroy a window now."""
    for part in (window, window.editor):  # the editor has no parent while it is closed
        part.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class Console(Hands):
    """The whole desk as the command starts it, with its own backend or a server."""

    def __init__(self, app: QApplication, desk: Desk) -> None:
        super().__init__(app, desk.window)
        self.desk = desk
        self.window = desk.window

    @property
    def person(self) -> str:
        """Who sits here, as the rail says it."""
        return self.window.rail.person.accessibleName()

    async def until_read(self) -> None:
        await until(lambda: self.window.queue.model.rowCount() > 0)

    def sit(self, place: int) -> None:
        """Choose another chair from the menu of the person."""
        self.window.rail.person.menu().actions()[place].trigger()

    async def correct(self) -> None:
        """Open the correction of the AI turn that a conversation opens at."""
        await until(lambda: self.window.conversation.current_turn() is not None)
        self.press("e")
        await until(lambda: self.window.editor.isVisible() and self.window.editor.answer.hasFocus())


@asynccontextmanager
async def console(app: QApplication, folder: Path, server: str | None = None) -> AsyncIterator[Console]:
    """Open the desk on a folder, with the sample or at a server; it goes on starting while the block runs."""
    theme = Theme()
    theme.install(app)
    desk = Desk(theme, Profile(folder, server, sample=server is None))
    desk.window.show()
    desk.window.activateWindow()
    starting = asyncio.create_task(desk.start())
    try:
        yield Console(app, desk)
        await starting
    finally:
        starting.cancel()
        (outcome,) = await asyncio.gather(starting, return_exceptions=True)
        await desk.stop()
        put_away(desk.window)
        if isinstance(outcome, Exception):  # why the test waited in vain
            raise outcome


@asynccontextmanager
async def seated(
    app: QApplication,
    folder: Path,
    locate: Callable[[], str | None],
    who: str = "ana",
    *,
    wait: bool = True,
    clock: Clock | None = None,
    last_online: datetime | None = None,
) -> AsyncIterator[Seat]:
    """Sit somebody down at a profile in the folder; it may be the same one as before."""
    folder.mkdir(exist_ok=True)
    theme = Theme()
    theme.install(app)
    gateway = HttpGateway(locate, token(who))
    store = await SqliteStore.open(folder / "profile.db")
    session = DeskSession(await sign_in(gateway, store, who), gateway, store, clock, last_online=last_online)

    def now() -> datetime:
        return session.server_time.now()

    window = MainWindow(theme, now)
    tasks = Tasks()
    presenter = DeskPresenter(window, session, tasks)
    window.resize(*SIZE)
    window.show()
    window.activateWindow()
    try:
        await session.start()
        await until(window.isActiveWindow)
        seat = Seat(app, window, session, presenter)
        if wait:
            await until(lambda: seat.online)
        yield seat
    finally:
        await presenter.stop()
        await tasks.stop()
        await session.stop()
        await gateway.aclose()
        await store.aclose()
        window.hide()
        put_away(window)
