"""A laid-out stretch of text: wrapped paragraphs, each in its own writing direction, that can be hit and selected."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QTextCharFormat, QTextLayout, QTextOption

from console.client.theme.fonts import CODE_FAMILY
from console.client.ui.transcript.markup import ShownText, Style, StyledSpan

_LEADING = 1.22
_LONGEST = 2_000
"""Characters laid out at a time: the time for a paragraph grows with the square of its length."""

_NEARLY = 0.9


class Paint(NamedTuple):
    """The colours a block needs to draw itself."""

    text: QColor
    selected_text: QColor
    selected_ground: QColor
    found_ground: QColor


Selection = tuple[tuple[int, int], tuple[int, int]]
"""Two positions in a block, the first before the second."""


class TextBlock:
    """Paragraphs wrapped to a width, long ones in pieces. Positions within it are (piece, UTF-16 offset) pairs."""

    def __init__(self, paragraphs: Iterable[ShownText], font: QFont, width: float) -> None:
        self.height = 0.0
        self.used_width = 0.0
        self._layouts: list[QTextLayout] = []
        self._tops: list[float] = []
        self._goes_on: list[bool] = []
        for paragraph in paragraphs:
            for place, piece in enumerate(_pieces(paragraph)):
                self._goes_on.append(place > 0)
                self._add(piece, font, width)

    def _add(self, paragraph: ShownText, font: QFont, width: float) -> None:
        layout = QTextLayout(paragraph.text, font)
        option = QTextOption()
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.setCacheEnabled(True)
        if paragraph.spans:
            layout.setFormats([_format(paragraph.text, *span) for span in paragraph.spans])
        layout.beginLayout()
        top = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, top))
            top += round(line.height() * _LEADING)
            self.used_width = max(self.used_width, line.naturalTextWidth())
        layout.endLayout()
        self._layouts.append(layout)
        self._tops.append(self.height)
        self.height += top

    @classmethod
    def fitted(cls, paragraphs: Sequence[ShownText], font: QFont, width: float) -> "TextBlock":
        """Wrap to `width`, then pull a narrower text in, so that right-to-left lines end at its own right edge."""
        block = cls(paragraphs, font, width)
        if block.used_width > width * _NEARLY:
            block.used_width = width
            return block
        return cls(paragraphs, font, float(int(block.used_width) + 2))

    def draw(
        self,
        painter: QPainter,
        origin: QPointF,
        paint: Paint,
        clip: QRectF,
        selection: Selection | None = None,
        needle: str = "",
    ) -> None:
        """Paint what lies in `clip`, with a selection and every place where `needle` (lower case) stands marked."""
        painter.setPen(paint.text)
        for number, (layout, top) in enumerate(zip(self._layouts, self._tops, strict=True)):
            if not clip.top() - layout.boundingRect().height() * _LEADING <= origin.y() + top <= clip.bottom():
                continue
            ranges = _found_ranges(layout.text(), needle, paint.found_ground) if needle else []
            if selection:
                ranges += _selected_range(layout, number, selection, paint)
            layout.draw(painter, origin + QPointF(0, top), ranges, clip)

    def position_at(self, point: QPointF) -> tuple[int, int]:
        """Return the position nearest to a point given in the block's own coordinates."""
        number = max((n for n, top in enumerate(self._tops) if top <= point.y()), default=0)
        layout = self._layouts[number]
        within = point.y() - self._tops[number]
        for place in range(layout.lineCount()):
            line = layout.lineAt(place)
            if within < line.position().y() + line.height() * _LEADING or place == layout.lineCount() - 1:
                return number, int(line.xToCursor(point.x()))
        return number, 0

    def text_between(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        """Return the shown text between two positions."""
        text = ""
        for number in range(start[0], end[0] + 1):
            units = self._layouts[number].text().encode("utf-16-le")
            low = start[1] if number == start[0] else 0
            high = end[1] if number == end[0] else len(units) // 2
            between = "" if number == start[0] or self._goes_on[number] else "\n"
            text += between + units[low * 2 : high * 2].decode("utf-16-le", errors="ignore")
        return text

    def everything(self) -> Selection:
        """Return the positions of the first and last place."""
        last = len(self._layouts) - 1
        return (0, 0), (last, _units(self._layouts[last].text()) if last >= 0 else 0)


def plain(lines: Sequence[str]) -> list[ShownText]:
    """Return lines as unstyled paragraphs."""
    return [ShownText(line, ()) for line in lines]


def _pieces(paragraph: ShownText) -> Iterator[ShownText]:
    """Yield a paragraph in pieces that are quickly laid out, cut at a space where there is one."""
    text, start = paragraph.text, 0
    while len(text) - start > _LONGEST:
        end = text.rfind(" ", start + _LONGEST // 2, start + _LONGEST) + 1 or start + _LONGEST
        yield ShownText(text[start:end], _spans_between(paragraph.spans, start, end))
        start = end
    yield ShownText(text[start:], _spans_between(paragraph.spans, start, len(text)))


def _spans_between(spans: Sequence[StyledSpan], start: int, end: int) -> tuple[StyledSpan, ...]:
    cut = ((max(span.start, start), min(span.start + span.length, end), span.style) for span in spans)
    return tuple(StyledSpan(low - start, high - low, style) for low, high, style in cut if low < high)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _format(text: str, start: int, length: int, style: Style) -> QTextLayout.FormatRange:
    wanted = QTextLayout.FormatRange()
    wanted.start = _units(text[:start])
    wanted.length = _units(text[start : start + length])
    look = QTextCharFormat()
    if style is Style.CODE:
        look.setFontFamilies([CODE_FAMILY])
    elif style is Style.EMPHASIS:
        look.setFontItalic(True)
    else:
        look.setFontWeight(QFont.Weight.DemiBold)
    wanted.format = look
    return wanted


def _range(start: int, length: int, ground: QColor, ink: QColor | None = None) -> QTextLayout.FormatRange:
    wanted = QTextLayout.FormatRange()
    wanted.start = start
    wanted.length = length
    look = QTextCharFormat()
    look.setBackground(ground)
    if ink is not None:
        look.setForeground(ink)
    wanted.format = look
    return wanted


def _found_ranges(text: str, needle: str, ground: QColor) -> list[QTextLayout.FormatRange]:
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text
    hits = re.finditer(f"(?:{re.escape(needle)})+", lowered)  # one mark for those that touch: Qt asks each at each line
    return [_range(_units(text[: hit.start()]), _units(hit[0]), ground) for hit in hits]


def _selected_range(
    layout: QTextLayout, number: int, selection: Selection, paint: Paint
) -> list[QTextLayout.FormatRange]:
    start, end = selection
    if not start[0] <= number <= end[0]:
        return []
    low = start[1] if number == start[0] else 0
    high = end[1] if number == end[0] else _units(layout.text())
    return [_range(low, high - low, paint.selected_ground, paint.selected_text)] if high > low else []
