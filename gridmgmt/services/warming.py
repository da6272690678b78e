"""A little of every kind of work that has compiled loops, so that they are compiled before somebody waits for them.

numba compiles a loop when it is first called and keeps it beside the source: on a fresh installation the first plan
and the first patrols would wait for half a minute. Here they are made on a lattice of blocks, in a few seconds more
than the compiling takes. Nothing is stored.
"""

import geopandas
import numpy as np
import pandas as pd
import shapely

from gridmgmt.field import clean_tracks
from gridmgmt.field.places import AreaIndex
from gridmgmt.field.streets import StreetIndex
from gridmgmt.geo.crs import WGS84
from gridmgmt.planning.divide import divide
from gridmgmt.planning.resize import resize
from gridmgmt.planning.service import coverage

CRS = "EPSG:4547"
WEST, SOUTH = 500_000.0, 2_500_000.0
BLOCK_M = 50.0


def warm_up() -> None:
    """Divide, resize, cover and patrol a little town."""
    _plan()
    _patrol()


def _plan() -> None:
    homes = _blocks(columns=24, rows=15, households=(12, 48))
    divide(homes)
    divide(_blocks(columns=6, rows=5, households=(60, 130)))
    villages = _blocks(columns=12, rows=8, households=(70, 130))
    villages["community"] = [f"{column // 3}" for column in range(12) for _ in range(8)]
    resize(villages, current="community")
    coverage(homes.set_geometry(homes.centroid), _streets(), geopandas.GeoDataFrame(geometry=homes.centroid[:2]))


def _patrol() -> None:
    streets, blocks = StreetIndex(_streets().geometry), AreaIndex(_blocks(columns=24, rows=15).geometry)
    seconds = np.arange(600)
    x, y = WEST + 1.2 * seconds, SOUTH + 100.0 + np.sin(seconds)
    fixes = geopandas.GeoSeries(shapely.points(x, y), crs=CRS).to_crs(WGS84)
    times = pd.Timestamp("2026-07-01T08:00:00Z") + pd.to_timedelta(seconds, unit="s")
    clean_tracks(pd.DataFrame({"patrol": "a", "time": times, "lon": fixes.x, "lat": fixes.y}), "patrol")
    blocks.locate(x, y)
    streets.near_walks(x, y, np.zeros(len(x)))


def _blocks(*, columns: int, rows: int, households: tuple[int, int] = (0, 1)) -> geopandas.GeoDataFrame:
    """Square blocks, column by column, with households of a fixed seed in [low, high)."""
    column, row = (numbers.ravel() for numbers in np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij"))
    west, south = WEST + BLOCK_M * column, SOUTH + BLOCK_M * row
    counts = np.random.default_rng(1).integers(*households, size=columns * rows)
    squares = shapely.box(west, south, west + BLOCK_M, south + BLOCK_M)
    return geopandas.GeoDataFrame({"households": counts}, geometry=squares, crs=CRS)


def _streets() -> geopandas.GeoDataFrame:
    """Six streets from west to east, and one that joins them."""
    lines = [[(WEST, SOUTH + 150.0 * n), (WEST + 1200.0, SOUTH + 150.0 * n)] for n in range(6)]
    lines.append([(WEST, SOUTH), (WEST, SOUTH + 750.0)])
    return geopandas.GeoDataFrame(geometry=shapely.linestrings(lines), crs=CRS)
