"""A town small enough to count by hand: 4 subdistricts × 6 communities × 4 grids, on a square raster near 114.1° E."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmgmt.messages import Language
from maps.base import Base
from maps.context import Context

WEST, SOUTH, CELL = 114.10, 22.54, 0.002  # a grid is about 205 m × 222 m


Rendered = Callable[[str, Language], str]


@dataclass(frozen=True)
class Town:
    """Frames in the contract's vocabulary."""

    subdistricts: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    base: Base


def _frame(columns: dict[str, object], shapes: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def _raster(across: int, up: int, cells: int) -> np.ndarray:
    """Boxes of `cells` × `cells` grid cells, row by row from the south-west."""
    column, row = np.meshgrid(np.arange(across), np.arange(up))
    step = cells * CELL
    west, south = WEST + column.ravel() * step, SOUTH + row.ravel() * step
    return shapely.segmentize(shapely.box(west, south, west + step, south + step), CELL)


def _streets() -> gpd.GeoDataFrame:
    across = [shapely.LineString([(WEST + x * CELL, SOUTH + y * CELL) for x in range(13)]) for y in range(9)]
    down = [shapely.LineString([(WEST + x * CELL, SOUTH + y * CELL) for y in range(9)]) for x in range(13)]
    kinds = ["expressway", "local", "collector", "local", "arterial", "local", "collector", "local", "path"]
    kinds += ["arterial" if x % 4 == 0 else "local" for x in range(13)]
    codes = [f"S{number:05d}" for number in range(22)]
    return _frame({"code": codes, "name": codes, "street_class": kinds}, across + down)


@pytest.fixture(scope="session")
def town() -> Town:
    subdistricts = _frame(
        {"code": [f"44030300{n}" for n in range(1, 7)], "name": list("东西南北中新")}, _raster(3, 2, 4)
    )
    communities = _frame(
        {"code": [f"c{n:02d}" for n in range(24)], "name": [f"社区{n}" for n in range(24)]}, _raster(6, 4, 2)
    )
    middle = communities.geometry.representative_point()
    owner = [next(i for i, s in enumerate(subdistricts.geometry) if s.contains(p)) for p in middle]
    communities["parent_code"] = subdistricts["code"].to_numpy()[owner]
    communities["households"] = 400 + 100 * (np.arange(24) % 7)
    communities["residents"] = communities["households"] * 3
    grids = _frame(
        {
            "code": [f"g{n:03d}" for n in range(96)],
            "name": [f"网格{n}" for n in range(96)],
            "kind": ["market" if n % 17 == 5 else "residential" for n in range(96)],
            "households": 90 + np.arange(96) % 25 * 5,
            "residents": 300,
            "length_m": np.where(np.arange(96) == 3, 0.0, 800.0),
            "covered_m": np.where(np.arange(96) == 3, 0.0, np.arange(96) % 11 * 80.0),
        },
        _raster(12, 8, 1),
    )
    stations = _frame(
        {
            "code": [f"440303001Z{n:02d}" for n in range(24)],
            "name": [f"社区{n}工作站" for n in range(24)],
            "station_type": "urban",
            "subdistrict_code": communities["parent_code"],
            "staff": 5,
            "office_m2": np.where(np.arange(24) % 3 == 0, 250.0, 120.0),
            "office_planned_m2": np.where(np.arange(24) % 3 == 1, 220.0, 120.0),
            "service_m2": 900.0,
            "service_planned_m2": 900.0,
            "plaza_m2": 0.0,
            "plaza_planned_m2": 0.0,
        },
        middle.to_numpy(),
    )
    points = grids.geometry.representative_point().to_numpy()
    buildings = _frame(
        {
            "code": [f"b{n}" for n in range(96)],
            "households": grids["households"],
            "community_code": [
                communities["code"][next(i for i, c in enumerate(communities.geometry) if c.contains(p))]
                for p in points
            ],
            "walk_before_m": np.arange(96) * 15.0,
            "walk_after_m": np.where(np.arange(96) == 9, np.nan, (95 - np.arange(96)) * 15.0),
        },
        shapely.buffer(points, CELL / 5, cap_style="square"),
    )
    river = _frame(
        {"code": ["W1"], "name": ["河"], "kind": ["river"]},
        [shapely.LineString([(WEST, SOUTH - 0.001), (WEST + 0.02, SOUTH + 0.018)])],
    )
    land = _frame(
        {"code": ["L1", "L2"], "name": ["湖", "山"], "kind": ["water", "green"]},
        [
            shapely.Point(WEST + 0.02, SOUTH + 0.012).buffer(0.002),
            shapely.box(WEST, SOUTH, WEST + 0.006, SOUTH + 0.004),
        ],
    )
    base = Base(subdistricts, communities, land, _streets(), river)
    return Town(subdistricts, communities, grids, stations, buildings, base)


@pytest.fixture(scope="session")
def context() -> Context:
    return Context(at=date(2006, 7, 1), place="罗湖区")


@pytest.fixture(scope="session")
def every_page(town: Town, context: Context) -> dict[str, Callable[[Context], str]]:
    """Every page of the room, by name, as a function of the context."""
    from maps import pages

    merged = town.communities.dissolve("parent_code", aggfunc={"households": "sum", "name": "first"}).reset_index()
    verdicts = [
        {
            "title": "6000–10000 户",
            "clause": "004 二(二)",
            "real": "partly",
            "optimal": "met",
            "real_figure": "61 / 83",
        },
        {"title": "人员总数不变", "clause": "004 二(五)", "real": "met", "optimal": "no_data"},
    ]
    both = (town.stations, town.stations.iloc[:6])
    return {
        "overview": lambda c: pages.overview(town.base, town.subdistricts, town.communities, town.stations, c),
        "grids": lambda c: pages.grids(town.base, town.grids, c),
        "households": lambda c: pages.grids(town.base, town.grids, c, measure="households"),
        "plan": lambda c: pages.plan(
            town.base, town.communities, merged, c, low=2000, high=4000, changed=town.communities.iloc[::3]
        ),
        "parts": lambda c: pages.parts_page(Base(), merged, c, low=2000, high=4000),
        "coverage": lambda c: pages.coverage(
            town.base, town.buildings, town.communities, c, stations_before=both[0], stations_after=both[1]
        ),
        "coverage_now": lambda c: pages.coverage(
            town.base, town.buildings, town.communities, c, stations_before=both[0]
        ),
        "patrols": lambda c: pages.patrols(
            town.base, town.grids, c, week="2006-07-03 – 2006-07-09", tracks=town.base.streets.iloc[:3]
        ),
        "replay": lambda c: pages.replay(
            town.base,
            merged,
            merged,
            c,
            low=2000,
            high=4000,
            stations=both,
            verdicts=verdicts,
            changed=town.communities.iloc[::5],
            figures=[["站数", 83, 77]],
        ),
    }


@pytest.fixture(scope="session")
def rendered(every_page: dict[str, Callable[[Context], str]], context: Context) -> Rendered:
    """Each page in each language, drawn once for all tests."""
    return cache(lambda name, language: every_page[name](replace(context, language=language)))
