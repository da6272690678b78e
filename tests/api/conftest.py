"""A client of the real application on a real database: the small city, two grids in it, a worker.

`reader` and `client` are signed in as somebody with every right of the everyday; `client_as` gives clients of one role.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from api.settings import WebSettings
from gridmgmt.access import Role
from gridmgmt.store.engine import transaction
from tests.api import people
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
    with serving(settings) as address, _open(address, people.all_round(small_district, "reader")) as client:
        yield client


@pytest.fixture
def client(fresh_district: str, maps_folder: Path) -> Iterator[httpx.Client]:
    """A client whose writes stay in a database of its own."""
    settings = WebSettings(database_url=fresh_district, maps_folder=maps_folder, max_body_bytes=100_000)
    with serving(settings) as address, _open(address, people.all_round(fresh_district)) as client:
        yield client


@pytest.fixture
def client_as(client: httpx.Client, fresh_district: str) -> Iterator[Callable[..., httpx.Client]]:
    """`client_as(Role.viewer, scope=code, worker_code=…)`: one more client of the same application, of a new person.

    Without role and worker the client is not signed in.
    """
    with ExitStack() as stack:

        def opened(*roles: Role, scope: str | None = None, worker_code: str | None = None) -> httpx.Client:
            headers = _someone(fresh_district, roles, scope, worker_code) if roles or worker_code else {}
            return stack.enter_context(_open(str(client.base_url), headers))

        yield opened


def _someone(url: str, roles: tuple[Role, ...], scope: str | None, worker_code: str | None) -> dict[str, str]:
    name = f"{'-'.join(roles)}-{scope}-{worker_code}".lower()
    with transaction(url) as session:
        people.add(session, name, *roles, scope=scope, worker_code=worker_code)
    return people.bearer(url, name)


def _open(address: str, headers: dict[str, str]) -> httpx.Client:
    return httpx.Client(base_url=address, follow_redirects=True, timeout=120, headers=headers)


@pytest.fixture
def grids(fresh_district: str) -> Grids:
    """The first community cut in a western and an eastern grid: code to a point inside. A worker W001 walks there."""
    with transaction(fresh_district) as session:
        return cut_in_halves(session, communities(session).iloc[:1])
