"""A chip as a widget, for headers and cards."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.client.theme.theme import Theme
from console.client.ui.shared.chips import CHIP_HEIGHT, Tone, chip_width, draw_chip
from console.client.ui.shared.untrusted import on_one_line

_WIDEST, _NARROWEST = 240, 48


class ChipLabel(QWidget):
    """A chip as a widget; one that is too wide is elided."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._words, self._tone, self._icon = "", Tone.QUIET, None  # type: str, Tone, str | None
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_chip(self, words: str, tone: Tone, icon: str | None = None) -> None:
        """Show these words; without any the chip is not there."""
        self._words, self._tone, self._icon = words, tone, icon
        self.setAccessibleName(on_one_line(words))
        self.setVisible(bool(words))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(min(_WIDEST, round(chip_width(self._words, self._icon)) + 1), int(CHIP_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint().boundedTo(QSize(_NARROWEST, int(CHIP_HEIGHT)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_chip(painter, self._theme, self.rect().toRectF(), self._words, self._tone, self._icon)
