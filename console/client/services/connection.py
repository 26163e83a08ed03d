"""Whether the backend answers now, since when, and why not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConnectionState(StrEnum):
    """Online: the feed is open, so what is shown is what is there. Connecting: it never was, but may be in a moment.

    Signed out: the backend no longer accepts the token, so nothing goes to it before somebody signs in again.
    """

    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"
    SIGNED_OUT = "signed_out"


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection as the person should know it; `reason` is a sentence, empty while online.

    `since`: when the backend answered last, while it does not. `tried_at`, `next_try_at`: of a line that is gone.
    All by this computer's clock.
    """

    state: ConnectionState
    since: datetime
    reason: str = ""
    tried_at: datetime | None = None
    next_try_at: datetime | None = None
