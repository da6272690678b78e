"""The linear relaxation of `resize` over the parts known so far.

A column is a connected set of units in the range with the name it continues; its cost is the households that move into
it. Every unit with households lies in one chosen column, any other in one at most, every name is borne once at most,
and as many columns are chosen as there are parts, or at most so many. Of parts that continue nothing, all households
move; they need not be contiguous here, which only lowers the bound.

Fractional answers are cut off by rows of three elements, units or names: of the columns that hold two of them, one can
be chosen (subset rows of Jepsen, Petersen, Spoorendonk & Pisinger 2008).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.budget import UNLIMITED, Budget
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem

SCALE = 1 << 10  # prices are counted in fractions of a household this fine
DEAREST = 1.0  # of a household's price: what it costs to move one
LONG_S = 1e6  # seconds that count as no limit
LEAST_SHARE = 0.02  # of a name that is neither borne nor not

NEW = -1  # the name of a part that continues no community
NONE = -1  # no unit

Column = tuple[int, tuple[int, ...]]  # name, units in rising order
Triple = tuple[int, int, int]  # elements in rising order: units, and behind them names


@dataclass(frozen=True)
class Prices:
    """What the rows of the programme are worth, in 1 / SCALE households.

    Attributes
    ----------
    units : (n,) what a unit pays to be in a part; at most what it costs to move it
    names : (communities,) what a name is worth; 0 or more, but where it must be borne; 0 where it must not
    count : what room for one more part is worth; below 0, what one part more costs
    rows : (rows,) what a row of three takes from each of its columns, 0 or more
    """

    units: IntArray
    names: IntArray
    count: int
    rows: IntArray


@dataclass(frozen=True)
class Rows:
    """Rows of three with a price.

    Attributes
    ----------
    prices : (rows,) what each takes from a part that holds two of its elements
    units : (rows, 3) units among these, NONE in place of a name
    names : (communities, rows) 1 where a row holds the name
    """

    prices: FloatArray
    units: IntArray
    names: IntArray


class OutOfTime(Exception):
    """The programme was not solved within the time."""


class Programme:
    """The linear programme; columns and rows are let in, prices asked for. Where time ends it raises OutOfTime."""

    def __init__(self, problem: Problem, most_parts: int, budget: Budget = UNLIMITED) -> None:
        from ortools.math_opt.python import mathopt

        self.problem, self.size, self._budget = problem, problem.size, budget
        self.communities = int(problem.home.max()) + 1
        self.parts, self.exactly, self.borne = most_parts, False, dict[int, bool]()
        self.columns: list[Column] = []
        self.triples: list[Triple] = []
        self.value = 0.0
        self._known: set[Column] = set()
        self._known_triples: set[Triple] = set()
        self._taken: FloatArray = np.zeros(0)  # shares of the columns in the last answer
        self._triples_of: list[list[int]] = [[] for _ in range(self.size + self.communities)]
        self._model, self._shares = mathopt.Model(), list[Any]()
        self._rows: list[Any] = []
        self._limits: list[tuple[int, Any, Any]] = []  # unit, columns that keep its price from rising and from falling
        self._lay_rows()
        self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)
        # Without presolve the solver goes on from its last answer: after new columns by the primal simplex, after new
        # rows, and before any price changes, by the dual.
        self._onward = mathopt.SolveParameters(threads=1, presolve=mathopt.Emphasis.OFF)
        self._repair = replace(self._onward, lp_algorithm=mathopt.LPAlgorithm.DUAL_SIMPLEX)

    def _lay_rows(self) -> None:
        """A row for each unit, name, and the number of parts; columns that keep the prices within their limits."""
        row, weights = self._model.add_linear_constraint, self.problem.weights
        self._rows = [row(lb=float(weight > 0), ub=1.0) for weight in weights]
        self._rows += [row(lb=-np.inf, ub=1.0) for _ in range(self.communities)]
        self._rows.append(row(lb=-np.inf, ub=float(self.parts)))
        for missing in range(self.size, len(self._rows)):  # a name that must be borne, a part
            self._column(float(self.problem.total), [missing])
        tilt = row(lb=0.0, ub=0.0)
        for unit in np.flatnonzero(weights > 0).tolist():
            self._column(DEAREST * float(weights[unit]), [unit])  # a unit left out
            above, below = self._column(0.0, [unit], 1.0), self._column(0.0, [unit], -1.0)
            tilt.set_coefficient(above, float(weights[unit]))
            tilt.set_coefficient(below, -float(weights[unit]))
            self._limits.append((unit, above, below))
        for sign in (1.0, -1.0):
            tilt.set_coefficient(self._column(DEAREST, []), sign)

    def choose(self, parts: int, exactly: bool, borne: Mapping[int, bool]) -> None:
        """So many parts stand, or at most so many; some names are borne, some are not, the others may be."""
        row = self._rows[self.size + self.communities]
        row.upper_bound, row.lower_bound = float(parts), float(parts) if exactly else -np.inf
        for name in self.borne.keys() | borne.keys():
            self._decide(name, borne.get(name))
        self.parts, self.exactly, self.borne = parts, exactly, dict(borne)
        self._solved(self._repair)

    def _decide(self, name: int, borne: bool | None) -> None:
        row = self._rows[self.size + name]
        row.lower_bound, row.upper_bound = 1.0 if borne else -np.inf, 0.0 if borne is False else 1.0

    def open_names(self) -> list[int]:
        """Names that are borne in part, those nearest to half first."""
        bearing = np.array([name for name, _ in self.columns], dtype=np.int64)
        named = bearing != NEW
        borne = np.bincount(bearing[named], weights=self._taken[named], minlength=self.communities)
        half = np.abs(borne - 0.5)
        order = np.argsort(half, kind="stable")
        return [int(name) for name in order if half[name] < 0.5 - LEAST_SHARE]

    def values_where(self, name: int) -> tuple[float, float]:
        """What is moved by the columns known where a name is borne, and where it is not."""
        values = list[float]()
        for borne in (True, False):
            self._decide(name, borne)
            values.append(float(self._solved(self._repair).objective_value()))
        self._decide(name, self.borne.get(name))
        return values[0], values[1]

    def keep_near(self, units: FloatArray, width: float) -> None:
        """Let no price of a unit (n,), in households, leave `units` by more than `width` for each of its households.

        Prices per household may rise or fall together besides, as much as they like: that and what room for a part is
        worth are nearly the same, and only together do they find their level. All this loosens the programme: units may
        be left out, or lie in two columns, at the price at the limit.
        """
        cost, weights = self._model.objective.set_linear_coefficient, self.problem.weights
        for unit, above, below in self._limits:
            cost(above, width * float(weights[unit]) + float(units[unit]))
            cost(below, width * float(weights[unit]) - float(units[unit]))

    def _column(self, cost: float, rows: Iterable[int], sign: float = 1.0) -> Any:
        variable = self._model.add_variable(lb=0.0)
        self._model.objective.set_linear_coefficient(variable, cost)
        for row in rows:
            self._rows[row].set_coefficient(variable, sign)
        return variable

    def add(self, column: Column) -> bool:
        """Let a column in; False where it is there already."""
        if column in self._known:
            return False
        name, units = column
        counter, met = self.size + self.communities, dict[int, int]()
        elements = self._elements(column)
        for element in elements:
            for row in self._triples_of[element]:
                met[row] = met.get(row, 0) + 1
        rows = [counter + 1 + row for row, held in met.items() if held >= 2]
        members = np.array(units, dtype=np.int64)
        moved = self.problem.weights[members][self.problem.home[members] != name].sum()
        self._known.add(column)
        self.columns.append(column)
        self._shares.append(self._column(float(moved), [*elements, counter, *rows]))
        return True

    def _elements(self, column: Column) -> list[int]:
        """The rows of the units and of the name."""
        name, units = column
        return [*units] if name == NEW else [*units, self.size + name]

    def cut(self, triples: Iterable[Triple]) -> int:
        """Let rows of three in; how many of them are new."""
        new = [triple for triple in triples if triple not in self._known_triples]
        if not new:
            return 0
        places, width = np.array(new).T, self.size + self.communities
        inside = csr_array(
            (np.ones(3 * len(new)), (places.ravel(), np.tile(np.arange(len(new)), 3))), (width, len(new))
        )
        meeting = (self._matrix(np.arange(len(self.columns))) @ inside).tocoo()
        rows = [self._model.add_linear_constraint(lb=-np.inf, ub=1.0) for _ in new]
        for column, row, held in zip(meeting.row.tolist(), meeting.col.tolist(), meeting.data.tolist(), strict=True):
            if held >= 2:
                rows[row].set_coefficient(self._shares[column], 1.0)
        for number, triple in enumerate(new, start=len(self.triples)):
            for element in triple:
                self._triples_of[element].append(number)
        self._known_triples.update(new)
        self.triples += new
        self._rows += rows
        self._solved(self._repair)
        return len(new)

    def _matrix(self, chosen: IntArray) -> csr_array:
        """(columns chosen, elements) what they hold."""
        held = [self._elements(self.columns[number]) for number in chosen.tolist()]
        starts = np.concatenate([[0], np.cumsum([len(one) for one in held])]).astype(np.int64)
        places = np.array([element for one in held for element in one], dtype=np.int64)
        return csr_array((np.ones(len(places)), places, starts), shape=(len(held), self.size + self.communities))

    def solve(self) -> tuple[Prices, csr_array, FloatArray]:
        """Prices at the optimum; what the columns chosen in part hold (columns, elements), and their shares."""
        answer = self._solved(self._onward)
        self.value = answer.objective_value()
        worth = np.round(np.array(answer.dual_values(self._rows)) * SCALE).astype(np.int64)
        shares: FloatArray = np.array(answer.variable_values(self._shares), dtype=np.float64)
        self._taken = shares
        split = np.flatnonzero((shares > 1e-6) & (shares < 1 - 1e-6))
        return self._prices(worth), self._matrix(split), shares[split]

    def _solved(self, how: Any) -> Any:
        left_s = min(self._budget.left_s(), LONG_S)
        answer = self._solver.solve(params=replace(how, time_limit=timedelta(seconds=left_s)))
        if not (answer.has_primal_feasible_solution() and answer.has_dual_feasible_solution()):
            raise OutOfTime
        return answer

    def _prices(self, worth: IntArray) -> Prices:
        """Rounded, and with the signs that make a bound of them, whatever the solver found."""
        most = np.where(self.problem.weights > 0, SCALE * self.problem.weights, 0)
        count = -int(worth[self.size + self.communities])
        names = np.maximum(-worth[self.size : self.size + self.communities], 0)
        for name, borne in self.borne.items():
            names[name] = -worth[self.size + name] if borne else 0
        rows = np.maximum(-worth[self.size + self.communities + 1 :], 0)
        return Prices(np.minimum(worth[: self.size], most), names, count if self.exactly else max(0, count), rows)

    def paid(self, prices: Prices) -> int:
        """What the units pay, less what names, room for parts and the rows of three cost (1 / SCALE)."""
        return int(prices.units.sum() - prices.names.sum() - prices.rows.sum()) - prices.count * self.parts

    def rows_of(self, prices: Prices) -> Rows:
        """The rows of three that have a price."""
        priced = np.flatnonzero(prices.rows > 0)
        elements = np.array([self.triples[row] for row in priced.tolist()], dtype=np.int64).reshape(-1, 3)
        units = np.where(elements < self.size, elements, NONE)
        names = np.zeros((self.communities, len(priced)), dtype=np.int64)
        row, place = np.nonzero(elements >= self.size)
        names[elements[row, place] - self.size, row] = 1
        return Rows(prices.rows[priced].astype(np.float64), units, names)
