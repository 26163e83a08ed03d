"""Text that customers, the AI and other programs wrote, made safe to show: hidden characters seen, length bounded.

What is stored, hashed, corrected and exported is never changed by this; only what is painted. Characters that reorder
or hide text (bidirectional embeddings, overrides and isolates, zero-width space and joiner, tags) are shown by their
code, so that a person judges the text that is there (UTS 39, UTR 36).
"""

import re
from html import escape

from PySide6.QtWidgets import QWidget

LONGEST_FIELD = 1_500
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\U000e0000-\U000e007f]")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")


def visible(text: str) -> str:
    """Return text with hidden characters shown by their code, such as [U+202E]; flags made of tags stay flags."""
    if not _HIDDEN.search(text):
        return text
    pieces: list[str] = []
    edge = 0
    for flag in _FLAG.finditer(text):
        pieces += (_marked(text[edge : flag.start()]), flag[0])
        edge = flag.end()
    return "".join((*pieces, _marked(text[edge:])))


def bounded(text: str, most: int = LONGEST_FIELD) -> str:
    """Return at most `most` characters of visible text, and how many more there are."""
    if len(text) <= most:
        return visible(text)
    return f"{visible(text[:most])}\u2026 ({len(text) - most:,} more characters)"


def set_tip(part: QWidget, text: str) -> None:
    """Give a part a tool tip that is shown literally: Qt would read one that looks like markup as markup."""
    part.setToolTip(f"<qt>{escape(bounded(text))}</qt>" if text else "")


def _marked(text: str) -> str:
    return _HIDDEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)
