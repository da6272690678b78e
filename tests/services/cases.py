"""What tests of incidents share: a district with one community of two grids, people with roles, reports and moves."""

from datetime import UTC, date, datetime
from uuid import uuid4

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy.orm import Session

from gridmgmt.access import Grant, Person, Role
from gridmgmt.ids import IncidentId, PersonId, WorkerCode
from gridmgmt.services.field.incidents import IncidentReport, MoveReceipt, MoveRequest, move_incident, report_incident
from gridmgmt.store import tables

DISTRICT, SUBDISTRICT, COMMUNITY = "440303", "440303001", "440303001001"
WEST, EAST, OTHER_SUBDISTRICT = f"{COMMUNITY}001", f"{COMMUNITY}002", "440303002"
SINCE = date(2026, 1, 1)
MORNING = datetime(2026, 7, 1, 1, tzinfo=UTC)  # Wednesday, 09:00 in China
WORKER, NEIGHBOUR = WorkerCode("W001"), WorkerCode("W002")


def found(session: Session) -> None:
    """The ground: boundaries down to two grids, a worker in each."""
    west, east = shapely.box(114.10, 22.54, 114.11, 22.55), shapely.box(114.11, 22.54, 114.12, 22.55)
    whole = shapely.union(west, east)
    for code, level, shape in (
        (DISTRICT, "district", shapely.union(whole, shapely.box(114.12, 22.54, 114.13, 22.55))),
        (SUBDISTRICT, "subdistrict", whole),
        (OTHER_SUBDISTRICT, "subdistrict", shapely.box(114.12, 22.54, 114.13, 22.55)),
        (COMMUNITY, "community", whole),
        (WEST, "grid", west),
        (EAST, "grid", east),
    ):
        session.add(tables.BoundaryCode(code=code, level=level, issued_on=SINCE))
        session.flush()
        area = from_shape(shapely.MultiPolygon([shape]), srid=4326)
        session.add(tables.Boundary(code=code, level=level, name=code, geom=area, valid_from=SINCE))
    for code, grid in ((WORKER, WEST), (NEIGHBOUR, EAST)):
        session.add(tables.Worker(code=code, name=code))
        session.flush()
        session.add(tables.WorkerGrid(worker_code=code, grid_code=grid, valid_from=SINCE))
    session.flush()


def someone(
    session: Session, name: str, *roles: Role, scope: str = SUBDISTRICT, worker_code: WorkerCode | None = None
) -> Person:
    """A person with roles in one scope, in the database too, as steps speak of them."""
    row = tables.Person(id=uuid4(), name=name, display_name=name, worker_code=worker_code)
    session.add(row)
    session.flush()
    return Person(PersonId(row.id), name, name, tuple(Grant(role, scope, SINCE) for role in roles), worker_code)


def report(lon: float = 114.105, **changed: object) -> IncidentReport:
    """Rubbish in the western grid, on the first of July."""
    values = {"category": "rubbish", "text": "门口堆放", "lon": lon, "lat": 22.545, "occurred_at": MORNING} | changed
    return IncidentReport(**values)  # type: ignore[arg-type]


def reported(session: Session, now: datetime = MORNING, *, source: str = "web", **changed: object) -> IncidentId:
    """The id of a new incident."""
    incident_id = IncidentId(uuid4())
    report_incident(session, incident_id, report(**changed), now=now, source=source)  # type: ignore[arg-type]
    return incident_id


def moved(session: Session, incident_id: IncidentId, *moves: str, at: datetime = MORNING) -> MoveReceipt:
    """The receipt of the last of some moves, made by the keeper; "dispatch>D01" says who gets it."""
    for move in moves:
        name, _, holder = move.partition(">")
        note = {"reason": "原因", "satisfaction": "satisfied", "more": {"amount": 2, "unit": "working_days"}}
        needs = {"reject": ("reason",), "return": ("reason",), "redo": ("reason",), "evaluate": ("satisfaction",)}
        request = MoveRequest(name, holder=holder or None, note={key: note[key] for key in needs.get(name, ())})
        receipt = move_incident(session, incident_id, request, at=at)
    return receipt
