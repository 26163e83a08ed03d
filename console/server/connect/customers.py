"""Who the customer is: as the transcript says, else as its tool calls show."""

import re
from collections.abc import Iterable

from console.contract.conversations import Customer, ToolCall
from console.contract.ids import ConversationId, CustomerId
from console.server.connect.json_text import storable
from console.server.connect.keys import hashed_key, key_or_hash
from console.server.connect.transcript import TranscriptCustomer
from console.server.domain.json_objects import JsonObject, read_object

_ID_FIELDS = ("customer_id", "user_id")
_PROFILE_TOOL = re.compile(r"user|customer|profile|account|contact|member")
_NAMED_ID = re.compile(r"([a-z]+)_([a-z]+)_\d+")
"""An id made of a given and a family name, such as mia_li_3668."""


def find_customer(
    given: TranscriptCustomer | None, calls: Iterable[ToolCall], conversation_id: ConversationId
) -> Customer:
    """Return the customer; what neither transcript nor tools name is called "Customer" and a short id."""
    given, calls = given or TranscriptCustomer(), tuple(calls)
    profile = next(filter(_is_profile, calls), None)
    fields = (read_object(profile.result) if profile else None) or {}
    outside_id = given.id or _first_id(calls)
    email = given.email or _word(fields, "email")
    id_ = key_or_hash("c", outside_id) if outside_id else hashed_key("c", email or conversation_id)
    return Customer(
        id=CustomerId(id_),
        name=given.name or _name(fields) or _name_in_id(id_) or f"Customer {id_[:8]}",
        email=email,
        phone=given.phone or _word(fields, "phone"),
        facts=given.facts,
    )


def _is_profile(call: ToolCall) -> bool:
    """Whether a result describes a person: it is named as one, or comes from a tool that looks people up."""
    fields = read_object(call.result) or {}
    if isinstance(fields.get("name"), dict):
        return bool(_name(fields))
    return bool(_name(fields)) and ("email" in fields or bool(_PROFILE_TOOL.search(call.name)))


def _name(fields: JsonObject) -> str | None:
    name = fields.get("name")
    if isinstance(name, dict):
        return " ".join(filter(None, (_word(name, "first_name"), _word(name, "last_name")))) or None
    return _word(fields, "name")


def _name_in_id(customer_id: str) -> str | None:
    parts = _NAMED_ID.fullmatch(customer_id)
    return f"{parts[1]} {parts[2]}".title() if parts else None


def _first_id(calls: tuple[ToolCall, ...]) -> str | None:
    objects = (read_object(text) or {} for call in calls for text in (call.arguments, call.result))
    return next((word for fields in objects for key in _ID_FIELDS if (word := _word(fields, key))), None)


def _word(fields: JsonObject, key: str) -> str | None:
    """Return a field's text where it is short enough to be a name, an id or an address."""
    text = storable(fields.get(key)).strip()
    return text if 0 < len(text) <= 200 else None
