"""The boundaries of a day."""

from collections.abc import Sequence
from datetime import date

import geopandas
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.services.frames import WORLD, Box, read_frame
from gridmgmt.store.queries import query
from gridmgmt.store.tables import Level


def boundaries_at(
    session: Session,
    level: Level,
    at: date,
    bbox: Box | None = None,
    codes: Sequence[str] | None = None,
    within_code: str = "",
    area: Area = Area.everything,
) -> geopandas.GeoDataFrame:
    """The boundaries of one level as they stood on the day `at`, ordered by code, in EPSG:4326.

    `bbox` (west, south, east, north in degrees) keeps those whose box touches it, `codes` only these, `within_code`
    those below that boundary, by the prefix of the code, `area` what a person may see. Columns: code, name, level,
    kind, parent_code, community_type, households, residents, geometry.
    """
    west, south, east, north = bbox or WORLD
    parameters = {
        "level": level,
        "at": at,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "codes": None if codes is None else list(codes),
        "within_code": within_code,
        "area": area.like_patterns(),
    }
    return read_frame(session, query("boundaries_at"), parameters)
