"""Tables with places: CSV and XLSX, with longitude and latitude columns or WKT.

Codes are text both ways: a spreadsheet that takes a 17-digit code for a number destroys it. Text that starts like a
formula is neutralised with an apostrophe on the way out, and the apostrophe is taken off on the way in.
"""

import csv
import io
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely

from gridmgmt.errors import InvalidInput, UnreadableFile
from gridmgmt.io.archive import DEFAULT_LIMITS, Limits, check_no_dtd
from gridmgmt.io.columns import place_columns
from gridmgmt.io.encodings import of_text
from gridmgmt.messages import Words
from gridmgmt.messages.parsers import parser_fault

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
SIGNED_FIGURE = re.compile(r"[+-]\d[\d.,]*( ?[%\w²–]+)?")
CELL_CHARACTERS = 32767  # the most an XLSX cell holds
csv.field_size_limit(1 << 30)


def read_csv(path: Path, encoding: str | None = None) -> pandas.DataFrame:
    """A CSV as text columns ("" is missing); the separator is told from the first line."""
    body = path.read_bytes()
    found = of_text(body, path.name, encoding)
    try:
        text = body.decode(found.name)
    except UnicodeDecodeError as error:
        detail = Words("reasons.file_not_encoding", encoding=found.name, error=error.reason)
        raise UnreadableFile(path=path.name, detail=detail) from error
    head = text.partition("\n")[0]
    separator = max((",", ";", "\t"), key=head.count)
    _require_columns(text, separator, path.name)
    how: dict[str, Any] = {"dtype": str, "keep_default_na": False, "na_values": [""], "index_col": False}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pandas.errors.ParserWarning)  # of the empty cells that a last comma makes
            table = pandas.read_csv(io.StringIO(text), sep=separator, **how)
    except (ValueError, pandas.errors.ParserError) as error:
        raise UnreadableFile(
            path=path.name, detail=Words("reasons.table_unsound", fault=parser_fault(error))
        ) from error
    return _read_back(table)


def _require_columns(text: str, separator: str, name: str) -> None:
    """UnreadableFile for a row with more cells than there are columns: all its values would stand one column off."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    columns = len(next(rows, []))
    for number, row in enumerate(rows, 2):
        if any(cell.strip() for cell in row[columns:]):
            detail = Words("reasons.table_row_long", row=number, cells=len(row), columns=columns)
            raise UnreadableFile(path=name, detail=detail)


def read_xlsx(path: Path, sheet: str | None = None, limits: Limits = DEFAULT_LIMITS) -> pandas.DataFrame:
    """One sheet of an XLSX as text columns; formulas give their last value. The first row names the columns."""
    check_no_dtd(path, limits)
    try:
        table = pandas.read_excel(path, sheet_name=sheet or 0, dtype=object, engine="openpyxl")
    except ValueError as error:
        raise UnreadableFile(path=path.name, detail=Words("reasons.sheet_missing", sheet=sheet, error=error)) from error
    except Exception as error:  # openpyxl raises whatever its parts raise on a damaged file
        raise UnreadableFile(
            path=path.name, detail=Words("reasons.workbook_unsound", error=type(error).__name__)
        ) from error
    return _read_back(table.map(_cell_text, na_action="ignore"))


def _cell_text(value: Any) -> Any:
    """A cell as text: 440303001001.0 is the code 440303001001."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _read_back(table: pandas.DataFrame) -> pandas.DataFrame:
    table = table.rename(columns=str).astype(object)
    table = table.where(table.notna(), None)
    return table.map(_bare, na_action="ignore")


def _bare(value: Any) -> Any:
    text = str(value).strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def neutralised(value: Any) -> Any:
    """Text that a spreadsheet would run, made text again.

    >>> neutralised("=1+1"), neutralised("罗湖"), neutralised(-3)
    ("'=1+1", '罗湖', -3)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def placed(table: pandas.DataFrame, name: str) -> geopandas.GeoDataFrame:
    """The table with its places as geometry (no CRS); UnreadableFile where no column holds places.

    >>> placed(pandas.DataFrame({"经度": ["114.1"], "纬度": ["22.5"]}), "a.csv").geometry[0].wkt
    'POINT (114.1 22.5)'
    """
    columns = place_columns(list(table.columns))
    if not columns:
        raise UnreadableFile(path=name, detail=Words("reasons.table_no_places"))
    shapes = _from_wkt(table[columns["wkt"]]) if "wkt" in columns else _points(table, columns)
    rest = table.drop(columns=list(columns.values()))
    return geopandas.GeoDataFrame(rest, geometry=geopandas.GeoSeries(list(shapes), index=rest.index))


def _from_wkt(column: pandas.Series) -> Any:
    with np.errstate(invalid="ignore"):  # NaN coordinates are found later
        return shapely.from_wkt(column.astype(object).where(column.notna(), None).to_numpy(), on_invalid="ignore")


def _points(table: pandas.DataFrame, columns: dict[str, str]) -> Any:
    lon, lat = (pandas.to_numeric(table[columns[axis]], errors="coerce").to_numpy(float) for axis in ("lon", "lat"))
    shapes = np.full(len(table), None, dtype=object)
    known = np.isfinite(lon) & np.isfinite(lat)
    shapes[known] = shapely.points(lon[known], lat[known])
    return shapes


def flat(frame: geopandas.GeoDataFrame) -> pandas.DataFrame:
    """The frame as a table: lon and lat for points, else WKT; text neutralised."""
    table = pandas.DataFrame(frame.drop(columns=frame.geometry.name))
    shapes = np.asarray(frame.geometry)
    if len(shapes) and (shapely.get_type_id(shapes) == shapely.GeometryType.POINT).all():
        table["lon"], table["lat"] = shapely.get_x(shapes), shapely.get_y(shapes)
    else:
        table["wkt"] = shapely.to_wkt(shapes, rounding_precision=12)
    return table.map(neutralised)


def write_csv(path: Path, frame: geopandas.GeoDataFrame) -> None:
    """CSV with a byte-order mark, so that spreadsheets read Chinese."""
    flat(frame).to_csv(path, index=False, encoding="utf-8-sig")


def write_xlsx(path: Path, frame: geopandas.GeoDataFrame, sheet: str) -> None:
    """XLSX with every text cell typed and formatted as text; InvalidInput where an outline is too long for a cell."""
    from openpyxl import Workbook

    table = flat(frame)
    if "wkt" in table.columns and (longest := int(table["wkt"].str.len().max() or 0)) > CELL_CHARACTERS:
        raise InvalidInput(detail=Words("reasons.cell_too_long", characters=longest))
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.append(list(table.columns))
    for row in table.itertuples(index=False):
        page.append([_text_cell(page, value) for value in row])
    book.save(path)


def write_tables(path: Path, tables: Mapping[str, pandas.DataFrame]) -> None:
    """XLSX with one sheet per table, headed by its name; text stays text, formulas are neutralised."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, table in tables.items():
        page = book.create_sheet(name)
        page.freeze_panes = "A2"
        for number, width in enumerate(_widths(table)):
            page.column_dimensions[chr(ord("A") + number)].width = width
        page.append([_text_cell(page, str(column)) for column in table.columns])
        for row in table.itertuples(index=False):
            page.append([_text_cell(page, value if _is_signed(value) else neutralised(value)) for value in row])
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def _is_signed(value: Any) -> bool:
    """A figure with its sign, as "+33.3%" or "+9 户": of a report's own making, and nothing a spreadsheet would run."""
    return isinstance(value, str) and SIGNED_FIGURE.fullmatch(value) is not None


def _widths(table: pandas.DataFrame) -> list[int]:
    """Characters of each of the first 26 columns, so that most cells can be read; a Chinese one counts for two."""
    samples = [[str(name), *map(str, column.head(200))] for name, column in list(table.items())[:26]]
    return [
        min(60, 2 + max(len(cell) + sum(ord(sign) > 0x2E7F for sign in cell) for cell in cells)) for cells in samples
    ]


def _text_cell(page: Any, value: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if value is None or value is pandas.NA or value != value:
        return None
    if not isinstance(value, str):
        return value.item() if isinstance(value, np.generic) else value
    cell = WriteOnlyCell(page, value=value)
    cell.data_type, cell.number_format = "s", "@"
    return cell
