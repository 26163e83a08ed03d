"""The little Markdown that AI answers use, as plain text with formats: no HTML, no links to follow, nothing loaded."""

import re
from enum import Enum
from typing import NamedTuple


class Style(Enum):
    """How a stretch of shown text looks."""

    STRONG = "strong"
    EMPHASIS = "emphasis"
    CODE = "code"


class StyledSpan(NamedTuple):
    """A stretch of the shown text, in code points."""

    start: int
    length: int
    style: Style


class ShownText(NamedTuple):
    """What is painted: plain text and the stretches of it that are styled."""

    text: str
    spans: tuple[StyledSpan, ...]


_INLINE = re.compile(r"\*\*([^*\n]{1,1000})\*\*|`([^`\n]{1,1000})`|(?<![\w*])\*([^*\s\n][^*\n]{0,500})\*(?![\w*])")
_STYLES = (Style.STRONG, Style.CODE, Style.EMPHASIS)
_HEADING = re.compile(r"^#{1,6} +(?=\S)")
_BULLET = re.compile(r"^(\s*)[-*] +(?=\S)")


def shown_line(line: str) -> ShownText:
    """Return one line as it is shown: bold, emphasis, code, headings and bullets; all else stands literally."""
    heading = _HEADING.match(line)
    if heading:
        line = line[heading.end() :]
    line = _BULLET.sub(lambda match: f"{match[1]}\u2022 ", line)
    pieces: list[str] = []
    spans: list[StyledSpan] = []
    edge = length = 0
    for match in _INLINE.finditer(line):
        inner = next(group for group in match.groups() if group is not None)
        style = _STYLES[match.lastindex - 1] if match.lastindex else Style.STRONG
        pieces += (line[edge : match.start()], inner)
        length += match.start() - edge
        spans.append(StyledSpan(length, len(inner), style))
        length += len(inner)
        edge = match.end()
    pieces.append(line[edge:])
    text = "".join(pieces)
    return ShownText(text, (StyledSpan(0, len(text), Style.STRONG),) if heading else tuple(spans))
