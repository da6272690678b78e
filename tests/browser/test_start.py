"""The start page in a real browser: drawn from our own tiles, in both languages, alive without reload."""

import time
from collections.abc import Callable

import pytest
import shapely
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import PlanPart
from tests.api.halves import Grids
from tests.api.orders import compute_all
from tests.browser.accessibility import faults, unreached
from tests.browser.conftest import PATIENCE_MS, Watch, set_date
from tests.browser.holding import polled

COLOURS = """(picture) => {
  const { data } = picture.getContext("2d").getImageData(0, 0, picture.width, picture.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
CUT = """(all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1)
  .filter((one) => getComputedStyle(one).overflowY !== "visible").map((one) => one.outerHTML.slice(0, 80))"""

GROUND = "map.getPaintProperty('paper', 'background-color')"
TOKEN = """(scheme) => import('/web/js/colours.js')
  .then(({ inScheme, token }) => inScheme(scheme, () => token('map-land')))"""


def in_map(page: Page, expression: str) -> object:
    """The value of a JavaScript expression in which `map` is the page's map."""
    return page.evaluate(f"import('/web/js/map.js').then(({{ map }}) => {expression})")


def idle(page: Page) -> None:
    """Wait until every tile is there and drawn."""
    in_map(page, "map.areTilesLoaded() && !map.isMoving() || new Promise((done) => map.once('idle', () => done(true)))")


def drawn(page: Page, *layers: str) -> dict[str, int]:
    """How many features each layer shows."""
    counts = ", ".join(f"map.queryRenderedFeatures({{layers: ['{layer}']}}).length" for layer in layers)
    return dict(zip(layers, in_map(page, f"[{counts}]"), strict=True))  # type: ignore[call-overload]


def expect_drawn(page: Page, *layers: str) -> None:
    """Wait until each layer shows something."""
    _until(page, layers, lambda counts: all(counts))


def expect_gone(page: Page, *layers: str) -> None:
    """Wait until none of the layers shows anything."""
    _until(page, layers, lambda counts: not any(counts))


def _until(page: Page, layers: tuple[str, ...], right: Callable[[list[int]], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not right(list((counts := drawn(page, *layers)).values())):
        assert time.monotonic() < deadline, counts
        page.wait_for_timeout(100)


def look_at(page: Page, place: shapely.Point, zoom: float = 16) -> tuple[float, float]:
    """Move the map there; where the place then lies in the window."""
    in_map(page, f"map.jumpTo({{center: [{place.x}, {place.y}], zoom: {zoom}}})")
    idle(page)
    box = page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_map_is_drawn_from_our_own_tiles(start: Page) -> None:
    expect_drawn(start, "built", "major", "subdistrict-line", "hit-community", "community-name")
    canvas = start.locator("#map canvas").screenshot()
    assert len(canvas) > 20_000  # an empty one compresses to a few hundred bytes


def test_buildings_grids_and_names_show_when_near(start: Page, halves: Grids) -> None:
    look_at(start, next(iter(halves.values())))
    expect_drawn(start, "building", "grid-line", "visit-light", "street-name", "grid-name")


def test_words_come_in_both_languages_without_reload(start: Page) -> None:
    expect(start.locator("h1")).to_have_text("网格管理")
    start.evaluate("window.stays = true")
    start.get_by_role("button", name="EN").click()
    expect(start.locator("h1")).to_have_text("Grid management")
    expect(start.locator("#layers")).to_contain_text("Days since visit")
    expect(start.locator("html")).to_have_attribute("lang", "en-GB")
    assert start.evaluate("window.stays") is True
    assert "lang=en" in start.url


def test_pointing_shows_a_card_and_clicking_opens_the_panel(start: Page, halves: Grids) -> None:
    code, place = next(iter(halves.items()))
    spot = look_at(start, place)
    start.mouse.move(*spot)
    expect(start.locator("#hover")).to_contain_text(code)
    expect(start.locator("#hover")).to_contain_text("在 120–180 户之内")
    start.mouse.click(*spot)
    expect(start.locator("#sheet")).to_contain_text(code)
    assert start.url.endswith(f"#/grid/{code}")
    start.keyboard.press("Escape")
    expect(start.locator("#sheet")).to_be_hidden()


def test_enter_opens_what_lies_under_the_cross_and_the_map_has_the_keys_again(start: Page, halves: Grids) -> None:
    code, place = next(iter(halves.items()))
    look_at(start, place)
    canvas = start.get_by_label("回车键查看中心")
    canvas.press("Enter")
    expect(start.locator("#sheet")).to_contain_text(code)
    start.keyboard.press("Escape")
    expect(canvas).to_be_focused()


def test_the_page_prints_whole_with_map_and_legend(start: Page) -> None:
    expect_drawn(start, "hit-community")
    idle(start)
    start.evaluate("dispatchEvent(new Event('beforeprint'))")
    start.emulate_media(media="print")
    picture = start.locator("#map-picture")
    expect(picture).to_be_visible()
    assert picture.evaluate(COLOURS) > 20  # an empty one has one
    expect(start.locator("#legend")).to_contain_text("从未走访")
    expect(start.locator(".imprint")).to_contain_text("审图号")
    assert start.locator("button, input, select").filter(visible=True).count() == 0
    assert start.locator("body, main, #panel, #panel-body, .plans").evaluate_all(CUT) == []
    start.emulate_media(media="screen")


def test_a_page_in_the_dark_theme_prints_the_same_map_in_light(start: Page) -> None:
    expect_drawn(start, "visit-light", "visit-dark", "community-name")
    pictures = []
    for theme in ("light", "dark"):
        if theme == "dark":
            start.locator("#theme").click()
        idle(start)
        start.evaluate("dispatchEvent(new Event('beforeprint'))")
        pictures.append(start.locator("#map-picture").evaluate("(picture) => picture.toDataURL()"))
        assert in_map(start, GROUND) == start.evaluate(TOKEN, theme)  # on the screen all is as it was
    start.emulate_media(media="print", color_scheme="dark")
    assert start.locator("#legend").evaluate("(legend) => getComputedStyle(legend).colorScheme") == "light"
    start.emulate_media(media="screen", color_scheme="light")
    start.locator("#theme").click()
    assert pictures[0] == pictures[1]


def test_a_panel_has_an_address_and_leads_to_its_parent(start: Page, halves: Grids) -> None:
    community = next(iter(halves))[:12]
    start.evaluate(f"location.hash = '#/community/{community}'")
    expect(start.locator("#sheet")).to_contain_text(community)
    start.locator("#sheet a").click()
    expect(start.locator("#sheet code")).to_have_text(community[:9])


def test_a_date_before_everything_says_so(start: Page) -> None:
    expect_drawn(start, "hit-community")
    set_date(start, "2005-09-01")
    expect(start.locator("#epoch-line")).to_have_text("时点 2005-09-01")
    expect(start.locator("#figures")).to_contain_text("2006-01-01")
    expect(start.locator("#live-title")).to_contain_text("2005-09-01 当日")
    expect(start.locator("#live-body")).to_contain_text("当日巡查")
    expect(start.locator("#legend")).to_be_hidden()  # there is no grid that it could count
    expect(start.locator("#compute button").first).to_be_disabled()
    expect_gone(start, "hit-community")


def test_layers_can_be_hidden_by_keyboard(start: Page) -> None:
    start.locator('#layers [name="subdistricts"]').focus()
    start.keyboard.press("Space")
    expect_gone(start, "subdistrict-line")
    start.keyboard.press("Space")
    expect_drawn(start, "subdistrict-line")


@pytest.mark.parametrize("task", ["合并工作站", "调整社区"])
def test_a_plan_is_computed_and_shown_before_and_after(start: Page, small_district: str, task: str) -> None:
    start.get_by_role("button", name=task).click()
    expect(start.locator(".order")).to_contain_text("等待计算")
    compute_all(small_district)
    expect(start.locator("#sheet .segments")).to_be_visible()
    assert "#/plan/" in start.url
    plan = start.url.rpartition("/")[2]
    expect(start.locator(f".report-link[href^='/plans/current/report/{plan}']")).to_be_visible()
    expect(start.locator(f".plan-reports a[href^='/plans/current/report/{plan}.xlsx']")).to_be_visible()
    expect_drawn(start, "before-line", "after-line", "changed-hatch", "after-name")
    expect(start.locator("#legend")).to_contain_text("有变动")
    expect(start.locator("#legend .chip-dedicated")).to_have_count(0)
    start.get_by_role("button", name="改前").click()
    expect_gone(start, "after-line", "changed-hatch")
    expect_drawn(start, "before-line")


def test_dedicated_grids_of_a_division_are_a_class_of_their_own(start: Page, small_district: str) -> None:
    start.get_by_role("button", name="划分网格").click()
    expect(start.locator(".order")).to_contain_text("等待计算")
    compute_all(small_district)
    expect(start.locator("#sheet .segments")).to_be_visible()
    plan = start.url.rpartition("/")[2]
    with transaction(small_district) as session:
        dedicated = session.scalar(select(func.count()).where(PlanPart.plan_id == plan, PlanPart.kind != "residential"))
    row = start.locator("#legend li", has=start.locator(".chip-dedicated"))
    expect(row.locator("b")).to_have_text(f"{dedicated}")
    expect(row).to_contain_text("专属网格")
    # Divided anew, no grid is what another one was; stations and communities are nothing to compare it with.
    expect(start.locator("#legend .chip-changed")).to_have_count(0)
    expect(start.locator("#sheet .facts")).not_to_contain_text("有变动的社区")
    expect(start.locator(".plan-reports select")).to_have_count(0)
    assert in_map(start, "map.getLayer('after-name').minzoom") == 14  # thousands of names are a grey mass
    for _ in ("dark", "light"):
        start.locator("#theme").click()
        shown = "['light', 'dark'].map((theme) => map.getPaintProperty(`visit-${theme}`, 'fill-opacity'))"
        assert in_map(start, shown) == [0, 0]  # they still step aside for the plan


def test_nearly_nothing_is_not_nothing_and_nearly_all_is_not_all(start: Page) -> None:
    shown = start.evaluate("import('/web/js/i18n.js').then(({ percent }) => [0, 0.0004, 0.9997, 1].map(percent))")
    assert shown == ["0%", "<0.1%", ">99.9%", "100%"]


def today(page: Page) -> str:
    return str(page.evaluate("new Date().toLocaleDateString('sv-SE', { timeZone: 'Asia/Shanghai' })"))


COUNT_MARKS_DRAWN = """(window.drawn = 0,
  map.on("dataloading", ({ sourceId }) => { window.drawn += sourceId === "incidents"; }), 0)"""


def test_marks_that_come_again_unchanged_are_not_drawn_again(start: Page) -> None:
    for day, answer in ((today(start), "/incidents/lights"), ("2006-10-01", "/overview")):  # whose the marks are
        set_date(start, day)
        for _ in range(2):  # the first one may have been under way
            polled(start, answer)
        in_map(start, COUNT_MARKS_DRAWN)
        for _ in range(2):
            polled(start, answer)
        assert start.evaluate("window.drawn") == 0


def test_an_incident_from_the_plain_page_shows_up_without_reload(start: Page, field_page: Page, halves: Grids) -> None:
    code, place = next(iter(halves.items()))
    set_date(start, today(start))
    count = start.locator('[data-figure="open_incidents"] dd')
    before = int(count.inner_text())
    field_page.get_by_label("暴露垃圾").check()
    field_page.get_by_label("情况").fill("路口有垃圾")
    field_page.get_by_label("经度").fill(str(place.x))
    field_page.get_by_label("纬度").fill(str(place.y))
    field_page.get_by_role("button", name="上报", exact=True).click()
    expect(field_page.get_by_role("status")).to_contain_text(code)
    expect(count).to_have_text(str(before + 1))
    expect(start.locator("#live")).to_contain_text("路口有垃圾")
    expect_drawn(start, "incident")


def test_what_is_half_filled_in_goes_along_into_the_other_language(field_page: Page, halves: Grids) -> None:
    assert (faults(field_page, "zh"), unreached(field_page)) == ([], [])
    place = next(iter(halves.values()))
    for label, typed in (("经度", place.x), ("纬度", place.y)):
        field_page.get_by_label(label).fill(str(typed))
    field_page.get_by_label("暴露垃圾").check()
    field_page.get_by_role("button", name="上报", exact=True).click()
    expect(field_page.get_by_role("status")).to_be_visible()  # its answer stands at another address
    field_page.get_by_label("噪声扰民").check()
    field_page.get_by_label("情况").fill("很吵")
    field_page.get_by_role("link", name="EN").click()
    expect(field_page.get_by_label("What you see")).to_have_value("很吵")
    expect(field_page.get_by_label("Noise")).to_be_checked()
    assert faults(field_page, "en") == []


def test_my_position_fills_the_form(field_page: Page, address: str) -> None:
    field_page.context.grant_permissions(["geolocation"], origin=address)
    field_page.context.set_geolocation({"longitude": 114.125, "latitude": 22.545})
    field_page.get_by_role("button", name="用我的位置").click()
    expect(field_page.get_by_label("经度")).to_have_value("114.125000")
    expect(field_page.get_by_label("纬度")).to_have_value("22.545000")


def test_a_server_that_stops_answering_is_said_and_forgiven(start: Page, desk: tuple[Page, Watch]) -> None:
    start.route("**/api/v1/overview*", lambda route: route.fulfill(status=503, json={"detail": "—", "code": "away"}))
    expect(start.locator("#notices")).to_contain_text("没有更新")
    start.unroute("**/api/v1/overview*")
    expect(start.locator("#notices")).to_be_empty()
    assert all("503" in line for line in desk[1].console)  # the browser logs the refusals it was given
    desk[1].console.clear()


def test_a_phone_has_the_map_above_the_panel(phone: Page) -> None:
    expect_drawn(phone, "major", "community-line")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = phone.locator("#panel").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    expect(phone.locator("#legend-inline")).to_contain_text("从未走访")
    phone.locator("#panel-handle").click()
    folded = phone.locator("#panel").bounding_box()
    assert folded is not None
    assert folded["height"] < box["height"] / 3
