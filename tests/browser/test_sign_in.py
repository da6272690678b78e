"""Signing in through the page: wrong, locked out, right, away and out again."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from gridmgmt.services.access import random_password, set_password
from gridmgmt.store.engine import transaction
from tests.api import people
from tests.browser.accessibility import faults, unreached
from tests.browser.conftest import DESK, PHONE, SignIn, Watch, new_context, sign_in


@pytest.fixture
def stranger(browser: Browser, address: str) -> Iterator[Page]:
    context = new_context(browser, address, PHONE, reduced_motion="no-preference")
    page, watch = context.new_page(), Watch(address)
    watch.listen(page)
    page.route("**/tiles/**", lambda route: route.abort())  # what is on the maps is another test's matter
    yield page
    assert watch.foreign == []
    context.close()


@pytest.fixture
def newcomer(small_district: str) -> SignIn:
    """Somebody whose password was set by the administrator."""
    with transaction(small_district) as session:
        row = people.add(session, "newcomer", *people.ALL_ROUND)
        sign = SignIn(row.name, random_password())
        set_password(session, row, sign.password, datetime.now(UTC), due=True)
    return sign


def test_the_way_in_and_out(stranger: Page, everyday: SignIn) -> None:
    stranger.goto("/field?lang=zh")
    expect(stranger.get_by_role("heading", name="登录")).to_be_visible()
    assert stranger.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sign_in(stranger, SignIn(everyday.name, "wrong"))
    expect(stranger.get_by_role("alert")).to_contain_text("账号或密码不对")
    expect(stranger.get_by_label("账号")).to_have_value(everyday.name)
    sign_in(stranger, everyday)
    expect(stranger).to_have_url(re.compile(r"/field\?lang=zh$"))
    assert stranger.evaluate("document.cookie") == ""  # scripts cannot read the session
    for address in ("/?lang=en", "/"):
        stranger.goto(address)
        assert stranger.locator(".bar").evaluate("bar => bar.scrollWidth <= bar.clientWidth"), address
    stranger.set_viewport_size(DESK)
    expect(stranger.get_by_role("link", name="everyday")).to_be_visible()
    stranger.get_by_role("button", name="退出").click()
    expect(stranger.get_by_role("heading", name="登录")).to_be_visible()
    stranger.goto("/")
    assert "/sign-in" in stranger.url


def test_the_words_come_in_english_too(stranger: Page) -> None:
    stranger.goto("/sign-in")
    stranger.get_by_label("账号").fill("half")
    assert (faults(stranger, "zh"), unreached(stranger)) == ([], [])
    stranger.get_by_role("link", name="EN").click()
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(stranger.get_by_label("Name")).to_have_value("half")
    assert faults(stranger, "en") == []


def test_whoever_guesses_is_locked_out(stranger: Page) -> None:
    for _ in range(5):
        stranger.context.request.post("/sign-in", form={"name": "guesser", "password": "wrong"})
    stranger.goto("/sign-in")
    sign_in(stranger, SignIn("guesser", "wrong"))
    expect(stranger.get_by_role("alert")).to_contain_text("15 分钟")


def test_a_password_is_changed_on_its_page(stranger: Page, newcomer: SignIn) -> None:
    stranger.goto("/")
    sign_in(stranger, newcomer)
    expect(stranger.get_by_role("heading", name="修改密码")).to_be_visible()
    stranger.get_by_label("现在的密码").fill(newcomer.password)
    for label in ("新密码", "再输一次新密码"):
        stranger.get_by_label(label, exact=True).fill("short")
    stranger.get_by_role("button", name="修改密码").click()
    expect(stranger.get_by_role("alert")).to_contain_text("少于 10 个字符")
    stranger.get_by_label("现在的密码").fill(newcomer.password)
    for label in ("新密码", "再输一次新密码"):
        stranger.get_by_label(label, exact=True).fill("Nine-lives of 7 cats")
    stranger.get_by_role("button", name="修改密码").click()
    expect(stranger.get_by_role("button", name="退出")).to_be_visible()
