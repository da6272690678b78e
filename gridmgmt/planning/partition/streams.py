"""Random numbers for the compiled loops: a stream of its own for every search, no hidden state."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.partition.compiled import compiled_inside


def new_stream(seed: int) -> NDArray[np.uint64]:
    """A random stream of its own (SplitMix64, Steele et al. 2014): no hidden state, the same on every machine."""
    return np.array([seed % 2**64], dtype=np.uint64)


@compiled_inside
def _next(stream):
    """The next 64 bits."""
    stream[0] += np.uint64(0x9E3779B97F4A7C15)
    bits = stream[0]
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@compiled_inside
def uniform(stream):
    """The next number in [0, 1)."""
    return np.float64(np.int64(_next(stream) >> np.uint64(11))) * (1.0 / 9007199254740992.0)


@compiled_inside
def below(stream, count):
    """The next whole number in [0, count)."""
    return np.int64(uniform(stream) * count)


@compiled_inside
def two_below(stream, count):
    """A whole number in [0, count), count below 2³¹, and one in [0, 2³²) for a second choice: one draw for both."""
    bits = _next(stream)
    return np.int64(bits >> np.uint64(32)) * count >> 32, np.int64(bits & np.uint64(0xFFFFFFFF))
