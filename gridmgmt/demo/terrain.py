"""The lie of the land: a warp that bends the sliced plan into town shapes, hills, lakes, the railway and the rivers.

The warp is made of shears x' = x + f(y), y' = y + g(x'). Each keeps areas exactly, so a community keeps the area it was
sliced to. Its waves are parabolas, not sines: plain arithmetic gives the same bits on every machine.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmgmt.demo.geography import Geography

METRIC_CRS = "EPSG:4547"  # CGCS2000 / 3-degree Gauss-Kruger CM 114E
_ORIGIN_M = (509_150.0, 2_492_400.0)  # near 114.089 E, 22.53 N
# amplitude and wave length in metres, phase as a share of the wave, turned by a 3-4-5 triangle or not
_WAVES = (
    (130.0, 4300.0, 0.15, False),
    (110.0, 3700.0, 0.60, True),
    (32.0, 1250.0, 0.35, False),
    (26.0, 1050.0, 0.80, True),
)

Array = NDArray[np.float64]


def _wave(position: Array) -> Array:
    """A sine-like wave of period 1 and height 1, from two parabolas."""
    u = position - np.floor(position)
    return np.where(u < 0.5, 16 * u * (0.5 - u), -16 * (u - 0.5) * (1 - u))


def warp(points: Array) -> Array:
    """Plan coordinates in metres (n, 2) to EPSG:4547, rounded to the millimetre; areas stay as they are.

    >>> square = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])
    >>> bool(np.ptp(warp(square)[:, 0]) > 90)
    True
    """
    x, y = points[:, 0], points[:, 1]
    for amplitude, length, phase, turned in _WAVES:
        if turned:
            x, y = 0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y
        x = x + amplitude * _wave(y / length + phase)
        y = y + amplitude * _wave(x / length + phase)
        if turned:
            x, y = 0.8 * x + 0.6 * y, -0.6 * x + 0.8 * y
    placed: Array = np.column_stack([x + _ORIGIN_M[0], y + _ORIGIN_M[1]])
    return np.round(placed, 3)


def elevation(geography: Geography, points_m: Array) -> Array:
    """How hilly a place of the plan is, 0 in the plain and about 1 on the highest top (a ranking, not metres)."""
    total = np.zeros(len(points_m))
    for x, y, radius, height in geography.hills:
        away = ((points_m[:, 0] / 1e3 - x) ** 2 + (points_m[:, 1] / 1e3 - y) ** 2) / radius**2
        total += height * np.clip(1 - away, 0, None)
    return total


def lake_of(geography: Geography, point_m: tuple[float, float]) -> int | None:
    """The number of the lake that covers a place of the plan, or None."""
    for number, (x, y, radius_x, radius_y, _) in enumerate(geography.lakes):
        if ((point_m[0] / 1e3 - x) / radius_x) ** 2 + ((point_m[1] / 1e3 - y) / radius_y) ** 2 < 1:
            return number
    return None


def shore(geography: Geography, number: int, rng: np.random.Generator) -> shapely.Polygon:
    """The ragged shore of a lake (EPSG:4547): its ellipse with coves and headlands."""
    x, y, radius_x, radius_y, _ = geography.lakes[number]
    angle = np.arange(18) * (2 * np.pi / 18)
    reach = rng.uniform(0.55, 0.98, 18)
    points = np.column_stack([x + radius_x * reach * np.cos(angle), y + radius_y * reach * np.sin(angle)]) * 1e3
    ring = _smooth(np.vstack([points, points[:1]]), 3)
    return shapely.Polygon(warp(ring)).buffer(0)


def course(points_km: tuple[tuple[float, float], ...]) -> shapely.LineString:
    """A smooth line through the town (EPSG:4547) from a few points of the plan."""
    return shapely.LineString(warp(_smooth(np.asarray(points_km) * 1e3, 4)))


def _smooth(points: Array, passes: int) -> Array:
    """Chaikin's corner cutting; the ends stay."""
    for _ in range(passes):
        cut = np.empty((2 * len(points) - 2, 2))
        cut[0::2] = 0.75 * points[:-1] + 0.25 * points[1:]
        cut[1::2] = 0.25 * points[:-1] + 0.75 * points[1:]
        points = np.vstack([points[:1], cut, points[-1:]])
    return points
