"""Every planning task can be stopped by whoever asked for it, and still ends with a whole plan and its bound."""

import geopandas
import numpy as np
import shapely

from gridmgmt.planning import divide, merge


def lattice(side: int, households: int) -> geopandas.GeoDataFrame:
    x, y = (axis.ravel() * 100.0 for axis in np.meshgrid(np.arange(side), np.arange(side)))
    homes = np.full(len(x), households)
    return geopandas.GeoDataFrame({"households": homes}, geometry=shapely.box(x, y, x + 100, y + 100), crs=4547)


def test_cancelled_grids_are_whole_and_hold_everybody() -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return True

    plan = divide(lattice(12, 40), cancelled=cancelled)
    assert asked
    assert plan.report["not_contiguous"] == 0
    assert plan.parts["households"].sum() == 144 * 40
    assert plan.report["objective"]["bound"] <= plan.report["objective"]["value"]


def test_cancelled_stations_are_whole_and_hold_everybody() -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return True

    frame = lattice(8, 1100)
    plan = merge(frame, parent=None, cancelled=cancelled)
    assert asked
    assert plan.report["not_contiguous"] == 0
    assert plan.parts["households"].sum() == 64 * 1100
    assert all(goal["bound"] <= goal["value"] for goal in plan.report["objectives"])
