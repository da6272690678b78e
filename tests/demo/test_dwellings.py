"""Whole numbers that add up."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gridmgmt.demo.dwellings import apportion, split

WEIGHTS = st.lists(st.floats(0.01, 1e4), min_size=1, max_size=40)


@given(weights=WEIGHTS, spare=st.integers(0, 10_000), least=st.integers(0, 5))
def test_shares_add_up_and_keep_the_minimum(weights: list[float], spare: int, least: int) -> None:
    total = least * len(weights) + spare
    given_out = apportion(total, np.array(weights), minimum=least)
    assert given_out.sum() == total
    assert given_out.min() >= least


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 12)), min_size=1, max_size=30))
def test_a_total_is_split_evenly(rows: list[tuple[int, int]]) -> None:
    totals, parts = (np.array(column) for column in zip(*rows, strict=True))
    shares = np.split(split(totals, parts), np.cumsum(parts)[:-1])
    for total, share in zip(totals, shares, strict=True):
        assert share.sum() == total
        assert np.ptp(share) <= 1
