"""The compiled search for an exact cover: sets that hold every unit once, a given number of them, at least price.

Depth first: the rarest unit that is not covered yet must lie in one of the sets that are disjoint from those chosen, so
each of these is tried, and the list shrinks with every choice (Knuth 2000, algorithm X, on bit masks).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"
# ruff: noqa: C901, SIM110 - function calls and closures are what numba does worst

import numpy as np

from gridmgmt.planning.partition.compiled import compiled, compiled_inside


@compiled_inside
def _disjoint(one, two):
    for word in range(len(one)):
        if one[word] & two[word]:
            return False
    return True


@compiled_inside
def _added(values, prices, largest, chosen, result):
    """The values of the goals with one more set."""
    for goal in range(len(values)):
        price = prices[goal, chosen]
        result[goal] = max(values[goal], price) if largest[goal] else values[goal] + price


@compiled_inside
def _hopeless(values, best, largest, least, left):
    """Whether `left` more sets of at least the least prices cannot beat the best, goal after goal."""
    for goal in range(len(values)):
        coming = max(values[goal], least[goal]) if largest[goal] else values[goal] + left * least[goal]
        if left == 0:
            coming = values[goal]
        if coming != best[goal]:
            return coming > best[goal]
    return True


@compiled
def best_cover(masks, whole, prices, largest, parts, most_steps):
    """The chosen sets (−1: none), and whether the search was complete.

    masks : (sets, words) bits of the units, the rarest first;  whole : (words,) all units
    prices : (goals, sets) whole numbers;  largest : (goals,) whether the largest counts, or the sum
    most_steps : sets looked at
    """
    count, words, goals = len(masks), len(whole), len(largest)
    least = np.zeros(goals, np.int64)
    for goal in range(goals):
        least[goal] = prices[goal, 0]
        for candidate in range(count):
            least[goal] = min(least[goal], prices[goal, candidate])
    best, answer = np.full(goals, np.iinfo(np.int64).max, np.int64), np.full(parts, -1, np.int64)
    lists, lengths = np.empty((parts, count), np.int32), np.zeros(parts, np.int64)
    places, chosen = np.zeros(parts, np.int64), np.zeros(parts, np.int64)
    values, missing = np.zeros((parts + 1, goals), np.int64), np.zeros((parts + 1, len(whole)), np.uint64)
    for candidate in range(count):
        lists[0, candidate] = candidate
    for word in range(words):
        missing[0, word] = whole[word]
    lengths[0] = count
    depth, steps = 0, 0
    while depth >= 0:
        if places[depth] == lengths[depth]:
            depth -= 1
            continue
        candidate = lists[depth, places[depth]]
        places[depth] += 1
        steps += 1
        mask = masks[candidate]
        word = 0
        while missing[depth, word] == 0:
            word += 1
        if not mask[word] & missing[depth, word] & (~missing[depth, word] + np.uint64(1)):
            continue
        _added(values[depth], prices, largest, candidate, values[depth + 1])
        left = parts - depth - 1
        if _hopeless(values[depth + 1], best, largest, least, left):
            continue
        chosen[depth] = candidate
        rest = np.uint64(0)
        for word in range(words):
            missing[depth + 1, word] = missing[depth, word] & ~mask[word]
            rest |= missing[depth + 1, word]
        if left == 0 or rest == 0:
            if left == 0 and rest == 0:
                for goal in range(goals):
                    best[goal] = values[depth + 1, goal]
                for place in range(parts):
                    answer[place] = chosen[place]
            continue
        length = 0
        for place in range(lengths[depth]):
            other = lists[depth, place]
            if _disjoint(masks[other], mask):
                lists[depth + 1, length] = other
                length += 1
        steps += lengths[depth]
        if steps > most_steps:
            return answer, False
        lengths[depth + 1], places[depth + 1] = length, 0
        depth += 1
    return answer, True
