"""Ids from outside, made fit for the contract."""

import re

from console.contract.base import KEY_LENGTH, KEY_PATTERN, content_sha256

_KEY = re.compile(KEY_PATTERN)


def fits_key(text: str) -> bool:
    """Whether a text can stand as a contract Key."""
    return len(text) <= KEY_LENGTH and _KEY.fullmatch(text) is not None


def hashed_key(prefix: str, content: str | bytes) -> str:
    """Return `prefix-` and the first 16 hex digits of the content's SHA-256."""
    return f"{prefix}-{content_sha256(content)[:16]}"


def key_or_hash(prefix: str, text: str) -> str:
    """Return the text where it fits a Key, else its hash under the prefix."""
    return text if fits_key(text) else hashed_key(prefix, text)
