"""What patrols cover: streets and buildings per grid, what is due, the next walk, targets; and cleaned tracks."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import geopandas
import pandas as pd
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.deps import DbSession, Epoch
from api.geojson import collection
from api.json import GeoJson, Json, revalidated
from api.languages import Lang
from api.security import may
from gridmgmt.access import Action, Person
from gridmgmt.errors import NotFound
from gridmgmt.field.day import day_span, local_day
from gridmgmt.field.periods import period_of
from gridmgmt.field.targets import usual_targets
from gridmgmt.ids import BoundaryCode, PatrolId, WorkerCode
from gridmgmt.messages import Language, Words, text
from gridmgmt.services.field.due import last_visited, next_walk
from gridmgmt.services.field.targets import TargetLine, targets_report
from gridmgmt.services.field.tracks import PatrolTrack, patrol_track
from gridmgmt.services.field.walked import coverage_frame
from gridmgmt.services.field.worker_days import worker_day

router = APIRouter(prefix="/api/v1", tags=["patrol coverage"])

Looker = Annotated[Person, may(Action.see_figures)]
PeriodName = Annotated[Literal["day", "week", "quarter"], Query(description="The day, week or quarter of `at`")]
Within = Annotated[str, Query(pattern=r"^\d{0,15}$", description="Beginning of the grids' code")]


@router.get("/patrol-coverage")
def get_coverage(
    request: Request, session: DbSession, person: Looker, at: Epoch, period: PeriodName = "week", within: Within = ""
) -> Response:
    """Streets walked, time spent and buildings visited per grid, as GeoJSON."""
    area = person.area(Action.see_figures)
    frame = coverage_frame(session, *period_of(period, at), within_code=within, area=area)
    return revalidated(request, GeoJson(collection(frame)))


@router.get("/grids/{code}/coverage")
def get_grid_coverage(
    request: Request, session: DbSession, person: Looker, code: str, at: Epoch, period: PeriodName = "week"
) -> Response:
    """The same of one grid, as figures."""
    first, last = period_of(period, at)
    frame = coverage_frame(session, first, last, within_code=code, area=person.area(Action.see_figures))
    rows = _rows(frame[frame["code"] == code])
    if not rows:
        raise NotFound(what=Words("common.grid"), key=code)
    return revalidated(request, Json({**rows[0], "first": first, "last": last}))


@router.get("/grids/{code}/buildings-due")
def get_buildings_due(request: Request, session: DbSession, person: Looker, code: str, at: Epoch) -> Response:
    """The buildings of a grid with their last visit, those that have waited longest first, as GeoJSON."""
    frame = last_visited(session, BoundaryCode(code), _moment(at), area=person.area(Action.see_figures))
    return revalidated(request, GeoJson(collection(_plain(frame))))


@router.get("/grids/{code}/next-walk")
def get_next_walk(
    session: DbSession,
    person: Looker,
    code: str,
    at: Epoch,
    most: Annotated[int, Query(ge=1, le=30)] = 12,
    overdue_days: Annotated[int, Query(ge=0, le=3650)] = 90,
    lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
) -> Response:
    """A short walk past the overdue buildings of a grid along streets, from `lon`, `lat` where they are given."""
    area = person.area(Action.see_figures)
    start = None if lon is None or lat is None else (lon, lat)
    walk = next_walk(
        session, BoundaryCode(code), _moment(at), most=most, overdue_days=overdue_days, start=start, area=area
    )
    figures = {name: value for name, value in vars(walk).items() if name != "stops"}
    return GeoJson({**collection(_plain(walk.stops)), **figures})


@router.get("/patrol-targets")
def get_targets(session: DbSession, person: Looker, language: Lang, at: Epoch, within: Within = "") -> Response:
    """The targets of the patrol system in the periods of a day.

    Workers are named only to those who may see tracks; a worker sees their own line.
    """
    today = local_day(datetime.now(UTC))
    grids, workers = person.area(Action.see_figures), person.area(Action.see_tracks)
    lines = targets_report(session, at, today=today, within_code=within, area=grids, workers=workers)
    if person.worker_code is not None and not any(line.code == person.worker_code for line in lines):
        mine = [target for target in usual_targets() if target.of == "worker"]
        lines += targets_report(session, at, today=today, targets=mine, worker_code=person.worker_code)
    return Json([_line(line, language) for line in lines])


@router.get("/workers/{worker_code}/day")
def get_worker_day(
    session: DbSession, person: Annotated[Person, may(Action.see_tracks)], worker_code: str, at: Epoch
) -> Response:
    """What a worker did on a day: distance, time and where it was spent. Every look is logged."""
    return Json(worker_day(session, WorkerCode(worker_code), at, area=person.area(Action.see_tracks)))


@router.get("/patrols/{patrol_id}/track")
def get_track(
    session: DbSession, person: Annotated[Person, may(Action.see_tracks)], language: Lang, patrol_id: UUID
) -> Response:
    """The cleaned track of a patrol in one's area, as GeoJSON: walks, stops, gaps and what was left out. Logged."""
    track = patrol_track(session, PatrolId(patrol_id), area=person.area(Action.see_tracks))
    return GeoJson(_track(track, language))


@router.get("/me/patrols/{patrol_id}/track")
def get_own_track(
    session: DbSession, person: Annotated[Person, may(Action.see_own_tracks)], language: Lang, patrol_id: UUID
) -> Response:
    """The same of a patrol of one's own, wherever it went."""
    if person.worker_code is None:
        raise NotFound(what=Words("common.patrol"), key=str(patrol_id))
    track = patrol_track(session, PatrolId(patrol_id), worker_code=person.worker_code)
    return GeoJson(_track(track, language))


def _moment(at: date) -> datetime:
    """Now, or the end of a day that is over."""
    now = datetime.now(UTC)
    return now if at >= local_day(now) else day_span(at, at)[1] - timedelta(microseconds=1)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows = _plain(frame).drop(columns="geometry", errors="ignore").to_dict("records")
    return [{name: None if value != value else value for name, value in row.items()} for row in rows]


def _plain(frame: pd.DataFrame) -> Any:
    """The frame with moments as Python has them, None where there is none: JSON knows no other."""
    moments = [name for name, dtype in frame.dtypes.items() if isinstance(dtype, pd.DatetimeTZDtype)]
    plain = {
        name: pd.Series([None if pd.isna(at) else at.to_pydatetime() for at in frame[name]], frame.index, object)
        for name in moments
    }
    missing = {
        name: frame[name].astype(object).where(frame[name].notna(), None)
        for name, dtype in frame.dtypes.items()
        if isinstance(dtype, pd.Int64Dtype)
    }
    return frame.assign(**plain, **missing)


def _line(line: TargetLine, language: Language) -> dict[str, Any]:
    verdict = line.verdict
    return {
        "target": line.target.key,
        "name": line.target.name_zh if language == "zh" else line.target.name_en,
        "source": line.target.source,
        "of": line.target.of,
        "code": line.code,
        "whose": line.name,
        "first": line.first,
        "last": line.last,
        "outcome": verdict.outcome.value,
        "value": verdict.value,
        "at_least": verdict.at_least,
        "missing": verdict.missing,
        "reason": text(f"patrols.why_{verdict.reason}", language, missing=verdict.missing),
        "behind": line.behind,
    }


def _track(track: PatrolTrack, language: Language) -> dict[str, Any]:
    """Walks as features; beside them the stops, the gaps and the reasons of what was left out."""
    report = track.report
    walks = geopandas.GeoDataFrame(report.segments, geometry="geometry", crs=4326)
    dropped = [
        {"reason": reason, "words": text(f"patrols.reason_{reason}", language), "fixes": count}
        for reason, count in report.dropped.items()
    ]
    return {
        **collection(_plain(walks)),
        **{name: value for name, value in vars(track).items() if name != "report"},
        "distance_m": report.distance_m,
        "moving_s": report.moving_s,
        "fixes": len(report.points),
        "kept": int(report.points["kept"].sum()),
        "dropped": dropped,
        "stops": _rows(report.stops),
        "gaps": _rows(report.gaps),
    }
