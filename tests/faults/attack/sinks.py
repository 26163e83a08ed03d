"""What the window shows, read back: whether it is what was said, code point for code point, and no markup lives."""

import re
from collections.abc import Callable, Iterable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtGui import QTextDocument, QTextFrame
from PySide6.QtWidgets import (
    QApplication,
    QErrorMessage,
    QInputDialog,
    QLabel,
    QMessageBox,
    QProgressDialog,
    QTextEdit,
    QWidget,
    QWizard,
)

READS_MARKUP = (QTextEdit, QMessageBox, QInputDialog, QErrorMessage, QProgressDialog, QWizard)
"""Widgets that take text for markup where it looks like it: none is needed, so none may be there."""

_MARK = re.compile(r"\[U\+([0-9A-F]{4,6})\]")
_MORE = re.compile(r"\u2026 \(([\d,]+) more characters\)\Z")
_HIDDEN = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_DECORATION = frozenset("*`#- ")

Reads = Callable[[str, str], bool]
"""Whether what is shown, first, says what was said."""


def revealed(shown: str) -> str:
    """Return shown text with every mark turned back into the character it stands for, and no places to break."""
    return _MARK.sub(lambda mark: chr(int(mark[1], 16)), shown.replace("\u200b", ""))


def exactly(shown: str, said: str) -> bool:
    return shown == said


def whole(shown: str, said: str) -> bool:
    """All of it, with hidden characters marked, whatever its lines end with."""
    lines = shown.replace("\r\n", "\n")
    return not _HIDDEN.search(lines) and revealed(lines) == said.replace("\r\n", "\n")


def bounded(shown: str, said: str) -> bool:
    """All of it, or a beginning and how much more there is."""
    more = _MORE.search(shown)
    if more is None or whole(shown, said):
        return whole(shown, said)
    left_out = int(more[1].replace(",", ""))
    return whole(shown[: more.start()], said[:-left_out])


def holds(shown: str, said: str) -> bool:
    """Somewhere in it."""
    return said in revealed(shown)


def begins(shown: str, said: str) -> bool:
    """It begins so; on one line, and where it is long perhaps not to the end."""
    words = " ".join(said.split())[:60].rstrip()
    return " ".join(revealed(shown).split()).startswith(words) and not _HIDDEN.search(shown)


def squeezed(shown: str, said: str) -> bool:
    """All of it, but that two spaces are one."""
    return bounded(shown, said.replace("  ", " "))


def quoted(shown: str, said: str) -> bool:
    """All of it as it was said, or a beginning of that and how much more there is."""
    more = _MORE.search(shown)
    lines = said.replace("\r\n", "\n")
    return shown == lines or (more is not None and lines.startswith(shown[: more.start()].rstrip("\n")))


def as_pasted(text: str) -> str:
    """What a field takes of a pasted text: every line end as one kind, nothing that stands for what is no text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n")
    return re.sub("[\x00\ud800-\udfff\ufdd0\ufdd1\ufffc]", "", lines)


def on_one_line(shown: str, said: str) -> bool:
    """Its words, or a beginning of them, with one space between."""
    words = " ".join(said.split())
    if whole(shown, words):
        return True
    return shown.endswith("\u2026") and not _HIDDEN.search(shown) and words.startswith(revealed(shown[:-1]).rstrip())


def in_its_way(shown: str, said: str) -> bool:
    """On one line, or as it is."""
    return on_one_line(shown, said) or bounded(shown, said)


def undecorated(shown: str, said: str) -> bool:
    """All of it but Markdown's own signs; a bullet may stand for a dash."""
    place, letters = 0, revealed(shown)
    for letter in said:
        if place < len(letters) and letters[place] in (letter, "\u2022" if letter in "-*" else letter):
            place += 1
        elif letter not in _DECORATION:
            return False
    return place == len(letters) and not _HIDDEN.search(shown)


def alike(shown: str, said: str) -> int:
    """How far the two begin alike."""
    return next((place for place, (one, other) in enumerate(zip(shown, said, strict=False)) if one != other), 0)


def labels(within: QWidget) -> list[str]:
    """What the labels of a part say, shortened or not."""
    return [each.accessibleName() or each.text() for each in within.findChildren(QLabel)]


def alive(top: Iterable[QWidget]) -> Iterator[str]:
    """Say of everything in these windows that would read markup, or whose tool tip does."""
    for window in top:
        for part in (window, *window.findChildren(QWidget)):
            if isinstance(part, READS_MARKUP):
                yield f"a {type(part).__name__} is there, which reads markup"
            if isinstance(part, QLabel) and part.text() and part.textFormat() is not Qt.TextFormat.PlainText:
                yield f"a label reads markup: {part.text()[:80]!r}"
            if (tip := part.toolTip()) and GuiQt.mightBeRichText(tip) and not is_plain(tip):
                yield f"a tool tip has come to life: {tip[:80]!r}"


def is_plain(markup: str) -> bool:
    """Whether a document of this markup holds nothing but text in one format: no picture, link, table or heading."""
    document = QTextDocument()
    document.setHtml(markup)
    plain = not [frame for frame in document.rootFrame().childFrames() if isinstance(frame, QTextFrame)]
    block = document.begin()
    looks = set()
    while block.isValid():
        cursor = block.begin()
        while not cursor.atEnd():
            look = cursor.fragment().charFormat()
            plain &= not (look.isImageFormat() or look.isAnchor())
            looks.add((look.fontWeight(), look.fontItalic(), look.foreground().color().name(), look.font().key()))
            cursor += 1
        plain &= block.textList() is None and block.blockFormat().headingLevel() == 0
        block = block.next()
    return plain and len(looks) <= 1


def tip(part: QWidget) -> str:
    """What the tool tip of a part says when it is shown."""
    text = part.toolTip()
    if not GuiQt.mightBeRichText(text):
        return text
    document = QTextDocument()
    document.setHtml(text)
    return document.toRawText().replace("\u2029", "\n").replace("\u2028", "\n")


def top_windows() -> list[QWidget]:
    return QApplication.topLevelWidgets()
