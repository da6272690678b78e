"""What walks through connected groups share, and sums over listed groups, compiled."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: C901 - loops written out, as numba wants them

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def spread(pointers, near, node, seen, queue, end):
    """The end of the queue after the neighbours of a node that were not seen before."""
    for position in range(pointers[node], pointers[node + 1]):
        other = near[position]
        if not seen[other]:
            seen[other] = True
            queue[end] = other
            end += 1
    return end


@njit(cache=True, nogil=True)
def forget(queue, start, end, marked):
    """Take the mark off what stands in that part of the queue."""
    for position in range(start, end):
        marked[queue[position]] = False


@njit(cache=True, nogil=True)
def write(members, row, inside, depth):
    """The first `depth` of those inside as a row, filled up with nobody."""
    for position in range(members.shape[1]):
        members[row, position] = inside[position] if position < depth else 65535


@njit(cache=True)
def sum_over(members, values):
    """(groups,) the sum of `values` over the members of each group."""
    total = np.zeros(len(members), dtype=values.dtype)
    for row in range(len(members)):
        for member in members[row]:
            if member == 65535:
                break
            total[row] += values[member]
    return total


@njit(cache=True)
def within(members, inside):
    """(groups,) whether all members of a group are inside, a flag by community."""
    found = np.ones(len(members), dtype=np.bool_)
    for row in range(len(members)):
        for position in range(members.shape[1]):
            member = members[row, position]
            if member == 65535:
                break
            if not inside[member]:
                found[row] = False
                break
    return found


@njit(cache=True)
def reduced_costs(members, cost, prices):
    """(groups,) the cost of each group less the prices of its members."""
    reduced = cost.copy()
    for row in range(len(members)):
        for member in members[row]:
            if member == 65535:
                break
            reduced[row] -= prices[member]
    return reduced


@njit(cache=True)
def pay_cuts(reduced, members, pointers, cuts_of, prices):
    """Take the price of each cut, of whose three communities a group holds two, off its reduced cost."""
    held = np.zeros(len(prices), dtype=np.int64)
    for row in range(len(members)):
        for turn in (1, -1):  # count the members up, then down again
            for member in members[row]:
                if member == 65535:
                    break
                for place in range(pointers[member], pointers[member + 1]):
                    cut = cuts_of[place]
                    if turn == 1 and held[cut] == 1:
                        reduced[row] -= prices[cut]
                    held[cut] += turn


@njit(cache=True)
def even_prices(members, cost, size):
    """(size,) the least even share min_G∋u c_G/|G| of a community: prices under which no group is too cheap."""
    prices = np.full(size, np.inf)
    for row in range(len(members)):
        count = 0
        while count < members.shape[1] and members[row, count] != 65535:
            count += 1
        for position in range(count):
            member = members[row, position]
            prices[member] = min(prices[member], cost[row] / count)
    return prices


@njit(cache=True)
def triples(members, share, size, least):
    """(cuts, 4) i, j, k and violation: groups with two of the three have a share of more than 1 + `least` together."""
    pairs, threes = np.zeros((size, size)), np.zeros((size, size, size))
    for row in range(len(members)):
        for a in range(members.shape[1]):
            if members[row, a] == 65535:
                break
            for b in range(members.shape[1]):
                if members[row, b] == 65535:
                    break
                pairs[members[row, a], members[row, b]] += share[row]
                for c in range(members.shape[1]):
                    if members[row, c] == 65535:
                        break
                    threes[members[row, a], members[row, b], members[row, c]] += share[row]
    broken = [(0.0, 0.0, 0.0, 0.0)]
    for i in range(size):
        for j in range(i + 1, size):
            for k in range(j + 1, size):
                together = pairs[i, j] + pairs[i, k] + pairs[j, k] - 2 * threes[i, j, k]
                if together > 1 + least:
                    broken.append((float(i), float(j), float(k), together - 1))
    return np.array(broken)[1:]


@njit(cache=True)
def sites_of(members, travel, weights, per_metre, per_household, fixed):
    """(groups,) the cheapest site of each group, of equals the first, and the household-metres to it."""
    site, metres = np.empty(len(members), dtype=np.uint16), np.empty(len(members))
    for row in range(len(members)):
        count, households = 0, 0
        while count < members.shape[1] and members[row, count] != 65535:
            households += weights[members[row, count]]
            count += 1
        best = np.inf
        for position in range(count):
            one, total = members[row, position], 0.0
            for other in range(count):
                total += travel[members[row, other], one]
            score = per_metre * total + per_household[one] * households + fixed[one]
            if score < best or (score == best and one < site[row]):
                best, site[row], metres[row] = score, one, total
    return site, metres
