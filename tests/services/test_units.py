from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from gridmgmt.services import units
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import Barrier, Compound, Land, Place, Street
from tests.services import blocktown
from tests.services.blocktown import DISTRICT, FOUNDED, code_at


@pytest.fixture
def town(session: Session) -> Session:
    blocktown.found(session)
    return session


def test_units_within_a_boundary_lie_in_it(town: Session) -> None:
    code = code_at(2, 1)
    for read in (units.buildings_frame, units.entrances_frame):
        inside = read(town, within_code=code)
        assert len(inside) == 36
        assert inside["code"].str.startswith(code).all()
    assert len(units.entrances_frame(town, within_code=f"{DISTRICT}001")) == 4 * 36
    assert len(units.entrances_frame(town, within_code="999999")) == 0


def test_units_near_a_box(town: Session) -> None:
    corner = (114.0, 22.5, 114.002, 22.502)
    assert units.buildings_frame(town, bbox=corner)["code"].tolist() == [f"{code_at(0, 0)}B0000"]


def test_stations_of_a_day_and_a_subdistrict(town: Session) -> None:
    assert len(units.stations_at(town, FOUNDED)) == 8
    assert len(units.stations_at(town, FOUNDED, within_code=f"{DISTRICT}002")) == 4
    assert len(units.stations_at(town, FOUNDED - timedelta(days=1))) == 0
    assert len(units.station_services_at(town, FOUNDED - timedelta(days=1))) == 0


def test_the_other_frames_carry_their_vocabulary(town: Session) -> None:
    areas = blocktown.buildings().head(2)[["code", "name", "geometry"]].assign(name="甲")
    lines = areas.set_geometry(areas.boundary)
    for table, frame in {
        Compound: areas.assign(kind="walkup"),
        Land: areas.assign(kind="water"),
        Place: areas.assign(kind="school"),
        Barrier: lines.assign(kind="river"),
        Street: lines.assign(street_class="local"),
    }.items():
        copy_frame(town, table, frame)
    for read in (units.compounds_frame, units.land_frame, units.places_frame, units.barriers_frame):
        assert list(read(town).columns) == ["code", "name", "kind", "geometry"]
        assert len(read(town)) == 2
    assert list(units.streets_frame(town).columns) == ["code", "name", "street_class", "geometry"]
    assert units.streets_frame(town, bbox=(0, 0, 1, 1)).crs == 4326
