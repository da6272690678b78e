"""What holds for every division of any tiled ground into grids."""

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.planning import metrics
from gridmgmt.planning.divide import divide

FEW = settings(max_examples=25)


@st.composite
def towns(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """4 to 30 square cells with 0 to 230 households in one or two communities."""
    columns, rows = draw(st.integers(2, 6)), draw(st.integers(2, 5))
    count = columns * rows
    x, y = (values.ravel() * 20.0 for values in np.meshgrid(np.arange(columns), np.arange(rows)))
    households = draw(st.lists(st.integers(0, 230), min_size=count, max_size=count))
    community = draw(st.lists(st.sampled_from("ab"), min_size=count, max_size=count))
    return gpd.GeoDataFrame(
        {"households": households, "community": community}, geometry=shapely.box(x, y, x + 20, y + 20), crs=4547
    )


@FEW
@given(towns(), st.integers(0, 3))
def test_grids_are_contiguous_and_keep_every_household_in_its_community(frame: gpd.GeoDataFrame, seed: int) -> None:
    plan = divide(frame, within="community", seed=seed)
    report = plan.report
    assert report["not_contiguous"] == 0
    assert plan.parts["households"].sum() == frame["households"].sum()
    assert (plan.units.groupby("part")["community"].nunique() == 1).all()
    loads = metrics.part_weights(plan.units["part"].to_numpy(), frame["households"].to_numpy())
    assert loads.tolist() == plan.parts["households"].tolist()
    assert shapely.area(plan.parts.geometry.to_numpy()).sum() == 400.0 * len(frame)
    for name in ("objective", "total_deviation"):
        assert report[name]["bound"] <= report[name]["value"]


@FEW
@given(towns(), st.integers(0, 5))
def test_equal_seeds_give_equal_grids(frame: gpd.GeoDataFrame, seed: int) -> None:
    first, second = (divide(frame, within="community", seed=seed) for _ in range(2))
    assert first.units["part"].tolist() == second.units["part"].tolist()
    assert first.report | {"elapsed_s": 0} == second.report | {"elapsed_s": 0}


@FEW
@given(towns())
def test_the_order_of_the_rows_changes_neither_bound_nor_what_is_out_of_range(frame: gpd.GeoDataFrame) -> None:
    turned = frame.sample(frac=1, random_state=1)
    one, other = (divide(case, within="community").report for case in (frame, turned))
    assert one["total_deviation"]["bound"] == other["total_deviation"]["bound"]
    assert one["objective"]["value"] == other["objective"]["value"]
