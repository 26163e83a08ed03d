"""Chips and avatars: the small tinted marks that lists, turns and cards paint."""

from enum import Enum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Weight
from console.client.ui.shared.untrusted import on_one_line

CHIP_HEIGHT = 20.0
_PAD = 6.0
_ICON = 12
_LONGEST = 200


class Tone(Enum):
    """What a chip's colour means: ink and ground."""

    QUIET = (Colour.MUTED, Colour.SUNKEN)
    WARN = (Colour.WARN, Colour.WARN_BG)
    BAD = (Colour.BAD, Colour.BAD_BG)
    OK = (Colour.OK, Colour.OK_BG)
    ACCENT = (Colour.ACCENT, Colour.ACCENT_BG)
    AI = (Colour.AI_TEXT, Colour.AI)


def chip_width(text: str, icon: str | None = None) -> float:
    """How wide a chip with this text and icon is, in logical pixels."""
    words = QFontMetricsF(text_font(Size.SMALL)).horizontalAdvance(on_one_line(text, _LONGEST))
    return 2 * _PAD + words + (_ICON + 4 if icon else 0)


def draw_chip(
    painter: QPainter,
    theme: Theme,
    rect: QRectF,
    text: str,
    tone: Tone,
    icon: str | None = None,
    *,
    framed: bool = False,
) -> None:
    """Paint a chip into a rectangle; text that does not fit is elided."""
    ink, ground = tone.value
    painter.setPen(theme.colour(Colour.LINE) if framed else Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(ground))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    left = rect.left() + _PAD
    if icon:
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(int(left), int(rect.center().y() - _ICON / 2 + 0.5), theme.pixmap(icon, ink, _ICON, ratio))
        left += _ICON + 4
    font = text_font(Size.SMALL)
    room = rect.right() - _PAD - left
    painter.setFont(font)
    painter.setPen(theme.colour(ink))
    words = QFontMetricsF(font).elidedText(on_one_line(text, _LONGEST), Qt.TextElideMode.ElideRight, room + 1)
    painter.drawText(QRectF(left, rect.top(), room + 1, rect.height()), Qt.AlignmentFlag.AlignVCenter, words)


def draw_avatar(painter: QPainter, theme: Theme, rect: QRectF, letters: str) -> None:
    """Paint a person's initials in a disc."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(Colour.ACCENT_BG))
    painter.drawEllipse(rect)
    painter.setFont(text_font(10, Weight.STRONG))
    painter.setPen(theme.colour(Colour.ACCENT))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, letters)
