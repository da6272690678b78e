"""A real Chromium on the real application: the small city with its communities cut into grids."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from api.settings import WebSettings
from gridmgmt.store.engine import transaction
from tests.api.halves import Grids, communities, cut_in_halves
from tests.api.serving import serving

CHROMIUM = os.environ.get("GRIDMGMT_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def halves(small_district: str) -> Grids:
    """Every community of the city cut in two grids."""
    with transaction(small_district) as session:
        return cut_in_halves(session, communities(session))


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

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console.append(message.text)

    def _on_request(self, request: Request) -> None:
        own = (self.address, "data:", f"blob:{self.address}")
        if not request.url.startswith(own):
            self.foreign.append(request.url)


@pytest.fixture
def watch(address: str) -> Iterator[Watch]:
    """Fails the test whose pages wrote an error to the console or asked another host for anything."""
    watch = Watch(address)
    yield watch
    assert watch.console == []
    assert watch.foreign == []


@pytest.fixture(params=[DESK], ids=["desk"])
def page(browser: Browser, watch: Watch, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh page; tests ask for another size by `@pytest.mark.parametrize("page", [PHONE], indirect=True)`."""
    context = browser.new_context(viewport=request.param, locale="zh-CN", reduced_motion="reduce")
    context.set_default_timeout(30_000)
    page = context.new_page()
    watch.listen(page)
    yield page
    context.close()
