"""Which coordinate system a file is in: what the user names, else what it says; and whether its coordinates agree."""

from typing import Any

import geopandas
import pyproj

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


def require_fitting(name: str, frame: geopandas.GeoDataFrame, crs: NamedCrs) -> None:
    """UnreadableFile where the coordinates are none of the CRS that is said.

    Degrees in China under a projection (a city a metre wide), or under degrees what is beyond them.
    """
    if frame.geometry.is_empty.all():
        return
    west, south, east, north = frame.total_bounds
    if crs.crs.is_geographic and not (-180 <= west <= east <= 360 and -90 <= south <= north <= 90):
        raise UnreadableFile(path=name, detail=Words("reasons.file_no_degrees", crs=crs.name, x=west, y=south))
    if not crs.crs.is_projected:
        return
    if in_mainland((west + east) / 2, (south + north) / 2) and max(east - west, north - south) < WIDE:
        raise UnreadableFile(path=name, detail=Words("reasons.file_degrees", crs=crs.name, x=west, y=south))
