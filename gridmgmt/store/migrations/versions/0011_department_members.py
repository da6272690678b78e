"""People of departments belong to one: a grant of that role names it. Grants from before see nothing until they do."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("""
        alter table role_grant
          add column department_code text,
          add constraint ck_role_grant_department check (department_code is null or role = 'department')""")


def downgrade() -> None:
    op.execute("alter table role_grant drop column department_code")
