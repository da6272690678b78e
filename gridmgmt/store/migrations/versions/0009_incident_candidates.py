"""Marks from the way that may be incidents."""

from alembic import op

from gridmgmt.store.migrations.shapes import guard_shape

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("""
        create table incident_candidate (
          id uuid constraint pk_incident_candidate primary key,
          worker_code text not null constraint fk_incident_candidate_worker_code references worker,
          patrol_id uuid constraint fk_incident_candidate_patrol_id references patrol,
          occurred_at timestamptz,
          received_at timestamptz not null default now(),
          geom geometry(point, 4326) not null,
          grid_code text,
          name text not null default '',
          text text not null default '',
          link text,
          source text not null,
          decision text,
          decided_at timestamptz,
          decided_by text,
          reason text not null default '',
          constraint ck_incident_candidate_decision_known check (decision in ('accepted', 'dismissed')),
          constraint ck_incident_candidate_decided check ((decision is null) = (decided_at is null)))""")
    op.execute("create index ix_incident_candidate_received_at on incident_candidate (received_at)")
    op.execute("create index ix_incident_candidate_worker_code on incident_candidate (worker_code)")
    guard_shape("incident_candidate")


def downgrade() -> None:
    op.execute("drop table incident_candidate")
