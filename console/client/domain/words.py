"""The word diff: what changed between an answer and its correction, in words a person would point at.

Offsets are Unicode code points. No change ever begins or ends inside a grapheme (UAX #29: emoji sequences, combining
marks, flags); Han, kana, Thai and Lao, which put no spaces between words, are compared character by character.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from rapidfuzz.distance import Indel, Levenshtein

ISLAND = 4
"""An unchanged stretch of at most so many code points between two larger changes is read as part of one change."""

INDEL_LIMIT = 4e8
"""Bits of the matrix up to which the longest common subsequence is sought, else Levenshtein in linear memory.

Levenshtein would rather substitute word for word down a sentence than see that one word was put in front of it.
"""

ENDS = frozenset("\n.!?\u3002\uff01\uff1f\u061f\u06d4\u0964")
"""What ends a line or a sentence, in the scripts at hand."""

JOINER = "\u200d"
UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x2E80, 0x2FFF),  # radicals
    (0x3040, 0x31FF),  # kana, bopomofo
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),  # Han, compatibility
    (0xFF66, 0xFF9D),  # half-width kana
    (0x20000, 0x3FFFF),  # Han, supplementary
)
EXTENDING = (
    (0x0E33, 0x0E33),  # Thai sara am
    (0x0EB3, 0x0EB3),  # Lao am
    (0x200C, 0x200C),  # zero-width non-joiner
    (0xFF9E, 0xFF9F),  # half-width voicing marks
    (0x1F3FB, 0x1F3FF),  # skin tones
    (0xE0020, 0xE007F),  # flag tags
)
REGIONAL = (0x1F1E6, 0x1F1FF)


class SegmentKind(StrEnum):
    """What became of a stretch of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


class Segment(NamedTuple):
    """A stretch of the diff. `start` counts in the original; where ADDED, in the corrected text."""

    kind: SegmentKind
    text: str
    start: int


class Change(NamedTuple):
    """The original's [start, end), which read `removed`, became `replacement`."""

    start: int
    end: int
    removed: str
    replacement: str


@lru_cache(maxsize=2)  # the draft asks, and the view of its diff after it
def changes(original: str, corrected: str) -> tuple[Change, ...]:
    """Return what changed, in order and apart from each other; applied to `original` they give `corrected`."""
    return tuple(
        Change(start, end, original[start:end], corrected[new_start:new_end])
        for start, end, new_start, new_end in _joined(original, _spans(_tokens(original), _tokens(corrected)))
    )


def word_segments(original: str, corrected: str) -> tuple[Segment, ...]:
    """Return the whole diff in reading order: each change as what was removed, then what was added."""
    segments: list[Segment] = []
    edge = shift = 0
    for change in changes(original, corrected):
        segments += _segment(SegmentKind.SAME, original[edge : change.start], edge)
        segments += _segment(SegmentKind.REMOVED, change.removed, change.start)
        segments += _segment(SegmentKind.ADDED, change.replacement, change.start + shift)
        edge = change.end
        shift += len(change.replacement) - len(change.removed)
    segments += _segment(SegmentKind.SAME, original[edge:], edge)
    return tuple(segments)


def _segment(kind: SegmentKind, text: str, start: int) -> tuple[Segment, ...]:
    return (Segment(kind, text, start),) if text else ()


class _Classes(dict[int, str]):
    """Each code point's class: Space, Word, Apostrophe, Unspaced, Regional, Extending, Joiner, Punctuation."""

    def __missing__(self, point: int) -> str:
        letter = self[point] = _class_of(chr(point), point)
        return letter


def _class_of(char: str, point: int) -> str:
    category = unicodedata.category(char)
    if char == JOINER:
        return "J"
    if category[0] == "M" or _within(point, EXTENDING):
        return "E"
    if char.isspace():
        return "S"
    if char in "'\u2019":
        return "A"
    if _within(point, (REGIONAL,)):
        return "R"
    if _within(point, UNSPACED):
        return "U"
    return "W" if char.isalnum() or char == "_" or category == "Cf" else "P"


def _within(point: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= point <= last for first, last in ranges)


_CLASSES = _Classes()
_WORD = "(?:W[EJ]*)+"
_TOKEN = re.compile(rf"(?:{_WORD}(?:A[EJ]*{_WORD})*|(?:S[EJ]*)+|RR?[EJ]*|.[EJ]*)(?:(?<=J)[^S][EJ]*)*")
"""A word with its apostrophes, a run of spaces, a flag, or one character, each with its marks and what is joined on."""


@lru_cache(maxsize=4)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(text[start:end] for start, end in pairwise(_offsets(_TOKEN.findall(text.translate(_CLASSES)))))


def _spans(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[tuple[int, int, int, int]]:
    """Yield each edit as code point spans: original start and end, corrected start and end."""
    limit = min(len(old), len(new))
    head = next((at for at in range(limit) if old[at] != new[at]), limit)
    tail = next((at for at in range(limit - head) if old[-1 - at] != new[-1 - at]), limit - head)
    old_at, new_at = _offsets(old), _offsets(new)
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    metric = Indel if len(old_middle) * len(new_middle) <= INDEL_LIMIT else Levenshtein
    for edit in metric.opcodes(old_middle, new_middle):
        if edit.tag != "equal":
            yield (
                old_at[head + edit.src_start],
                old_at[head + edit.src_end],
                new_at[head + edit.dest_start],
                new_at[head + edit.dest_end],
            )


def _offsets(tokens: Sequence[str]) -> list[int]:
    return [0, *accumulate(map(len, tokens))]


def _joined(original: str, spans: Iterator[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Return the spans with neighbours joined that a reader sees as one change."""
    joined: list[tuple[int, int, int, int]] = []
    for span in spans:
        if joined and _is_one(joined[-1], original[joined[-1][1] : span[0]], span):
            joined[-1] = (joined[-1][0], span[1], joined[-1][2], span[3])
        else:
            joined.append(span)
    return joined


def _is_one(left: tuple[int, int, int, int], island: str, right: tuple[int, int, int, int]) -> bool:
    """Whether only spaces, or an island smaller than both changes, stand between; the end of a sentence parts them."""
    if not ENDS.isdisjoint(island):
        return False
    return not island.strip() or len(island) <= min(ISLAND, _size(left), _size(right))


def _size(span: tuple[int, int, int, int]) -> int:
    return max(span[1] - span[0], span[3] - span[2])
