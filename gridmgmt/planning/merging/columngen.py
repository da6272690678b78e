"""The linear relaxation of set partitioning over millions of listed groups: column generation with a bound.

min Σ c_G·x_G, every community in one chosen group, earlier goals held. The relaxation is solved over a few thousand
columns; each round prices *all* listed columns with dual prices smoothed towards the best ones so far (Wentges 1997),
so that the bound

    Σ_u π_u + Σ_h σ_h·v_h + K·min(0, min_G reduced(G)),    K: most stations a plan can have,

holds whenever the rounds end, not only at convergence. Subset-row cuts (Jepsen et al. 2008: of three communities, at
most one chosen group holds two) have a price each, which every group that holds two of the three pays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.columnkernels import even_prices, pay_cuts, reduced_costs
from gridmgmt.planning.merging.listing import NOBODY

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Members = NDArray[np.uint16]

ROUNDS = 400
LONGEST_S = 3600.0  # of one linear programme
ENTERING = 600  # columns that enter the relaxation in one round
SMOOTHING = 0.7  # how near the best prices so far a round prices
ZERO = 1e-6
SAMPLED = 200_000  # columns above which a sample is relaxed first, and then what is cheap under its prices joins it
SIFTINGS = 40
JOINING = 50_000  # columns that join the sample in one round
STOP = 1e-5  # a bound this near the relaxed plan, as a share of it, is not improved any more
AS_BEFORE = pywraplp.MPSolverParameters()
AFRESH = pywraplp.MPSolverParameters()  # without the basis of the solution before, from which GLOP now and then fails
AFRESH.SetIntegerParam(AFRESH.INCREMENTALITY, AFRESH.INCREMENTALITY_OFF)


@dataclass
class Relaxation:
    """The linear relaxation over some columns: cost, rows `extra` of coefficients with Σ extra·x ≤ limit, and `cuts`.

    Prices stand in this order: communities, extra rows, cuts (c, 3).
    """

    size: int
    members: Members
    cost: Floats
    most: int  # stations a plan can have at the most
    extra: list[Floats] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)
    cuts: Ints = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))

    def subset(self, rows: Ints) -> "Relaxation":
        """The same over fewer columns."""
        some = [coefficients[rows] for coefficients in self.extra]
        return Relaxation(self.size, self.members[rows], self.cost[rows], self.most, some, list(self.limits), self.cuts)

    def reduced(self, prices: Floats) -> Floats:
        """(columns,) the reduced costs under prices of all rows."""
        found: Floats = reduced_costs(self.members, self.cost, prices[: self.size])
        held = self.size + len(self.extra)
        for coefficients, price in zip(self.extra, prices[self.size : held], strict=True):
            if price:
                found -= price * coefficients
        dear = np.flatnonzero(prices[held:])
        if len(dear):
            order = np.argsort(self.cuts[dear].ravel(), kind="stable")
            pointers = np.searchsorted(self.cuts[dear].ravel()[order], np.arange(self.size + 1))
            pay_cuts(found, self.members, pointers, order // 3, prices[held:][dear])
        return found

    def bound(self, prices: Floats, reduced: Floats) -> float:
        """The Lagrangian bound of some prices; valid for every cover."""
        held = self.size + len(self.extra)
        known = float(np.dot(prices[self.size : held], self.limits)) + float(prices[held:].sum())
        return float(prices[: self.size].sum()) + known + self.most * min(0.0, float(reduced.min()))

    def holds_two(self, rows: Ints) -> NDArray[np.bool_]:
        """(rows, cuts) whether a column holds two of the three communities of a cut."""
        inside = np.zeros((len(rows), self.size + 1), dtype=np.int8)
        np.put_along_axis(inside, np.minimum(self.members[rows], self.size).astype(np.int64), 1, axis=1)
        two: NDArray[np.bool_] = inside[:, self.cuts].sum(axis=2) >= 2
        return two


@dataclass(frozen=True)
class Relaxed:
    """A bound with its prices and reduced costs, the active columns, their share and the price of the relaxed plan."""

    bound: float
    prices: Floats
    reduced: Floats
    active: Ints
    share: Floats
    value: float


class Programme:
    """The restricted linear programme; columns may be added between solutions (GLOP keeps its basis)."""

    def __init__(self, relaxation: Relaxation, scale: float) -> None:
        self._relaxation, self._scale = relaxation, scale
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        covers = [self._solver.Constraint(1.0, 1.0) for _ in range(relaxation.size)]
        limits = [*relaxation.limits, *[1.0] * len(relaxation.cuts)]
        held = [self._solver.Constraint(-self._solver.infinity(), limit) for limit in limits]
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
        held = self._rows[self._relaxation.size :]
        cuts = held[len(self._relaxation.extra) :]
        for column, two in zip(columns.tolist(), self._relaxation.holds_two(columns), strict=True):
            members = [int(member) for member in self._relaxation.members[column] if member != NOBODY]
            more = [float(row[column]) for row in self._relaxation.extra]
            cut = [cuts[number] for number in np.flatnonzero(two).tolist()]
            rows = [self._rows[member] for member in members] + held[: len(more)] + cut
            variable = self._variable(rows, [1.0] * len(members) + more + [1.0] * len(cut))
            self._objective.SetCoefficient(variable, float(self._relaxation.cost[column]) / self._scale)
            self._columns.append(variable)

    def solve(self, budget: Budget) -> Floats:
        """The prices of all rows; zeros where GLOP fails twice, the second time without its old basis."""
        self._solved = self._is_solved(AS_BEFORE, budget) or self._is_solved(AFRESH, budget)
        if not self._solved:
            return np.zeros(len(self._rows))
        return np.array([row.dual_value() for row in self._rows]) * self._scale

    def _is_solved(self, how: pywraplp.MPSolverParameters, budget: Budget) -> bool:
        if budget.spent():
            return False
        self._solver.SetTimeLimit(round(1000 * min(budget.left_s(), LONGEST_S)))
        return bool(self._solver.Solve(how) == self._solver.OPTIMAL)

    def shares(self) -> Floats:
        if not self._solved:
            return np.zeros(len(self._columns))
        return np.array([column.solution_value() for column in self._columns])

    @property
    def value(self) -> float:
        """What the relaxed plan costs; minus infinity where there is none."""
        return float(self._objective.Value()) * self._scale if self._solved else -np.inf


def relax(relaxation: Relaxation, active: Ints, budget: Budget, prices: Floats | None = None) -> Relaxed:
    """Column generation from some active columns until no listed column can improve the relaxation, or time is up.

    `prices` are those to begin the smoothing from; without them, even shares.
    """
    programme = Programme(relaxation, max(1.0, float(np.abs(relaxation.cost).max()) / 1000))
    programme.add(active)
    inside = np.zeros(len(relaxation.cost), dtype=bool)
    inside[active] = True
    even = np.zeros(relaxation.size + len(relaxation.extra) + len(relaxation.cuts))
    even[: relaxation.size] = even_prices(relaxation.members, relaxation.cost, relaxation.size)
    best, numbers = _asked(relaxation, even), [active]
    if prices is not None:
        best = max(best, _asked(relaxation, prices), key=lambda asked: asked[0])
    for _ in range(ROUNDS):
        own = programme.solve(budget)
        if budget.spent():
            break
        for asked in (SMOOTHING * best[1] + (1 - SMOOTHING) * own, own):
            found = _asked(relaxation, asked)
            best = max(best, found, key=lambda asked: asked[0])
            entering = _entering(relaxation, found[2], own, inside)
            if len(entering):
                break
        near = programme.value - best[0] <= STOP * abs(programme.value)
        if not len(entering) or near:
            break
        programme.add(entering)
        inside[entering] = True
        numbers.append(entering)
    return Relaxed(*best, np.concatenate(numbers), programme.shares(), programme.value)


def sifted(relaxation: Relaxation, active: Ints, budget: Budget) -> Relaxed:
    """`relax` for a long listing: relaxed over a sample, which what is cheap under its prices joins, until none is."""
    if len(relaxation.cost) <= SAMPLED:
        return relax(relaxation, active, budget)
    sample = np.union1d(np.arange(0, len(relaxation.cost), len(relaxation.cost) // SAMPLED + 1), active)
    best, prices = _asked(relaxation, np.zeros(relaxation.size + len(relaxation.extra) + len(relaxation.cuts))), None
    for _ in range(SIFTINGS):
        found = relax(relaxation.subset(sample), np.searchsorted(sample, active), budget, prices)
        asked, prices = _asked(relaxation, found.prices), found.prices
        best = max(best, asked, key=lambda asked: asked[0])
        active = np.sort(sample[found.active])
        cheap = np.flatnonzero(asked[2] < -ZERO)
        if not len(cheap) or found.value - best[0] <= STOP * abs(found.value) or budget.spent():
            break
        if len(cheap) > JOINING:
            cheap = cheap[np.argpartition(asked[2][cheap], JOINING)[:JOINING]]
        sample = np.union1d(sample, cheap)
    order = np.argsort(sample[found.active], kind="stable")
    return Relaxed(*best, active, found.share[order], found.value)


def _asked(relaxation: Relaxation, prices: Floats) -> tuple[float, Floats, Floats]:
    """The bound of some prices, the prices, and the reduced costs."""
    reduced = relaxation.reduced(prices)
    return relaxation.bound(prices, reduced), prices, reduced


def _entering(relaxation: Relaxation, reduced: Floats, prices: Floats, inside: NDArray[np.bool_]) -> Ints:
    """The cheapest columns under the prices asked that also gain under the programme's own."""
    gaining = np.flatnonzero((reduced < -ZERO) & ~inside)
    if len(gaining) > ENTERING:
        gaining = gaining[np.argpartition(reduced[gaining], ENTERING)[:ENTERING]]
    own = relaxation.subset(gaining).reduced(prices)
    return np.sort(gaining[own < -ZERO])
