"""How new what is shown may be: the newest place in the feed that any answer was read at."""

from console.contract.views import FEED_START, FeedPlace, seq_of


class Horizon:
    """Answers may tell of what the feed has not yet: a backend that is restored to between the two unsays it."""

    def __init__(self) -> None:
        self.newest = FEED_START

    def note(self, place: FeedPlace) -> None:
        """Learn from an answer that was just read what place it was read at."""
        self.newest = max(self.newest, place, key=seq_of)

    def forget(self) -> None:
        """Everything is read again."""
        self.newest = FEED_START
