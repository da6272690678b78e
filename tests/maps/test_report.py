"""The printed report: maps and tables in one page that needs nothing, in both languages, whatever names hold."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from gridmgmt.errors import MissingProgram
from gridmgmt.io.sheets import write_tables
from gridmgmt.messages import LANGUAGES, Language
from gridmgmt.planning.comparing.comparison import Comparison, Division, compare
from gridmgmt.planning.comparing.comparison_tables import plan_tables, tables
from gridmgmt.planning.scorecard import score
from gridmgmt.policy.evaluation import Subject, evaluate
from gridmgmt.policy.norms import profile
from maps.context import Context
from maps.pdf import write_pdf
from maps.report import _drawings, _frame, _lone_drawing, _Say, changed_ground, comparison_page, plan_page
from tests.maps.html import read_page

REPORT = {
    "status": "feasible",
    "objective": {"name": "deviation", "value": 10, "bound": 8, "gap": 0.2},
    "unmet": [{"part": 1, "reason": "no_such_reason", "units": ["u1"]}],
}
LUOHU = evaluate({"station": [Subject("Z1", "Z1", {"service_m2": 900.0})]}, profile("luohu-2006"))
VERDICTS = [verdict.as_dict() for verdict in LUOHU]


def side(name: str, parts: list[int], words: str) -> Division:
    x = [200.0 * number for number in range(6)]
    units = gpd.GeoDataFrame(
        {"code": [f"0044030300100{n}" for n in range(6)], "name": words, "households": [60, 70, 80, 50, 90, 40]},
        geometry=shapely.box(x, 0, [west + 200 for west in x], 300),
        crs=4547,
    ).assign(part=parts)
    areas = units.dissolve("part", aggfunc={"households": "sum"}).reset_index().assign(name=words)
    return Division(name, units, areas, score(units, areas, low=120, high=180))


def found(words: str = "碧波") -> Comparison:
    return compare(side(words, [0, 0, 1, 1, 2, 2], words), side(f"{words} B", [0, 0, 0, 1, 1, 2], words))


def page(words: str, context: Context) -> str:
    comparison = found(words)
    return comparison_page(comparison, tables(comparison, context.language, report=REPORT, verdicts=VERDICTS), context)


def test_a_plan_without_a_before_is_reported_alone(context: Context) -> None:
    plan = found("<b>").b
    sheets = plan_tables(plan, context.language, report=REPORT)
    texts = read_page(plan_page(plan, sheets, context)).texts
    assert "<b> B" in texts
    assert sheets["parts"].iloc[:, 1].sum() == plan.units["households"].sum()
    assert len(sheets["metrics"]) > 10


def test_no_range_is_asked_of_a_dedicated_grid(context: Context) -> None:
    plan = found().b
    assert plan.parts is not None
    kinds = ["residential", "school", None]  # the last as in what has no kinds
    parts = plan.parts.assign(kind=kinds, households=[150, 10, 150])
    (drawn,) = _lone_drawing(replace(plan, parts=parts), context, _Say(context))
    assert [item.count for item in drawn.legend] == ["(0)", "(0)", "(2)", "(0)", "(0)", "(1)"]


@pytest.mark.parametrize(("across", "up", "in_a_row"), [(900, 1000, True), (1700, 1000, False)])
def test_maps_stand_in_a_row_unless_they_lose_too_much(across: float, up: float, in_a_row: bool) -> None:
    assert (_frame((0, 0, across, up)).size[0] <= 86) == in_a_row


def test_areas_without_names_bear_their_numbers(context: Context) -> None:
    nameless = [
        replace(part, parts=part.parts.assign(name=None)) for part in (found().a, found().b) if part.parts is not None
    ]
    unnamed = [replace(part, parts=part.parts.drop(columns="name")) for part in nameless if part.parts is not None]
    for first, second in (nameless, unnamed):
        comparison = compare(first, second)
        texts = read_page(comparison_page(comparison, tables(comparison, context.language), context)).texts
        assert not any("None" in words for words in texts)
        assert any(words.strip() in ("#2", "2") for words in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_and_shows_everything(context: Context, language: Language) -> None:
    read = read_page(page("碧波", replace(context, language=language)))
    assert read.loads() == []
    assert read.scripts == []
    assert read.handlers() == []
    pictures = [attributes for tag, attributes in read.elements if tag == "svg" and attributes.get("class") == "map"]
    assert len(pictures) == 3
    text = "".join(read.texts)
    assert {"zh": "无数据", "en": "no data"}[language] in text
    assert "no_such_reason" in text
    assert "二(二)" in text
    assert "@page { size: A4 portrait" in "".join(read.styles)


@pytest.mark.parametrize("payload", ["<script>window.hurt=1</script>", '"><svg onload=window.hurt=1>', "{{ 7*7 }}"])
def test_names_stay_text(context: Context, payload: str) -> None:
    calm, read = read_page(page("calm", context)), read_page(page(payload, context))
    assert {tag for tag, _ in read.elements} == {tag for tag, _ in calm.elements}
    assert read.handlers() == read.scripts == []
    assert payload in "".join(read.texts)


def test_the_ground_that_changed_hands_is_hatched() -> None:
    comparison = found()
    assert comparison.a.parts is not None
    assert comparison.b.parts is not None
    ground = changed_ground(comparison, comparison.a.parts, comparison.b.parts)
    moved = comparison.b.units[comparison.b.units["code"].isin(comparison.moved["code"])]
    assert ground.area.sum() == pytest.approx(moved.area.sum(), rel=0.02)


def test_the_workbook_keeps_codes_as_text_and_runs_nothing(tmp_path: Path) -> None:
    comparison = found("=1+1")
    sheets = tables(comparison, "zh", report=REPORT, verdicts=VERDICTS)
    write_tables(tmp_path / "report.xlsx", sheets)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames == ["summary", "metrics", "parts", "moved", "crosswalk", "certificate", "verdicts"]
    rows = list(book["moved"].iter_rows(min_row=2))
    assert [cell.value for cell in (row[0] for row in rows)] == comparison.moved["code"].tolist()
    assert rows[0][1].value == "'=1+1"
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert sum(row[2].value for row in rows) == comparison.households_moved
    signed = {cell.value for cell in book["metrics"]["E"] if str(cell.value).startswith(("+", "'"))}
    assert signed
    assert all(value.startswith("+") for value in signed)  # no apostrophe before a figure


@pytest.mark.parametrize(("language", "required"), [("zh", "≥ 900 平方米（50%）"), ("en", "≥ 900 m² (50%)")])
def test_norms_of_one_clause_are_told_apart_by_what_they_ask(language: Language, required: str) -> None:
    [_, _, facilities, plaza, *_] = tables(found(), language, verdicts=VERDICTS)["verdicts"].to_numpy().tolist()
    assert facilities[1].startswith("拥有公共服务设施900平方米以上")
    assert ("Public-service facilities" in facilities[1]) == (language == "en")
    assert facilities[2] == required != plaza[2]


def test_without_a_browser_there_is_no_pdf(tmp_path: Path, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_CHROMIUM", str(tmp_path / "nowhere"))
    with pytest.raises(MissingProgram):
        write_pdf(tmp_path / "a.pdf", page("碧波", context))


@pytest.mark.browser
def test_a_browser_prints_it(tmp_path: Path, context: Context) -> None:
    write_pdf(tmp_path / "a.pdf", page("碧波", context))
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_codes_that_are_numbers_are_counted_on_the_map_as_in_the_table(context: Context) -> None:
    a, b = (replace(part, units=part.units.assign(code=range(6))) for part in (found().a, found().b))
    comparison = compare(a, b)
    drawn = _drawings(comparison, context, _Say(context))[-1]
    assert comparison.units_moved > 0
    assert drawn.legend[1].count == f"({comparison.units_moved})"
