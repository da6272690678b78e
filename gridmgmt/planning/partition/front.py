"""Plans of one pool between even and round: made, at several prices of roundness, of the parts its searches saw."""

from collections.abc import Sequence
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
SEARCHED_AT = (1.0, 2.0)  # the same as of roundness, at which the searches of a turn look for them, half of them each
TURNS = 3


@dataclass(frozen=True)
class Front:
    """What a pool offers so far: its plans, every part seen (sets, n), the turns searched, whether
    there are more, whether the clock cut in.
    """

    offers: tuple[Offer, ...]
    parts: csr_array
    turns: int
    can_go_on: bool
    stopped: bool


def only(problem: Problem) -> Front:
    """What a pool offers that is one part: one plan, and there will be no other."""
    whole = np.zeros(problem.size, dtype=np.int64)
    return Front((offer(problem, whole),), csr_array((0, problem.size)), 1, can_go_on=False, stopped=False)


def search_front(problem: Problem, effort: Effort, seed: int, budget: Budget, before: Front | None = None) -> Front:
    """One turn of searches of a connected pool with a free number of parts, after those `before`."""
    turn, offers, seen = (0, list[Offer](), list[csr_array]()) if before is None else _so_far(before)
    effort = replace(effort, restarts=effort.turn // len(SEARCHED_AT)).for_pool(problem.size)
    goals = problem.goals
    firm = replace(problem, goals=replace(goals, outside=FIRM * goals.outside))
    for share in SEARCHED_AT:
        steered = replace(problem, goals=replace(goals, roundness=share * goals.roundness))
        found = searched(steered, None, effort, seed + effort.restarts * (len(SEARCHED_AT) * turn + len(seen)), budget)
        offers.append(offer(firm, found.best[0]))
        if found.seen is None:
            return Front(tuple(offers), csr_array((0, problem.size)), turn + 1, can_go_on=False, stopped=found.stopped)
        seen.append(found.seen)
    parts = distinct(csr_array(vstack(seen, format="csr")))
    offers += _recombined(firm, parts, offers)
    return Front(tuple(offers), parts, turn + 1, turn + 1 < TURNS, stopped=False)


def _so_far(front: Front) -> tuple[int, list[Offer], list[csr_array]]:
    return front.turns, list(front.offers), [front.parts]


def _recombined(problem: Problem, parts: csr_array, offers: Sequence[Offer]) -> list[Offer]:
    """The cheapest plans for the evenest and for the roundest, where they are cheaper than those at hand."""
    rest, rounds = priced_apart(problem, parts)
    found = list[Offer]()
    for share in (EVENEST, ROUNDEST):
        price = share * problem.goals.roundness
        prices = rest + price * (USUAL_ROUNDNESS - rounds)
        known = min(one.price(price) for one in (*offers, *found))
        chosen = cheapest_tiling(parts, prices, known)
        if chosen is not None:
            labels, (evenness, shape) = labels_of(parts, chosen), (rest[chosen].sum(), rounds[chosen].sum())
            found.append(Offer(labels, met_weight(problem, labels), float(evenness), float(shape), len(chosen)))
    return found
