"""Files of the planning commands: units in, a plan and its report out."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from gridmgmt.planning.report import PlanResult

QUIET_S = 2.0  # a step that takes longer shows how far it is


def read_frame(path: Path, crs: str | None = None) -> "GeoDataFrame":
    """A file of places as a frame with its CRS; one in GCJ-02 or BD-09 comes as EPSG:4326."""
    from gridmgmt.geo.crs import WGS84, to_wgs84
    from gridmgmt.io.files import read_file

    source = read_file(path, crs=crs)
    frame = source.frame
    if source.crs.shift is None:
        return frame.set_crs(source.crs.crs)
    return frame.set_geometry(to_wgs84(frame.geometry.to_numpy(), source.crs), crs=WGS84)


def read_optional(path: Path | None) -> "GeoDataFrame | None":
    """As `read_frame`; None where no file is given."""
    return None if path is None else read_frame(path)


def write_plan(path: Path, plan: "PlanResult") -> None:
    """A GeoPackage with the layers `units` (input rows and `part`) and `parts`; an earlier one is replaced."""
    import pyogrio

    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(plan.units, path, layer="units", driver="GPKG")
    pyogrio.write_dataframe(plan.parts, path, layer="parts", driver="GPKG")


def write_report(path: Path | None, plan: "PlanResult") -> None:
    """The report as JSON; nothing where no path is given."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(plan.report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def show_progress() -> Callable[[int, int], None]:
    """A callback that says on stderr how far a long step is, once a second, after two seconds of silence."""
    shown = time.monotonic() + QUIET_S - 1

    def show(done: int, of: int) -> None:
        nonlocal shown
        if time.monotonic() > shown + 1:
            shown = time.monotonic()
            typer.echo(f"  {done}/{of}", err=True)

    return show
