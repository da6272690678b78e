"""Households that move in every plan: columns and rows of three come in until the work is done or the bound is enough.

Any prices give a bound (Lagrange): what the units pay, less what the best part under each name is worth beyond its
cost. Prices are kept near those of the best bound so far (du Merle, Villeneuve, Desrosiers & Hansen 1999), at first
very near: farther where the last prices brought much of what the programme promised, nearer where they brought nothing
(a trust region).

Rows are looked for before prices are settled, since rows change them anyway, and over all units evenly: many rows on
one unit add little to the bound and much to the search for parts.

Cases are bounded apart, always the one next that bounds least. Where room for one more part is worth something, plans
with as many parts as the households fill leave hardly a household over, plans with fewer give up one name more. Where
rows bring little, plans in which a name is borne part from those in which it is not (branch and bound): whether a
community stays is what fractions leave open longest.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.problem import FloatArray, Problem
from gridmgmt.planning.resizing.bounding.pricing import Offer, Pricing
from gridmgmt.planning.resizing.bounding.programme import SCALE, Column, OutOfTime, Prices, Programme
from gridmgmt.planning.resizing.bounding.shares import violated_triples

SEARCHES = 12_000  # for parts, one for each name at a time, in all
FEWEST_NODES, MOST_NODES, LONGER = 1_600, 102_400, 4  # of a search, at first and in the end; times the last
FEW = 3  # new columns of a name: with fewer, a search that ended early goes on LONGER the next time
ROWS, ROWS_PER_ELEMENT = 400, 3  # of three, let in at a time
FIRST = 0.8  # of a household's price, to begin with
WIDTH, WIDEST, WIDER = 0.05, 0.5, 1.5  # how far the price of a household may be from that of the best bound
NARROW = 0.1  # so far when rows are let in
SERIOUS, TWICE = 0.3, 2.0  # of what a programme promises: where prices bring so much, others may be TWICE as far
NEAR = 20.0  # households between programme and bound: with fewer, prices may be WIDER times as far
SETTLED, PATIENCE = 3.0, 3  # households that are worth another round, rounds that bring neither these nor a column
HOPELESS = 12  # rounds in which the programme stays below what is known already
ROOM = 5.0  # households between the bounds of plans with fewer parts and of all: with less they are not looked at apart
LITTLE = 5e-3  # of a bound: where rows bring less, it is reckoned whether deciding a name brings more
TRIED = 4  # names of which this is reckoned
LEAST_RISE = 1.0  # households that it must bring in both cases


def relaxed_bound(problem: Problem, columns: Iterable[Column], known: int, enough: int, budget: Budget) -> int:
    """Households that move in every plan whose parts are in the range, at least; it ends where that is `enough`.

    `columns` are there to begin with: parts of good plans spare rounds. `known` is proven already: where no more can be
    hoped for it is the answer.
    """
    with ThreadPoolExecutor(max_workers=2) as threads:
        relaxing = Relaxing(problem, known, enough, budget, threads)
        relaxing.let_in(columns)
        return max(known, relaxing.run())


@dataclass(eq=False)
class _Case:
    """Plans of so many parts, or at most so many, in which some names are borne and some are not.

    Attributes
    ----------
    bound : the best so far
    centre, width : the prices of units (n,) there, how far from them prices may be
    new : whether no column was looked for with it in mind
    settled : whether there is neither a row nor a column any more
    """

    parts: int
    exactly: bool
    centre: FloatArray
    borne: dict[int, bool] = field(default_factory=dict)
    bound: int = 0
    width: float = WIDTH
    new: bool = True
    settled: bool = False


class Relaxing:
    """One programme, and the cases that are open."""

    def __init__(self, problem: Problem, known: int, enough: int, budget: Budget, threads: ThreadPoolExecutor) -> None:
        self._known, self._hope = known, HOPELESS
        self._enough, self._budget, self._threads = enough, budget, threads
        most = problem.total // max(int(problem.low), 1)
        self._programme, self._pricing = Programme(problem, most, budget), Pricing(problem)
        prices = FIRST * problem.weights.astype(np.float64)
        self._cases = [_Case(most, False, prices)]
        self._fewer = _Case(most - 1, False, prices)  # what is told of all plans tells of those with fewer parts too
        self._left, self._nodes = SEARCHES, np.full(self._programme.communities, FEWEST_NODES)

    def let_in(self, columns: Iterable[Column]) -> int:
        """Let columns in; how many are new."""
        return sum(self._programme.add(column) for column in columns)

    def run(self) -> int:
        """The bound of all plans."""
        with suppress(OutOfTime):
            self._raise()
        return self._bound

    def _raise(self) -> None:
        first = self._cases[0]
        self._look(first, self._enough)
        if self._fewer.bound - first.bound >= ROOM:
            first.exactly, first.new = True, True
            self._cases.append(self._fewer)
        while self._bound < self._enough and not self._spent():
            least, *others = sorted(self._cases, key=lambda case: case.bound)
            goal = min([self._enough, *(case.bound + 1 for case in others[:1])])
            self._look(least, goal)
            brought = self._cut(least, goal)
            if least.bound >= goal or self._spent() or self._decided(least, max(brought, LEAST_RISE)):
                continue
            if least.settled:
                break
            if brought < 0:
                self._generate(least, goal, WIDEST)
                least.settled = True

    @property
    def _bound(self) -> int:
        return min(case.bound for case in self._cases)

    def _spent(self) -> bool:
        return self._left <= 0 or self._hope <= 0 or self._budget.spent()

    def _look(self, case: _Case, enough: int) -> None:
        """Turn to a case; the first time columns are looked for as they matter in it."""
        programme = self._programme
        if (programme.parts, programme.exactly, programme.borne) != (case.parts, case.exactly, case.borne):
            programme.choose(case.parts, case.exactly, case.borne)
        if case.new:
            case.new = False
            self._generate(case, enough, NARROW)

    def _cut(self, case: _Case, enough: int) -> int:
        """Raise the bound with rows of three, as long as they bring more than a little.

        Returns what the last of them brought; −1: there were none.
        """
        brought = case.bound
        while brought >= LITTLE * case.bound and case.bound < enough and not self._spent():
            before = case.bound
            _, held, shares = self._programme.solve()
            if not self._programme.cut(violated_triples(held, shares, ROWS, ROWS_PER_ELEMENT)):
                return -1
            case.width, case.settled = min(case.width, NARROW), False
            self._generate(case, enough, NARROW)
            brought = case.bound - before
        return brought

    def _decided(self, case: _Case, least: float) -> bool:
        """Part the plans in which a name is borne from those in which it is not, if that brings so much in both."""
        programme, rises = self._programme, dict[int, tuple[float, float]]()
        programme.keep_near(case.centre, WIDEST)
        programme.solve()
        value = programme.value
        for name in programme.open_names()[:TRIED]:
            borne, not_borne = programme.values_where(name)
            rises[name] = (min(borne, not_borne) - value, max(borne, not_borne) - value)
        if not rises or max(rises.values())[0] < least:
            return False
        name = max(rises, key=lambda one: rises[one])
        self._cases.remove(case)
        for borne in (True, False):
            self._cases.append(replace(case, borne=case.borne | {name: borne}, width=NARROW, new=True, settled=False))
        return True

    def _generate(self, best: _Case, enough: int, width: float) -> None:
        """Raise the bound until no column comes in that helps, and prices that may differ by `width` do not either."""
        idle, near = 0, SETTLED if width == WIDEST else NEAR
        while best.bound < enough and idle < PATIENCE and not self._spent():
            self._programme.keep_near(best.centre, best.width)
            prices, _, _ = self._programme.solve()
            self._hope -= self._programme.value < self._known
            value, before, (offers, new, cut_short) = self._programme.value, best.bound, self._offers(prices)
            found = self._tell(best, prices, offers)
            missing = value - found - self._out_of_reach(offers)
            if missing < near and best.width >= width:
                break
            if missing < NEAR:
                best.centre, best.width = prices.units / SCALE, min(WIDER * best.width, WIDEST)
            elif found - before >= SERIOUS * (value - before):
                best.width = min(TWICE * best.width, WIDEST)
            elif found <= before:
                best.width = max(best.width / WIDER, WIDTH)
            idle = 0 if new or cut_short or best.bound - before >= SETTLED else idle + 1

    def _out_of_reach(self, offers: list[Offer]) -> float:
        """Households by which the bound is loose because longer searches are not made: no column makes up for them."""
        stuck = np.flatnonzero(self._nodes >= MOST_NODES).tolist()
        return sum(offers[name].beyond for name in stuck if not offers[name].settled) / SCALE

    def _tell(self, best: _Case, prices: Prices, offers: list[Offer]) -> int:
        """Note the bound these prices give, and what it says about plans with fewer parts."""
        found, fewer = self._bounds(prices, offers)
        if found > best.bound:
            best.bound, best.centre = found, prices.units / SCALE
        if not best.borne and best.parts > self._fewer.parts and fewer > self._fewer.bound:
            self._fewer.bound, self._fewer.centre = fewer, prices.units / SCALE
        self._budget.so_far(self._enough, max(self._known, self._bound))
        return found

    def _offers(self, prices: Prices) -> tuple[list[Offer], int, bool]:
        """Of each name, and last of a part that continues nothing; columns that are new; whether longer searches help.

        A search that ended early and found few new ones is LONGER next time.
        """
        rows = self._programme.rows_of(prices)

        def one(name: int) -> Offer:
            if self._programme.borne.get(name) is False:
                return Offer([], 0)
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
