"""Incidents: workflow and code lists as rows, moves with holders, how each stands, photos, people, conflicts."""

import json
from datetime import date, time
from typing import Any

import sqlalchemy
from alembic import op

from gridmgmt.field.codes import bundled_codes
from gridmgmt.field.workflow import bundled_data

revision = "0006"
down_revision = "0005"

FIRST_WORKFLOW, FIRST_CODES = "2026.1", "demo_local"  # published versions are never edited, so this stays true
MOVES = {"reported": "report", "filed": "file", "dispatched": "dispatch", "handled": "handle", "verified": "verify"}


def upgrade() -> None:
    create_workflow()
    create_codes_and_calendar()
    load_first_versions()
    widen_incidents()
    widen_steps()
    create_state_view()
    create_now()
    create_people_and_photos()
    create_conflicts()


def create_workflow() -> None:
    op.execute("""
        create table workflow (
          version text constraint pk_workflow primary key,
          title text not null,
          in_force_from date not null constraint uq_workflow_in_force_from unique,
          hours jsonb not null,
          loaded_at timestamptz not null default now())""")
    op.execute("""
        create table workflow_state (
          version text constraint fk_workflow_state_version references workflow,
          state text,
          seq integer not null,
          stage text not null,
          clock text,
          open boolean not null,
          constraint pk_workflow_state primary key (version, state))""")
    op.execute("""
        create table workflow_move (
          version text constraint fk_workflow_move_version references workflow,
          move text,
          seq integer not null,
          from_states text[] not null default '{}',
          to_state text,
          effect text not null default '',
          acting text not null default 'holder',
          levels text[] not null default '{}',
          holder text not null default '',
          roles text[] not null default '{}',
          needs text[] not null default '{}',
          unconfirmed text[] not null default '{}',
          constraint pk_workflow_move primary key (version, move))""")
    op.execute("""
        create table workflow_limit (
          version text constraint fk_workflow_limit_version references workflow,
          clock text,
          category text,
          severity text,
          amount double precision not null,
          unit text not null,
          constraint pk_workflow_limit primary key (version, clock, category, severity),
          constraint ck_workflow_limit_amount check (amount > 0))""")


def create_codes_and_calendar() -> None:
    op.execute("""
        create table code_entry (
          standard text,
          kind text,
          code text,
          valid_from date,
          valid_to date,
          seq integer not null default 0,
          parent_code text,
          zh text not null,
          en text not null,
          settings jsonb not null default '{}'::jsonb,
          constraint pk_code_entry primary key (standard, kind, code, valid_from),
          constraint ck_code_entry_period check (valid_from < valid_to),
          constraint ck_code_entry_code_filled check (code <> ''),
          constraint ex_code_entry_period exclude using gist
            (standard with =, kind with =, code with =, daterange(valid_from, valid_to) with &&))""")
    op.execute("create index ix_code_entry_code on code_entry (code)")
    op.execute("""
        create table calendar_day (
          day date constraint pk_calendar_day primary key,
          works boolean not null,
          name text not null default '',
          set_by text not null,
          set_at timestamptz not null default now())""")


def load_first_versions() -> None:
    data = bundled_data(FIRST_WORKFLOW)
    head = {key: data[key] for key in ("version", "title", "in_force_from", "hours")}
    of = {"version": data["version"]}
    insert("workflow", [head])
    insert("workflow_state", [of | {"seq": seq} | row for seq, row in enumerate(data["states"])])
    insert("workflow_move", [of | {"seq": seq} | move(*row) for seq, row in enumerate(data["moves"].items())])
    whole = {"category": "*", "severity": "*", "unit": "working_hours"}
    insert("workflow_limit", [of | whole | row for row in data["limits"]])
    insert("code_entry", [vars(entry) for entry in bundled_codes(FIRST_CODES)])


def move(name: str, row: dict[str, Any]) -> dict[str, Any]:
    columns = {"from": "from_states", "to": "to_state"}
    return {"move": name} | {columns.get(key, key): value for key, value in row.items()}


def insert(table: str, rows: list[dict[str, Any]]) -> None:
    """Columns that a row lacks get their default, which one statement for all rows could not give."""
    for row in rows:
        names = ", ".join(row)
        record = f"json_populate_record(null::{table}, cast(:row as json))"
        statement = f"insert into {table} ({names}) select {names} from {record}"
        op.execute(sqlalchemy.text(statement).bindparams(row=json.dumps(row, default=written)))


def written(value: Any) -> str:
    assert isinstance(value, date | time)
    return value.isoformat()


def widen_incidents() -> None:
    """Constant defaults, so that no row is rewritten; those here already belong to the first version."""
    op.execute(f"""
        alter table incident
          add column standard text not null default 'demo/local',
          add column kind text not null default 'event',
          add column severity text not null default 'general',
          add column reporter_id uuid constraint fk_incident_reporter_id references person,
          add column first_asked text constraint fk_incident_first_asked references worker,
          add column address text,
          add column unit_code text,
          add column flags text[] not null default '{{}}',
          add column workflow_version text not null default '{FIRST_WORKFLOW}'
            constraint fk_incident_workflow_version references workflow,
          add column deleted_at timestamptz,
          add column deleted_by text,
          add constraint ck_incident_severity_known check (severity in ('general', 'urgent'))""")
    op.execute("alter table incident alter column workflow_version drop default")
    op.execute("create index ix_incident_received_at on incident (received_at, id)")
    op.execute("drop index ix_incident_grid_code")
    op.execute("create index ix_incident_grid_code on incident (grid_code text_pattern_ops)")


def widen_steps() -> None:
    op.execute("drop view incident_state")
    op.execute("alter table incident_step rename column step to move")
    op.execute("alter table incident_step rename constraint ck_incident_step_step_named to ck_incident_step_move_named")
    op.execute("""
        alter table incident_step
          add column actor_id uuid constraint fk_incident_step_actor_id references person,
          add column holder text,
          add column lead_id uuid constraint fk_incident_step_lead_id references incident,
          add column key uuid constraint uq_incident_step_key unique""")
    op.execute("create index ix_incident_step_lead_id on incident_step (lead_id) where lead_id is not null")
    rename_moves(MOVES | {"closed": "close"})
    op.execute("""
        update incident_step set holder = grid_code from incident
        where incident.id = incident_id and move = 'report'""")
    op.execute("alter table incident_step enable trigger incident_step_append_only")


def rename_moves(names: dict[str, str]) -> None:
    """A log used to name the states it led to; now it names the moves. The caller switches the trigger on again."""
    op.execute("alter table incident_step disable trigger incident_step_append_only")
    for old, new in names.items():
        op.execute(f"update incident_step set move = '{new}' where move = '{old}'")


def create_state_view() -> None:
    """What each log adds up to; `gridmgmt.field.workflow.state_of` is the same without a database."""
    op.execute("""
        create view incident_state as
        select incident.id as incident_id, entered.id as step_id, entered.state, entered.at as since, entered.actor,
               coalesce(workflow_state.open, false) as open, workflow_state.clock, held.holder,
               coalesce(switched.effect = 'pause', false) as paused, entered.lead_id, reworked.reworks
        from incident
        cross join lateral (
          select step.id, step.at, step.actor, step.lead_id, rule.to_state as state
          from incident_step as step
          join workflow_move as rule on rule.version = incident.workflow_version and rule.move = step.move
          where step.incident_id = incident.id and rule.to_state is not null
          order by step.id desc limit 1) as entered
        left join lateral (
          select holder from incident_step as step
          where step.incident_id = incident.id and step.holder is not null
          order by step.id desc limit 1) as held on true
        left join lateral (
          select rule.effect
          from incident_step as step
          join workflow_move as rule on rule.version = incident.workflow_version and rule.move = step.move
          where step.incident_id = incident.id and step.id >= entered.id and rule.effect in ('pause', 'resume')
          order by step.id desc limit 1) as switched on true
        cross join lateral (
          select count(*) as reworks
          from incident_step as step
          join workflow_move as rule on rule.version = incident.workflow_version and rule.move = step.move
          where step.incident_id = incident.id and rule.effect = 'rework') as reworked
        left join workflow_state
          on workflow_state.version = incident.workflow_version and workflow_state.state = entered.state""")


def create_now() -> None:
    """Without clocks for what is here already: `gridmgmt incident recount` sets them."""
    op.execute("""
        create table incident_now (
          incident_id uuid constraint pk_incident_now primary key
            constraint fk_incident_now_incident_id references incident,
          step_id bigint not null,
          state text not null,
          since timestamptz not null,
          actor text not null,
          open boolean not null,
          holder text,
          paused boolean not null,
          lead_id uuid,
          clock text,
          warn_at timestamptz,
          due_at timestamptz)""")
    op.execute("create index ix_incident_now_open on incident_now (due_at) where open")
    op.execute("create index ix_incident_now_holder on incident_now (holder) where open")
    op.execute("create index ix_incident_now_lead_id on incident_now (lead_id) where lead_id is not null")
    op.execute("""
        insert into incident_now
        select incident_id, step_id, state, since, actor, open, holder, paused, lead_id, clock, null, null
        from incident_state""")


def create_people_and_photos() -> None:
    op.execute("""
        create table incident_person (
          incident_id uuid constraint fk_incident_person_incident_id references incident,
          seq integer,
          role text not null,
          name text not null default '',
          phone text not null default '',
          constraint pk_incident_person primary key (incident_id, seq))""")
    op.execute("""
        create table photo (
          sha256 text constraint pk_photo primary key,
          media_type text not null,
          width integer not null,
          height integer not null,
          content bytea not null,
          taken_at timestamptz,
          taken_lon double precision,
          taken_lat double precision,
          received_at timestamptz not null default now(),
          sender_id uuid constraint fk_photo_sender_id references person,
          constraint ck_photo_sha256 check (sha256 ~ '^[0-9a-f]{64}$'))""")
    op.execute("alter table photo alter column content set storage external")  # pictures are compressed already
    op.execute("""
        create table incident_photo (
          incident_id uuid constraint fk_incident_photo_incident_id references incident,
          sha256 text constraint fk_incident_photo_sha256 references photo,
          step_id bigint not null constraint fk_incident_photo_step_id references incident_step,
          constraint pk_incident_photo primary key (incident_id, sha256))""")
    op.execute("create index ix_incident_photo_sha256 on incident_photo (sha256)")


def create_conflicts() -> None:
    op.execute("""
        create table submission_conflict (
          id bigint generated always as identity constraint pk_submission_conflict primary key,
          kind text not null,
          subject_id uuid not null,
          content_hash text not null,
          body jsonb not null,
          actor text not null,
          received_at timestamptz not null default now(),
          constraint uq_submission_conflict_kind_subject_id_content_hash unique (kind, subject_id, content_hash))""")
    op.execute("create index ix_submission_conflict_received_at on submission_conflict (received_at)")


def downgrade() -> None:
    op.execute("drop table submission_conflict, incident_photo, photo, incident_person, incident_now")
    op.execute("drop view incident_state")
    op.execute(
        "alter table incident_step drop column actor_id, drop column holder, drop column lead_id, drop column key"
    )
    rename_moves({new: old for old, new in (MOVES | {"closed": "close"}).items()})
    op.execute("alter table incident_step enable trigger incident_step_append_only")
    op.execute("alter table incident_step rename column move to step")
    op.execute("alter table incident_step rename constraint ck_incident_step_move_named to ck_incident_step_step_named")
    op.execute("""
        create view incident_state as
        select distinct on (incident_id) incident_id, step as state, at as since, actor
        from incident_step order by incident_id, id desc""")
    op.execute("drop index ix_incident_grid_code, ix_incident_received_at")
    op.execute("create index ix_incident_grid_code on incident (grid_code)")
    op.execute("""
        alter table incident
          drop column standard, drop column kind, drop column severity, drop column reporter_id,
          drop column first_asked, drop column address, drop column unit_code, drop column flags,
          drop column workflow_version, drop column deleted_at, drop column deleted_by""")
    op.execute("drop table calendar_day, code_entry, workflow_limit, workflow_move, workflow_state, workflow")
