"""A real Chromium on the real application: the small city with its communities cut into grids."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize, expect

from api.security import COOKIE
from api.settings import WebSettings
from gridmgmt.access import Role
from gridmgmt.ids import PersonId
from gridmgmt.services.access import begin_web_session, random_password, set_password
from gridmgmt.store.engine import transaction
from tests.api import people
from tests.api.halves import Grids, communities, cut_in_halves
from tests.api.serving import serving

SLOWER = float(
    os.environ.get("GRIDMGMT_BROWSER_SLOWER", "1")
)  # 6 to 20 to hunt races: what a cheap machine would be like
PATIENCE_MS = 30_000  # for whatever is waited for: that a machine is slow or busy is no fault of the page
expect.set_options(timeout=PATIENCE_MS)
DESK: ViewportSize = {"width": 900, "height": 560}
PHONE: ViewportSize = {"width": 390, "height": 844}
COARSE = "Object.defineProperty(window, 'devicePixelRatio', { value: 0.5 })"


@dataclass(frozen=True)
class SignIn:
    """What is typed at the sign-in page, and the cookie of somebody who did so."""

    name: str
    password: str
    secret: str = ""

    def enter(self, context: BrowserContext, address: str) -> None:
        """Be signed in, without the page (test_sign_in goes through it)."""
        context.add_cookies(
            [{"name": COOKIE, "value": self.secret, "url": address, "httpOnly": True, "sameSite": "Lax"}]
        )


def new_sign_in(url: str, name: str, *roles: Role, scope: str | None = None, worker_code: str | None = None) -> SignIn:
    """A new person with these roles, with a password, signed in."""
    now = datetime.now(UTC)
    with transaction(url) as session:
        row = people.add(session, name, *roles, scope=scope, worker_code=worker_code)
        password = random_password()
        set_password(session, row, password, now)
        return SignIn(row.name, password, begin_web_session(session, PersonId(row.id), now).secret)


FAILED: pytest.StashKey[bool] = pytest.StashKey()
Thing = TypeVar("Thing")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember what failed: the next test does not go on with what it left behind."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


class Shared(Generic[Thing]):
    """What the tests of a module share because it takes long to make; after a test that failed it is made anew."""

    def __init__(self, make: Callable[[], AbstractContextManager[Thing]]) -> None:
        self._make = make
        self._open = ExitStack()
        self._thing: Thing | None = None

    @contextmanager
    def lent(self, test: pytest.Item) -> Iterator[Thing]:
        """The thing for one test."""
        if self._thing is None:
            self._thing = self._open.enter_context(self._make())
        yield self._thing
        if test.stash.get(FAILED, False):
            self.close()

    def close(self) -> None:
        """Give it up."""
        self._thing = None
        self._open.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def new_context(browser: Browser, address: str, size: ViewportSize, **more: Any) -> BrowserContext:
    """A window of somebody in China for whom nothing moves; what is given by name goes to the browser as it is.

    Maps are drawn at half the resolution, all else as ever: without a graphics card each pixel of a map costs.
    """
    chosen = {"viewport": size, "locale": "zh-CN", "reduced_motion": "reduce", "base_url": address} | more
    context = browser.new_context(**chosen)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(COARSE)
    return context


@pytest.fixture(scope="module")
def halves(small_district: str) -> Grids:
    """Every community of the city cut in two grids."""
    with transaction(small_district) as session:
        return cut_in_halves(session, communities(session))


@pytest.fixture(scope="module")
def everyday(small_district: str) -> SignIn:
    """The sign-in of somebody with every right of the everyday."""
    return new_sign_in(small_district, "everyday", *people.ALL_ROUND)


@pytest.fixture(scope="module")
def address(small_district: str, halves: Grids, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application on this module's database; it asks for fresh figures every second."""
    settings = WebSettings(database_url=small_district, maps_folder=tmp_path_factory.mktemp("maps"), poll_seconds=1)
    with serving(settings) as address:
        yield address


@dataclass
class Watch:
    """What a page did that it must not do."""

    address: str
    console: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", self._on_request)
        if SLOWER > 1:
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console.append(message.text)

    def _on_request(self, request: Request) -> None:
        own = (self.address, "data:", f"blob:{self.address}")
        if not request.url.startswith(own):
            self.foreign.append(request.url)

    def require_silence(self) -> None:
        """No console error and no foreign request since the last time."""
        console, self.console = self.console, []
        foreign, self.foreign = self.foreign, []
        assert console == []
        assert foreign == []


@pytest.fixture(scope="module")
def desks(browser: Browser, address: str, everyday: SignIn) -> Iterator[Shared[tuple[Page, Watch]]]:
    """The start page, opened once: loading it is what takes time without a graphics card."""
    with closing(Shared(lambda: _opened(browser, address, everyday, DESK, "/?at=2006-09-01"))) as shared:
        yield shared


@pytest.fixture
def desk(desks: Shared[tuple[Page, Watch]], request: pytest.FixtureRequest) -> Iterator[tuple[Page, Watch]]:
    """The start page as the test before left it, and what it did that it must not do."""
    with desks.lent(request.node) as one:
        yield one


@pytest.fixture
def start(desk: tuple[Page, Watch]) -> Iterator[Page]:
    """The start page as one finds it, without reload; the test fails if it logs an error or asks another host."""
    page, watch = desk
    at_rest(page)
    yield page
    watch.require_silence()


@pytest.fixture
def phone(browser: Browser, address: str, everyday: SignIn) -> Iterator[Page]:
    """The start page on a phone, of the day."""
    with _opened(browser, address, everyday, PHONE, "/") as (page, watch):
        yield page
        watch.require_silence()


@pytest.fixture
def field_page(browser: Browser, address: str, everyday: SignIn) -> Iterator[Page]:
    """The plain page."""
    with _opened(browser, address, everyday, PHONE, "/field/plain", ready="form.block") as (page, watch):
        yield page
        watch.require_silence()


@contextmanager
def _opened(
    browser: Browser, address: str, sign: SignIn, size: ViewportSize, path: str, ready: str = "html[data-ready]"
) -> Iterator[tuple[Page, Watch]]:
    context = new_context(browser, address, size)
    page, watch = context.new_page(), Watch(address)
    watch.listen(page)
    sign.enter(context, address)
    page.goto(path)
    page.wait_for_selector(ready, state="attached")
    try:
        yield page, watch
    finally:
        context.close()


def sign_in(page: Page, sign: SignIn) -> None:
    """Fill in the page that whoever is not signed in comes to."""
    page.get_by_label("账号").fill(sign.name)
    page.get_by_label("密码").fill(sign.password)
    page.get_by_role("button", name="登录").click()


def at_rest(page: Page) -> None:
    """No panel, the whole district, September 2006, Chinese: as when the page was opened."""
    page.keyboard.press("Escape")
    page.locator('[data-lang-choice="zh"]').click()
    set_date(page, "2006-09-01")
    page.locator("#zoom-all").click()


def set_date(page: Page, day: str) -> None:
    page.locator("#epoch").fill(day)
    page.locator("#epoch").dispatch_event("change")
