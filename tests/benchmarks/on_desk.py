"""The desk's side of each interaction: the real window over the real services and a real file, no backend in reach.

Run as `python -m tests.benchmarks.on_desk NAME`: prints the times and the peak memory as JSON.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest

from console.client.app.main import create_application, run_on_qt
from console.client.domain import drafts
from console.client.models.transcript_model import TranscriptRole
from console.client.net.http import HttpGateway
from console.client.services.ports import KeptQueue
from console.client.services.session import DeskSession
from console.client.services.tasks import Tasks
from console.client.store.sqlite_store import SqliteStore
from console.client.theme.theme import Theme
from console.client.ui.window.main_window import MainWindow
from console.client.ui.window.presenter import DeskPresenter
from console.contract.ids import UserId
from console.contract.permissions import Role
from console.contract.views import ConversationView, Me, QueueRow
from tests.benchmarks.made_up import ANSWER_LENGTH, KEYS, NOW, conversation, places, queue
from tests.benchmarks.measure import peak_memory
from tests.benchmarks.painting import painted

TYPING_PAUSE_S = 0.06
"""Long enough between two keys for the live diff to run, as it does while a person types."""


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


class Seat:
    """Somebody sits at the window."""

    def __init__(self, window: MainWindow, session: DeskSession, presenter: DeskPresenter) -> None:
        self.window = window
        self.session = session
        self.presenter = presenter

    async def open(self, view: ConversationView) -> float:
        """Open a conversation; return the milliseconds until its turns are painted."""
        panel, wanted = self.window.conversation, view.conversation.id
        return await painted(
            panel.view.viewport(),
            lambda: self.presenter.open(wanted),
            lambda: panel.model.conversation is not None and panel.model.conversation.id == wanted,
        )

    async def correct(self, turn: int) -> None:
        """Open the editor on a turn, and scroll to it."""
        view, editor = self.window.conversation.view, self.window.editor
        view.set_current_turn(turn)
        QTest.keyClick(view, Qt.Key.Key_E)
        await until(
            lambda: (
                editor.isVisible() and (shown := self.presenter.correction.turn) is not None and shown.number == turn
            )
        )
        view.reveal(editor.answer)
        await self.rest()

    async def rest(self) -> None:
        """Let what an act set off come to its end, so that the next one is measured alone."""
        await asyncio.sleep(TYPING_PAUSE_S)


@asynccontextmanager
async def seat(queue: Sequence[QueueRow], conversations: Sequence[ConversationView]) -> AsyncIterator[Seat]:
    """Sit a QA lead, who sees the whole queue, down at a profile that holds these."""
    me = Me(user_id=UserId("renate"), name="Renate Maurer", role=Role.QA, workspace="Sample", version="1")
    theme = Theme()
    theme.install(create_application())
    tasks = Tasks()
    with tempfile.TemporaryDirectory(prefix="redline-benchmark-") as folder:
        store = await SqliteStore.open(Path(folder) / "profile.db")
        await store.keep_queue(KeptQueue(tuple(queue)))
        for view in conversations:
            await store.keep_conversation(view)
        session = DeskSession(me, HttpGateway(lambda: None, "no token"), store)
        window = MainWindow(theme, lambda: NOW)
        window.resize(1440, 900)
        window.show()
        presenter = DeskPresenter(window, session, tasks)
        await session.start()
        await until(lambda: window.queue.model.rowCount() > 0)
        try:
            yield Seat(window, session, presenter)
        finally:
            await presenter.stop()
            await session.stop()
            await tasks.stop()
            await store.aclose()
            window.hide()


async def open_cold() -> list[float]:
    """Conversations this desk has read before, from its file."""
    views = [conversation(number) for number in range(60)]
    async with seat([view.row for view in views], views) as at:
        times = []
        for view in views:
            times.append(await at.open(view))
            await at.rest()
        return times


async def open_again() -> list[float]:
    """The same from memory: two conversations, to and fro."""
    views = [conversation(number) for number in range(2)]
    async with seat([view.row for view in views], views) as at:
        times = []
        for turn in range(102):
            times.append(await at.open(views[turn % 2]))
            await at.rest()
        return times[2:]


async def scroll() -> list[float]:
    """Wheel notches, pages and leaps through the long queue."""
    random = Random(1)
    async with seat(list(queue()), []) as at:
        listed = at.window.queue.list
        bar, times = listed.verticalScrollBar(), []
        for step in places(bar.maximum(), listed.viewport().height(), random):
            times.append(await painted(listed.viewport(), lambda step=step: bar.setValue(step)))
        return times


async def step() -> list[float]:
    """The key j through the long queue: every press opens the conversation of the next row."""
    async with seat(list(queue()), []) as at:
        listed = at.window.queue.list
        listed.setFocus()
        times = []
        for _ in range(60):
            times.append(await painted(listed.viewport(), lambda: QTest.keyClick(at.window, Qt.Key.Key_J)))
            await at.rest()
        return times


async def type_keys() -> list[float]:
    """Keys in the middle of a long answer, to the paint of the answer."""
    return (await _typing())[0]


async def live_diff() -> list[float]:
    """What follows each key: the draft, its hunks and the painted diff."""
    return (await _typing())[1]


async def _typing() -> tuple[list[float], list[float]]:
    view = conversation(1, ANSWER_LENGTH, turns=40)
    async with seat([view.row], [view]) as at:
        await at.open(view)
        await at.correct(20)
        answer, diff = at.window.editor.answer, at.window.editor.diff
        keys, diffs = [], []
        for number, key in enumerate(KEYS * 5):
            if number % len(KEYS) == 0:
                cursor = answer.textCursor()
                cursor.setPosition(900 + 1_700 * (number // len(KEYS)))
                answer.setTextCursor(cursor)
                answer.ensureCursorVisible()
            keys.append(await painted(answer.viewport(), lambda key=key: QTest.keyClicks(answer, key)))
            diffs.append(await painted(diff, at.window.editor.take_draft))
            await at.rest()
        return keys, diffs


async def submit() -> list[float]:
    """Ctrl+Enter, to the turn painted with the words "saved here": eight turns of each of twenty conversations."""
    views = [conversation(number, 600, turns=40) for number in range(20)]
    async with seat([view.row for view in views], views) as at:
        times = []
        for view in views:
            await at.open(view)
            times += [await _submit(at, turn) for turn in range(2, 18, 2)]
        return times


async def _submit(at: Seat, turn: int) -> float:
    model, editor = at.window.conversation.model, at.window.editor
    await at.correct(turn)
    editor.answer.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(editor.answer, " We are sorry.")
    editor.apply(lambda draft: drafts.toggle_code(draft, "wrong_fact"))
    await at.rest()
    taken = await painted(
        at.window.conversation.view.viewport(),
        lambda: QTest.keyClick(editor.answer, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier),
        lambda: (mark := model.index(turn - 1).data(TranscriptRole.MARK)) and mark.words.endswith("saved here"),
    )
    await at.rest()
    return taken


INTERACTIONS: dict[str, Callable[[], Awaitable[list[float]]]] = {
    "open": open_cold,
    "reopen": open_again,
    "scroll": scroll,
    "step": step,
    "type": type_keys,
    "diff": live_diff,
    "submit": submit,
}


def main(name: str) -> None:
    """Take the times of one interaction."""
    times: list[float] = []

    async def run() -> int:
        times.extend(await INTERACTIONS[name]())
        return 0

    run_on_qt(create_application(), run)
    print(json.dumps({"times": times, "peak": peak_memory()}))


if __name__ == "__main__":
    main(sys.argv[1])
