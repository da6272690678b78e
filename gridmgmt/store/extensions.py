"""Whether a database somebody else runs has what the schema needs.

python -m gridmgmt.store.extensions URL
"""

import sys

import sqlalchemy
from sqlalchemy.exc import DBAPIError, OperationalError

from gridmgmt.errors import DatabaseUnavailable, GridError
from gridmgmt.messages import Words, error_text, language_here
from gridmgmt.store.programs import POSTGIS_MINIMUM
from gridmgmt.store.server import EXTENSIONS


def require_extensions(url: str) -> None:
    """Create the extensions the schema needs where they are missing.

    Raises
    ------
    DatabaseUnavailable
        where the database cannot be reached, its PostGIS is too old, or creating an extension is refused; the message
        then carries the command for an administrator.
    """
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    try:
        with engine.connect() as connection:
            installed = _installed(connection)
            for name in EXTENSIONS:
                if name not in installed:
                    _create(connection, name)
            _require_version(_installed(connection)["postgis"])
    except OperationalError as error:
        where = engine.url.render_as_string(hide_password=True)
        detail = Words("reasons.database_answer", address=where, said=str(error.orig).strip())
        raise DatabaseUnavailable(detail=detail) from error
    finally:
        engine.dispose()


def _installed(connection: sqlalchemy.Connection) -> dict[str, str]:
    rows = connection.execute(sqlalchemy.text("select extname, extversion from pg_extension"))
    return {row.extname: row.extversion for row in rows}


def _create(connection: sqlalchemy.Connection, name: str) -> None:
    try:
        connection.execute(sqlalchemy.text(f"create extension {name}"))
    except DBAPIError as error:
        database = connection.engine.url.database
        command = f"psql -d {database} -c 'create extension {name}'"
        detail = Words("reasons.database_extension", name=name, command=command)
        raise DatabaseUnavailable(detail=detail) from error


def _require_version(version: str) -> None:
    if tuple(int(part) for part in version.split(".")[:2]) < POSTGIS_MINIMUM:
        raise DatabaseUnavailable(detail=Words("reasons.database_postgis_old", version=version))


if __name__ == "__main__":
    try:
        require_extensions(sys.argv[1])
    except GridError as error:
        sys.stderr.write(f"{error_text(error, language_here())}\n")
        sys.exit(2)
