"""A plan asked for on the page: how far it is and what it is worth meanwhile, a button that ends it, its plan."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete, func, select, update

from gridmgmt.access import Role
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import PlanOrder
from tests.api.orders import compute_all, plans_there, taken_up
from tests.browser.conftest import PHONE, Watch, new_context, new_sign_in
from tests.browser.test_desk import no_tiles

TOLD = {"done": 3, "of": 14, "value": 1240, "bound": 1178}


@pytest.fixture(autouse=True)
def nothing_asked_for(small_district: str) -> Iterator[None]:
    """Whatever a test has asked for is forgotten after it."""
    yield
    with transaction(small_district) as session:
        session.execute(delete(PlanOrder))


def ask(page: Page, name: str) -> None:
    """Ask for a plan of the first subdistrict; it is in the list."""
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator(".order")).to_contain_text("南湖街道")


def test_a_plan_in_the_making_is_seen_and_can_be_cancelled(start: Page, small_district: str) -> None:
    order = start.locator(".order")
    ask(start, "划分网格")
    expect(order).to_contain_text("南湖街道 · 划分网格")
    expect(order).to_contain_text("等待计算")
    expect(start.locator("#compute-state")).to_contain_text("可以离开此页")
    with taken_up(small_district) as tell:
        expect(order).to_contain_text("最长 5 分钟")
        tell(TOLD)
        expect(order).to_contain_text("3/14 片")
        expect(order).to_contain_text("范围外 1,240 户 · 下界 1,178 · 差距 5%")
        expect(order.get_by_role("progressbar")).to_have_js_property("value", 3)
        start.get_by_role("button", name="EN").click()
        expect(order).to_contain_text("1,240 households out of range · bound 1,178 · gap 5%")
        order.get_by_role("button", name="Cancel").click()
        order.get_by_role("button", name="Press again to confirm").click()
        expect(order).to_have_count(0)
        expect(start.locator("#notices")).to_contain_text("Cancelled: 南湖街道 · Division into grids")
    compute_all(small_district)
    assert plans_there(small_district) == []


def test_a_plan_that_is_ready_opens_by_itself(start: Page, small_district: str) -> None:
    start.get_by_text("计算设置").click()
    start.get_by_label("最长计算时间").select_option("1")
    start.get_by_label("随机种子").fill("3")
    stations = start.get_by_role("group", name="每站户数")
    expect(stations.get_by_label("最少")).to_have_value("6000")
    stations.get_by_label("最多").fill("9000")
    start.get_by_label("网格圆整度").fill("0.7")
    ask(start, "合并工作站")
    start.get_by_text("计算设置").click()
    compute_all(small_district)
    expect(start.locator("#sheet .segments")).to_be_visible()
    expect(start.locator(".order")).to_have_count(0)
    plan = start.url.rpartition("/")[2]
    expect(start.locator(f".plans a[href='#/plan/{plan}']")).to_be_visible()
    with transaction(small_district) as session:
        order = session.scalars(select(PlanOrder)).one()
        asked = {"low": 6000, "high": 9000, "seed": 3, "time_limit_s": 60}
        assert (str(order.plan_id), order.parameters) == (plan, asked)


def test_how_round_grids_shall_be_goes_along_with_an_effort_that_takes_it(start: Page, small_district: str) -> None:
    start.get_by_text("计算设置").click()
    roundness = start.get_by_label("网格圆整度")
    roundness.fill("0.72")
    ask(start, "划分网格")
    start.get_by_label("计算强度").select_option("exact")
    expect(roundness).to_be_disabled()
    ask(start, "划分网格")
    expect(start.locator(".order")).to_have_count(2)
    with transaction(small_district) as session:
        asked = session.scalars(select(PlanOrder.parameters).order_by(PlanOrder.asked_at)).all()
        assert [(one["effort"], one.get("roundness")) for one in asked] == [("fast", 0.72), ("exact", None)]
    start.get_by_label("计算强度").select_option("fast")
    roundness.fill("")
    start.get_by_text("计算设置").click()


def test_a_range_that_cannot_be_is_refused_and_an_empty_one_is_shown(start: Page, desk: tuple[Page, Watch]) -> None:
    start.get_by_text("计算设置").click()
    grids = start.get_by_role("group", name="每网格户数")
    panel, inputs = start.locator("#panel").bounding_box(), start.locator("#compute input, #compute select")
    assert panel is not None
    edges = [box["x"] + box["width"] for one in inputs.all() if (box := one.bounding_box())]
    assert len(edges) > 10
    assert max(edges) <= panel["x"] + panel["width"]
    grids.get_by_label("目标").fill("200")
    start.get_by_role("button", name="划分网格", exact=True).click()
    expect(start.locator("#compute-state")).to_contain_text("120–200–180")
    desk[1].console.clear()  # the browser logs the refusal it was given
    grids.get_by_label("目标").fill("")
    start.get_by_text("计算设置").click()
    expect(grids).to_be_hidden()
    start.get_by_role("button", name="划分网格", exact=True).click()
    expect(grids.get_by_label("目标")).to_be_focused()
    start.get_by_role("button", name="EN").click()
    start.get_by_role("group", name="Households per grid").get_by_label("target").fill("150")


def test_what_is_refused_or_fails_says_why_in_both_languages(
    start: Page, desk: tuple[Page, Watch], small_district: str
) -> None:
    start.route("**/api/v1/plans", lambda route: route.continue_(post_data={"task": "merge", "scope": "440303002001"}))
    start.get_by_role("button", name="合并工作站", exact=True).click()
    expect(start.locator("#compute-state")).to_contain_text("440303002001 是社区")
    start.unroute("**/api/v1/plans")
    assert all("422" in line for line in desk[1].console)  # the browser logs the refusal it was given
    desk[1].console.clear()
    ask(start, "调整社区")
    fault = {"code": "invalid_input", "zh": "没有服务站服务社区", "en": "no station serves community"}
    with transaction(small_district) as session:
        session.execute(update(PlanOrder).values(state="failed", fault=fault, ended_at=func.now()))
    expect(start.locator(".order")).to_contain_text("没有算出：没有服务站服务社区")
    start.get_by_role("button", name="EN").click()
    expect(start.locator(".order")).to_contain_text("No plan: no station serves community")


def test_a_viewer_on_a_phone_sees_what_is_computed_and_cannot_end_it(
    browser: Browser, address: str, small_district: str, start: Page
) -> None:
    context = new_context(browser, address, PHONE)
    new_sign_in(small_district, "viewer", Role.viewer).enter(context, address)
    page, watch = context.new_page(), Watch(address)
    watch.listen(page)
    page.route("**/tiles/**", no_tiles)
    ask(start, "合并工作站")
    with taken_up(small_district) as tell:
        tell(TOLD)
        page.goto("/?at=2006-09-01")
        expect(page.locator(".order")).to_contain_text("南湖街道 · 工作站合并")
        expect(page.locator(".order")).to_contain_text("偏离范围 1,240 户")
        expect(page.locator(".order button")).to_be_hidden()
        expect(page.locator("#compute")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watch.require_silence()
    context.close()
