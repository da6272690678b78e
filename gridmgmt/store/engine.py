"""Connections: the URL of the database, an engine, a session, and the transaction at the edge."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from gridmgmt.errors import DatabaseUnavailable
from gridmgmt.messages import Words
from gridmgmt.store.revision import current_revision, head_revision

DRIVER = "postgresql+psycopg"


def database_url(url: str | None = None) -> URL:
    """`url`, else the environment's DATABASE_URL, always with the psycopg driver.

    >>> database_url("postgresql://ann@db.example/city").drivername
    'postgresql+psycopg'

    Raises DatabaseUnavailable where there is none or it is no URL.
    """
    given = url or os.environ.get("DATABASE_URL", "")
    if not given:
        raise DatabaseUnavailable(detail=Words("reasons.database_unset"))
    try:
        return make_url(given).set(drivername=DRIVER)
    except ArgumentError as error:
        raise DatabaseUnavailable(detail=Words("reasons.database_no_url")) from error


def make_engine(url: str | URL | None = None, *, pool_size: int = 5) -> Engine:
    """An engine for PostgreSQL; nothing connects until it is used."""
    address = url if isinstance(url, URL) else database_url(url)
    return create_engine(address, pool_size=pool_size, pool_pre_ping=True)


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(url: str | None = None) -> Iterator[Session]:
    """One session in one transaction, for the edge (a CLI command): commits at the end, rolls back on any error."""
    engine = make_engine(url, pool_size=1)
    try:
        with reachable(engine), session_factory(engine).begin() as session:
            yield session
    except ProgrammingError as error:
        raise _schema_fault(engine, error) from error
    finally:
        engine.dispose()


@contextmanager
def reachable(engine: Engine) -> Iterator[None]:
    """Turn a failure to connect into DatabaseUnavailable before the block runs."""
    try:
        engine.connect().close()
    except OperationalError as error:
        address = engine.url.render_as_string(hide_password=True)
        raise DatabaseUnavailable(detail=Words("reasons.database_silent", address=address)) from error
    yield


def _schema_fault(engine: Engine, error: ProgrammingError) -> Exception:
    """What to say of a refused statement: that the schema is of another version, where it is; else the error itself."""
    with engine.connect() as connection:
        found, wanted = current_revision(connection), head_revision()
    if found == wanted:
        return error
    return DatabaseUnavailable(detail=Words("reasons.database_schema", found=found or "base", wanted=wanted))
