"""The network: answers that come when a test says so, and what a page asks for by itself."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route

from tests.browser.conftest import PATIENCE_MS


@contextmanager
def held(page: Page, pattern: str) -> Iterator[list[Route]]:
    """What is asked for under these addresses is answered at the end; what comes of it is done then."""
    waiting: list[Route] = []
    over = False

    def take(route: Route) -> None:
        if over:
            route.continue_()
        else:
            waiting.append(route)

    page.route(pattern, take)
    yield waiting
    over = True
    for route in waiting:
        _answer(page, route)
    page.unroute(pattern)
    page.evaluate("new Promise((done) => setTimeout(done))")


def _answer(page: Page, route: Route) -> None:
    if route.request.failure is not None:
        return  # the page asks no longer: what it waited for took long on a busy machine
    with page.expect_event("requestfinished", lambda request: request == route.request):
        route.continue_()


def polled(page: Page, part: str) -> None:
    """Wait for the next answer that the page asked for by itself, and for what came of it."""
    with page.expect_event("requestfinished", lambda request: part in request.url):
        pass
    page.evaluate("new Promise((done) => setTimeout(done))")


def until_asked(page: Page, waiting: list[Route], times: int = 1) -> None:
    """Wait until somebody has asked so many times."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while len(waiting) < times:
        assert time.monotonic() < deadline, "nobody asked"
        page.wait_for_timeout(20)
