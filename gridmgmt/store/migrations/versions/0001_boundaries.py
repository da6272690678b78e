"""Boundaries with epochs, the codes that name them, load receipts."""

from alembic import op

from gridmgmt.store.migrations.shapes import guard_shape

revision = "0001"
down_revision = None

CODE_SHAPE = """case level
    when 'district' then code ~ '^[0-9]{6}$' when 'subdistrict' then code ~ '^[0-9]{9}$'
    when 'community' then code ~ '^[0-9]{12}$' when 'zone' then code ~ '^[0-9]{12}P[0-9]{2}$'
    when 'grid' then code ~ '^[0-9]{15}$' else false end"""
LEVELS = "'district', 'subdistrict', 'community', 'zone', 'grid'"


def upgrade() -> None:
    create_codes()
    create_boundaries()
    create_life_of_codes()
    op.execute("""
        create table load_receipt (
          content_hash text constraint pk_load_receipt primary key,
          what text not null,
          valid_from date,
          row_count integer not null,
          loaded_at timestamptz not null default now())""")


def create_codes() -> None:
    op.execute(f"""
        create table boundary_code (
          code text constraint pk_boundary_code primary key,
          level text not null,
          issued_on date not null,
          retired_on date,
          constraint ck_boundary_code_level_known check (level in ({LEVELS})),
          constraint ck_boundary_code_code_shape check ({CODE_SHAPE}),
          constraint ck_boundary_code_life check (issued_on <= retired_on))""")


def create_boundaries() -> None:
    op.execute(f"""
        create table boundary (
          id bigint generated always as identity constraint pk_boundary primary key,
          code text not null constraint fk_boundary_code references boundary_code,
          version integer not null default 1,
          level text not null,
          name text not null,
          kind text not null default 'residential',
          community_type text,
          households integer,
          residents integer,
          geom geometry(multipolygon, 4326) not null,
          parent_code text constraint fk_boundary_parent_code references boundary_code,
          valid_from date not null,
          valid_to date,
          constraint uq_boundary_code_version unique (code, version),
          constraint ex_boundary_period exclude using gist (code with =, daterange(valid_from, valid_to) with &&),
          constraint ck_boundary_level_known check (level in ({LEVELS})),
          constraint ck_boundary_kind_known check
            (kind in ('residential', 'market', 'mall', 'school', 'hospital', 'enterprise')),
          constraint ck_boundary_community_type_known check
            (community_type in ('mid_high_end', 'old_residential', 'urban_village', 'enclave')),
          constraint ck_boundary_code_shape check ({CODE_SHAPE}),
          constraint ck_boundary_not_negative check (households >= 0 and residents >= 0),
          constraint ck_boundary_period check (valid_from < valid_to))""")
    guard_shape("boundary")
    op.execute("create index ix_boundary_level_valid_from on boundary (level, valid_from)")
    op.execute("create index ix_boundary_parent_code on boundary (parent_code)")


def create_life_of_codes() -> None:
    """A code is retired once and stays retired; a boundary lives within the life of its code."""
    op.execute("""
        create function boundary_code_for_ever() returns trigger language plpgsql as $$
        begin
          raise exception 'boundary code % is kept for ever: it may be retired once, nothing else', old.code
            using errcode = 'integrity_constraint_violation';
        end $$""")
    op.execute("""
        create trigger boundary_code_kept before delete on boundary_code
        for each row execute function boundary_code_for_ever()""")
    op.execute("""
        create trigger boundary_code_retired_once before update on boundary_code for each row
        when ((new.code, new.level, new.issued_on) is distinct from (old.code, old.level, old.issued_on)
              or (old.retired_on is not null and new.retired_on is distinct from old.retired_on))
        execute function boundary_code_for_ever()""")
    op.execute("""
        create function boundary_within_life() returns trigger language plpgsql as $$
        declare life boundary_code;
        begin
          select * into life from boundary_code where code = new.code for share;
          if new.valid_from < life.issued_on or life.retired_on < coalesce(new.valid_to, 'infinity') then
            raise exception 'boundary code % lives from % to %', new.code, life.issued_on, life.retired_on
              using errcode = 'integrity_constraint_violation', constraint = 'boundary_within_life';
          end if;
          return new;
        end $$""")
    op.execute("""
        create trigger boundary_within_life before insert or update of code, valid_from, valid_to on boundary
        for each row execute function boundary_within_life()""")


def downgrade() -> None:
    op.execute("drop table load_receipt, boundary, boundary_code")
    op.execute("drop function boundary_within_life, boundary_code_for_ever")
