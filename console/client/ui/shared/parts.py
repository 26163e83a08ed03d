"""Small standard parts: labels that never read markup, buttons with icons, thin rules, form rows."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from console.client.models.literal import literal
from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Weight
from console.client.ui.shared.untrusted import LONGEST_FIELD, bounded, breakable, on_one_line, set_tip, unmarked

_LONGEST_LINE = 400
"""More characters than one line of a screen shows."""


class PlainLabel(QLabel):
    """Shows its text literally, whatever it holds: what hides is marked, what is long is cut and can be broken."""

    def __init__(self, text: str = "", most: int = LONGEST_FIELD) -> None:
        super().__init__()
        self._most = most
        self._heights: dict[int, int] = {}
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        self._heights.clear()
        super().setText(breakable(bounded(text, self._most)))

    def heightForWidth(self, width: int) -> int:
        """Layouts ask for the same few widths again and again, and each time Qt would lay the whole text out anew."""
        if width not in self._heights:
            self._heights[width] = super().heightForWidth(width)
        return self._heights[width]

    def changeEvent(self, event: QEvent) -> None:
        self._heights.clear()
        super().changeEvent(event)

    def copy(self) -> None:
        """Copy what is selected, as it was said."""
        QGuiApplication.clipboard().setText(literal(unmarked(self.selectedText().replace("\u2029", "\n"))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            self.copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.hasSelectedText():
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addAction(self.tr("Copy"), self.copy)
            menu.popup(event.globalPos())


def label(
    text: str = "",
    role: str = "",
    size: int = Size.BODY,
    weight: int = Weight.REGULAR,
    *,
    most: int = LONGEST_FIELD,
) -> PlainLabel:
    """Return a label that shows at most so many characters of a text, literally."""
    made = PlainLabel(text, most)
    made.setFont(text_font(size, weight))
    if role:
        made.setProperty("role", role)
    return made


def set_role(target: QWidget, role: str) -> None:
    """Give a part another role, so that the stylesheet colours it anew."""
    if target.property("role") != role:
        target.setProperty("role", role)
        target.style().unpolish(target)
        target.style().polish(target)


def rule(*, vertical: bool = False) -> QFrame:
    """Return a one pixel line."""
    line = QFrame()
    line.setProperty("rule", True)
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line


class ElidedLabel(QLabel):
    """One line of untrusted text, shortened to the room there is; the whole is in its tool tip."""

    def __init__(self, text: str = "", role: str = "", size: int = Size.BODY, weight: int = Weight.REGULAR) -> None:
        super().__init__()
        self._text = self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(text_font(size, weight))
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if weight != Weight.REGULAR:  # headings stand at the left in every script
            self.setAlignment(
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
            )
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text."""
        self._text = text
        self._whole = on_one_line(text)
        self._is_cut = False
        set_tip(self, "")
        self.setAccessibleName(self._whole)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        line = self._whole if len(self._whole) <= _LONGEST_LINE else f"{self._whole[:_LONGEST_LINE]}\u2026"
        shown = self.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, max(0, self.width()))
        self.setText(shown)
        if self._is_cut != (shown != self._whole):
            self._is_cut = not self._is_cut
            set_tip(self, self._text if self._is_cut else "")


class IconButton(QToolButton):
    """A button that is only an icon; its name is its tool tip and what a screen reader says."""

    def __init__(self, theme: Theme, icon: str, name: str, tint: Colour = Colour.MUTED) -> None:
        super().__init__()
        self._theme = theme
        self._icon = icon
        self._tint = tint
        self.setIconSize(QSize(18, 18))
        self.setToolTip(name)
        self.setAccessibleName(name)
        self._draw()
        theme.changed.connect(self._draw)

    def _draw(self) -> None:
        self.setIcon(self._theme.icon(self._icon, self._tint))


class TextButton(QPushButton):
    """A button with an icon and a word.

    `primary` for the one thing a screen is for, `quiet` for side ways, `bar` among the words of a status bar.
    """

    def __init__(
        self,
        theme: Theme,
        text: str,
        icon: str = "",
        *,
        primary: bool = False,
        quiet: bool = False,
        bar: bool = False,
    ) -> None:
        super().__init__(text)
        self._theme = theme
        self._icon = icon
        self._primary = primary
        self.setProperty("primary", primary)
        self.setProperty("quiet", quiet)
        self.setProperty("bar", bar)
        self.setFont(text_font(Size.SMALL) if bar else text_font(Size.LABEL, Weight.MEDIUM))
        self.setAutoDefault(False)
        self._draw()
        theme.changed.connect(self._draw)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._draw()

    def _draw(self) -> None:
        if self._icon:
            tint = Colour.ON_ACCENT if self._primary else Colour.MUTED
            self.setIcon(self._theme.icon(self._icon, tint if self.isEnabled() else Colour.FAINT, 16))
