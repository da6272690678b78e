"""Files of plans as they are scored, compared and checked: units with their part, and the areas they make."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.messages import Words

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame

    from gridmgmt.planning.comparing.comparison import Division
    from gridmgmt.policy.subjects import Subjects

PLAN_COLUMNS = ("part", "households")


@dataclass(frozen=True)
class Columns:
    """What the columns of files are called, the range that parts are scored by, and the CRS of those that say none."""

    code: str
    households: str
    low: int
    high: int
    crs: str | None = None


@dataclass(frozen=True)
class PlanLayers:
    """What a file of a plan holds: its parts, and its units where it has them."""

    units: "DataFrame"
    parts: "GeoDataFrame"


def read_units(path: Path, crs: str | None = None) -> "tuple[GeoDataFrame, GeoDataFrame | None]":
    """The units of a file, and its parts where it has that layer; `crs` is used where it does not say its own."""
    from gridmgmt.cli.plan_files import layer_as, layers_of, read_unless_said

    units = read_unless_said(path, crs, layer_as(path, "units"))
    return units, read_unless_said(path, crs, "parts") if "parts" in layers_of(path) else None


def division(path: Path, part: str, columns: Columns) -> "Division":
    """One side of a comparison from a file, its columns under the names that a comparison knows them by."""
    from gridmgmt.planning.comparing.comparison import Division
    from gridmgmt.planning.frames import column_of, households_of
    from gridmgmt.planning.scorecard import score

    units, parts = read_units(path, columns.crs)
    try:
        known = {"code": column_of(units, columns.code), "part": column_of(units, part)}
        units = units.assign(households=households_of(units, columns.households), **known)
    except UnknownColumn as error:
        raise InvalidInput(detail=Words("reasons.compare_column", name=path.name, **error.context)) from error
    if parts is None or part != "part":  # the file's areas are of the other division
        parts = _dissolved(units)
    name = path.stem if part == "part" else f"{path.stem}:{part}"
    return Division(name, units, parts, score(units, parts, low=columns.low, high=columns.high))


def _dissolved(units: "GeoDataFrame") -> "GeoDataFrame | None":
    """The areas of a division, to be drawn; None where its units are points."""
    if not units.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        return None
    return units[["part", "households", units.geometry.name]].dissolve("part", aggfunc="sum").reset_index()


def subjects_of_file(path: Path) -> "Subjects":
    """The things that a plan in a file draws, from the layers that `divide`, `resize` or `merge` wrote."""
    from pandas import DataFrame

    from gridmgmt.cli.plan_files import layers_of, read_frame
    from gridmgmt.planning.frames import households_of
    from gridmgmt.policy.planned import subjects_of_plan

    layers = layers_of(path)
    if layers and "parts" not in layers:
        raise _no_plan(path, "parts")
    parts = read_frame(path, layer="parts" if layers else None)
    for column in PLAN_COLUMNS:
        if column not in parts:
            raise _no_plan(path, column)
    parts = parts.assign(households=households_of(parts, "households"))
    units: Any = read_frame(path, layer="units") if "units" in layers else DataFrame()
    return subjects_of_plan(PlanLayers(units, parts))


def _no_plan(path: Path, lacking: str) -> InvalidInput:
    return InvalidInput(detail=Words("policy.parts_not_of_a_plan", name=path.name, column=lacking))
