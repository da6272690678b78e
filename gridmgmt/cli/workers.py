"""`gridmgmt worker`: grid workers and the grids they answer for."""

from datetime import date, datetime
from typing import Annotated, Any

import typer

commands = typer.Typer(no_args_is_help=True, help="Grid workers and the grids they answer for.")

Code = Annotated[str, typer.Argument(help="Code of the grid worker.")]
Grid = Annotated[str, typer.Argument(help="Code of the grid.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; today if not given.")]
End = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day after the last one.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(commands, name="worker")


@commands.command()
def add(code: Code, name: Annotated[str, typer.Argument(help="What the worker is called.")]) -> None:
    """Put a grid worker in the register; accounts and devices are given by `gridmgmt user`."""
    from gridmgmt.services.access import audit
    from gridmgmt.services.access.workers import add_worker
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        row = add_worker(session, code, name)
        audit.record(session, audit.operator(), "add_worker", row.code)
    _say("worker_added", code=code, name=name)


@commands.command()
def appoint(
    code: Code,
    grid: Grid,
    since: Day = None,
    until: End = None,
    part_time: Annotated[bool, typer.Option("--part-time", help="Beside the main worker.")] = False,
    succeed: Annotated[bool, typer.Option("--succeed", help="End the main worker's time there first.")] = False,
) -> None:
    """Make somebody answer for a grid: one main worker at a time, part-time ones beside."""
    from gridmgmt.services.access import audit
    from gridmgmt.services.access import workers as work
    from gridmgmt.store.engine import transaction

    last = until.date() if until else None
    with transaction() as session:
        row = work.appoint(session, code, grid, _day(since), last, main=not part_time, succeed=succeed)
        facts = {"grid": grid, "main": row.main, "from": str(row.valid_from), "to": str(row.valid_to or "")}
        audit.record(session, audit.operator(), "appoint", code, facts)
    _say("appointed", code=code, grid=grid, since=row.valid_from, until=row.valid_to or "")


@commands.command()
def relieve(code: Code, grid: Grid, on: Day = None) -> None:
    """End somebody's time in a grid before a day."""
    from gridmgmt.services.access import audit
    from gridmgmt.services.access import workers as work
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        work.relieve(session, code, grid, _day(on))
        audit.record(session, audit.operator(), "relieve", code, {"grid": grid, "on": str(_day(on))})
    _say("relieved", code=code, grid=grid, on=_day(on))


@commands.command("list")
def list_appointments(
    within: Annotated[str, typer.Option(help="Beginning of the grids' code.")] = "",
    at: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; today if not given.")] = None,
) -> None:
    """Who answers for which grid on a day."""
    from gridmgmt.access import Area
    from gridmgmt.services.access.workers import appointments
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        found = appointments(session, _day(at), Area.of([within]))
    for one in found:
        kind = _text("main_worker" if one["main"] else "part_time_worker")
        period = f"{one['valid_from']}–{one['valid_to'] or ''}"
        typer.echo(f"{one['grid_code']}  {one['worker_code']}  {one['name']}  {kind}  {period}")


def _day(given: datetime | None) -> date:
    from gridmgmt.field.day import LOCAL_ZONE

    return (given or datetime.now(LOCAL_ZONE)).date()


def _text(key: str, **values: Any) -> str:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    return text(f"access.{key}", language(), **values)


def _say(key: str, **values: Any) -> None:
    typer.echo(_text(key, **values))
