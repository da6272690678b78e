"""A client of the real application on a real database: the small city, two grids in it, a worker."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.settings import WebSettings
from gridmgmt.store.engine import transaction
from tests.api.halves import Grids, communities, cut_in_halves
from tests.api.serving import serving


@pytest.fixture
def maps_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "maps"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def reader(small_district: str) -> Iterator[httpx.Client]:
    """A client for the tests of a module that write nothing."""
    settings = WebSettings(database_url=small_district, maps_folder=Path("none"), max_body_bytes=100_000)
    with serving(settings) as address, httpx.Client(base_url=address, follow_redirects=True, timeout=30) as client:
        yield client


@pytest.fixture
def client(fresh_district: str, maps_folder: Path) -> Iterator[httpx.Client]:
    """A client whose writes stay in a database of its own."""
    settings = WebSettings(database_url=fresh_district, maps_folder=maps_folder, max_body_bytes=100_000)
    with serving(settings) as address, httpx.Client(base_url=address, follow_redirects=True, timeout=30) as client:
        yield client


@pytest.fixture
def grids(fresh_district: str) -> Grids:
    """The first community cut in a western and an eastern grid: code to a point inside. A worker W001 walks there."""
    with transaction(fresh_district) as session:
        return cut_in_halves(session, communities(session).iloc[:1])
