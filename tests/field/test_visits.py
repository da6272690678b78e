"""Time at doors and in grids, worked out by hand."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.field.visits import stays, time_at_vertices

START = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)


def path(*vertices: tuple[int, float, float]) -> pd.DataFrame:
    """Rows of walk, arrival and leave in seconds."""
    walk, arrived, left = zip(*vertices, strict=True)
    moments = [[START + timedelta(seconds=s) for s in column] for column in (arrived, left)]
    return pd.DataFrame(
        {
            "walk": walk,
            "arrived_at": pd.to_datetime(moments[0], utc=True),
            "left_at": pd.to_datetime(moments[1], utc=True),
        }
    )


def test_a_stop_at_a_door_and_the_way_there() -> None:
    walk = path((0, 0, 0), (0, 100, 220), (0, 320, 320))
    stay = stays(walk, np.array([[-100.0, 0], [0, 0], [100, 0]]), np.array([[0.0, 5.0], [0.0, 500.0]]), 20.0)
    assert stay.place.tolist() == [0]
    chord = np.sqrt(20**2 - 5**2)
    assert stay.seconds[0] == pytest.approx(120 + 2 * chord)
    assert stay.arrived_us[0] == pytest.approx((START.timestamp() + 100 - chord) * 1e6, abs=2)


def test_a_gap_is_no_stay() -> None:
    walk = path((0, 0, 0), (1, 600, 600))
    stay = stays(walk, np.array([[0.0, 0], [0, 0]]), np.array([[0.0, 0.0]]), 20.0)
    assert stay.seconds.tolist() == [0.0]


def test_each_place_has_its_reach() -> None:
    walk = path((0, 0, 90))
    stay = stays(walk, np.array([[0.0, 0.0]]), np.array([[30.0, 0.0], [30.0, 0.0]]), np.array([20.0, 40.0]))
    assert stay.place.tolist() == [1]


def test_no_places_and_no_path() -> None:
    assert len(stays(path((0, 0, 9)), np.zeros((1, 2)), np.empty((0, 2)), 20.0).place) == 0
    assert len(stays(path((0, 0, 9)).iloc[:0], np.empty((0, 2)), np.zeros((1, 2)), 20.0).place) == 0


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 300), st.floats(0, 300)), min_size=1, max_size=12))
def test_all_time_of_the_walks_is_reckoned_once(rows: list[tuple[int, float, float]]) -> None:
    rows = sorted(rows)
    at = 0.0
    vertices = []
    for walk, way, rest in rows:
        vertices.append((walk, at + way, at + way + rest))
        at += way + rest
    walks = path(*vertices)
    spans = walks.groupby("walk").agg(start=("arrived_at", "min"), end=("left_at", "max"))
    seconds = time_at_vertices(walks)
    assert (seconds >= 0).all()
    assert seconds.sum() == pytest.approx((spans["end"] - spans["start"]).dt.total_seconds().sum(), abs=1e-3)
