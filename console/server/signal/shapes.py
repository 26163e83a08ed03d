"""Lessons in the shapes that trainers read, each a JSON object a line.

Sources: OpenAI, "Supervised fine-tuning" and "Direct preference optimization" (the input / preferred_output form, which
Together and Fireworks read too); Hugging Face TRL, "Dataset formats and types", explicit-prompt preference.
Tools are named as the conversation shows them, with an open parameters schema: transcripts do not carry the real one.
"""

from pydantic import JsonValue

from console.contract.conversations import ChatMessage, ChatToolCall
from console.server.domain.json_objects import JsonObject, read_object
from console.server.signal.left_out import LeftOut, NoLesson
from console.server.signal.lessons import Lesson


def openai_sft(lesson: Lesson) -> JsonObject:
    """Return a chat to imitate. Earlier answers of the AI weigh 0: only the corrected one is learnt."""
    context = [
        openai_message(message) | ({"weight": 0} if message.role == "assistant" else {}) for message in lesson.context
    ]
    row: JsonObject = {"messages": [*context, openai_message(lesson.chosen) | {"weight": 1}]}
    return row | ({"tools": _tools(lesson)} if lesson.tools else {})


def openai_dpo(lesson: Lesson) -> JsonObject:
    """Return a preference pair in OpenAI's form."""
    return {
        "input": {
            "messages": [openai_message(message) for message in lesson.context],
            "tools": _tools(lesson),
            "parallel_tool_calls": True,
        },
        "preferred_output": [openai_message(lesson.chosen)],
        "non_preferred_output": [openai_message(lesson.rejected)],
    }


def trl_dpo(lesson: Lesson) -> JsonObject:
    """Return a preference pair in TRL's form; NoLesson where a call's arguments are no object, which it needs.

    Arrow gives each row the keys of all rows, filled with null: load with arguments as text where that matters.
    """
    pair: JsonObject = {
        "prompt": [trl_message(message) for message in lesson.context],
        "chosen": [trl_message(lesson.chosen)],
        "rejected": [trl_message(lesson.rejected)],
    }
    return pair | ({"tools": _tools(lesson)} if lesson.tools else {})


def openai_message(message: ChatMessage) -> JsonObject:
    """Return a message as chat-completions writes it, arguments as JSON text."""
    calls: list[JsonValue] = [_call(call, call.function.arguments) for call in message.tool_calls]
    return _message(message, message.content, calls)


def trl_message(message: ChatMessage) -> JsonObject:
    """Return a message as chat templates read it: arguments as an object, no content as an empty text."""
    calls: list[JsonValue] = []
    for call in message.tool_calls:
        arguments = read_object(call.function.arguments)
        if arguments is None:
            raise NoLesson(LeftOut.NOT_AN_OBJECT)
        calls.append(_call(call, arguments))
    return _message(message, message.content or "", calls)


def _message(message: ChatMessage, content: str | None, calls: list[JsonValue]) -> JsonObject:
    fields: JsonObject = {"role": message.role, "content": content}
    if calls:
        fields["tool_calls"] = calls
    if message.tool_call_id is not None:
        fields["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        fields["name"] = message.name
    return fields


def _call(call: ChatToolCall, arguments: JsonValue) -> JsonObject:
    return {"id": call.id, "type": call.type, "function": {"name": call.function.name, "arguments": arguments}}


def _tools(lesson: Lesson) -> list[JsonValue]:
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "parameters": {"type": "object", "properties": {}, "additionalProperties": True},
            },
        }
        for name in lesson.tools
    ]
