"""`gridmgmt field`, the part of patrols: tracks cleaned, what patrols covered, what is due, the next walk, targets."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridmgmt.cli.field import commands

if TYPE_CHECKING:
    from gridmgmt.field import TrackReport
    from gridmgmt.services.field.targets import TargetLine

Day = Annotated[datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="The day, as 2026-07-10; else today.")]
Within = Annotated[str, typer.Option(help="Beginning of the grids' code.")]
Grid = Annotated[str, typer.Argument(help="Code of the grid.")]
PeriodName = Annotated[str, typer.Option(help="day, week or quarter.")]


def register(app: typer.Typer) -> None:
    """Nothing to add: the commands below joined `gridmgmt field` when this module was imported."""


@commands.command()
def clean(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="GPX or GeoJSON with times.")],
    out: Annotated[Path | None, typer.Option(help="Write the fixes with `kept` and `reason` here, as CSV.")] = None,
    crs: Annotated[str, typer.Option(help="Coordinate system of the file: wgs84, gcj02 or bd09.")] = "wgs84",
) -> None:
    """What a track says once its faults are marked. Nothing is stored."""
    import pandas as pd

    from gridmgmt.field import clean_track
    from gridmgmt.io.tracks import read_track

    track = read_track(file.read_bytes(), file.name)
    columns = {"time": track.recorded_at, "lon": track.lon, "lat": track.lat, "accuracy": track.accuracy_m}
    report = clean_track(pd.DataFrame({**columns, "segment": track.segment, "crs": crs}))
    _say_track(report)
    if out is not None:
        report.points.to_csv(out, index=False)


def _say_track(report: "TrackReport") -> None:
    resting_s = float(report.stops["seconds"].sum())
    _say(
        "track",
        points=len(report.points),
        kept=int(report.points["kept"].sum()),
        walks=len(report.segments),
        km=report.distance_m / 1000,
        moving=report.moving_s / 60,
        stops=len(report.stops),
        resting=resting_s / 60,
        gaps=len(report.gaps),
    )
    for reason, count in report.dropped.items():
        _say("dropped", count=count, reason=_word("reason", reason))


@commands.command()
def recount(
    everything: Annotated[bool, typer.Option("--all", help="Every patrol; else those never counted.")] = False,
) -> None:
    """Clean the points of patrols anew and add up their days, streets and visits."""
    from sqlalchemy import select

    from gridmgmt.ids import PatrolId
    from gridmgmt.services.field.ground import Grounds
    from gridmgmt.services.field.recompute import BATCH, RULES, recompute_patrols, uncounted_patrols
    from gridmgmt.store.engine import transaction
    from gridmgmt.store.tables import Patrol

    with transaction() as session:
        chosen = select(Patrol.id).order_by(Patrol.started_at, Patrol.id)
        patrols = [PatrolId(key) for key in session.scalars(chosen)] if everything else uncounted_patrols(session)
    done, grounds = 0, Grounds(RULES.visits)
    for first in range(0, len(patrols), BATCH):
        with transaction() as session:
            done += recompute_patrols(session, patrols[first : first + BATCH], grounds=grounds)
        _say("counting", err=True, done=min(first + BATCH, len(patrols)), all=len(patrols))
    _say("recounted", patrols=done)


@commands.command()
def settle() -> None:
    """Count the patrols whose points changed, as the application does by itself every 20 s."""
    from gridmgmt.services.field.ground import Grounds
    from gridmgmt.services.field.recompute import RULES
    from gridmgmt.services.field.settling import settle as settle_some
    from gridmgmt.store.engine import transaction

    done, grounds = 0, Grounds(RULES.visits)
    while True:
        with transaction() as session:
            some = settle_some(session, grounds=grounds)
        if not some:
            break
        done += some
        typer.echo(f"  {done}", err=True)
    _say("recounted", patrols=done)


quarantine = typer.Typer(no_args_is_help=True, help="What was sent and could not be taken.")
commands.add_typer(quarantine, name="quarantine")


@quarantine.command("list")
def list_quarantine(most: Annotated[int, typer.Option(min=1, max=10_000, help="Rows at most.")] = 50) -> None:
    """What was set aside, the latest first, with the reason."""
    import orjson

    from gridmgmt.services.field.quarantine import quarantined
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        rows = quarantined(session, most)
    for row in rows:
        at, worker = f"{row['received_at']:%F %T}", row["worker_code"] or "-"
        raw = orjson.dumps(row["raw"]).decode()[:200]
        _say("set_aside", at=at, source=row["source"], worker=worker, reason=_word("fault", row["reason"]), raw=raw)
    if not rows:
        _say("nothing_set_aside")


@commands.command()
def coverage(within: Within = "", period: PeriodName = "week", at: Day = None) -> None:
    """Streets walked, time spent and buildings visited, per grid."""
    from gridmgmt.field.periods import period_of
    from gridmgmt.services.field.walked import coverage_frame
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        frame = coverage_frame(session, *period_of(period, _day(at)), within_code=within)
    for row in frame.itertuples():
        _say(
            "grid",
            code=row.code,
            name=row.name,
            share=f"{row.share:.0%}" if row.share == row.share else _word("no", "streets"),
            covered=row.covered_m,
            length=row.length_m,
            patrols=row.patrols,
            minutes=row.seconds / 60,
            visited=row.buildings_visited,
            buildings=row.buildings,
            again=row.buildings_visited_again,
        )
    if frame.empty:
        _say("no_grids")


@commands.command()
def due(grid: Grid, at: Day = None) -> None:
    """The buildings of a grid, those that have waited longest for a visit first."""
    from gridmgmt.ids import BoundaryCode
    from gridmgmt.services.field.due import last_visited
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        buildings = last_visited(session, BoundaryCode(grid), _end_of(_day(at)))
    for row in buildings.itertuples():
        waited, name = _waited(row.days), row.name or ""
        _say("due", code=row.code, name=name, households=row.households, waited=waited, visits=row.visits)


@commands.command("next-walk")
def next_walk(
    grid: Grid,
    at: Day = None,
    most: Annotated[int, typer.Option(min=1, max=50, help="Stops at most.")] = 12,
    overdue_days: Annotated[int, typer.Option(min=0, help="Days after which a building is overdue.")] = 90,
    start: Annotated[tuple[float, float] | None, typer.Option(help="Longitude and latitude to begin at.")] = None,
) -> None:
    """A short walk past the overdue buildings of a grid, along streets."""
    from gridmgmt.ids import BoundaryCode
    from gridmgmt.services.field.due import next_walk as suggest
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        limits = {"most": most, "overdue_days": overdue_days, "start": start}
        walk = suggest(session, BoundaryCode(grid), _end_of(_day(at)), **limits)  # type: ignore[arg-type]
    for number, row in enumerate(walk.stops.itertuples(), start=1):
        waited, name = _waited(row.days), row.name or ""
        _say("stop", number=number, code=row.code, name=name, waited=waited, metres=row.from_last_m)
    if walk.stops.empty and not walk.overdue:
        _say("nothing_due")
        return
    _say(
        "walk",
        stops=len(walk.stops),
        metres=walk.length_m,
        minutes=walk.minutes,
        overdue=walk.overdue,
        left_out=walk.left_out,
    )


@commands.command()
def targets(
    within: Within = "",
    at: Day = None,
    file: Annotated[
        Path | None, typer.Option("--targets", exists=True, dir_okay=False, help="TOML with targets of your own.")
    ] = None,
) -> None:
    """The targets of the patrol system (定期巡查制度) beside what was done, with reasons."""
    from gridmgmt.access import Area
    from gridmgmt.field.targets import read_targets, usual_targets
    from gridmgmt.services.field.targets import targets_report
    from gridmgmt.store.engine import transaction

    asked = usual_targets() if file is None else read_targets(file)
    with transaction() as session:
        lines = targets_report(session, _day(at), today=_day(None), targets=asked, area=Area.of([within]))
    for line in lines:
        _say_target(line)


def _say_target(line: "TargetLine") -> None:
    from gridmgmt.cli.main import language

    verdict = line.verdict
    details = [_word("why", verdict.reason, missing=verdict.missing)]
    if line.behind:
        details.append(_phrase("behind", names=line.behind))
    _say(
        "target",
        outcome=_word("outcome", verdict.outcome.value),
        code=line.code,
        name=line.name,
        target=line.target.name_zh if language() == "zh" else line.target.name_en,
        value="-" if verdict.value is None else f"{verdict.value:.4g}",
        at_least=verdict.at_least,
        first=line.first,
        last=line.last,
        details="".join(f"; {detail}" for detail in details),
    )


@commands.command("worker-day")
def worker_day(worker: Annotated[str, typer.Argument(help="Code of the worker.")], at: Day = None) -> None:
    """What a worker did on a day: distance, time and where it was spent. Not the track."""
    from gridmgmt.ids import WorkerCode
    from gridmgmt.services.field.worker_days import worker_day as day_of
    from gridmgmt.store.engine import transaction

    with transaction() as session:
        row = day_of(session, WorkerCode(worker), _day(at))
    _say(
        "worker",
        code=row.worker_code,
        name=row.name,
        day=row.day,
        patrols=row.patrols,
        km=row.distance_m / 1000,
        moving=row.moving_s / 60,
        resting=row.stop_s / 60,
        own=row.own_grid_s / 60,
        other=row.other_grid_s / 60,
        off=row.off_grid_s / 60,
    )


def _day(at: datetime | None) -> date:
    from gridmgmt.field.day import LOCAL_ZONE

    return datetime.now(LOCAL_ZONE).date() if at is None else at.date()


def _end_of(day: date) -> datetime:
    from gridmgmt.field.day import day_span

    return day_span(day, day)[1] - timedelta(microseconds=1)


def _waited(days: Any) -> str:
    import pandas as pd

    return _phrase("never") if pd.isna(days) else _phrase("days", days=days)


def _word(kind: str, value: str, **values: object) -> str:
    return _phrase(f"{kind}_{value}", **values)


def _phrase(key: str, **values: object) -> str:
    from gridmgmt.cli.main import language
    from gridmgmt.messages import text

    return text(f"patrols.{key}", language(), **values)


def _say(key: str, *, err: bool = False, **values: object) -> None:
    typer.echo(_phrase(key, **values), err=err)
