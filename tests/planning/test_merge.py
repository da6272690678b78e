"""Station areas: exact against brute force, whole, inside their parent, with reasons where the range cannot be met."""

from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.errors import InfeasiblePlan, InvalidInput, UnknownColumn
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning import metrics
from gridmgmt.planning.merge import merge, parent_pools, station_pools
from gridmgmt.planning.merging import largeplan
from gridmgmt.planning.merging.columnchoice import choose
from gridmgmt.planning.merging.groups import Group
from gridmgmt.planning.merging.largepool import least_violation
from gridmgmt.planning.merging.listing import UNLIMITED, listing
from gridmgmt.planning.merging.pricedgroups import groups_within
from gridmgmt.planning.merging.prices import costs_listed, costs_of
from gridmgmt.planning.merging.setpartition import cover_by_count
from gridmgmt.planning.merging.stations import plans_by_count

Labels = list[int]


def blocks(households: list[int], columns: int, parents: list[str] | None = None) -> GeoDataFrame:
    """Squares of 500 m in rows of `columns`, filled row by row."""
    place = np.arange(len(households))
    x, y = place % columns * 500.0, place // columns * 500.0
    frame = GeoDataFrame({"households": households}, geometry=shapely.box(x, y, x + 500, y + 500), crs=4547)
    return frame if parents is None else frame.assign(parent_code=parents)


def partitions(size: int) -> Iterator[Labels]:
    """Every partition of 0…size−1, as restricted growth strings."""

    def grow(labels: Labels) -> Iterator[Labels]:
        if len(labels) == size:
            yield labels
            return
        for label in range(max(labels, default=-1) + 2):
            yield from grow([*labels, label])

    return grow([])


def least_cost(frame: GeoDataFrame, low: int, high: int) -> tuple[int, int]:
    """(violation, stations) of the best plan, by looking at every partition."""
    near, weights = adjacency(frame.geometry), frame["households"].to_numpy()
    best = (10**9, 0)
    for labels in map(np.asarray, partitions(len(frame))):
        if metrics.not_contiguous(near, labels) == 0:
            sums = metrics.part_weights(labels, weights)
            violation = int((np.maximum(low - sums, 0) + np.maximum(sums - high, 0)).sum())
            best = min(best, (violation, len(sums)))
    return best


def listed_groups(frame: GeoDataFrame) -> list[Group]:
    [pool] = parent_pools(frame, "households", None, 6000, 10000)
    return groups_within(pool.pool, 10**6) or []


@settings(max_examples=25)
@given(st.lists(st.integers(0, 13000), min_size=1, max_size=7), st.integers(1, 4))
def test_it_equals_brute_force_on_small_pools(households: list[int], columns: int) -> None:
    frame = blocks(households, columns)
    report = merge(frame, parent=None).report
    values = tuple(goal["value"] for goal in report["objectives"][:2])
    possible = any(group.violation == 0 for group in listed_groups(frame))
    assert report["status"] == ("optimal" if possible else "infeasible")
    assert values == least_cost(frame, 6000, 10000)


@settings(max_examples=25)
@given(st.data())
def test_every_station_is_whole_and_inside_its_parent(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 16))
    households = data.draw(st.lists(st.integers(0, 9000), min_size=size, max_size=size))
    parents = data.draw(st.lists(st.sampled_from("ab"), min_size=size, max_size=size))
    frame = blocks(households, 4, parents)
    result = merge(frame)
    labels = result.units["part"].to_numpy()
    assert metrics.not_contiguous(adjacency(frame.geometry), labels) == 0
    assert (result.units.groupby("part")["parent_code"].nunique() == 1).all()
    assert result.parts["households"].sum() == sum(households)
    assert {u["part"] for u in result.report["unmet"]} == set(result.parts.loc[result.parts["violation"] > 0, "part"])
    assert all(goal["bound"] <= goal["value"] for goal in result.report["objectives"])


def test_a_lone_small_community_and_a_large_one_are_named_with_their_reason() -> None:
    frame = blocks([800, 6500, 12500], 3, ["a", "b", "c"]).assign(code=["A", "B", "C"])
    unmet = merge(frame).report["unmet"]
    assert [(row["units"], row["reason"]) for row in unmet] == [
        (["A"], "single_below_low_no_neighbour"),
        (["C"], "single_community_above_high"),
    ]


def test_points_have_no_borders_to_join_by() -> None:
    frame = blocks([4000, 4000], 2)
    points = frame.set_geometry(frame.geometry.centroid)
    with pytest.raises(InvalidInput, match="a point or a line"):
        merge(points, parent=None)
    apart = frame.set_geometry(frame.geometry.buffer(-50))
    assert merge(apart, parent=None).report["remarks"] == ["no_shared_borders"]


def test_a_large_community_alone_is_named_as_the_exception_it_may_be() -> None:
    report = merge(blocks([7000, 12500], 2).assign(code=["A", "B"]), parent=None).report
    [exception] = report["exceptions"]
    assert (exception["units"], exception["households"], exception["above"]) == (["B"], 12500, 2500)
    assert report["status"] == "optimal"


def test_villages_share_a_station_while_two_workers_serve_them() -> None:
    result = merge(blocks([150, 200, 400, 900], 4), parent=None, rural=True)
    assert sorted(result.parts["households"]) == [350, 400, 900]
    assert result.report["unmet"] == []


def test_weights_make_one_price_of_several_goals() -> None:
    frame = blocks([3000, 3000, 3000, 3000], 2).assign(kind=["x", "x", "y", "y"], lacks=[0, 900, 0, 900])
    mixed = merge(frame, parent=None, weights={"stations": 1}, kinds="kind", upgrade="lacks")
    pure = merge(frame, parent=None, weights={"type": 1, "upgrade": 1}, kinds="kind", upgrade="lacks")
    assert pure.units["part"].tolist() == [0, 0, 1, 1]
    assert pure.parts["site"].tolist() == [0, 2]
    assert pure.report["objectives"][1]["value"] == 0
    assert [row["name"] for row in mixed.report["prices"]] == ["stations"]
    with pytest.raises(InvalidInput, match="no weight 'wlak'"):
        merge(frame, parent=None, weights={"wlak": 1})


def test_neighbours_of_another_parent_are_not_joined() -> None:
    assert merge(blocks([4000, 4000], 2, ["a", "b"])).report["parts"] == 2
    assert merge(blocks([4000, 4000], 2, ["a", "a"])).report["parts"] == 1


def test_touching_in_a_corner_is_no_neighbourhood() -> None:
    frame = GeoDataFrame(
        {"households": [4000, 4000]}, geometry=shapely.box([0, 500], [0, 500], [500, 1000], [500, 1000])
    )
    assert merge(frame.set_crs(4547), parent=None).report["parts"] == 2


def test_locks_hold_rows_together_and_apart() -> None:
    frame = blocks([4000, 4000, 4000, 4000], 4).assign(lock=["x", "", "", "x"])
    with pytest.raises(InfeasiblePlan):
        merge(frame.iloc[[0, 3]], parent=None, locks="lock")
    whole = merge(frame.assign(lock=["x", "x", "y", None]), parent=None, locks="lock")
    assert whole.units["part"].tolist() == [0, 0, 1, 1]


def test_the_better_premises_win_before_the_shorter_walk() -> None:
    frame = blocks([3000, 3000, 3000], 3)
    assert merge(frame, parent=None).parts["site"].tolist() == [1]
    assert merge(frame, parent=None, site_rank=np.array([1, 1, 0])).parts["site"].tolist() == [2]


def test_the_site_follows_the_order_of_the_goals() -> None:
    frame = blocks([3000, 3000, 3000], 3).assign(lacking=[0, 40, 20])
    by_walk = merge(frame, parent=None, upgrade="lacking", goals=("stations", "walk", "upgrade"))
    by_upgrade = merge(frame, parent=None, upgrade="lacking", goals=("stations", "upgrade", "walk"))
    assert [plan.parts["site"].tolist() for plan in (by_walk, by_upgrade)] == [[1], [0]]
    assert [goal["value"] for goal in by_upgrade.report["objectives"]] == [0, 1, 0, 4_500_000]


def test_staff_are_shared_over_the_whole_parent() -> None:
    islands = blocks([7000, 0, 7000], 3).assign(staff=[10, 0, 4]).drop(index=1)
    assert merge(islands, parent=None, staff="staff", goals=("staff",)).report["objectives"][1]["value"] == 600


def test_locks_apart_are_joined_by_what_lies_between_in_a_large_pool_too() -> None:
    frame = blocks([1100] * 40, 8).assign(lock=[None] * 9 + ["a", None, "a"] + [None] * 28)
    plan = merge(frame, parent=None, locks="lock", time_limit_s=0.1)
    assert plan.units["part"][9] == plan.units["part"][11]
    assert plan.report["not_contiguous"] == 0
    assert merge(frame.assign(households=0), parent=None, locks="lock").report["parts"] == 1


def test_what_no_number_of_stations_can_hold_is_a_bound() -> None:
    [where] = parent_pools(blocks([1000] * 44, 11), "households", None, 9990, 10000)
    assert least_violation(where.pool) == 4000


def test_the_best_plan_for_every_number_of_stations() -> None:
    frame = blocks([3000, 3000, 3000, 3000], 2)
    [pool] = parent_pools(frame, "households", None, 6000, 10000)
    front = plans_by_count(pool.pool)
    assert sorted(front) == [1, 2, 3, 4]
    assert {count: plan.values[0] for count, plan in front.items()} == {1: 2000, 2: 0, 3: 6000, 4: 12000}


def test_a_column_part_is_not_overwritten() -> None:
    with pytest.raises(InvalidInput, match="column 'part'"):
        merge(blocks([6000, 6000], 2).assign(part=0), parent=None)


def test_input_that_is_not_as_described_is_refused() -> None:
    frame = blocks([1, 2], 2)
    with pytest.raises(UnknownColumn):
        merge(frame, parent="nowhere")
    with pytest.raises(InvalidInput):
        merge(frame.assign(households=[1.5, 2]), parent=None)
    with pytest.raises(InvalidInput):
        merge(frame, parent=None, low=10, high=5)
    for goals in (("nonsense",), ("upgrade",), ("staff",), ("type",)):  # unknown, or without what they are read from
        with pytest.raises(InvalidInput):
            merge(frame, parent=None, goals=goals)  # type: ignore[arg-type]
    for travel in (np.zeros((3, 3)), np.full((2, 2), np.inf)):
        with pytest.raises(InvalidInput):
            merge(frame, parent=None, travel=travel)
    bow_tie = shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
    with pytest.raises(InvalidInput):
        merge(frame.set_geometry([shapely.Polygon(), frame.geometry[1]], crs=4547), parent=None)
    mended = merge(frame.set_geometry([bow_tie, frame.geometry[1]], crs=4547), parent=None)
    assert mended.report["warnings"] == [{"reason": "mended_units", "count": 1, "units": [0]}]
    assert mended.parts.geometry.is_valid.all()
    with pytest.raises(InfeasiblePlan, match="of a and of b"):
        merge(frame.assign(p=["a", "b"], lock="x"), parent="p", locks="lock")


def test_degrees_are_measured_in_metres() -> None:
    frame = blocks([4000, 3000, 7000], 3)
    degrees = frame.set_geometry(
        shapely.transform(frame.geometry.to_numpy(), lambda xy: xy + np.array([500000, 2493000])), crs=4547
    )
    result = merge(degrees.to_crs(4326), parent=None)
    assert result.units["part"].tolist() == [0, 0, 1]
    assert result.parts.crs.to_epsg() == 4326
    assert result.parts["walk_m"].max() < 501


def test_a_large_pool_is_proven_by_its_columns() -> None:
    rng = np.random.default_rng(3)
    report = merge(blocks(rng.integers(900, 1900, 36).tolist(), 6), parent=None, time_limit_s=100).report
    assert report["share_in_range"] == 1.0
    assert report["status"] == "optimal"
    assert all(goal["bound"] == goal["value"] for goal in report["objectives"])


def test_a_stopped_search_still_ends_with_a_bound() -> None:
    rng = np.random.default_rng(3)
    report = merge(blocks(rng.integers(900, 1900, 36).tolist(), 6), parent=None, time_limit_s=0.01).report
    assert report["share_in_range"] == 1.0
    assert all(0 < goal["bound"] <= goal["value"] for goal in report["objectives"][1:])


def test_the_programme_and_the_columns_agree() -> None:
    rng = np.random.default_rng(7)
    [pool] = parent_pools(blocks(rng.integers(500, 9000, 16).tolist(), 4), "households", None, 6000, 10000)
    groups = groups_within(pool.pool, 6000) or []
    masks, goals = [group.mask for group in groups], ("violation", "stations", "walk")
    by_count = cover_by_count(16, masks, costs_of(goals, groups)) or {}
    best = min(found.values for found in by_count.values())
    listed = listing(pool.pool, 6000)
    assert listed is not None
    assert {listed.group(row).mask: listed.group(row) for row in range(len(listed))} == dict(
        zip(masks, groups, strict=True)
    )
    start = listed.rows_of(masks[row] for row in by_count[max(by_count)].chosen)
    chosen = choose(listed.members, costs_listed(goals, listed), start, [0, 0, 0], 16, 16, UNLIMITED)
    assert chosen.values == chosen.bounds == best


def test_more_groups_than_can_be_listed_still_give_a_plan_and_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(largeplan, "can_be_priced_by_site", lambda *_: False)
    monkeypatch.setattr(largeplan, "listing", lambda *_: None)
    rng = np.random.default_rng(3)
    report = merge(blocks(rng.integers(900, 1900, 36).tolist(), 6), parent=None, time_limit_s=100).report
    assert report["share_in_range"] == 1.0
    assert report["status"] == "feasible"
    assert all(0 < goal["bound"] <= goal["value"] for goal in report["objectives"][1:])


@settings(max_examples=15)
@given(st.data())
def test_the_listing_is_the_plain_list(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 9))
    households = data.draw(st.lists(st.integers(0, 9000), min_size=size, max_size=size))
    locks = data.draw(st.lists(st.sampled_from([None, "a", "b"]), min_size=size, max_size=size))
    frame = blocks(households, data.draw(st.integers(1, 4))).assign(
        lock=locks, staff=range(size), kind=[str(place % 3) for place in range(size)], m2=range(0, 10 * size, 10)
    )
    weights = {"walk": 1.0, "upgrade": data.draw(st.sampled_from([0.0, 90.0]))}
    how = {"locks": "lock", "staff": "staff", "kinds": "kind", "upgrade": "m2", "weights": weights}
    [where] = station_pools(frame, parent=None, rural=data.draw(st.booleans()), low=3000, high=9000, **how)
    slack = data.draw(st.sampled_from([0, 800]))
    listed = listing(where.pool, slack)
    assert listed is not None
    plain = {group.mask: group for group in groups_within(where.pool, slack) or []}
    assert {listed.mask(row): listed.group(row) for row in range(len(listed))} == plain


def test_every_parent_that_is_done_is_told_with_what_is_proven() -> None:
    done: list[tuple[int, int]] = []
    heard: list[tuple[float, float]] = []
    frame = blocks([4000, 3000, 900, 7000], 2, ["A", "A", "B", "C"])
    merge(frame, progress=lambda *said: done.append(said), so_far=lambda *said: heard.append(said))
    assert done == [(1, 3), (2, 3), (3, 3)]
    assert heard == [(0, 0), (5100, 5100), (5100, 5100)]


@pytest.mark.parametrize(
    ("shape", "said"),
    [(None, "1 units have no geometry"), (shapely.Point(5, 5), "1 of 2 communities have no area")],
)
def test_a_community_without_ground_is_told_from_one_without_geometry(shape: object, said: str) -> None:
    squares = GeoDataFrame({"households": [4000, 3000]}, geometry=[shapely.box(0, 0, 9, 9), shape], crs=4547)
    with pytest.raises(InvalidInput, match=said):
        merge(squares, parent=None)
