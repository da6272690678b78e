"""What the report proves of a resized plan holds: on few units every plan there is has been looked at."""

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning import metrics
from gridmgmt.planning.resize import resize
from gridmgmt.planning.resizing.found import matched
from tests.planning.bruteforce import groupings

LOW, HIGH, COLUMNS, ROWS = 1000, 2000, 4, 2


def touched(home: NDArray[np.int64], labels: NDArray[np.int64], weights: NDArray[np.int64]) -> int:
    continues = matched(home, labels, weights)[0][labels]
    away = continues != home
    return len(np.setdiff1d(np.union1d(home[away], continues[away]), [-1]))


@pytest.mark.parametrize("seed", [1, 3, 4, 9])
def test_no_plan_in_range_is_below_the_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    place = np.arange(COLUMNS * ROWS)
    x, y = place % COLUMNS * 100.0, place // COLUMNS * 100.0
    frame = GeoDataFrame(geometry=shapely.box(x, y, x + 100, y + 100), crs=4547)
    weights, home = rng.integers(250, 800, len(place)), rng.integers(0, 4, len(place))
    report = resize(frame.assign(households=weights, today=home), current="today", low=LOW, high=HIGH).report
    near = adjacency(frame.geometry.to_numpy())
    plans = [
        (matched(home, labels, weights)[1], touched(home, labels, weights))
        for labels in groupings(len(place))
        if metrics.in_range(np.bincount(labels, weights=weights), LOW, HIGH).all()
        and metrics.not_contiguous(near, labels) == 0
    ]
    assert plans
    assert report["unmet"] == []
    moved, communities, border = report["objectives"]
    assert moved["bound"] <= min(plans)[0] == moved["value"]
    assert communities["bound"] <= min(count for _, count in plans) <= communities["value"]
    assert border["bound"] <= border["value"]


def test_units_that_cannot_be_grouped_are_the_reason() -> None:
    row = GeoDataFrame({"households": [700] * 3, "today": list("ABB")}, crs=4547,
                       geometry=shapely.box([0, 100, 200], 0, [100, 200, 300], 100))  # fmt: skip
    report = resize(row, current="today", low=1000, high=1300).report
    assert {entry["reason"] for entry in report["unmet"]} == {"units_do_not_pack"}
    assert resize(row.assign(stay=[True, False, False]), current="today", locks="stay", low=700, high=1400).report[
        "objectives"
    ][0] == {"name": "moved_households", "value": 0, "bound": 0, "gap": 0.0}
