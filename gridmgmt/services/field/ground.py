"""The ground that walks are laid on, loaded once for any number of patrols: streets, doors, the grids of a day."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy.orm import Session

from gridmgmt.field.places import AreaIndex
from gridmgmt.field.streets import RADIUS_M, StreetIndex
from gridmgmt.field.visits import VisitSettings
from gridmgmt.geo.crs import metric_crs
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.frames import WORLD, Box
from gridmgmt.services.units import buildings_frame, entrances_frame, places_frame, streets_frame
from gridmgmt.store.queries import query
from gridmgmt.store.tables import WGS84_SRID

Floats = NDArray[np.float64]
MARGIN_DEG = 0.002  # some 200 m: more than any reach
VERY_FAR_M = 1e9


def city_crs(session: Session, near: Box) -> str:
    """The one metric CRS that streets of this city are measured in; that of `near` where the city is empty."""
    extent = session.execute(query("city_extent")).one_or_none()
    return str(metric_crs(near if extent is None else tuple(extent)))


@dataclass(frozen=True)
class Doors:
    """Where things are visited: the code of each thing, a place (n, 2) in metres, and how near one must come."""

    code: NDArray[np.object_]
    places_m: Floats
    reach_m: Floats

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The places, to be asked what is near."""
        return shapely.STRtree(shapely.points(self.places_m))


class Ground:
    """Streets, doors and grids of a box, in metres; grids are loaded once for all days between two changes."""

    def __init__(self, session: Session, box: Box, visits: VisitSettings) -> None:
        west, south, east, north = box
        self._session = session
        self._box = (
            WORLD if box == WORLD else (west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG)
        )
        self.box = box
        self.crs = city_crs(session, self._box)
        self._transformer = Transformer.from_crs(WGS84_SRID, self.crs, always_xy=True)
        streets = streets_frame(session, bbox=self._box)
        self.street_codes = streets["code"].to_numpy(dtype=object)
        self.streets = StreetIndex(streets.to_crs(self.crs).geometry.to_numpy(), RADIUS_M)
        self.buildings = _doors(session, self._box, self.crs, visits.reach_m)
        self.places = _middles(places_frame(session, bbox=self._box).to_crs(self.crs), visits.reach_m)
        self._changes = np.array(session.scalars(query("boundary_changes"), {"level": "grid"}).all(), "datetime64[D]")
        self._grids: dict[int, tuple[NDArray[np.object_], AreaIndex]] = {}

    def holds(self, box: Box) -> bool:
        """Whether it reaches as far as a box."""
        return all(np.array(box)[:2] >= self.box[:2]) and all(np.array(box)[2:] <= self.box[2:])

    def for_session(self, session: Session) -> "Ground":
        """The same ground, asked from now on in another transaction."""
        self._session = session
        return self

    def metres(self, lon: pd.Series, lat: pd.Series) -> Floats:
        """(n, 2) metres of degrees; what the projection cannot tell, half a world away, is very far."""
        xy = np.column_stack(self._transformer.transform(lon.to_numpy(), lat.to_numpy())).reshape(-1, 2)
        return np.asarray(np.nan_to_num(xy, nan=VERY_FAR_M, posinf=VERY_FAR_M, neginf=VERY_FAR_M))

    def grids_of(self, xy_m: Floats, days: NDArray[np.object_]) -> NDArray[np.object_]:
        """(n,) codes of the grids that hold places (n, 2) on their days (n,), which are dates.

        None in no grid, the lower code on a border.
        """
        found = np.full(len(xy_m), None, dtype=object)
        epochs = np.searchsorted(self._changes, days.astype("datetime64[D]"), side="right")
        for epoch in np.unique(epochs).tolist():
            these = epochs == epoch
            codes, index = self._of_epoch(epoch, days[these][0])
            found[these] = codes[index.locate(*xy_m[these].T)]
        return found

    def _of_epoch(self, epoch: int, day: date) -> tuple[NDArray[np.object_], AreaIndex]:
        """The grids of an epoch, in which `day` lies."""
        if epoch not in self._grids:
            frame = boundaries_at(self._session, "grid", day, bbox=self._box)
            index = AreaIndex(frame.to_crs(self.crs).geometry.to_numpy())
            self._grids[epoch] = (np.array([*frame["code"], None], dtype=object), index)
        return self._grids[epoch]


class Grounds:
    """The ground as far as it is needed: where patrols lead beyond what was loaded first, the whole city."""

    def __init__(self, visits: VisitSettings) -> None:
        self._visits = visits
        self._last: Ground | None = None
        self._whole = False

    def under(self, session: Session, box: Box) -> Ground:
        """Ground that holds all there is in a box."""
        if self._last is None:
            self._last = Ground(session, box, self._visits)
        elif not self._whole and not self._last.holds(box):
            self._last, self._whole = Ground(session, WORLD, self._visits), True
        return self._last.for_session(session)


def _doors(session: Session, box: Box, crs: str, reach_m: float) -> Doors:
    """The entrances of buildings, and the middles of buildings without any."""
    entrances = entrances_frame(session, bbox=box).to_crs(crs)
    buildings = buildings_frame(session, bbox=box)
    doorless = _middles(buildings[~buildings["code"].isin(entrances["building_code"])].to_crs(crs), reach_m)
    return Doors(
        code=np.concatenate([entrances["building_code"].to_numpy(dtype=object), doorless.code]),
        places_m=np.concatenate([_xy(entrances), doorless.places_m]),
        reach_m=np.concatenate([np.full(len(entrances), reach_m), doorless.reach_m]),
    )


def _middles(frame: geopandas.GeoDataFrame, reach_m: float) -> Doors:
    """The middle of each thing, its size added to the reach."""
    size_m = np.sqrt(shapely.area(frame.geometry.to_numpy()) / np.pi)
    return Doors(frame["code"].to_numpy(dtype=object), _xy(frame), reach_m + size_m)


def _xy(frame: geopandas.GeoDataFrame) -> Floats:
    return np.asarray(shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy())), dtype=float).reshape(-1, 2)
