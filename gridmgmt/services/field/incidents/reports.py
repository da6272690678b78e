"""Reports of incidents: kept once under the phone's id, laid to the grid of their place and date, their log opened.

What cannot be true (a time to come, a category nobody knows) is refused where somebody can still be asked, and kept
with a flag where it comes from a phone's outbox: refused there, it would be lost.
"""

from dataclasses import MISSING, asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.access import Person, Role
from gridmgmt.errors import Conflict, Forbidden, Gone, InvalidInput, NotFound
from gridmgmt.field.codes import EVENT, LOCAL
from gridmgmt.field.day import local_day
from gridmgmt.field.moves import level_of
from gridmgmt.field.workflow import OPENING
from gridmgmt.ids import BoundaryCode, IncidentId, WorkerCode
from gridmgmt.messages import Words
from gridmgmt.services.field.content import content_hash
from gridmgmt.services.field.incidents.lists import entries, version_on
from gridmgmt.services.field.incidents.standing import recount
from gridmgmt.services.field.photos import attach_photos
from gridmgmt.store.queries import query
from gridmgmt.store.tables import (
    SEVERITIES,
    WGS84_SRID,
    Boundary,
    Incident,
    IncidentPerson,
    IncidentStep,
    Worker,
    WorkerGrid,
)

CLOCK_SKEW = timedelta(minutes=10)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
PUBLIC = "public"
MOST_PHOTOS, MOST_PEOPLE = 20, 50
FUTURE, TOO_EARLY, BEFORE_BOUNDARIES, UNKNOWN_CATEGORY, RETIRED_CATEGORY = (
    "in_the_future", "too_early", "before_boundaries", "unknown_category", "retired_category",
)  # fmt: skip


@dataclass(frozen=True)
class Involved:
    """Somebody involved: what they are in the matter, their name, their phone."""

    role: str
    name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class IncidentReport:
    """What the reporter says. Longitude and latitude in EPSG:4326; `occurred_at` is aware, None for now.

    Without a place give `address`: the code of a building or entrance, or a name that only one place has.
    """

    category: str
    text: str = ""
    lon: float | None = None
    lat: float | None = None
    occurred_at: datetime | None = None
    worker_code: WorkerCode | None = None
    standard: str = LOCAL
    kind: str = EVENT
    severity: str | None = None  # None: what the category says
    address: str | None = None
    photos: tuple[str, ...] = ()  # SHA-256 of photos that were sent before
    people: tuple[Involved, ...] = ()
    first_asked: WorkerCode | None = None  # 首问责任; None: whoever reports

    def require_sound(self) -> None:
        """InvalidInput where the place is off the world, the time has no zone, or there is no category."""
        placed = self.lon is not None and self.lat is not None
        if not placed and not (self.address and self.lon is None and self.lat is None):
            raise InvalidInput(detail=Words("reasons.incident_no_place"))
        if placed and not (abs(self.lon or 0) <= 180 and abs(self.lat or 0) <= 90):  # also refuses NaN
            raise InvalidInput(detail=Words("reasons.incident_off_world", lon=self.lon, lat=self.lat))
        if self.occurred_at is not None and self.occurred_at.tzinfo is None:
            raise InvalidInput(detail=Words("reasons.incident_without_zone"))
        if not self.category.strip():
            raise InvalidInput(detail=Words("reasons.incident_no_category"))
        if self.severity not in (None, *SEVERITIES):
            raise InvalidInput(detail=Words("reasons.no_severity", severity=self.severity, severities=SEVERITIES))
        if len(self.photos) > MOST_PHOTOS or len(self.people) > MOST_PEOPLE:
            raise InvalidInput(detail=Words("reasons.incident_too_much", photos=MOST_PHOTOS, people=MOST_PEOPLE))

    def said(self) -> dict[str, Any]:
        """What was said, as JSON knows it; words that were not said leave no trace, so that old hashes stay good."""
        always = {"category", "text", "lon", "lat", "occurred_at", "worker_code"}
        defaults = {field.name: field.default for field in fields(self) if field.default is not MISSING}
        said = {
            name: value
            for name, value in asdict(self).items()
            if name in always or getattr(self, name) != defaults[name]
        }
        jsonable: dict[str, Any] = orjson.loads(orjson.dumps(said))
        return jsonable


@dataclass(frozen=True)
class IncidentReceipt:
    """What the server keeps of a report. The same submission gets the same receipt, whatever happened since."""

    id: IncidentId
    received_at: datetime
    content_hash: str
    grid_code: BoundaryCode | None  # None outside every grid of that date
    flags: tuple[str, ...] = ()  # faults it was kept with


def report_incident(
    session: Session,
    incident_id: IncidentId,
    report: IncidentReport,
    *,
    source: str = "web",
    person: Person | None = None,
    lenient: bool = False,
    now: datetime | None = None,
) -> IncidentReceipt:
    """Keep a report under the id its phone gave it, and open its log. `lenient` keeps faults of data, flagged.

    InvalidInput for an impossible report, NotFound for an unknown worker, Forbidden for somebody else's worker code,
    Gone for the id of a deleted incident, Conflict where the id holds another report.
    """
    report.require_sound()
    digest = content_hash(report.said())
    kept = _kept(session, incident_id)
    if kept is None:
        row, holder = _row(session, incident_id, report, source, person, lenient, now or datetime.now(UTC))
        written = insert_once(Incident).values(row | {"content_hash": digest}).on_conflict_do_nothing()
        if session.scalar(written.returning(Incident.id)) is not None:
            _open(session, report, row, holder, person)
        kept = _kept(session, incident_id)
    assert kept is not None
    if kept.deleted_at is not None:
        raise Gone(what=Words("common.incident"), key=str(incident_id), when=f"{kept.deleted_at:%F}")
    if kept.content_hash != digest:
        raise Conflict(what=Words("common.incident"), key=str(incident_id))
    grid = None if kept.grid_code is None else BoundaryCode(kept.grid_code)
    return IncidentReceipt(incident_id, kept.received_at, digest, grid, tuple(kept.flags))


def _kept(session: Session, incident_id: IncidentId) -> Incident | None:
    kept = select(Incident).where(Incident.id == incident_id).execution_options(populate_existing=True)
    return session.execute(kept).scalar_one_or_none()


def _row(
    session: Session,
    incident_id: IncidentId,
    report: IncidentReport,
    source: str,
    person: Person | None,
    lenient: bool,
    now: datetime,
) -> tuple[dict[str, Any], str | None]:
    """The incident's row and its first holder; faults of data become flags, or are raised where they may be."""
    occurred_at = report.occurred_at or now
    settings, fault = _category(session, report, local_day(occurred_at))
    flags = [*_time_faults(session, occurred_at, now), *([fault] if fault else [])]
    if flags and not lenient:
        raise InvalidInput(detail=_refusal(flags[0], report, occurred_at, now))
    day = local_day(now if {FUTURE, TOO_EARLY} & set(flags) else occurred_at)
    lon, lat, unit_code = _place(session, report)
    worker_code = _worker(session, report, person)
    unit: str | None = session.scalar(query("unit_at"), {"lon": lon, "lat": lat, "day": day})
    grid_code = unit if level_of(unit) == "grid" else None
    row = {
        "id": incident_id,
        "standard": report.standard,
        "kind": report.kind,
        "category": report.category.strip(),
        "severity": report.severity or settings.get("severity", SEVERITIES[0]),
        "text": report.text,
        "occurred_at": occurred_at,
        "received_at": now,
        "worker_code": worker_code,
        "reporter_id": None if person is None else person.id,
        "first_asked": _first_asked(session, report, worker_code, grid_code, day),
        "grid_code": grid_code,
        "address": report.address,
        "unit_code": unit_code,
        "geom": from_shape(shapely.Point(lon, lat), srid=WGS84_SRID),
        "source": source,
        "flags": flags,
        "workflow_version": version_on(session, local_day(now)),
    }
    return row, unit


def _open(
    session: Session, report: IncidentReport, row: dict[str, Any], holder: str | None, person: Person | None
) -> None:
    """The first step, with the smallest unit of the place as its holder; people, photos."""
    incident_id = row["id"]
    step = {
        "incident_id": incident_id,
        "move": OPENING,
        "at": row["received_at"],
        "actor": _actor(report, row["source"], person),
        "actor_id": row["reporter_id"],
        "holder": holder,
    }
    step_id = session.scalars(insert(IncidentStep).returning(IncidentStep.id), [step]).one()
    people = [{"incident_id": incident_id, "seq": seq} | vars(one) for seq, one in enumerate(report.people)]
    if people:
        session.execute(insert(IncidentPerson), people)
    attach_photos(session, incident_id, step_id, report.photos)
    recount(session, [incident_id])


def _actor(report: IncidentReport, source: str, person: Person | None) -> str:
    return person.name if person is not None else report.worker_code or source


def _time_faults(session: Session, occurred_at: datetime, now: datetime) -> list[str]:
    if occurred_at > now + CLOCK_SKEW:
        return [FUTURE]
    if occurred_at < EARLIEST:
        return [TOO_EARLY]
    first: date | None = session.scalar(select(func.min(Boundary.valid_from)))
    return [BEFORE_BOUNDARIES] if first is not None and local_day(occurred_at) < first else []


def _category(session: Session, report: IncidentReport, day: date) -> tuple[dict[str, Any], str | None]:
    """The settings of the category, and what is wrong with it."""
    known = entries(session, standard=report.standard, kind=report.kind, code=report.category.strip())
    if not known:
        return {}, UNKNOWN_CATEGORY
    here = [entry for entry in known if entry.in_force(day)]
    retired = not here and all(entry.valid_to is not None and entry.valid_to <= day for entry in known)
    return dict((here or known)[-1].settings), RETIRED_CATEGORY if retired else None


def _refusal(flag: str, report: IncidentReport, occurred_at: datetime, now: datetime) -> Words:
    when = occurred_at.isoformat(timespec="minutes")
    return {
        FUTURE: Words("reasons.incident_ahead", when=when, now=now),
        TOO_EARLY: Words("reasons.incident_too_early", when=when, earliest=EARLIEST),
        BEFORE_BOUNDARIES: Words("reasons.incident_before_boundaries", when=when),
        UNKNOWN_CATEGORY: Words(
            "reasons.no_category", category=report.category, kind=report.kind, standard=report.standard
        ),
        RETIRED_CATEGORY: Words(
            "reasons.category_retired", category=report.category, standard=report.standard, when=when
        ),
    }[flag]


def _place(session: Session, report: IncidentReport) -> tuple[float, float, str | None]:
    """The place as said, else that of the address; and the code of the building or entrance it names."""
    found = session.execute(query("place_of_address"), {"address": report.address}).all() if report.address else []
    code = found[0].code if len(found) == 1 else None
    if report.lon is not None and report.lat is not None:
        return report.lon, report.lat, code
    if code is None:
        why = "address_unknown" if not found else "address_ambiguous"
        raise InvalidInput(detail=Words(f"reasons.{why}", address=report.address))
    return found[0].lon, found[0].lat, code


def _worker(session: Session, report: IncidentReport, person: Person | None) -> WorkerCode | None:
    """Who saw it. A worker reports as themselves; whoever takes calls may name another."""
    own = None if person is None else person.worker_code
    named = report.worker_code or own
    if person is not None and named not in (None, own) and Role.dispatcher not in person.roles:
        raise Forbidden(action=Words("access.may_report_incident"))
    for code in {named, report.first_asked} - {None}:
        if session.get(Worker, code) is None:
            raise NotFound(what=Words("common.worker"), key=code)
    return named


def _first_asked(
    session: Session, report: IncidentReport, worker_code: WorkerCode | None, grid_code: str | None, day: date
) -> str | None:
    """Who answers to the reporter to the end: whoever was named or reports, else the grid's main worker."""
    if report.first_asked or worker_code:
        return report.first_asked or worker_code
    main = select(WorkerGrid.worker_code).where(WorkerGrid.grid_code == grid_code, WorkerGrid.main)
    until = (WorkerGrid.valid_to.is_(None)) | (WorkerGrid.valid_to > day)
    return session.scalar(main.where(WorkerGrid.valid_from <= day, until).limit(1))
