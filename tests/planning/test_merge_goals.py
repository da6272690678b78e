"""Every goal and combination against brute force: by the programme, by the listing, and site by site."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.planning.merge import station_pools
from gridmgmt.planning.merging import largeplan
from gridmgmt.planning.merging.groups import Group, Pool, mask_of, sub_pool
from gridmgmt.planning.merging.largeplan import SHORT
from gridmgmt.planning.merging.listing import UNLIMITED
from gridmgmt.planning.merging.neighbourhood import improved
from gridmgmt.planning.merging.pieces import components
from gridmgmt.planning.merging.poolplan import PoolPlan
from gridmgmt.planning.merging.pricedgroups import price, priced
from gridmgmt.planning.merging.prices import Goal, Weights, costs_of, site_order
from gridmgmt.planning.merging.smallcover import cheapest_cover
from gridmgmt.planning.merging.stations import plan_pool
from tests.planning.test_merge import blocks, partitions

GOALS: tuple[Goal, ...] = ("outside", "stations", "premises", "upgrade", "walk", "type", "staff")


def drawn_pool(data: st.DataObject, weights: Weights | None, goals: tuple[Goal, ...], size: int) -> Pool:
    """A connected pool with everything that plans can be priced by; villages and locks among them."""
    rural = data.draw(st.booleans())
    most = 900 if rural else 7000
    whole = st.integers(0, 9)

    def column(values: st.SearchStrategy[object]) -> list[object]:
        return data.draw(st.lists(values, min_size=size, max_size=size))

    homes = column(st.integers(0, most))
    frame = blocks([int(str(home)) for home in homes], data.draw(st.integers(2, 3))).assign(
        kind=column(st.sampled_from("xyz")), lacks=column(whole), staff=column(whole)
    )
    lock = data.draw(st.sampled_from([None, "a"]))
    frame = frame.assign(lock=[lock, lock] + [None] * (size - 2))
    [where] = station_pools(
        frame,
        parent=None,
        rural=rural,
        weights=weights,
        locks="lock",
        upgrade="lacks",
        kinds="kind",
        staff="staff",
        site_rank=np.asarray(column(st.integers(0, 2)), dtype=np.int64),
    )
    pool = replace(where.pool, order=site_order(goals))
    return sub_pool(pool, components(pool)[0])


def best_of_all(pool: Pool, goals: tuple[Goal, ...], weights: Weights | None) -> tuple[int, ...]:
    """The least values of all partitions into connected groups that keep the locks."""
    best: tuple[int, ...] | None = None
    for labels in partitions(len(pool)):
        masks = [mask_of(np.flatnonzero(np.asarray(labels) == part)) for part in range(max(labels) + 1)]
        if all(is_group(pool, mask) for mask in masks):
            costs = costs_of(goals, [price(pool, mask) for mask in masks], weights)
            values = tuple(np.asarray(costs).sum(axis=0).tolist())
            best = values if best is None else min(best, values)
    assert best is not None
    return best


def is_group(pool: Pool, mask: int) -> bool:
    reached = mask & -mask
    while True:
        more = reached
        for node in range(len(pool)):
            if reached >> node & 1:
                more |= pool.neighbours[node] & mask
        if more == reached:
            break
        reached = more
    return reached == mask and all(mask & lock in (0, lock) for lock in pool.lock_masks)


def check(pool: Pool, goals: tuple[Goal, ...], weights: Weights | None) -> None:
    best = best_of_all(pool, goals, weights)
    exact = plan_pool(pool, goals[1:], weights=weights)
    assert exact is not None
    assert exact.values == exact.bounds == best
    listed, by_site = (large(pool, goals, weights, short) for short in (SHORT, 0))
    assert listed.values == listed.bounds == best
    assert by_site.bounds <= best <= by_site.values
    assert not by_site.optimal or by_site.values == best


def all_alone(pool: Pool, *_: object) -> list[Group]:
    """A plan to begin with that is as bad as can be, but keeps the locks."""
    free = [1 << node for node in range(len(pool)) if pool.locks[node] < 0]
    return [price(pool, mask) for mask in [*free, *pool.lock_masks]]


def large(pool: Pool, goals: tuple[Goal, ...], weights: Weights | None, short: int) -> PoolPlan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(largeplan, "start_plan", all_alone)
        found = largeplan._planned(pool, goals, UNLIMITED, 0, weights, short)
    assert found is not None
    assert sum(group.mask for group in found.groups) == (1 << len(pool)) - 1
    return found


@settings(max_examples=40)
@given(st.data())
def test_many_groups_cost_what_each_costs(data: st.DataObject) -> None:
    goals = tuple(data.draw(st.permutations(("premises", "upgrade", "walk"))))
    weights: Weights | None = data.draw(st.sampled_from([None, {"walk": 0.5, "premises": 3.0, "upgrade": 40.0}]))
    pool = drawn_pool(data, weights, goals, data.draw(st.integers(3, 9)))
    masks = list(range(1, 1 << len(pool)))
    assert priced(pool, masks) == [price(pool, mask) for mask in masks]
    assert priced(pool, []) == []


@settings(max_examples=25)
@given(st.data())
def test_goals_in_any_order_are_those_of_brute_force(data: st.DataObject) -> None:
    asked = data.draw(st.lists(st.sampled_from(GOALS), min_size=1, max_size=3, unique=True))
    goals: tuple[Goal, ...] = ("violation", *asked)
    check(drawn_pool(data, None, goals[1:], data.draw(st.integers(3, 6))), goals, None)


@settings(max_examples=20)
@given(st.data())
def test_weights_are_those_of_brute_force(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(GOALS), min_size=1, max_size=4, unique=True))
    weights: dict[str, float] = {name: data.draw(st.sampled_from([0.3, 1.0, 40.0, 500.0])) for name in names}
    goals: tuple[Goal, ...] = ("violation", "weighted")
    check(drawn_pool(data, weights, goals[1:], data.draw(st.integers(3, 6))), goals, weights)


@pytest.mark.parametrize("goal", GOALS)
def test_a_plan_is_mended_and_never_made_worse(goal: Goal) -> None:
    rng = np.random.default_rng(5)
    frame = blocks(rng.integers(900, 1900, 36).tolist(), 6).assign(
        kind=rng.choice(["x", "y"], 36), lacks=rng.integers(0, 9, 36), staff=rng.integers(1, 9, 36)
    )
    rank = rng.integers(0, 3, 36)
    [where] = station_pools(frame, parent=None, kinds="kind", upgrade="lacks", staff="staff", site_rank=rank)
    pool = replace(where.pool, order=site_order((goal,)))
    goals: tuple[Goal, ...] = ("violation", goal)
    strips = [price(pool, sum(1 << node for node in range(6 * row, 6 * row + 6))) for row in range(6)]
    mended = improved(pool, strips, goals, None, UNLIMITED)
    before, after = (np.asarray(costs_of(goals, plan)).sum(axis=0).tolist() for plan in (strips, mended))
    assert after <= before
    assert sum(group.mask for group in mended) == (1 << 36) - 1
    assert all(is_group(pool, group.mask) for group in mended)


@settings(max_examples=200)
@given(st.data())
def test_the_cheapest_cover_is_that_of_all_partitions(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 6))
    masks = data.draw(st.lists(st.integers(1, 2**size - 1), min_size=1, max_size=30, unique=True))
    price_of = {mask: data.draw(st.integers(0, 9)) for mask in masks}
    sums = []
    for labels in partitions(size):
        parts = [mask_of(np.flatnonzero(np.asarray(labels) == part)) for part in range(max(labels) + 1)]
        if all(part in price_of for part in parts):
            sums.append(sum(price_of[part] for part in parts))
    costs = np.asarray([price_of[mask] for mask in masks], dtype=float)
    rows = cheapest_cover(np.asarray(masks), costs, size, 100.0, 100_000)
    assert (len(rows) > 0) == bool(sums)
    if sums:
        assert costs[rows].sum() == min(sums)
        assert sum(masks[row] for row in rows.tolist()) == 2**size - 1
