"""Ingest: what a fix tells beside its place, open patrols, members, visits, links, latest places, quarantine."""

from alembic import op

from gridmgmt.store.migrations.shapes import guard_shape

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    widen_track_points()
    open_patrols()
    create_relations()
    create_latest_positions()
    create_quarantine()


def widen_track_points() -> None:
    """Constant defaults: no row is rewritten."""
    op.execute("""
        alter table track_point
          add column speed_mps real,
          add column heading_deg real,
          add column altitude_m real,
          add column crs text not null default 'wgs84',
          add column source text not null default 'track',
          add column mock boolean not null default false,
          add column twin boolean not null default false""")


def open_patrols() -> None:
    op.execute("""
        alter table patrol
          add column device text,
          add column declared_end timestamptz,
          add column stale boolean not null default false,
          add column legs jsonb not null default '[]'::jsonb""")
    op.execute("create index ix_patrol_stale on patrol (id) where stale")


def create_relations() -> None:
    op.execute("""
        create table patrol_member (
          patrol_id uuid constraint fk_patrol_member_patrol_id references patrol,
          worker_code text constraint fk_patrol_member_worker_code references worker,
          constraint pk_patrol_member primary key (patrol_id, worker_code))""")
    op.execute("""
        create table patrol_visit (
          id uuid constraint pk_patrol_visit primary key,
          patrol_id uuid not null constraint fk_patrol_visit_patrol_id references patrol,
          unit_code text not null,
          visited_at timestamptz not null,
          note text not null default '',
          content_hash text not null,
          received_at timestamptz not null default now())""")
    op.execute("create index ix_patrol_visit_patrol_id on patrol_visit (patrol_id)")
    op.execute("create index ix_patrol_visit_unit_code on patrol_visit (unit_code)")
    op.execute("""
        create table patrol_incident (
          patrol_id uuid constraint fk_patrol_incident_patrol_id references patrol,
          incident_id uuid,
          constraint pk_patrol_incident primary key (patrol_id, incident_id))""")
    op.execute("create index ix_patrol_incident_incident_id on patrol_incident (incident_id)")


def create_latest_positions() -> None:
    op.execute("""
        create table latest_position (
          worker_code text constraint pk_latest_position primary key
            constraint fk_latest_position_worker_code references worker,
          patrol_id uuid not null constraint fk_latest_position_patrol_id references patrol,
          recorded_at timestamptz not null,
          received_at timestamptz not null default now(),
          geom geometry(point, 4326) not null,
          accuracy_m double precision,
          battery_percent double precision,
          constraint ck_latest_position_accuracy check (accuracy_m >= 0))""")
    guard_shape("latest_position")


def create_quarantine() -> None:
    op.execute("""
        create table quarantine (
          id bigint generated always as identity constraint pk_quarantine primary key,
          received_at timestamptz not null default now(),
          source text not null,
          device text,
          worker_code text,
          patrol_id uuid,
          reason text not null,
          raw jsonb not null,
          content_hash text not null,
          constraint uq_quarantine_content_hash unique (content_hash))""")
    op.execute("create index ix_quarantine_received_at on quarantine (received_at)")


def downgrade() -> None:
    op.execute("drop table quarantine, latest_position, patrol_incident, patrol_visit, patrol_member")
    op.execute("drop index ix_patrol_stale")
    op.execute("alter table patrol drop column device, drop column declared_end, drop column stale, drop column legs")
    op.execute("""
        alter table track_point
          drop column speed_mps, drop column heading_deg, drop column altitude_m,
          drop column crs, drop column source, drop column mock, drop column twin""")
