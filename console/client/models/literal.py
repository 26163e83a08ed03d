"""Text on its way into Qt, letter by letter."""

_BYTE_ORDER_MARKS = ("\ufeff", "\ufffe")


def literal(text: str) -> str:
    """Return what PySide takes for this very text.

    It reads a first U+FEFF or U+FFFE as a byte order mark: the one is lost, and after the other every letter becomes
    another one. A mark in front of them takes that upon itself.
    """
    return f"\ufeff{text}" if text.startswith(_BYTE_ORDER_MARKS) else text
