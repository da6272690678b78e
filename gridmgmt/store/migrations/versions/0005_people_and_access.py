"""People, roles and scopes, sign-ins, secrets of programs, the audit log; one main worker per grid."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    create_people()
    create_grants()
    create_sign_ins()
    create_credentials()
    create_audit_log()
    give_grids_one_main_worker()


def create_people() -> None:
    op.execute("""
        create table person (
          id uuid constraint pk_person primary key default gen_random_uuid(),
          name text not null constraint uq_person_name unique,
          display_name text not null,
          worker_code text constraint uq_person_worker_code unique constraint fk_person_worker_code references worker,
          password_hash text,
          password_set_at timestamptz,
          password_due boolean not null default false,
          demo boolean not null default false,
          disabled_at timestamptz,
          created_at timestamptz not null default now(),
          constraint ck_person_name_lower check (name = lower(name) and name <> ''))""")


def create_grants() -> None:
    op.execute("""
        create table role_grant (
          id uuid constraint pk_role_grant primary key default gen_random_uuid(),
          person_id uuid not null constraint fk_role_grant_person_id references person,
          role text not null,
          scope_code text constraint fk_role_grant_scope_code references boundary_code,
          valid_from date not null,
          valid_to date,
          constraint ck_role_grant_role_known check (role in ('worker', 'planner', 'dispatcher', 'department',
            'administrator', 'security', 'auditor', 'viewer')),
          constraint ck_role_grant_period check (valid_from < valid_to),
          constraint ex_role_grant_period exclude using gist
            (person_id with =, role with =, coalesce(scope_code, '') with =, daterange(valid_from, valid_to) with &&),
          constraint ex_role_grant_separated exclude using gist
            (person_id with =, role with <>, daterange(valid_from, valid_to) with &&)
            where (role in ('administrator', 'security', 'auditor')))""")
    op.execute("""
        create table stand_in (
          id uuid constraint pk_stand_in primary key default gen_random_uuid(),
          absent_id uuid not null constraint fk_stand_in_absent_id references person,
          substitute_id uuid not null constraint fk_stand_in_substitute_id references person,
          valid_from date not null,
          valid_to date not null,
          constraint ck_stand_in_period check (valid_from < valid_to),
          constraint ck_stand_in_two_people check (absent_id <> substitute_id),
          constraint ex_stand_in_period exclude using gist
            (absent_id with =, daterange(valid_from, valid_to) with &&))""")
    op.execute("create index ix_stand_in_substitute_id on stand_in (substitute_id)")


def create_sign_ins() -> None:
    op.execute("""
        create table sign_in (
          id uuid constraint pk_sign_in primary key,
          person_id uuid not null constraint fk_sign_in_person_id references person,
          kind text not null,
          secret_hash bytea constraint uq_sign_in_secret_hash unique,
          began_at timestamptz not null,
          used_at timestamptz not null,
          expires_at timestamptz not null,
          revoked_at timestamptz,
          constraint ck_sign_in_kind_known check (kind in ('web', 'token')))""")
    op.execute("create index ix_sign_in_person_id on sign_in (person_id)")
    op.execute("""
        create table refresh_token (
          token_hash bytea constraint pk_refresh_token primary key,
          sign_in_id uuid not null constraint fk_refresh_token_sign_in_id references sign_in on delete cascade,
          issued_at timestamptz not null,
          used_at timestamptz)""")
    op.execute("create index ix_refresh_token_sign_in_id on refresh_token (sign_in_id)")
    op.execute("""
        create table failed_sign_in (
          name_hash bytea constraint pk_failed_sign_in primary key,
          failures integer not null,
          last_at timestamptz not null,
          locked_until timestamptz,
          constraint ck_failed_sign_in_counted check (failures >= 0))""")
    op.execute("""
        create table signing_key (
          id integer constraint pk_signing_key primary key,
          secret bytea not null,
          made_at timestamptz not null default now(),
          constraint ck_signing_key_one check (id = 1))""")


def create_credentials() -> None:
    op.execute("""
        create table credential (
          id uuid constraint pk_credential primary key default gen_random_uuid(),
          person_id uuid not null constraint fk_credential_person_id references person,
          kind text not null,
          label text not null default '',
          device_id text,
          secret_hash bytea not null constraint uq_credential_secret_hash unique,
          created_at timestamptz not null default now(),
          revoked_at timestamptz,
          constraint ck_credential_kind_known check (kind in ('app', 'device')),
          constraint ck_credential_device_named check ((kind = 'device') = (device_id is not null)))""")
    op.execute("create index ix_credential_person_id on credential (person_id)")
    op.execute("create unique index ix_credential_device_id_live on credential (device_id) where revoked_at is null")


def create_audit_log() -> None:
    op.execute("""
        create table audit_entry (
          id bigint constraint pk_audit_entry primary key,
          at timestamptz not null,
          actor_id uuid,
          actor text not null,
          action text not null,
          object text not null,
          detail json not null,
          previous_hash bytea not null,
          hash bytea not null)""")
    op.execute("create index ix_audit_entry_at on audit_entry (at)")
    op.execute("create index ix_audit_entry_object on audit_entry (object)")
    op.execute("""
        create trigger audit_entry_append_only before update or delete or truncate on audit_entry
        for each statement execute function append_only()""")


def give_grids_one_main_worker() -> None:
    """Where several shared a grid until now, the one with the lowest code becomes its main worker."""
    op.execute("alter table worker_grid add column main boolean not null default true")
    op.execute("""
        update worker_grid set main = false where exists (
          select from worker_grid as other
          where other.grid_code = worker_grid.grid_code
            and (other.worker_code, other.valid_from) < (worker_grid.worker_code, worker_grid.valid_from)
            and daterange(other.valid_from, other.valid_to)
              && daterange(worker_grid.valid_from, worker_grid.valid_to))""")
    op.execute("""
        alter table worker_grid add constraint ex_worker_grid_main exclude using gist
          (grid_code with =, daterange(valid_from, valid_to) with &&) where (main)""")


def downgrade() -> None:
    op.execute("alter table worker_grid drop constraint ex_worker_grid_main, drop column main")
    op.execute("drop table audit_entry, credential, signing_key, failed_sign_in, refresh_token, sign_in, stand_in")
    op.execute("drop table role_grant, person")
