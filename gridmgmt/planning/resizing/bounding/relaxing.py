"""Households that move in every plan: columns and rows of three come in until the work is done or the bound is enough.

Any prices give a bound (Lagrange): what the units pay, less what the best part under each name is worth beyond its
cost. Prices are kept near those of the best bound so far (du Merle, Villeneuve, Desrosiers & Hansen 1999), at first
very near.

Rows are looked for before prices are settled, since rows change them anyway, and over all units evenly: many rows on
one unit add little to the bound and much to the search for parts.

Where room for one more part is worth something, plans with as many parts as the households fill and plans with fewer
are bounded apart: the former leave hardly a household over, the latter give up one name more.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.problem import FloatArray, Problem
from gridmgmt.planning.resizing.bounding.pricing import Offer, Pricing
from gridmgmt.planning.resizing.bounding.programme import SCALE, Column, Prices, Programme
from gridmgmt.planning.resizing.bounding.shares import violated_triples

SEARCHES = 12_000  # for parts, one for each name at a time, in all
FEWEST_NODES, MOST_NODES, LONGER = 1_600, 102_400, 4  # of a search, at first and in the end; times the last
FEW = 3  # new columns of a name: with fewer, a search that ended early goes on LONGER the next time
ROWS, ROWS_PER_ELEMENT = 400, 3  # of three, let in at a time
FIRST = 0.8  # of a household's price, to begin with
WIDTH, WIDEST, WIDER = 0.05, 0.5, 1.5  # how far the price of a household may be from that of the best bound
NARROW = 0.1  # so far when rows are let in
NEAR = 20.0  # households between programme and bound: with fewer, prices may be WIDER times as far
SETTLED, PATIENCE = 3.0, 3  # households that are worth another round, rounds that bring neither these nor a column
HOPELESS = 12  # rounds in which the programme stays below what is known already
ROOM = 5.0  # households between the bounds of plans with fewer parts and of all: with less they are not looked at apart


def relaxed_bound(problem: Problem, columns: Iterable[Column], known: int, enough: int, budget: Budget) -> int:
    """Households that move in every plan whose parts are in the range, at least; it ends where that is `enough`.

    `columns` are there to begin with: parts of good plans spare rounds. `known` is proven already: where no more can be
    hoped for it is the answer.
    """
    with ThreadPoolExecutor(max_workers=2) as threads:
        relaxing = Relaxing(problem, known, enough, budget, threads)
        relaxing.let_in(columns)
        return max(known, relaxing.run())


@dataclass
class _Best:
    """The best bound so far, the prices of units there (n,), how far from them prices may be."""

    bound: int
    centre: FloatArray
    width: float = WIDTH


class Relaxing:
    """One programme; the bounds of the plans with so many parts, and of those with fewer."""

    def __init__(self, problem: Problem, known: int, enough: int, budget: Budget, threads: ThreadPoolExecutor) -> None:
        self._known, self._hope = known, HOPELESS
        self._enough, self._budget, self._threads = enough, budget, threads
        self._most_parts = problem.total // max(int(problem.low), 1)
        self._programme, self._pricing = Programme(problem, self._most_parts), Pricing(problem)
        self._full = _Best(0, FIRST * problem.weights.astype(np.float64))
        self._fewer = _Best(0, self._full.centre)  # of plans with fewer parts than the households fill
        self._left, self._nodes = SEARCHES, np.full(self._programme.communities, FEWEST_NODES)

    def let_in(self, columns: Iterable[Column]) -> int:
        """Let columns in; how many are new."""
        return sum(self._programme.add(column) for column in columns)

    def run(self) -> int:
        """The bound of all plans."""
        self._generate(self._full, self._enough, NARROW)
        if self._fewer.bound - self._full.bound < ROOM:
            self._cut(self._full, self._enough)
            return self._full.bound
        before = -1
        while before < self._bound < self._enough and not self._spent():
            before, many = self._bound, self._full.bound <= self._fewer.bound
            self._programme.choose(self._most_parts if many else self._most_parts - 1, exactly=many)
            lesser, other = (self._full, self._fewer) if many else (self._fewer, self._full)
            goal = min(other.bound + 1, self._enough)
            if not many:
                self._generate(lesser, goal, NARROW)
            self._cut(lesser, goal)
        return self._bound

    @property
    def _bound(self) -> int:
        return min(self._full.bound, self._fewer.bound)

    def _spent(self) -> bool:
        return self._left <= 0 or self._hope <= 0 or self._budget.spent()

    def _cut(self, best: _Best, enough: int) -> None:
        """Raise the bound with rows of three; where there are none, settle the prices and look once more."""
        settled = False
        while best.bound < enough and not self._spent():
            _, held, shares = self._programme.solve()
            if self._programme.cut(violated_triples(held, shares, ROWS, ROWS_PER_ELEMENT)):
                best.width, settled = min(best.width, NARROW), False
                self._generate(best, enough, NARROW)
            elif settled:
                break
            else:
                self._generate(best, enough, WIDEST)
                settled = True

    def _generate(self, best: _Best, enough: int, width: float) -> None:
        """Raise the bound until no column comes in that helps, and prices that may differ by `width` do not either."""
        idle, near = 0, SETTLED if width == WIDEST else NEAR
        while best.bound < enough and idle < PATIENCE and not self._spent():
            self._programme.keep_near(best.centre, best.width)
            prices, _, _ = self._programme.solve()
            self._hope -= self._programme.value < self._known
            before, (offers, new, cut_short) = best.bound, self._offers(prices)
            missing = self._programme.value - self._tell(best, prices, offers)
            if missing < near and best.width >= width:
                break
            if missing < NEAR:
                best.centre, best.width = prices.units / SCALE, min(WIDER * best.width, WIDEST)
            elif not new and not cut_short:
                best.width = max(best.width / WIDER, WIDTH)
            idle = 0 if new or cut_short or best.bound - before >= SETTLED else idle + 1

    def _tell(self, best: _Best, prices: Prices, offers: list[Offer]) -> int:
        """Note the bound these prices give, and what it says about plans with fewer parts."""
        found, fewer = self._bounds(prices, offers)
        if found > best.bound:
            best.bound, best.centre = found, prices.units / SCALE
        if best is self._full and fewer > self._fewer.bound:
            self._fewer.bound, self._fewer.centre = fewer, prices.units / SCALE
        self._budget.so_far(self._enough, max(self._known, self._bound))
        return found

    def _offers(self, prices: Prices) -> tuple[list[Offer], int, bool]:
        """Of each name, and last of a part that continues nothing; columns that are new; whether longer searches help.

        A search that ended early and found few new ones is LONGER next time.
        """
        rows = self._programme.rows_of(prices)

        def one(name: int) -> Offer:
            return self._pricing.offer(prices, rows, name, int(self._nodes[name]))

        names = range(self._programme.communities)
        self._left -= len(names)
        offers = [*self._threads.map(one, names), self._pricing.new(prices)]
        new = [self.let_in(offer.columns) for offer in offers]
        longer = np.array([not offers[name].settled and new[name] < FEW for name in names])
        short = np.flatnonzero(longer & (self._nodes < MOST_NODES))
        self._nodes[short] = np.minimum(LONGER * self._nodes[short], MOST_NODES)
        return offers, sum(new), len(short) > 0

    def _bounds(self, prices: Prices, offers: list[Offer]) -> tuple[int, int]:
        """What no plan moves less than, rounded up; and no plan with fewer parts, which leaves room for one unused."""
        worth = self._programme.paid(prices) - sum(offer.beyond for offer in offers[:-1])
        worth -= self._programme.parts * offers[-1].beyond
        return -(-worth // SCALE), -(-(worth + max(0, prices.count)) // SCALE) if prices.count >= 0 else 0
