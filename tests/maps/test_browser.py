"""The sheets in a real Chromium, opened as files: no console error, no request, no foreign script, and they work."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from maps import pages
from maps.base import Base
from maps.context import Context
from tests.maps.conftest import Rendered, Town
from tests.maps.test_escaping import PAYLOADS
from tests.maps.test_pages import NAMES

pytestmark = pytest.mark.browser


@dataclass
class Visit:
    """A page that was opened, and everything it should not have done."""

    page: Page
    faults: list[str] = field(default_factory=list)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    seen = Visit(page)
    page.on("console", lambda message: seen.faults.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.faults.append(str(error)))
    page.on("request", lambda request: seen.faults.append(request.url) if request.url != page.url else None)
    page.on("dialog", lambda dialog: seen.faults.append(dialog.message))
    yield seen
    page.close()


PLACE = """(({ x, y, width }) => [x, y, width].map(Math.round))(
    document.querySelector('path.leaflet-interactive').getBoundingClientRect())"""


def open_file(visit: Visit, folder: Path, html: str) -> Page:
    """Open a page from disk; going there is the only request it may make."""
    target = folder / "sheet.html"
    target.write_text(html, encoding="utf-8")
    visit.page.goto(target.as_uri())
    visit.page.wait_for_function("document.querySelector('.leaflet-zoom-animated')")
    visit.faults[:] = [fault for fault in visit.faults if fault != target.as_uri()]
    return visit.page


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_opens_from_a_file_in_silence(name: str, rendered: Rendered, visit: Visit, tmp_path: Path) -> None:
    page = open_file(visit, tmp_path, rendered(name, "zh"))
    assert page.locator("path.leaflet-interactive").count() > 0
    assert page.locator(".leaflet-control-scale-line").first.inner_text().endswith("m")
    assert page.locator(".north").first.inner_text() == "北"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.faults == []


def test_hostile_names_are_read_as_text(town: Town, visit: Visit, tmp_path: Path) -> None:
    names = [PAYLOADS[row % len(PAYLOADS)] for row in range(len(town.communities))]
    communities, stations = town.communities.assign(name=names), town.stations.assign(name=names)
    base = Base(town.subdistricts, communities)
    context = Context(at=date(2006, 7, 1), place=PAYLOADS[0])
    page = open_file(visit, tmp_path, pages.overview(base, town.subdistricts, communities, stations, context))
    labels = page.locator(".label.community span").all_text_contents()
    assert labels == names
    page.locator("path.leaflet-interactive").first.dispatch_event("mouseover", {"bubbles": True})
    assert page.locator(".card b").first.text_content() == names[0]
    assert page.evaluate("window.hurt === undefined")
    assert visit.faults == []


def test_layers_can_be_switched(rendered: Rendered, visit: Visit, tmp_path: Path) -> None:
    page = open_file(visit, tmp_path, rendered("coverage", "zh"))
    lost = page.get_by_label("失去")
    assert not lost.is_checked()
    before = page.locator("path[fill='url(#hatch-worse)']").count()
    lost.check()
    assert page.locator(".leaflet-pane path[fill='url(#hatch-worse)']").count() > before - 1
    assert page.locator("#layers .leaflet-control-layers").count() == 1
    assert visit.faults == []


def test_two_maps_move_in_step(rendered: Rendered, visit: Visit, tmp_path: Path) -> None:
    page = open_file(visit, tmp_path, rendered("plan", "zh"))
    scales = page.locator(".leaflet-control-scale-line")
    first = scales.nth(1).inner_text()
    page.locator(".leaflet-control-zoom-in").first.click()
    page.locator(".leaflet-control-zoom-in").first.click()
    page.wait_for_function(
        "first => [...document.querySelectorAll('.leaflet-control-scale-line')].every(n => n.textContent !== first)",
        arg=first,
    )
    assert scales.nth(0).inner_text() == scales.nth(1).inner_text()
    assert visit.faults == []


@pytest.mark.parametrize("name", ["coverage", "replay"])
def test_paper_gets_the_whole_sheet(name: str, rendered: Rendered, visit: Visit, tmp_path: Path) -> None:
    page = open_file(visit, tmp_path, rendered(name, "zh"))
    drawn, place = page.locator(".folium-map").first.bounding_box(), page.evaluate(PLACE)
    pdf = page.pdf(format="A4", prefer_css_page_size=True, print_background=True)  # whatever paper the printer has
    assert pdf.count(b"/Type /Page\n") == 1
    assert page.locator(".folium-map").first.bounding_box() == drawn  # the screen is as it was
    assert page.evaluate(PLACE) == place
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    sheet, margin = page.locator("body").bounding_box(), page.locator("aside").bounding_box()
    assert sheet is not None
    assert margin is not None
    assert (round(sheet["width"]), round(sheet["height"])) == (1512, 1043)  # 400 mm × 276 mm
    assert page.evaluate("(a => a.scrollHeight <= a.clientHeight + 2)(document.querySelector('aside'))")
    assert visit.faults == []
