"""The status bar: mode, what is saved, sending or stuck, whether the backend answers, and two keys worth knowing."""

from datetime import datetime

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from console.client.services.connection import Connection, ConnectionState
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Space, Weight
from console.client.ui.shared.commands import Place, keys_of
from console.client.ui.shared.parts import ElidedLabel, TextButton, label, set_role
from console.client.ui.shared.phrases import in_order, moment
from console.client.ui.shared.untrusted import set_tip
from console.contract.permissions import Permission, Role, is_allowed

_LONGEST = 90


class StatusBar(QFrame):
    """Words that say what is so now; a press on what is saved where opens the outbox."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("panel", "sunken")
        self.setFixedHeight(Space.STATUS)
        self._theme = theme
        self._role: Role | None = None
        self._place = Place.CONVERSATION
        self._cloud_name, self._cloud_tint = "cloud-off", Colour.MUTED
        self.mode = label(self.tr("NAVIGATE"), "", Size.SMALL, Weight.STRONG)
        self.mode.setAccessibleName(self.tr("Mode"))
        self.hint = ElidedLabel("", "muted", Size.SMALL)
        self.cloud = QLabel()
        self.connection = label("", "muted", Size.SMALL, most=_LONGEST)
        self.connection.setMinimumWidth(1)  # however long it is, what is saved where stays in sight
        self.saving = TextButton(theme, "", bar=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, 0, Space.M, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.mode)
        row.addSpacing(Space.S)
        row.addWidget(self.hint, 1)
        row.addWidget(self.cloud)
        row.addWidget(self.connection)
        row.addSpacing(Space.S)
        row.addWidget(self.saving)
        for words in (f"{keys_of('palette')} {self.tr('commands')}", f"{keys_of('sheet')} {self.tr('keys')}"):
            row.addSpacing(Space.S)
            row.addWidget(label(words, "muted", Size.SMALL))
        self.show_mode(editing=False)
        self.show_starting(self.tr("Starting the backend"))
        theme.changed.connect(self._draw_cloud)

    def show_mode(self, *, editing: bool) -> None:
        """Say whether bare keys are commands or text."""
        self.mode.setText(self.tr("EDIT") if editing else self.tr("NAVIGATE"))
        self.hint.set_text(
            self.tr("{leave} to navigate").format(leave=keys_of("leave"))
            if editing
            else ", ".join(f"{keys_of(name)} {word}" for name, word in self._worth_knowing())
        )

    def show_role(self, role: Role) -> None:
        """Name the keys that this role can use."""
        self._role = role
        self.show_mode(editing=False)

    def show_place(self, place: Place) -> None:
        """Name the keys that work there."""
        self._place = place
        self.show_mode(editing=False)

    def _worth_knowing(self) -> list[tuple[str, str]]:
        if self._place is Place.OUTBOX:
            return [
                ("go_to", self.tr("open the conversation")),
                ("reopen", self.tr("edit again")),
                ("resend", self.tr("send again")),
                ("back", self.tr("back")),
            ]
        keys = [
            ("next", self.tr("next"), Permission.CLAIM_TIER1),
            ("claim", self.tr("claim"), Permission.CLAIM_TIER1),
            ("next_ai", self.tr("next AI turn"), Permission.READ),
            ("correct", self.tr("correct"), Permission.CORRECT),
        ]
        return [(name, word) for name, word, needed in keys if self._role and is_allowed(self._role, needed)]

    def show_starting(self, words: str) -> None:
        """Say what is under way before the first answer."""
        self.connection.setText(words)
        self._set_cloud("cloud", Colour.MUTED)

    def show_connection(self, connection: Connection, now: datetime) -> None:
        """Say whether the backend answers; if not, since when. The reason is in the tool tip."""
        if connection.state is ConnectionState.CONNECTING:
            self.show_starting(self.tr("Connecting"))
            return
        online = connection.state is ConnectionState.ONLINE
        since = self.tr("Offline since {when}").format(when=moment(connection.since, now))
        signed_out = connection.state is ConnectionState.SIGNED_OUT
        away = self.tr("Signed out: sign in again") if signed_out else since
        self.connection.setText(self.tr("Connected") if online else away)
        set_tip(self.connection, connection.reason)
        set_role(self.connection, "muted" if online else "warn")
        self._set_cloud("cloud" if online else "cloud-off", Colour.MUTED if online else Colour.WARN)

    def show_saving(self, pending: int, refused: int, unreadable: int, *, online: bool) -> None:
        """Say how many corrections wait to be stored, were refused by the backend, or cannot be read here."""
        if online:
            waiting = self.tr("{n} saved here, sending").format(n=pending)
        else:
            one, many = self.tr("1 correction waits here"), self.tr("{n} corrections wait here")
            waiting = one if pending == 1 else many.format(n=pending)
        parts = [waiting] if pending else []
        parts += [self.tr("{n} refused, kept here").format(n=refused)] if refused else []
        parts += [self.tr("{n} not readable here").format(n=unreadable)] if unreadable else []
        words = ", ".join(parts) or self.tr("All stored")
        self.saving.setText(in_order(words))
        self.saving.setAccessibleName(self.tr("Outbox: {words}").format(words=words))
        set_tip(self.saving, self.tr("Open the outbox ({key})").format(key=keys_of("outbox")))
        set_role(self.saving, "bad" if refused else "warn" if parts else "muted")

    def _set_cloud(self, name: str, tint: Colour) -> None:
        self._cloud_name, self._cloud_tint = name, tint
        self._draw_cloud()

    def _draw_cloud(self) -> None:
        self.cloud.setPixmap(self._theme.pixmap(self._cloud_name, self._cloud_tint, 14, self.devicePixelRatioF()))
