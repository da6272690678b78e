"""Import of a file into a layer: validated first, one transaction, the same file twice changes nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas
import numpy as np
import shapely
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidImport, UnreadableFile
from gridmgmt.io.columns import column_map, layer_named
from gridmgmt.io.conform import Rows, conform
from gridmgmt.io.files import SourceFile, read_file
from gridmgmt.io.layers import Layer
from gridmgmt.messages import Words
from gridmgmt.services.importing.boundaries import BoundaryImport
from gridmgmt.services.importing.report import ImportOptions, ImportReport
from gridmgmt.services.importing.units import UnitImport

__all__ = ["ImportOptions", "ImportReport", "import_layer"]


def import_layer(
    session: Session,
    layer: str,
    path: Path | str,
    *,
    crs: str | None = None,
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    source_layer: str | None = None,
    encoding: str | None = None,
    parent: str | None = None,
    repair: bool = False,
    update: bool = False,
    dry_run: bool = False,
    valid_from: date,
) -> ImportReport:
    """Bring the features of a file into `layer` (see `gridmgmt.io.layers`) in the caller's transaction.

    Everything is checked before anything is written. A fault raises InvalidImport with the report in its context
    (`error.context["report"]`), unless `repair` mends it; the report says what was done, with areas. What is stored
    already is left alone; a boundary or station that changed gets a new version from `valid_from`; another unit that
    changed is a conflict unless `update`. `mapping` is field → column, `constants` field → value, `parent` the code
    under which features without code are numbered. `dry_run` only looks.

    Raises MissingCrs, UnreadableFile, UnknownColumn, InvalidInput, InvalidImport.
    """
    options = ImportOptions(
        crs, mapping or {}, constants or {}, source_layer, encoding, parent, repair, update, dry_run
    )
    source = read_file(path, crs=crs, layer=source_layer, encoding=encoding)
    if source.frame.empty:
        raise UnreadableFile(path=source.name, detail=Words("reasons.file_no_rows"))
    chosen = layer_named(layer, _columns(source), _point_share(source), cut_names=source.cut_names)
    report, rows = _first_look(source, chosen, options, valid_from)
    work = (BoundaryImport if chosen.level else UnitImport)(session, chosen, valid_from, options)
    work.prepare(source, rows, report)
    _tell(report, rows, work.frame)
    if stopping := report.stopping(repair=repair):
        report.notes = [note for note in report.notes if note[0] != "codes_given"]  # they were not
        raise InvalidImport(
            path=report.file, features=report.features, faults=len({f.row for f in stopping}), report=report
        )
    if not dry_run:
        work.write(report)
        report.written = True
    return report


def _columns(source: SourceFile) -> list[str]:
    return [str(column) for column in source.frame.columns if column != source.frame.geometry.name]


def _point_share(source: SourceFile) -> float:
    kinds = shapely.get_type_id(np.asarray(source.frame.geometry))
    return float((kinds == shapely.GeometryType.POINT).mean()) if len(kinds) else 0.0


def _first_look(
    source: SourceFile, layer: Layer, options: ImportOptions, valid_from: date
) -> tuple[ImportReport, Rows]:
    """The guess and the values of every field."""
    columns = _columns(source)
    found = column_map(layer, columns, options.mapping, cut_names=source.cut_names)
    rows = conform(source.frame, layer, found, options.constants)
    report = ImportReport(source.name, layer.name, valid_from, crs=source.crs.name, columns=found)
    report.unused_columns = [column for column in columns if column not in found.values()]
    report.features = len(source.frame)
    report.notes += source.notes
    return report, rows


def _tell(report: ImportReport, rows: Rows, frame: geopandas.GeoDataFrame) -> None:
    """Findings get the code and name of their feature; features that are in no row of the result are left out."""
    codes, names = (
        rows.table["code"].to_list(),
        (rows.table["name"] if "name" in rows.table else rows.table["code"]).to_list(),
    )
    report.findings = [
        replace(finding, code=finding.code or codes[finding.row - 1], name=names[finding.row - 1])
        for finding in report.findings
    ]
    report.notes += rows.notes
    report.left_out = report.features - frame["row"].nunique() if len(frame) else report.features
