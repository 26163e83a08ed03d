"""The queue pane: whose rows, which filter, the list itself, and a word when it is empty."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from console.client.domain.queue_filter import parse_filter
from console.client.models.queue_model import QueueModel, QueueRole
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Space, Weight
from console.client.ui.inbox.queue_delegate import QueueDelegate
from console.client.ui.inbox.queue_list_view import QueueListView
from console.client.ui.shared.parts import label
from console.client.ui.shared.phrases import describe_row
from console.client.ui.shared.tabs import TabBar
from console.contract.conversations import OwnerState, Tier
from console.contract.ids import ConversationId
from console.contract.permissions import Role
from console.contract.views import Me, QueueRow

_TICK_MS = 1000


class QueueTab(StrEnum):
    """The saved cuts of the queue."""

    MINE = "Mine"
    UNASSIGNED = "Unassigned"
    TIER2 = "Tier 2"
    ALL = "All"

    def holds(self, row: QueueRow, me: Me) -> bool:
        """Whether a row belongs under this tab for the person at the desk."""
        match self:
            case QueueTab.MINE:
                return row.claim is not None and row.claim.holder_id == me.user_id
            case QueueTab.UNASSIGNED:
                free = row.claim is None and row.owner_state is not OwnerState.CLOSED
                return free and (row.may_be_claimed_by(me.role) or me.role is Role.OWNER)
            case QueueTab.TIER2:
                return row.tier is Tier.SPECIALIST
            case QueueTab.ALL:
                return True


class QueuePanel(QFrame):
    """Shows the queue and says which conversation was chosen. Holds no state of the server's."""

    conversation_chosen = Signal(str)

    def __init__(self, theme: Theme, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setProperty("panel", "surface")
        self._theme = theme
        self._rows: Sequence[QueueRow] = ()
        self._me: Me | None = None
        self._pinned: ConversationId | None = None
        self._offline_word = ""
        self._holds_stray = False
        self._held = 0
        self.free_count = 0
        self.model = QueueModel(describe_row, self)
        self._delegate = QueueDelegate(theme, now)
        self._build()
        self.empty.setText(self.tr("Reading the queue\u2026"))
        self.list.hide()
        theme.changed.connect(self._on_theme_changed)
        ticker = QTimer(self)
        ticker.timeout.connect(self.list.viewport().update)
        ticker.start(_TICK_MS)

    def _build(self) -> None:
        self.title = label(self.tr("Queue"), "", Size.TITLE, Weight.STRONG)
        self.summary = label("", "muted", Size.LABEL)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search, or gate:confidence topic:refund"))
        self.search.setAccessibleName(self.tr("Filter the queue"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._show)
        self.search.installEventFilter(self)
        self._mark = self.search.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self._mark_search()
        self.tabs = TabBar(self._theme, [tab.value for tab in QueueTab])
        self.tabs.setAccessibleName(self.tr("Queue views"))
        self.tabs.tab_chosen.connect(self._show)
        self.list = QueueListView(self.model)
        self.list.setItemDelegate(self._delegate)
        self.list.setAccessibleName(self.tr("Conversations"))
        self.list.row_chosen.connect(self._on_list_chosen)
        self.empty = label("", "muted")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.empty.setContentsMargins(Space.L, 40, Space.L, 0)
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch()
        head.addWidget(self.summary)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, Space.M, 0, 0)
        column.setSpacing(Space.S)
        for part in (head, self.search):
            holder = QWidget()
            inner = QVBoxLayout(holder)
            inner.setContentsMargins(Space.L - 2, 0, Space.L - 2, 0)
            inner.addWidget(part) if isinstance(part, QWidget) else inner.addLayout(part)
            column.addWidget(holder)
        column.addWidget(self.tabs)
        column.setSpacing(Space.S)
        column.addWidget(self.empty, 1)
        column.addWidget(self.list, 1)

    def sizeHint(self) -> QSize:
        return QSize(318, 600)

    def show_queue(self, rows: Sequence[QueueRow], me: Me, offline_word: str = "") -> None:
        """Show these rows, most urgent first; `offline_word` says so where they are from this computer."""
        self._rows = rows
        self._me = me
        self._offline_word = offline_word
        self._delegate.me = me.user_id
        self._count()
        self._show()

    def show_nobody(self) -> None:
        """Show no queue while nobody is signed in."""
        self._me = None
        self._rows = ()
        self.model.show_rows(())
        self.summary.setText("")
        self.list.hide()
        self.empty.setText("")
        self.empty.show()

    def pin(self, conversation_id: ConversationId | None) -> None:
        """Keep the row under work in sight though the filter no longer holds it."""
        self._pinned = conversation_id
        if self._holds_stray or (conversation_id is not None and self.model.row_of(conversation_id) is None):
            self._show()
        self._select(conversation_id)

    def choose_tab(self, tab: QueueTab) -> None:
        """Show another cut of the queue."""
        self.tabs.choose(list(QueueTab).index(tab))

    def step(self, by: int) -> None:
        """Move the selection by that many rows and choose the row there."""
        count = self.model.rowCount()
        if not count:
            return
        current = self.list.currentIndex()
        place = current.row() + by if current.isValid() else 0
        index = self.model.index(max(0, min(count - 1, place)))
        self.list.setCurrentIndex(index)
        self._on_list_chosen(index)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.list.setFocus()
                return True
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.list.setFocus()
                self.step(0)
                return True
        return super().eventFilter(watched, event)

    def _count(self) -> None:
        """Say how many rows each view holds; only other rows can change that, no filter and no pin."""
        assert self._me is not None
        counts = [sum(each.holds(row, self._me) for row in self._rows) for each in QueueTab]
        self.tabs.set_counts(counts)
        self._held = sum(row.claim is not None for row in self._rows)
        self.free_count = counts[list(QueueTab).index(QueueTab.UNASSIGNED)]
        words = self.tr("{free} free, {held} held").format(free=self.free_count, held=self._held)
        self.summary.setText(self._offline_word or words)

    def _show(self) -> None:
        me = self._me
        if me is None:
            return
        wanted = parse_filter(self.search.text())
        tab = list(QueueTab)[self.tabs.current]

        def fits(row: QueueRow) -> bool:
            return tab.holds(row, me) and wanted.matches(row, me.user_id)

        shown = [row for row in self._rows if row.conversation_id == self._pinned or fits(row)]
        self.model.show_rows(shown)
        place = None if self._pinned is None else self.model.row_of(self._pinned)
        self._holds_stray = place is not None and not fits(shown[place])
        self.empty.setVisible(not shown)
        self.list.setVisible(bool(shown))
        if not shown:
            self.empty.setText(self._empty_word(tab, self._held))
        self._select(self._pinned)

    def _empty_word(self, tab: QueueTab, held: int) -> str:
        if not self._rows:
            return self.tr("Nothing is in the queue yet.\nImport transcripts with: redline import FILE")
        if self.search.text().strip():
            return self.tr("Nothing here matches the filter. Esc, then clear it with the cross.")
        if tab is QueueTab.MINE:
            return self.tr("You hold nothing.")
        latest = max((row.claim.expires_at for row in self._rows if row.claim), default=None)
        if latest is None:
            return self.tr("0 free, none held.")
        until = latest.astimezone().strftime("%H:%M")
        return self.tr("0 free, {held} held until {until} at the latest.").format(held=held, until=until)

    def _select(self, conversation_id: ConversationId | None) -> None:
        place = None if conversation_id is None else self.model.row_of(conversation_id)
        if place is not None and self.list.currentIndex().row() != place:
            self.list.setCurrentIndex(self.model.index(place))

    def _on_list_chosen(self, index: QModelIndex) -> None:
        self.conversation_chosen.emit(index.data(QueueRole.ID))

    def _on_theme_changed(self) -> None:
        self._mark_search()
        self.list.scheduleDelayedItemsLayout()
        self.list.viewport().update()

    def _mark_search(self) -> None:
        self._mark.setIcon(self._theme.icon("search", Colour.FAINT, 16))
