"""Units: compounds, buildings, entrances, streets, barriers, places, land cover."""

from alembic import op

from gridmgmt.store.migrations.shapes import guard_shape

revision = "0002"
down_revision = "0001"

AREAS = ("POLYGON", "MULTIPOLYGON")
LINES = ("LINESTRING", "MULTILINESTRING")


def upgrade() -> None:
    create_named("compound", "kind", "tower", "walkup", "villa", "urban_village", "mixed")
    op.execute("alter table compound alter column name set not null")
    create_buildings()
    create_entrances()
    create_named("street", "street_class", "expressway", "arterial", "collector", "local", "path")
    create_named("barrier", "kind", "river", "railway", "wall", "expressway")
    create_named("place", "kind", "school", "hospital", "mall", "market", "office", "enterprise")
    create_named("land", "kind", "water", "green", "built")
    for table in ("compound", "building", "land"):
        guard_shape(table, *AREAS)
    guard_shape("entrance")
    guard_shape("street", *LINES)
    guard_shape("barrier", *LINES, *AREAS)
    guard_shape("place", "POINT", *AREAS)


def create_named(table: str, kind_column: str, *kinds: str) -> None:
    """A table of code, name, a fixed vocabulary and a geometry."""
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute(f"""
        create table {table} (
          code text constraint pk_{table} primary key,
          name text,
          {kind_column} text not null,
          geom geometry(geometry, 4326) not null,
          constraint ck_{table}_{kind_column}_known check ({kind_column} in ({words})))""")


def create_buildings() -> None:
    op.execute("""
        create table building (
          code text constraint pk_building primary key,
          name text,
          compound_code text constraint fk_building_compound_code references compound,
          kind text not null,
          households integer not null,
          residents integer,
          floors integer,
          geom geometry(geometry, 4326) not null,
          constraint ck_building_kind_known check
            (kind in ('tower', 'walkup', 'villa', 'village_house', 'commercial', 'public')),
          constraint ck_building_not_negative check (households >= 0 and residents >= 0 and floors >= 0))""")
    op.execute("create index ix_building_compound_code on building (compound_code)")


def create_entrances() -> None:
    op.execute("""
        create table entrance (
          code text constraint pk_entrance primary key,
          building_code text not null constraint fk_entrance_building_code references building,
          number integer not null,
          households integer not null,
          residents integer,
          geom geometry(point, 4326) not null,
          constraint ck_entrance_not_negative check (households >= 0 and residents >= 0))""")
    op.execute("create index ix_entrance_building_code on entrance (building_code)")


def downgrade() -> None:
    op.execute("drop table entrance, building, compound, street, barrier, place, land")
