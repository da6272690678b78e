"""When to stop: every search and every proof of a plan asks one budget."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

Cancelled = Callable[[], bool]
SoFar = Callable[[float, float], None]  # the first objective's value, and its proven bound


@dataclass(frozen=True)
class Budget:
    """The last stop: a moment of the monotonic clock, and a question asked between attempts.

    `so_far` is told what has been reached and proven by then.
    """

    deadline: float = float("inf")
    cancelled: Cancelled = lambda: False
    so_far: SoFar = lambda value, bound: None

    def left_s(self) -> float:
        """Seconds until the deadline, at least a hundredth."""
        return max(0.01, self.deadline - time.monotonic())

    def spent(self) -> bool:
        return time.monotonic() > self.deadline or self.cancelled()

    def within(self, share: float) -> "Budget":
        """A share of the time that is left."""
        now = time.monotonic()
        return replace(self, deadline=now + share * (self.deadline - now))


UNLIMITED = Budget()
