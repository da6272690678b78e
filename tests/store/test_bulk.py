from datetime import date
from uuid import uuid4

import geopandas
import numpy as np
import pandas
import pytest
import shapely
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.services.units import buildings_frame
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import Boundary, BoundaryCode, Building, Plan, PlanPart


def buildings(count: int = 3, **columns: object) -> geopandas.GeoDataFrame:
    x = 114 + np.arange(count) * 0.001
    rows = pandas.DataFrame({"code": [f"440303001001B{n:04d}" for n in range(count)]})
    rows = rows.assign(name=None, compound_code=None, kind="walkup", households=12, residents=None, floors=6)
    return geopandas.GeoDataFrame(rows.assign(**columns), geometry=shapely.box(x, 22.5, x + 0.0005, 22.5005), crs=4326)


def test_rows_come_back_as_they_went(session: Session) -> None:
    names = ['罗湖,"一"号', "line\nbreak", ""]
    assert copy_frame(session, Building, buildings(name=names, floors=[6, np.nan, 7])) == 3
    back = buildings_frame(session)
    assert back["name"].tolist() == names
    assert back["floors"].isna().tolist() == [False, True, False]
    assert back["residents"].isna().all()
    assert back.geometry.geom_equals(buildings().geometry).all()
    assert (shapely.get_type_id(back.geometry.to_numpy()) == shapely.GeometryType.POLYGON).all()


def test_missing_text_is_null_and_empty_text_is_not(session: Session) -> None:
    copy_frame(session, Building, buildings(name=[None, "", "x"]))
    rows = session.execute(text("select name is null, name = '' from building order by code")).all()
    assert [tuple(row) for row in rows] == [(True, None), (False, True), (False, False)]


def test_columns_the_table_lacks_are_left_out_and_constants_fill(session: Session) -> None:
    codes = pandas.DataFrame({"code": ["440303"], "level": ["district"], "colour": ["red"]})
    copy_frame(session, BoundaryCode, codes, issued_on=date(2006, 1, 1))
    row = buildings(1).assign(code="440303", level="district", kind="residential", name="罗湖区")
    copy_frame(session, Boundary, row, valid_from=date(2006, 1, 1), valid_to=None)
    assert session.scalar(select(func.geometrytype(Boundary.geom))) == "MULTIPOLYGON"


def test_a_frame_whose_geometry_has_another_name(session: Session) -> None:
    assert copy_frame(session, Building, buildings().rename_geometry("outline")) == 3


def test_nested_values_go_as_json(session: Session) -> None:
    copy_frame(
        session, BoundaryCode, pandas.DataFrame({"code": ["440303"], "level": ["district"]}), issued_on="2006-01-01"
    )
    plan = pandas.DataFrame({"id": [uuid4()], "report": [{"名": [1, None]}]})
    copy_frame(session, Plan, plan, task="merge", name="a", scope_code="440303", base_date="2006-01-01", author="a")
    assert session.scalar(select(Plan.report)) == {"名": [1, None]}


def test_an_empty_frame_is_nothing(session: Session) -> None:
    assert copy_frame(session, Building, buildings(0)) == 0


def test_a_missing_column_is_named(session: Session) -> None:
    with pytest.raises(UnknownColumn, match="households"):
        copy_frame(session, Building, buildings().drop(columns="households"))
    with pytest.raises(UnknownColumn, match="geom"):
        copy_frame(
            session, PlanPart, pandas.DataFrame({"part": [1], "parent_code": ["a"], "households": [1]}), plan_id=uuid4()
        )


@pytest.mark.parametrize("crs", [None, 3857])
def test_another_reference_system_is_refused(session: Session, crs: int | None) -> None:
    with pytest.raises(InvalidInput, match="4326"):
        copy_frame(session, Building, buildings().set_crs(crs, allow_override=True))


def test_the_checks_hold_and_nothing_of_a_bad_load_stays(session: Session) -> None:
    bad = buildings()
    bad.loc[2, "geometry"] = shapely.Polygon([(114, 22), (114.1, 22.1), (114.1, 22), (114, 22.1)])
    with pytest.raises(IntegrityError, match="ck_building_geom_valid"), session.begin_nested():
        copy_frame(session, Building, bad)
    assert session.scalar(select(func.count()).select_from(Building)) == 0


def test_a_frame_put_together_from_an_empty_and_a_full_one(session: Session) -> None:
    frame = pandas.concat([buildings(0), buildings(name=["甲", "乙", "丙"])], ignore_index=True)
    assert copy_frame(session, Building, frame) == 3
    assert buildings_frame(session)["name"].tolist() == ["甲", "乙", "丙"]
