"""Stations and whom they serve, plans with parts and assignments, the crosswalk of codes."""

from alembic import op

from gridmgmt.store.migrations.shapes import guard_shape

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    create_stations()
    create_plans()
    create_crosswalk()


def create_stations() -> None:
    op.execute("""
        create table station (
          id bigint generated always as identity constraint pk_station primary key,
          code text not null,
          name text not null,
          station_type text not null,
          subdistrict_code text not null constraint fk_station_subdistrict_code references boundary_code,
          staff integer,
          office_m2 double precision, office_planned_m2 double precision,
          service_m2 double precision, service_planned_m2 double precision,
          plaza_m2 double precision, plaza_planned_m2 double precision,
          geom geometry(point, 4326) not null,
          valid_from date not null,
          valid_to date,
          constraint ex_station_period exclude using gist (code with =, daterange(valid_from, valid_to) with &&),
          constraint ck_station_station_type_known check (station_type in ('urban', 'rural')),
          constraint ck_station_code_shape check (code ~ '^[0-9]{9}Z[0-9]{2,3}$'),
          constraint ck_station_not_negative check (staff >= 0 and office_m2 >= 0 and office_planned_m2 >= 0
            and service_m2 >= 0 and service_planned_m2 >= 0 and plaza_m2 >= 0 and plaza_planned_m2 >= 0),
          constraint ck_station_period check (valid_from < valid_to))""")
    guard_shape("station")
    op.execute("create index ix_station_subdistrict_code on station (subdistrict_code)")
    op.execute("""
        create table station_service (
          id bigint generated always as identity constraint pk_station_service primary key,
          station_code text not null,
          community_code text not null constraint fk_station_service_community_code references boundary_code,
          valid_from date not null,
          valid_to date,
          constraint ex_station_service_period exclude using gist
            (station_code with =, community_code with =, daterange(valid_from, valid_to) with &&),
          constraint ck_station_service_period check (valid_from < valid_to))""")
    op.execute("create index ix_station_service_community_code on station_service (community_code)")


def create_plans() -> None:
    op.execute("""
        create table plan (
          id uuid default gen_random_uuid() constraint pk_plan primary key,
          task text not null,
          name text not null,
          scope_code text not null constraint fk_plan_scope_code references boundary_code,
          base_date date not null,
          effective_on date,
          parameters jsonb not null default '{}'::jsonb,
          report jsonb not null default '{}'::jsonb,
          author text not null,
          state text not null default 'computed',
          created_at timestamptz not null default clock_timestamp(),
          published_at timestamptz,
          constraint ck_plan_task_known check (task in ('divide', 'resize', 'merge', 'replay')),
          constraint ck_plan_state_known check (state in ('computed', 'published', 'discarded')))""")
    op.execute("""
        create table plan_part (
          plan_id uuid constraint fk_plan_part_plan_id references plan on delete cascade,
          part integer,
          code text,
          name text,
          kind text not null default 'residential',
          parent_code text not null constraint fk_plan_part_parent_code references boundary_code,
          households integer not null,
          geom geometry(multipolygon, 4326) not null,
          constraint pk_plan_part primary key (plan_id, part),
          constraint ck_plan_part_kind_known check
            (kind in ('residential', 'market', 'mall', 'school', 'hospital', 'enterprise')),
          constraint ck_plan_part_not_negative check (households >= 0))""")
    guard_shape("plan_part")
    op.execute("""
        create table plan_assignment (
          plan_id uuid,
          unit_code text,
          part integer not null,
          constraint pk_plan_assignment primary key (plan_id, unit_code),
          constraint fk_plan_assignment_plan_id foreign key (plan_id, part) references plan_part on delete cascade)""")


def create_crosswalk() -> None:
    op.execute("""
        create table crosswalk (
          id bigint generated always as identity constraint pk_crosswalk primary key,
          old_code text not null,
          new_code text not null,
          changed_on date not null,
          shared_households integer not null,
          shared_residents integer not null,
          shared_area_m2 double precision not null,
          plan_id uuid constraint fk_crosswalk_plan_id references plan,
          constraint uq_crosswalk_old_code_new_code_changed_on unique (old_code, new_code, changed_on),
          constraint ck_crosswalk_not_negative check
            (shared_households >= 0 and shared_residents >= 0 and shared_area_m2 >= 0))""")
    op.execute("create index ix_crosswalk_new_code on crosswalk (new_code)")


def downgrade() -> None:
    op.execute("drop table crosswalk, plan_assignment, plan_part, plan, station_service, station")
