"""Bring a database to the schema of this version, and back."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from gridmgmt.store.engine import database_url, make_engine, reachable
from gridmgmt.store.extensions import require_extensions

MIGRATION_LOCK = 2006_0831  # any number, the same in every process that migrates


def upgrade(url: str | None = None, revision: str = "head") -> None:
    """Create the extensions where they are missing and apply all steps up to `revision`.

    Several processes at once wait for each other. Raises DatabaseUnavailable, with the administrator's command where
    this account may not create an extension.
    """
    with locked_connection(url) as connection:
        require_extensions(database_url(url).render_as_string(hide_password=False))
        command.upgrade(alembic_config(connection), revision)


def downgrade(url: str | None = None, revision: str = "base") -> None:
    """Undo the steps after `revision`; the data of the tables it drops is lost. Extensions stay."""
    with locked_connection(url) as connection:
        command.downgrade(alembic_config(connection), revision)


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
