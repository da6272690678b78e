"""The cheapest tiling beside every choice of sets there is, and the parts of plans it is made of."""

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from gridmgmt.planning.partition.recombining import distinct_parts
from gridmgmt.planning.partition.tiling import cheapest_tiling

UNITS = 7


def random_sets(seed: int) -> tuple[csr_array, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """The parts of six random plans, each with a price of −1 to 1."""
    random = np.random.default_rng(seed)
    inside = distinct_parts(random.integers(0, 3, (6, UNITS)))
    return inside, random.uniform(-1, 1, inside.shape[0])


def least_price(inside: csr_array, prices: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """The least price of sets that hold every unit once, by trying all."""
    rows = inside.toarray()
    choices = (list(chosen) for count in range(1, UNITS + 1) for chosen in combinations(range(len(rows)), count))
    return min(float(prices[chosen].sum()) for chosen in choices if (rows[chosen].sum(axis=0) == 1).all())


@pytest.mark.parametrize("seed", range(12))
def test_no_other_choice_costs_less(seed: int) -> None:
    inside, prices = random_sets(seed)
    chosen = cheapest_tiling(inside, prices, 100.0)
    assert chosen is not None
    assert (inside[chosen].sum(axis=0) == 1).all()
    assert prices[chosen].sum() == pytest.approx(least_price(inside, prices))


@pytest.mark.parametrize("seed", range(4))
def test_what_is_known_is_not_found_again(seed: int) -> None:
    inside, prices = random_sets(seed)
    assert cheapest_tiling(inside, prices, least_price(inside, prices)) is None
    assert cheapest_tiling(inside, prices, least_price(inside, prices) + 0.001) is not None


def test_every_part_of_the_plans_is_there_once() -> None:
    plans = np.random.default_rng(3).integers(0, 4, (40, 5))
    parts = {frozenset(np.flatnonzero(plan == part).tolist()) for plan in plans for part in range(4)} - {frozenset()}
    inside = distinct_parts(plans)
    assert {frozenset(np.flatnonzero(row).tolist()) for row in inside.toarray()} == parts
    assert inside.shape[0] == len(parts)
