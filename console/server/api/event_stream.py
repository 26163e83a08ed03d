"""The feed on the wire: server-sent events, and a comment where there is nothing to say."""

from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from console.contract.events import FeedEvent
from console.server.services.ports import StoreError


class EventStream(StreamingResponse):
    """Server-sent events. FastAPI's own way logs an error whenever a reader goes while something waits for them."""

    media_type = "text/event-stream"


def stream_events(events: AsyncIterator[FeedEvent | None]) -> EventStream:
    """Stream events until they end or the reader is gone; each `data` is a FeedEvent, each None a heartbeat."""
    return EventStream(_written(events), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _written(events: AsyncIterator[FeedEvent | None]) -> AsyncIterator[bytes]:
    with suppress(StoreError):  # the stream ends, and who follows it hears the reason when they come back
        async for event in events:
            if event is None:
                yield KEEPALIVE_COMMENT
            else:
                yield format_sse_event(data_str=event.model_dump_json(), event=event.kind, id=event.place)
