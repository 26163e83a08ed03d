"""Text that customers, the AI and other programs wrote, made safe to show: hidden characters seen, length bounded.

What is stored, hashed, corrected and exported is never changed by this; only what is painted. Characters that reorder
or hide text are shown by their code, such as [U+202E], so that a person judges the text that is there (UTS 39, UTR 36).
Marking can be undone: where the text itself says such a code, its bracket is marked too. So nothing is marked twice.
"""

import re
from html import escape

from PySide6.QtWidgets import QWidget

LONGEST_FIELD = 1_000
_PER_LINE = 40
"""Characters of a field for each line that it may have."""

BREAK = "\u200b"
"""A place to break a run of letters; never part of a text, in which it would be marked."""

_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0670\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad"  # controls but tab and line ends; soft hyphen
    "\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0"  # letters without a shape
    "\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # spaces without a width, bidirectional controls
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # halves of characters, characters that are none
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags
    "]"
    r"|\r(?!\n)"
    r"|(?<=[!-\u024f])[\u200c\u200d]"  # joiners where nothing joins
    rf"|(?<![^\s{_SELECTORS}])[{_SELECTORS}]"  # variants of nothing, or one too many
    rf"|(?<=[{_MARKS}]{{6}})[{_MARKS}]"  # marks piled up over other lines
    r"|\[(?=U\+[0-9A-F]{4,6}\])"
)
_DIRECTION = re.compile("[\u200e\u200f\u061c]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
_CODE = re.compile(r"\[U\+([0-9A-F]{4,6})\]")
_LONG_RUN = re.compile(r"\S{25,}")
_TWELVE = re.compile(r"\S{1,12}")


def visible(text: str) -> str:
    """Return text with hidden characters shown by their code; flags made of tags stay flags.

    Marks of direction belong to right-to-left writing, and are shown only where there is none.
    """
    if not _HIDDEN.search(text):
        return _marked_direction(text)
    pieces: list[str] = []
    edge = 0
    for flag in _FLAG.finditer(text):
        pieces += (_HIDDEN.sub(_code, text[edge : flag.start()]), flag[0])
        edge = flag.end()
    return _marked_direction("".join((*pieces, _HIDDEN.sub(_code, text[edge:]))))


def unmarked(shown: str) -> str:
    """Return the text that shown text stands for: its codes as the characters, places to break left out."""
    return _CODE.sub(lambda code: chr(int(code[1], 16)), shown.replace(BREAK, ""))


def beginning(text: str, most: int, most_lines: int) -> tuple[str, int]:
    """Return how a text begins as it is shown, at most so many characters and lines, and how much of it that is."""
    kept = "\n".join(text[:most].split("\n", most_lines)[:most_lines])
    while len(shown := visible(kept)) > most:
        kept = kept[: len(kept) * most // len(shown)]
    return shown, len(kept)


def bounded(text: str, most: int = LONGEST_FIELD) -> str:
    """Return at most `most` characters of visible text, not in overly many lines, and how many more there are."""
    shown, used = beginning(text, most, most // _PER_LINE)
    return shown if used == len(text) else f"{shown}\u2026 ({len(text) - used:,} more characters)"


def on_one_line(text: str, most: int = LONGEST_FIELD) -> str:
    """Return at most `most` characters of visible text on one line, each run of spaces and line ends as one space."""
    words = " ".join(text[: 2 * most].split())
    shown, used = beginning(words, most, 1)
    return shown if used == len(words) and len(text) <= 2 * most else f"{shown}\u2026"


def breakable(text: str) -> str:
    """Return shown text with places to break in runs too long for a line."""
    return _LONG_RUN.sub(lambda run: BREAK.join(_TWELVE.findall(run[0])), text)


def set_tip(part: QWidget, text: str) -> None:
    """Give a part a tool tip that is shown literally: Qt would read one that looks like markup as markup."""
    lines = escape(breakable(bounded(text))).replace("\r\n", "\n").replace("\n", "<br>")
    part.setToolTip(f'<p style="white-space: pre-wrap">{lines}</p>' if text else "")


def _marked_direction(text: str) -> str:
    return text if _RIGHT_TO_LEFT.search(text) else _DIRECTION.sub(_code, text)


def _code(match: re.Match[str]) -> str:
    return f"[U+{ord(match[0]):04X}]"
