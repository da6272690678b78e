from datetime import date

import pandas
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.errors import BrokenCoverage, Conflict
from gridmgmt.services import units
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.loading import content_hash, load_city
from gridmgmt.store.tables import Boundary, BoundaryCode
from tests.services import blocktown
from tests.services.blocktown import FOUNDED


def test_what_was_loaded_comes_back(session: Session) -> None:
    city = blocktown.frames()
    told: list[tuple[str, int]] = []
    assert load_city(session, city, FOUNDED, progress=lambda name, rows: told.append((name, rows)))
    assert told == [(name, len(frame)) for name, frame in city.items()]
    for level, given in city["boundaries"].groupby("level"):
        back = boundaries_at(session, level, FOUNDED)
        given = given.sort_values("code").reset_index(drop=True)
        columns = [name for name in back.columns if name != "community_type" or level == "community"]
        assert_geodataframe_equal(back[columns], given[columns], check_dtype=False)
    assert_geodataframe_equal(units.entrances_frame(session), city["entrances"], check_like=True, check_dtype=False)
    assert len(units.buildings_frame(session)) == len(city["buildings"])
    assert_frame_equal(units.station_services_at(session, FOUNDED), city["station_services"], check_dtype=False)
    assert session.scalar(select(func.count()).select_from(BoundaryCode)) == len(city["boundaries"])


def test_the_same_again_changes_nothing(session: Session) -> None:
    blocktown.found(session)
    assert load_city(session, blocktown.frames(), FOUNDED) is False
    assert session.scalar(select(func.count()).select_from(Boundary)) == 11


def test_other_content_is_refused(session: Session) -> None:
    blocktown.found(session)
    other = blocktown.frames()
    other["boundaries"].loc[3, "households"] += 1
    with pytest.raises(Conflict):
        load_city(session, other, FOUNDED)
    with pytest.raises(Conflict):
        load_city(session, blocktown.frames(), date(2007, 1, 1))


def test_boundaries_that_do_not_tile_are_refused(session: Session) -> None:
    city = blocktown.frames()
    last = len(city["boundaries"]) - 1
    city["boundaries"].loc[last, "geometry"] = shapely.box(114.029, 22.51, 114.04, 22.52)
    with pytest.raises(BrokenCoverage, match="community"):
        load_city(session, city, FOUNDED)


def test_frames_may_be_missing_and_others_are_ignored(session: Session) -> None:
    city = {"boundaries": blocktown.boundaries(), "streets": None, "size": pandas.DataFrame()}
    assert load_city(session, city, FOUNDED)
    assert len(units.streets_frame(session)) == 0


def test_the_hash_sees_every_value_and_no_order_of_columns() -> None:
    city = blocktown.frames()
    base = content_hash(city, FOUNDED)
    turned = {name: frame[frame.columns[::-1]] for name, frame in reversed(city.items())}
    assert content_hash(turned, FOUNDED) == base
    for column, value in {"name": "新", "residents": None, "geometry": shapely.box(0, 0, 1, 1)}.items():
        changed = blocktown.frames()
        changed["boundaries"].loc[0, column] = value
        assert content_hash(changed, FOUNDED) != base
