"""What every sheet must be: one file, nobody asked, nothing but text from users, the same bytes twice."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from gridmgmt.messages import LANGUAGES, Language
from maps.context import Context
from tests.maps.conftest import Rendered
from tests.maps.html import Page, read_page

Pages = dict[str, Callable[[Context], str]]
NAMES = (
    "overview", "grids", "households", "plan", "parts", "coverage", "coverage_now", "patrols", "replay",
)  # fmt: skip
FOREIGN = re.compile(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[\w.-]+\.\w+", re.ASCII)
FOREIGN_STYLE = re.compile(r"@import|url\((?!#)")


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    chosen: Language = request.param
    return chosen


@pytest.fixture
def page(rendered: Rendered, name: str, language: Language) -> str:
    return rendered(name, language)


@pytest.fixture
def read(page: str) -> Page:
    return read_page(page)


def test_the_names_are_all_pages(every_page: Pages) -> None:
    assert set(NAMES) == set(every_page)


def test_nothing_is_loaded_from_anywhere(read: Page) -> None:
    assert read.loads() == []
    assert not [tag for tag, _ in read.elements if tag in {"link", "iframe", "img", "object", "embed", "base", "form"}]
    assert not FOREIGN_STYLE.search("".join(read.styles).replace("url(#default#VML)", ""))


def test_no_foreign_host_is_named_in_our_scripts(read: Page) -> None:
    library, *own = read.scripts
    assert not [found for script in own for found in FOREIGN.findall(script)]
    named = set(re.findall(r"https?://[\w./]+", library))
    assert named <= {"http://www.w3.org/2000/svg", "https://leafletjs.com"}  # a namespace, a credit


def test_the_policy_allows_exactly_the_scripts_that_are_there(read: Page) -> None:
    policy = next(a["content"] or "" for tag, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in read.scripts]
    assert re.findall(r"'sha256-([^']+)'", policy) == digests
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert read.handlers() == []


def test_the_same_frames_give_the_same_bytes(
    name: str, every_page: Pages, context: Context, rendered: Rendered
) -> None:
    assert every_page[name](context) == rendered(name, context.language)


def test_a_sheet_says_what_when_where_and_from_whom(name: str, every_page: Pages, context: Context) -> None:
    text = " ".join(read_page(every_page[name](context)).texts)
    for part in ("罗湖区", "时点 2006-07-01", "数据来源：", "审图号：", "坐标系："):
        assert part in text
    approved = every_page[name](replace(context, approval="粤S(2006)01号", source="测试"))
    assert "审图号：粤S(2006)01号" in approved
    assert "数据来源：测试" in approved


def test_english_sheets_have_no_chinese_but_names(name: str, every_page: Pages, context: Context) -> None:
    english = replace(context, language="en", place="Luohu")
    text = "".join(read_page(every_page[name](english)).texts)
    allowed = set("东西南北中新社区工作站网格数人员总不变户二(五)")  # names and quoted clauses of the town
    assert not {letter for letter in text if "\u4e00" <= letter <= "\u9fff"} - allowed


def test_no_page_keeps_folium_links_or_random_ids(page: str, read: Page) -> None:
    assert not re.search(r"\b[a-z_]+_[0-9a-f]{32}\b", page)
    assert "cdn" not in "".join(read.scripts[1:])


def test_the_demo_says_so_in_the_language_of_the_sheet() -> None:
    chinese = Context(at=date(2006, 7, 1), place="罗湖区", source="demo")
    english = replace(chinese, language="en")
    assert "演示数据" in chinese.footer[0]
    assert "demo data" in english.footer[0]
