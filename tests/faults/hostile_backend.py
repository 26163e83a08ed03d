"""A backend that answers as Redline's own does, and whose every text is a payload.

Run as `python -m tests.faults.hostile_backend SEED HOST FILE`; prints its address. Conversation `p-7` is payload 7;
the payloads too large for one conversation fill several, `p-49-0` and on.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from console.contract.base import Model, canonical_json, content_sha256
from console.contract.conversations import (
    AiContext,
    Conversation,
    Customer,
    EarlierContact,
    Gate,
    Handoff,
    OutcomeLabel,
    OwnerState,
    Priority,
    Signal,
    SignalKind,
    Source,
    Speaker,
    Tier,
    ToolCall,
    Turn,
)
from console.contract.corrections import Correction
from console.contract.events import EventPage
from console.contract.ids import ConversationId, CorrectionId, CustomerId, UserId
from console.contract.permissions import Role
from console.contract.problems import Problem, ProblemCode
from console.contract.reconcile import Differences
from console.contract.views import (
    FEED_START,
    Claim,
    ConversationView,
    CorrectionRecord,
    CorrectionState,
    Me,
    QueuePage,
    QueueRow,
    Receipt,
)
from tests.faults.payloads import HUGE, Canary, Payload, payload

NOW = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
LINE = 1_000
ME = UserId("agent")
AI_TURN = 2
PARTS = ("said", "context", "handoff")
"""What a payload too large for one conversation fills, each in one of its own."""


def line(text: str) -> str:
    """As much of a payload as a short text may hold."""
    return text[:LINE]


def names(number: int, said: Payload) -> list[ConversationId]:
    """Return the conversations that a payload fills."""
    parts = PARTS if said.kind in HUGE else ("",)
    return [ConversationId(f"p-{number}-{part}".rstrip("-")) for part in parts]


def conversation(name: str, said: Payload) -> Conversation:
    """Return a conversation in which every text is the payload; of a large one, only those of its part."""
    part = name.split("-")[2] if name.count("-") == 2 else ""
    full = {each: said.text if part in ("", each) else line(said.text) for each in PARTS}
    short = line(said.text)
    return Conversation(
        id=ConversationId(name),
        customer=Customer(id=CustomerId("c"), name=short, email=short, phone=short, facts=((short, short),)),
        topic=short,
        language="en",
        model=short,
        prompt=full["said"],
        prompt_version=short,
        policy_version=short,
        handoff=_handoff(short, full["handoff"]),
        turns=(
            Turn(number=1, speaker=Speaker.CUSTOMER, text=full["said"], at=NOW),
            Turn(number=AI_TURN, speaker=Speaker.AI, text=full["said"], at=NOW, ai=_context(short, full["context"])),
            Turn(number=3, speaker=Speaker.SYSTEM, text=short),
            Turn(number=4, speaker=Speaker.HUMAN, text=short),
        ),
        earlier_contacts=(EarlierContact(at=NOW, topic=short, summary=full["handoff"], resolved=False),),
        outcome=(OutcomeLabel(name=short, value=full["handoff"]),),
    )


def _handoff(short: str, text: str) -> Handoff:
    lists = dict.fromkeys(("did", "promised", "already_asked", "missing", "next_steps"), (short, short))
    texts = dict.fromkeys(("reason", "ask", "unsent_draft"), text)
    return Handoff(
        gate=Gate.POLICY, at_turn=4, at=NOW, policy_version=short, message_to_customer=short, **lists, **texts
    )


def _context(short: str, text: str) -> AiContext:
    return AiContext(
        model=short,
        prompt_version=short,
        policy_version=short,
        sources=tuple(
            Source(id=f"s-{place}", title=short, version=short, snippet=text if place == 0 else short)
            for place in range(14)
        ),
        tool_calls=(
            ToolCall(id="as it is", name=short, arguments=text, result=text),
            ToolCall(id="in JSON", name=short, arguments=json.dumps({"a": short, short[:40]: [short]}), result=None),
            ToolCall(id=short or "failed", name=short, arguments="{}", error=short),
        ),
        signals=(Signal(kind=SignalKind.SELF_REPORTED, value=0.4, gate=Gate.POLICY, fired=True, detail=short),),
    )


def row(name: str, said: Payload) -> QueueRow:
    """Return the queue row of a conversation, held by somebody with a hostile name."""
    short = line(said.text)
    number = int(name.split("-")[1])
    return QueueRow(
        conversation_id=ConversationId(name),
        customer_name=short,
        ask=short,
        topic=short,
        language="en",
        tier=Tier.AGENT,
        priority=Priority.HIGH,
        owner_state=OwnerState.HUMAN,
        gate=Gate.POLICY,
        gate_inferred=False,
        gate_value=None,
        gate_threshold=None,
        waiting_since=NOW + timedelta(seconds=number),
        due_at=None,
        claim=Claim(holder_id=UserId("other"), holder_name=short, epoch=1, expires_at=NOW + timedelta(hours=9)),
        turns=4,
        corrections=1,
    )


def view(name: str, said: Payload) -> ConversationView:
    """Return the whole of a conversation, with a correction by somebody else."""
    short = line(said.text)
    told = conversation(name, said)
    made = Correction(
        id=CorrectionId(f"of-{name}"),
        conversation_id=told.id,
        turn=AI_TURN,
        author_id=UserId("other"),
        epoch=1,
        original_sha256=content_sha256(told.turn(AI_TURN).text),
        corrected_text=short,
        codes=("wrong_fact",),
        taxonomy_version="2026.1",
        note=short,
        opened_at=NOW,
        submitted_at=NOW,
    )
    record = CorrectionRecord(
        correction=made, author_name=short, author_role=Role.TIER1, receipt=receipt(made, CorrectionState.LATE)
    )
    return ConversationView(row=row(name, said), conversation=told, corrections=(record,), server_time=NOW)


def receipt(made: Correction, state: CorrectionState) -> Receipt:
    return Receipt(id=made.id, body_sha256=content_sha256(canonical_json(made)), state=state, received_at=NOW)


def me(said: Payload) -> Me:
    """Return who sits at the desk, by a hostile name."""
    short = line(said.text)
    return Me(user_id=ME, name=short, role=Role.TIER1, workspace=short, version=short)


class HostileBackend:
    """The routes that a desk asks. The queue holds the `AHEAD` payloads behind the one that its token opened last."""

    AHEAD = 50

    def __init__(self, seed: int, canary: Canary) -> None:
        self._seed = seed
        self._canary = canary
        self._next: dict[str, int] = {}
        self.app = FastAPI()
        self.app.add_api_route("/v1/me", self.me, methods=["GET"])
        self.app.add_api_route("/v1/queue", self.queue, methods=["GET"])
        self.app.add_api_route("/v1/feed", self.feed, methods=["GET"])
        self.app.add_api_route("/v1/conversations/{name}", self.conversation, methods=["GET"])
        self.app.add_api_route("/v1/conversations/{name}/claim", self.claim, methods=["POST", "PUT"])
        self.app.add_api_route("/v1/conversations/{name}/claim", self.release, methods=["DELETE"])
        self.app.add_api_route("/v1/corrections/compare", self.compare, methods=["POST"])
        self.app.add_api_route("/v1/corrections/{name}", self.refuse, methods=["PUT"])
        self.app.add_api_route("/v1/events", self.events, methods=["GET"])

    def said(self, name: str) -> Payload:
        return payload(self._seed, int(name.split("-")[1]), self._canary)

    async def me(self) -> Response:
        return _answer(me(payload(self._seed, 0, self._canary)))

    async def queue(self, request: Request, ids: str | None = None) -> Response:
        if ids is None:
            token = request.headers["authorization"]
            start = self._next.get(token, int(token.rpartition("-")[2]))
            numbers = range(start, start + self.AHEAD)
            wanted = [name for n in numbers for name in names(n, payload(self._seed, n, self._canary))]
        else:
            wanted = [ConversationId(name) for name in ids.split(",")]
        rows = tuple(row(name, self.said(name)) for name in wanted)
        return _answer(QueuePage(rows=rows, after=None, place=FEED_START, server_time=NOW))

    async def events(self) -> Response:
        return _answer(EventPage(events=(), place=FEED_START, more=False))

    async def compare(self) -> Response:
        return _answer(Differences(days=()))

    async def feed(self) -> Response:
        return StreamingResponse(_heartbeats(), media_type="text/event-stream")

    async def conversation(self, request: Request, name: str) -> Response:
        """What is opened; a conversation that is not there is refused in the payload's words."""
        said = self.said(name)
        self._next[request.headers["authorization"]] = int(name.split("-")[1]) + 1
        if name.endswith("-gone"):
            return _refusal(ProblemCode.NOT_FOUND, 404, said)
        return _answer(view(name, said))

    async def claim(self, name: str) -> Response:
        return _answer(Claim(holder_id=ME, holder_name="me", epoch=2, expires_at=NOW + timedelta(hours=9)))

    async def release(self, name: str) -> Response:
        return Response(status_code=204)

    async def refuse(self, request: Request, name: str) -> Response:
        sent = Correction.model_validate_json(await request.body())
        return _refusal(ProblemCode.DOES_NOT_FIT, 409, self.said(sent.conversation_id))


def _answer(body: Model, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, media_type="application/json")


def _refusal(code: ProblemCode, status: int, said: Payload) -> Response:
    problem = Problem(type=code, title=line(said.text), status=status, detail=said.text)
    return _answer(problem, status)


async def _heartbeats() -> AsyncIterator[bytes]:
    while True:
        yield b":\n\n"
        await asyncio.sleep(5)


def main(arguments: Sequence[str]) -> None:
    seed, host, file = arguments
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        app = HostileBackend(int(seed), Canary(host, file)).app
        uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1:])
