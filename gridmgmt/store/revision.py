"""The schema a database is at and the one this version needs, asked without alembic: a server asks often, and alembic
is a sixth of what it would import."""

from importlib import resources

from sqlalchemy import Connection, text


def current_revision(connection: Connection) -> str | None:
    """The step the database is at; None before the first."""
    if connection.scalar(text("select to_regclass('alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(text("select version_num from alembic_version"))
    return found


def head_revision() -> str:
    """The newest step this version of the program knows: the files of steps bear their numbers.

    >>> head_revision().isdigit()
    True
    """
    steps = resources.files("gridmgmt.store.migrations").joinpath("versions").iterdir()
    return max(step.name.partition("_")[0] for step in steps if step.name[0].isdigit())
