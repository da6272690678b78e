"""The field app in hasty hands on a slow network: what comes late, and what is tapped twice."""

from collections.abc import Iterator
from contextlib import closing

import pytest
import shapely
from playwright.sync_api import Browser, expect

from tests.api.halves import Grids
from tests.browser.accessibility import faults, unreached
from tests.browser.conftest import Shared, SignIn
from tests.browser.holding import held, until_asked
from tests.browser.phones import Phone, new_worker, phone_of

HERE = shapely.Point(114.12, 22.55)
TWICE = "button => { button.click(); button.click(); }"
FORGET = """
for (const name of ['outbox', 'photos', 'points', 'patrols'])
  await store.write(name, (stores) => store.result(stores[name].clear()));"""


@pytest.fixture(scope="module")
def sun(small_district: str, halves: Grids) -> SignIn:
    """A worker of a whole community, which has two grids."""
    return new_worker(small_district, "sun", "W003", next(iter(halves))[:12])


@pytest.fixture(scope="module")
def suns(browser: Browser, address: str, sun: SignIn, halves: Grids) -> Iterator[Shared[Phone]]:
    with closing(Shared(lambda: phone_of(browser, address, sun, next(iter(halves.values()))))) as shared:
        yield shared


@pytest.fixture
def mine(suns: Shared[Phone], request: pytest.FixtureRequest) -> Iterator[Phone]:
    """Sun's phone; afterwards nothing is open, and nothing that was recorded is left."""
    with suns.lent(request.node) as one:
        yield one
        one.page.keyboard.press("Escape")
        one.run(f"await patrol.end(); {FORGET}")
        one.online()
        one.require_silence()


def recorded(one: Phone, kind: str) -> int:
    return int(one.run("return (await outbox.waiting()).filter((row) => row.kind === argument).length", kind))


def test_what_is_tapped_twice_is_there_once(mine: Phone) -> None:
    mine.offline()
    mine.run("await Promise.all([patrol.start('routine'), patrol.start('routine')])")
    assert recorded(mine, "open") == 1
    mine.page.locator("#visits").click()
    mine.page.locator(".rows button").first.click()
    mine.page.get_by_role("button", name="已走访").evaluate(TWICE)
    expect(mine.page.locator("#said")).to_contain_text("已存在手机上")
    assert recorded(mine, "visit") == 1
    mine.run("await Promise.all([patrol.end(), patrol.end()])")
    assert recorded(mine, "end") == 1


def test_signing_in_pressed_twice_is_one_guess(mine: Phone) -> None:
    asked: list[str] = []
    mine.page.on("request", lambda request: asked.append(request.url) if "/sign-in" in request.url else None)
    mine.run("menu.openSignIn()")
    mine.page.get_by_label("账号").fill("sun")
    mine.page.get_by_label("密码").fill("wrong")
    mine.page.locator("#sheet form button").evaluate(TWICE)
    expect(mine.page.get_by_role("alert")).to_contain_text("账号或密码不对")
    assert len(asked) == 1
    mine.watch.console = [line for line in mine.watch.console if "401" not in line]


def test_a_report_begins_at_once_on_a_slow_network(mine: Phone) -> None:
    page = mine.page
    with held(page, "**/api/v1/codes*"):
        page.locator("#incident").click()
        page.get_by_role("button", name="暴露垃圾").click()
        page.locator("#incident-text").fill("楼道里")
    expect(page.locator("#incident-text")).to_have_value("楼道里")


def test_a_menu_that_comes_late_does_not_cover_what_was_opened_since(mine: Phone) -> None:
    said = mine.run(
        "let go; const later = new Promise((done) => { go = done; }); navigator.storage.estimate = () => later;"
        " const slow = menu.openMenu(); await incident.openIncident(); go({}); await slow;"
        " return document.getElementById('sheet').textContent"
    )
    assert "什么情况" in said


def test_a_sheet_that_was_closed_does_not_empty_the_next_one(mine: Phone) -> None:
    """The browser tells of the closing a little later."""
    mine.page.locator("#menu").click()
    expect(mine.page.locator("#sheet")).to_contain_text("离线地图")
    assert mine.run(
        "const sheet = document.getElementById('sheet');"
        " sheet.querySelector('.close').click(); menu.openSignIn();"
        " await new Promise((done) => setTimeout(done)); await new Promise(requestAnimationFrame);"
        " return sheet.open && sheet.querySelector('form') !== null"
    )


def test_the_list_of_what_is_not_sent_stays_where_it_is_read(mine: Phone) -> None:
    mine.offline()
    for number in range(12):
        mine.report(HERE, f"read {number}")
    page = mine.page
    page.locator("#pending").click()
    body = page.locator("#sheet .body")
    expect(page.locator("#sheet li")).to_have_count(12)
    far = body.evaluate("body => { body.scrollTop = body.scrollHeight; return body.scrollTop; }")
    assert far > 0
    button = page.get_by_role("button", name="导出文件")
    button.evaluate("button => { window.same = button; button.focus(); }")
    mine.report(HERE, "one more")
    expect(page.locator("#sheet li")).to_have_count(13)
    assert body.evaluate("body => body.scrollTop") >= far
    assert page.evaluate("window.same.isConnected && document.activeElement === window.same")


def test_buildings_of_one_grid_do_not_stand_under_another(mine: Phone) -> None:
    page = mine.page
    page.locator("#visits").click()
    rows = page.locator("#sheet .rows button")
    expect(rows.first).to_be_visible()
    before = mine.run("return ground.ground.buildings.map((one) => one.properties.code)")
    other = mine.run(
        "return ground.ground.grids.map((one) => one.properties.code).find((code) => code !== ground.ground.chosen)"
    )
    with held(page, "**/buildings-due*") as waiting:
        page.get_by_label("我的网格").select_option(other)
        until_asked(page, waiting)
        page.keyboard.press("Escape")
        page.locator("#visits").click()
        expect(page.get_by_label("我的网格")).to_have_value(other)
        shown = mine.run("return ground.ground.buildings.map((one) => one.properties.code)")
        assert not set(before) & set(shown)
    page.wait_for_function("import('/web/field/ground.js').then(({ ground }) => ground.buildings.length > 0)")
    after = mine.run("return ground.ground.buildings.map((one) => one.properties.code)")
    assert not set(before) & set(after)


def test_what_was_learnt_is_not_asked_for_with_each_record(mine: Phone) -> None:
    asked: list[str] = []
    mine.page.on("request", lambda request: asked.append(request.url))
    mine.report(HERE, "cheap to send")
    mine.expect_unsent(0)
    assert any("/api/v1/incidents/" in url for url in asked)
    assert not any("/codes" in url or "/workflow" in url for url in asked)


def test_a_photo_taken_off_while_it_is_stored_is_part_of_what_is_sent(mine: Phone) -> None:
    mine.page.locator("#incident").click()
    mine.page.get_by_role("button", name="暴露垃圾").click()
    mine.page.locator("#photo-input").set_input_files(files=[mine.picture()])
    expect(mine.page.locator("#sheet .thumb")).to_have_count(1)
    assert mine.run(TAKEN_OFF) == [1, 0]


TAKEN_OFF = """
const picker = photos.photoPicker();
const [file, input] = [new DataTransfer(), picker.parts[0].querySelector('input')];
const canvas = Object.assign(document.createElement('canvas'), { width: 8, height: 8 });
file.items.add(new File([await new Promise((done) => canvas.toBlob(done))], 'p.png', { type: 'image/png' }));
input.files = file.files;
input.dispatchEvent(new Event('change'));
const sent = await picker.settled();
picker.parts[1].querySelector('.thumb').click();
return [sent.length, (await picker.settled()).length];
"""


def test_the_answer_for_somebody_who_has_left_is_not_the_next_ones(mine: Phone) -> None:
    with held(mine.page, "**/api/v1/workflow") as waiting:
        mine.run("window.late = session.keptJson('/api/v1/workflow', 'late'); return null")
        until_asked(mine.page, waiting)
        mine.run(
            "await store.setSetting('person', { ...session.me(), id: crypto.randomUUID() }); await session.remembered()"
        )
    assert mine.page.evaluate("window.late") is None
    mine.run("await session.refresh()")


def test_a_report_that_was_closed_by_mistake_is_there_in_either_language(mine: Phone) -> None:
    page = mine.page
    mine.offline()
    page.locator("#incident").click()
    page.get_by_role("button", name="乱停车").click()
    page.locator("#photo-input").set_input_files(mine.picture())
    expect(page.locator(".thumb")).to_have_count(1)
    page.get_by_label("说明").fill("堵住了门")
    page.keyboard.press("Escape")
    expect(page.locator("#incident")).to_be_focused()
    page.evaluate("window.stays = true")
    page.locator("#menu").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("dialog", name="sun")).to_contain_text("Offline map")  # the settings again, in English
    page.keyboard.press("Escape")
    expect(page.locator("#patrol")).to_have_text("Start patrol")
    page.get_by_role("button", name="Report").click()
    page.get_by_role("button", name="Parking").click()
    expect(page.get_by_label("Text")).to_have_value("堵住了门")
    expect(page.locator(".thumb")).to_have_count(1)
    assert faults(page, "en") == []
    page.get_by_role("button", name="Begin anew").click()
    expect(page.get_by_label("Text")).to_have_value("")
    expect(page.locator(".thumb")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator("#menu").click()
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#sheet")).to_contain_text("离线地图")
    assert faults(page, "zh") == []
    page.keyboard.press("Escape")
    assert (faults(page, "zh"), unreached(page)) == ([], [])
    assert page.evaluate("window.stays") is True  # a patrol would have gone on


def test_a_report_begun_before_the_page_was_loaded_again_is_there(mine: Phone) -> None:
    page = mine.page
    page.locator("#incident").click()
    page.get_by_role("button", name="噪声扰民").click()
    page.get_by_label("说明").fill("楼上装修")
    page.reload()
    mine.ready()
    page.locator("#incident").click()
    page.get_by_role("button", name="噪声扰民").click()
    expect(page.get_by_label("说明")).to_have_value("楼上装修")
    page.get_by_role("button", name="清空重填").click()


def test_whoever_stands_outside_the_grid_or_nobody_knows_where_is_told(mine: Phone, halves: Grids) -> None:
    page, (code, place) = mine.page, next(iter(halves.items()))
    mine.run("await ground.choose(argument)", code)
    expect(page.locator("#grid")).not_to_contain_text("您不在本网格内")
    mine.stand(shapely.Point(place.x + 0.1, place.y))
    expect(page.locator("#grid")).to_contain_text("您不在本网格内")
    mine.stand(shapely.Point(place.x + 0.1, place.y), accuracy=900)
    expect(page.locator("#grid")).not_to_contain_text("您不在本网格内")
    page.locator("#incident").click()
    page.get_by_role("button", name="乱停车").click()
    expect(page.locator(".where")).to_contain_text("可能落在别的网格")
    page.get_by_role("button", name="用地图中心").click()
    expect(page.locator(".where")).not_to_contain_text("可能落在别的网格")
    mine.stand(place)
