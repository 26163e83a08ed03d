"""The routes: each parses, calls one use case and answers."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from console.contract.commands import HeldClaim
from console.contract.corrections import Correction
from console.contract.events import EventPage
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.limits import MAX_CORRECTION_BODY
from console.contract.problems import ProblemCode
from console.contract.reconcile import Delivered, Differences
from console.contract.taxonomy import TAXONOMY, Taxonomy
from console.contract.views import (
    Claim,
    ConversationView,
    CorrectionPage,
    FeedPlace,
    Me,
    QueuePage,
    QueueRow,
    Receipt,
)
from console.server.api.bodies import read_body
from console.server.api.callers import Caller, TheBackend
from console.server.api.event_stream import EventStream, stream_events
from console.server.api.queries import Ids, Number, Rows, check_query
from console.server.api.refusals import PROBLEM_JSON, STATUS
from console.server.services.claims import claim_conversation, release_claim, renew_claim
from console.server.services.closing import close_conversation, reopen_conversation
from console.server.services.conversations import read_conversation
from console.server.services.corrections import list_corrections, store_correction
from console.server.services.feed import feed_start, follow_feed, read_events
from console.server.services.queue import list_queue, list_rows, pull_next
from console.server.services.reconcile import compare_delivered
from console.server.services.refusals import Refused


def _refusals(*codes: ProblemCode) -> dict[int | str, dict[str, Any]]:
    """What a route may refuse, for the OpenAPI document."""
    always = (ProblemCode.UNAUTHENTICATED, ProblemCode.FORBIDDEN, ProblemCode.INVALID, ProblemCode.UNAVAILABLE)
    names: dict[int, list[str]] = {}
    for code in (*always, *codes):
        names.setdefault(int(STATUS[code]), []).append(code)
    return _documents({status: ", ".join(found) for status, found in names.items()})


def _documents(told: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": description, "content": content} for status, description in told.items()}


GATES = _documents({400: "no plain request", 415: "no plain JSON", 431: "too large a head"})
"""What no route itself refuses, but the gates and the reader of bodies."""

BODIES = (Correction, Delivered, HeldClaim)
"""The models of the bodies that routes read by themselves."""


TOO_LARGE = _documents({413: ProblemCode.TOO_LARGE})


def _body(model: type[Correction | Delivered | HeldClaim]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


health = APIRouter(responses=GATES)
router = APIRouter(prefix="/v1", responses=GATES | _refusals(), dependencies=[Depends(check_query)])


@health.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the backend answers."""
    return {"status": "ok"}


@router.get("/me")
async def me(backend: TheBackend, caller: Caller) -> Me:
    """Whom the token speaks for."""
    return Me(
        user_id=caller.user_id,
        name=caller.name,
        role=caller.role,
        workspace=backend.workspace,
        version=backend.version,
    )


@router.get("/taxonomy")
async def taxonomy(caller: Caller) -> Taxonomy:
    """The error codes in force."""
    return TAXONOMY


@router.get("/queue")
async def queue(
    backend: TheBackend,
    caller: Caller,
    after: ConversationId | None = None,
    limit: Rows = 200,
    ids: Ids | None = None,
) -> QueuePage:
    """The queue, most urgent first; or those of the rows named that are in it."""
    if ids is None:
        return await list_queue(backend, caller, after, limit)
    return await list_rows(backend, caller, [ConversationId(wanted) for wanted in ids.split(",")])


@router.post("/queue/next", responses=_refusals(ProblemCode.NOTHING_FREE))
async def queue_next(backend: TheBackend, caller: Caller) -> QueueRow:
    """Claim the most urgent free conversation."""
    return await pull_next(backend, caller)


@router.get("/conversations/{conversation_id}", responses=_refusals(ProblemCode.NOT_FOUND))
async def conversation(backend: TheBackend, caller: Caller, conversation_id: ConversationId) -> ConversationView:
    """A conversation with its row and its corrections."""
    return await read_conversation(backend, caller, conversation_id)


CLAIM = "/conversations/{conversation_id}/claim"


@router.post(CLAIM, responses=_refusals(ProblemCode.NOT_FOUND, ProblemCode.HELD, ProblemCode.CLOSED))
async def claim(
    backend: TheBackend,
    caller: Caller,
    conversation_id: ConversationId,
    take_back: Annotated[Number | None, Query(description="The epoch of the claim to take it back from")] = None,
) -> Claim:
    """Claim a conversation, prolong one's own claim, or take it back from somebody."""
    return await claim_conversation(backend, caller, conversation_id, take_back)


UNDER_A_CLAIM = _refusals(ProblemCode.NOT_FOUND, ProblemCode.CLAIM_LOST)


@router.put(CLAIM, responses=UNDER_A_CLAIM | TOO_LARGE, openapi_extra=_body(HeldClaim))
async def renew(request: Request, backend: TheBackend, caller: Caller, conversation_id: ConversationId) -> Claim:
    """Prolong the claim that is held."""
    held = await read_body(request, HeldClaim)
    return await renew_claim(backend, caller, conversation_id, held.epoch)


@router.delete(CLAIM, status_code=204, responses=UNDER_A_CLAIM)
async def release(backend: TheBackend, caller: Caller, conversation_id: ConversationId, epoch: Number) -> None:
    """Give the claim back."""
    await release_claim(backend, caller, conversation_id, epoch)


@router.post(
    "/conversations/{conversation_id}/close",
    status_code=204,
    responses=UNDER_A_CLAIM | TOO_LARGE,
    openapi_extra=_body(HeldClaim),
)
async def close(request: Request, backend: TheBackend, caller: Caller, conversation_id: ConversationId) -> None:
    """Close a conversation under the claim that is held."""
    held = await read_body(request, HeldClaim)
    await close_conversation(backend, caller, conversation_id, held.epoch)


@router.post("/conversations/{conversation_id}/reopen", status_code=204, responses=_refusals(ProblemCode.NOT_FOUND))
async def reopen(backend: TheBackend, caller: Caller, conversation_id: ConversationId) -> None:
    """Open a closed conversation again."""
    await reopen_conversation(backend, caller, conversation_id)


@router.put(
    "/corrections/{correction_id}",
    status_code=201,
    responses={
        **_refusals(ProblemCode.NOT_FOUND, ProblemCode.ID_REUSED, ProblemCode.DOES_NOT_FIT),
        **TOO_LARGE,
        200: {"model": Receipt, "description": "It was stored before; the first receipt again"},
    },
    openapi_extra=_body(Correction),
)
async def correction(
    request: Request, response: Response, backend: TheBackend, caller: Caller, correction_id: CorrectionId
) -> Receipt:
    """Store a correction once, under the id its author made."""
    sent = await read_body(request, Correction, MAX_CORRECTION_BODY)
    if sent.id != correction_id:
        raise Refused(ProblemCode.INVALID, "The id in the address is not the id in the body.")
    receipt, first = await store_correction(backend, caller, sent)
    if not first:
        response.status_code = 200
    return receipt


@router.post("/corrections/compare", responses=TOO_LARGE, openapi_extra=_body(Delivered))
async def compare(request: Request, backend: TheBackend, caller: Caller) -> Differences:
    """Compare what a desk has receipts for with what is stored."""
    return await compare_delivered(backend, caller, await read_body(request, Delivered))


@router.get("/corrections")
async def corrections(
    backend: TheBackend,
    caller: Caller,
    conversation_id: ConversationId | None = None,
    author_id: UserId | None = None,
) -> CorrectionPage:
    """Stored corrections, oldest first."""
    return await list_corrections(backend, caller, conversation_id, author_id)


@router.get("/events", responses=_refusals(ProblemCode.GONE))
async def events(backend: TheBackend, caller: Caller, after: FeedPlace) -> EventPage:
    """The next events behind a place: what `feed` streams, for whoever catches up."""
    return await read_events(backend, caller, after)


async def _start(
    backend: TheBackend,
    caller: Caller,
    after: FeedPlace | None = None,
    last_event_id: Annotated[FeedPlace | None, Header()] = None,
) -> FeedPlace:
    return await feed_start(backend, caller, after if last_event_id is None else last_event_id)


@router.get("/feed", response_class=EventStream, responses=_refusals(ProblemCode.GONE))
async def feed(backend: TheBackend, start: Annotated[FeedPlace, Depends(_start)]) -> EventStream:
    """Events as they are committed, from `Last-Event-ID` or `after`, else from now on. Each `data` is a FeedEvent."""
    return stream_events(follow_feed(backend, start))
