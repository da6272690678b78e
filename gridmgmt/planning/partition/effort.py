"""How much a pool is searched: work limits, so that equal seeds give equal plans."""

from dataclasses import dataclass, replace

RESTART_UNITS = 150  # pools up to this size are searched by as many restarts as the effort has


@dataclass(frozen=True)
class Effort:
    """Work limits of the search, per pool. They, not the clock, decide: equal seeds give equal plans."""

    passes: int  # proposals per unit and search
    restarts: int = 1  # several short searches find rounder parts than a long one
    turn: int = 1  # the same at a time, where plans are wished so round and searches go on until they are (`roundness`)
    in_reach: float = 0.007  # mean roundness that may be lacking where they go on: all turns bring hardly more
    slow: int = 1650  # passes where the number of parts is given, and where the range is not met
    more: int = 6  # slow searches where the range is not met and nothing proves that it cannot be
    heat: tuple[float, float] = (0.8, 0.04)
    swaps: float = 0.2
    lumpiness: float = 2.5  # an exact packing is tried where a mean unit times this reaches the lower limit
    even: bool = False  # whether the least price of deviation and cuts is looked for, and proven, once all are in range
    proof: float = 3.0  # work on the proof of a small pool, in deterministic seconds of CP-SAT

    def for_parts(self, units: int) -> "Effort":
        """The effort where the number of parts is given: few large parts need long, slow searches, and several."""
        return replace(self, passes=max(self.slow, 1_000_000 // units), restarts=4, heat=(2.0, 0.05), swaps=0.4)

    def for_pool(self, units: int) -> "Effort":
        """The same work in fewer, longer searches where the pool is large: a restart then throws away too much."""
        restarts = max(1, round(self.restarts * min(1.0, RESTART_UNITS / units)))
        return replace(self, restarts=restarts, passes=round(self.passes * self.restarts / restarts))


FAST = Effort(passes=400, restarts=12, turn=12)
THOROUGH = Effort(passes=500, restarts=240, turn=160, in_reach=0.002, slow=3600, lumpiness=8.0, proof=60.0)
EXACT = replace(THOROUGH, restarts=120, even=True)
