"""One sentence out of many."""

import re

ASK_LENGTH = 200
"""Code points that one sentence on the handoff card may take."""

_END = re.compile(r"(?<=[.!?؟])\s+|(?<=[。！？])|\n\s*\n")
_GREETING_LENGTH = 15


def first_sentence(text: str) -> str:
    """Return the first sentence that says something, cut to `ASK_LENGTH`; a greeting counts only if nothing follows."""
    sentences = [" ".join(part.split()) for part in _END.split(text) if part.strip()]
    long_enough = (sentence for sentence in sentences if len(sentence) > _GREETING_LENGTH)
    return shorten(next(long_enough, sentences[0] if sentences else ""), ASK_LENGTH)


def shorten(text: str, length: int) -> str:
    """Return a text of at most `length` code points, the cut marked by an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
