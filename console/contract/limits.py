"""How much one thing may hold, so that whatever passes one gate passes all the others on its way."""

MIB = 1024 * 1024

MAX_TEXT = 400_000
"""Code points of one text."""

MAX_CORRECTION = 6 * MIB
"""Bytes of a correction's JSON: an answer of 400,000 emoji fits, with all of it removed and all of it replaced."""

MAX_CORRECTION_BODY = 8 * MIB
"""Bytes of the body that brings a correction, as other clients write JSON less tightly."""

MAX_CONVERSATION = 4 * MIB
"""Bytes of a conversation's JSON."""

MAX_CORRECTIONS_SHOWN = 2 * MIB
"""Bytes of the corrections that a view carries beside its conversation."""

MAX_ANSWER = 8 * MIB
"""Bytes of an answer that a client takes: a view at its largest, its row and envelope included."""
