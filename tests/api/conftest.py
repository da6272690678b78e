"""A client of the real application on a real database: the small city, two grids in it, a worker."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
import shapely
from geoalchemy2.shape import from_shape

from api.settings import WebSettings
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import Boundary, BoundaryCode, Worker
from tests.api.serving import serving

FOUNDED = date(2006, 1, 1)


@pytest.fixture
def maps_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "maps"
    folder.mkdir()
    return folder


@pytest.fixture
def client(fresh_district: str, maps_folder: Path) -> Iterator[httpx.Client]:
    """A client whose writes stay in a database of its own."""
    settings = WebSettings(database_url=fresh_district, maps_folder=maps_folder, max_body_bytes=100_000)
    with serving(settings) as address, httpx.Client(base_url=address, follow_redirects=True, timeout=30) as client:
        yield client


@pytest.fixture
def grids(fresh_district: str) -> dict[str, shapely.Point]:
    """The first community cut in a western and an eastern grid: code to a point inside. A worker W001 walks there."""
    with transaction(fresh_district) as session:
        community = boundaries_at(session, "community", FOUNDED).iloc[0]
        halves = west_and_east(community.geometry)
        codes = [f"{community.code}{number:03d}" for number in (1, 2)]
        for code, shape in zip(codes, halves, strict=True):
            session.add(BoundaryCode(code=code, level="grid", issued_on=FOUNDED))
            session.flush()
            session.add(grid_row(code, community.code, shape))
        session.add(Worker(code="W001", name="王芳"))
    return {code: shape.representative_point() for code, shape in zip(codes, halves, strict=True)}


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
