"""Patrol coverage: what tracks add up to, which stays when the points expire."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    create_days()
    create_streets_and_visits()


def create_days() -> None:
    op.execute("""
        create table patrol_day (
          patrol_id uuid constraint fk_patrol_day_patrol_id references patrol,
          day date,
          distance_m double precision not null,
          moving_s double precision not null,
          stop_s double precision not null,
          off_grid_s double precision not null,
          fixes integer not null,
          kept integer not null,
          dropped jsonb not null,
          constraint pk_patrol_day primary key (patrol_id, day),
          constraint ck_patrol_day_not_negative check (
            distance_m >= 0 and moving_s >= 0 and stop_s >= 0 and off_grid_s >= 0 and fixes >= 0 and kept >= 0))""")
    op.execute("create index ix_patrol_day_day on patrol_day (day)")
    op.execute("""
        create table patrol_time (
          patrol_id uuid constraint fk_patrol_time_patrol_id references patrol,
          day date,
          grid_code text constraint fk_patrol_time_grid_code references boundary_code,
          seconds double precision not null,
          constraint pk_patrol_time primary key (patrol_id, day, grid_code),
          constraint ck_patrol_time_not_negative check (seconds >= 0))""")
    op.execute("create index ix_patrol_time_grid_code on patrol_time (grid_code, day)")


def create_streets_and_visits() -> None:
    op.execute("""
        create table street_walk (
          patrol_id uuid constraint fk_street_walk_patrol_id references patrol,
          day date,
          street_code text constraint fk_street_walk_street_code references street,
          covered int4multirange not null,
          constraint pk_street_walk primary key (patrol_id, day, street_code))""")
    op.execute("create index ix_street_walk_street_code on street_walk (street_code, day)")
    for thing in ("building", "place"):
        create_visits(thing)


def create_visits(thing: str) -> None:
    op.execute(f"""
        create table {thing}_visit (
          patrol_id uuid constraint fk_{thing}_visit_patrol_id references patrol,
          day date,
          {thing}_code text constraint fk_{thing}_visit_{thing}_code references {thing},
          arrived_at timestamptz not null,
          seconds double precision not null,
          constraint pk_{thing}_visit primary key (patrol_id, day, {thing}_code),
          constraint ck_{thing}_visit_not_negative check (seconds >= 0))""")
    op.execute(f"create index ix_{thing}_visit_{thing}_code on {thing}_visit ({thing}_code, arrived_at)")


def downgrade() -> None:
    op.execute("drop table place_visit, building_visit, street_walk, patrol_time, patrol_day")
