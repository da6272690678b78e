"""The migrations and the models say the same, down to every constraint and index."""

import pytest
import sqlalchemy
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gridmgmt.errors import DatabaseUnavailable
from gridmgmt.store import migrate
from gridmgmt.store.engine import database_url, make_engine, transaction
from gridmgmt.store.revision import current_revision, head_revision
from gridmgmt.store.tables import Base

OURS = "and relname not like 'track\\_point\\_%' and relname <> 'alembic_version'"
CONSTRAINTS = f"""
    select relname, conname, pg_get_constraintdef(c.oid) from pg_constraint c join pg_class r on r.oid = conrelid
    where r.relnamespace = 'public'::regnamespace and relname <> 'spatial_ref_sys' {OURS} order by 1, 2"""
INDEXES = f"""
    select relname, pg_get_indexdef(indexrelid) from pg_index join pg_class on pg_class.oid = indrelid
    where relnamespace = 'public'::regnamespace and relname <> 'spatial_ref_sys' {OURS} order by 1, 2"""
COLUMNS = f"""
    select relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid)
    from pg_attribute join pg_class r on r.oid = attrelid left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relkind in ('r', 'p') and attnum > 0 and not attisdropped
      and r.relnamespace = 'public'::regnamespace and relname <> 'spatial_ref_sys' {OURS} order by 1, 2"""
OBJECTS = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S')"
FUNCTIONS = "select proname from pg_proc where pronamespace = 'public'::regnamespace and proname ~ '^(append|boundary)'"


def answers(connection: sqlalchemy.Connection, *queries: str) -> list[list[tuple[object, ...]]]:
    return [[tuple(row) for row in connection.execute(text(query))] for query in queries]


def test_autogenerate_finds_nothing_to_do(fresh_database: str) -> None:
    with migrate.locked_connection(fresh_database) as connection:
        command.check(migrate.alembic_config(connection))


def test_partitions_are_no_drift(fresh_database: str) -> None:
    with migrate.locked_connection(fresh_database) as connection:
        connection.execute(
            text(
                "create table track_point_2006_09 partition of track_point for values "
                "from ('2006-09-01') to ('2006-10-01')"
            )
        )
        command.check(migrate.alembic_config(connection))


def test_models_create_the_same_columns_constraints_and_indexes(fresh_database: str) -> None:
    """Autogenerate does not compare CHECKs and exclusions: so both are built, and PostgreSQL describes both."""
    engine = make_engine(fresh_database)
    with engine.begin() as connection:
        migrated = answers(connection, COLUMNS, CONSTRAINTS, INDEXES)
    migrate.downgrade(fresh_database)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        modelled = answers(connection, COLUMNS, CONSTRAINTS, INDEXES)
    engine.dispose()
    for of_migrations, of_models in zip(migrated, modelled, strict=True):
        assert of_migrations == of_models


def test_every_step_goes_down_and_up_again(fresh_database: str) -> None:
    engine = make_engine(fresh_database)
    with engine.connect() as connection:
        before = answers(connection, COLUMNS, CONSTRAINTS, INDEXES, FUNCTIONS)
        assert current_revision(connection) == head_revision()
    for step in ("0003", "0002", "0001", "base"):
        migrate.downgrade(fresh_database, step)
    with engine.connect() as connection:
        left = {str(name) for (name,) in answers(connection, OBJECTS)[0]}
        assert left <= {"alembic_version", "spatial_ref_sys", "geometry_columns", "geography_columns"}
        assert answers(connection, FUNCTIONS) == [[]]
    migrate.upgrade(fresh_database)
    with engine.connect() as connection:
        assert answers(connection, COLUMNS, CONSTRAINTS, INDEXES, FUNCTIONS) == before
    engine.dispose()


def test_the_newest_file_is_the_newest_step() -> None:
    assert head_revision() == ScriptDirectory.from_config(migrate.alembic_config()).get_current_head()


def test_an_empty_database_is_at_no_step(fresh_database: str) -> None:
    with transaction(fresh_database) as session:
        session.execute(text("drop table alembic_version"))
        assert current_revision(session.connection()) is None
        session.rollback()


def test_a_schema_of_another_version_is_named_with_what_to_do(fresh_database: str) -> None:
    migrate.downgrade(fresh_database, "0011")
    said = r"schema is at 0011, .* gridmgmt db upgrade"
    with pytest.raises(DatabaseUnavailable, match=said), transaction(fresh_database) as session:
        session.execute(text("select * from plan_order"))
    migrate.upgrade(fresh_database)
    with pytest.raises(ProgrammingError, match="no_such"), transaction(fresh_database) as session:
        session.execute(text("select no_such from plan_order"))  # a fault of ours, not of the schema


def test_upgrading_twice_changes_nothing(fresh_database: str) -> None:
    migrate.upgrade(fresh_database)
    with transaction(fresh_database) as session:
        assert current_revision(session.connection()) == head_revision()


def test_a_server_that_is_not_there_has_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(DatabaseUnavailable, match="DATABASE_URL"):
        database_url()
    with pytest.raises(DatabaseUnavailable, match="no answer"), transaction("postgresql://nobody@127.0.0.1:1/none"):
        pass
