"""Plans of the parts of several plans: every unit once, no name twice, fewer on the move."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array

from gridmgmt.planning.budget import UNLIMITED, Budget
from gridmgmt.planning.metrics import not_contiguous
from gridmgmt.planning.partition.problem import IntArray, Problem, make_problem
from gridmgmt.planning.resizing.found import measured
from gridmgmt.planning.resizing.recombining import Seen
from tests.planning.boards import board

ROWS, COLUMNS, LOW, HIGH = 2, 6, 3, 6


def problem_of(home: list[int], weights: list[int] | None = None, locks: list[int] | None = None) -> Problem:
    """A problem on twelve squares of a household each, or of so many."""
    graph = board(ROWS, COLUMNS)
    return make_problem(
        graph, weights or [1] * ROWS * COLUMNS, LOW, HIGH, None, None, ("moved",), locks, np.array(home), graph,
        None, None, None,
    )  # fmt: skip


def plan(rows: str) -> IntArray:
    """Labels of the squares, row by row."""
    return np.array([int(label) for label in rows.split()[0] + rows.split()[1]])


def covers(problem: Problem, plans: list[IntArray]) -> list[list[int]]:
    """Every choice of parts in the range, as bits, that holds each unit once."""
    parts = {sum(1 << int(unit) for unit in np.flatnonzero(one == label)) for one in plans for label in np.unique(one)}
    fit = [part for part in parts if LOW <= sum(w for u, w in enumerate(problem.weights) if part >> u & 1) <= HIGH]

    def after(taken: int) -> list[list[int]]:
        if taken == (1 << problem.size) - 1:
            return [[]]
        first = next(unit for unit in range(problem.size) if not taken >> unit & 1)
        here = [part for part in fit if part >> first & 1 and not part & taken]
        return [[part, *others] for part in here for others in after(taken | part)]

    return after(0)


def least_moved(problem: Problem, cover: list[int]) -> int:
    """Households that move where the parts bear the best names."""
    masks = np.array([[part >> unit & 1 for unit in range(problem.size)] for part in cover])
    kept = np.array([(masks * (problem.home == name)) @ problem.weights for name in range(problem.home.max() + 1)])
    rows, columns = linear_sum_assignment(kept, maximize=True)
    return int(problem.total - kept[rows, columns].sum())


def test_what_is_good_in_different_corners_is_brought_together() -> None:
    problem = problem_of(plan("000111 222333").tolist())
    top, bottom = plan("000111 222222"), plan("000000 222333")  # each keeps one row and joins the other
    seen = Seen(problem)
    seen.add([top])
    assert seen.recombined((top, 3), UNLIMITED) is None
    seen.add([bottom])
    found = seen.recombined((top, 3), UNLIMITED)
    assert found is not None
    assert (found == plan("000111 222333")).all()


def test_nothing_better_is_nothing() -> None:
    problem = problem_of(plan("000111 222333").tolist())
    seen = Seen(problem)
    assert seen.recombined(None, UNLIMITED) is None
    today = plan("000111 222333")
    seen.add([today])
    assert seen.recombined((today, 0), UNLIMITED) is None
    assert len(seen) == 4


def test_a_part_bears_the_name_it_bore_where_the_best_one_is_taken() -> None:
    """Both halves of a community that is too large keep most under its name; one of them bore the other's."""
    problem = problem_of(plan("000001 000001").tolist())
    halves = plan("000111 000111")
    seen = Seen(problem)
    seen.add([halves])
    found = seen.recombined(None, UNLIMITED)
    assert found is not None
    assert (found == halves).all()


def test_a_spent_budget_ends_in_nothing_rather_than_in_half_a_plan() -> None:
    problem = problem_of(plan("000111 222333").tolist())
    seen = Seen(problem)
    seen.add([plan("000111 222333")])
    found = seen.recombined(None, Budget(deadline=0.0))
    assert found is None or (measured(problem, found).moved, measured(problem, found).violation) == (0, 0)


cuts = st.lists(st.integers(0, 4), min_size=12, max_size=12)


@settings(max_examples=40)
@given(cuts, st.lists(cuts, min_size=2, max_size=5), st.lists(st.integers(0, 2), min_size=12, max_size=12))
def test_it_lies_between_the_plans_and_the_best_of_their_parts(
    home: list[int], drawn: list[list[int]], weights: list[int]
) -> None:
    problem = problem_of(np.unique(home, return_inverse=True)[1].tolist(), weights)
    graph = csr_array(problem.graph)
    plans = [one for one in map(np.array, drawn) if not_contiguous(graph, one) == 0]
    named = [measured(problem, one).labels for one in plans]
    seen = Seen(problem)
    seen.add(named)
    found = seen.recombined(None, UNLIMITED)
    fit = [one for one in (measured(problem, labels) for labels in named) if one.violation == 0]
    if found is None:
        assert not fit
        return
    answer = measured(problem, found)
    assert answer.violation == 0
    assert not_contiguous(graph, found) == 0
    assert min(least_moved(problem, one) for one in covers(problem, plans)) <= answer.moved
    assert all(answer.moved <= one.moved for one in fit)
    assert seen.recombined((answer.labels, answer.moved), UNLIMITED) is None
