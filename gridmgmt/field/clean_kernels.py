"""The compiled loops of cleaning: one pass each over fixes in time order.

Times are microseconds in float64 (whole numbers, exact), places degrees of WGS 84. Distances are those of the tangent
plane at the mean latitude, on the ellipsoid: within 1 in 100,000 over the few hundred metres that decide anything,
and a function of the two fixes alone, so that no other fix of the track changes them.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: C901 - a function call per fix is what numba does worst

import math

import numpy as np
from numba import njit

AXIS_M = 6378137.0  # WGS 84
ECCENTRICITY_2 = 0.00669437999014
LEAST_DEGREE_M = 110_500.0  # no degree of a meridian is shorter, nor one of longitude on the equator
LOOKBACK = 2000  # fixes: a wrong stretch longer than this (33 min of one a second) is not bridged


@njit(cache=True, nogil=True)
def metres(lon_a, lat_a, lon_b, lat_b):
    """Distance of two places in m."""
    east, north = offset_m(lon_a, lat_a, lon_b, lat_b)
    return math.hypot(east, north)


@njit(cache=True, nogil=True)
def offset_m(lon_a, lat_a, lon_b, lat_b):
    """Metres east and north from a to b."""
    middle = math.radians(0.5 * (lat_a + lat_b))
    curve = 1.0 - ECCENTRICITY_2 * math.sin(middle) ** 2
    turned = lon_b - lon_a
    if turned > 180.0:
        turned -= 360.0
    elif turned < -180.0:
        turned += 360.0
    east = math.radians(turned) * AXIS_M / math.sqrt(curve) * math.cos(middle)
    north = math.radians(lat_b - lat_a) * AXIS_M * (1.0 - ECCENTRICITY_2) / curve**1.5
    return east, north


@njit(cache=True, nogil=True)
def allowance_m(seconds, accuracy_a, accuracy_b, noise_m):
    """How far noise alone may set two fixes apart: those of one instant share it, so it grows over a second."""
    return min(seconds, 1.0) * max(noise_m, math.hypot(accuracy_a, accuracy_b))


@njit(cache=True, nogil=True)
def hurried(time_us, lon, lat, accuracy_m, noise_m, slow_m_s):
    """(n - 1,) which steps from a fix to the next are faster than `slow_m_s` and noise explain."""
    fast = np.zeros(max(len(time_us) - 1, 0), np.bool_)
    for i in range(len(fast)):
        seconds = (time_us[i + 1] - time_us[i]) / 1e6
        allowed = slow_m_s * seconds + allowance_m(seconds, accuracy_m[i], accuracy_m[i + 1], noise_m)
        fast[i] = metres(lon[i], lat[i], lon[i + 1], lat[i + 1]) > allowed
    return fast


@njit(cache=True, nogil=True)
def offsets_m(lon, lat):
    """(n - 1, 2) metres east and north from each fix to the next."""
    steps = np.empty((max(len(lon) - 1, 0), 2))
    for i in range(len(lon) - 1):
        steps[i, 0], steps[i, 1] = offset_m(lon[i], lat[i], lon[i + 1], lat[i + 1])
    return steps


@njit(cache=True, nogil=True)
def repeated(time_us, lon, lat, order, within_us, within_m):
    """Which fixes repeat one that comes earlier in `order` and is no repetition itself.

    What remains is pairwise different, so that cleaning it again finds no repetition.
    """
    count = len(time_us)
    again = np.zeros(count, np.bool_)
    for rank in range(count):
        i = order[rank]
        if again[i]:
            continue
        for step in (-1, 1):
            j = i + step
            while 0 <= j < count and abs(time_us[j] - time_us[i]) < within_us:
                if not again[j] and metres(lon[i], lat[i], lon[j], lat[j]) <= within_m:
                    again[j] = True
                j += step
    return again


@njit(cache=True, nogil=True)
def ridden(time_us, lon, lat, half_s, gap_s, slow_m_s, top_m_s):
    """Which fixes lie inside a stretch that is fast in both its halves of `half_s` and leads on.

    A single wrong fix makes one half fast, not both, or leads back to where it began.
    """
    count = len(time_us)
    inside = np.zeros(count, np.bool_)
    for i in range(count):
        middle = i + 1
        while middle < count and time_us[middle] - time_us[i] < half_s * 1e6:
            middle += 1
        end = middle + 1
        while end < count and time_us[end] - time_us[middle] < half_s * 1e6:
            end += 1
        if end >= count:
            break
        first_s, second_s = (time_us[middle] - time_us[i]) / 1e6, (time_us[end] - time_us[middle]) / 1e6
        if first_s > gap_s or second_s > gap_s:
            continue
        first_m = metres(lon[i], lat[i], lon[middle], lat[middle])
        second_m = metres(lon[middle], lat[middle], lon[end], lat[end])
        fast = slow_m_s * first_s < first_m <= top_m_s * first_s
        fast = fast and slow_m_s * second_s < second_m <= top_m_s * second_s
        if fast and metres(lon[i], lat[i], lon[end], lat[end]) > max(first_m, second_m):
            inside[i + 1 : end] = True
    return inside


@njit(cache=True, nogil=True)
def believable(time_us, lon, lat, accuracy_m, noise_m, slow_m_s, top_m_s, ride_s, ride_cost):
    """The fixes of the best chain in which each can be reached from the one before.

    A step up to `slow_m_s` and noise is free; a faster one up to `top_m_s` that takes `ride_s` costs `ride_cost`
    fixes; a faster one is impossible. Best is most fixes less costs, then the shortest way. The best total up to
    each fix bounds how far back it pays to look, so that a clean track takes one look back per fix.
    """
    count = len(time_us)
    score, way = np.empty(count), np.empty(count)
    before = np.full(count, -1, np.int64)
    top = np.empty(count)
    shrink = np.cos(np.radians(lat))  # of a degree of longitude
    worst_m = max(noise_m, 1.5 * accuracy_m.max()) if count > 0 else 0.0  # no pair is allowed more for noise
    for i in range(count):
        best, best_way = 1.0, 0.0
        for j in range(i - 1, max(i - LOOKBACK, 0) - 1, -1):
            if top[j] + 1.0 < best:
                break
            seconds = (time_us[i] - time_us[j]) / 1e6
            reach_m = top_m_s * seconds + worst_m
            apart = abs(lon[i] - lon[j])
            if LEAST_DEGREE_M * abs(lat[i] - lat[j]) > reach_m:
                continue
            if apart < 180.0 and LEAST_DEGREE_M * apart * min(shrink[i], shrink[j]) > reach_m:
                continue
            near_m = slow_m_s * seconds + allowance_m(seconds, accuracy_m[i], accuracy_m[j], noise_m)
            step_m = metres(lon[j], lat[j], lon[i], lat[i])
            cost = 0.0
            if step_m > near_m:
                if seconds < ride_s or step_m > top_m_s * seconds:
                    continue
                cost = ride_cost
            reached, reached_way = score[j] + 1.0 - cost, way[j] + step_m
            if reached > best or (reached == best and before[i] >= 0 and reached_way < best_way):
                best, best_way = reached, reached_way
                before[i] = j
        score[i], way[i] = best, best_way
        top[i] = best if i == 0 else max(best, top[i - 1])
    kept = np.zeros(count, np.bool_)
    last = -1
    for i in range(count):
        if last < 0 or score[i] > score[last] or (score[i] == score[last] and way[i] < way[last]):
            last = i
    while last >= 0:
        kept[last] = True
        last = before[last]
    return kept


@njit(cache=True, nogil=True)
def stops(time_us, lon, lat, accuracy_m, walk, radius_m, least_s):
    """Number of the stop each fix belongs to, -1 on the move: fixes of one walk around their running middle."""
    count = len(time_us)
    stop = np.full(count, -1, np.int64)
    number, i = 0, 0
    while i < count:
        east, north = 0.0, 0.0  # sums of offsets from the first fix
        end = i + 1
        while end < count and walk[end] == walk[i]:
            there_east, there_north = offset_m(lon[i], lat[i], lon[end], lat[end])
            members = end - i
            apart = math.hypot(there_east - east / members, there_north - north / members)
            if apart > max(radius_m, accuracy_m[end]):
                break
            east += there_east
            north += there_north
            end += 1
        if end - i > 1 and time_us[end - 1] - time_us[i] >= least_s * 1e6:
            stop[i:end] = number
            number += 1
            i = end
        else:
            i += 1
    return stop


@njit(cache=True, nogil=True)
def stepped(lon, lat, walk, fixed, step_m):
    """Metres of each step of a path that counts: (n,) the way to each vertex from the last that counted.

    Vertices nearer than `step_m` to the last one count only where they are `fixed` (stops) or end their walk.
    """
    count = len(lon)
    way = np.zeros(count)
    last = -1
    for i in range(count):
        if last < 0 or walk[i] != walk[last]:
            last = i
            continue
        ends = i + 1 == count or walk[i + 1] != walk[i]
        length = metres(lon[last], lat[last], lon[i], lat[i])
        if length >= step_m or ends or fixed[i]:
            way[i] = length
            last = i
    return way
