"""The demo's days of field work: plausible, never after now, the same for a seed, day by day."""

from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmgmt.demo.city import City
from gridmgmt.demo.life import Frames, Workload, field_work
from gridmgmt.field.day import LOCAL_ZONE, local_day
from gridmgmt.field.moves import Actor, Case, level_of, require_allowed, require_needs
from gridmgmt.field.workflow import Step, bundled, state_of

NOW = datetime(2026, 7, 1, 15, 0, tzinfo=LOCAL_ZONE)
LOAD = Workload(grids_per_patrol=2, grids_per_incident=1)


@pytest.fixture(scope="module")
def grids(small_city: City) -> gpd.GeoDataFrame:
    """The communities stand for the grids: fewer of them, the same columns."""
    boundaries = small_city.boundaries
    return boundaries[boundaries["level"] == "community"]


@pytest.fixture(scope="module")
def frames(small_city: City, grids: gpd.GeoDataFrame) -> Frames:
    return field_work(grids, small_city.streets, NOW, days=7, since=date(2006, 7, 1), workload=LOAD)


def test_seven_days_end_today(frames: Frames) -> None:
    days = frames["patrols"]["started_at"].map(local_day)
    assert days.min() == date(2026, 6, 25)
    assert days.max() == date(2026, 7, 1)
    assert days.nunique() == 7


def test_nothing_happens_after_now(frames: Frames) -> None:
    assert frames["patrols"]["ended_at"].max() < NOW
    assert frames["track_points"]["recorded_at"].max() < NOW
    assert frames["incidents"]["received_at"].max() <= NOW
    assert frames["incident_steps"]["at"].max() <= NOW


def test_patrols_last_and_are_fixed_as_phones_do(frames: Frames) -> None:
    minutes = (frames["patrols"]["ended_at"] - frames["patrols"]["started_at"]) / timedelta(minutes=1)
    assert minutes.between(15, 75).all()
    points = frames["track_points"]
    gaps = points.groupby("patrol_id")["recorded_at"].diff().dropna() / timedelta(seconds=1)
    assert gaps.median() == pytest.approx(12.5, abs=1)
    assert 0 < (gaps > 60).mean() < 0.02  # satellites lost
    assert set(points["patrol_id"]) == set(frames["patrols"]["id"])
    assert not points.duplicated(["patrol_id", "recorded_at", "seq"]).any()


def test_walks_follow_streets_with_noise(frames: Frames, small_city: City) -> None:
    streets = shapely.STRtree(small_city.streets.to_crs("EPSG:4547").geometry.to_numpy())
    points = frames["track_points"].to_crs("EPSG:4547").geometry.to_numpy()
    _, off = streets.query_nearest(points, return_distance=True, all_matches=False)
    assert 1 < np.median(off) < 6
    assert np.quantile(off, 0.9) < 15
    assert 0.002 < (off > 200).mean() < 0.02  # wild ones


def test_some_phones_tell_gcj02_and_lie_where_they_were(frames: Frames) -> None:
    points = frames["track_points"]
    assert set(points["crs"]) == {"wgs84", "gcj02"}
    assert points.groupby("patrol_id")["crs"].nunique().max() == 1


def test_incidents_follow_the_hours_of_the_day(frames: Frames) -> None:
    hours = frames["incidents"]["occurred_at"].map(lambda moment: moment.astimezone(LOCAL_ZONE).hour)
    assert (hours < 6).mean() < 0.2 < hours.between(7, 11).mean()


def test_everyone_has_a_grid_and_every_incident_lies_in_its_workers(frames: Frames, grids: gpd.GeoDataFrame) -> None:
    assert sorted(frames["worker_grids"]["grid_code"]) == sorted(grids["code"])
    assert set(frames["worker_grids"]["worker_code"]) == set(frames["workers"]["code"])
    home = frames["worker_grids"].set_index("worker_code")["grid_code"]
    shapes = grids.set_index("code").loc[home.loc[frames["incidents"]["worker_code"]], "geometry"].to_numpy()
    assert shapely.covers(shapes, frames["incidents"].geometry.to_numpy()).all()


def test_every_step_is_one_the_workflow_allows_and_some_incidents_are_open(frames: Frames) -> None:
    workflow = bundled("2026.1")
    keeper = Actor("demo", unbound=True)
    open_ones = 0
    for _, log in frames["incident_steps"].groupby("incident_id", sort=False):
        assert log["at"].is_monotonic_increasing
        steps: list[Step] = []
        for number, row in enumerate(log.itertuples(), start=1):
            holder = None if pd.isna(row.holder) else row.holder
            standing = state_of(steps, workflow)
            assert (standing is None) == (row.move == "report")
            if standing is not None:
                move = require_allowed(Case(standing, steps[0].holder, "demo"), workflow, keeper, row.move)
                require_needs(move, row.note, None)
                assert (holder is not None) == bool(move.holder)
                assert move.holder != "department" or level_of(holder) == "department"
            steps.append(Step(number, row.move, row.at, row.actor, holder, row.note))
        now = state_of(steps, workflow)
        assert now is not None
        open_ones += workflow.states[now.state].open
    assert 0 < open_ones < len(frames["incidents"])


def test_a_day_is_the_same_whenever_it_is_drawn(small_city: City, grids: gpd.GeoDataFrame, frames: Frames) -> None:
    again = field_work(grids, small_city.streets, NOW, days=2, workload=LOAD)
    assert again["workers"].empty
    last_two = frames["patrols"][frames["patrols"]["started_at"].map(local_day) >= date(2026, 6, 30)]
    pd.testing.assert_frame_equal(again["patrols"].reset_index(drop=True), last_two.reset_index(drop=True))


def test_just_after_midnight_is_a_day_too(small_city: City, grids: gpd.GeoDataFrame) -> None:
    early = datetime(2026, 6, 30, 17, 30, tzinfo=UTC)  # 01:30 in China
    frames = field_work(grids, small_city.streets, early, days=1, workload=LOAD)
    assert len(frames["patrols"]) > 0
    assert set(frames["patrols"]["started_at"].map(local_day)) == {date(2026, 7, 1)}
