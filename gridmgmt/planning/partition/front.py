"""Plans of one pool between even and round: made, at several prices of roundness, of the parts its searches saw."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.balance import Offer, offer
from gridmgmt.planning.partition.effort import Effort
from gridmgmt.planning.partition.measuring import labels_of, met_weight, priced_apart
from gridmgmt.planning.partition.problem import USUAL_ROUNDNESS, Problem
from gridmgmt.planning.partition.recombining import distinct
from gridmgmt.planning.partition.search import searched
from gridmgmt.planning.partition.tiling import cheapest_tiling

EVENEST, ROUNDEST = 0.45, 1.5  # times the price of roundness: at which plans are made of the parts seen
FIRM = 4.0  # times the price of being out of range: a choice of parts, unlike a search, never passes through it
SEARCHED_AT = (1.0, 1.6, 2.3)  # the same, at which the searches of each turn look for them


@dataclass(frozen=True)
class Front:
    """What a pool offers so far: its plans, every part seen (sets, n), the turns searched, whether the clock cut in."""

    offers: tuple[Offer, ...]
    parts: csr_array
    turns: int
    stopped: bool

    @property
    def can_go_on(self) -> bool:
        return self.turns < len(SEARCHED_AT)


def only(problem: Problem) -> Front:
    """What a pool offers that is one part: one plan, and there will be no other."""
    whole = np.zeros(problem.size, dtype=np.int64)
    return Front((offer(problem, whole),), csr_array((0, problem.size)), len(SEARCHED_AT), stopped=False)


def search_front(problem: Problem, effort: Effort, seed: int, budget: Budget, before: Front | None = None) -> Front:
    """One turn of searches of a connected pool with a free number of parts, after those `before`."""
    turn, known = (0, ()) if before is None else (before.turns, before.offers)
    effort = replace(effort, restarts=effort.turn).for_pool(problem.size)
    goals, price = problem.goals, problem.goals.roundness * SEARCHED_AT[turn]
    steered = replace(problem, goals=replace(goals, roundness=price))
    problem = replace(problem, goals=replace(goals, outside=FIRM * goals.outside))
    found = searched(steered, None, effort, seed + turn * effort.restarts, budget)
    best = offer(problem, found.best[0])
    if found.seen is None:
        return Front((*known, best), csr_array((0, problem.size)), len(SEARCHED_AT), found.stopped)
    parts = found.seen
    if before is not None:
        parts = distinct(csr_array(vstack([before.parts, parts], format="csr")))
    return Front((*known, best, *_recombined(problem, parts, best)), parts, turn + 1, stopped=False)


def _recombined(problem: Problem, parts: csr_array, best: Offer) -> list[Offer]:
    """The cheapest plans for the evenest and for the roundest, where they are cheaper than the one before."""
    rest, rounds = priced_apart(problem, parts)
    found = [best]
    for share in (EVENEST, ROUNDEST):
        price = share * problem.goals.roundness
        prices = rest + price * (USUAL_ROUNDNESS - rounds)
        chosen = cheapest_tiling(parts, prices, found[-1].price(price))
        if chosen is not None:
            labels, (evenness, shape) = labels_of(parts, chosen), (rest[chosen].sum(), rounds[chosen].sum())
            found.append(Offer(labels, met_weight(problem, labels), float(evenness), float(shape), len(chosen)))
    return found[1:]
