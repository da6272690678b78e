"""Walks past places: the shortest by trying all, and never worse for a move that is known."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput
from gridmgmt.field.tour import shortest_walk, walk_length_m


def distances(places: list[tuple[int, int]]) -> np.ndarray:
    xy = np.array(places, dtype=float)
    return np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1))


places = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=6)


@settings(max_examples=60)
@given(places, st.booleans())
def test_few_places_get_the_shortest_walk_there_is(xy: list[tuple[int, int]], from_home: bool) -> None:
    between = distances(xy)
    start = distances([*xy, (0, 0)])[-1, :-1] if from_home else None
    order = shortest_walk(between, start)
    assert sorted(order) == list(range(len(xy)))
    shortest = min(walk_length_m(between, list(each), start) for each in permutations(range(len(xy))))
    assert walk_length_m(between, order, start) == pytest.approx(shortest)


@pytest.mark.parametrize("seed", range(5))
def test_search_comes_near_the_exact_walk(seed: int) -> None:
    xy = np.random.default_rng(seed).integers(0, 500, (11, 2)).tolist()
    between = distances(xy)
    exact = walk_length_m(between, shortest_walk(between))
    found = walk_length_m(between, shortest_walk(between, exact_stops=2))
    assert exact - 1e-9 <= found <= 1.15 * exact


def test_many_places_in_a_row_are_walked_in_a_row() -> None:
    xy = [(40 * number, 0) for number in np.random.default_rng(3).permutation(25)]
    assert walk_length_m(distances(xy), shortest_walk(distances(xy))) == pytest.approx(24 * 40)


def test_no_place_and_no_way() -> None:
    assert shortest_walk(np.empty((0, 0))) == []
    with pytest.raises(InvalidInput, match="finite"):
        shortest_walk(np.array([[0.0, np.inf], [np.inf, 0.0]]))
