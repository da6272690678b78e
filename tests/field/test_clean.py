"""Cleaning: what a walk is, whatever the phone did to it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.field import CleanSettings, clean_track
from gridmgmt.field.track_report import track_lines
from gridmgmt.geo.crs import wgs84_to_bd09, wgs84_to_gcj02
from gridmgmt.io.gpx import read_gpx

START = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)  # 09:00 in China
LON, LAT = 114.11, 22.54
DEGREE_M = 102_800.0  # one degree of longitude at 22.54° north, within 0.1 %
GPX = Path(__file__).parents[3] / "shared" / "data" / "gpx"


def walk(seconds: float = 600, every: float = 10, pace_m_s: float = 1.25, start: datetime = START) -> pd.DataFrame:
    """Straight to the east at a steady pace."""
    at = np.arange(0, seconds + 1e-9, every)
    times = pd.to_datetime([start + timedelta(seconds=float(s)) for s in at], utc=True)
    return pd.DataFrame({"time": times, "lon": LON + at * pace_m_s / DEGREE_M, "lat": LAT})


def reasons(report) -> dict[str, int]:  # type: ignore[no-untyped-def]
    return dict(report.dropped)


def test_a_clean_walk_is_kept_whole() -> None:
    report = clean_track(walk())
    assert report.points["kept"].all()
    assert report.points["reason"].isna().all()
    assert report.distance_m == pytest.approx(750, rel=2e-3)
    assert report.moving_s == 600
    assert (len(report.segments), len(report.stops), len(report.gaps)) == (1, 0, 0)


def test_the_input_rows_come_back_as_they_were() -> None:
    points = walk().assign(note="x").set_index(pd.Index([f"p{n}" for n in range(61)])).sample(frac=1, random_state=3)
    report = clean_track(points)
    pd.testing.assert_frame_equal(report.points[list(points.columns)], points)


def test_one_fix_is_a_patrol_and_none_is_an_empty_one() -> None:
    alone = clean_track(walk().iloc[:1])
    assert len(alone.segments) == 1
    assert alone.distance_m == 0.0
    assert alone.segments["geometry"].iloc[0].geom_type == "Point"
    empty = clean_track(walk().iloc[:0])
    assert (len(empty.points), len(empty.segments), empty.distance_m) == (0, 0, 0.0)


def test_a_spike_is_marked_and_adds_nothing() -> None:
    points = walk()
    points.loc[30, "lat"] += 0.05  # 5.5 km off within 10 s
    report = clean_track(points)
    assert reasons(report) == {"teleport": 1}
    assert report.points["reason"][30] == "teleport"
    assert report.distance_m == pytest.approx(750, rel=2e-3)


def test_a_short_island_away_from_the_walk_is_a_spike_too() -> None:
    points = walk()
    points.loc[30:33, "lat"] += 0.003  # 330 m off for 40 s
    assert reasons(clean_track(points)) == {"teleport": 4}


def test_what_was_ridden_is_no_walk_and_is_not_drawn_across() -> None:
    on_foot, ride = walk(300), walk(300, pace_m_s=15, start=START + timedelta(seconds=310))
    ride["lon"] += on_foot["lon"].iloc[-1] - LON
    after = walk(300, start=START + timedelta(seconds=620))
    after["lon"] += ride["lon"].iloc[-1] - LON
    report = clean_track(pd.concat([on_foot, ride, after], ignore_index=True))
    assert report.distance_m == pytest.approx(750, abs=30)
    assert reasons(report)["too_fast"] >= 27
    assert len(report.segments) == 2


def test_an_electric_bicycle_is_fine() -> None:
    report = clean_track(walk(pace_m_s=6.5))
    assert report.points["kept"].all()
    assert report.distance_m == pytest.approx(3900, rel=2e-3)


def test_a_gap_is_unknown() -> None:
    points = walk()
    report = clean_track(points.drop(index=range(20, 40)))
    assert len(report.segments) == 2
    assert report.stops.empty
    assert report.gaps["seconds"].tolist() == [210.0]
    assert report.distance_m == pytest.approx(750 - 210 * 1.25, rel=5e-3)
    assert report.moving_s == 390


def test_two_days_are_never_joined() -> None:
    late = datetime(2026, 7, 10, 15, 58, tzinfo=UTC)  # 23:58 in China
    report = clean_track(walk(240, start=late))
    assert len(report.segments) == 2
    assert report.distance_m == pytest.approx(240 * 1.25 - 12.5, rel=5e-3)


def test_segments_of_a_source_are_never_joined() -> None:
    points = walk().assign(segment=np.repeat([0, 1], [30, 31]))
    assert clean_track(points).distance_m == pytest.approx(750 - 12.5, rel=2e-3)


def test_jitter_at_one_place_is_one_stop_without_way() -> None:
    rng = np.random.default_rng(5)
    jitter = walk(600, every=5, pace_m_s=0)
    jitter["lon"] += rng.normal(0, 4, len(jitter)) / DEGREE_M
    jitter["lat"] += rng.normal(0, 4, len(jitter)) / 110_750
    report = clean_track(jitter)
    assert len(report.stops) == 1
    assert report.stops["seconds"].tolist() == [600.0]
    assert report.distance_m == 0.0
    assert report.moving_s == 0.0


def test_poor_accuracy_widens_the_stop() -> None:
    rng = np.random.default_rng(5)
    jitter = walk(600, every=5, pace_m_s=0).assign(accuracy=45.0)
    jitter["lon"] += rng.normal(0, 12, len(jitter)) / DEGREE_M
    assert len(clean_track(jitter).stops) == 1


def test_faults_of_one_fix() -> None:
    points = walk().assign(accuracy=8.0, mock=False)
    points.loc[5, ["lon", "lat"]] = 0.0
    points.loc[6, "accuracy"] = 80.0
    points.loc[7, "mock"] = True
    points.loc[8, "accuracy"] = -1.0  # unknown
    report = clean_track(points)
    assert report.points["reason"][5:8].tolist() == ["no_fix", "inaccurate", "mock"]
    assert reasons(report) == {"no_fix": 1, "inaccurate": 1, "mock": 1}
    assert reasons(clean_track(points, CleanSettings(accuracy_limit_m=100.0))) == {"no_fix": 1, "mock": 1}


def test_only_on_duty() -> None:
    duty = [(START, START + timedelta(seconds=300))]
    assert reasons(clean_track(walk(), duty=duty)) == {"off_duty": 30}


def test_a_later_gpx_of_the_same_walk_counts_once() -> None:
    live = walk().assign(source="osmand", accuracy=6.0)
    live["time"] += pd.to_timedelta(np.linspace(0, 0.9, len(live)), unit="s")
    gpx = live.assign(source="gpx", accuracy=np.nan, time=live["time"].dt.floor("s"), lon=live["lon"].round(6))
    once, both = clean_track(live), clean_track(pd.concat([gpx, live], ignore_index=True))
    assert both.distance_m == pytest.approx(once.distance_m, rel=1e-3)
    assert reasons(both) == {"duplicate": 61}


def test_a_copy_without_accuracy_does_not_save_a_bad_fix() -> None:
    live = walk().assign(source="osmand", accuracy=6.0)
    live.loc[9, "accuracy"] = 500.0
    both = clean_track(pd.concat([live, live.assign(source="gpx", accuracy=np.nan)], ignore_index=True))
    assert both.points["reason"][9] == "inaccurate"
    assert both.points["reason"][70] == "duplicate"


def test_two_apps_beside_each_other_count_once() -> None:
    one, other = walk().assign(source="overland"), walk().assign(source="owntracks")
    other["time"] += timedelta(seconds=4)
    other["lat"] += 12 / 110_750
    report = clean_track(pd.concat([one, other], ignore_index=True))
    assert report.distance_m == pytest.approx(750, rel=0.03)


def test_a_second_source_fills_the_gap_of_the_first() -> None:
    one, other = walk().drop(index=range(10, 50)).assign(source="a"), walk().assign(source="b")
    report = clean_track(pd.concat([one, other], ignore_index=True))
    assert report.distance_m == pytest.approx(750, rel=3e-3)


def test_points_say_in_which_system_they_are() -> None:
    plain = walk()
    gcj_lon, gcj_lat = wgs84_to_gcj02(plain["lon"], plain["lat"])
    bd_lon, bd_lat = wgs84_to_bd09(plain["lon"], plain["lat"])
    mixed = plain.assign(crs=np.resize(["wgs84", "gcj02", "bd09"], len(plain)))
    mixed["lon"] = np.choose(np.arange(61) % 3, [plain["lon"], gcj_lon, bd_lon])
    mixed["lat"] = np.choose(np.arange(61) % 3, [plain["lat"], gcj_lat, bd_lat])
    report = clean_track(mixed)
    assert report.points["kept"].all()
    assert report.distance_m == pytest.approx(clean_track(plain).distance_m, rel=1e-6)


@pytest.mark.parametrize("shifted", [slice(20, 39), slice(0, 25), slice(40, 60), slice(7, 7)])
def test_a_jump_along_the_gcj_vector_is_suspected(shifted: slice) -> None:
    points = walk()
    lon, lat = wgs84_to_gcj02(points["lon"], points["lat"])
    rows = points.index[shifted.start : shifted.stop + 1]
    points.loc[rows, "lon"], points.loc[rows, "lat"] = lon[rows], lat[rows]
    report = clean_track(points)
    assert reasons(report) == {"suspected_crs": len(rows)}
    assert (report.points.loc[rows, "reason"] == "suspected_crs").all()


def test_a_copy_in_the_wrong_system_is_suspected_beside_the_right_one() -> None:
    right = walk().assign(source="z")
    lon, lat = wgs84_to_gcj02(right["lon"], right["lat"])
    wrong = right.assign(lon=lon, lat=lat, source="a", time=right["time"] + timedelta(seconds=2))
    report = clean_track(pd.concat([wrong, right], ignore_index=True))
    assert report.points["kept"][61:].all()
    assert not report.points["kept"][:61].any()


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("lon", np.nan, "Row 4: lon nan"),
        ("lat", 91.0, "Row 4: lat 91"),
        ("time", pd.NaT, "Row 4"),
        ("crs", "mars", "Row 4: 'mars'"),
    ],
)
def test_a_fault_is_named_with_its_row(column: str, value: object, fault: str) -> None:
    points = walk().assign(crs="wgs84")
    points.loc[4, column] = value
    with pytest.raises(InvalidInput, match=fault):
        clean_track(points)


def test_times_need_a_zone_and_columns_their_names() -> None:
    points = walk()
    with pytest.raises(InvalidInput, match="no time zone"):
        clean_track(points.assign(time=points["time"].dt.tz_localize(None)))
    with pytest.raises(InvalidInput, match="is no time"):
        clean_track(points.assign(time="2026-07-01"))
    with pytest.raises(UnknownColumn, match="lon"):
        clean_track(points.rename(columns={"lon": "longitude"}))
    with pytest.raises(InvalidInput, match="no number"):
        clean_track(points.assign(lon="east"))


@st.composite
def dirty_tracks(draw: st.DrawFn) -> pd.DataFrame:
    """Walks with everything that goes wrong: jitter, spikes, rides, gaps, repeats, bad accuracy, other systems."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(1, 60))
    every = rng.choice(
        [0.0, 0.4, 1.0, 10.0, 25.0, 70.0, 200.0, 40_000.0], count, p=[0.05, 0.1, 0.3, 0.3, 0.1, 0.1, 0.04, 0.01]
    )
    pace = rng.choice([0.0, 1.2, 5.0, 14.0, 90.0]) * np.ones(count)
    pace[rng.random(count) < 0.2] = rng.choice([0.0, 1.2, 14.0])
    east = np.cumsum(pace * every) + rng.normal(0, 5, count)
    off = rng.random(count) < draw(st.sampled_from([0.0, 0.1, 0.5]))
    east[off] += rng.choice([-5000.0, -300.0, 60.0, 300.0, 1e6], off.sum())
    lon, lat = LON + east / DEGREE_M, LAT + rng.normal(0, 5, count) / 110_750
    shifted = rng.random(count) < draw(st.sampled_from([0.0, 0.3]))
    lon, lat = (
        np.where(shifted, there, here) for there, here in zip(wgs84_to_gcj02(lon, lat), (lon, lat), strict=True)
    )
    return pd.DataFrame(
        {
            "time": pd.to_datetime([START + timedelta(seconds=float(s)) for s in np.cumsum(every)], utc=True),
            "lon": np.clip(lon, -180, 180),
            "lat": lat,
            "accuracy": rng.choice([np.nan, 4.0, 30.0, 49.0, 90.0, -1.0], count),
            "source": rng.choice(["gpx", "live"], count) if draw(st.booleans()) else "live",
            "segment": rng.integers(0, 2, count) if draw(st.booleans()) else 0,
            "mock": rng.random(count) < 0.03,
        }
    )


@settings(max_examples=60)
@given(dirty_tracks(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_batches_means_nothing(points: pd.DataFrame, chance) -> None:  # type: ignore[no-untyped-def]
    report = clean_track(points)
    rows = list(points.index)
    chance.shuffle(rows)
    again = clean_track(points.loc[rows])
    pd.testing.assert_frame_equal(again.points.loc[points.index], report.points)
    assert again.distance_m == report.distance_m
    pd.testing.assert_frame_equal(again.segments, report.segments)
    cut = chance.randrange(len(rows) + 1)
    batches = pd.concat([points.loc[sorted(rows[cut:])], points.loc[sorted(rows[:cut])]])
    assert clean_track(batches).distance_m == report.distance_m


@settings(max_examples=60)
@given(dirty_tracks(), st.randoms(use_true_random=False))
def test_rows_that_come_again_change_nothing(points: pd.DataFrame, chance) -> None:  # type: ignore[no-untyped-def]
    report = clean_track(points)
    again = points.loc[[row for row in points.index for _ in range(chance.randrange(1, 4))]]
    repeated = clean_track(again.reset_index(drop=True))
    assert repeated.distance_m == report.distance_m
    assert repeated.points["kept"].sum() == report.points["kept"].sum()
    pd.testing.assert_frame_equal(repeated.stops, report.stops)


@settings(max_examples=60)
@given(dirty_tracks())
def test_cleaning_the_clean_changes_nothing(points: pd.DataFrame) -> None:
    report = clean_track(points)
    again = clean_track(report.points[report.points["kept"]])
    assert again.points["kept"].all()
    assert again.distance_m == report.distance_m
    assert again.moving_s == report.moving_s


@pytest.mark.skipif(not GPX.exists(), reason="the shared GPX files are not here")
@pytest.mark.parametrize(
    ("name", "km", "kept"),
    [
        ("korita-zbevnica.gpx", (5.5, 7.0), 1.0),  # a hike of 3 h 43 min
        ("cerknicko-jezero.gpx", (4.0, 5.5), 0.8),  # on foot, with a ride
        ("around-visnjan-with-car.gpx", (0.2, 0.8), 0.5),  # by car, with walks at both ends
        ("Mojstrovka.gpx", (0.0, 0.05), 0.0),  # 184 fixes of one and the same second
    ],
)
def test_real_tracks_come_out_plausible(name: str, km: tuple[float, float], kept: float) -> None:
    track = read_gpx((GPX / name).read_bytes(), name)
    points = pd.DataFrame({"time": track.recorded_at, "lon": track.lon, "lat": track.lat, "segment": track.segment})
    report = clean_track(points)
    assert km[0] <= report.distance_m / 1000 <= km[1]
    assert report.points["kept"].mean() >= kept
    assert report.distance_m <= 8.0 * report.moving_s + 50


def test_walks_are_never_joined() -> None:
    points = shapely.points([[0, 0], [10, 0], [500, 0], [510, 0], [900, 0]])
    lines = track_lines(points, np.array([0, 0, 1, 1, 2]))
    assert [line.geom_type for line in lines] == ["LineString", "LineString", "Point"]
    assert shapely.length(lines).tolist() == [10, 10, 0]
