"""Which coordinate system a file is in: what the user names, else what it says; and whether its coordinates agree."""

from typing import Any

import geopandas
import numpy as np
import pyproj
from numpy.typing import NDArray

from gridmgmt.errors import MissingCrs, UnreadableFile
from gridmgmt.geo.crs import NamedCrs, in_mainland, parse_crs
from gridmgmt.messages import Words

WIDE = 10.0  # degrees: no plan is as wide; on a plane no plan is as small


def crs_of(
    name: str, said: pyproj.CRS | None, by_hand: str | None, notes: list[tuple[str, dict[str, Any]]]
) -> NamedCrs:
    """The CRS the user names, else that of the file where it says where on Earth it is."""
    known = said is not None and (said.is_geographic or said.is_projected or said.is_compound)
    if by_hand is not None:
        wanted = parse_crs(by_hand)
        if said is not None and known and (wanted.shift is not None or said != wanted.crs):
            notes.append(("crs_by_hand", {"said": said.name, "crs": by_hand}))
        return wanted
    if said is None or not known:
        raise MissingCrs(path=name)
    code = said.to_epsg()
    return NamedCrs(f"EPSG:{code}" if code else said.name, said)


def _within_degrees(frame: geopandas.GeoDataFrame) -> NDArray[np.bool_]:
    """(n,) what lies on Earth, as degrees; what has no place nowhere."""
    west, south, east, north = frame.bounds.to_numpy().T
    within: NDArray[np.bool_] = (west >= -180) & (east <= 360) & (south >= -90) & (north <= 90)
    return within


def require_fitting(name: str, frame: geopandas.GeoDataFrame, crs: NamedCrs) -> None:
    """UnreadableFile where the coordinates are none of the CRS that is said.

    Degrees in China under a projection (a city a metre wide), or under degrees nothing that is within them: where
    only some are beyond, they are faults of their own.
    """
    if frame.geometry.is_empty.all():
        return
    west, south, east, north = frame.total_bounds
    if crs.crs.is_geographic and not _within_degrees(frame).any():
        raise UnreadableFile(path=name, detail=Words("reasons.file_no_degrees", crs=crs.name, x=west, y=south))
    if not crs.crs.is_projected:
        return
    if in_mainland((west + east) / 2, (south + north) / 2) and max(east - west, north - south) < WIDE:
        raise UnreadableFile(path=name, detail=Words("reasons.file_degrees", crs=crs.name, x=west, y=south))
