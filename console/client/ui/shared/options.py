"""A group of options chosen by click or digit; the digits show only while the group has the focus."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Weight
from console.client.ui.shared.flow_layout import FlowLayout
from console.client.ui.shared.untrusted import on_one_line, set_tip

_HEIGHT = 24
_PAD = 9
_BADGE = 16
_WIDEST = 280


class Option(NamedTuple):
    """One choice: its value, its word, and the rubric that decides it."""

    value: str
    word: str
    rubric: str = ""


class OptionButton(QAbstractButton):
    """One option. Suggested: a dashed frame, until a person says yes."""

    def __init__(self, theme: Theme, option: Option, key: str) -> None:
        super().__init__()
        self._theme = theme
        self.option = option
        self.key = key
        self.suggested = False
        self.badge_shown = False
        self.setCheckable(True)
        self._word = on_one_line(option.word)  # never the button's own text, in which Qt would look for a shortcut
        set_tip(self, option.rubric)
        self.setAccessibleName(self._word)
        self.setAccessibleDescription(option.rubric)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        words = min(_WIDEST, round(QFontMetricsF(text_font(Size.LABEL, Weight.MEDIUM)).horizontalAdvance(self._word)))
        return QSize(words + 2 * _PAD + (_BADGE + 5 if self.badge_shown else 0), _HEIGHT)

    def show_badge(self, shown: bool) -> None:
        """Show or hide the key that chooses this option."""
        self.badge_shown = shown and bool(self.key)
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        ink = Colour.ACCENT if chosen else Colour.TEXT if self.isEnabled() else Colour.FAINT
        pen = QPen(self._theme.colour(Colour.ACCENT if chosen or self.suggested or self.underMouse() else Colour.LINE))
        pen.setStyle(Qt.PenStyle.DashLine if self.suggested else Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.setBrush(self._theme.colour(Colour.ACCENT_BG if chosen else Colour.SURFACE))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        left = float(_PAD)
        if self.badge_shown:
            badge = QRectF(left - 3, (self.height() - _BADGE) / 2, _BADGE, _BADGE)
            painter.setPen(self._theme.colour(Colour.LINE))
            painter.setBrush(self._theme.colour(Colour.SURFACE))
            painter.drawRoundedRect(badge.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            painter.setFont(text_font(10))
            painter.setPen(self._theme.colour(Colour.MUTED))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, self.key)
            left += _BADGE + 5
        painter.setFont(text_font(Size.LABEL, Weight.MEDIUM if chosen else Weight.REGULAR))
        painter.setPen(self._theme.colour(ink))
        room = self.width() - left - 4
        words = painter.fontMetrics().elidedText(self._word, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(left, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, words)


class OptionGroup(QWidget):
    """Options that wrap. Emits what was pressed; whoever owns the value decides and shows it with `mark`."""

    pressed = Signal(str)

    def __init__(self, theme: Theme, name: str, options: Sequence[Option], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._flow = FlowLayout(self)
        self._theme = theme
        self._last: QWidget | None = None
        self.buttons: list[OptionButton] = []
        self.set_options(options)
        theme.changed.connect(self._on_theme_changed)

    def set_options(self, options: Sequence[Option]) -> None:
        """Offer other options, keyed 1 to 9 in their order; further ones have no key."""
        if [button.option for button in self.buttons] == list(options):
            return
        for button in self.buttons:
            self._flow.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = []
        for place, option in enumerate(options, 1):
            button = OptionButton(self._theme, option, str(place) if place <= 9 else "")
            button.setParent(self)
            button.show_badge(self.hasFocus())
            button.clicked.connect(self._on_button_clicked)
            self._flow.addWidget(button)
            button.show()
            self.buttons.append(button)
        if self._last is not None:
            self._flow.removeWidget(self._last)
            self._flow.addWidget(self._last)
        self.updateGeometry()

    def add_last(self, part: QWidget) -> None:
        """Set a part behind the options, such as a way to further ones."""
        self._last = part
        self._flow.addWidget(part)

    def mark(self, chosen: set[str], suggested: str | None = None) -> None:
        """Show which options are chosen, and which one is only suggested."""
        for button in self.buttons:
            button.setChecked(button.option.value in chosen)
            button.suggested = button.option.value == suggested
            button.update()
        words = [button.accessibleName() for button in self.buttons if button.isChecked()]
        self.setAccessibleDescription(", ".join(words))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place = event.key() - Qt.Key.Key_1
        bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if bare and 0 <= place < min(9, len(self.buttons)) and self.buttons[place].isEnabled():
            self.pressed.emit(self.buttons[place].option.value)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._show_badges(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_badges(False)

    def _show_badges(self, shown: bool) -> None:
        for button in self.buttons:
            button.show_badge(shown)
        self.updateGeometry()

    def _on_button_clicked(self) -> None:
        button = self.sender()
        assert isinstance(button, OptionButton)
        button.setChecked(not button.isChecked())
        self.pressed.emit(button.option.value)

    def _on_theme_changed(self) -> None:
        for button in self.buttons:
            button.update()
