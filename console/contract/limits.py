"""How much one thing may hold, so that whatever passes one gate passes all the others on its way."""

MIB = 1024 * 1024

MAX_TEXT = 400_000
"""Code points of one text."""

MAX_CORRECTION = 6 * MIB
"""Bytes of a correction's JSON: an answer of 400,000 emoji fits, with all of it removed and all of it replaced."""

MAX_CORRECTION_BODY = 8 * MIB
"""Bytes of the body that brings a correction, as other clients write JSON less tightly."""

SLOWEST_LINE = 16 * 1024
"""Bytes a second of the slowest line on which a body is waited for beyond the time that any request has."""

MAX_CONVERSATION = 4 * MIB
"""Bytes of a conversation's JSON."""

MAX_CHANGES = 20_000
"""Hunks, labels and other marks of one kind in a correction; an answer rewritten from end to end has some hundreds."""

MAX_DEPTH = 32
"""Brackets within brackets of any JSON; the deepest view has ten."""

MAX_NAMES = 100
"""Names of one JSON object; the widest model has some twenty."""

MAX_SIGNS = 300_000
"""Commas and brackets of the JSON of a body: a correction with all the hunks and labels that it may have."""

MAX_CONVERSATION_SIGNS = 500_000
"""Commas and brackets of a conversation's JSON."""

MAX_ANSWER_SIGNS = 1_000_000
"""Commas and brackets of an answer: a view at its largest."""

MAX_CORRECTIONS_SHOWN = 2 * MIB
"""Bytes of the corrections that a view carries beside its conversation."""

MAX_ANSWER = 8 * MIB
"""Bytes of an answer that a client takes: a view at its largest, its row and envelope included."""

MAX_IDS = 100
"""Ids in one question."""

MAX_HEAD = 64 * 1024
"""Bytes of a request's address and headers: as many ids at their longest fit, even percent-encoded."""

MAX_HEADERS = 100
"""Headers of a request."""
