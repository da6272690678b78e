"""When workers were on duty."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("""
        create table duty_period (
          id uuid constraint pk_duty_period primary key,
          worker_code text not null constraint fk_duty_period_worker_code references worker,
          started_at timestamptz not null,
          ended_at timestamptz,
          received_at timestamptz not null default now(),
          constraint ck_duty_period_period check (started_at <= ended_at))""")
    op.execute("create index ix_duty_period_worker_code_started_at on duty_period (worker_code, started_at)")


def downgrade() -> None:
    op.execute("drop table duty_period")
