"""What a map asks for: vector tiles and GeoJSON, made by the database itself."""

from datetime import date

from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import NotFound
from gridmgmt.messages import Words
from gridmgmt.services.frames import WORLD, Box
from gridmgmt.store.queries import query
from gridmgmt.store.tables import LEVELS, Level

DEEPEST_ZOOM = 24

LAYERS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(LEVELS, ("tile_boundary", 0)),
    "grid": ("tile_boundary", 11),
    "land": ("tile_land", 0),
    "street": ("tile_street", 11),
    "barrier": ("tile_barrier", 9),
    "compound": ("tile_compound", 12),
    "building": ("tile_building", 14),
    "entrance": ("tile_entrance", 16),
    "place": ("tile_place", 12),
    "station": ("tile_station", 9),
}
"""Layer → its query and the first zoom at which it can be seen; above that its tiles are empty."""


def tile(session: Session, layer: str, z: int, x: int, y: int, at: date, area: Area = Area.everything) -> bytes:
    """Mapbox Vector Tile z/x/y with one layer of that name, empty bytes where nothing is.

    `layer` is one of LAYERS: a level of boundaries (as on the day `at`), or a table of units. Coordinates are Web
    Mercator, 4096 to a side. Of boundaries, stations and whatever has households there is only what lies in `area`;
    land, streets, barriers and places are the ground that everybody sees. Raises NotFound for an unknown layer, or a
    tile that does not exist.
    """
    if layer not in LAYERS:
        raise NotFound(what=Words("things.layer"), key=layer)
    if not (0 <= z <= DEEPEST_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound(what=Words("things.tile"), key=f"{z}/{x}/{y}")
    name, first_zoom = LAYERS[layer]
    if z < first_zoom:
        return b""
    statement = query(name)
    parameters = {"layer": layer, "z": z, "x": x, "y": y, "at": at, **within(area)}
    wanted = statement.compile().params.keys()
    found = session.scalar(statement, {key: parameters[key] for key in wanted})
    return bytes(found or b"")


def within(area: Area) -> dict[str, object]:
    """An area as the parameters that queries know: `area` patterns of codes, `scopes` codes, `everywhere`."""
    return {"area": area.like_patterns(), "scopes": list(area.prefixes), "everywhere": area.is_everything}


def boundaries_geojson(
    session: Session,
    level: Level,
    at: date,
    bbox: Box | None = None,
    within_code: str = "",
    area: Area = Area.everything,
) -> bytes:
    """A GeoJSON FeatureCollection (UTF-8, RFC 7946) of the boundaries of `level` on the day `at`, ordered by code.

    `bbox` is west, south, east, north in degrees; coordinates have nine decimals (0.1 mm).
    """
    west, south, east, north = bbox or WORLD
    box = {"west": west, "south": south, "east": east, "north": north}
    wanted = {"level": level, "at": at, "within_code": within_code, "area": area.like_patterns()}
    answer = session.scalar(query("boundaries_geojson"), wanted | box)
    return str(answer).encode()
