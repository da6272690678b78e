"""Who plays: some of the demo's workers with a phone each, and one hand at the centre. Made on the database, once."""

from dataclasses import dataclass
from datetime import UTC, datetime

import geopandas
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmgmt.access import Role
from gridmgmt.demo.city import VALID_FROM
from gridmgmt.demo.walks import Footways
from gridmgmt.errors import NotFound
from gridmgmt.field.day import local_day
from gridmgmt.messages import Words
from gridmgmt.policy.luohu2006 import read_luohu_2006
from gridmgmt.services.access import add_device, add_person, grant, random_password, set_password
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.units import entrances_frame, streets_frame
from gridmgmt.store.tables import Person, Worker, WorkerGrid

CENTRE = "live-centre"


@dataclass(frozen=True)
class Phone:
    """A worker's phone: the street segment it starts from, and the secret it reports with."""

    worker_code: str
    grid_code: str
    segment: int
    secret: str
    crs: str  # what its positions are in: some apps give gcj02


@dataclass(frozen=True)
class Cast:
    """The players and the stage."""

    phones: list[Phone]
    ways: Footways
    centre: tuple[str, str]  # name and password


def hire(session: Session, count: int, seed: int) -> Cast:
    """`count` workers of the demo, spread over its grids, with phones; NotFound where the demo has no workers yet."""
    now = datetime.now(UTC)
    grids = boundaries_at(session, "grid", local_day(now))
    appointed = session.execute(
        select(WorkerGrid.worker_code, WorkerGrid.grid_code, Worker.name)
        .join(Worker)
        .where(WorkerGrid.valid_to.is_(None), WorkerGrid.grid_code.in_(grids["code"].tolist()))
        .order_by(WorkerGrid.grid_code)
    ).all()
    if not appointed:
        raise NotFound(what=Words("common.worker"), key="W00001")
    rng = np.random.default_rng([seed, 7])
    chosen = np.sort(rng.choice(len(appointed), min(count, len(appointed)), replace=False))
    ways = Footways(streets_frame(session), entrances_frame(session).geometry)
    starts = _starts(grids, [appointed[number].grid_code for number in chosen], ways)
    phones = []
    for number, segment in zip(chosen, starts, strict=True):
        worker = appointed[number]
        device = add_device(session, _person(session, worker.worker_code, worker.name), label="live")
        crs = "gcj02" if rng.random() < 0.25 else "wgs84"
        phones.append(Phone(worker.worker_code, worker.grid_code, segment, device.secret, crs))
    return Cast(phones, ways, (CENTRE, _centre_password(session, now)))


def _starts(grids: geopandas.GeoDataFrame, codes: list[str], ways: Footways) -> list[int]:
    areas = grids.set_index("code").geometry.loc[codes]
    return [int(segment) for segment in ways.nearest(areas.representative_point())]


def _person(session: Session, worker_code: str, name: str) -> Person:
    found = session.scalar(select(Person).where(Person.worker_code == worker_code))
    return found or add_person(session, f"live-{worker_code}", name, worker_code=worker_code, demo=True)


def _centre_password(session: Session, now: datetime) -> str:
    centre = session.scalar(select(Person).where(Person.name == CENTRE))
    if centre is None:
        centre = add_person(session, CENTRE, "演示指挥中心", demo=True)
        grant(session, centre, Role.dispatcher, read_luohu_2006().district_code, VALID_FROM)
    password = random_password()
    set_password(session, centre, password, now)
    return password
