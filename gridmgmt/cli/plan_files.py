"""Files of the planning commands: units in, a plan and its report out."""

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from gridmgmt.planning.report import PlanResult

RESULT_LAYERS = {"units", "parts", "buildings"}
QUIET_S = 2.0  # a step that takes longer shows how far it is


def read_frame(path: Path, crs: str | None = None, layer: str | None = None) -> "GeoDataFrame":
    """A file of places (or one `layer` of it) as a frame with its CRS; one in GCJ-02 or BD-09 comes as EPSG:4326.

    What reading it showed (another encoding or CRS than it says) is told on stderr.
    """
    from gridmgmt.cli.main import language
    from gridmgmt.geo.crs import WGS84, to_wgs84
    from gridmgmt.io.files import read_file
    from gridmgmt.messages import text

    source = read_file(path, crs=crs, layer=layer)
    for note, values in source.notes:
        says = text(f"io.note_{note}", language(), **values)
        typer.echo(text("io.note", language(), file=source.name, says=says), err=True)
    frame = source.frame
    if source.crs.shift is None:
        return frame.set_crs(source.crs.crs)
    return frame.set_geometry(to_wgs84(frame.geometry.to_numpy(), source.crs), crs=WGS84)


def layers_of(path: Path) -> set[str]:
    """The names of the layers of a GeoPackage; none of other files, which have no names for theirs."""
    from gridmgmt.io.files import GEOPACKAGE, layer_names

    return set(layer_names(path)) if path.suffix.lower() in GEOPACKAGE else set()


NEEDED = ("stations", "areas")  # an empty file of streets or barriers is a place without any; one of these a mistake
GEOMETRIES = {
    "streets": {"LineString"},
    "barriers": {"LineString", "Polygon"},
    "entrances": {"Point"},
    "areas": {"Polygon"},
    "stations": {"Point", "Polygon"},
    "candidates": {"Point", "Polygon"},
}
KIND_FIELDS = {"streets": "street_class", "barriers": "kind", "places": "kind"}


def read_beside(path: Path | None, role: str, crs: str | None = None) -> "GeoDataFrame | None":
    """A file that is given beside another: `crs` is used where it does not say its own; None where none is given.

    `role` is what it is given as (streets, barriers, places, entrances, areas, stations, candidates): of several layers
    the one of that name is read. Streets, barriers and places come with their kind in the fixed words, under the fixed
    name; where the file has another column for it, that is said.
    """
    from gridmgmt.cli.main import language
    from gridmgmt.io.kinds import kind_column, with_kinds
    from gridmgmt.messages import text

    if path is None:
        return None
    frame = read_unless_said(path, crs, layer_as(path, role))
    _require_fitting(path, frame, role)
    if role not in KIND_FIELDS:
        return frame
    field = KIND_FIELDS[role]
    if (column := kind_column(frame, role, field)) not in (None, field):
        typer.echo(path.name + " " + text("io.guess", language(), pairs=f"{field}={column}"), err=True)
    return with_kinds(frame, role, field)


def read_unless_said(path: Path, crs: str | None, layer: str | None) -> "GeoDataFrame":
    """As `read_frame`, but `crs` is used only where the file does not say its own."""
    from gridmgmt.errors import MissingCrs

    try:
        return read_frame(path, layer=layer)
    except MissingCrs:
        if crs is None:
            raise
        return read_frame(path, crs, layer)


def _require_fitting(path: Path, frame: "GeoDataFrame", role: str) -> None:
    """UnreadableFile where nothing in a file can be what it is given as: no rows, or none of a fitting geometry."""
    from gridmgmt.errors import UnreadableFile

    if frame.empty and role in NEEDED:
        raise UnreadableFile(path=path.name, detail=Words("reasons.file_no_rows"))
    kinds = {str(kind).removeprefix("Multi") for kind in frame.geom_type.dropna()}
    fitting = GEOMETRIES.get(role, kinds)
    if kinds and not kinds & fitting:
        detail = Words("reasons.file_no_such_shape", role=role, fitting=sorted(fitting), found=sorted(kinds))
        raise UnreadableFile(path=path.name, detail=detail)


def layer_as(path: Path, role: str) -> str | None:
    """Of several layers the one named as the role; UnreadableFile where there is none of that name."""
    from gridmgmt.errors import UnreadableFile

    layers = layers_of(path)
    if role in layers:
        return role
    if len(layers) > 1:
        raise UnreadableFile(
            path=path.name, detail=Words("reasons.file_layers_beside", layers=sorted(layers), role=role)
        )
    return None


def result_file(path: Path | None) -> Path | None:
    """A GeoPackage that may be written: a new one, or the result of an earlier run. Checked before the work begins."""
    if path is None:
        return None
    if path.suffix.lower() != ".gpkg":
        raise InvalidInput(detail=Words("reasons.result_no_geopackage", path=path))
    if path.exists():
        import pyogrio

        others = {str(name) for name in pyogrio.list_layers(path)[:, 0]} - RESULT_LAYERS
        if others:
            raise InvalidInput(detail=Words("reasons.result_other_layers", path=path, layers=sorted(others)))
    path.parent.mkdir(parents=True, exist_ok=True)
    probe = path.with_name(f".{path.stem}.{os.getpid()}")
    probe.touch()  # OSError where nothing can be written here
    probe.unlink()
    return path


def write_plan(path: Path, plan: "PlanResult") -> None:
    """A GeoPackage with the layers `units` (input rows and `part`) and `parts`; an earlier one is replaced."""
    write_layers(path, {"units": plan.units, "parts": plan.parts})


def write_layers(path: Path, layers: "Mapping[str, GeoDataFrame]") -> None:
    """A GeoPackage with these layers, in the place of an earlier one only when it is whole."""
    from gridmgmt.io.files import write_layer

    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.stem}.{os.getpid()}.gpkg")
    try:
        for name, frame in layers.items():
            write_layer(frame, new, layer=name, driver="GPKG", layer_options={"FID": _free_name(frame)})
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _free_name(frame: "GeoDataFrame") -> str:
    """A name for the file's own row number that no column of the input has."""
    taken = {str(column).lower() for column in frame.columns}
    return next(
        name for name in ("fid", *(f"fid_{number}" for number in range(1, len(taken) + 2))) if name not in taken
    )


def write_report(path: Path | None, plan: "PlanResult") -> None:
    """The report as JSON; nothing where no path is given."""
    if path is not None:
        write_json(path, plan.report)


def write_json(path: Path, figures: Any) -> None:
    """Figures as readable JSON; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def show_progress() -> Callable[[int, int], None]:
    """A callback that says on stderr how far a long step is, once a second, after two seconds of silence."""
    shown = time.monotonic() + QUIET_S - 1

    def show(done: int, of: int) -> None:
        nonlocal shown
        if time.monotonic() > shown + 1:
            shown = time.monotonic()
            typer.echo(f"  {done}/{of}", err=True)

    return show
