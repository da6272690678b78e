"""200 records with photos, made without a network, by a reload, a crash and kill -9 of the application: once each."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import shapely
from playwright.sync_api import Browser
from sqlalchemy import func, select

from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import Incident, IncidentPhoto, Photo
from tests.api.halves import Grids
from tests.browser.phones import Application, Phone, count, free_port, new_worker, phone

RECORDS = 200
KILLS = 2
MAKE = """
const draw = async (number) => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [64, 48];
  const pen = canvas.getContext('2d');
  for (let spot = 0; spot < 8; spot++) {
    pen.fillStyle = `hsl(${number * 7 + spot * 45} 80% 50%)`;
    pen.fillRect(spot * 8, (number * (spot + 3)) % 48, 8, 24);
  }
  pen.fillText(String(number), 4, 40);
  return new Promise((done) => canvas.toBlob(done, 'image/png'));
};
for (let number = argument.from; number < argument.to; number++) {
  const taken = await photo.prepare(await draw(number));
  const place = { lon: argument.x, lat: argument.y };
  const body = { category: 'rubbish', text: `record ${number}`, ...place, occurred_at: new Date().toISOString() };
  if (!await incident.report(body, [taken])) throw new Error('the phone is full');
}
"""


@pytest.fixture
def application(small_district: str) -> Iterator[Application]:
    one = Application(small_district, free_port())
    try:
        one.start()
        yield one
    finally:
        one.kill()


@contextmanager
def stairwell(one: Phone, place: shapely.Point) -> Iterator[Any]:
    one.stand(place)
    one.learnt()
    one.offline()
    yield lambda first, last: one.run(MAKE, {"from": first, "to": last, "x": place.x, "y": place.y})
    one.online()


def test_two_hundred_records_with_photos_arrive_once(
    browser: Browser, application: Application, small_district: str, halves: Grids
) -> None:
    code, place = next(iter(halves.items()))
    sign = new_worker(small_district, "zhao", "W001", code)
    before = count(small_district, Incident, IncidentPhoto)
    with phone(browser, application.address) as one:
        one.stand(place)
        one.sign_in(sign)
        with stairwell(one, place) as make:
            make(0, RECORDS // 2)
            one.page.reload()
            one.ready()
            make(RECORDS // 2, RECORDS)
            one.crash()
            one.open()
            one.ready()
            assert one.unsent() == RECORDS
        for kill in range(KILLS):
            wait_for(one, RECORDS * (KILLS - kill) // (KILLS + 1))
            application.kill()
            assert one.unsent() > 0
            application.start()
            one.run("sync.drain()")
        wait_for(one, 0)
        assert count(small_district, Incident, IncidentPhoto) == {
            name: number + RECORDS for name, number in before.items()
        }
        one.watch.console = [line for line in one.watch.console if not re.search(r"ERR_|503", line)]
        one.require_silence()
    with transaction(small_district) as session:
        texts = session.scalars(select(Incident.text).where(Incident.text.like("record %"))).all()
        assert sorted(texts) == sorted(f"record {number}" for number in range(RECORDS))
        assert session.scalar(select(func.count(Photo.sha256.distinct()))) == RECORDS


def wait_for(one: Phone, left: int) -> None:
    """Until at most so many are left; what failed is tried at once, not in its own time."""
    for _ in range(600):
        if one.unsent() <= left:
            return
        one.page.wait_for_timeout(400)
        one.run("for (const row of await outbox.waiting()) if (row.tries) await outbox.retry(row); sync.drain()")
    raise AssertionError(one.run("return (await outbox.waiting()).slice(0, 3)"))
