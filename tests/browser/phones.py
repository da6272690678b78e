"""A grid worker's phone: the field app in a browser of its own, its network, its position; what the database has."""

import io
import multiprocessing
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

import httpx
import shapely
import uvicorn
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, FilePayload, Page, expect
from sqlalchemy import func, select

from gridmgmt.access import Role
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import Worker
from tests.browser.conftest import PHONE, SignIn, Watch, new_context, new_sign_in

START_S = 60.0
OFFLINE = "net::ERR_INTERNET_DISCONNECTED"  # a browser logs what it could not ask for
MODULES = (
    "outbox", "sync", "store", "session", "patrol", "photo", "photos", "incident", "pending", "tiles", "crs", "ground",
    "menu",
)  # fmt: skip


def new_worker(url: str, name: str, worker_code: str, scope: str) -> SignIn:
    """A grid worker of a place, with a password."""
    with transaction(url) as session:
        if session.get(Worker, worker_code) is None:
            session.add(Worker(code=worker_code, name=name))
    return new_sign_in(url, name, Role.worker, scope=scope, worker_code=worker_code)


def count(url: str, *tables: type) -> dict[str, int]:
    """Rows per table."""
    with transaction(url) as session:
        return {
            table.__name__: session.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[attr-defined]
            for table in tables
        }


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _serve(url: str, port: int) -> None:
    os.environ["DATABASE_URL"] = url
    uvicorn.run("api.app:create_app", factory=True, port=port, log_config=None)


@dataclass
class Application:
    """The application in a process of its own, so that it can be killed.

    Processes are forked off one that has imported the application: the next one is there at once.
    """

    url: str
    port: int
    process: BaseProcess | None = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        forks = multiprocessing.get_context("forkserver")
        forks.set_forkserver_preload(["api.app"])
        self.process = forks.Process(target=_serve, args=(self.url, self.port), daemon=True)
        self.process.start()
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.is_alive(), "the application ended"
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.address}/readyz", timeout=5).is_success:
                    return
            time.sleep(0.05)
        raise AssertionError("the application did not start")

    def kill(self) -> None:
        """kill -9, whatever it is doing."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process.close()
            self.process = None


@dataclass
class Phone:
    """One phone: its browser context, the page that is open, and what that page must not do."""

    context: BrowserContext
    page: Page
    watch: Watch
    address: str

    def open(self, path: str = "/field") -> None:
        """Open the app in a new page, as after a crash or from the home screen."""
        self.page = self.context.new_page()
        self.watch.listen(self.page)
        self.page.goto(path)

    def crash(self) -> None:
        """The page's process dies: no handler runs, nothing is tidied up."""
        with self.page.expect_event("crash"), suppress(Error):
            self.page.goto("chrome://crash", timeout=5_000)
        self.page.close()

    def ready(self) -> None:
        """Wait until the app has started."""
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def sign_in(self, sign: SignIn) -> None:
        """The app of somebody who is signed in."""
        sign.enter(self.context, self.address)
        self.page.goto("/field")
        self.ready()

    def learnt(self) -> None:
        """Wait until the app can start without a network."""
        self.page.wait_for_selector("html[data-learnt]", state="attached")
        self.page.wait_for_function("navigator.serviceWorker.controller !== null")

    def stand(self, place: shapely.Point, accuracy: float = 8) -> None:
        """Be somewhere."""
        self.context.set_geolocation({"longitude": place.x, "latitude": place.y, "accuracy": accuracy})

    def run(self, script: str, argument: Any = None) -> Any:
        """The value of a function body in which the app's own modules are at hand by name."""
        imports = ", ".join(f"import('/web/field/{name}.js')" for name in MODULES)
        return self.page.evaluate(
            f"async (argument) => {{ const [{', '.join(MODULES)}] = await Promise.all([{imports}]); {script} }}",
            argument,
        )

    def report(self, place: shapely.Point, text: str, category: str = "rubbish") -> None:
        """A report by the function behind the send button."""
        self.run(
            "const at = new Date().toISOString(); await incident.report({ category: argument.category,"
            " text: argument.text, lon: argument.x, lat: argument.y, occurred_at: at }, []);",
            {"category": category, "text": text, "x": place.x, "y": place.y},
        )

    def unsent(self) -> int:
        """How many records the phone still has, whoever's they are."""
        return int(self.run("return (await outbox.waiting()).filter((one) => one.kind !== 'link').length"))

    def points(self) -> int:
        """How many positions the phone still has."""
        return int(self.run("return (await store.all('points')).length"))

    def offline(self) -> None:
        """Into the stairwell."""
        self.context.set_offline(True)
        self.page.wait_for_function("!navigator.onLine")

    def online(self) -> None:
        """Out of it."""
        self.context.set_offline(False)

    @staticmethod
    def picture(seed: int = 0) -> FilePayload:
        """A photo as a camera makes one, larger than what is sent."""
        out = io.BytesIO()
        Image.effect_noise((1800, 1200), 20 + seed).save(out, "JPEG")
        return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}

    def require_silence(self) -> None:
        """No console error but the missing network, no foreign request."""
        self.watch.console = [line for line in self.watch.console if OFFLINE not in line]
        self.watch.require_silence()

    def expect_unsent(self, number: int, timeout_s: float = 60) -> None:
        """Wait until so many of one's own are not sent, and the page says so."""
        mine = "(await outbox.waiting()).filter((one) => one.kind !== 'link' && one.owner === session.me().id)"
        deadline = time.monotonic() + timeout_s
        while (left := self.run(f"return {mine}.map((one) => [one.kind, one.state, one.reason])")) and len(
            left
        ) != number:
            assert time.monotonic() < deadline, left
            self.page.wait_for_timeout(100)
        expect(self.page.locator("#pending b")).to_have_text(str(number))


@contextmanager
def phone(browser: Browser, address: str) -> Iterator[Phone]:
    """A phone with its location allowed; at the end it has asked nobody else for anything."""
    place = {"longitude": 114.12, "latitude": 22.55, "accuracy": 8}
    context = new_context(browser, address, PHONE, has_touch=True, permissions=["geolocation"], geolocation=place)
    watch = Watch(address)
    page = context.new_page()
    watch.listen(page)
    try:
        yield Phone(context, page, watch, address)
        assert watch.foreign == []
    finally:
        context.close()


@contextmanager
def phone_of(browser: Browser, address: str, sign: SignIn, place: shapely.Point) -> Iterator[Phone]:
    """The phone of somebody who stands there, signed in; it has seen the network and can do without."""
    with phone(browser, address) as one:
        one.stand(place)
        one.sign_in(sign)
        one.learnt()
        yield one
