"""The outbox's pane: the line's state, the entries by how far they are, and the one in focus in full."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListView, QSplitter, QVBoxLayout, QWidget

from console.client.models.keyed_list_model import KeyedRole
from console.client.models.outbox_model import OutboxModel, OutboxRow
from console.client.services.connection import Connection, ConnectionState
from console.client.services.corrections import SavedState
from console.client.theme.theme import Theme
from console.client.theme.tokens import Size, Space, Weight
from console.client.ui.outbox.outbox_delegate import OutboxDelegate
from console.client.ui.outbox.outbox_detail import OutboxDetail
from console.client.ui.outbox.phrases import describe_entry, line_words
from console.client.ui.shared.commands import keys_of
from console.client.ui.shared.parts import ElidedLabel, IconButton, TextButton, label, rule
from console.client.ui.shared.tabs import TabBar


class OutboxTab(StrEnum):
    """The cuts of the outbox."""

    ALL = "All"
    WAITING = "Waiting"
    REFUSED = "Refused"
    LATE = "Late"
    UNREADABLE = "Unreadable"

    def holds(self, state: SavedState) -> bool:
        """Whether what is that far belongs under this tab."""
        return self is OutboxTab.ALL or state in _HELD[self]


_HELD = {
    OutboxTab.WAITING: (SavedState.SAVED_HERE, SavedState.SENT),
    OutboxTab.REFUSED: (SavedState.REFUSED,),
    OutboxTab.LATE: (SavedState.LATE,),
    OutboxTab.UNREADABLE: (SavedState.UNREADABLE,),
}


class OutboxPanel(QFrame):
    """Shows the outbox and says what was asked of which entry. Holds no state of the services'."""

    opened = Signal()
    left = Signal()
    try_now_pressed = Signal()
    resend_all_pressed = Signal()
    export_all_pressed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("panel", "bg")
        self.setAccessibleName(self.tr("Outbox"))
        self._rows: Sequence[OutboxRow] = ()
        self._connection: Connection | None = None
        self._now = datetime.now(UTC)
        self.model = OutboxModel(describe_entry, self)
        self.list = _OutboxList(self.model)
        self._delegate = OutboxDelegate(theme)
        self.list.setItemDelegate(self._delegate)
        self.list.setAccessibleName(self.tr("What is not stored yet"))
        self.detail = OutboxDetail(theme)
        self._build_header(theme)
        self._build_body(theme)
        self.list.selectionModel().currentChanged.connect(self._show_current)
        self.list.activated.connect(lambda index: self.detail.go_to_pressed.emit(index.data(KeyedRole.KEY)))
        self.list.copy_asked.connect(lambda: self.detail.copy.click())
        self.detail.kept.connect(self.list.setFocus)
        theme.changed.connect(self.list.viewport().update)

    def _build_header(self, theme: Theme) -> None:
        self.title = label(self.tr("Outbox"), "", Size.TITLE, Weight.STRONG)
        self.line = ElidedLabel("", "muted", Size.LABEL)
        self.try_now = TextButton(theme, self.tr("Try now"), "refresh-cw")
        self.try_now.clicked.connect(self.try_now_pressed)
        self.resend_all = TextButton(theme, "", "refresh-cw")
        self.resend_all.clicked.connect(self.resend_all_pressed)
        self.export_all = TextButton(theme, self.tr("Export all\u2026"), "download")
        self.export_all.clicked.connect(self.export_all_pressed)
        self.back = IconButton(theme, "x", self.tr("Back to the conversation ({key})").format(key=keys_of("back")))
        self.back.clicked.connect(self.left)
        self.header = QFrame()
        self.header.setProperty("panel", "surface")
        self.header.setFixedHeight(Space.HEADER)
        row = QHBoxLayout(self.header)
        row.setContentsMargins(18, 0, Space.M, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.title)
        row.addSpacing(Space.S)
        row.addWidget(self.line, 1)
        for button in (self.try_now, self.resend_all, self.export_all, self.back):
            row.addWidget(button)

    def _build_body(self, theme: Theme) -> None:
        self.tabs = TabBar(theme, [tab.value for tab in OutboxTab])
        self.tabs.setAccessibleName(self.tr("Outbox views"))
        self.tabs.tab_chosen.connect(self._show)
        self.empty = label("", "muted")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.empty.setContentsMargins(Space.L, 40, Space.L, 0)
        side = QFrame()
        side.setProperty("panel", "surface")
        listed = QVBoxLayout(side)
        listed.setContentsMargins(0, Space.S, 0, 0)
        listed.setSpacing(0)
        listed.addWidget(self.tabs)
        listed.addWidget(self.empty, 1)
        listed.addWidget(self.list, 1)
        self.panes = QSplitter(Qt.Orientation.Horizontal)
        self.panes.setHandleWidth(1)
        self.panes.setChildrenCollapsible(False)
        for pane, least in ((side, 300), (self.detail, 320)):
            pane.setMinimumWidth(least)
            self.panes.addWidget(pane)
        self.panes.setStretchFactor(1, 1)
        self.panes.setSizes([380, 620])
        self.nothing = _Nothing(self.tr("Everything you submitted is stored."))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(rule())
        column.addWidget(self.nothing, 1)
        column.addWidget(self.panes, 1)

    def show_rows(self, rows: Sequence[OutboxRow], connection: Connection, now: datetime) -> None:
        """Show these entries in their order, and how the line is; `now` by the clock they are dated by."""
        self._rows, self._connection, self._now = rows, connection, now
        self._delegate.now = now
        counts = [sum(tab.holds(row.entry.state) for row in rows) for tab in OutboxTab]
        self.tabs.set_counts(counts)
        self.line.set_text(line_words(connection, now))
        self.try_now.setVisible(connection.state is not ConnectionState.ONLINE)
        refused = counts[list(OutboxTab).index(OutboxTab.REFUSED)]
        self.resend_all.setText(self.tr("Send {n} refused again").format(n=refused))
        self.resend_all.setVisible(refused > 1)
        self.export_all.setVisible(any(row.entry.correction for row in rows))
        self.nothing.setVisible(not rows)
        self.panes.setVisible(bool(rows))
        self._show()

    def show_nobody(self) -> None:
        """Show nothing: whoever sat here is gone."""
        if self._connection is not None:
            self.show_rows((), self._connection, self._now)

    def choose(self, key: str) -> None:
        """Put the focus on an entry, under a tab that holds it."""
        if self.model.row_of(key) is None:
            self.tabs.choose(0)
        if (place := self.model.row_of(key)) is not None:
            self.list.setCurrentIndex(self.model.index(place))
            self.list.setFocus()

    @property
    def current(self) -> OutboxRow | None:
        """The entry in focus."""
        index = self.list.currentIndex()
        return self.model.row_at(index.row()) if index.isValid() else None

    def step(self, by: int) -> None:
        """Move the focus by that many entries."""
        place = max(0, min(self.model.rowCount() - 1, self.list.currentIndex().row() + by))
        self.list.setCurrentIndex(self.model.index(place))

    def leave(self) -> None:
        """Step back: from a discard that is not confirmed, else from the outbox."""
        if self.detail.confirmation.is_asking:
            self.detail.confirmation.decline()
        else:
            self.left.emit()

    def take_focus(self) -> None:
        """Let the keys work here."""
        (self.list if self._rows else self.back).setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.opened.emit()

    def _show(self) -> None:
        tab = list(OutboxTab)[self.tabs.current]
        before = max(0, self.list.currentIndex().row())
        self.model.show_rows([row for row in self._rows if tab.holds(row.entry.state)])
        count = self.model.rowCount()
        self.list.setVisible(count > 0)
        self.empty.setVisible(count == 0)
        self.empty.setText(self.tr("Nothing here is {state}.").format(state=tab.value.lower()))
        if count and not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.model.index(min(before, count - 1)))
        self._show_current()

    def _show_current(self, *_: QModelIndex) -> None:
        if self._connection is not None:
            self.detail.show_row(self.current, self._connection, self._now)


class _OutboxList(QListView):
    """Bare letters are commands here, never a search; a copy is of the whole entry."""

    copy_asked = Signal()

    def __init__(self, model: OutboxModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Search nothing."""


class _Nothing(QWidget):
    """What an empty outbox says."""

    def __init__(self, words: str) -> None:
        super().__init__()
        head = label(words, "", Size.TITLE, Weight.STRONG)
        more = label(self.tr("What you submit waits here until the backend has confirmed that it is stored."), "muted")
        column = QVBoxLayout(self)
        column.setSpacing(Space.XS)
        column.addStretch(2)
        for line in (head, more):
            line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            line.setWordWrap(True)
            column.addWidget(line)
        column.addStretch(3)
