"""Joins the outbox's pane to one session: shows what is not stored, and asks for what was pressed."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QMetaObject, QObject, SignalInstance
from PySide6.QtWidgets import QFileDialog

from console.client.models.outbox_model import OutboxRow
from console.client.services.corrections import OutboxEntry, SavedState
from console.client.services.export import export_outbox
from console.client.services.session import DeskSession
from console.client.ui.outbox.outbox_panel import OutboxPanel
from console.client.ui.shared.door import Door
from console.client.ui.shared.receipts import copy_as_json
from console.contract.ids import ConversationId, CorrectionId


class Way(Protocol):
    """The way to a turn of a conversation, and on into its correction."""

    def __call__(
        self, conversation_id: ConversationId, turn: int, *, edit: bool = False
    ) -> Coroutine[None, None, None]:
        """Show that turn; `edit` opens its correction. Raises DeskError where the conversation cannot be read."""


class OutboxPresenter(QObject):
    """Lives as long as one session.

    `go_to` leads to a turn of a conversation; `make_room` puts away its open correction, or raises DraftExistsError.
    """

    def __init__(
        self,
        panel: OutboxPanel,
        session: DeskSession,
        door: Door,
        tell: Callable[[str], None],
        go_to: Way,
        make_room: Callable[[ConversationId, int], None],
    ) -> None:
        super().__init__()
        self._panel = panel
        self._session = session
        self._door = door
        self._tell = tell
        self._go_to = go_to
        self._make_room = make_room
        self._names: dict[ConversationId, tuple[str, str]] = {}
        self._asked: set[str] = set()
        self._connections: list[QMetaObject.Connection] = []
        detail = panel.detail
        for signal, slot in (
            (panel.opened, self.show),
            (panel.try_now_pressed, session.reconnect),
            (panel.resend_all_pressed, self.resend_all),
            (panel.export_all_pressed, self.export_all),
            (detail.resend_pressed, self.resend),
            (detail.reopen_pressed, self.reopen),
            (detail.discard_confirmed, self._discard),
            (detail.go_to_pressed, self._open),
            (detail.copy_pressed, self._copy),
            (detail.export_pressed, self._export),
        ):
            self._on(signal, slot)

    def _on(self, signal: SignalInstance, slot: Callable[..., object]) -> None:
        self._connections.append(signal.connect(slot))

    def stop(self) -> None:
        """Leave the pane to whoever sits down next."""
        for connection in self._connections:
            QObject.disconnect(connection)
        self._panel.show_nobody()

    def show(self) -> None:
        """Show the outbox as it is, where it is looked at."""
        if not self._panel.isVisible():
            return
        entries = self._session.corrections.outbox()
        self._name(entries)
        late = {entry.key for entry in entries if entry.state is SavedState.LATE}
        if late - self._asked:
            self._asked |= late
            self._door.start("read late words", self._session.corrections.read_late)
        rows = [OutboxRow(entry, *self._names.get(entry.conversation_id, ("", ""))) for entry in entries]
        self._panel.show_rows(rows, self._session.connection, self._session.now())

    def resend(self, key: str) -> None:
        """Send a refused correction again, as it is."""
        if self._is_refused(key):
            self._door.start(f"retry {key}", lambda: self._session.corrections.retry(CorrectionId(key)))

    def resend_all(self) -> None:
        """Send everything refused again."""
        self._door.start("retry all", self._retry_all)

    def reopen(self, key: str) -> None:
        """Turn a refused correction into a draft, and open it."""
        self._door.start(f"reopen {key}", lambda: self._reopen(key))

    def export_all(self) -> None:
        """Write everything whose words can be read to a file."""
        self._choose_file(self._session.corrections.outbox(), "redline-outbox.jsonl")

    async def _retry_all(self) -> None:
        for _, status in self._session.corrections.refused():
            if self._is_refused(status.id):  # still, though others were put back before it
                await self._session.corrections.retry(status.id)

    async def _reopen(self, key: str) -> None:
        """Show the turn first: where it cannot be read now, the refused words stay what they are."""
        entry = self._find(key)
        if entry is not None:
            await self._go_to(entry.conversation_id, entry.turn)
            if self._is_refused(key):
                self._make_room(entry.conversation_id, entry.turn)
                await self._session.corrections.reopen(CorrectionId(key))
            await self._go_to(entry.conversation_id, entry.turn, edit=True)

    def _open(self, key: str) -> None:
        entry = self._find(key)
        if entry is not None:
            self._door.start(f"go to {key}", lambda: self._go_to(entry.conversation_id, entry.turn))

    def _discard(self, key: str) -> None:
        if self._is_refused(key):
            self._door.start(f"discard {key}", lambda: self._discarded(CorrectionId(key)))

    async def _discarded(self, correction_id: CorrectionId) -> None:
        await self._session.corrections.discard_refused(correction_id)
        self._panel.take_focus()

    def _copy(self, key: str) -> None:
        entry = self._find(key)
        if entry is not None and entry.correction is not None:
            copy_as_json(entry.correction)
            self._tell(self.tr("Copied, whole, as JSON."))

    def _export(self, key: str) -> None:
        entry = self._find(key)
        if entry is not None:
            self._choose_file((entry,), f"redline-{entry.key}.jsonl")

    def _choose_file(self, entries: tuple[OutboxEntry, ...], name: str) -> None:
        """Ask for a file; one that is there already is never written over, so nobody need be asked whether to."""
        if not any(entry.correction for entry in entries):
            self._tell(self.tr("There is nothing here that could be exported."))
            return
        dialog = QFileDialog(self._panel, self.tr("Export"), name, self.tr("JSON Lines (*.jsonl)"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setDefaultSuffix("jsonl")
        dialog.selectFile(name)
        dialog.fileSelected.connect(
            lambda chosen: self._door.start("export the outbox", lambda: self._write(Path(chosen), entries))
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _write(self, path: Path, entries: tuple[OutboxEntry, ...]) -> None:
        count = await export_outbox(path, entries)
        words = self.tr("1 correction is in {name}.") if count == 1 else self.tr("{n} corrections are in {name}.")
        self._tell(words.format(n=count, name=path.name))

    def _is_refused(self, key: str) -> bool:
        entry = self._find(key)
        return entry is not None and entry.state is SavedState.REFUSED

    def _find(self, key: str) -> OutboxEntry | None:
        return next((entry for entry in self._session.corrections.outbox() if entry.key == key), None)

    def _name(self, entries: tuple[OutboxEntry, ...]) -> None:
        """Learn the names of conversations: from the queue, else from the copy this computer keeps."""
        unnamed = {entry.conversation_id for entry in entries} - set(self._names)
        if not unnamed:
            return
        for row in self._session.queue.rows:
            if row.conversation_id in unnamed:
                self._names[row.conversation_id] = (row.customer_name, row.ask)
        if left := unnamed - set(self._names):
            self._names |= dict.fromkeys(left, ("", ""))
            self._door.start("read names", lambda: self._read_names(left))

    async def _read_names(self, unnamed: set[ConversationId]) -> None:
        for conversation_id in unnamed:
            if view := await self._session.conversations.kept(conversation_id):
                self._names[conversation_id] = (view.row.customer_name, view.row.ask)
        self.show()
