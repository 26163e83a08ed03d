"""The main window: rail, queue, conversation, inspector and status bar, and the mode that follows the focus."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QByteArray, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from console.client.theme.theme import Theme
from console.client.theme.tokens import Density, Scheme
from console.client.ui.correction.correction_editor import CorrectionEditor
from console.client.ui.inbox.queue_panel import QueuePanel, QueueTab
from console.client.ui.inspector.inspector_panel import InspectorPanel
from console.client.ui.outbox.outbox_panel import OutboxPanel
from console.client.ui.shared.commands import COMMANDS, CommandRegistry, Place, keys_of
from console.client.ui.shared.parts import rule
from console.client.ui.shared.phrases import ROLES
from console.client.ui.shared.picker import Choice, Picker
from console.client.ui.shared.untrusted import on_one_line
from console.client.ui.transcript.conversation_panel import ConversationPanel
from console.client.ui.window.notice_bar import NoticeBar
from console.client.ui.window.rail import Rail
from console.client.ui.window.shortcut_sheet import ShortcutSheet
from console.client.ui.window.status_bar import StatusBar
from console.contract.permissions import Role

_LONGEST_NAME = 120


class MainWindow(QMainWindow):
    """Holds the panes and what belongs to none of them. It knows no service."""

    chair_chosen = Signal(int)
    closing = Signal()

    def __init__(self, theme: Theme, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setWindowTitle("Redline")
        self.setMinimumSize(QSize(1000, 600))
        room = self.screen().availableGeometry().size()
        self.resize(QSize(1440, 900).boundedTo(room))
        self.theme = theme
        self.commands = CommandRegistry(self)
        self.queue = QueuePanel(theme, now)
        self.conversation = ConversationPanel(theme, now)
        self.inspector = InspectorPanel(theme)
        self.outbox = OutboxPanel(theme)
        self.editor = CorrectionEditor(theme)
        self.editor.hide()
        self.notice = NoticeBar(theme)
        self.status = StatusBar(theme)
        self._chairs = QMenu(self.tr("Sit in another chair"), self)
        self.rail = Rail(theme, self._build_menu())
        self.rail.person.setMenu(self._chairs)
        self._build_layout()
        self._connect()
        self.queue.list.setFocus()

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addMenu(self._chairs)
        groups: dict[str, QMenu] = {}
        for command in COMMANDS:
            if command.registered and command.id not in ("quit", "leave", "back", "down", "up"):
                if command.group not in groups:
                    groups[command.group] = menu.addMenu(command.group)
                groups[command.group].addAction(self.commands.actions[command.id])
        menu.addSeparator()
        menu.addAction(self.commands.actions["quit"])
        return menu

    def _build_layout(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.places = QStackedWidget()
        for place in (self.conversation, self.outbox):
            self.places.addWidget(place)
        column.addWidget(self.places, 1)
        column.addWidget(self.notice)
        self.panes = QSplitter(Qt.Orientation.Horizontal)
        self.panes.setHandleWidth(1)
        self.panes.setChildrenCollapsible(False)
        for pane, least in ((self.queue, 250), (middle, 436), (self.inspector, 260)):
            pane.setMinimumWidth(least)
            self.panes.addWidget(pane)
        self.panes.setStretchFactor(1, 1)
        self.panes.setSizes([318, 720, 318])
        whole = QWidget()
        outer = QVBoxLayout(whole)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(rule(vertical=True))
        row.addWidget(self.panes, 1)
        outer.addLayout(row, 1)
        outer.addWidget(rule())
        outer.addWidget(self.status)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        on = self.commands.connect_to
        on("down", lambda: self._step(1))
        on("up", lambda: self._step(-1))
        on("search", self.queue.search.setFocus)
        for tab in QueueTab:
            on("tab_" + tab.name.lower(), partial(self.queue.choose_tab, tab))
        on("next_ai", lambda: self.conversation.step_ai_turn(1))
        on("previous_ai", lambda: self.conversation.step_ai_turn(-1))
        on("handoff", self.conversation.jump_to_handoff)
        on("lowest", self.conversation.jump_to_lowest)
        on("card", self.conversation.card.toggle)
        on("find", self.conversation.open_find)
        on("palette", self.open_palette)
        on("sheet", self.open_sheet)
        for scheme in Scheme:
            on(scheme.value, partial(self.theme.set_scheme, scheme))
        on("density", self._switch_density)
        on("quit", self.close)
        on("outbox", lambda: self.move_to(Place.CONVERSATION if self.outbox.isVisible() else Place.OUTBOX))
        on("back", self.outbox.leave)
        for asked in (self.outbox.left, self.rail.inbox.clicked):
            asked.connect(lambda: self.move_to(Place.CONVERSATION))
        for asked in (self.rail.outbox.clicked, self.status.saving.clicked):
            asked.connect(lambda: self.move_to(Place.OUTBOX))
        self.rail.help_pressed.connect(self.open_sheet)
        view, chart = self.conversation.view, self.inspector.chart
        self.inspector.turn_chosen.connect(view.set_current_turn)
        chart.turn_hovered.connect(view.mark_hovered)
        view.turn_hovered.connect(chart.show_hovered)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus_changed)

    def show_chairs(self, names: Sequence[tuple[str, Role]], current: int) -> None:
        """Offer the chairs of the workspace; none where people sign in with a token of their own."""
        self._chairs.clear()
        for place, (name, role) in enumerate(names):
            words = on_one_line(f"{name}, {ROLES[role]}", _LONGEST_NAME)
            action = self._chairs.addAction(words.replace("&", "&&"))  # one alone would underline a letter
            action.setCheckable(True)
            action.setChecked(place == current)
            action.triggered.connect(lambda _checked=False, place=place: self.chair_chosen.emit(place))
        self._chairs.menuAction().setVisible(bool(names))

    def open_palette(self) -> None:
        """Offer every command that is enabled, with its key."""
        picker = Picker(self.theme, self.tr("What do you want to do?"), self)
        actions = self.commands.actions
        choices = [
            Choice(command.id, command.title, command.group, keys_of(command.id))
            for command in COMMANDS
            if command.registered and actions[command.id].isEnabled() and command.id != "palette"
        ]
        picker.chosen.connect(lambda command_id: actions[command_id].trigger())
        top = self.mapToGlobal(QPoint((self.width() - 640) // 2, 90))
        picker.offer(choices, top, width=640, rows=14)

    def open_sheet(self) -> None:
        """Show the shortcut sheet."""
        ShortcutSheet(self.theme, self).open()

    def move_to(self, place: Place) -> None:
        """Show the conversation with its inspector, or the outbox, and let the keys work there."""
        at_outbox = place is Place.OUTBOX
        moved = at_outbox is not (self.places.currentWidget() is self.outbox)
        self.places.setCurrentWidget(self.outbox if at_outbox else self.conversation)
        self.inspector.setVisible(not at_outbox)
        self.commands.move_to(place)
        for part in (self.rail, self.status):
            part.show_place(place)
        if moved:
            self.outbox.take_focus() if at_outbox else self.conversation.view.setFocus()

    def sign_out(self) -> None:
        """Show nobody's work."""
        self.move_to(Place.CONVERSATION)
        self.rail.show_person(None)
        self.queue.show_nobody()
        self.conversation.show_nothing("")
        self.inspector.show_nothing()

    def layout_state(self) -> list[str]:
        """How the window and its panes stand, to be kept and given back to `restore_layout`."""
        return [state.toBase64().toStdString() for state in (self.saveGeometry(), self.panes.saveState())]

    def restore_layout(self, state: Sequence[str]) -> None:
        """Let the window stand as it did; what does not fit is passed over."""
        if len(state) == 2:
            self.restoreGeometry(QByteArray.fromBase64(state[0].encode()))
            self.panes.restoreState(QByteArray.fromBase64(state[1].encode()))

    def come_forward(self) -> None:
        """Stand in front of every other window, as it was before it was minimized."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized | Qt.WindowState.WindowActive)
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let whoever runs the window end its work first; it closes the window then."""
        event.ignore()
        self.closing.emit()

    def _step(self, by: int) -> None:
        """Move in the list that has the keys: the outbox's where it does, else the queue's."""
        (self.outbox if self.outbox.isAncestorOf(self.focusWidget()) else self.queue).step(by)

    def _switch_density(self) -> None:
        compact = self.theme.density is Density.COMPACT
        self.theme.set_density(Density.COMFORTABLE if compact else Density.COMPACT)

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        in_editor = now is not None and self.editor.isAncestorOf(now) and not self.editor.is_read_only
        editing = in_editor or isinstance(now, QLineEdit)
        self.commands.set_editing(editing)
        if now is not None and now is not self.editor.answer and self.editor.isAncestorOf(now):
            self.conversation.view.reveal(now)
        self.status.show_mode(editing=editing)
