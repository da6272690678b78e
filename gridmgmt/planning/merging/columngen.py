"""The linear relaxation of set partitioning over millions of listed groups: column generation with a bound.

min Σ c_G·x_G, every community in one chosen group, earlier goals held. The relaxation is solved over a few thousand
columns; each round prices *all* listed columns with dual prices smoothed towards the best ones so far (Wentges 1997),
so that the bound

    Σ_u π_u + Σ_h σ_h·v_h + K·min(0, min_G reduced(G)),    K: most stations a plan can have,

holds whenever the rounds end, not only at convergence.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

from gridmgmt.planning.merging.columnkernels import even_prices, reduced_costs
from gridmgmt.planning.merging.listing import NOBODY

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Members = NDArray[np.uint16]

ROUNDS = 400
ENTERING = 600  # columns that enter the relaxation in one round
SMOOTHING = 0.7  # how near the best prices so far a round prices
ZERO = 1e-6
AS_BEFORE = pywraplp.MPSolverParameters()
AFRESH = pywraplp.MPSolverParameters()  # without the basis of the solution before, from which GLOP now and then fails
AFRESH.SetIntegerParam(AFRESH.INCREMENTALITY, AFRESH.INCREMENTALITY_OFF)


@dataclass
class Relaxation:
    """The linear relaxation over some columns: cost, and rows `extra` of coefficients with Σ extra·x ≤ limit."""

    size: int
    members: Members
    cost: Floats
    most: int  # stations a plan can have at the most
    extra: list[Floats] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)

    def subset(self, rows: Ints) -> "Relaxation":
        """The same over fewer columns."""
        some = [coefficients[rows] for coefficients in self.extra]
        return Relaxation(self.size, self.members[rows], self.cost[rows], self.most, some, list(self.limits))

    def reduced(self, prices: Floats) -> Floats:
        """(columns,) the reduced costs under prices of the communities and then of the extra rows."""
        found: Floats = reduced_costs(self.members, self.cost, prices[: self.size])
        for coefficients, price in zip(self.extra, prices[self.size :], strict=True):
            if price:
                found -= price * coefficients
        return found

    def bound(self, prices: Floats, reduced: Floats) -> float:
        """The Lagrangian bound of some prices; valid for every cover."""
        held = float(np.dot(prices[self.size :], self.limits)) if self.limits else 0.0
        return float(prices[: self.size].sum()) + held + self.most * min(0.0, float(reduced.min()))


@dataclass(frozen=True)
class Relaxed:
    """A bound, the reduced costs that belong to it, the active columns and their share in the relaxed plan."""

    bound: float
    reduced: Floats
    active: Ints
    share: Floats


class Programme:
    """The restricted linear programme; columns may be added between solutions (GLOP keeps its basis)."""

    def __init__(self, relaxation: Relaxation, scale: float) -> None:
        self._relaxation, self._scale = relaxation, scale
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        covers = [self._solver.Constraint(1.0, 1.0) for _ in range(relaxation.size)]
        held = [self._solver.Constraint(-self._solver.infinity(), limit) for limit in relaxation.limits]
        self._rows = [*covers, *held]
        self._objective = self._solver.Objective()
        self._objective.SetMinimization()
        self._columns: list[pywraplp.Variable] = []
        self._solved = False
        for row in covers:  # nobody serves a community, at a price nobody pays
            self._objective.SetCoefficient(self._variable([row], [1.0]), 10 * float(relaxation.cost.max()) / scale + 10)

    def _variable(self, rows: Sequence[pywraplp.Constraint], coefficients: Sequence[float]) -> pywraplp.Variable:
        variable = self._solver.NumVar(0.0, self._solver.infinity(), "")
        for row, coefficient in zip(rows, coefficients, strict=True):
            row.SetCoefficient(variable, coefficient)
        return variable

    def add(self, columns: Ints) -> None:
        """Columns of the relaxation, by number."""
        for column in columns.tolist():
            members = [int(member) for member in self._relaxation.members[column] if member != NOBODY]
            more = [float(row[column]) for row in self._relaxation.extra]
            rows = [self._rows[member] for member in members] + self._rows[self._relaxation.size :]
            variable = self._variable(rows, [1.0] * len(members) + more)
            self._objective.SetCoefficient(variable, float(self._relaxation.cost[column]) / self._scale)
            self._columns.append(variable)

    def solve(self) -> Floats:
        """The prices of all rows; zeros where GLOP fails twice, the second time without its old basis."""
        self._solved = (
            self._solver.Solve() == self._solver.OPTIMAL or self._solver.Solve(AFRESH) == self._solver.OPTIMAL
        )
        if not self._solved:
            return np.zeros(len(self._rows))
        return np.array([row.dual_value() for row in self._rows]) * self._scale

    def shares(self) -> Floats:
        if not self._solved:
            return np.zeros(len(self._columns))
        return np.array([column.solution_value() for column in self._columns])


def relax(relaxation: Relaxation, active: Ints, deadline: float) -> Relaxed:
    """Column generation from some active columns until no listed column can improve the relaxation, or the deadline."""
    programme = Programme(relaxation, max(1.0, float(np.abs(relaxation.cost).max()) / 1000))
    programme.add(active)
    inside = np.zeros(len(relaxation.cost), dtype=bool)
    inside[active] = True
    even = even_prices(relaxation.members, relaxation.cost, relaxation.size)
    first = np.concatenate([even, np.zeros(len(relaxation.extra))])
    numbers, best = [active], (-np.inf, first, np.zeros(0))
    for _ in range(ROUNDS):
        prices = programme.solve()
        smooth = SMOOTHING * best[1] + (1 - SMOOTHING) * prices
        for asked in (smooth, prices) if len(best[2]) else (prices,):
            reduced = relaxation.reduced(asked)
            bound = relaxation.bound(asked, reduced)
            if bound > best[0]:
                best = (bound, asked, reduced)
            entering = _entering(relaxation, reduced, prices, inside)
            if len(entering):
                break
        if not len(entering) or time.monotonic() > deadline:
            break
        programme.add(entering)
        inside[entering] = True
        numbers.append(entering)
    if best[0] < first.sum():  # ended early: the even prices are the better bound
        best = (float(first.sum()), first, relaxation.reduced(first))
    return Relaxed(best[0], best[2], np.concatenate(numbers), programme.shares())


def _entering(relaxation: Relaxation, reduced: Floats, prices: Floats, inside: NDArray[np.bool_]) -> Ints:
    """The cheapest columns under the prices asked that also gain under the programme's own."""
    gaining = np.flatnonzero((reduced < -ZERO) & ~inside)
    if len(gaining) > ENTERING:
        gaining = gaining[np.argpartition(reduced[gaining], ENTERING)[:ENTERING]]
    own = relaxation.subset(gaining).reduced(prices)
    return np.sort(gaining[own < -ZERO])
