"""One pool into a given, small number of parts: a short search and a proof; a long search where there is no proof."""

from collections.abc import Sequence
from dataclasses import replace

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.fewparts.found import Found, measured, merged
from gridmgmt.planning.partition.fewparts.frontier import connected_sets
from gridmgmt.planning.partition.fewparts.island import LARGE
from gridmgmt.planning.partition.fewparts.portfolio import search_few
from gridmgmt.planning.partition.fewparts.proof import Proof, Task, prove
from gridmgmt.planning.partition.pools import Pool
from gridmgmt.planning.partition.problem import Problem
from gridmgmt.planning.partition.solve import Division

MOST_PARTS = 16
MOST_UNITS = {"deviation": 5000, "cut_edges": 50_000}
ROUNDS = {"deviation": 6, "cut_edges": 2}  # searches before the proof, which finds what they miss
MOST_ROUNDS, ROUND = 16, 2  # searches for the least cut where it cannot, until as many as AGREED came to the best
AGREED = 4


def is_few(problem: Problem, parts: int | None) -> bool:
    """Whether the pool is one for this portfolio: few parts, not too many units, an objective it knows."""
    if parts is None or not 1 < parts <= MOST_PARTS or problem.areas.any():
        return False
    return problem.size <= MOST_UNITS.get(problem.first, 0)


def divide_few(problem: Problem, pool: Pool, objectives: Sequence[str], seed: int, budget: Budget) -> Division:
    """Labels, bound and reason of a pool with `pool.parts` parts (`problem` is the pool alone)."""
    parts = pool.parts or 1
    found = search_few(problem, parts, range(ROUNDS[problem.first]), seed, budget)
    if pool.reason is not None or (problem.locks >= 0).any():
        return _division(pool, _searched_on(problem, parts, found, seed, budget), Proof(None, 0.0, False))
    diagram = connected_sets(problem.graph, budget)
    if diagram is None:
        found = _searched_on(problem, parts, found, seed, budget)
    proof = prove(Task(problem, diagram, parts, objectives, found, seed, budget))
    if proof.labels is not None:
        return _division(pool, replace(found, best=measured(problem, proof.labels, parts)), proof)
    if proof.final and not found.in_range:
        return replace(_division(pool, found, proof), reason=why.PACKING)
    if diagram is not None and not proof.final:
        found = _searched_on(problem, parts, found, seed, budget)
    return _division(pool, found, proof)


def _searched_on(problem: Problem, parts: int, found: Found, seed: int, budget: Budget) -> Found:
    """More searches, until several come to the same best cut; none for large pools."""
    done, most = ROUNDS[problem.first], 0 if problem.size > LARGE else MOST_ROUNDS
    while problem.first == "cut_edges" and found.agreed < AGREED and done < most and not budget.spent():
        found = merged([found, search_few(problem, parts, range(done, done + ROUND), seed, budget)])
        done += ROUND
    return found


def _division(pool: Pool, found: Found, proof: Proof) -> Division:
    stopped = found.stopped or proof.stopped
    return Division(pool.units, found.labels, pool.outside_bound, pool.reason, stopped, bound=proof.bound)
