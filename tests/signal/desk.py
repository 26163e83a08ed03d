"""A conversation about a parcel, and corrections of it as the backend stores them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

from console.contract.base import canonical_json, content_sha256
from console.contract.conversations import Conversation
from console.contract.corrections import Correction, Hunk, Scope, apply_hunks
from console.contract.ids import CorrectionId, UserId
from console.contract.permissions import Role
from console.contract.views import CorrectionRecord, CorrectionState, Receipt
from console.server.connect.chat_completions import read_line
from console.server.domain.json_objects import JsonObject
from console.server.signal.exports import ExportFormat, ExportItem, ExportReport, exporting
from tests.connect.lines import PROMPT, called, result, said, transcript, user

MOMENT = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
ANSWER = "It is lost. You get 20 EUR back, Mara."
MESSAGES: list[JsonObject] = [
    user("Where is order 50117?"),
    called("call_1", "get_order", order_id=50117),
    result("call_1", '{"status": "delivered"}', name="get_order"),
    said(ANSWER),
    user("20 EUR? I want a person."),
    called("call_2", "transfer_to_human_agents", summary="Wants a person."),
    result("call_2", "ok"),
]
"""Turns: 1 customer, 2 the AI's answer, 3 customer, 4 a silent transfer."""

LINE = transcript(*MESSAGES, id="c1", model="gpt-4o", metadata={"policy_version": "v14", "language": "en"})
WRITTEN: list[JsonObject] = [PROMPT, *MESSAGES]
TOOLS: JsonValue = [
    {
        "type": "function",
        "function": {"name": name, "parameters": {"type": "object", "properties": {}, "additionalProperties": True}},
    }
    for name in ("get_order", "transfer_to_human_agents")
]


def conversation(line: JsonObject = LINE) -> Conversation:
    return read_line(json.dumps(line).encode())


def change(text: str, removed: str, replacement: str, scope: Scope = Scope.TEACH) -> Hunk:
    start = text.index(removed)
    return Hunk(start=start, end=start + len(removed), removed=removed, replacement=replacement, scope=scope)


def corrected(
    *hunks: Hunk, turn: int = 2, of: Conversation | None = None, late: bool = False, **fields: object
) -> ExportItem:
    """Return a stored correction of a turn, its hunks in their order."""
    subject = of or conversation()
    original = subject.turn(turn).text
    about: dict[str, object] = {
        "id": CorrectionId("0193-1"),
        "conversation_id": subject.id,
        "turn": turn,
        "author_id": UserId("ada"),
        "epoch": 3,
        "original_sha256": content_sha256(original),
        "corrected_text": apply_hunks(original, hunks),
        "hunks": hunks,
        "taxonomy_version": "2026.1",
        "opened_at": MOMENT,
        "submitted_at": MOMENT,
    }
    correction = Correction.model_validate(about | fields)
    receipt = Receipt(
        id=correction.id,
        body_sha256=content_sha256(canonical_json(correction)),
        state=CorrectionState.LATE if late else CorrectionState.STORED,
        received_at=MOMENT,
    )
    record = CorrectionRecord(correction=correction, author_name="Ada", author_role=Role.TIER1, receipt=receipt)
    return ExportItem(subject, record)


def exported(items: Iterable[ExportItem], format: ExportFormat, folder: Path) -> ExportReport:
    with exporting(items, format, folder) as report:
        pass
    return report


def export(folder: Path, format: ExportFormat, *items: ExportItem) -> tuple[list[JsonObject], ExportReport]:
    """Export items and read the file back."""
    report = exported(items, format, folder)
    rows = [json.loads(line) for line in report.path.read_bytes().split(b"\n")[:-1]]
    assert report.rows == len(rows)
    return rows, report
