"""Communities cut in a western and an eastern grid: ground for the field tests that anyone can see through."""

from datetime import date

import geopandas
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy.orm import Session

from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.store.tables import Boundary, BoundaryCode, Worker

FOUNDED = date(2006, 1, 1)
Grids = dict[str, shapely.Point]  # code to a point inside


def communities(session: Session) -> geopandas.GeoDataFrame:
    """The communities of the founding day."""
    return boundaries_at(session, "community", FOUNDED)


def cut_in_halves(session: Session, frame: geopandas.GeoDataFrame) -> Grids:
    """Put two grids in each community, and worker W001 in the register."""
    session.add(Worker(code="W001", name="王芳"))
    grids: Grids = {}
    for community in frame.itertuples():
        for number, shape in enumerate(west_and_east(community.geometry), start=1):
            code = f"{community.code}{number:03d}"
            session.add(BoundaryCode(code=code, level="grid", issued_on=FOUNDED))
            session.flush()
            session.add(grid_row(code, community.code, shape))
            grids[code] = shape.representative_point()
    return grids


def grid_row(code: str, community_code: str, shape: shapely.MultiPolygon) -> Boundary:
    area = from_shape(shape, srid=4326)
    return Boundary(
        code=code, level="grid", name=code, households=150, residents=400, geom=area, parent_code=community_code,
        valid_from=FOUNDED,
    )  # fmt: skip


def west_and_east(area: shapely.Polygon) -> list[shapely.MultiPolygon]:
    west, south, east, north = area.bounds
    middle = (west + east) / 2
    halves = [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]
    return [_multi(shapely.intersection(area, half)) for half in halves]


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
