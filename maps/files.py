"""The page of a plan that stands in a file: a GeoPackage with the layers `units` and `parts`."""

from datetime import date
from pathlib import Path

import geopandas as gpd

from gridmgmt.errors import UnknownColumn
from gridmgmt.io.files import read_file
from gridmgmt.messages import Language
from maps import pages
from maps.changes import changed_units
from maps.context import Context

_WGS84 = 4326


def parts_of_file(
    path: Path, at: date, language: Language, *, before: str | None, households: str, low: int, high: int
) -> str:
    """The parts alone, or with `before` (a column of the units) beside the division they replace.

    Raises UnreadableFile where a layer is missing, UnknownColumn where the column is.
    """
    after = _named(_layer(path, "parts"), "part", language, at)
    context = Context(at=at, place=path.stem, language=language)
    context = Context(at=at, place=path.stem, language=language, source=context.say("source_file", path=path.name))
    if before is None:
        return pages.parts_page(pages.Base(), after, context, low=low, high=high)
    units = _layer(path, "units")
    for column in (before, households):
        if column not in units:
            raise UnknownColumn(column=column, columns=units.columns)
    old = units.dissolve(before, aggfunc={households: "sum"}).reset_index()
    old = old.rename(columns={before: "name", households: "households"})
    moved = units[changed_units(list(units[before]), list(units["part"]), list(units[households]))]
    return pages.plan(pages.Base(), old, after, context, low=low, high=high, changed=moved)


def _layer(path: Path, name: str) -> gpd.GeoDataFrame:
    source = read_file(path, layer=name)
    return source.frame.set_crs(source.crs.crs).to_crs(_WGS84)


def _named(frame: gpd.GeoDataFrame, column: str, language: Language, at: date) -> gpd.GeoDataFrame:
    if "name" in frame:
        return frame
    context = Context(at=at, place="", language=language)
    return frame.assign(name=[context.say("part_name", number=int(part) + 1) for part in frame[column]])
