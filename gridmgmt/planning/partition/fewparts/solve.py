"""One pool into a given, small number of parts: walks, then a proof, then more walks where the proof stays open."""

from collections.abc import Sequence
from dataclasses import replace

from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.fewparts.portfolio import Found, search_few
from gridmgmt.planning.partition.fewparts.proof import Proof, Task, prove
from gridmgmt.planning.partition.pools import Pool
from gridmgmt.planning.partition.problem import Problem
from gridmgmt.planning.partition.search import Budget
from gridmgmt.planning.partition.solve import Division

MOST_PARTS, MOST_UNITS = 16, 2000
ROUNDS = 6  # walks before the proof, which finds what they miss where it can be completed
MORE_ROUNDS = 30  # walks where the proof stays open


def is_few(problem: Problem, parts: int | None) -> bool:
    """Whether the pool is one for this portfolio: few parts, not too many units, an objective it knows."""
    if parts is None or not 1 < parts <= MOST_PARTS or problem.size > MOST_UNITS:
        return False
    return problem.first in ("deviation", "cut_edges") and not problem.areas.any()


def divide_few(problem: Problem, pool: Pool, objectives: Sequence[str], seed: int, budget: Budget) -> Division:
    """Labels, bound and reason of a pool with `pool.parts` parts (`problem` is the pool alone)."""
    parts = pool.parts or 1
    found = search_few(problem, parts, range(ROUNDS), seed, budget)
    proof = Proof(None, 0.0, False, budget.spent())
    if pool.reason is None and not (problem.locks >= 0).any() and not budget.spent():
        proof = prove(Task(problem, parts, objectives, found, seed, budget))
    if proof.labels is not None:
        return _division(pool, replace(found, labels=proof.labels), proof)
    if proof.final and not found.in_range:
        return replace(_division(pool, found, proof), reason=why.PACKING)
    if not proof.final and not budget.spent():
        more = search_few(problem, parts, range(ROUNDS, ROUNDS + MORE_ROUNDS), seed, budget)
        found = min(found, more, key=lambda walked: walked.rank)
    return _division(pool, found, proof)


def _division(pool: Pool, found: Found, proof: Proof) -> Division:
    stopped = found.stopped or proof.stopped
    return Division(pool.units, found.labels, pool.outside_bound, pool.reason, stopped, bound=proof.bound)
