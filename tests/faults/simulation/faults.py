"""The fault model: everything that can go wrong, each thing by its name, and how often it does in one schedule."""

from collections import Counter
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """What can go wrong. The desk's deaths are at named points of submitting, sending and settling."""

    __hash__ = str.__hash__  # an enumeration's own is slow, and chance is asked a thousand times

    DESK_DIES_BEFORE_STORE = "desk dies before store"
    DESK_DIES_IN_SUBMIT = "desk dies in submit's transaction"
    DESK_DIES_AFTER_SUBMIT = "desk dies after submit's commit"
    DESK_DIES_AFTER_SHOWN = "desk dies after saved is shown"
    DESK_DIES_BEFORE_SEND = "desk dies before send"
    DESK_DIES_AFTER_ANSWER = "desk dies after the answer"
    DESK_DIES_IN_SETTLE = "desk dies in settle's transaction"
    DESK_DIES_AFTER_SETTLE = "desk dies after settle's commit"
    DESK_DIES_ANYWHERE = "desk dies at any write"
    DESK_DISK_FULL = "desk's disk full"
    DESK_COMMIT_UNCERTAIN = "desk's commit fails, and stands after its death"
    DESK_CLOCK_HOUR = "desk's clock jumps an hour"
    DESK_CLOCK_DECADE = "desk's clock jumps ten years"
    DESK_CLOCK_BACK = "desk's clock back at restart"
    PROFILE_CLONED = "profile cloned to a second computer"
    USER_SWITCHED = "user switched"
    TOKEN_EXPIRED = "token expired"
    SERVER_DIES_BEFORE = "server dies before the transaction"
    SERVER_DIES_INSIDE = "server dies inside the transaction"
    SERVER_DIES_AFTER = "server dies after commit"
    SERVER_RESTARTS = "server restarts"
    SERVER_RESTORED = "server restored from an old backup"
    SERVER_DISK_FULL = "server's disk full"
    SERVER_CLOCK_HOUR = "server's clock jumps an hour"
    SERVER_CLOCK_DECADE = "server's clock jumps ten years"
    SERVER_CLOCK_BACK = "server's clock back at restart"
    ITEM_REFUSED = "an item is refused for good"
    ITEM_POISONED = "an item always fails"
    REQUEST_DROPPED = "request dropped"
    REQUEST_DUPLICATED = "request duplicated"
    REQUEST_DELAYED = "request delivered late"
    REQUEST_OVERTAKEN = "request overtaken"
    LINE_DOWN = "line down"
    ANSWER_DROPPED = "answer dropped"
    ANSWER_TRUNCATED = "answer truncated"
    ANSWER_FOREIGN = "another server's page"
    ANSWER_MIXED_UP = "answer to another request"
    STATUS_500 = "500"
    STATUS_502 = "502 after it took effect"
    STATUS_503 = "503"
    STATUS_429 = "429"
    RETRY_AFTER_ZERO = "Retry-After zero"
    RETRY_AFTER_HUGE = "Retry-After huge"
    RETRY_AFTER_NEGATIVE = "Retry-After negative"
    RETRY_AFTER_DATE = "Retry-After as a date"
    FEED_GAP = "feed: gap"
    FEED_DUPLICATE = "feed: duplicate"
    FEED_REORDERED = "feed: reordered"
    FEED_SILENT = "feed: silence"
    FEED_CUT = "feed: cut"


ODDS = {
    Fault.PROFILE_CLONED: 0.5,
    Fault.USER_SWITCHED: 0.3,
    Fault.TOKEN_EXPIRED: 0.5,
    Fault.SERVER_RESTARTS: 0.5,
    Fault.SERVER_RESTORED: 0.5,
    Fault.DESK_CLOCK_HOUR: 0.4,
    Fault.DESK_CLOCK_DECADE: 0.4,
    Fault.DESK_CLOCK_BACK: 0.5,
    Fault.SERVER_CLOCK_HOUR: 0.5,
    Fault.SERVER_CLOCK_DECADE: 0.5,
    Fault.SERVER_CLOCK_BACK: 0.5,
    Fault.ITEM_REFUSED: 0.3,
    Fault.ITEM_POISONED: 0.3,
    Fault.FEED_GAP: 0.3,
    Fault.DESK_DIES_ANYWHERE: 0.05,
}
"""How likely a fault is at each opportunity, where it is not a tenth; these are also drawn twice as often."""

AT_ONCE = (2, 9)
"""How many kinds of fault one schedule draws: few at a time go deeper than all of them together."""


class Faults:
    """Decides, by one seed, what goes wrong; `hits` counts what did. After `stop` nothing does any more."""

    def __init__(self, random: Random, without: frozenset[Fault] = frozenset()) -> None:
        self.hits: Counter[str] = Counter()
        self._random = random
        kinds = [fault for fault in Fault if fault not in without]
        shares = [2 if ODDS.get(kind, 0.0) > 0.1 else 1 for kind in kinds]
        chosen = random.sample(kinds, random.randint(*AT_ONCE), counts=shares)
        eagerness = random.choice((1.0, 1.0, 3.0))
        self._odds = {fault: min(0.9, ODDS.get(fault, 0.1) * eagerness) for fault in chosen}

    def hit(self, fault: Fault) -> bool:
        """Say whether this fault strikes now."""
        odds = self._odds.get(fault)
        if odds is None or self._random.random() >= odds:
            return False
        self.hits[fault] += 1
        return True

    def stop(self) -> None:
        """End all faults: from now on everything works."""
        self._odds = {}
