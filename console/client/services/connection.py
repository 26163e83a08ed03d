"""Whether the backend answers now, since when, and why not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConnectionState(StrEnum):
    """Online: the feed is open, so what is shown is what is there."""

    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection as the person should know it; `reason` is a sentence, empty while online."""

    state: ConnectionState
    since: datetime
    reason: str = ""
