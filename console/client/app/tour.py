"""The tour: the real window driven through the main job by key and mouse events, with a picture of each step."""

import argparse
import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from console.client.app.desk import Desk
from console.client.app.embedded import redline_command
from console.client.app.main import create_application, has_display, run_on_qt
from console.client.app.profile import Profile, choose_profile
from console.client.net.http import HttpGateway
from console.client.services.connection import ConnectionState
from console.client.services.corrections import SavedState
from console.client.theme.theme import Theme
from console.contract.conversations import Conversation, Speaker
from console.contract.ids import ConversationId
from console.contract.views import CorrectionRecord

_SIZE = (1440, 900)
_PATIENCE_S = 60.0
_FORMATS = ("openai-sft", "openai-dpo", "trl-dpo", "jsonl")
_FAVOURITE = ConversationId("sample-delivery-01")
_FAVOURITE_TURN = 10
_FAVOURITE_ANSWER = (
    "I am sorry. The carrier marks the parcel as delivered, but without proof of delivery you are entitled "
    "to a refund or a new shipment. Which do you prefer?"
)
_ADDITION = " I am not certain of this, so a colleague will confirm it before anything is charged or changed."


class TourError(Exception):
    """A step did not come to what it should; the text says which and why."""


def run_tour(arguments: argparse.Namespace) -> int:
    """Run the tour with `out` and `data` of the command line; 0 only if exactly one matching record arrived."""
    if not has_display():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    app = create_application()
    with tempfile.TemporaryDirectory(prefix="redline-tour-") as folder:
        theme = Theme()
        theme.install(app)
        tour = Tour(app, theme, Path(folder), out, arguments.data)
        status = run_on_qt(app, tour.run)
    (out / "result.json").write_text(json.dumps(tour.result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{tour.result['outcome']}; pictures and result.json are in {out}")  # noqa: T201
    return status


class Tour:
    """One run. `result` is what result.json holds."""

    def __init__(self, app: QApplication, theme: Theme, folder: Path, out: Path, data: Path | None) -> None:
        self.result: dict[str, object] = {"outcome": "not finished", "steps": [], "matching_records": None}
        self._app = app
        self._folder = folder
        self._out = out
        self._data = data
        self._profile = choose_profile(folder, None, sample=True) if data is None else Profile(folder)
        self._desk = Desk(theme, self._profile)
        self._window = self._desk.window
        self._conversation: Conversation | None = None
        self._turn = 0
        self._typed = ""

    async def run(self) -> int:
        """Take every step in order; stop at the first that fails."""
        steps = (
            ("open the workspace", self._open_workspace),
            ("pick a handed-off conversation", self._pick),
            ("read its trace", self._read_trace),
            ("correct a turn", self._correct),
            ("label it", self._label),
            ("submit", self._submit),
            ("check the record at the backend", self._check_record),
            ("export", self._export),
        )
        done: list[dict[str, object]] = []
        self.result["steps"] = done
        try:
            for number, (name, step) in enumerate(steps, 1):
                note = await step()
                picture = f"{number:02d}-{name.replace(' ', '-')}.png"
                await self._picture(picture)
                done.append({"step": name, "note": note, "picture": picture})
        except TourError as error:
            return self._fail(steps[len(done)][0], str(error))
        except TimeoutError:
            return self._fail(steps[len(done)][0], "what should have followed did not come in time")
        finally:
            await self._desk.stop()
        self.result["outcome"] = "passed"
        return 0

    def _fail(self, step: str, why: str) -> int:
        self._window.grab().save(str(self._out / "failed.png"))
        self.result["outcome"] = f"failed at: {step}: {why}"
        return 1

    async def _open_workspace(self) -> str:
        if self._data is not None:
            await self._redline("import", str(self._data), "--data-dir", str(self._folder), may_warn=True)
        self._window.resize(*_SIZE)
        self._window.show()
        self._window.activateWindow()
        await self._desk.start()
        await self._until(self._queue_is_read)
        if not self._window.queue.model.rowCount():
            raise TourError("nothing is in the queue: no conversation of the file was handed off")
        return f"{self._window.queue.model.rowCount()} conversations are free"

    async def _pick(self) -> str:
        model, listed = self._window.queue.model, self._window.queue.list
        place = model.row_of(_FAVOURITE) or 0
        row = model.row_at(place)
        listed.scrollTo(model.index(place))
        self._click(listed.viewport(), listed.visualRect(model.index(place)).center())
        panel = self._window.conversation
        await self._until(lambda: (shown := panel.model.conversation) is not None and shown.id == row.conversation_id)
        self._conversation = panel.model.conversation
        return f"{row.customer_name}: {row.ask}"

    async def _read_trace(self) -> str:
        self._key(Qt.Key.Key_L)
        turn = self._window.conversation.current_turn()
        if turn is None or turn.ai is None:
            raise TourError("no AI turn is in focus")
        signal = turn.ai.confidence
        value = "not reported" if signal is None else f"{signal.value:.2f}"
        return f"turn {turn.number}, confidence {value}"

    async def _correct(self) -> str:
        wanted = self._turn = self._turn_to_correct()
        panel = self._window.conversation
        for _ in range(len(panel.model.conversation.turns) if panel.model.conversation else 0):
            current = panel.current_turn()
            if current is None or current.number == wanted:
                break
            self._key(Qt.Key.Key_BracketLeft if current.number > wanted else Qt.Key.Key_BracketRight)
        self._key(Qt.Key.Key_E)
        editor = self._window.editor
        await self._until(lambda: editor.isVisible() and editor.answer.hasFocus())
        await self._until(self._is_held)
        if self._is_favourite():
            self._key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
            QTest.keyClicks(editor.answer, _FAVOURITE_ANSWER)
        else:
            self._key(Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
            QTest.keyClicks(editor.answer, _ADDITION)
        self._typed = editor.answer.toPlainText()
        await self._until(lambda: editor.state.text() == "Draft saved here")
        return f"turn {wanted} now reads: {self._typed[:120]}"

    async def _label(self) -> str:
        editor = self._window.editor
        for key in (Qt.Key.Key_Tab, Qt.Key.Key_1, Qt.Key.Key_Tab, Qt.Key.Key_Tab, Qt.Key.Key_2):
            self._key(key)
        self._key(Qt.Key.Key_Tab)
        self._key(Qt.Key.Key_2)
        await self._until(lambda: editor.state.text() == "Draft saved here")
        draft = editor.take_draft()
        if not draft.codes or draft.severity is None or draft.root_cause is None:
            raise TourError("the keys set no code, severity or cause")
        return f"{', '.join(draft.codes)}, {draft.severity.value}, {draft.root_cause.value}"

    async def _submit(self) -> str:
        self._key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await self._until(lambda: not self._window.editor.isVisible())
        session = self._desk.session
        assert session is not None
        shown = self._shown().id
        await self._until(lambda: any(s.state is SavedState.STORED for s in session.corrections.states(shown)))
        status = session.corrections.states(shown)[-1]
        self.result["correction_id"] = status.id
        return f"turn {status.turn}: {status.state.value}"

    async def _check_record(self) -> str:
        records = await self._records()
        matching = [record for record in records if self._matches(record)]
        self.result["matching_records"] = len(matching)
        if len(matching) != 1 or len(records) != 1:
            raise TourError(f"{len(matching)} matching records arrived among {len(records)}, not exactly one")
        if matching[0].correction.id != self.result["correction_id"]:
            raise TourError("the record that arrived has another id than the one submitted")
        return f"body sha256 {matching[0].receipt.body_sha256}"

    async def _export(self) -> str:
        rows: dict[str, int] = {}
        for form in _FORMATS:
            folder = self._out / "export"
            place = ("--data-dir", str(self._profile.workspace), "--out", str(folder))
            await self._redline("export", "--format", form, *place)
            written = folder / f"redline-{form}.jsonl"
            rows[form] = len(written.read_text(encoding="utf-8").splitlines())
        self.result["exported_rows"] = rows
        if set(rows.values()) != {1}:
            raise TourError(f"each export should hold the one correction, but they hold {rows}")
        return ", ".join(f"{form} {count}" for form, count in rows.items())

    # what the steps share

    def _queue_is_read(self) -> bool:
        session = self._desk.session
        return session is not None and session.connection.state is ConnectionState.ONLINE

    def _shown(self) -> Conversation:
        if self._conversation is None:
            raise TourError("no conversation is open")
        return self._conversation

    def _is_favourite(self) -> bool:
        return self._shown().id == _FAVOURITE

    def _is_held(self) -> bool:
        session = self._desk.session
        return session is not None and session.conversations.held(self._shown().id) is not None

    def _turn_to_correct(self) -> int:
        """The sample's stale answer; elsewhere the last AI turn with words."""
        if self._is_favourite():
            return _FAVOURITE_TURN
        spoken = [turn.number for turn in self._shown().turns if turn.speaker is Speaker.AI and turn.text]
        if not spoken:
            raise TourError("the AI said nothing in this conversation")
        return spoken[-1]

    def _matches(self, record: CorrectionRecord) -> bool:
        """By what was said of what, never by its id: a double would carry another."""
        said = record.correction
        return (said.conversation_id, said.turn, said.corrected_text) == (self._shown().id, self._turn, self._typed)

    async def _records(self) -> tuple[CorrectionRecord, ...]:
        """Everything the backend holds, asked over HTTP by a client of its own."""
        backend = self._desk.backend
        assert backend is not None
        gateway = HttpGateway(lambda: backend.url, backend.chairs[0].token)
        try:
            return (await gateway.corrections()).records
        finally:
            await gateway.aclose()

    async def _redline(self, *arguments: str, may_warn: bool = False) -> None:
        """Run a `redline` command beside the window; `may_warn`: bad lines were named, the good ones are in."""
        command = redline_command(*arguments)
        child = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        if child.returncode not in ((0, 1) if may_warn else (0,)):
            raise TourError(f"redline {arguments[0]} ended with {child.returncode}: {child.stderr[-400:]}")

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            while not holds():  # noqa: ASYNC110  (the state belongs to Qt, which sets no event)
                await asyncio.sleep(0.02)

    def _key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self._app.focusWidget() or self._window, key, modifier)

    def _click(self, target: QWidget, at: QPoint) -> None:
        QTest.mouseClick(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

    async def _picture(self, name: str) -> None:
        """Let what is under way be painted, then save the window as it looks."""
        await asyncio.sleep(0.15)
        if not self._window.grab().save(str(self._out / name)):
            raise TourError(f"the picture {name} could not be written to {self._out}")
