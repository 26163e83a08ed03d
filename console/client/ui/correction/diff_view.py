"""The word diff of an answer and its correction, painted live; long unchanged stretches are folded."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QTextCharFormat, QTextLayout, QTextLine, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.client.domain.words import Segment, SegmentKind
from console.client.theme.fonts import text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Space
from console.client.ui.shared.untrusted import visible

_FOLD_ABOVE = 320
_CONTEXT = 90
_LEADING = 1.25
_MOST_LINES = 400
"""Of an answer with more lines of its own only those around the current hunk are laid out."""
_WIDTHS = 4
"""How many widths are remembered: a layout asks for some in turn, again and again."""

Line = list[tuple[str, SegmentKind, int]]
"""Words, what became of them, and the hunk they belong to, -1 outside of any."""


class DiffView(QWidget):
    """Removed words struck through, added words marked; a press on a change chooses its hunk."""

    hunk_chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._pieces: Line = []
        self._current = -1
        self._laid_out: dict[int, tuple[list[tuple[QTextLayout, float]], float]] = {}
        self.setAccessibleName(self.tr("What changes"))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self._on_theme_changed)

    def show_segments(self, segments: Sequence[Segment], current_hunk: int) -> None:
        """Show a diff; `current_hunk` is the one whose label the keys would set."""
        pieces: Line = []
        hunk = -1
        before = SegmentKind.SAME
        for place, segment in enumerate(segments):
            if segment.kind is SegmentKind.SAME:
                text = _folded(segment.text, first=place == 0, last=place == len(segments) - 1)
                pieces.append((text, segment.kind, -1))
            else:
                if before is SegmentKind.SAME or segment.kind is SegmentKind.REMOVED:
                    hunk += 1
                else:
                    pieces.append(("\u2009", SegmentKind.SAME, -1))
                pieces.append((segment.text, segment.kind, hunk))
            before = segment.kind
        if (pieces, current_hunk) != (self._pieces, self._current):
            self._pieces = pieces
            self._current = current_hunk
            self._laid_out.clear()
            self.updateGeometry()
            self.update()
            spoken = [f"{kind.value}: {text}" for text, kind, _ in pieces if kind is not SegmentKind.SAME]
            self.setAccessibleDescription("; ".join(spoken)[:1000])

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        _, height = self._lay_out(width)
        return round(height) + 2 * Space.S

    def sizeHint(self) -> QSize:
        return QSize(400, self.heightForWidth(self.width()))

    def _lay_out(self, width: int) -> tuple[list[tuple[QTextLayout, float]], float]:
        """Return the lines as they are laid out for a width, each with its top, and the height of them all."""
        if found := self._laid_out.get(width):
            return found
        layouts: list[tuple[QTextLayout, float]] = []
        height = 0.0
        for line in _around(self._current, _lines(self._pieces)):
            layout = QTextLayout("".join(words for words, _, _ in line), text_font())
            option = QTextOption()
            option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
            option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
            layout.setTextOption(option)
            layout.setFormats(self._formats(line))
            layout.beginLayout()
            top = 0.0
            while (row := layout.createLine()).isValid():
                row.setLineWidth(max(40, width - 2 * Space.M))
                row.setPosition(QPointF(0, top))
                top += round(row.height() * _LEADING)
            layout.endLayout()
            layouts.append((layout, height))
            height += top
        if len(self._laid_out) == _WIDTHS:
            del self._laid_out[next(iter(self._laid_out))]
        self._laid_out[width] = layouts, height
        return layouts, height

    def _formats(self, line: Line) -> list[QTextLayout.FormatRange]:
        """Return a line's formats, in UTF-16 units."""
        formats: list[QTextLayout.FormatRange] = []
        start = 0
        for words, kind, hunk in line:
            length = len(words.encode("utf-16-le")) // 2
            formats.append(self._format(start, length, kind, hunk))
            start += length
        return formats

    def _format(self, start: int, length: int, kind: SegmentKind, hunk: int) -> QTextLayout.FormatRange:
        wanted = QTextLayout.FormatRange()
        wanted.start = start
        wanted.length = length
        look = QTextCharFormat()
        if kind is SegmentKind.REMOVED:
            look.setForeground(self._theme.colour(Colour.REMOVED))
            look.setBackground(self._theme.colour(Colour.REMOVED_BG))
            look.setFontStrikeOut(True)
        elif kind is SegmentKind.ADDED:
            look.setForeground(self._theme.colour(Colour.ADDED))
            look.setBackground(self._theme.colour(Colour.ADDED_BG))
        else:
            look.setForeground(self._theme.colour(Colour.TEXT))
        if kind is not SegmentKind.SAME:
            look.setProperty(QTextCharFormat.Property.UserProperty, hunk)
            if hunk == self._current:
                look.setFontUnderline(kind is SegmentKind.ADDED)
                look.setUnderlineColor(self._theme.colour(Colour.ACCENT))
        wanted.format = look
        return wanted

    def paintEvent(self, event: QPaintEvent) -> None:
        layouts, _ = self._lay_out(self.width())
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour(Colour.BG))
        painter.setPen(QPen(self._theme.colour(Colour.LINE)))
        painter.drawLine(0, 0, self.width(), 0)
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        clip = QRectF(event.rect())
        for layout, top in layouts:
            layout.draw(painter, QPointF(Space.M, Space.S + top), [], clip)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        layouts, _ = self._lay_out(self.width())
        for layout, top in reversed(layouts):
            within = event.position() - QPointF(Space.M, Space.S + top)
            if within.y() < 0:
                continue
            for number in range(layout.lineCount()):
                line = layout.lineAt(number)
                if within.y() < line.position().y() + line.height() * _LEADING:
                    self._choose(layout, int(line.xToCursor(within.x(), QTextLine.CursorPosition.CursorOnCharacter)))
                    return
            return

    def _choose(self, layout: QTextLayout, place: int) -> None:
        for wanted in layout.formats():
            if wanted.start <= place < wanted.start + wanted.length:
                hunk = wanted.format.property(QTextCharFormat.Property.UserProperty)
                if hunk is not None:
                    self.hunk_chosen.emit(int(hunk))

    def _on_theme_changed(self) -> None:
        self._laid_out.clear()
        self.update()


def _lines(pieces: Line) -> list[Line]:
    """Cut pieces at line ends; one that was changed is seen."""
    lines: list[Line] = [[]]
    for piece, kind, hunk in pieces:
        for number, part in enumerate(visible(piece).split("\n")):
            if number:
                if kind is not SegmentKind.SAME:
                    lines[-1].append(("\u21b5", kind, hunk))
                lines.append([])
            if part:
                lines[-1].append((part, kind, hunk))
    return lines


def _around(hunk: int, lines: list[Line]) -> list[Line]:
    """Return the lines around a hunk, and a mark where others are left out."""
    if len(lines) <= _MOST_LINES:
        return lines
    first = next((number for number, line in enumerate(lines) if any(each == hunk for _, _, each in line)), 0)
    start = max(0, min(first - _MOST_LINES // 4, len(lines) - _MOST_LINES))
    end = start + _MOST_LINES
    left_out: Line = [("\u22ef", SegmentKind.SAME, -1)]
    return [left_out] * (start > 0) + lines[start:end] + [left_out] * (end < len(lines))


def _folded(text: str, *, first: bool, last: bool) -> str:
    """Cut the middle of a long unchanged stretch, or its far end at the edges of the answer."""
    if len(text) <= _FOLD_ABOVE:
        return text
    head = "" if first else text[:_CONTEXT]
    tail = "" if last else text[-_CONTEXT:]
    return f"{head} \u2026 {tail}"
