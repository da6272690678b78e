"""The desk in hasty hands on a slow network: what comes late, and what must not be lost."""

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from gridmgmt.access import Role
from tests.api.halves import Grids
from tests.api.orders import compute_all
from tests.browser.accessibility import faults, require_accessible, unreached
from tests.browser.conftest import SignIn, new_sign_in
from tests.browser.holding import held, polled, until_asked
from tests.browser.test_desk import desk_of

PHOTO: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": b"not looked at before it is sent"}


@pytest.fixture(scope="module")
def dispatcher(small_district: str) -> SignIn:
    return new_sign_in(small_district, "hasty-dispatcher", Role.dispatcher)


def report(page: Page, halves: Grids, text: str) -> str:
    """An incident, filed; its id."""
    place, incident = next(iter(halves.values())), str(uuid4())
    own = {"Sec-Fetch-Site": "same-origin"}
    body = {"category": "rubbish", "text": text, "lon": place.x, "lat": place.y}
    assert page.request.put(f"/api/v1/incidents/{incident}", data=body, headers=own).ok
    seen = page.request.get(f"/api/v1/incidents/{incident}").json()
    move = {"move": "file", "after": seen["step"]}
    assert page.request.post(f"/api/v1/incidents/{incident}/moves", data=move, headers=own).ok
    return incident


def show(page: Page, incident: str, text: str) -> None:
    page.evaluate(f"location.hash = '#/incident/{incident}'")
    expect(page.locator("#sheet .said")).to_have_text(text)


def choose(page: Page, move: str) -> None:
    page.locator("#sheet").get_by_role("button", name=move, exact=True).click()


def test_of_two_moves_the_last_one_chosen_is_shown(
    browser: Browser, address: str, dispatcher: SignIn, halves: Grids
) -> None:
    with desk_of(browser, address, dispatcher, "/") as page:
        show(page, report(page, halves, "两个动作"), "两个动作")
        with held(page, "**/api/v1/codes?kind=department") as waiting:
            choose(page, "派遣")
            until_asked(page, waiting)
            choose(page, "督办")
            expect(page.locator(".move-form h3")).to_have_text("督办")
        expect(page.locator(".move-form h3")).to_have_text("督办")


def test_an_answer_that_comes_late_leaves_the_next_form_alone(
    browser: Browser, address: str, dispatcher: SignIn, halves: Grids
) -> None:
    with desk_of(browser, address, dispatcher, "/") as page:
        first, second = report(page, halves, "第一件"), report(page, halves, "第二件")
        show(page, first, "第一件")
        choose(page, "督办")
        with held(page, f"**/api/v1/incidents/{first}/moves") as waiting:
            page.get_by_role("button", name="确认督办").click()
            until_asked(page, waiting)
            show(page, second, "第二件")
            choose(page, "督办")
            page.get_by_label("情况说明").fill("写了一半")
            page.evaluate("document.querySelector('.move-form').dataset.same = 'yes'")
        for _ in range(2):  # the first one may have been under way
            polled(page, "/api/v1/incidents/lights")
        expect(page.locator(".move-form[data-same]")).to_be_visible()
        expect(page.get_by_label("情况说明")).to_have_value("写了一半")


def test_what_is_half_typed_outlives_the_page_and_the_sign_in(
    browser: Browser, address: str, everyday: SignIn, halves: Grids
) -> None:
    with desk_of(browser, address, everyday, "/", refusals="401") as page:
        show(page, report(page, halves, "登录过期"), "登录过期")
        choose(page, "督办")
        page.get_by_label("情况说明").fill("写了一半")
        page.get_by_text("计算设置").click()
        page.get_by_label("网格圆整度").fill("0.7")
        page.reload()
        page.wait_for_selector("html[data-ready]", state="attached")
        expect(page.get_by_label("网格圆整度")).to_be_visible()
        expect(page.get_by_label("网格圆整度")).to_have_value("0.7")
        choose(page, "督办（未填完）")
        expect(page.get_by_label("情况说明")).to_have_value("写了一半")
        page.context.clear_cookies()
        notice = page.locator("#notices", has_text="登录已失效")
        expect(notice).to_be_visible()
        everyday.enter(page.context, address)
        expect(notice).to_have_count(0)
        page.get_by_role("button", name="确认督办").click()
        expect(page.locator("#sheet .log")).to_contain_text("写了一半")
        assert page.evaluate("sessionStorage.getItem('half-typed')").count("0.7") == 1
        assert page.evaluate(NEXT_PERSON) is None


NEXT_PERSON = """import('/web/js/drafts.js').then(({ openDrafts }) => openDrafts('somebody else')).then(
    () => sessionStorage.getItem('half-typed'))"""


def test_the_keys_step_in_and_back_reach_everything_and_lose_nothing(
    browser: Browser, address: str, everyday: SignIn, halves: Grids
) -> None:
    with desk_of(browser, address, everyday, "/") as page:
        report(page, halves, "一步一步")
        page.locator("[data-panel-choice=queue]").press("Enter")
        row = page.locator("#queue .row", has_text="一步一步")
        reason = page.locator(".move-form [name=reason]")
        row.press("Enter")
        expect(page.locator("#sheet")).to_be_focused()
        page.locator("[data-move=supervise]").press("Enter")
        expect(reason).to_be_focused()
        page.keyboard.type("写了一半")
        page.locator(".move-form [type=file]").set_input_files(PHOTO)
        reason.dispatch_event(
            "keydown", {"key": "Escape", "isComposing": True, "bubbles": True}
        )  # of the Chinese typed
        page.get_by_role("button", name="EN").click()
        expect(page.get_by_role("button", name="Confirm: supervise")).to_be_visible()
        assert page.locator(".move-form [type=file]").evaluate("field => field.files.length") == 1
        reason.press("Escape")
        expect(page.locator("[data-move=supervise]")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#sheet")).to_be_hidden()
        expect(row).to_be_focused()
        page.keyboard.press("Enter")
        page.locator("[data-move=supervise]").press("Enter")
        expect(reason).to_have_value("写了一半")
        page.get_by_role("button", name="Cancel").press("Enter")
        page.locator("[data-move=supervise]").press("Enter")
        expect(reason).to_have_value("")
        assert faults(page, "en") == []
        page.locator("[data-panel-choice=overview]").press("Enter")
        page.locator("#compute summary").press("Enter")
        require_accessible(page)
        assert unreached(page) == []


def test_a_light_keeps_the_keyboard_while_the_queue_is_asked_for_anew(
    browser: Browser, address: str, dispatcher: SignIn, halves: Grids
) -> None:
    with desk_of(browser, address, dispatcher, "/") as page:
        report(page, halves, "键盘")
        row = page.locator("#queue .row", has_text="键盘").filter(has_text="已立案")
        expect(row).to_be_visible()
        row.evaluate("row => { window.row = row; }")
        page.locator('[data-light="red"]').focus()
        report(page, halves, "又一件")
        expect(page.locator("#queue .row", has_text="又一件")).to_be_visible()
        expect(page.locator('[data-light="red"]')).to_be_focused()
        assert page.evaluate("window.row.isConnected")  # a click under way is not lost


def test_figures_that_come_before_the_panel_do_no_harm(
    browser: Browser, address: str, everyday: SignIn, halves: Grids
) -> None:
    code = next(iter(halves))
    with desk_of(browser, address, everyday, "/") as page:
        with held(page, f"**/api/v1/boundaries/grid/{code}*") as waiting:
            page.evaluate(f"location.hash = '#/grid/{code}'")
            until_asked(page, waiting)
            polled(page, "/api/v1/overview")
            expect(page.locator("#notices")).to_be_empty()
        expect(page.locator("#sheet code")).to_have_text(code)


def test_a_plan_that_was_ready_before_the_page_heard_of_it_opens(
    browser: Browser, address: str, everyday: SignIn, small_district: str
) -> None:
    with desk_of(browser, address, everyday, "/?at=2006-09-01") as page:
        with held(page, "**/api/v1/plan-orders"):
            with page.expect_response("**/api/v1/plans"):
                page.get_by_role("button", name="合并工作站").click()
            compute_all(small_district)
        expect(page.locator("#sheet .segments")).to_be_visible()


def test_rights_are_given_for_the_area_that_is_chosen(
    browser: Browser, address: str, small_district: str, dispatcher: SignIn, halves: Grids
) -> None:
    security = new_sign_in(small_district, "hasty-security", Role.security)
    one, other = sorted({code[:9] for code in halves})[:2]
    with desk_of(browser, address, security, f"/people#/{dispatcher.name}") as page:
        page.get_by_label("区", exact=True).select_option(one[:6])
        subdistrict = page.get_by_label("街道", exact=True)
        with held(page, "**/api/v1/boundaries/community?parent=*") as waiting:  # answered in the order they were asked
            subdistrict.select_option(one)
            until_asked(page, waiting)
            subdistrict.select_option(other)
            until_asked(page, waiting, 2)
        communities = page.get_by_label("社区", exact=True)
        expect(communities).to_be_visible()
        codes = communities.locator("option").evaluate_all("all => all.map((one) => one.value)")
        assert {code[:9] for code in codes if code} == {other}


def test_a_password_is_shown_whatever_the_next_answer_is(
    browser: Browser, address: str, small_district: str, dispatcher: SignIn
) -> None:
    keeper = new_sign_in(small_district, "hasty-keeper", Role.administrator)
    new_sign_in(small_district, "forgetful", Role.viewer)
    with desk_of(browser, address, keeper, "/people#/forgetful", refusals="503") as page:
        page.route(
            "**/api/v1/people/forgetful", lambda route: route.fulfill(status=503, json={"detail": "—", "code": "away"})
        )
        for _ in ("asked", "confirmed"):
            page.locator("#person .pair button").first.click()
        expect(page.locator(".secret code")).to_have_count(1)
        page.locator("#people a", has_text="hasty-keeper").click()
        expect(page.locator("#person h2")).to_have_text("hasty-keeper")
        page.locator("#people a", has_text="forgetful").click()
        expect(page.locator(".secret code")).to_have_count(1)
        page.unroute("**/api/v1/people/forgetful")
