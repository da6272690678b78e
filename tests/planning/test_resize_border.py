"""Of plans that move as many households the one with the shortest border is kept."""

import geopandas
import numpy as np
import shapely

from gridmgmt.planning.resize import resize

SIDE_M = 100.0


def test_a_community_is_cut_straight() -> None:
    """8 × 8 blocks of 50 households in one community: 40 stay, 24 leave, three full columns are the shortest cut."""
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(8), np.arange(8)))
    blocks = shapely.box(SIDE_M * column, SIDE_M * row, SIDE_M * (column + 1), SIDE_M * (row + 1))
    units = geopandas.GeoDataFrame({"households": [50] * 64, "community": ["A"] * 64}, geometry=blocks, crs="EPSG:4547")
    plan = resize(units, current="community", households="households")
    assert sorted(plan.parts["households"]) == [1200, 2000]
    border_m = (plan.parts.length.sum() - 4 * 8 * SIDE_M) / 2
    assert border_m == 8 * SIDE_M
