"""Block Town: a made-up district of square communities, small enough to see through.

Two subdistricts side by side, each two communities wide and two high, 0.01° to a side. Each community has a lattice of
6 x 6 buildings with one entrance of 10 households each, off every border, and a station in its middle.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import geopandas
import numpy as np
import pandas
import shapely
from sqlalchemy.orm import Session

from gridmgmt.services.loading import load_city
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import Plan, PlanAssignment, PlanPart

DISTRICT = "440303"
WEST, SOUTH, SIDE, LATTICE = 114.0, 22.5, 0.01, 6
HOUSEHOLDS = LATTICE**2 * 10  # of a community
EVE, FOUNDED, REFORM, LATER = date(2005, 12, 31), date(2006, 1, 1), date(2006, 9, 1), date(2007, 9, 1)
CELLS = [(column, row) for column in range(4) for row in range(2)]


def code_at(column: int, row: int) -> str:
    """The community in a column (0 to 3 from the west) and row (0 to 1 from the south)."""
    return f"{DISTRICT}{column // 2 + 1:03d}{column % 2 * 2 + row + 1:03d}"


CODES = [code_at(*cell) for cell in CELLS]


def rectangle(column: float, row: float, wide: float = 1, high: float = 1) -> shapely.Polygon:
    """A rectangle in units of a community's side."""
    x, y = WEST + column * SIDE, SOUTH + row * SIDE
    return shapely.box(x, y, WEST + (column + wide) * SIDE, SOUTH + (row + high) * SIDE)


def _rows(level: str, codes: Sequence[str], shapes: Sequence[shapely.Polygon], communities: int) -> pandas.DataFrame:
    households = communities * HOUSEHOLDS
    counts = {"households": households, "residents": households * 3}
    rows = pandas.DataFrame({"code": codes, "geometry": shapes}).assign(level=level, kind="residential", **counts)
    return rows.assign(
        name=[f"区域{code}" for code in codes],
        parent_code=[code[:-3] if level != "district" else None for code in codes],
        community_type="old_residential" if level == "community" else None,
    )


def boundaries() -> geopandas.GeoDataFrame:
    halves = [rectangle(0, 0, 2, 2), rectangle(2, 0, 2, 2)]
    levels = [
        _rows("district", [DISTRICT], [rectangle(0, 0, 4, 2)], 8),
        _rows("subdistrict", [f"{DISTRICT}001", f"{DISTRICT}002"], halves, 4),
        _rows("community", CODES, [rectangle(*cell) for cell in CELLS], 1),
    ]
    return geopandas.GeoDataFrame(pandas.concat(levels, ignore_index=True), crs=4326)


def entrances() -> geopandas.GeoDataFrame:
    steps = (np.arange(LATTICE) + 0.5) / LATTICE
    places = [(code_at(c, r), c + x, r + y) for c, r in CELLS for x in steps for y in steps]
    buildings = [f"{code}B{index:04d}" for index, (code, _, _) in enumerate(places)]
    points = [shapely.Point(WEST + x * SIDE, SOUTH + y * SIDE) for _, x, y in places]
    rows = pandas.DataFrame({"code": [f"{code}-1" for code in buildings], "building_code": buildings})
    return geopandas.GeoDataFrame(rows.assign(number=1, households=10, residents=30), geometry=points, crs=4326)


def buildings() -> geopandas.GeoDataFrame:
    doors = entrances()
    rows = doors.drop(columns=["building_code", "number"]).assign(code=doors["building_code"], name=None, floors=6)
    shapes = shapely.buffer(doors.geometry.to_numpy(), 1e-5, cap_style="square")
    return rows.assign(compound_code=None, kind="walkup").set_geometry(shapes, crs=4326)


def stations() -> geopandas.GeoDataFrame:
    codes = [f"{code[:9]}Z{code[-2:]}" for code in CODES]
    rows = pandas.DataFrame({"code": codes, "name": codes, "station_type": "urban", "staff": 5})
    rows = rows.assign(subdistrict_code=[code[:9] for code in CODES], office_m2=[100.0 + 10 * n for n in range(8)])
    return geopandas.GeoDataFrame(rows, geometry=shapely.centroid([rectangle(*cell) for cell in CELLS]), crs=4326)


def frames() -> dict[str, pandas.DataFrame]:
    serving = pandas.DataFrame({"station_code": stations()["code"], "community_code": CODES})
    return {
        "boundaries": boundaries(),
        "buildings": buildings(),
        "entrances": entrances(),
        "stations": stations(),
        "station_services": serving,
    }


def found(session: Session) -> None:
    """Load the town as of FOUNDED."""
    load_city(session, frames(), FOUNDED)


def quarters(column: int, row: int, across: int = 2, down: int = 2) -> list[dict[str, object]]:
    """Parts that divide a community into rectangles."""
    cells = [(i, j) for i in range(across) for j in range(down)]
    shapes = [rectangle(column + i / across, row + j / down, 1 / across, 1 / down) for i, j in cells]
    return [{"parent_code": code_at(column, row), "geometry": shape} for shape in shapes]


def add_plan(
    session: Session,
    task: str,
    scope_code: str,
    parts: Sequence[dict[str, object]],
    base_date: date = FOUNDED,
    members: Sequence[Sequence[str]] = (),
) -> UUID:
    """Store a computed plan: parts with parent_code, geometry and what else is given; the communities of each part."""
    plan = Plan(task=task, name=f"{task} {scope_code}", scope_code=scope_code, base_date=base_date, author="test")
    session.add(plan)
    session.flush()
    defaults = {"code": None, "name": None, "kind": "residential", "households": 0}
    rows = pandas.DataFrame([{**defaults, **part, "part": number} for number, part in enumerate(parts)])
    copy_frame(session, PlanPart, geopandas.GeoDataFrame(rows, crs=4326), plan_id=plan.id)
    units = [{"unit_code": code, "part": number} for number, codes in enumerate(members) for code in codes]
    copy_frame(session, PlanAssignment, pandas.DataFrame(units, columns=["unit_code", "part"]), plan_id=plan.id)
    return plan.id
