"""What the metrics of a scorecard are computed from: arrays prepared once from the frames of a plan."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.frames import beside, column_of, filled, households_of, metric, require_places
from gridmgmt.planning.metrics import part_weights
from gridmgmt.planning.service import coverage
from gridmgmt.planning.shapes import Geometries, neighbours, tiling_borders

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DEDICATED = ("market", "mall", "school", "hospital", "enterprise")  # their grids have no range to keep


@dataclass(frozen=True)
class Walks:
    """(homes,) metres on foot to the serving station, infinite where no way leads there, and households."""

    distance_m: Floats
    households: Ints


@dataclass(frozen=True)
class Facts:
    """A plan as arrays. What is None is not known, and every metric that needs it has no data.

    Attributes
    ----------
    low, high, target : households of a part
    labels, unit_households : (units,) number of the part, households
    households : (parts,)
    counted : (parts,) those that must keep the range: all but dedicated grids
    shapes : (parts,) polygons, metres
    graph : (units, units) which units are neighbours
    crossed : (part, barrier, pairs) for every barrier between neighbouring units of one part
    compounds : (units,) the compound of each, None for none
    current : (units,) label in force today
    gap : how far the plan may be from the best there is, as a share, proven
    """

    low: float
    high: float
    target: float
    labels: Ints
    unit_households: Ints
    households: Ints
    counted: NDArray[np.bool_]
    shapes: Geometries | None
    graph: csr_array
    crossed: list[tuple[int, int, int]] | None
    compounds: NDArray[np.object_] | None
    current: NDArray[np.object_] | None
    walks: Walks | None
    gap: float | None

    @property
    def deviation(self) -> Floats:
        """(counted parts,) households above or below the target, absolute."""
        deviation: Floats = np.abs(self.households[self.counted] - self.target)
        return deviation

    @property
    def current_labels(self) -> Ints | None:
        """(units,) today's area as a number; units without one are an area together."""
        if self.current is None:
            return None
        return np.unique(self.current.astype(str), return_inverse=True)[1].ravel().astype(np.int64)

    @property
    def counted_shapes(self) -> Geometries | None:
        return None if self.shapes is None else self.shapes[self.counted]


def read_facts(
    units: GeoDataFrame,
    parts: GeoDataFrame | None,
    *,
    households: str,
    part: str,
    low: float,
    high: float,
    target: float | None,
    current: str | None,
    compound: str | None,
    barriers: GeoDataFrame | None,
    walks: Walks | None,
    gap: float | None,
) -> Facts:
    """Arrays of a plan; see `score` for what is given."""
    if low > high:
        raise InvalidInput(detail=Words("reasons.range_empty", low=low, high=high))
    plane = _checked(units, part)
    numbers, labels = np.unique(plane[part].to_numpy(), return_inverse=True)
    weights = households_of(plane, households)
    graph = neighbours(plane.geometry.to_numpy())
    areas = _parts_like(plane, labels, numbers, parts, part)
    return Facts(
        low=low,
        high=high,
        target=(low + high) / 2 if target is None else target,
        labels=labels.astype(np.int64),
        unit_households=weights,
        households=_part_households(areas, households, part_weights(labels, weights, len(numbers))),
        counted=_counted(areas, len(numbers)),
        shapes=None if areas is None else areas.geometry.to_numpy(),
        graph=graph,
        crossed=None if barriers is None else _crossings(plane, graph, labels, barriers),
        compounds=_objects(plane, compound),
        current=_objects(plane, current),
        walks=walks,
        gap=gap,
    )


def _checked(units: GeoDataFrame, part: str) -> GeoDataFrame:
    """The units in metres; InvalidInput where one has no place or no part."""
    require_places(units, Words("things.units"))
    filled(units, part)
    return metric(units)


def walks_to(
    homes: GeoDataFrame,
    households: str,
    streets: GeoDataFrame,
    stations: GeoDataFrame,
    barriers: GeoDataFrame | None,
    serving: str | None,
) -> Walks:
    """Walks from homes along the streets to the station named in the column `serving`, else to the nearest."""
    found = coverage(homes, streets, stations, barriers, households=households, serving=serving)
    return Walks(found.buildings["distance_m"].to_numpy(dtype=float), households_of(homes, households))


def _parts_like(
    units: GeoDataFrame, labels: Ints, numbers: NDArray[Any], parts: GeoDataFrame | None, part: str
) -> GeoDataFrame | None:
    """One row per part in the order of `numbers`, metres: the parts given, else units dissolved where they tile."""
    if parts is not None:
        plane = beside(parts, units, Words("things.parts"))
        own = plane.set_index(column_of(plane, part if part in plane else "part"))
        if not own.index.is_unique or not np.isin(numbers, own.index.to_numpy()).all():
            raise InvalidInput(detail=Words("reasons.parts_rows", part=part))
        rows: GeoDataFrame = own.reindex(numbers)
        return rows
    shapes = units.geometry.to_numpy()
    if not (shapely.get_dimensions(shapes) == 2).all():
        return None
    if len(units) > len(numbers) and tiling_borders(shapes) is None:
        return None
    dissolved = [shapely.union_all(shapes[labels == number]) for number in range(len(numbers))]
    return GeoDataFrame(geometry=dissolved, crs=units.crs)


def _part_households(areas: GeoDataFrame | None, column: str, summed: Ints) -> Ints:
    """What the plan says of its parts (units may be divided among them), else the sum over the units."""
    if areas is None or column not in areas or areas[column].isna().any():
        return summed
    stated: Ints = areas[column].to_numpy(dtype=np.int64)
    return stated


def _counted(areas: GeoDataFrame | None, count: int) -> NDArray[np.bool_]:
    if areas is None or "kind" not in areas:
        return np.ones(count, dtype=bool)
    counted: NDArray[np.bool_] = ~areas["kind"].isin(DEDICATED).to_numpy()
    return counted


def _objects(frame: GeoDataFrame, column: str | None) -> NDArray[np.object_] | None:
    if column is None:
        return None
    values = column_of(frame, column).astype(object)
    found: NDArray[np.object_] = values.where(pd.notna(values), None).to_numpy()
    return found if any(value is not None for value in found) else None


def _crossings(
    units: GeoDataFrame, graph: csr_array, labels: Ints, barriers: GeoDataFrame
) -> list[tuple[int, int, int]]:
    """Every barrier between two neighbours of one part, as (part, barrier, number of pairs)."""
    pairs = graph.tocoo()
    inside = (pairs.row < pairs.col) & (labels[pairs.row] == labels[pairs.col])
    row, col = pairs.row[inside], pairs.col[inside]
    places = shapely.get_coordinates(shapely.point_on_surface(units.geometry.to_numpy()))
    if not len(row) or barriers.empty:
        return []
    lines = shapely.linestrings(np.stack([places[row], places[col]], axis=1))
    tree = shapely.STRtree(beside(barriers, units, Words("things.barriers")).geometry.to_numpy())
    pair, barrier = tree.query(lines, predicate="intersects")
    found, count = np.unique(np.column_stack([labels[row[pair]], barrier]), axis=0, return_counts=True)
    return [(int(part), int(line), int(times)) for (part, line), times in zip(found, count, strict=True)]
