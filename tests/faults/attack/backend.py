"""A backend that answers as Redline's own does, and whose every text is a payload.

Run as `python -m tests.faults.attack.backend SEED HOST FILE`; prints its address. Conversation `p-7` holds the
payloads of round 7; `gone-7` is not there, and that is said in payloads too.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
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
from tests.faults.attack.payloads import Canary, Deal

NOW = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
AI_TURN = 2
ME = UserId("agent")


def name_of(number: int) -> ConversationId:
    """Return the name of a round's conversation."""
    return ConversationId(f"p-{number}")


def _number_of(name: str) -> int:
    return int(name.partition("-")[2])


def conversation(number: int, deal: Deal) -> Conversation:
    """Return a conversation in which every text is another payload."""
    line, text = deal.line, deal.text
    return Conversation(
        id=name_of(number),
        customer=Customer(
            id=CustomerId("c"),
            name=line("customer"),
            email=line("e-mail"),
            phone=line("phone"),
            facts=((line("fact's name"), line("fact")),),
        ),
        topic=line("topic"),
        language="en",
        model=line("model"),
        prompt=text("said", "prompt"),
        prompt_version=line("prompt's version"),
        policy_version=line("policy's version"),
        handoff=_handoff(deal),
        turns=(
            Turn(number=1, speaker=Speaker.CUSTOMER, text=text("said", "customer's turn"), at=NOW),
            Turn(number=AI_TURN, speaker=Speaker.AI, text=text("said", "AI's turn"), at=NOW, ai=_context(deal)),
            Turn(number=3, speaker=Speaker.SYSTEM, text=line("system's turn")),
            Turn(number=4, speaker=Speaker.HUMAN, text=line("agent's turn")),
        ),
        earlier_contacts=(
            EarlierContact(at=NOW, topic=line("earlier topic"), summary=deal.small("summary"), resolved=False),
        ),
        outcome=(OutcomeLabel(name=line("outcome's name"), value=text("handoff", "outcome")),),
    )


def _handoff(deal: Deal) -> Handoff:
    lists = {
        name: (deal.line(f"{name}, first"), deal.line(f"{name}, second"))
        for name in ("did", "promised", "already_asked", "missing", "next_steps")
    }
    return Handoff(
        gate=Gate.POLICY,
        at_turn=4,
        at=NOW,
        policy_version=deal.line("handoff's policy"),
        reason=deal.text("handoff", "reason"),
        ask=deal.text("handoff", "ask"),
        unsent_draft=deal.text("handoff", "unsent draft"),
        message_to_customer=deal.line("message to the customer"),
        **lists,
    )


def _context(deal: Deal) -> AiContext:
    line, text = deal.line, deal.text
    return AiContext(
        model=line("turn's model"),
        prompt_version=line("turn's prompt"),
        policy_version=line("turn's policy"),
        sources=(
            Source(id="s-1", title=line("title"), version=line("version"), snippet=text("context", "snippet")),
            Source(id="s-2", title=line("second title")),
        ),
        tool_calls=(
            ToolCall(id="1", name=line("tool"), arguments=text("context", "arguments"), result=deal.small("result")),
            ToolCall(id="2", name=line("second tool"), arguments=_wrapped(deal), result=text("context", "result")),
            ToolCall(id=line("call") or "3", name=line("third tool"), arguments="{}", error=line("error")),
        ),
        signals=(
            Signal(kind=SignalKind.SELF_REPORTED, value=0.4, gate=Gate.POLICY, fired=True, detail=line("detail")),
        ),
    )


def _wrapped(deal: Deal) -> str:
    return json.dumps({deal.line("argument's name"): [deal.line("argument")], "b": deal.line("second argument")})


def row(number: int, deal: Deal) -> QueueRow:
    """Return the queue row of a conversation, held by somebody with a hostile name."""
    holder = Claim(
        holder_id=UserId("other"), holder_name=deal.line("holder"), epoch=1, expires_at=NOW + timedelta(hours=9)
    )
    return QueueRow(
        conversation_id=name_of(number),
        customer_name=deal.line("customer"),
        ask=deal.line("row's ask"),
        topic=deal.line("topic"),
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
        claim=holder,
        turns=4,
        corrections=1,
    )


def view(number: int, deal: Deal) -> ConversationView:
    """Return the whole of a conversation, with a correction by somebody else."""
    told = conversation(number, deal)
    made = Correction(
        id=CorrectionId(f"of-{told.id}"),
        conversation_id=told.id,
        turn=AI_TURN,
        author_id=UserId("other"),
        epoch=1,
        original_sha256=content_sha256(told.turn(AI_TURN).text),
        corrected_text=deal.line("other's correction"),
        codes=("wrong_fact",),
        taxonomy_version="2026.1",
        note=deal.line("other's note"),
        opened_at=NOW,
        submitted_at=NOW,
    )
    receipt = Receipt(
        id=made.id,
        body_sha256=content_sha256(canonical_json(made)),
        state=CorrectionState.LATE,
        received_at=NOW,
    )
    record = CorrectionRecord(correction=made, author_name=deal.line("author"), author_role=Role.TIER1, receipt=receipt)
    return ConversationView(row=row(number, deal), conversation=told, corrections=(record,), server_time=NOW)


def me(deal: Deal) -> Me:
    """Return who sits at the desk, by a hostile name."""
    return Me(
        user_id=ME,
        name=deal.line("me"),
        role=Role.TIER2,
        workspace=deal.line("workspace"),
        version=deal.line("backend's version"),
    )


def refusal(deal: Deal) -> Problem:
    """Return a refusal in hostile words."""
    return Problem(
        type=ProblemCode.DOES_NOT_FIT,
        title=deal.line("refusal"),
        status=409,
        detail=deal.text("handoff", "refusal's detail"),
    )


class HostileBackend:
    """The routes that a desk asks. The queue holds the `AHEAD` rounds behind the one that its token opened last."""

    AHEAD = 40

    def __init__(self, seed: int, canary: Canary) -> None:
        self._seed = seed
        self._canary = canary
        self._next: dict[str, int] = {}
        self.app = FastAPI()
        for method, path, route in (
            ("GET", "/v1/me", self.me),
            ("GET", "/v1/queue", self.queue),
            ("GET", "/v1/events", self.events),
            ("GET", "/v1/feed", self.feed),
            ("GET", "/v1/conversations/p-{number}", self.conversation),
            ("GET", "/v1/conversations/gone-{number}", self.refuse),
            ("POST", "/v1/conversations/{name}/claim", self.claim),
            ("DELETE", "/v1/conversations/{name}/claim", self.release),
            ("POST", "/v1/corrections/compare", self.compare),
            ("PUT", "/v1/corrections/{name}", self.refuse_correction),
        ):
            self.app.add_api_route(path, route, methods=[method])

    def deal(self, number: int) -> Deal:
        return Deal(self._seed, number, self._canary)

    async def me(self) -> Response:
        return _answer(me(self.deal(0)))

    async def queue(self, request: Request) -> Response:
        token = request.headers["authorization"]
        start = self._next.get(token, int(token.rpartition("-")[2]))
        numbers: Iterable[int] = range(start, start + self.AHEAD)
        if ids := request.query_params.get("ids"):
            numbers = (_number_of(name) for name in ids.split(","))
        rows = tuple(row(number, self.deal(number)) for number in numbers)
        return _answer(QueuePage(rows=rows, after=None, place=FEED_START, server_time=NOW))

    async def events(self) -> Response:
        return _answer(EventPage(events=(), place=FEED_START, more=False))

    async def feed(self) -> Response:
        return StreamingResponse(_heartbeats(), media_type="text/event-stream")

    async def conversation(self, request: Request, number: int) -> Response:
        self._next[request.headers["authorization"]] = number + 1
        return _answer(view(number, self.deal(number)))

    async def refuse(self, number: int) -> Response:
        return _answer(refusal(self.deal(number)), 409)

    async def claim(self, name: str) -> Response:
        return _answer(Claim(holder_id=ME, holder_name="me", epoch=2, expires_at=NOW + timedelta(hours=9)))

    async def release(self, name: str) -> Response:
        return Response(status_code=204)

    async def compare(self) -> Response:
        return _answer(Differences(days=()))

    async def refuse_correction(self, request: Request, name: str) -> Response:
        sent = Correction.model_validate_json(await request.body())
        return await self.refuse(_number_of(sent.conversation_id))


def _answer(body: Model, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, media_type="application/json")


async def _heartbeats() -> AsyncIterator[bytes]:
    while True:
        yield b":\n\n"
        await asyncio.sleep(5)


def main(arguments: Sequence[str]) -> None:
    seed, host, file = arguments
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        app = HostileBackend(int(seed), Canary(host, file)).app
        uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_keep_alive=600)).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1:])
