"""`gridmgmt db`: the schema and the state of the database."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

FAULTS_SHOWN = 10

commands = typer.Typer(no_args_is_help=True, help="The database: its schema, what it holds, whether it is sound.")


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(commands, name="db")


@commands.command()
def upgrade() -> None:
    """Bring the schema to this version; extensions and missing tables are created."""
    from gridmgmt.store import migrate

    migrate.upgrade()
    status()


@commands.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="The step to go back to; base is before the first.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Undo schema steps. The data of the tables they made is lost."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text
    from gridmgmt.store import migrate

    if not yes:
        typer.confirm(text("database.confirm_downgrade", language(), revision=revision), abort=True)
    migrate.downgrade(revision=revision)
    status()


@commands.command()
def status() -> None:
    """The step the schema is at, and the newest one."""
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text
    from gridmgmt.store.engine import transaction
    from gridmgmt.store.revision import current_revision, head_revision

    with transaction() as session:
        current = current_revision(session.connection())
    typer.echo(text("database.status", language(), current=current or "base", head=head_revision()))


@commands.command()
def check(
    at: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; today if not given.")] = None,
) -> None:
    """Look at every level's boundaries and count what is there; exit status 1 where a level has gaps or overlaps."""
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        levels_are_sound = _check_levels(session, (at or datetime.now()).date())  # noqa: DTZ005 - the user's own day
        _count_tables(session)
    raise typer.Exit(0 if levels_are_sound else 1)


def _check_levels(session: "Session", at: date) -> bool:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text
    from gridmgmt.services.boundaries import check_coverage
    from gridmgmt.store.tables import LEVELS

    checks = [check_coverage(session, level, at) for level in LEVELS]
    for found in checks:
        word = text(f"common.{found.level}", language())
        verdict = text("database.faulty" if found.faults else "database.sound", language(), faults=len(found.faults))
        counts = {"count": found.boundaries, "households": found.households}
        typer.echo(text("database.level", language(), level=word, verdict=verdict, **counts))
        for fault in found.faults[:FAULTS_SHOWN]:
            typer.echo(f"  {fault.kind}: {fault}")
    return not any(found.faults for found in checks)


def _count_tables(session: "Session") -> None:
    from sqlalchemy import func, select

    from gridmgmt.cli.main import language
    from gridmgmt.messages import text
    from gridmgmt.store.tables import Base

    for table in Base.metadata.sorted_tables:
        rows = session.scalar(select(func.count()).select_from(table))
        typer.echo(text("database.table", language(), table=table.name, rows=rows))
