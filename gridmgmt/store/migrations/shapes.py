"""Frozen helper of the migrations: what every geometry column carries. Never edited: it is history."""

from alembic import op


def guard_shape(table: str, *types: str) -> None:
    """CHECKs (valid, filled, in the world, of a type) and the GiST index of column `geom`."""
    op.execute(f"""
        alter table {table}
          add constraint ck_{table}_geom_valid check (st_isvalid(geom)),
          add constraint ck_{table}_geom_filled check (not st_isempty(geom)),
          add constraint ck_{table}_geom_in_world check (st_xmin(geom) >= -180 and st_xmax(geom) <= 180
                                                         and st_ymin(geom) >= -90 and st_ymax(geom) <= 90)""")
    if types:
        words = ", ".join(f"'{word}'" for word in types)
        op.execute(f"alter table {table} add constraint ck_{table}_geom_type check (geometrytype(geom) in ({words}))")
    op.execute(f"create index ix_{table}_geom on {table} using gist (geom)")
