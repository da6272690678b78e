"""`gridmgmt incident candidate`: marks from the way that may be incidents."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from gridmgmt.cli.incidents import incidents

candidates = typer.Typer(no_args_is_help=True, help="Waypoints that may be incidents: listed, accepted, dismissed.")
incidents.add_typer(candidates, name="candidate")

Key = Annotated[UUID, typer.Argument(help="Id of the candidate; an incident made of it has the same.")]


def register(app: typer.Typer) -> None:
    """Nothing to add: the commands below joined `gridmgmt incident` when this module was imported."""


@candidates.command("list")
def list_candidates(
    everything: Annotated[bool, typer.Option("--all", help="The decided ones too.")] = False,
    rows: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """Those that wait, the latest received first."""
    from gridmgmt.services.field.candidates import candidates as waiting
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        found = waiting(session, waiting=not everything, most=rows)
    for one in found:
        when = "-" if one.occurred_at is None else f"{one.occurred_at:%F %R}Z"
        words = " ".join(filter(None, (one.name, one.text, one.link))) or "-"
        place = {"lon": one.lon, "lat": one.lat, "grid": one.grid_code or "-"}
        _say("candidate_line", id=one.id, when=when, worker=one.worker_code, words=words, **place)
    if not found:
        _say("no_candidates")


@candidates.command()
def add(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="GPX with waypoints.")],
    worker: Annotated[str, typer.Option(help="Code of the grid worker who made the marks.")],
    crs: Annotated[str, typer.Option(help="Coordinate system of the file: wgs84, gcj02 or bd09.")] = "wgs84",
) -> None:
    """Keep the waypoints of a file; those of a patrol's file come with it. The same again changes nothing."""
    from gridmgmt.ids import WorkerCode
    from gridmgmt.io.gpx import read_waypoints
    from gridmgmt.services.field.candidates import keep_candidates
    from gridmgmt.store.engine import transaction

    marks = read_waypoints(file.read_bytes(), file.name)
    with transaction() as session:
        kept = keep_candidates(session, WorkerCode(worker), marks, crs=crs)
    _say("candidates_kept", kept=len(kept), marks=len(marks))


@candidates.command()
def accept(
    candidate: Key,
    category: Annotated[str, typer.Argument(help="What kind of incident it is.")],
    severity: Annotated[str | None, typer.Option(help="general or urgent; else what the category says.")] = None,
) -> None:
    """Make it an incident, once."""
    from gridmgmt.services.field.candidates import accept_candidate
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        receipt = accept_candidate(session, candidate, category, severity=severity)
    _say("candidate_accepted", id=receipt.id, grid=receipt.grid_code or "-")


@candidates.command()
def dismiss(candidate: Key, reason: Annotated[str, typer.Option(help="Why it is no incident.")] = "") -> None:
    """Say that it is no incident. It is kept, and stays dismissed when its file comes again."""
    from gridmgmt.services.field.candidates import dismiss_candidate
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        dismiss_candidate(session, candidate, reason)
    _say("candidate_dismissed", id=candidate)


def _say(key: str, /, **values: Any) -> None:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    typer.echo(text(f"field.{key}", language(), **values))
