"""Reads transcript files: each line a conversation, or a problem in words that never repeat the line."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from console.contract.conversations import Conversation
from console.contract.ids import ConversationId
from console.contract.limits import MAX_CONVERSATION, MAX_CONVERSATION_SIGNS, MIB
from console.contract.wire import UnfitError, check_shape
from console.server.connect.conversations import read_conversation
from console.server.connect.json_text import canonical
from console.server.connect.keys import fits_key, hashed_key
from console.server.connect.refusals import reason_of
from console.server.connect.transcript import Transcript

LINE_LIMIT = 8 * 1024 * 1024
"""Bytes of the longest line that is read, its end included."""


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A line that could not be read: where, and why."""

    file: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


def read_transcripts(path: Path) -> Iterator[Conversation | LineProblem]:
    """Yield what each line of a JSONL file holds, one line in memory at a time; blank lines pass.

    A file that turns out to be one JSON array is one problem. Raises OSError where the file cannot be read.
    """
    lines: dict[ConversationId, int] = {}
    first = True
    with path.open("rb") as file:
        for number, raw in enumerate(_capped_lines(file), start=1):
            text = raw.removeprefix(BOM_UTF8).strip()
            if not text:
                continue
            if first and text.startswith(b"["):
                yield LineProblem(path, number, "this is a JSON array; write one conversation a line (JSON Lines)")
                return
            first = False
            try:
                conversation = read_line(raw)
                if conversation.id in lines:
                    raise ValueError(f"has the same id as line {lines[conversation.id]}")
            except ValueError as error:
                yield LineProblem(path, number, reason_of(error))
            else:
                lines[conversation.id] = number
                yield conversation


def read_line(raw: bytes) -> Conversation:
    """Return the conversation of one line; ValueError (pydantic's included) says what is wrong with it."""
    if len(raw) > LINE_LIMIT:
        raise ValueError(f"is longer than {LINE_LIMIT // 1024 // 1024} MiB")
    text = raw.decode("utf-8-sig").strip()
    content = canonical(text)
    transcript = Transcript.model_validate_json(text)
    own_id = transcript.id if transcript.id is not None and fits_key(transcript.id) else hashed_key("t", content)
    conversation = read_conversation(transcript, ConversationId(own_id))
    document = conversation.model_dump_json().encode()
    if len(document) > MAX_CONVERSATION:
        raise ValueError(f"makes a conversation of more than {MAX_CONVERSATION // MIB} MiB, too large to be shown")
    try:
        check_shape(document, MAX_CONVERSATION_SIGNS)
    except UnfitError:
        raise ValueError("makes a conversation of too many parts to be shown") from None
    return conversation


def _capped_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines, of a line over the limit only one byte more than it."""
    while raw := file.readline(LINE_LIMIT + 1):
        yield raw
        while len(raw) > LINE_LIMIT and not raw.endswith(b"\n"):
            raw = file.readline(LINE_LIMIT + 1)
