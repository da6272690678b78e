"""What old and new areas share: area, households, residents."""

from typing import Any

import geopandas
import numpy as np
import pandas
import shapely
from numpy.typing import NDArray

from gridmgmt.geo.crs import metric_crs
from gridmgmt.services.boundaries.households import locate

Geometries = NDArray[Any]

WHOLE = 0.999  # share of its area with which an area counts as lying wholly in another
LEAST_AREA_M2 = 1.0  # less is the noise of a border, not a share


def overlap(
    old: geopandas.GeoDataFrame, new: geopandas.GeoDataFrame, points: geopandas.GeoDataFrame
) -> pandas.DataFrame:
    """Pairs of rows that share ground or households: columns old, new (positions), area_m2, households, residents.

    Frames are in EPSG:4326; `points` carries households and residents and each point counts in one pair at most.
    """
    pairs = _shared_area(old, new).merge(_shared_households(old, new, points), on=["old", "new"], how="outer").fillna(0)
    counts = {"old": int, "new": int, "households": int, "residents": int}
    return pairs[(pairs["area_m2"] >= LEAST_AREA_M2) | (pairs["households"] > 0)].astype(counts).reset_index(drop=True)


def merged(pairs: pandas.DataFrame, old: geopandas.GeoDataFrame, new: geopandas.GeoDataFrame) -> NDArray[np.bool_]:
    """(new,) which new areas are two or more whole old ones and nothing else."""
    old_m2, new_m2 = areas_m2(old), areas_m2(new)
    whole = pairs[pairs["area_m2"].to_numpy() >= WHOLE * old_m2[pairs["old"]]]
    count = np.bincount(whole["new"], minlength=len(new))
    covered_m2 = np.bincount(whole["new"], weights=whole["area_m2"], minlength=len(new))
    result: NDArray[np.bool_] = (count >= 2) & (covered_m2 >= WHOLE * new_m2)
    return result


def areas_m2(frame: geopandas.GeoDataFrame) -> NDArray[np.float64]:
    """(n,) areas in m², measured in the metric CRS of the place."""
    areas: NDArray[np.float64] = shapely.area(_plane(frame, frame))
    return areas


def _plane(frame: geopandas.GeoDataFrame, place: geopandas.GeoDataFrame) -> Geometries:
    """The shapes of a frame in metres; none needs no plane."""
    plane = frame.geometry.to_crs(metric_crs(place.total_bounds)) if len(frame) else frame.geometry
    shapes: Geometries = plane.to_numpy()
    return shapes


def _shared_area(old: geopandas.GeoDataFrame, new: geopandas.GeoDataFrame) -> pandas.DataFrame:
    place = new if len(new) else old
    before, after = _plane(old, place), _plane(new, place)
    first, second = shapely.STRtree(after).query(before, predicate="intersects")
    area_m2 = shapely.area(shapely.intersection(before[first], after[second]))
    return pandas.DataFrame({"old": first, "new": second, "area_m2": area_m2})


def _shared_households(
    old: geopandas.GeoDataFrame, new: geopandas.GeoDataFrame, points: geopandas.GeoDataFrame
) -> pandas.DataFrame:
    shapes = points.geometry.to_numpy()
    homes = pandas.DataFrame(
        {
            "old": locate(shapes, old.geometry.to_numpy()),
            "new": locate(shapes, new.geometry.to_numpy()),
            "households": points["households"].to_numpy(),
            "residents": points["residents"].to_numpy(),
        }
    )
    both = homes[(homes["old"] >= 0) & (homes["new"] >= 0)]
    return both.groupby(["old", "new"], as_index=False)[["households", "residents"]].sum()
