"""How long to wait before the next try: exponential with full jitter, so that desks do not return all at once.

Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from dataclasses import dataclass, field
from random import Random


@dataclass(slots=True)
class Backoff:
    """The waits of one thing that keeps failing, in seconds: first up to `first`, doubling up to `most`."""

    random: Random
    first: float = 1.0
    most: float = 300.0
    failures: int = field(default=0, init=False)

    def next_wait(self, asked: float | None = None) -> float:
        """Count a failure and return how long to wait: beyond what was asked for, so that desks do not return at once.

        Neither what was asked for nor what is added to it counts for more than `most`.
        """
        ceiling = min(self.most, self.first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return self.random.uniform(0.0, ceiling) + min(asked or 0.0, self.most)

    def reset(self) -> None:
        """Forget the failures: it worked."""
        self.failures = 0
