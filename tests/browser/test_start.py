"""The start page in a real browser: drawn from our own tiles, in both languages, alive without reload."""

import time

import pytest
import shapely
from playwright.sync_api import Locator, Page, expect

from tests.api.halves import Grids
from tests.browser.conftest import DESK, PHONE, Watch

READY = "html[data-ready]"


def opened(page: Page, address: str, path: str = "/?at=2006-09-01") -> Page:
    page.goto(f"{address}{path}")
    page.wait_for_selector(READY, state="attached")
    idle(page)
    return page


def in_map(page: Page, expression: str) -> object:
    """The value of a JavaScript expression in which `map` is the page's map."""
    return page.evaluate(f"import('/web/js/map.js').then(({{ map, showBounds }}) => {expression})")


def idle(page: Page) -> None:
    """Wait until every tile is there and drawn."""
    in_map(page, "map.areTilesLoaded() && !map.isMoving() || new Promise((done) => map.once('idle', () => done(true)))")


def drawn(page: Page, *layers: str) -> dict[str, int]:
    """How many features each layer shows."""
    found = {layer: in_map(page, f"map.queryRenderedFeatures({{layers: ['{layer}']}}).length") for layer in layers}
    return {layer: int(str(count)) for layer, count in found.items()}


def expect_drawn(page: Page, *layers: str) -> None:
    """Wait until each layer shows something."""
    deadline = time.monotonic() + 20
    while not all((counts := drawn(page, *layers)).values()):
        assert time.monotonic() < deadline, counts
        page.wait_for_timeout(100)


def pixel_of(page: Page, place: shapely.Point) -> tuple[float, float]:
    """Where a place lies in the window."""
    x, y = in_map(page, f"map.project([{place.x}, {place.y}])").values()  # type: ignore[attr-defined]
    box = page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + x, box["y"] + y


def look_at(page: Page, place: shapely.Point, zoom: float) -> None:
    in_map(page, f"map.jumpTo({{center: [{place.x}, {place.y}], zoom: {zoom}}})")
    idle(page)


def figure(page: Page, name: str) -> Locator:
    return page.locator(f'[data-figure="{name}"] dd')


@pytest.mark.parametrize("page", [DESK, PHONE], ids=["desk", "phone"], indirect=True)
def test_the_map_is_drawn_from_our_own_tiles(page: Page, address: str) -> None:
    opened(page, address)
    expect_drawn(page, "built", "major", "subdistrict-line", "hit-community", "community-name")
    shot = page.locator("#map canvas").screenshot()
    assert len(shot) > 20_000  # an empty canvas compresses to a few hundred bytes
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_buildings_stations_and_grids_show_when_near(page: Page, address: str, halves: Grids) -> None:
    look_at(opened(page, address), next(iter(halves.values())), 16)
    expect_drawn(page, "building", "grid-line", "visit", "street-name", "grid-name")


def test_words_come_in_both_languages_without_reload(page: Page, address: str) -> None:
    opened(page, address)
    expect(page.locator("h1")).to_have_text("网格管理")
    page.evaluate("window.stays = true")
    page.get_by_role("button", name="EN").click()
    expect(page.locator("h1")).to_have_text("Grid management")
    expect(page.locator("#layers")).to_contain_text("Days since visit")
    expect(page.locator("html")).to_have_attribute("lang", "en-GB")
    assert page.evaluate("window.stays") is True
    assert "lang=en" in page.url


def test_pointing_shows_a_card_and_clicking_opens_the_panel(page: Page, address: str, halves: Grids) -> None:
    code, place = next(iter(halves.items()))
    look_at(opened(page, address), place, 16)
    page.mouse.move(*pixel_of(page, place))
    expect(page.locator("#hover")).to_contain_text(code)
    expect(page.locator("#hover")).to_contain_text("在 120–180 户之内")
    page.mouse.click(*pixel_of(page, place))
    expect(page.locator("#sheet")).to_contain_text(code)
    assert page.url.endswith(f"#/grid/{code}")
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()


def test_a_panel_has_an_address_of_its_own(page: Page, address: str, halves: Grids) -> None:
    community = next(iter(halves))[:12]
    opened(page, address, f"/?at=2006-09-01&lang=en#/community/{community}")
    expect(page.locator("#sheet")).to_contain_text(community)
    page.locator("#sheet a").click()
    expect(page.locator("#sheet")).to_contain_text(community[:9])


def test_what_is_not_there_is_said(page: Page, address: str) -> None:
    page.goto(f"{address}/?at=2005-01-01")
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("#figures")).to_contain_text("2006-01-01")
    expect(page.locator("#compute button").first).to_be_disabled()


def test_another_date_is_another_map(page: Page, address: str) -> None:
    opened(page, address)
    assert drawn(page, "hit-community")["hit-community"] > 0
    page.locator("#epoch").fill("2005-09-01")
    page.locator("#epoch").dispatch_event("change")
    expect(page.locator("#epoch-line")).to_have_text("时点 2005-09-01")
    idle(page)
    assert drawn(page, "hit-community")["hit-community"] == 0


def test_layers_can_be_hidden_by_keyboard(page: Page, address: str) -> None:
    opened(page, address)
    page.locator('#layers [name="subdistricts"]').focus()
    page.keyboard.press("Space")
    idle(page)
    assert drawn(page, "subdistrict-line")["subdistrict-line"] == 0


@pytest.mark.parametrize("task", ["合并工作站", "调整社区"])
def test_a_plan_is_computed_and_shown_before_and_after(page: Page, address: str, task: str) -> None:
    opened(page, address)
    page.get_by_role("button", name=task).click()
    expect(page.locator("#sheet .segments")).to_be_visible(timeout=60_000)
    assert "#/plan/" in page.url
    expect_drawn(page, "before-line", "after-line", "changed-hatch", "after-name")
    page.get_by_role("button", name="改前").click()
    idle(page)
    before = drawn(page, "before-line", "after-line")
    assert before["before-line"] > 0
    assert before["after-line"] == 0
    expect(page.locator("#plan-list a").first).to_be_visible()
    expect(page.locator("#legend")).to_contain_text("有变动")


def test_an_incident_from_the_plain_page_shows_up_without_reload(page: Page, address: str, halves: Grids) -> None:
    code, place = next(iter(halves.items()))
    opened(page, address, "/")
    before = int(figure(page, "open_incidents").inner_text())
    other = page.context.new_page()
    other.goto(f"{address}/field")
    other.get_by_text("暴露垃圾").click()
    other.get_by_label("情况").fill("路口有垃圾")
    other.get_by_label("经度").fill(str(place.x))
    other.get_by_label("纬度").fill(str(place.y))
    other.get_by_role("button", name="上报", exact=True).click()
    expect(other.get_by_role("status")).to_contain_text(code)
    expect(figure(page, "open_incidents")).to_have_text(str(before + 1))
    expect(page.locator("#live")).to_contain_text("路口有垃圾")
    expect_drawn(page, "incident")


def test_my_position_fills_the_form(page: Page, address: str) -> None:
    page.context.grant_permissions(["geolocation"], origin=address)
    page.context.set_geolocation({"longitude": 114.125, "latitude": 22.545})
    page.goto(f"{address}/field")
    page.get_by_role("button", name="用我的位置").click()
    expect(page.get_by_label("经度")).to_have_value("114.125000")
    expect(page.get_by_label("纬度")).to_have_value("22.545000")


def test_a_server_that_stops_answering_is_said_and_forgiven(page: Page, address: str, watch: Watch) -> None:
    opened(page, address, "/")
    page.route("**/api/v1/overview*", lambda route: route.fulfill(status=503, json={"detail": "—", "code": "away"}))
    expect(page.locator("#notices")).to_contain_text("没有更新")
    page.unroute("**/api/v1/overview*")
    expect(page.locator("#notices")).to_be_empty()
    watch.console.clear()  # the 503 itself is logged by the browser
