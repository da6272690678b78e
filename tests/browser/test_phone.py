"""The field app in a real browser: a day without network, a crash, other hands, refusals, two tabs, shifted places."""

import re
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import httpx
import pytest
import shapely
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from gridmgmt.geo.crs import gcj02_to_wgs84
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import (
    Incident,
    IncidentPhoto,
    IncidentStep,
    Patrol,
    PatrolIncident,
    PatrolVisit,
    Person,
    Photo,
    TrackPoint,
)
from tests.api.halves import Grids
from tests.browser.conftest import Shared, SignIn, sign_in
from tests.browser.phones import Phone, count, new_worker, phone, phone_of

TABLES = (Incident, IncidentPhoto, Photo, Patrol, PatrolIncident, PatrolVisit, TrackPoint)


@pytest.fixture(scope="module")
def grid(halves: Grids) -> tuple[str, shapely.Point]:
    """The worker's grid and a place in it."""
    return next(iter(halves.items()))


@pytest.fixture(scope="module")
def wang(small_district: str, grid: tuple[str, shapely.Point]) -> SignIn:
    return new_worker(small_district, "wang", "W001", grid[0])


@pytest.fixture(scope="module")
def li(small_district: str, grid: tuple[str, shapely.Point]) -> SignIn:
    return new_worker(small_district, "li", "W002", grid[0])


@pytest.fixture(scope="module")
def wangs(browser: Browser, address: str, wang: SignIn, grid: tuple[str, shapely.Point]) -> Iterator[Shared[Phone]]:
    """Wang's phone, signed in once: it has seen the network and can do without."""
    with closing(Shared(lambda: phone_of(browser, address, wang, grid[1]))) as shared:
        yield shared


@pytest.fixture
def mine(wangs: Shared[Phone], request: pytest.FixtureRequest) -> Iterator[Phone]:
    """The same with nothing open and nothing unsent; afterwards it has complained of nothing but the network."""
    with wangs.lent(request.node) as one:
        yield one
        one.require_silence()


LEFT = """
const left = await Promise.all(['outbox', 'photos', 'points', 'patrols'].map((name) => store.all(name)));
return left.flat().length;"""


def added(url: str, before: dict[str, int]) -> dict[str, int]:
    return {name: number - before[name] for name, number in count(url, *TABLES).items()}


def tap(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("button", name=name).last.click()


def test_a_day_without_network_and_a_crash_arrives_once(
    mine: Phone, small_district: str, grid: tuple[str, shapely.Point], tmp_path_factory: pytest.TempPathFactory
) -> None:
    before, place = count(small_district, *TABLES), grid[1]
    mine.offline()
    page = mine.page
    expect(page.locator("#banner")).to_contain_text("没有网络")
    tap(page, "开始巡查", "日常巡查")
    for step in range(1, 5):
        mine.stand(shapely.Point(place.x + step * 1e-4, place.y))
        expect(page.locator("#recording")).to_contain_text(re.compile(f"[{step}-9] 点"))
    tap(page, "上报事件", "暴露垃圾")
    page.locator("#photo-input").set_input_files(files=[mine.picture()])
    tap(page, "发送")  # at once: the photo that is being made small still comes along
    expect(page.locator("#said")).to_contain_text("已存在手机上：暴露垃圾")
    tap(page, "待走访")
    page.locator(".rows button").first.click()
    tap(page, "已走访")
    mine.expect_unsent(4)  # opening, track, incident, visit
    recorded = mine.points()
    mine.crash()
    mine.open()
    mine.ready()
    page = mine.page
    assert mine.points() >= recorded >= 4
    expect(page.locator("#said")).to_contain_text("继续上次的巡查")
    mine.stand(shapely.Point(place.x, place.y + 2e-4))
    page.wait_for_function(
        "number => Number(document.querySelector('#recording span').textContent.match(/([0-9]+) /)[1]) > number",
        arg=recorded,
    )
    tap(page, "结束", "结束巡查")
    mine.expect_unsent(5)
    recorded = mine.points()
    page.reload()
    mine.ready()
    mine.expect_unsent(5)
    mine.online()
    mine.expect_unsent(0)
    assert added(small_district, before) == {
        "Incident": 1, "IncidentPhoto": 1, "Photo": 1, "Patrol": 1, "PatrolIncident": 1, "PatrolVisit": 1,
        "TrackPoint": recorded,
    }  # fmt: skip
    with transaction(small_district) as session:
        patrol = session.scalars(select(Patrol).order_by(Patrol.received_at.desc()).limit(1)).one()
        assert patrol.declared_end is not None
        segments = set(session.scalars(select(TrackPoint.segment).where(TrackPoint.patrol_id == patrol.id)))
    assert segments == {0, 1}  # what lies between the crash and the return is not known
    assert mine.run(LEFT) == 0


def test_another_persons_sign_in_erases_nothing(
    browser: Browser, address: str, small_district: str, grid: tuple[str, shapely.Point], wang: SignIn, li: SignIn
) -> None:
    with phone(browser, address) as one:
        one.stand(grid[1])
        one.sign_in(wang)
        one.offline()
        one.report(grid[1], "wang's")
        one.expect_unsent(1)
        one.context.clear_cookies()
        one.online()
        tap(one.page, "登录")
        sign_in_sheet(one.page, SignIn(li.name, "wrong"))
        expect(one.page.get_by_role("alert")).to_contain_text("账号或密码不对")
        sign_in_sheet(one.page, li)
        expect(one.page.locator("#pending")).to_contain_text("另有他人 1 条")
        one.expect_unsent(0)
        one.page.locator("#pending").click()
        expect(one.page.locator("#sheet")).to_contain_text("属于 wang 的 1 条")
        one.page.keyboard.press("Escape")
        one.report(grid[1], "li's")
        one.run("await sync.drain()")
        assert reporters(small_district, "wang's", "li's") == {"li's": "li"}
        one.context.clear_cookies()
        one.run("await session.refresh()")
        tap(one.page, "登录")
        sign_in_sheet(one.page, wang)
        expect(one.page.locator("#pending small")).to_have_count(0)
        one.expect_unsent(0)
        assert reporters(small_district, "wang's", "li's") == {"li's": "li", "wang's": "wang"}
        one.watch.console = [line for line in one.watch.console if "401" not in line]
        one.require_silence()


def sign_in_sheet(page: Page, sign: SignIn) -> None:
    page.get_by_label("账号").fill(sign.name)
    page.get_by_label("密码").fill(sign.password)
    page.locator("#sheet form button").click()


def reporters(url: str, *texts: str) -> dict[str, str]:
    with transaction(url) as session:
        rows = (
            select(Incident.text, Person.name)
            .join(Person, Person.id == Incident.reporter_id)
            .where(Incident.text.in_(texts))
        )
        return {row.text: row.name for row in session.execute(rows)}


def test_a_poison_item_stays_with_its_reason_and_blocks_nothing(
    mine: Phone, small_district: str, grid: tuple[str, shapely.Point]
) -> None:
    taken = str(uuid4())
    mine.offline()
    mine.report(grid[1], "poison", category="")
    mine.report(grid[1], "sound")
    mine.report(grid[1], "first")
    mine.run(TAKE_THE_ID_OF_FIRST, taken)
    cookie = {
        "gridmgmt_session": next(one["value"] for one in mine.context.cookies() if one["name"] == "gridmgmt_session")
    }
    body = {"category": "noise", "lon": grid[1].x, "lat": grid[1].y}
    answer = httpx.put(
        f"{mine.address}/api/v1/incidents/{taken}", json=body, cookies=cookie, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 200
    mine.online()
    mine.expect_unsent(2)
    mine.page.locator("#pending").click()
    expect(mine.page.locator('#sheet [data-state="refused"]')).to_contain_text("未被接收")
    expect(mine.page.locator('#sheet [data-state="conflict"]')).to_contain_text("已被占用，需核对")
    with mine.page.expect_download() as download:
        tap(mine.page, "导出文件")
    assert "poison" in download.value.path().read_text(encoding="utf-8")
    mine.page.keyboard.press("Escape")
    assert reporters(small_district, "poison", "sound", "first") == {"sound": "wang"}
    mine.run("await store.write('outbox', ({ outbox }) => store.result(outbox.clear()))")
    mine.watch.console = [line for line in mine.watch.console if not re.search("422|409", line)]


def test_what_is_drawn_anew_does_not_come_back_once_closed(mine: Phone) -> None:
    """The list of what is not sent is read before it is drawn: meanwhile it may be closed, or another sheet be open."""
    sheet = mine.page.locator("#sheet")
    mine.page.locator("#pending").click()
    expect(sheet).to_contain_text("未上传的记录")
    mine.run("await pending.refreshPending()")
    assert mine.run(REDRAWN_WHILE + "document.getElementById('sheet').close(); await drawn; return sheet.open") is False
    expect(sheet).to_be_empty()
    mine.page.locator("#pending").click()
    expect(sheet).to_contain_text("未上传的记录")
    assert "登录" in mine.run(REDRAWN_WHILE + "menu.openSignIn(); await drawn; return sheet.textContent")
    mine.page.keyboard.press("Escape")


REDRAWN_WHILE = "const sheet = document.getElementById('sheet'), drawn = pending.refreshPending(); "
TAKE_THE_ID_OF_FIRST = """
await store.write('outbox', async ({ outbox }) => {
  const row = (await store.result(outbox.getAll())).find((one) => one.body.text === 'first');
  await store.result(outbox.delete(row.key));
  await store.result(outbox.put({ ...row, key: argument, path: `/api/v1/incidents/${argument}` }));
});
"""


def test_two_tabs_send_a_record_once(mine: Phone, grid: tuple[str, shapely.Point]) -> None:
    first, sent = mine.page, []
    mine.context.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    mine.offline()
    for number in range(6):
        mine.report(grid[1], f"tabs {number}")
    mine.open()
    mine.ready()
    mine.expect_unsent(6)
    mine.online()
    mine.expect_unsent(0)
    expect(first.locator("#pending b")).to_have_text("0", timeout=40_000)
    assert len(sent) == len(set(sent)) == 6
    mine.page.close()
    mine.page = first


def test_a_task_is_moved_from_the_phone(mine: Phone, small_district: str, grid: tuple[str, shapely.Point]) -> None:
    mine.report(grid[1], "to be followed")
    mine.expect_unsent(0)
    tap(mine.page, "待办")
    mine.page.locator(".rows button", has_text="to be followed").click()
    tap(mine.page, "跟进")
    mine.page.get_by_label("情况说明").fill("已到现场")
    mine.offline()
    tap(mine.page, "发送")
    mine.expect_unsent(1)
    mine.online()
    mine.expect_unsent(0)
    with transaction(small_district) as session:
        moves = session.scalars(
            select(IncidentStep.move)
            .join(Incident, Incident.id == IncidentStep.incident_id)
            .where(Incident.text == "to be followed")
        ).all()
    assert sorted(moves) == ["follow_up", "report"]


def test_shifted_positions_are_sent_as_such_and_shown_where_they_are(
    mine: Phone, small_district: str, grid: tuple[str, shapely.Point]
) -> None:
    place = grid[1]
    lon, lat = gcj02_to_wgs84([place.x], [place.y])
    assert mine.run("return crs.unshifted(...argument)", [place.x, place.y]) == pytest.approx(
        [lon[0], lat[0]], abs=1e-9
    )
    mine.page.locator("#menu").click()
    mine.page.get_by_label("我的位置偏移").check()
    mine.page.keyboard.press("Escape")
    tap(mine.page, "开始巡查", "应急")
    mine.stand(shapely.Point(place.x, place.y), accuracy=5)
    expect(mine.page.locator("#recording")).to_contain_text(re.compile("[1-9] 点"))
    shown = mine.run("return patrol.state.position")
    assert (shown["lon"], shown["lat"]) == pytest.approx((lon[0], lat[0]), abs=1e-7)
    tap(mine.page, "结束", "结束巡查")
    mine.expect_unsent(0)
    with transaction(small_district) as session:
        last = session.scalars(select(Patrol).order_by(Patrol.received_at.desc()).limit(1)).one()
        x, y = session.execute(
            select(TrackPoint.geom.ST_X(), TrackPoint.geom.ST_Y())
            .where(TrackPoint.patrol_id == last.id)
            .order_by(TrackPoint.seq.desc())
            .limit(1)
        ).one()
    assert (x, y) == pytest.approx((lon[0], lat[0]), abs=1e-7)
    mine.run("await store.setSetting('gcj02', false); patrol.useShift(false)")


def test_whoever_signs_out_is_warned_and_loses_no_record(
    mine: Phone, grid: tuple[str, shapely.Point], wang: SignIn
) -> None:
    page = mine.page
    page.route("**/api/v1/incidents/*", lambda route: route.abort())
    mine.report(grid[1], "kept through the sign-out")
    mine.expect_unsent(1)
    page.locator("#menu").click()
    tap(page, "退出")
    expect(page.locator("#sheet")).to_contain_text("还有 1 条未上传")
    tap(page, "退出登录")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.unroute("**/api/v1/incidents/*")
    mine.watch.console.clear()  # what was aborted
    sign_in(page, wang)
    mine.ready()
    mine.expect_unsent(0)


def test_everything_to_tap_is_large_enough_and_legible(mine: Phone) -> None:
    page = mine.page
    for opener in ("#incident", "#visits", "#tasks", "#pending", "#menu", "#patrol"):
        page.locator(opener).click()
        expect(page.locator("#sheet .body > *").first).to_be_visible()
        assert page.evaluate(TOO_SMALL) == []
        page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for ink, paper in (
        ("ink", "paper"),
        ("muted", "panel"),
        ("muted", "wash"),
        ("on-accent", "accent"),
        ("accent", "panel"),
    ):
        assert page.evaluate(CONTRAST, [ink, paper]) >= 7, (ink, paper)


TOO_SMALL = """() => [...document.querySelectorAll('button, a, select, textarea, label.camera, label.check')]
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => one.checkVisibility() && (box.height < 48 || box.width < 48))
  .map(([one]) => one.outerHTML)"""
CONTRAST = """async (names) => {
  const { token } = await import('/web/js/colours.js');
  const light = (name) => {
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = token(name).match(/[0-9.]+/g).map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [a, b] = names.map(light).sort((one, two) => two - one);
  return (a + 0.05) / (b + 0.05);
}"""
