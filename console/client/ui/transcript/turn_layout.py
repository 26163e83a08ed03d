"""One turn, laid out for a width: its bubble, text, badges, chips and unfolded details, and how it is painted."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from console.client.models.transcript_model import TurnMark
from console.client.theme.fonts import code_font, text_font
from console.client.theme.theme import Theme
from console.client.theme.tokens import Colour, Size, Space, Weight
from console.client.ui.shared.chips import CHIP_HEIGHT, Tone, chip_width, draw_chip
from console.client.ui.shared.outline import one_line, outline
from console.client.ui.shared.phrases import GATES
from console.client.ui.shared.untrusted import LONGEST_FIELD, beginning, visible
from console.client.ui.transcript.markup import shown_line
from console.client.ui.transcript.text_block import Paint, Selection, TextBlock, plain
from console.contract.conversations import Signal, Source, Speaker, ToolCall, Turn

LABEL_HEIGHT = 26.0
GAP = 10.0
_PAD = 12.0
_MOST_SHOWN, _MOST_EXPANDED = (6_000, 200), (30_000, 1_000)
"""Characters and lines of a turn that are shown, and that are shown on demand; copying takes all."""

_BUBBLE_SHARE = 0.84
_WIDEST = 780.0
_NARROW = 640.0


Mark = tuple[str, Tone, str | None, str]
"""A chip before it has a place: words, tone, icon, action."""


class Chip(NamedTuple):
    """A mark on a turn. `action` names what a press does; empty where it only tells."""

    rect: QRectF
    text: str
    tone: Tone
    icon: str | None
    action: str


class Detail(NamedTuple):
    """An unfolded block under the text, such as a tool call with its result."""

    rect: QRectF
    block: TextBlock


class TurnStyle(NamedTuple):
    """What a turn's look depends on beside its content."""

    name: str
    width: float
    mark: TurnMark | None
    unfolded: frozenset[str]


class TurnLayout:
    """Geometry in the turn's own coordinates: (0, 0) is its top left."""

    def __init__(self, turn: Turn, style: TurnStyle) -> None:
        self.turn = turn
        self.chips: list[Chip] = []
        self.details: list[Detail] = []
        self._style = style
        self._right_side = turn.speaker in (Speaker.AI, Speaker.HUMAN)
        self._build()

    def bubble_width(self) -> float:
        """The widest a bubble may be."""
        if self.turn.speaker is Speaker.SYSTEM:
            return self._style.width
        return min(self._style.width, _WIDEST, max(300.0, self._style.width * _BUBBLE_SHARE))

    def editor_width(self) -> float:
        """The width of an editor below the bubble: the bubble's widest, or the whole pane where that is narrow."""
        return self._style.width if self._style.width < _NARROW else self.bubble_width()

    def _build(self) -> None:
        widest = self.bubble_width()
        text = self.turn.text or ("No message." if self.turn.speaker is Speaker.AI else "")
        most, most_lines = _MOST_EXPANDED if "text" in self._style.unfolded else _MOST_SHOWN
        shown, used = beginning(text, most, most_lines)
        lines = plain(shown.split("\n"))
        if self.turn.speaker is Speaker.AI:
            lines = [shown_line(line.text) for line in lines]
        self.block = TextBlock.fitted(lines, text_font(), widest - 2 * _PAD)
        row = self._chip_row(len(text) - used)
        row_width = sum(chip_width(words, icon) + 6 for words, _, icon, _ in row) - 6 if row else 0.0
        unfolded = self._style.unfolded - {"text"}
        inner = max(self.block.used_width + 2, min(row_width, widest - 2 * _PAD))
        inner = widest - 2 * _PAD if unfolded else inner
        left = self._style.width - inner - 2 * _PAD if self._right_side else 0.0
        self.origin = QPointF(left + _PAD, LABEL_HEIGHT + 9)
        bottom = self._place_row(row, left + _PAD, self.origin.y() + self.block.height, inner)
        bottom = self._place_details(left + _PAD, bottom, inner)
        self.bubble = QRectF(left, LABEL_HEIGHT, inner + 2 * _PAD, bottom + 9 - LABEL_HEIGHT)
        self._place_badges()
        self.height = self.bubble.bottom() + GAP

    def _chip_row(self, hidden: int) -> list[Mark]:
        """The chips under the text: what was cut, tools, sources, versions, receipts."""
        row: list[Mark] = []
        if hidden and "text" in self._style.unfolded:
            row.append((f"{hidden:,} more characters; copying takes all", Tone.QUIET, "copy", ""))
        elif hidden:
            row.append((f"Show {hidden:,} more characters", Tone.ACCENT, "chevron-down", "text"))
        ai = self.turn.ai
        if ai is not None:
            for place, call in enumerate(ai.tool_calls):
                row.append((_call_words(call), Tone.BAD if call.error else Tone.QUIET, "wrench", f"tool:{place}"))
            if ai.sources:
                count = len(ai.sources)
                row.append((f"{count} source{'s' if count > 1 else ''}", Tone.QUIET, "file-text", "sources"))
            if ai.prompt_version and not ai.prompt_version.startswith("sha256:"):
                row.append((f"prompt {ai.prompt_version}", Tone.QUIET, "git-branch", ""))
        return row

    def _place_row(self, row: Sequence[Mark], left: float, top: float, room: float) -> float:
        if not row:
            return top
        x, y = left, top + 7
        for words, tone, icon, action in row:
            width = min(chip_width(words, icon), room)
            if x > left and x + width > left + room + 1:
                x, y = left, y + CHIP_HEIGHT + 4
            self.chips.append(Chip(QRectF(x, y, width, CHIP_HEIGHT), words, tone, icon, action))
            x += width + 6
        return y + CHIP_HEIGHT

    def _place_details(self, left: float, top: float, room: float) -> float:
        ai = self.turn.ai
        calls = enumerate(ai.tool_calls if ai else ())
        open_ones = [(_call_lines(call), code_font()) for n, call in calls if f"tool:{n}" in self._style.unfolded]
        if ai is not None and "sources" in self._style.unfolded:
            open_ones += [(_source_lines(source), text_font(Size.LABEL)) for source in ai.sources]
        for lines, font in open_ones:
            block = TextBlock(plain([visible(line) for line in lines]), font, room - 2 * Space.S)
            rect = QRectF(left, top + 7, room, block.height + Space.S * 1.5)
            self.details.append(Detail(rect, block))
            top = rect.bottom()
        return top

    def _place_badges(self) -> None:
        """The label line: who, and for the AI its confidence, its number and the gates that fired."""
        badges: list[Mark] = []
        ai = self.turn.ai
        if ai is not None:
            for signal in ai.signals:
                if signal.fired and signal.gate is not None:
                    gate = GATES[signal.gate]
                    badges.append((f"{gate.word} gate", gate.tone, gate.icon, ""))
            badges.append(confidence_badge(ai.confidence))
        if self.turn.speaker is Speaker.AI:
            badges.append((f"AI, turn {self.turn.number}", Tone.AI, "bot", ""))
        if (mark := self._style.mark) is not None:
            badges.insert(0, (mark.words, Tone.OK if mark.settled else Tone.WARN, "pencil", "correct"))
        x = self._style.width
        for words, tone, icon, action in reversed(badges):
            width = chip_width(words, icon)
            x -= width
            self.chips.append(Chip(QRectF(x, 3, width, CHIP_HEIGHT), words, tone, icon, action))
            x -= 6

    def chip_at(self, point: QPointF) -> Chip | None:
        """Return the chip under a point, if any."""
        return next((chip for chip in self.chips if chip.rect.contains(point)), None)

    def paint(
        self,
        painter: QPainter,
        theme: Theme,
        *,
        current: bool,
        hovered: bool = False,
        selection: Selection | None = None,
        needle: str = "",
        clip: QRectF,
    ) -> None:
        """Paint the turn at the painter's origin, as far as it lies in `clip`."""
        self._paint_bubble(painter, theme, current=current, hovered=hovered)
        if self.turn.speaker is not Speaker.AI:
            self._paint_name(painter, theme)
        paint = Paint(
            theme.colour(Colour.TEXT if self.turn.text else Colour.MUTED),
            theme.colour(Colour.ON_ACCENT),
            theme.colour(Colour.ACCENT),
            theme.colour(Colour.WARN_BG),
        )
        self.block.draw(painter, self.origin, paint, clip, selection, needle)
        for chip in self.chips:
            on_bubble = chip.rect.top() > LABEL_HEIGHT
            draw_chip(painter, theme, chip.rect, chip.text, chip.tone, chip.icon, framed=on_bubble)
        for detail in self.details:
            painter.setPen(QPen(theme.colour(Colour.LINE)))
            painter.setBrush(theme.colour(Colour.SURFACE))
            painter.drawRoundedRect(detail.rect.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            detail.block.draw(painter, detail.rect.topLeft() + QPointF(Space.S, Space.S * 0.75), paint, clip)

    def _paint_bubble(self, painter: QPainter, theme: Theme, *, current: bool, hovered: bool) -> None:
        ground, line = {
            Speaker.AI: (Colour.AI, Colour.AI_LINE),
            Speaker.HUMAN: (Colour.HUMAN, Colour.ACCENT_BG),
            Speaker.CUSTOMER: (Colour.CUSTOMER, Colour.LINE),
            Speaker.SYSTEM: (Colour.SUNKEN, Colour.SUNKEN),
        }[self.turn.speaker]
        painter.setPen(QPen(theme.colour(Colour.ACCENT if current or hovered else line), 1.5 if current else 1))
        painter.setBrush(theme.colour(ground))
        painter.drawRoundedRect(self.bubble.adjusted(0.75, 0.75, -0.75, -0.75), Space.RADIUS_L, Space.RADIUS_L)

    def _paint_name(self, painter: QPainter, theme: Theme) -> None:
        # Isolated, so that a right-to-left name leaves the time in its place.
        words = f"\u2068{visible(self._style.name)}\u2069"
        if self.turn.at is not None:
            words += self.turn.at.astimezone().strftime(", %H:%M")
        painter.setFont(text_font(Size.LABEL, Weight.REGULAR))
        painter.setPen(theme.colour(Colour.MUTED))
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        flags = Qt.AlignmentFlag.AlignVCenter
        if self._right_side:
            flags |= Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(2, 2, self._style.width - 4, LABEL_HEIGHT - 2), flags, words)


def estimated_heights(turns: Sequence[Turn], width: float) -> list[float]:
    """Cheap guesses at turns' heights, good enough for the scroll bar until each comes into sight."""
    letter = QFontMetricsF(text_font()).averageCharWidth()
    per_line = max(20.0, min(_WIDEST, width * _BUBBLE_SHARE) / letter)
    heights, (most, most_lines) = [], _MOST_SHOWN
    for turn in turns:
        lines = 1 + min(turn.text.count("\n", 0, most), most_lines) + min(len(turn.text), most) / per_line
        chips = CHIP_HEIGHT + 7 if turn.ai and (turn.ai.tool_calls or turn.ai.sources) else 0
        heights.append(LABEL_HEIGHT + 18 + lines * 19 + chips + GAP)
    return heights


def confidence_badge(signal: Signal | None) -> Mark:
    """The badge for a turn's confidence: a number only where one was reported."""
    if signal is None or signal.value is None:
        return ("not reported", Tone.QUIET, "gauge", "")
    low = signal.threshold is not None and signal.value < signal.threshold
    return (f"{signal.value:.2f}", Tone.WARN if low else Tone.OK, "gauge", "")


def _call_words(call: ToolCall) -> str:
    if call.error:
        return f"{call.name}, failed"
    return call.name if call.duration_ms is None else f"{call.name}, {call.duration_ms} ms"


def _source_lines(source: Source) -> list[str]:
    title = f"{source.title}, {source.version}" if source.version else source.title
    score = "no score" if source.score is None else f"{source.score:.2f}"
    return [f"{title} ({score})", *source.snippet[:LONGEST_FIELD].splitlines()[:6]]


def _call_lines(call: ToolCall) -> list[str]:
    answer = call.error or call.result
    return [
        f"{call.name}({one_line(call.arguments, 400)})",
        *(["failed:"] if call.error else []),
        *(outline(answer, 18) if answer is not None else ["no result recorded"]),
    ]
