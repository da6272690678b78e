"""Fixtures every test may use: a real PostGIS of the test run's own, cloned databases, the small demo city.

A test that asks for one of the database fixtures is marked `db`. Where PostGIS is missing these tests fail: a skipped
one would be counted as done.
"""

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import sqlalchemy
from sqlalchemy.orm import Session

from gridmgmt.store.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pwdlib import PasswordHash

    from gridmgmt.demo.city import City

# Set by `./run test` where DATABASE_URL is given: a server to make scratch databases on, instead of one of our own.
SERVER_VARIABLE = "GRIDMGMT_TEST_SERVER"
CHROMIUM = os.environ.get("GRIDMGMT_CHROMIUM", "/usr/bin/chromium")
# Debian has pages painted by the graphics card; without one that is emulated, and dearer than painting without.
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--disable-gpu-rasterization",
]  # fmt: skip
DATABASE_FIXTURES = {"database_url", "clone_database", "session", "fresh_database", "small_district", "fresh_district"}
CITY_VALID_FROM = date(2006, 1, 1)

hypothesis.settings.register_profile("untimed", deadline=None)  # how long a test takes says nothing of what it holds
hypothesis.settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.db)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """URL of a server (its maintenance database) that is this test run's own; fsync is off."""
    given = os.environ.get(SERVER_VARIABLE)
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="gridmgmt-test-"))
    server = Server(folder / "postgres", durable=False)
    folder.chmod(0o711)  # root's server runs as another account, which has to pass through
    try:
        yield server.start()
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def quick_passwords() -> Iterator[Callable[[], "PasswordHash"]]:
    """argon2id in one pass over little memory: people are made by the hundred, and a hash is meant to be slow.

    Gives what makes the product's own, whose work tests/services/test_access_passwords.py holds.
    """
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    from gridmgmt.services.access import passwords

    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    own = passwords._hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: quick)
        yield own


@pytest.fixture(scope="session")
def database_template(server_url: str, quick_passwords: object) -> Iterator[str]:
    """Name of the template database: the migrations, run once."""
    from gridmgmt.store.migrate import upgrade

    with _database(server_url) as url:
        upgrade(url)
        yield _close(server_url, url)


@pytest.fixture(scope="session")
def clone_database(server_url: str, database_template: str) -> Iterator[Callable[[], str]]:
    """A function that gives the URL of one more migrated database; all of them go when the run ends."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(_database(server_url, database_template))


@pytest.fixture(scope="session")
def database_url(clone_database: Callable[[], str]) -> str:
    """URL of a migrated database shared by the run: leave nothing in it (`session` rolls back)."""
    return clone_database()


@pytest.fixture(scope="session")
def _engine(database_url: str) -> Iterator[sqlalchemy.Engine]:
    engine = sqlalchemy.create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(_engine: sqlalchemy.Engine) -> Iterator[Session]:
    """A session on the empty migrated database; whatever the test does is rolled back, its commits too."""
    with _engine.connect() as connection, connection.begin() as transaction:
        with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture
def fresh_database(server_url: str, database_template: str) -> Iterator[str]:
    """URL of an empty migrated database of the test's own, for code that commits."""
    with _database(server_url, database_template) as url:
        yield url


@pytest.fixture(scope="session")
def small_city() -> "City":
    """The small demo city's frames: treat them as read-only."""
    from gridmgmt.demo.city import build_city

    return build_city(size="small")


@pytest.fixture(scope="session")
def district_template(server_url: str, database_template: str, small_city: "City") -> Iterator[str]:
    """Name of a template database with the small city loaded."""
    from gridmgmt.services.loading import load_city

    with _database(server_url, database_template) as url:
        engine = sqlalchemy.create_engine(url)
        with Session(engine) as session:
            load_city(session, small_city.frames(), CITY_VALID_FROM)
            session.commit()
        engine.dispose()
        yield _close(server_url, url)


@pytest.fixture(scope="module")
def small_district(server_url: str, district_template: str) -> Iterator[str]:
    """URL of a database with the small city, shared by the tests of one module: read it, or leave no trace."""
    with _database(server_url, district_template) as url:
        yield url


@pytest.fixture
def fresh_district(server_url: str, district_template: str) -> Iterator[str]:
    """URL of a database with the small city, of the test's own: change it as you like."""
    with _database(server_url, district_template) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """The one Chromium of this process: Playwright starts once in a thread, whichever tests ask for it first."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@contextmanager
def _database(server_url: str, template: str | None = None) -> Iterator[str]:
    """A new database, empty with PostGIS or cloned from a template, dropped at the end."""
    name = f"gridmgmt_test_{uuid.uuid4().hex[:12]}"
    copied = f" template {template} strategy file_copy" if template else ""
    _administer(server_url, f"create database {name}{copied}")
    url = sqlalchemy.make_url(server_url).set(database=name).render_as_string(hide_password=False)
    try:
        if template is None:
            _administer(url, "create extension postgis", "create extension btree_gist")
        yield url
    finally:
        _administer(server_url, f"drop database {name} with (force)")


def _close(server_url: str, url: str) -> str:
    """Close a database to connections, so that it can be cloned at any time; its name."""
    name = sqlalchemy.make_url(url).database
    assert name is not None
    _administer(server_url, f"alter database {name} allow_connections false")
    return name


def _administer(url: str, *statements: str) -> None:
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
