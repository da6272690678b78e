"""The foundation on the full demo district: our way beside the usual way, in one run. Writes nothing that stays.

./run exec python benchmarks/district.py
"""

import math
import statistics
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

import geopandas
from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from gridmgmt.field.day import LOCAL_ZONE, local_day
from gridmgmt.planning import coverage
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.field import coverage_frame, overview
from gridmgmt.services.tiles import boundaries_geojson, tile
from gridmgmt.services.units import barriers_frame, buildings_frame, stations_at, streets_frame
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import Building

DAY = date(2006, 9, 1)
RUNS = 5
PLACE = (114.122, 22.548)  # 东门: the densest quarter


def median_s(action: Callable[[], object], runs: int = RUNS) -> float:
    """Median wall time in s after one warm-up."""
    action()
    return statistics.median(timed(action) for _ in range(runs))


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def row(what: str, ours_s: float, peer: str = "", peer_s: float | None = None) -> None:
    ratio = "" if peer_s is None else f"{peer_s / ours_s:.1f} ×"
    beside = "" if peer_s is None else f"{peer} {1000 * peer_s:,.0f} ms"
    print(f"| {what} | {1000 * ours_s:,.0f} ms | {beside} | {ratio} |")


def copying(session: Session, buildings: geopandas.GeoDataFrame) -> None:
    session.execute(text("create temporary table copied (like building including constraints including indexes)"))
    target = Table("copied", Building.metadata.__class__(), *(c._copy() for c in Building.__table__.columns))

    def ours() -> None:
        session.execute(text("truncate copied"))
        copy_frame(session, target, buildings)

    def geopandas_way() -> None:
        buildings.to_postgis("bench_to_postgis", session.connection(), if_exists="replace")

    row(
        f"{len(buildings):,} buildings into PostGIS, CHECKs and GiST",
        median_s(ours),
        "to_postgis",
        median_s(geopandas_way),
    )


def serving(session: Session) -> None:
    sql = "select code, name, households, geom from boundary where level = 'grid'"
    peer = median_s(lambda: geopandas.read_postgis(sql, session.connection()).to_json())
    row(
        "all grids as GeoJSON",
        median_s(lambda: boundaries_geojson(session, "grid", DAY)),
        "read_postgis().to_json()",
        peer,
    )
    for zoom in (12, 13, 14, 15, 16):
        x, y = tile_at(zoom, *PLACE)
        size = len(tile(session, "grid", zoom, x, y, DAY))
        row(
            f"one tile of grids at z{zoom} ({size:,} bytes)",
            median_s(partial(tile, session, "grid", zoom, x, y, DAY), 20),
        )


def tile_at(zoom: int, lon: float, lat: float) -> tuple[int, int]:
    """Column and row of the Web Mercator tile that holds a place."""
    turns = math.asinh(math.tan(math.radians(lat))) / math.tau
    return int((lon / 360 + 0.5) * 2**zoom), int((0.5 - turns) * 2**zoom)


def field_work(session: Session) -> None:
    now = datetime.now(LOCAL_ZONE)
    row("the situation: incidents, patrols, days since a visit", median_s(lambda: overview(session, now)))
    today = local_day(now)
    row(
        "a week's patrol coverage by grid",
        median_s(lambda: coverage_frame(session, today - timedelta(6), today), 3),
    )


def walking(session: Session, buildings: geopandas.GeoDataFrame) -> None:
    streets, barriers, stations = streets_frame(session), barriers_frame(session), stations_at(session, DAY)
    households = int(buildings["households"].sum())
    action = lambda: coverage(buildings, streets, stations, barriers)  # noqa: E731
    row(f"walking distance of {households:,} households to stations", median_s(action, 3))


def main() -> None:
    with transaction() as session:
        buildings = buildings_frame(session)
        print(f"{len(boundaries_at(session, 'grid', DAY)):,} grids, {len(buildings):,} buildings\n")
        print("| what | median | peer in the same run | ratio |\n|---|---|---|---|")
        copying(session, buildings)
        serving(session)
        walking(session, buildings)
        field_work(session)
        session.rollback()


if __name__ == "__main__":
    main()
