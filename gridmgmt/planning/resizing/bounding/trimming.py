"""Units without households that hold nothing together, dropped from the parts found, compiled."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def lean(graph, weights, parts):
    """Drop from the sets, in place, units without households that hold nothing together; −1 behind each set."""
    inside, seen = np.zeros(len(weights), np.bool_), np.zeros(len(weights), np.bool_)
    waiting = np.empty(parts.shape[1], np.int64)
    for part in parts:
        count = 0
        while count < len(part) and part[count] >= 0:
            inside[part[count]] = True
            count += 1
        for place in range(count - 1, -1, -1):
            unit = part[place]
            if weights[unit] == 0 and count > 1:
                inside[unit] = False
                start = part[1] if place == 0 else part[0]
                if _flooded(graph, inside, seen, start, waiting) == count - 1:
                    count -= 1
                    part[place], part[count] = part[count], -1
                else:
                    inside[unit] = True
        for place in range(count):
            inside[part[place]] = False


@njit(cache=True, nogil=True)
def _flooded(graph, inside, seen, start, waiting):
    """How many units inside hang together with `start`."""
    waiting[0], count, first = start, 1, 0
    seen[start] = True
    while first < count:
        unit, first = waiting[first], first + 1
        for edge in range(graph[0][unit], graph[0][unit + 1]):
            other = graph[1][edge]
            if inside[other] and not seen[other]:
                seen[other] = True
                waiting[count], count = other, count + 1
    for place in range(count):
        seen[waiting[place]] = False
    return count
