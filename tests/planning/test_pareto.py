"""The front of station plans: complete and without a plan that another beats, against brute force."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.errors import InfeasiblePlan
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning import metrics
from gridmgmt.planning.merge import parent_pools
from gridmgmt.planning.merging.front import merge_front
from gridmgmt.planning.merging.groups import Pool
from gridmgmt.planning.merging.pareto import combined_figures, joined, pareto_front, undominated

Point = tuple[int, int, int, int]
LOW, HIGH = 6000, 10000


def pool_of(households: list[int], columns: int, upgrade: list[int]) -> tuple[GeoDataFrame, Pool]:
    place = np.arange(len(households))
    x, y = place % columns * 500.0, place // columns * 500.0
    frame = GeoDataFrame({"households": households}, geometry=shapely.box(x, y, x + 500, y + 500), crs=4547)
    [found] = parent_pools(frame, "households", None, LOW, HIGH)
    return frame, replace(found.pool, upgrade=np.asarray(upgrade))


def labellings(size: int) -> list[list[int]]:
    plans = [[0]]
    for _ in range(size - 1):
        plans = [[*plan, label] for plan in plans for label in range(max(plan) + 2)]
    return plans


def every_point(frame: GeoDataFrame, pool: Pool) -> set[Point]:
    """(violation, stations, travel, upgrade) of every connected plan with every choice of sites."""
    near, points = adjacency(frame.geometry), set()
    for labels in map(np.asarray, labellings(len(pool))):
        if metrics.not_contiguous(near, labels):
            continue
        sums: set[Point] = {(0, 0, 0, 0)}
        for part in range(labels.max() + 1):
            members = np.flatnonzero(labels == part)
            violation = pool.violation(int(pool.weights[members].sum()))
            travel = np.rint(pool.travel[np.ix_(members, members)].sum(axis=0)).astype(int)
            sites = zip(travel.tolist(), pool.upgrade[members].tolist(), strict=True)
            sums = {(v + violation, s + 1, t + way, u + cost) for way, cost in sites for v, s, t, u in sums}
        points |= sums
    return points


def front_of(points: set[Point]) -> list[Point]:
    least = min(point[0] for point in points)
    some = sorted(point for point in points if point[0] == least)
    beaten = (p for p in some if any(q != p and all(a <= b for a, b in zip(q, p, strict=True)) for q in some))
    return sorted(set(some) - set(beaten))


@settings(max_examples=20)
@given(st.data())
def test_the_front_is_what_brute_force_leaves(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 5))
    households = data.draw(st.lists(st.integers(500, 9000), min_size=size, max_size=size))
    upgrade = data.draw(st.lists(st.integers(0, 3).map(lambda steps: 200 * steps), min_size=size, max_size=size))
    frame, pool = pool_of(households, data.draw(st.integers(1, 3)), upgrade)
    front = [(plan.violation, plan.stations, plan.travel, plan.upgrade) for plan in pareto_front(pool)]
    assert sorted(front) == front_of(every_point(frame, pool))


def test_two_fronts_side_by_side() -> None:
    _, pool = pool_of([3000, 3000, 3000, 3000, 3500, 2500], 3, [0, 500, 200, 700, 0, 300])
    front = pareto_front(pool)
    both = joined(front, front)
    figures = combined_figures([front, front])
    assert len(both) == len(figures)
    assert {(plan.stations, plan.travel) for plan in both} == {(row[1], row[2]) for row in figures.tolist()}
    assert both[0].violation == 2 * front[0].violation


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 4), min_size=1, max_size=40))
def test_undominated_rows_are_those_nothing_beats(rows: list[Point]) -> None:
    kept = [rows[row] for row in undominated(np.asarray(rows)).tolist()]
    beaten = {p for p in rows for q in rows if q != p and all(a <= b for a, b in zip(q, p, strict=True))}
    assert sorted(kept) == sorted(set(rows) - beaten)


def test_locks_across_water_leave_no_front() -> None:
    islands = GeoDataFrame(
        {"households": [7000, 7000], "lock": ["a", "a"]}, geometry=shapely.box([0, 900], 0, [500, 1400], 500), crs=4547
    )
    with pytest.raises(InfeasiblePlan):
        merge_front(islands, parent=None, locks="lock")
