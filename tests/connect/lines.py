"""Small transcripts to read, as JSON objects and as files."""

import json
from pathlib import Path

from pydantic import JsonValue

from console.contract.conversations import Conversation
from console.server.connect.chat_completions import LineProblem, read_transcripts
from console.server.domain.json_objects import JsonObject

PROMPT: JsonObject = {"role": "system", "content": "You help customers of a shop."}


def user(text: str, **more: JsonValue) -> JsonObject:
    return {"role": "user", "content": text, **more}


def said(text: str | None, **more: JsonValue) -> JsonObject:
    return {"role": "assistant", "content": text, **more}


def called(call_id: str, name: str, text: str | None = None, **arguments: JsonValue) -> JsonObject:
    function: JsonObject = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": text,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def result(call_id: str, content: str, **more: JsonValue) -> JsonObject:
    return {"role": "tool", "tool_call_id": call_id, "content": content, **more}


def transcript(*messages: JsonObject, **fields: JsonValue) -> JsonObject:
    return {"messages": [PROMPT, *messages], **fields}


def read(folder: Path, *lines: JsonObject | bytes) -> list[Conversation | LineProblem]:
    """Write lines to a file, raw bytes as they are, and read it."""
    path = folder / "transcripts.jsonl"
    raw = (line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines)
    path.write_bytes(b"\n".join(raw))
    return list(read_transcripts(path))


def read_one(folder: Path, *messages: JsonObject, **fields: JsonValue) -> Conversation:
    """Read one conversation that must have no problem."""
    (conversation,) = read(folder, transcript(*messages, **fields))
    assert isinstance(conversation, Conversation), conversation
    return conversation
