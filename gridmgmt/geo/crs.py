"""Coordinate systems: the Chinese shifted ones (GCJ-02, BD-09), the metric one of a place, and what a user calls them.

Everything is stored in EPSG:4326, longitude first; everything is measured in the metric CRS of its place. GCJ-02 is a
sine series that moves a mainland point by 260–610 m; BD-09 is a further shift of GCJ-02.
Neither exists outside the mainland, where these functions return what they were given.

The series has no closed inverse. Its derivative is about 1e-3, so the fixed point w ← p − shift(w) gains three digits
per step: under 3 mm after two steps, 0.01 mm after three.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import CRSError

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]
Geometries = NDArray[Any]  # of shapely geometries

WGS84 = pyproj.CRS.from_epsg(4326)
MAINLAND_BOX = (73.4, 3.8, 135.1, 53.6)  # west, south, east, north; with Hainan's islands

_GCJ_AXIS_M = 6378245.0  # Krasovsky 1940, as in the published series
_GCJ_ECCENTRICITY_2 = 0.00669342162296594323
_BD_ANGLE = np.pi * 3000.0 / 180.0
_FIXED_POINT_STEPS = 4


def in_mainland(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Whether each point (degrees) is in the box where GCJ-02 is in use; NaN is not.

    >>> in_mainland([114.1, -0.1], [22.5, 51.5]).tolist()
    [True, False]
    """
    west, south, east, north = MAINLAND_BOX
    lon_deg, lat_deg = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    inside: NDArray[np.bool_] = (lon_deg >= west) & (lon_deg <= east) & (lat_deg >= south) & (lat_deg <= north)
    return inside


def _wave(argument: Floats, *terms: tuple[float, float]) -> Floats:
    total: Floats = sum((2.0 / 3.0 * size * np.sin(argument * pace * np.pi) for size, pace in terms), np.zeros(()))
    return total


def _gcj_shift(lon: Floats, lat: Floats) -> Pair:
    """How far GCJ-02 lies from WGS 84 at a WGS 84 point, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    common = 0.1 * x * y + _wave(x, (20.0, 6.0), (20.0, 2.0))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * np.sqrt(np.abs(x)) + common
    east_m = east_m + _wave(x, (20.0, 1.0), (40.0, 1.0 / 3.0), (150.0, 1.0 / 12.0), (300.0, 1.0 / 30.0))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.2 * np.sqrt(np.abs(x)) + common
    north_m = north_m + _wave(y, (20.0, 1.0), (40.0, 1.0 / 3.0), (160.0, 1.0 / 12.0), (320.0, 1.0 / 30.0))
    phi = np.radians(lat)
    magic = 1.0 - _GCJ_ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian_m = _GCJ_AXIS_M * (1.0 - _GCJ_ECCENTRICITY_2) / magic**1.5
    parallel_m = _GCJ_AXIS_M / np.sqrt(magic) * np.cos(phi)
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _arrays(lon: ArrayLike, lat: ArrayLike) -> Pair:
    lon_deg, lat_deg = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    return lon_deg, lat_deg


def _where(mask: NDArray[np.bool_], yes: Pair, no: Pair) -> Pair:
    return np.where(mask, yes[0], no[0]), np.where(mask, yes[1], no[1])


def _unshift(forward: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """The fixed point w with w + (forward(w) − w) = the given point."""
    guess_lon, guess_lat = lon, lat
    for _ in range(_FIXED_POINT_STEPS):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - there_lon), guess_lat + (lat - there_lat)
    return guess_lon, guess_lat


def _gcj(lon: Floats, lat: Floats) -> Pair:
    east, north = _gcj_shift(lon, lat)
    return lon + east, lat + north


def _bd(lon: Floats, lat: Floats) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_ANGLE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS 84 degrees to GCJ-02 degrees, any shape; unchanged outside the mainland.

    Source: the published "eviltransform" series.

    >>> [float(v.round(6)) for v in wgs84_to_gcj02(114.06, 22.54)]
    [114.065116, 22.537286]
    """
    point = _arrays(lon, lat)
    return _where(in_mainland(*point), _gcj(*point), point)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 degrees to WGS 84 degrees, any shape, to better than 1 mm; unchanged outside the mainland.

    >>> there = wgs84_to_gcj02([114.06, 116.4], [22.54, 39.9])
    >>> [v.round(7).tolist() for v in gcj02_to_wgs84(*there)]
    [[114.06, 116.4], [22.54, 39.9]]
    """
    point = _arrays(lon, lat)
    back = _unshift(_gcj, *point)
    return _where(in_mainland(*back), back, point)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 degrees to Baidu's BD-09 degrees, any shape; unchanged outside the mainland."""
    point = _arrays(lon, lat)
    return _where(in_mainland(*point), _bd(*point), point)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 degrees to GCJ-02 degrees, any shape, to better than 1 mm; unchanged outside the mainland.

    >>> [v.round(7).tolist() for v in bd09_to_gcj02(*gcj02_to_bd09([114.06], [22.54]))]
    [[114.06], [22.54]]
    """
    point = _arrays(lon, lat)
    back = _unshift(_bd, *point)
    return _where(in_mainland(*back), back, point)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS 84 degrees to BD-09 degrees, any shape; unchanged outside the mainland."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 degrees to WGS 84 degrees, any shape, to better than 1 mm; unchanged outside the mainland."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


@dataclass(frozen=True)
class NamedCrs:
    """What `--crs` can name: a CRS of the EPSG list, or GCJ-02/BD-09, which are no CRS but shifts of EPSG:4326."""

    name: str
    crs: pyproj.CRS
    shift: Callable[[ArrayLike, ArrayLike], Pair] | None = None  # from WGS 84
    unshift: Callable[[ArrayLike, ArrayLike], Pair] | None = None  # to WGS 84


SHIFTED = {
    "gcj02": NamedCrs("gcj02", WGS84, wgs84_to_gcj02, gcj02_to_wgs84),
    "bd09": NamedCrs("bd09", WGS84, wgs84_to_bd09, bd09_to_wgs84),
}


def parse_crs(text: str) -> NamedCrs:
    """The coordinate system a user names: `EPSG:n`, anything PROJ reads, `gcj02` or `bd09`; InvalidInput otherwise.

    >>> parse_crs("EPSG:4547").crs.name
    'CGCS2000 / 3-degree Gauss-Kruger CM 114E'
    >>> parse_crs("GCJ-02").name
    'gcj02'
    """
    shifted = SHIFTED.get(text.strip().lower().replace("-", ""))
    if shifted is not None:
        return shifted
    try:
        return NamedCrs(text, pyproj.CRS.from_user_input(text))
    except CRSError as error:
        raise InvalidInput(detail=Words("reasons.crs_unknown", text=text)) from error


def _mapped(geometries: Geometries, change: Callable[[Floats, Floats], Pair]) -> Geometries:
    moved: Geometries = shapely.transform(geometries, lambda x, y: change(x, y), interleaved=False)
    return moved


def _projected(geometries: Geometries, source: pyproj.CRS, target: pyproj.CRS) -> Geometries:
    if source == target:
        return geometries
    return _mapped(geometries, _transformer(source, target).transform)


@lru_cache(maxsize=64)
def _transformer(source: pyproj.CRS, target: pyproj.CRS) -> pyproj.Transformer:
    """Finding the best operation between two CRS takes PROJ 50 ms, using it takes nothing."""
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def to_wgs84(geometries: Geometries, source: NamedCrs) -> Geometries:
    """Geometries of `source` (x/longitude first) in EPSG:4326, longitude first. Z is dropped.

    >>> point = to_wgs84(np.array([shapely.Point(500000, 2493000)]), parse_crs("EPSG:4547"))[0]
    >>> round(point.x, 3), round(point.y, 2)
    (114.0, 22.53)
    """
    plain = _projected(np.asarray(geometries, dtype=object), source.crs, WGS84)
    return plain if source.unshift is None else _mapped(plain, source.unshift)


def from_wgs84(geometries: Geometries, target: NamedCrs) -> Geometries:
    """Geometries of EPSG:4326 in `target` (x/longitude first): the inverse of `to_wgs84`."""
    plain = np.asarray(geometries, dtype=object)
    shifted = plain if target.shift is None else _mapped(plain, target.shift)
    return _projected(shifted, WGS84, target.crs)


def metric_crs(bounds_lonlat: ArrayLike) -> pyproj.CRS:
    """The CRS in metres for a place, (west, south, east, north) in degrees: CGCS2000 3° zone in China, else UTM.

    A 3° Gauss–Krüger zone has scale 1 on its central meridian and errs by less than 1.3 in 10,000 at its edge.

    >>> metric_crs((114.0, 22.5, 114.2, 22.6)).to_epsg(), metric_crs((-73.0, 41.2, -72.8, 41.4)).to_epsg()
    (4547, 32618)
    """
    west, south, east, north = np.asarray(bounds_lonlat, dtype=float)
    lon, lat = (west + east) / 2, (south + north) / 2
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise InvalidInput(detail=Words("reasons.bounds_no_degrees", west=west, south=south, east=east, north=north))
    if in_mainland(lon, lat):
        meridian = 3 * min(max(round(lon / 3), 25), 45)  # EPSG:4534 is CM 75E … EPSG:4554 is CM 135E
        return pyproj.CRS.from_epsg(4534 + (meridian - 75) // 3)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)
