"""Bulk loads: a frame into a table by COPY, inside the caller's transaction."""

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv
import shapely
from geoalchemy2 import Geometry
from sqlalchemy import Column, Integer, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.messages import Words
from gridmgmt.store.tables import WGS84_SRID, Base

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame, Series

SHAPE = "geom"


def copy_frame(
    session: Session, table: type[Base] | Table, frame: "GeoDataFrame | DataFrame", **constants: object
) -> int:
    """Append the rows of `frame` to `table` by COPY and return how many they were.

    Columns go by name, the active geometry to `geom`; columns the table lacks are left out, and `constants` (as
    `valid_from=date(2006, 9, 1)`) fill one column each. Geometries are EPSG:4326; a polygon becomes a multipolygon
    where the column wants one. The table's CHECKs hold as for any other INSERT (IntegrityError).

    Raises UnknownColumn where a column that must be filled is missing, InvalidInput for another CRS.
    """
    target = table if isinstance(table, Table) else table.__table__
    assert isinstance(target, Table)
    columns = _columns(target, frame, constants)
    if len(frame) == 0:
        return 0
    values = {column.name: _values(column, frame, constants) for column in columns}
    names = ", ".join(f'"{name}"' for name in values)
    _copy(session, f"copy {target.name} ({names}) from stdin (format csv)", pa.table(values))
    return len(frame)


def _columns(target: Table, frame: "DataFrame", constants: Mapping[str, object]) -> list[Column[Any]]:
    """The columns to fill; every one without a default must be given."""
    given = {*frame.columns, *constants} | ({SHAPE} if _has_shapes(frame) else set())
    for column in target.columns:
        optional = column.nullable or column.server_default is not None or column.identity is not None
        if column.name not in given and not optional:
            raise UnknownColumn(column=column.name, columns=frame.columns)
    return [column for column in target.columns if column.name in given]


def _has_shapes(frame: "DataFrame") -> bool:
    return getattr(frame, "_geometry_column_name", None) in frame.columns


def _values(column: Column[Any], frame: "DataFrame", constants: Mapping[str, object]) -> pa.Array:
    if column.name in constants:
        return pa.array([None if constants[column.name] is None else str(constants[column.name])] * len(frame))
    if isinstance(column.type, Geometry):
        return pa.array(_hex_ewkb(frame, multi=column.type.geometry_type == "MULTIPOLYGON"))
    series: Series = frame[column.name]
    if isinstance(column.type, Integer):
        return pa.Array.from_pandas(series.astype("Int64"))
    if isinstance(column.type, JSONB):
        return pa.array([None if _missing(value) else json.dumps(value) for value in series], type=pa.string())
    if series.dtype == object:
        return pa.array([None if _missing(value) else str(value) for value in series], type=pa.string())
    return pa.Array.from_pandas(series)


def _missing(value: object) -> bool:
    return value is None or value != value  # NaN, NaT and NA differ from themselves


def _hex_ewkb(frame: "GeoDataFrame", *, multi: bool) -> np.ndarray[Any, np.dtype[np.object_]]:
    if frame.crs is None or frame.crs.to_epsg() != WGS84_SRID:
        raise InvalidInput(detail=Words("reasons.database_srid", srid=WGS84_SRID, crs=frame.crs))
    shapes = np.asarray(frame.geometry.array)
    if multi:
        single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
        shapes = shapes.copy()
        shapes[single] = shapely.multipolygons(shapes[single][:, None])
    shapes = shapely.set_srid(shapely.force_2d(shapes), WGS84_SRID)
    hexes: np.ndarray[Any, np.dtype[np.object_]] = shapely.to_wkb(shapes, hex=True, include_srid=True)
    return hexes


def _copy(session: Session, statement: str, values: pa.Table) -> None:
    """Missing values travel as nothing, empty text as quotes."""
    buffer = io.BytesIO()
    whole = values.combine_chunks()  # pyarrow writes NUL bytes after a leading empty chunk, as pandas.concat leaves it
    pa.csv.write_csv(whole, buffer, pa.csv.WriteOptions(include_header=False, quoting_style="needed"))
    connection: Any = session.connection().connection.driver_connection
    try:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(buffer.getbuffer())
    except psycopg.Error as error:  # as SQLAlchemy does with any other statement
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error
