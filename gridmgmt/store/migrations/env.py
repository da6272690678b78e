"""Alembic's entry: it runs on the connection that `gridmgmt.store.migrate` opened."""

from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers

from gridmgmt.store.tables import Base


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave out PostGIS's own tables and the monthly partitions, which are data and not schema."""
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    if table is not None and table.startswith("track_point_"):
        return False
    known: bool = alembic_helpers.include_object(item, name, kind, reflected, compare_to)  # type: ignore[no-untyped-call]
    return known


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=include_object,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
