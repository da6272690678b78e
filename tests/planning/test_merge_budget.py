"""A plan of stations keeps its budget: solvers are given what is left, none begins beyond it, progress is told."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from geopandas import GeoDataFrame
from ortools.linear_solver import pywraplp

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merge import station_pools
from gridmgmt.planning.merging import columnchoice, largeplan, largepool, sitemodel, stations
from gridmgmt.planning.merging.groups import Pool
from gridmgmt.planning.merging.largeplan import SHORT
from gridmgmt.planning.merging.listing import UNLIMITED
from gridmgmt.planning.merging.poolplan import PoolPlan
from gridmgmt.planning.merging.prices import Goal, site_order
from gridmgmt.planning.merging.sitesearch import SiteSearch
from gridmgmt.planning.partition import partition
from tests.planning.test_merge import blocks


@dataclass(frozen=True)
class Questions(Budget):
    """A budget of so many questions in place of a clock: what is left are the questions, as seconds."""

    most: int = 0
    asked: list[bool] = field(default_factory=list)

    def spent(self) -> bool:
        self.asked.append(len(self.asked) >= self.most)
        return self.asked[-1]

    def left_s(self) -> float:
        return max(0.01, float(self.most - len(self.asked)))

    @property
    def over(self) -> bool:
        return bool(self.asked) and self.asked[-1]


def pool_of(goals: tuple[Goal, ...], count: int = 30) -> Pool:
    rng = np.random.default_rng(7)
    frame = blocks(rng.integers(900, 1900, count).tolist(), 6).assign(
        kind=rng.choice(["x", "y", "z"], count), lacks=100 * rng.integers(0, 9, count)
    )
    [where] = station_pools(frame, parent=None, kinds="kind", upgrade="lacks")
    return replace(where.pool, order=site_order(goals[1:]))


def planned(pool: Pool, goals: tuple[Goal, ...], budget: Budget, short: int) -> PoolPlan:
    found = largeplan._planned(pool, goals, budget, 0, None, short)
    assert found is not None
    assert sum(group.mask for group in found.groups) == (1 << len(pool)) - 1
    return found


CASES: list[tuple[tuple[Goal, ...], int]] = [
    (("violation", "stations", "walk"), SHORT),
    (("violation", "stations", "walk"), 0),
    (("violation", "type"), SHORT),
    (("violation", "upgrade"), SHORT),
]


@pytest.fixture(scope="module")
def starting() -> Callable[..., Any]:
    """The engine's `partition`, which is asked for the start of the same pool by every case, each question once.

    Its work does not depend on the seconds it is given, as long as there are any.
    """
    answers: dict[Any, Any] = {}

    def asked(graph: Any, loads: list[int], *, locks: Any, time_limit_s: float, so_far: Any, **more: Any) -> Any:
        key = graph.indices.tobytes(), tuple(loads), tuple(locks), time_limit_s > 0, tuple(sorted(more.items()))
        if key not in answers:
            answers[key] = partition(graph, loads, locks=locks, time_limit_s=time_limit_s, so_far=so_far, **more)
        return answers[key]

    return asked


def watch(patch: pytest.MonkeyPatch, budget: Questions, starting: Callable[..., Any]) -> list[tuple[str, float, bool]]:
    """What is called meanwhile: its name, the seconds it is given, and whether the budget was spent already."""
    calls: list[tuple[str, float, bool]] = []

    def watched(owner: Any, name: str, seconds: Any) -> None:
        real = getattr(owner, name)

        def call(*arguments: Any, **named: Any) -> Any:
            calls.append((name, seconds(*arguments, **named), budget.over))
            return real(*arguments, **named)

        patch.setattr(owner, name, call)

    patch.setattr(largepool, "partition", starting)
    watched(columnchoice, "milp", lambda *_, **named: named["options"]["time_limit"])
    watched(largepool, "partition", lambda *_, **named: named["time_limit_s"])
    watched(pywraplp.Solver, "SetTimeLimit", lambda _, milliseconds: milliseconds / 1000)
    watched(pywraplp.Solver, "Solve", lambda *_: 0.0)
    watched(SiteSearch, "_searched", lambda *_: 0.0)
    watched(sitemodel.cp_model.CpSolver, "solve", lambda solver, _: solver.parameters.max_time_in_seconds)
    return calls


@pytest.mark.parametrize(("goals", "short"), CASES)
@pytest.mark.parametrize("most", [0, 3, 20, 60])
def test_no_solver_begins_when_the_budget_is_spent(
    monkeypatch: pytest.MonkeyPatch, starting: Callable[..., Any], goals: tuple[Goal, ...], short: int, most: int
) -> None:
    pool, budget = pool_of(goals), Questions(most=most)
    calls = watch(monkeypatch, budget, starting)
    found = planned(pool, goals, budget, short)
    late = {name for name, _, over in calls if over and name != "partition"}  # without a plan there is nothing to keep
    assert not late
    assert all(seconds <= most for name, seconds, _ in calls if name != "partition")
    assert all(0 <= bound <= value for bound, value in zip(found.bounds, found.values, strict=True))


@pytest.mark.parametrize(("goals", "short"), CASES)
def test_every_solver_is_given_what_is_left(
    monkeypatch: pytest.MonkeyPatch, starting: Callable[..., Any], goals: tuple[Goal, ...], short: int
) -> None:
    budget = Questions(most=5000)
    calls = watch(monkeypatch, budget, starting)
    planned(pool_of(goals), goals, budget, short)
    given = [(name, seconds) for name, seconds, _ in calls if name not in ("Solve", "_searched")]
    assert given
    assert all(0 < seconds <= 5000 for _, seconds in given)
    assert [name for name, _, _ in calls].count("Solve") == [name for name, _ in given].count("SetTimeLimit")


@pytest.mark.parametrize(("goals", "short"), CASES)
def test_a_large_pool_tells_the_goal_in_hand(goals: tuple[Goal, ...], short: int) -> None:
    told: list[tuple[float, float]] = []
    budget = replace(UNLIMITED, so_far=lambda value, bound: told.append((value, bound)))
    found = planned(pool_of(goals), goals, budget, short)
    assert (found.values[-1], found.bounds[-1]) in told
    assert all(bound <= value for value, bound in told)


def test_the_pieces_of_a_pool_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def noted(*arguments: Any) -> PoolPlan | None:
        given.append(next(one for one in arguments if isinstance(one, Budget)).deadline)
        return real(*arguments)

    real = stations._plan_connected
    monkeypatch.setattr(stations, "_plan_connected", noted)
    frame = blocks([4000] * 12, 3)
    apart = GeoDataFrame(pd.concat([frame, frame.assign(geometry=frame.translate(1e5))], ignore_index=True))
    [where] = station_pools(apart, parent=None)
    deadline = time.monotonic() + 600
    assert stations.plan_pool(where.pool, budget=Budget(deadline=deadline)) is not None
    assert given == [deadline, deadline]
