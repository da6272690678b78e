"""Plans that were asked for and are computed beside the requests."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("""
        create table plan_order (
          id uuid default gen_random_uuid() constraint pk_plan_order primary key,
          task text not null,
          scope_code text not null constraint fk_plan_order_scope_code references boundary_code,
          base_date date not null,
          parameters jsonb not null,
          author text not null,
          asked_at timestamptz not null default clock_timestamp(),
          state text not null default 'asked',
          attempts integer not null default 0,
          begun_at timestamptz,
          ended_at timestamptz,
          progress jsonb not null default '{}'::jsonb,
          fault jsonb,
          plan_id uuid constraint fk_plan_order_plan_id references plan on delete set null,
          constraint ck_plan_order_task_known check (task in ('divide', 'resize', 'merge')),
          constraint ck_plan_order_state_known check (state in ('asked', 'running', 'done', 'failed', 'cancelled')),
          constraint ck_plan_order_ended check ((ended_at is null) = (state in ('asked', 'running'))),
          constraint ck_plan_order_fault check ((fault is not null) = (state = 'failed')))""")
    op.execute("create index ix_plan_order_asked_at on plan_order (asked_at)")


def downgrade() -> None:
    op.execute("drop table plan_order")
