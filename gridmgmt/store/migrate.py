"""Bring a database to the schema of this version, and back."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import NotSupportedError, ProgrammingError

from gridmgmt.errors import MissingExtension
from gridmgmt.store.engine import make_engine, reachable

EXTENSIONS = ("postgis", "btree_gist")
OLDEST_POSTGIS = (3, 3)
MIGRATION_LOCK = 2006_0831  # any number, the same in every process that migrates


def upgrade(url: str | None = None, revision: str = "head") -> None:
    """Create the extensions where they are missing and apply all steps up to `revision`.

    Several processes at once wait for each other. Raises DatabaseUnavailable, MissingExtension.
    """
    with locked_connection(url) as connection:
        ensure_extensions(connection)
        command.upgrade(alembic_config(connection), revision)


def downgrade(url: str | None = None, revision: str = "base") -> None:
    """Undo the steps after `revision`; the data of the tables it drops is lost. Extensions stay."""
    with locked_connection(url) as connection:
        command.downgrade(alembic_config(connection), revision)


def current_revision(connection: Connection) -> str | None:
    """The step the database is at; None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str | None:
    """The newest step this version of the program knows."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's settings without a file: the scripts of this package, the caller's connection."""
    config = Config()
    config.set_main_option("script_location", "gridmgmt.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def locked_connection(url: str | None) -> Iterator[Connection]:
    """One transaction that no other migration runs beside."""
    engine = make_engine(url, pool_size=1)
    try:
        with reachable(engine), engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            yield connection
    finally:
        engine.dispose()


def ensure_extensions(connection: Connection) -> None:
    """PostGIS and btree_gist, created where this role may; else MissingExtension with the administrator's command."""
    there = set(connection.scalars(text("select extname from pg_extension")))
    missing = [name for name in EXTENSIONS if name not in there]
    try:
        with connection.begin_nested():
            for name in missing:
                connection.execute(text(f"create extension if not exists {name}"))
    except (ProgrammingError, NotSupportedError) as error:
        raise missing_extension(connection, missing) from error
    version = connection.scalar(text("select postgis_lib_version()"))
    if tuple(int(number) for number in re.findall(r"\d+", str(version))[:2]) < OLDEST_POSTGIS:
        raise missing_extension(connection, ["postgis"])


def missing_extension(connection: Connection, names: list[str]) -> MissingExtension:
    """The error that says which command an administrator of the server runs."""
    statements = " ".join(f"create extension {name};" for name in names)
    database = connection.engine.url.database
    return MissingExtension(extensions=", ".join(names), command=f'psql -d {database} -c "{statements}"')
