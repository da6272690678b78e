"""`gridmgmt field`: patrols and incidents from the command line, and the situation."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer

commands = typer.Typer(no_args_is_help=True, help="Field work: patrols, incidents, the situation.")


def register(app: typer.Typer) -> None:
    """Add the commands of this room to the `gridmgmt` command."""
    app.add_typer(commands, name="field")


@commands.command()
def patrol(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="GPX or GeoJSON with times.")],
    worker: Annotated[str, typer.Option(help="Code of the grid worker who walked.")],
    patrol_id: Annotated[
        UUID | None, typer.Option("--id", help="The phone's id of the patrol; else a new one.")
    ] = None,
) -> None:
    """Keep a patrol from a file; the same id and content again changes nothing."""
    from gridmgmt.cli.main import language
    from gridmgmt.ids import PatrolId, WorkerCode
    from gridmgmt.io.tracks import read_track
    from gridmgmt.messages import text
    from gridmgmt.services.field import record_patrol
    from gridmgmt.store.engine import transaction

    track = read_track(file.read_bytes(), file.name)
    with transaction() as session:
        receipt = record_patrol(session, PatrolId(patrol_id or uuid4()), WorkerCode(worker), track, source="file")
    figures = {"points": receipt.points, "grids": len(receipt.grids), "untimed": receipt.untimed}
    typer.echo(text("field.patrol_kept", language(), id=receipt.id, **figures))


@commands.command()
def incident(
    category: Annotated[str, typer.Argument(help="What kind of incident it is.")],
    lon: Annotated[float, typer.Option(help="Longitude, EPSG:4326.")],
    lat: Annotated[float, typer.Option(help="Latitude, EPSG:4326.")],
    text_: Annotated[str, typer.Option("--text", help="What was seen.")] = "",
    at: Annotated[datetime | None, typer.Option(help="When, local time; else now.")] = None,
    worker: Annotated[str | None, typer.Option(help="Code of the grid worker who reports.")] = None,
) -> None:
    """Report an incident."""
    from gridmgmt.cli.main import language
    from gridmgmt.field.day import LOCAL_ZONE
    from gridmgmt.ids import IncidentId, WorkerCode
    from gridmgmt.messages import text
    from gridmgmt.services.field import IncidentReport, report_incident
    from gridmgmt.store.engine import transaction

    occurred_at = at.replace(tzinfo=LOCAL_ZONE) if at is not None else datetime.now(LOCAL_ZONE)
    report = IncidentReport(category, text_, lon, lat, occurred_at, WorkerCode(worker) if worker else None)
    with transaction() as session:
        receipt = report_incident(session, IncidentId(uuid4()), report, source="command")
    grid = receipt.grid_code or text("field.no_grid", language())
    typer.echo(text("field.incident_kept", language(), id=receipt.id, grid=grid))


@commands.command()
def duty(
    worker: Annotated[str, typer.Argument(help="Code of the grid worker.")],
    start: Annotated[datetime, typer.Argument(help="When the duty began, local time.")],
    end: Annotated[datetime, typer.Argument(help="When it ended, local time.")],
) -> None:
    """Say when a worker was on duty; what was recorded at another time of those days is left out."""
    from gridmgmt.cli.main import language
    from gridmgmt.field.day import LOCAL_ZONE
    from gridmgmt.ids import WorkerCode
    from gridmgmt.messages import text
    from gridmgmt.services.field.duty import tell_duty
    from gridmgmt.store.engine import transaction

    began, ended = (moment.replace(tzinfo=LOCAL_ZONE) for moment in (start, end))
    with transaction() as session:
        told = tell_duty(session, uuid4(), WorkerCode(worker), began, ended)
    typer.echo(text("field.duty_kept", language(), id=told.id, worker=worker))


@commands.command()
def situation() -> None:
    """What is open, who walked today, which grids have waited longest."""
    from gridmgmt.cli.main import language
    from gridmgmt.field.day import LOCAL_ZONE
    from gridmgmt.messages import text
    from gridmgmt.services.field import overview
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        now = overview(session, datetime.now(LOCAL_ZONE))
    waited = [days for days in now.days_since_visit.values() if days is not None]
    figures = {
        "open": now.open_incidents,
        "patrols": now.patrols_today,
        "workers": now.workers_today,
        "never": len(now.days_since_visit) - len(waited),
        "longest": max(waited, default=0),
    }
    typer.echo(text("field.situation", language(), **figures))
