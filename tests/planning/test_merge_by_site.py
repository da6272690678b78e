"""Large pools: groups searched site by site are those of the plain list, and the plan is the best of all."""

import os

import numpy as np
import pytest
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.planning.merge import merge, station_pools
from gridmgmt.planning.merging import bysite, largeplan
from gridmgmt.planning.merging.groups import Pool
from gridmgmt.planning.merging.listing import UNLIMITED, listed_members
from gridmgmt.planning.merging.pricedgroups import groups_within
from gridmgmt.planning.merging.sitegen import Task, padded, priced
from gridmgmt.planning.merging.sitesearch import SiteSearch
from gridmgmt.planning.merging.stations import plan_pool
from gridmgmt.planning.quiet import stdout_to_stderr
from tests.planning.test_merge import blocks


def uneven(count: int, columns: int, seed: int = 3) -> GeoDataFrame:
    """Squares whose households differ much, as real communities' do."""
    homes = 1100 * np.random.default_rng(seed).lognormal(0, 0.4, count)
    return blocks(np.rint(homes).astype(int).tolist(), columns)


def search_of(pool: Pool) -> SiteSearch:
    return SiteSearch.of(pool, np.asarray(pool.travel, dtype=float), np.zeros(len(pool)), pool.site_rank)


@settings(max_examples=40)
@given(st.data())
def test_the_search_meets_every_group_below_its_ceiling_and_no_other(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 9))
    frame = blocks(
        data.draw(st.lists(st.integers(0, 9000), min_size=size, max_size=size)), data.draw(st.integers(1, 4))
    )
    frame = frame.assign(lock=data.draw(st.lists(st.sampled_from([None, "a", "b"]), min_size=size, max_size=size)))
    ranks = np.asarray(data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)))
    [where] = station_pools(frame, parent=None, low=3000, high=9000, locks="lock", site_rank=ranks)
    pool, ceiling = where.pool, data.draw(st.sampled_from([np.inf, 0.0, -2e6]))
    prices = np.asarray(data.draw(st.lists(st.integers(0, 4_000_000), min_size=size, max_size=size)), dtype=float)
    found = search_of(pool).below(prices, 3000, 9000, np.full(size, ceiling), 10_000, 100_000, UNLIMITED)
    cheap = {
        group.mask
        for group in groups_within(pool, 0) or []
        if pool.travel[group.members, group.site].sum() - prices[group.members].sum() <= ceiling + 1e-6
    }
    rows = listed_members(pool, padded(found.members, size)) if len(found.members) else []
    assert found.complete
    assert {rows.mask(row) for row in range(len(rows))} == cheap if len(rows) else not cheap  # type: ignore[union-attr]


def test_the_bound_of_the_prices_is_no_more_than_the_best_plan() -> None:
    [where] = station_pools(uneven(36, 6), parent=None, low=6000, high=10000)
    best = plan_pool(where.pool)
    assert best is not None
    assert best.optimal
    rows = np.full((len(best.groups), 36), 65535, dtype=np.uint16)
    for row, group in zip(rows, best.groups, strict=True):
        row[: len(group.members)] = group.members
    count = len(best.groups)
    found = priced(Task(search_of(where.pool), 6000, 10000, count, count), rows, UNLIMITED)
    assert 0.9 * best.values[-1] < found.bound <= best.values[-1]
    assert not found.stopped


@pytest.mark.parametrize(
    "asked", [{}, {"goals": ("walk",)}, {"weights": {"walk": 1.0, "stations": 900.0, "upgrade": 0.5}}]
)
def test_it_is_the_plan_of_the_complete_list(monkeypatch: pytest.MonkeyPatch, asked: dict[str, object]) -> None:
    frame = uneven(36, 6).assign(m2=[0, 700, 200, 900] * 9)
    how = asked | ({"upgrade": "m2"} if "weights" in asked else {})
    monkeypatch.setattr(largeplan, "SHORT", 0)
    by_site = merge(frame, parent=None, **how).report["objectives"]  # type: ignore[arg-type]
    monkeypatch.setattr(largeplan, "can_be_priced_by_site", lambda *_: False)
    listed = merge(frame, parent=None, **how).report["objectives"]  # type: ignore[arg-type]
    assert by_site == listed
    assert all(goal["value"] == goal["bound"] for goal in by_site)


def test_many_uneven_communities_are_near_the_best_and_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(largeplan, "SHORT", 0)
    frame = uneven(48, 8)
    one, two = (merge(frame, parent=None, time_limit_s=600) for _ in range(2))
    assert max(goal["gap"] for goal in one.report["objectives"]) <= 0.01
    assert one.units["part"].tolist() == two.units["part"].tolist()
    assert one.report["remarks"] == []


def test_the_clock_is_the_last_stop_and_the_report_says_so() -> None:
    report = merge(uneven(100, 10), parent=None, time_limit_s=0.5).report
    assert report["remarks"] == ["stopped_by_the_clock"]
    assert all(goal["bound"] <= goal["value"] for goal in report["objectives"])


def test_fewer_stations_are_found_among_the_groups_that_a_fuller_plan_prefers() -> None:
    [where] = station_pools(blocks([2500] * 16, 4), parent=None, low=4000, high=10000)
    pairs = plan_pool(where.pool, ("violation", "walk"))
    assert pairs is not None
    found = bysite.decided(where.pool, ("violation", "stations", "walk"), None, pairs.groups, UNLIMITED)
    assert len(pairs.groups) == 8
    assert found.values[:2] == found.bounds[:2] == (0, 4)


def test_what_a_library_prints_meanwhile_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with stdout_to_stderr(), stdout_to_stderr():
        os.write(1, b"noise")
    os.write(1, b"result")
    assert capfd.readouterr() == ("result", "noise")
