"""A database somebody else runs: its extensions are checked, and a refusal says what an administrator has to do."""

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy

from gridmgmt.errors import DatabaseUnavailable
from gridmgmt.store.extensions import require_extensions


def administer(url: str, *statements: str) -> list[str]:
    """Run statements outside a transaction; the names the last one returned, if any."""
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        results = [connection.exec_driver_sql(statement) for statement in statements]
        return list(results[-1].scalars()) if results[-1].returns_rows else []


@pytest.fixture
def bare_database(server_url: str) -> Iterator[str]:
    """URL of a database without extensions."""
    name = f"gridmgmt_test_{uuid.uuid4().hex[:12]}"
    administer(server_url, f"create database {name}")
    yield sqlalchemy.make_url(server_url).set(database=name).render_as_string(hide_password=False)
    administer(server_url, f"drop database {name} with (force)")


@pytest.fixture
def plain_role(server_url: str) -> Iterator[str]:
    """A role that may not create extensions."""
    name = f"gridmgmt_test_{uuid.uuid4().hex[:12]}"
    administer(server_url, f"create role {name}")
    yield name
    administer(server_url, f"drop role {name}")


def acting_as(url: str, role: str) -> str:
    changed = sqlalchemy.make_url(url).update_query_dict({"options": f"-c role={role}"})
    return changed.render_as_string(hide_password=False)


def test_missing_extensions_are_created(bare_database: str) -> None:
    require_extensions(bare_database)
    require_extensions(bare_database)
    assert {"postgis", "btree_gist"} <= set(administer(bare_database, "select extname from pg_extension"))


def test_a_refusal_names_the_command_for_an_administrator(bare_database: str, plain_role: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"psql -d gridmgmt_test_.* -c 'create extension postgis'"):
        require_extensions(acting_as(bare_database, plain_role))


def test_extensions_that_are_there_need_no_rights(bare_database: str, plain_role: str) -> None:
    require_extensions(bare_database)
    require_extensions(acting_as(bare_database, plain_role))
