"""Every command of the desk in one table: menus, palette, tool tips and the shortcut sheet are built from it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from console.contract.permissions import Permission, Role, is_allowed


class Place(Enum):
    """Where the keys work: what the middle of the window shows."""

    CONVERSATION = "conversation"
    OUTBOX = "outbox"


_PLACES = {"Conversation": Place.CONVERSATION, "Correction": Place.CONVERSATION, "Outbox": Place.OUTBOX}


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can ask for. A bare key (no modifier) works only in navigate mode."""

    id: str
    title: str
    group: str
    keys: tuple[str, ...] = ()
    permission: Permission | None = None
    registered: bool = True

    @property
    def bare(self) -> bool:
        """Whether its key is text while something is being written."""
        return bool(self.keys) and all(len(key) == 1 for key in self.keys)

    @property
    def place(self) -> Place | None:
        """The one place it works at; None for everywhere."""
        return _PLACES.get(self.group)


COMMANDS: tuple[Command, ...] = (
    Command("next", "Take the most urgent free conversation", "Queue", ("n",), Permission.CLAIM_TIER1),
    Command("down", "Next in the list", "Queue", ("j",)),
    Command("up", "Previous in the list", "Queue", ("k",)),
    Command("search", "Filter the queue", "Queue", ("/",)),
    Command("tab_mine", "Show mine", "Queue", ("Ctrl+1",)),
    Command("tab_unassigned", "Show unassigned", "Queue", ("Ctrl+2",)),
    Command("tab_tier2", "Show Tier 2", "Queue", ("Ctrl+3",)),
    Command("tab_all", "Show all", "Queue", ("Ctrl+4",)),
    Command("claim", "Claim this conversation", "Conversation", ("c",), Permission.CLAIM_TIER1),
    Command("release", "Give it back to the queue", "Conversation", ("Shift+C",), Permission.CLAIM_TIER1),
    Command("take_back", "Take it back from whoever holds it", "Conversation", (), Permission.TAKE_BACK),
    Command("close", "Close this conversation", "Conversation", ("Shift+X",), Permission.CLOSE),
    Command("open_again", "Reopen this conversation", "Conversation", (), Permission.CLAIM_TIER1),
    Command("next_ai", "Next AI turn", "Conversation", ("]",)),
    Command("previous_ai", "Previous AI turn", "Conversation", ("[",)),
    Command("handoff", "Go to the handoff", "Conversation", ("h",)),
    Command("lowest", "Go to the lowest confidence", "Conversation", ("l",)),
    Command("card", "Unfold the handoff card", "Conversation", ("o",)),
    Command("find", "Find in the conversation", "Conversation", ("Ctrl+F",)),
    Command("copy", "Copy the selected text or turn", "Conversation", ("Ctrl+C",), None, registered=False),
    Command("correct", "Correct the AI turn in focus", "Correction", ("e",), Permission.CORRECT),
    Command("taxonomy", "Choose from all error codes", "Correction", ("t",), Permission.CORRECT),
    Command("submit", "Submit the correction", "Correction", ("Ctrl+Return", "Ctrl+Enter"), Permission.CORRECT),
    Command("labels", "Choose in the focused group", "Correction", ("1-9",), Permission.CORRECT, registered=False),
    Command("groups", "From the text to the labels, group by group", "Correction", ("Tab",), None, registered=False),
    Command("confirm", "Confirm the suggested (dashed) code", "Correction", ("Return",), None, registered=False),
    Command("hunks", "Previous or next change", "Correction", ("Left, Right",), None, registered=False),
    Command("leave", "Leave the text; again: close the editor", "Correction", ("Esc",)),
    Command("resend", "Send it again", "Outbox", ("s",)),
    Command("reopen", "Edit it again", "Outbox", ("e",)),
    Command("go_to", "Open its conversation", "Outbox", ("Return",), None, registered=False),
    Command("discard", "Discard it, once confirmed", "Outbox", ("Del",)),
    Command("export_all", "Export all of it to a file", "Outbox", ("Ctrl+S",)),
    Command("back", "Back to the conversation", "Outbox", ("Esc",)),
    Command("outbox", "Outbox: what is not stored yet", "Redline", ("w",)),
    Command("palette", "All commands", "Redline", ("Ctrl+K",)),
    Command("sheet", "Shortcut sheet", "Redline", ("?",)),
    Command("light", "Light theme", "Redline"),
    Command("dark", "Dark theme", "Redline"),
    Command("contrast", "High-contrast theme", "Redline"),
    Command("density", "Comfortable or compact rows", "Redline"),
    Command("reconnect", "Try the backend again now", "Redline"),
    Command("sign_out", "Sign out and forget the token", "Redline"),
    Command("quit", "Quit Redline", "Redline", ("Ctrl+Q",)),
)


_KEYS_OF_TEXT = ("release", "close", "leave", "back", "discard")
"""What has a key that is no bare one and yet belongs to the text while something is being written."""


def keys_of(command_id: str) -> str:
    """The keys of a command as they are shown; KeyError for an unknown one."""
    return {command.id: ", ".join(command.keys[:1]).replace("Return", "Enter") for command in COMMANDS}[command_id]


class CommandRegistry(QObject):
    """The commands as actions of one window, enabled by role and by mode."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.actions: dict[str, QAction] = {}
        self._editing = False
        self._role: Role | None = None
        self._place = Place.CONVERSATION
        for command in COMMANDS:
            if command.registered:
                action = QAction(command.title, window)
                action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
                window.addAction(action)
                self.actions[command.id] = action
        self._enable()
        self._set_keys()

    def connect_to(self, command_id: str, callback: Callable[[], object]) -> None:
        """Run a callback when a command is asked for; KeyError for an unknown one."""
        self.actions[command_id].triggered.connect(lambda _checked=False: callback())

    def allow(self, role: Role) -> None:
        """Enable what a role may do."""
        self._role = role
        self._enable()

    def move_to(self, place: Place) -> None:
        """Enable what can be done at a place."""
        self._place = place
        self._enable()

    def set_editing(self, editing: bool) -> None:
        """Switch bare keys off while text is being written."""
        if editing != self._editing:
            self._editing = editing
            self._set_keys()

    def _enable(self) -> None:
        for command in COMMANDS:
            if command.registered:
                needed = command.permission
                allowed = needed is None or self._role is None or is_allowed(self._role, needed)
                self.actions[command.id].setEnabled(allowed and command.place in (None, self._place))

    def _set_keys(self) -> None:
        for command in COMMANDS:
            if command.registered:
                usable = not (self._editing and (command.bare or command.id in _KEYS_OF_TEXT))
                self.actions[command.id].setShortcuts([QKeySequence(key) for key in command.keys] if usable else [])
