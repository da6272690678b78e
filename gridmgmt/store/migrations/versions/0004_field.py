"""Field work: workers, patrols with points by month, incidents with an append-only step log."""

from alembic import op

from gridmgmt.store.migrations.shapes import guard_shape

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    create_workers()
    create_patrols()
    create_track_points()
    create_incidents()
    create_append_only_log()


def create_workers() -> None:
    op.execute("create table worker (code text constraint pk_worker primary key, name text not null)")
    op.execute("""
        create table worker_grid (
          worker_code text constraint fk_worker_grid_worker_code references worker,
          grid_code text constraint fk_worker_grid_grid_code references boundary_code,
          valid_from date,
          valid_to date,
          constraint pk_worker_grid primary key (worker_code, grid_code, valid_from),
          constraint ex_worker_grid_period exclude using gist
            (worker_code with =, grid_code with =, daterange(valid_from, valid_to) with &&),
          constraint ck_worker_grid_period check (valid_from < valid_to))""")
    op.execute("create index ix_worker_grid_grid_code on worker_grid (grid_code)")


def create_patrols() -> None:
    op.execute("""
        create table patrol (
          id uuid constraint pk_patrol primary key,
          worker_code text not null constraint fk_patrol_worker_code references worker,
          kind text not null default 'routine',
          started_at timestamptz not null,
          ended_at timestamptz not null,
          source text not null,
          content_hash text not null,
          received_at timestamptz not null default now(),
          constraint ck_patrol_period check (started_at <= ended_at))""")
    op.execute("create index ix_patrol_started_at on patrol (started_at)")
    op.execute("create index ix_patrol_worker_code on patrol (worker_code)")
    op.execute("""
        create table patrol_grid (
          patrol_id uuid constraint fk_patrol_grid_patrol_id references patrol,
          grid_code text constraint fk_patrol_grid_grid_code references boundary_code,
          points integer not null,
          constraint pk_patrol_grid primary key (patrol_id, grid_code),
          constraint ck_patrol_grid_not_negative check (points >= 0))""")
    op.execute("create index ix_patrol_grid_grid_code on patrol_grid (grid_code)")


def create_track_points() -> None:
    """The default partition takes what no month was prepared for: no point is refused for its date."""
    op.execute("""
        create table track_point (
          patrol_id uuid constraint fk_track_point_patrol_id references patrol,
          recorded_at timestamptz,
          seq integer,
          segment integer not null default 0,
          geom geometry(point, 4326) not null,
          accuracy_m double precision,
          constraint pk_track_point primary key (patrol_id, recorded_at, seq),
          constraint ck_track_point_accuracy check (accuracy_m >= 0)) partition by range (recorded_at)""")
    guard_shape("track_point")
    op.execute("create table track_point_default partition of track_point default")


def create_incidents() -> None:
    op.execute("""
        create table incident (
          id uuid constraint pk_incident primary key,
          category text not null,
          text text not null,
          occurred_at timestamptz not null,
          received_at timestamptz not null default now(),
          worker_code text constraint fk_incident_worker_code references worker,
          grid_code text constraint fk_incident_grid_code references boundary_code,
          geom geometry(point, 4326) not null,
          source text not null,
          content_hash text not null)""")
    guard_shape("incident")
    op.execute("create index ix_incident_occurred_at on incident (occurred_at)")
    op.execute("create index ix_incident_grid_code on incident (grid_code)")
    op.execute("""
        create table incident_step (
          id bigint generated always as identity constraint pk_incident_step primary key,
          incident_id uuid not null constraint fk_incident_step_incident_id references incident,
          step text not null,
          at timestamptz not null,
          actor text not null,
          note jsonb not null default '{}'::jsonb,
          constraint ck_incident_step_step_named check (step <> ''))""")
    op.execute("create index ix_incident_step_incident_id on incident_step (incident_id)")
    op.execute("""
        create view incident_state as
        select distinct on (incident_id) incident_id, step as state, at as since, actor
        from incident_step order by incident_id, id desc""")


def create_append_only_log() -> None:
    op.execute("""
        create function append_only() returns trigger language plpgsql as $$
        begin
          raise exception 'table % is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
        end $$""")
    op.execute("""
        create trigger incident_step_append_only before update or delete or truncate on incident_step
        for each statement execute function append_only()""")


def downgrade() -> None:
    op.execute("drop view incident_state")
    op.execute("drop table incident_step, incident, track_point, patrol_grid, patrol, worker_grid, worker")
    op.execute("drop function append_only")
