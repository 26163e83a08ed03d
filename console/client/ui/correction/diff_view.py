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


class DiffView(QWidget):
    """Removed words struck through, added words marked; a press on a change chooses its hunk."""

    hunk_chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._pieces: list[tuple[str, SegmentKind, int]] = []
        self._current = -1
        self._layouts: list[tuple[QTextLayout, float]] = []
        self._laid_out_for = (-1, 0)
        self._version = 0
        self._height = 0.0
        self.setAccessibleName(self.tr("What changes"))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self._on_theme_changed)

    def show_segments(self, segments: Sequence[Segment], current_hunk: int) -> None:
        """Show a diff; `current_hunk` is the one whose label the keys would set."""
        pieces: list[tuple[str, SegmentKind, int]] = []
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
            self._version += 1
            self.updateGeometry()
            self.update()
            spoken = [f"{kind.value}: {text}" for text, kind, _ in pieces if kind is not SegmentKind.SAME]
            self.setAccessibleDescription("; ".join(spoken)[:1000])

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        self._lay_out(width)
        return round(self._height) + 2 * Space.S

    def sizeHint(self) -> QSize:
        return QSize(400, self.heightForWidth(self.width()))

    def _lay_out(self, width: int) -> None:
        if self._laid_out_for == (width, self._version):
            return
        self._laid_out_for = (width, self._version)
        self._layouts, self._height = [], 0.0
        for text, formats in self._paragraphs():
            layout = QTextLayout(text, text_font())
            option = QTextOption()
            option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
            option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
            layout.setTextOption(option)
            layout.setFormats(formats)
            layout.beginLayout()
            top = 0.0
            while (line := layout.createLine()).isValid():
                line.setLineWidth(max(40, width - 2 * Space.M))
                line.setPosition(QPointF(0, top))
                top += round(line.height() * _LEADING)
            layout.endLayout()
            self._layouts.append((layout, self._height))
            self._height += top

    def _paragraphs(self) -> list[tuple[str, list[QTextLayout.FormatRange]]]:
        """The pieces cut at line ends, each line with its formats in UTF-16 units."""
        lines: list[tuple[str, list[QTextLayout.FormatRange]]] = []
        text, formats, units = "", [], 0  # type: str, list[QTextLayout.FormatRange], int
        for piece, kind, hunk in self._pieces:
            for number, part in enumerate(visible(piece).split("\n")):
                if number:
                    if kind is not SegmentKind.SAME:
                        formats.append(self._format(units, 1, kind, hunk))
                        text += "\u21b5"
                    lines.append((text, formats))
                    text, formats, units = "", [], 0
                length = len(part.encode("utf-16-le")) // 2
                formats.append(self._format(units, length, kind, hunk))
                text += part
                units += length
        lines.append((text, formats))
        return lines

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
        self._lay_out(self.width())
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour(Colour.BG))
        painter.setPen(QPen(self._theme.colour(Colour.LINE)))
        painter.drawLine(0, 0, self.width(), 0)
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        clip = QRectF(event.rect())
        for layout, top in self._layouts:
            layout.draw(painter, QPointF(Space.M, Space.S + top), [], clip)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for layout, top in reversed(self._layouts):
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
        self._version += 1
        self.update()


def _folded(text: str, *, first: bool, last: bool) -> str:
    """Cut the middle of a long unchanged stretch, or its far end at the edges of the answer."""
    if len(text) <= _FOLD_ABOVE:
        return text
    head = "" if first else text[:_CONTEXT]
    tail = "" if last else text[-_CONTEXT:]
    return f"{head} \u2026 {tail}"
