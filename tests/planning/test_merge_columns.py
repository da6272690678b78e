"""Plans mended among columns, and goals decided by an assignment to sites: beside brute force and exact plans."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridmgmt.planning.merge import station_pools
from gridmgmt.planning.merging.columnchoice import _decided_small
from gridmgmt.planning.merging.columngen import Relaxation, relax
from gridmgmt.planning.merging.columnmending import mended
from gridmgmt.planning.merging.listing import UNLIMITED, listing
from gridmgmt.planning.merging.pricedgroups import price
from gridmgmt.planning.merging.prices import Goal, costs_listed, costs_of, site_order
from gridmgmt.planning.merging.sitemodel import assigned, is_decided_by_sites
from gridmgmt.planning.merging.stations import plan_pool
from tests.planning.test_merge import blocks
from tests.planning.test_merge_goals import all_alone, best_of_all, drawn_pool, is_group


@pytest.mark.parametrize("goal", ["walk", "type", "staff"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_cover_is_mended_towards_the_best(goal: Goal, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = blocks(rng.integers(1200, 2000, 30).tolist(), 5).assign(
        kind=rng.choice(["x", "y"], 30), staff=rng.integers(1, 9, 30)
    )
    [where] = station_pools(frame, parent=None, kinds="kind", staff="staff")
    pool = replace(where.pool, order=site_order((goal,)))
    listed = listing(pool, 0)
    assert listed is not None
    strips = [price(pool, sum(1 << node for node in range(5 * row, 5 * row + 5))) for row in range(6)]
    start = np.sort(listed.rows_of(group.mask for group in strips))
    relaxation = Relaxation(30, listed.members, costs_listed([goal], listed)[:, 0].astype(float), 6)
    best = mended(relaxation, relax(relaxation, start, UNLIMITED), start, _decided_small, UNLIMITED)
    assert sum(listed.mask(row) for row in best.tolist()) == (1 << 30) - 1
    exact = plan_pool(pool, (goal,))
    assert exact is not None
    value = int(relaxation.cost[best].sum())
    assert exact.bounds[1] <= value < relaxation.cost[start].sum()
    assert goal == "staff" or value <= 1.02 * exact.values[1]


@settings(max_examples=40)
@given(st.data())
def test_sites_are_assigned_as_brute_force_would(data: st.DataObject) -> None:
    goal: Goal = data.draw(st.sampled_from(["upgrade", "premises"]))
    pool = drawn_pool(data, None, (goal,), data.draw(st.integers(3, 6)))
    known = all_alone(pool)
    pool = replace(pool, low=0, high=max(pool.high, *(group.households for group in known)))
    assume(not pool.lone_exempt)
    plan = [price(pool, group.mask) for group in known]
    assert is_decided_by_sites(pool, ("violation", goal), plan)
    found = assigned(pool, goal, plan, UNLIMITED)
    least = best_of_all(pool, ("violation", goal), None)[1]
    value = int(np.asarray(costs_of([goal], plan)).sum())
    assert found.bound <= least
    if found.groups is None:
        assert found.bound == value == least
    else:
        assert sum(group.mask for group in found.groups) == (1 << len(pool)) - 1
        assert all(is_group(pool, group.mask) and not group.violation for group in found.groups)
        assert least <= int(np.asarray(costs_of([goal], found.groups)).sum()) < value
