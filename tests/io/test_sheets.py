"""Spreadsheets: codes stay text, formulas stay text."""

from pathlib import Path

import pandas
import pytest
import shapely
from openpyxl import Workbook, load_workbook

from gridmgmt.errors import InvalidInput, UnreadableFile
from gridmgmt.io import sheets
from tests.io.places import blocks, points

CODE = "44030300100100120"  # 17 digits: as a number it would lose its end
HOSTILE = ["=HYPERLINK(1)", "+1", "-2", "@SUM(A1)", "正常"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_codes_and_formulas_come_back_as_text(tmp_path: Path, suffix: str) -> None:
    frame = points(5, 编码=[CODE] * 5, 名称=HOSTILE)
    path = tmp_path / f"a.{suffix}"
    write = sheets.write_csv if suffix == "csv" else lambda path, frame: sheets.write_xlsx(path, frame, "places")
    write(path, frame)
    table = sheets.read_csv(path) if suffix == "csv" else sheets.read_xlsx(path)
    assert table["编码"].to_list() == [CODE] * 5
    assert table["名称"].to_list() == HOSTILE


def test_no_cell_of_a_workbook_is_a_formula_and_codes_are_text_cells(tmp_path: Path) -> None:
    sheets.write_xlsx(tmp_path / "a.xlsx", points(5, 编码=[CODE] * 5, 名称=HOSTILE), "places")
    book = load_workbook(tmp_path / "a.xlsx")
    cells = [cell for row in book["places"].iter_rows(min_row=2) for cell in row]
    book.close()
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert {cell.number_format for cell in cells if cell.value == CODE} == {"@"}
    assert not any(str(cell.value).startswith(sheets.FORMULA_STARTS) for cell in cells)


def test_a_csv_of_hostile_text_is_neutralised(tmp_path: Path) -> None:
    sheets.write_csv(tmp_path / "a.csv", points(5, 名称=HOSTILE))
    lines = (tmp_path / "a.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == ["'=HYPERLINK(1)", "'+1", "'-2", "'@SUM(A1)", "正常"]


@pytest.mark.parametrize(
    ("encoding", "separator"), [("gbk", ","), ("utf-8", ";"), ("utf-16", "\t"), ("utf-8-sig", ",")]
)
def test_csv_as_people_have_it(tmp_path: Path, encoding: str, separator: str) -> None:
    text = "\n".join(
        separator.join(row) for row in (["名称", "经度", "纬度"], ["桂园", "114.1", "22.5"], ["黄贝", "", ""])
    )
    (tmp_path / "a.csv").write_text(text, encoding=encoding)
    frame = sheets.placed(sheets.read_csv(tmp_path / "a.csv"), "a.csv")
    assert frame["名称"].to_list() == ["桂园", "黄贝"]
    assert frame.geometry[0] == shapely.Point(114.1, 22.5)
    assert frame.geometry[1] is None


def test_numbers_in_a_workbook_become_codes_again(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["编码", "户数", "wkt"])
    book.active.append([440303001001, 12.5, "POINT (114 22)"])
    book.save(tmp_path / "a.xlsx")
    table = sheets.read_xlsx(tmp_path / "a.xlsx")
    assert table.iloc[0].to_list() == ["440303001001", "12.5", "POINT (114 22)"]
    with pytest.raises(UnreadableFile, match="汇总"):
        sheets.read_xlsx(tmp_path / "a.xlsx", "汇总")


def test_wkt_that_is_none_is_a_missing_geometry() -> None:
    frame = sheets.placed(pandas.DataFrame({"WKT": ["POINT (1 2)", "三角形", None]}), "a.csv")
    assert [shape is None for shape in frame.geometry] == [False, True, True]


def test_an_outline_too_long_for_a_cell_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    frame = blocks(1, 1)
    frame.geometry = (
        frame.geometry.buffer(0.001, quad_segs=600)
        if frame.crs is None
        else frame.geometry.apply(lambda shape: shapely.buffer(shape, 0.001, quad_segs=600))
    )
    with pytest.raises(InvalidInput, match="GeoPackage"):
        sheets.write_xlsx(tmp_path / "a.xlsx", frame, "a")
    assert not (tmp_path / "a.xlsx").exists()


def test_a_last_comma_shifts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,name\nA,甲,\nB,乙,\n", encoding="utf-8")
    assert sheets.read_csv(path).to_dict("records") == [{"code": "A", "name": "甲"}, {"code": "B", "name": "乙"}]


@pytest.mark.parametrize("rows", ["A,1,2\nB,1,2\n", "A,1\nB,1,2\n"])
def test_a_row_with_more_cells_than_columns_is_refused(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,count\n" + rows, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"row [23] has 3 cells, but the first row names 2 columns"):
        sheets.read_csv(path)
