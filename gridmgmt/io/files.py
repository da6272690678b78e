"""Files of places, read and written: GeoPackage, GeoJSON, Shapefile (also zipped), GeoParquet, CSV, XLSX.

The suffix says what a file claims to be and its first bytes must agree: GDAL alone would follow a `.geojson` that is in
truth a list of other files to read.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas
import pyogrio
from pyarrow import parquet
from pyogrio.errors import DataLayerError, DataSourceError

from gridmgmt.errors import InvalidInput, UnreadableFile
from gridmgmt.geo.crs import NamedCrs
from gridmgmt.io import encodings, sheets
from gridmgmt.io.archive import DEFAULT_LIMITS, Limits, check_size, unpacked
from gridmgmt.io.systems import crs_of, require_fitting
from gridmgmt.messages import Words
from gridmgmt.messages.parsers import parser_fault

GEOPACKAGE, SHAPEFILE = {".gpkg"}, {".shp"}
GEOJSON = {".geojson", ".json"}
PARQUET = {".parquet", ".geoparquet"}
SUFFIXES = (*sorted(GEOPACKAGE | SHAPEFILE | GEOJSON | PARQUET), ".csv", ".xlsx", ".zip")
REPEATED_ID = "Altering it to be unique"  # of GDAL's own row number; repeated codes are found later
MAGIC = {".gpkg": b"SQLite format 3\0", ".shp": b"\x00\x00\x27\x0a", ".parquet": b"PAR1", ".geoparquet": b"PAR1"}


@dataclass(frozen=True)
class SourceFile:
    """What a file holds: its rows with geometry in `crs`, and what reading it showed (message key, values)."""

    name: str
    frame: geopandas.GeoDataFrame
    crs: NamedCrs
    cut_names: bool = False  # a Shapefile cuts column names
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def read_file(
    path: Path | str,
    *,
    crs: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> SourceFile:
    """A file of places with its coordinate system, geometry 2-D, text decoded.

    `crs` (EPSG:n, gcj02, bd09) overrides what the file says; `layer` chooses one of several layers, sheets or members.

    Raises MissingCrs where neither says it, UnreadableFile where the file is not what it claims, too large or harmful.
    """
    source = Path(path)
    check_size(source, limits)
    if source.suffix.lower() == ".zip":
        return _read_zip(source, crs, layer, encoding, limits)
    notes: list[tuple[str, dict[str, Any]]] = []
    frame = _read(source, layer, encoding, limits, notes)
    if len(frame) > limits.features:
        detail = Words("reasons.file_too_many_features", count=len(frame), limit=limits.features)
        raise UnreadableFile(path=source.name, detail=detail)
    named = crs_of(source.name, frame.crs, crs, notes)
    require_fitting(source.name, frame, named)
    frame = frame.set_crs(None, allow_override=True)
    frame.geometry = frame.geometry.force_2d()
    return SourceFile(source.name, frame, named, source.suffix.lower() in SHAPEFILE, notes)


def _read(
    path: Path, layer: str | None, encoding: str | None, limits: Limits, notes: list[tuple[str, dict[str, Any]]]
) -> geopandas.GeoDataFrame:
    suffix = path.suffix.lower()
    _check_magic(path, suffix)
    if suffix in PARQUET:
        return _read_parquet(path)
    if suffix == ".csv":
        return sheets.placed(sheets.read_csv(path, encoding), path.name)
    if suffix == ".xlsx":
        return sheets.placed(sheets.read_xlsx(path, layer, limits), path.name)
    if suffix in SHAPEFILE:
        found = encodings.Encoding(encodings.codec(encoding)) if encoding else encodings.of_shapefile(path)
        if found.lied:
            notes.append(("lying_cpg", {"declared": found.declared, "encoding": found.name}))
        return _ogr(path, None, found.name, notes)
    if suffix in GEOJSON:
        with _utf8(path, encoding) as sound:
            return _ogr(sound, layer, None, notes)
    if suffix in GEOPACKAGE:
        return _ogr(path, _layer_of(path, layer), None, notes)
    raise UnreadableFile(path=path.name, detail=Words("reasons.file_kind_unknown", known=SUFFIXES))


def _check_magic(path: Path, suffix: str) -> None:
    with path.open("rb") as file:
        head = file.read(64)
    wanted = MAGIC.get(suffix, b"")
    if not head.startswith(wanted) or (suffix in GEOJSON and not _starts_as_json(head)):
        detail = Words("reasons.file_other_content", kind=suffix.removeprefix("."))
        raise UnreadableFile(path=path.name, detail=detail)


def _starts_as_json(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n").startswith(b"{")


@contextmanager
def _utf8(path: Path, encoding: str | None) -> Iterator[Path]:
    """GeoJSON is UTF-8 by its standard; a GBK one is read from a copy."""
    body = path.read_bytes()
    found = encodings.of_text(body, path.name, encoding)
    if found.name == "utf-8":
        yield path
        return
    with TemporaryDirectory(prefix="gridmgmt-") as folder:
        copy = Path(folder) / path.name
        try:
            copy.write_text(body.decode(found.name), encoding="utf-8")
        except UnicodeDecodeError as error:
            detail = Words("reasons.file_not_encoding", encoding=found.name, error=error.reason)
            raise UnreadableFile(path=path.name, detail=detail) from error
        yield copy


def _ogr(
    path: Path, layer: str | None, encoding: str | None, notes: list[tuple[str, dict[str, Any]]]
) -> geopandas.GeoDataFrame:
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            frame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding, on_invalid="ignore")
    except (DataSourceError, ValueError, RuntimeError, UnicodeDecodeError) as error:
        raise UnreadableFile(path=path.name, detail=parser_fault(_plain(path, error))) from error
    texts = dict.fromkeys(_plain(path, warning.message) for warning in said)
    notes += [("gdal", {"detail": text}) for text in texts if REPEATED_ID not in text]
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise UnreadableFile(path=path.name, detail=Words("reasons.file_no_geometry"))
    return frame


def _plain(path: Path, said: object) -> str:
    """GDAL's words without the machine's folders."""
    return str(said).replace(str(path), path.name).replace(f"{path.parent}/", "")


def layer_names(path: Path) -> list[str]:
    """The layers of a GeoPackage that hold places; UnreadableFile where it is none."""
    check_size(path, DEFAULT_LIMITS)
    _check_magic(path, path.suffix.lower())
    try:
        return [str(name) for name, shape in pyogrio.list_layers(path) if shape is not None]
    except DataSourceError as error:
        raise UnreadableFile(path=path.name, detail=parser_fault(_plain(path, error))) from error


def _layer_of(path: Path, wanted: str | None) -> str:
    """The layer that is asked for, else the only one; UnreadableFile naming them where the user must choose."""
    layers = layer_names(path)
    if not layers:
        raise UnreadableFile(path=path.name, detail=Words("reasons.file_no_geometry"))
    if wanted is not None and wanted not in layers:
        detail = Words("reasons.file_no_layer", layer=wanted, layers=layers)
    elif wanted is None and len(layers) > 1:
        detail = Words("reasons.file_layers", layers=layers)
    else:
        return wanted or layers[0]
    raise UnreadableFile(path=path.name, detail=detail)


def _read_parquet(path: Path) -> geopandas.GeoDataFrame:
    try:
        if b"geo" not in (parquet.read_schema(path).metadata or {}):
            raise UnreadableFile(path=path.name, detail=Words("reasons.file_no_geometry"))
        return geopandas.read_parquet(path)
    except (ValueError, TypeError, OSError, ImportError) as error:
        raise UnreadableFile(path=path.name, detail=parser_fault(_plain(path, error))) from error


def _read_zip(path: Path, crs: str | None, layer: str | None, encoding: str | None, limits: Limits) -> SourceFile:
    """The one data file of an archive; `layer` names it where there are several."""
    with unpacked(path, limits) as members:
        data = [member for member in members if member.suffix.lower() in SUFFIXES and member.suffix.lower() != ".zip"]
        chosen = [member for member in data if layer in (member.name, member.stem)] or data
        if len(chosen) != 1:
            several = Words("reasons.zip_several", members=[member.name for member in data])
            detail = several if data else Words("reasons.zip_no_places")
            raise UnreadableFile(path=path.name, detail=detail)
        inner = layer if chosen == data and len(data) == 1 and layer != data[0].stem else None
        return read_file(chosen[0], crs=crs, layer=inner, encoding=encoding, limits=limits)


def write_layer(frame: geopandas.GeoDataFrame, target: Path, **how: Any) -> None:
    """A frame through GDAL; InvalidInput, with GDAL's words, where the file cannot be written."""
    try:
        pyogrio.write_dataframe(frame, target, **how)
    except (DataSourceError, DataLayerError) as error:
        detail = Words("reasons.file_system", path=target, said=_plain(target, error))
        raise InvalidInput(detail=detail) from error


def write_file(path: Path | str, frame: geopandas.GeoDataFrame, layer: str, short: dict[str, str]) -> None:
    """Write a frame in the format of the suffix; `short` are column names of ten bytes for a Shapefile.

    Raises InvalidInput for a suffix that is not known, or a Shapefile of mixed geometry.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    target.parent.mkdir(parents=True, exist_ok=True)
    if suffix in PARQUET:
        frame.to_parquet(target)
    elif suffix == ".csv":
        sheets.write_csv(target, frame)
    elif suffix == ".xlsx":
        sheets.write_xlsx(target, frame, layer)
    elif suffix in GEOJSON:
        write_layer(frame, target, driver="GeoJSON", layer=layer, RFC7946="NO", COORDINATE_PRECISION="15")
    elif suffix in GEOPACKAGE:
        target.unlink(missing_ok=True)
        write_layer(frame, target, driver="GPKG", layer=layer)
    elif suffix in SHAPEFILE | {".zip"}:
        _write_shapefile(target, frame.rename(columns=short), layer)
    else:
        raise InvalidInput(detail=Words("reasons.file_write_kind", name=target.name, known=SUFFIXES))


def _write_shapefile(target: Path, frame: geopandas.GeoDataFrame, layer: str) -> None:
    """A Shapefile in UTF-8 with its `.cpg`, zipped where the name ends so."""
    kinds = {name.removeprefix("Multi") for name in frame.geom_type.dropna()}
    if len(kinds) > 1:
        raise InvalidInput(detail=Words("reasons.shapefile_mixed", kinds=sorted(kinds)))
    if target.suffix.lower() == ".shp":
        write_layer(frame, target, driver="ESRI Shapefile", encoding="UTF-8")
        return
    from zipfile import ZIP_DEFLATED, ZipFile

    with TemporaryDirectory(prefix="gridmgmt-") as folder, ZipFile(target, "w", ZIP_DEFLATED) as archive:
        write_layer(frame, Path(folder) / f"{layer}.shp", driver="ESRI Shapefile", encoding="UTF-8")
        for part in sorted(Path(folder).iterdir()):
            archive.write(part, part.name)
