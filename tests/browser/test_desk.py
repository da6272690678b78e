"""The desk in a browser: an incident through its moves, people and rights by separate hands, and the log of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from gridmgmt.access import Role
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import IncidentStep
from tests.api.halves import Grids
from tests.browser.accessibility import faults, require_accessible, unreached
from tests.browser.conftest import DESK, SignIn, Watch, new_context, new_sign_in


def no_tiles(route: Route) -> None:
    """An empty map: what is drawn on it is another test's matter."""
    route.fulfill(status=200, content_type="application/vnd.mapbox-vector-tile", body=b"")


@contextmanager
def desk_of(
    browser: Browser, address: str, sign: SignIn, path: str, refusals: str = "409", zone: str | None = None
) -> Iterator[Page]:
    """A page of the desk; it logs no error but the refusals it was given, and asks nobody else."""
    context = new_context(browser, address, DESK, timezone_id=zone)
    sign.enter(context, address)
    page, watch = context.new_page(), Watch(address)
    watch.listen(page)
    page.route("**/tiles/**", no_tiles)
    page.goto(path)
    page.wait_for_selector("html[data-ready]", state="attached")
    try:
        yield page
        watch.console = [line for line in watch.console if refusals not in line]
        watch.require_silence()
    finally:
        context.close()


def test_times_and_days_are_the_districts_wherever_the_browser_is(
    browser: Browser, address: str, small_district: str, halves: Grids
) -> None:
    place, seen = next(iter(halves.values())), datetime.now(LOCAL_ZONE) - timedelta(hours=1)
    incident = str(uuid4())
    report = {"category": "rubbish", "lon": place.x, "lat": place.y, "occurred_at": seen.isoformat()}
    sign = new_sign_in(small_district, "abroad", Role.dispatcher)
    with desk_of(browser, address, sign, "/", zone="America/Los_Angeles") as page:
        sent = page.request.put(f"/api/v1/incidents/{incident}", data=report, headers={"Sec-Fetch-Site": "same-origin"})
        assert sent.ok
        page.clock.set_fixed_time("2026-07-01T17:00:00Z")  # in China it is the next day
        page.goto(f"/#/incident/{incident}")
        page.reload()
        expect(page.locator("#sheet")).to_contain_text(f"{seen.month}月{seen.day}日 {seen:%H:%M}")
        expect(page.locator("#epoch")).to_have_value("2026-07-02")
        expect(page.locator("#live-time")).to_contain_text("01:00:00")


def move(page: Page, name: str) -> None:
    page.locator("#sheet").get_by_role("button", name=name, exact=True).click()
    page.get_by_role("button", name=f"确认{name}").click()


def test_a_dispatcher_takes_an_incident_through_its_moves(
    browser: Browser, address: str, small_district: str, halves: Grids
) -> None:
    place = next(iter(halves.values()))
    incident = str(uuid4())
    report = {"category": "rubbish", "text": "路口有垃圾", "lon": place.x, "lat": place.y}
    with desk_of(browser, address, new_sign_in(small_district, "dispatcher", Role.dispatcher), "/") as page:
        sent = page.request.put(f"/api/v1/incidents/{incident}", data=report, headers={"Sec-Fetch-Site": "same-origin"})
        assert sent.ok
        row = page.locator("#queue .row", has_text="路口有垃圾")  # it comes by itself
        expect(row.get_by_role("img", name="正常")).to_be_visible()
        row.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#sheet")).to_contain_text("已上报")
        assert page.url.endswith(f"#/incident/{incident}")
        move(page, "立案")
        page.locator("#sheet .status", has_text="已立案").wait_for()
        page.locator("#sheet").get_by_role("button", name="派遣", exact=True).click()
        chosen = page.get_by_label("去向")
        expect(chosen).to_have_value("D01")  # the department in charge of this category
        page.get_by_role("button", name="确认派遣").click()
        page.locator("#sheet .status", has_text="已派遣").wait_for()
        move(page, "退回")
        expect(page.get_by_label("情况说明")).to_be_focused()  # it needs a reason
        page.get_by_label("情况说明").fill("不归我们管")
        page.get_by_role("button", name="确认退回").click()
        page.locator("#sheet .status", has_text="已立案").wait_for()
        move(page, "督办")
        page.locator("#sheet .log", has_text="督办").wait_for()
        page.get_by_role("button", name="EN").click()
        expect(page.locator("#sheet .log")).to_contain_text("supervise")
        expect(row).to_contain_text("filed")
    with transaction(small_district) as session:
        steps = select(IncidentStep.move).where(IncidentStep.incident_id == incident).order_by(IncidentStep.id)
        assert session.scalars(steps).all() == ["report", "file", "dispatch", "return", "supervise"]


@pytest.fixture(scope="module")
def keepers(small_district: str) -> dict[Role, SignIn]:
    """One person for each of the three separate hands."""
    return {
        role: new_sign_in(small_district, role.value, role)
        for role in (Role.administrator, Role.security, Role.auditor)
    }


def test_people_are_kept_by_separate_hands_and_the_log_tells(
    browser: Browser, address: str, keepers: dict[Role, SignIn], halves: Grids
) -> None:
    subdistrict = next(iter(halves))[:9]
    with desk_of(browser, address, keepers[Role.administrator], "/people") as page:
        page.get_by_role("button", name="添加人员").click()
        page.get_by_label("账号", exact=True).fill("chen")
        page.get_by_label("姓名", exact=True).fill("陈")
        page.get_by_role("button", name="添加", exact=True).click()
        expect(page.locator(".secret code")).to_have_count(1)
        expect(page.locator("#person h2")).to_have_text("陈")
        page.get_by_role("button", name="已记下").click()
        expect(page.locator(".secret")).to_have_count(0)
        expect(page.locator("#person")).to_contain_text("角色和代理由安全管理员办理")
        page.get_by_role("button", name="停用账号").click()
        page.get_by_role("button", name="再按一次确认").click()
        expect(page.locator("#person")).to_contain_text("已停用")
    with desk_of(browser, address, keepers[Role.security], "/people#/chen") as page:
        for refused in (False, True):
            page.locator("#person [name=role]").select_option("dispatcher")
            page.get_by_label("区", exact=True).select_option(subdistrict[:6])
            page.get_by_label("街道", exact=True).select_option(subdistrict)
            page.get_by_role("button", name="授权").click()
            expect(page.locator("#person .held b")).to_have_text(["调度员"])
            if refused:
                expect(page.get_by_role("alert").filter(has_text="已有同样的角色")).to_be_visible()
    with desk_of(browser, address, keepers[Role.auditor], "/audit") as page:
        page.get_by_label("账号", exact=True).fill("security")
        page.get_by_role("button", name="查看").click()
        expect(page.locator("#entries tr")).to_have_count(1)
        expect(page.locator("#entries")).to_contain_text("授权")
        expect(page.locator("#entries")).to_contain_text(subdistrict)
        page.get_by_role("button", name="验证完整性").click()
        expect(page.locator("#verdict")).to_contain_text("日志完整")


def test_a_half_typed_person_and_right_outlive_another_language(
    browser: Browser, address: str, keepers: dict[Role, SignIn], everyday: SignIn
) -> None:
    with desk_of(browser, address, keepers[Role.administrator], "/people") as page:
        page.get_by_role("button", name="添加人员").press("Enter")
        page.get_by_label("姓名", exact=True).fill("周")
        page.get_by_role("button", name="EN").click()
        expect(page.get_by_label("Name", exact=True)).to_have_value("周")
        page.get_by_role("button", name="Cancel").press("Enter")
        expect(page.get_by_role("button", name="Add a person")).to_be_focused()
    with desk_of(browser, address, keepers[Role.security], f"/people#/{everyday.name}") as page:
        page.locator("#person [name=role]").select_option("department")
        page.locator("#person [name=department]").select_option("D04")
        for area in ("区", "街道", "社区"):
            page.get_by_label(area, exact=True).select_option(index=1)
        page.get_by_label("代理人").fill("auditor")
        typed = "() => [...document.querySelectorAll('#person input, #person select')].map((field) => field.value)"
        expect(page.get_by_label("网格", exact=True)).to_be_visible()
        before = page.evaluate(typed)
        page.get_by_role("button", name="EN").click()
        expect(page.get_by_label("grid", exact=True)).to_be_visible()  # all the lists down to it are there again
        assert page.evaluate(typed) == before


def test_people_and_the_log_are_legible_reached_by_the_keys_and_print_what_is_to_be_read(
    browser: Browser, address: str, keepers: dict[Role, SignIn], everyday: SignIn
) -> None:
    for role, path in ((Role.security, f"/people#/{everyday.name}"), (Role.auditor, "/audit")):
        with desk_of(browser, address, keepers[role], path) as page:
            require_accessible(page)
            assert unreached(page) == []
            page.emulate_media(media="print", color_scheme="dark")
            assert page.locator("main :is(form, input, .primary)").filter(visible=True).count() == 0
            assert faults(page, "zh") == []  # in light: dark paper is none
            if role is Role.auditor:
                page.emulate_media(media="screen")
                page.set_viewport_size({"width": 360, "height": 740})
                widths = page.locator("th").evaluate_all("all => all.map((one) => one.offsetWidth)")
                assert min(widths) > 56  # no column has its words letter under letter
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
