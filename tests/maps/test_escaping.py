"""Names are typed by people: whatever they hold stays text, in the margin, in the data and on the map."""

from datetime import date

import geopandas as gpd
import pytest
from markupsafe import Markup

from maps import pages
from maps.base import Base
from maps.context import Context
from maps.text import Table, element_html, script_json
from tests.maps.conftest import Town
from tests.maps.html import read_page

PAYLOADS = (
    "<script>window.hurt=1</script>",
    "</script><script>window.hurt=1</script>",
    "<img src=x onerror=window.hurt=1>",
    '"><svg onload=window.hurt=1>',
    "{{ 7*7 }}{% raw %}",
    "__POLICY__",
    "<!--<script>",
    "a\u2028b\u2029c\r\n\\",
    "' onmouseover='window.hurt=1",
)


def hostile(frame: gpd.GeoDataFrame, payload: str) -> gpd.GeoDataFrame:
    return frame.assign(name=payload)


@pytest.fixture(params=PAYLOADS)
def payload(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def hostile_pages(town: Town, payload: str) -> list[str]:
    context = Context(at=date(2006, 7, 1), place=payload, source=payload, approval=payload)
    subdistricts, communities, stations, grids = (
        hostile(frame, payload) for frame in (town.subdistricts, town.communities, town.stations, town.grids)
    )
    base = Base(subdistricts, communities)
    verdicts = [{"title": payload, "clause": payload, "real": "met", "optimal": "partly", "real_figure": payload}]
    return [
        pages.overview(base, subdistricts, communities, stations, context),
        pages.grids(base, grids, context),
        pages.plan(
            base,
            communities,
            subdistricts.assign(households=9),
            context,
            low=1,
            high=2,
            heading=payload,
            captions=(payload, payload),
        ),
        pages.coverage(base, town.buildings, communities, context, stations_before=stations),
        pages.patrols(base, grids, context, week=payload),
        pages.replay(base, communities, communities, context, low=1, high=2, verdicts=verdicts, figures=[[payload]]),
    ]


def test_a_hostile_name_adds_no_element_and_no_script(town: Town, payload: str) -> None:
    for calm, page in zip(hostile_pages(town, "calm"), hostile_pages(town, payload), strict=True):
        quiet, read = read_page(calm), read_page(page)
        assert [tag for tag, _ in read.elements] == [tag for tag, _ in quiet.elements]
        assert read.handlers() == []
        assert len(read.scripts) == len(quiet.scripts)
        shown = "".join(read.texts).replace("\r\n", "\n")
        assert payload.replace("\r\n", "\n") in shown


def test_json_in_a_script_cannot_close_it(payload: str) -> None:
    written = script_json({"name": payload})
    assert not set("<>&\u2028\u2029\r\n") & set(written)


def test_values_of_a_table_are_escaped_and_markup_is_kept() -> None:
    table = Table("<i>", ("<b>",), [["<u>", Markup("<em>x</em>")]]).__html__()
    assert "&lt;i&gt;" in table
    assert "&lt;b&gt;" in table
    assert "&lt;u&gt;" in table
    assert "<em>x</em>" in table
    assert element_html("a<b") == "a&lt;b"


def test_a_page_holds_no_value_json_does_not_know() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        script_json(float("nan"))
    with pytest.raises(TypeError, match="no place in a page"):
        script_json(object())
