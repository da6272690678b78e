"""Every part that could be, under every name it could bear."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.partition.columns import ANY, possible_parts
from gridmgmt.planning.partition.fewparts.sets import Masks
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem

SETS = 300_000  # connected sets up to the limit of a part; where there are more they are not listed
OFFERED = 60  # candidates of a name offered at a time
LEAST_GAIN = 1e-3  # households


@dataclass(frozen=True)
class Candidates:
    """Connected sets of units in the range with the name each would bear.

    Attributes
    ----------
    masks : (k, n) what they hold
    names : (k,) the community they continue; as many as there are communities: none
    kept : (k,) households that stay
    """

    masks: Masks
    names: IntArray
    kept: IntArray

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def of(cls, problem: Problem, masks: Masks, names: IntArray) -> "Candidates":
        """Sets of units under some names, as many as there are communities: none."""
        kept = (masks & (problem.home == names[:, None])) @ problem.weights
        return cls(masks, names, kept.astype(np.int64))

    def labels(self) -> IntArray:
        """(n,) which candidate holds each unit; together they hold all."""
        part_of: IntArray = self.masks.argmax(axis=0).astype(np.int64)
        return part_of

    def take(self, which: IntArray) -> "Candidates":
        return Candidates(self.masks[which], self.names[which], self.kept[which])

    def followed_by(self, more: "Candidates") -> "Candidates":
        masks, names, kept = ((self.masks, more.masks), (self.names, more.names), (self.kept, more.kept))
        return Candidates(np.concatenate(masks), np.concatenate(names), np.concatenate(kept))


class Listed:
    """All candidates of a pool: sets of units (sets, n); the set, the name, and households that stay of each (k,)."""

    def __init__(self, units: csr_array, sets: IntArray, names: IntArray, kept: IntArray, count: int) -> None:
        order = np.argsort(names, kind="stable")
        self._units, self._sets, self._names, self._kept = units, sets[order], names[order], kept[order]
        self._ends = np.searchsorted(self._names, np.arange(count + 1))

    def offers(self, prices: FloatArray, names: FloatArray) -> tuple[FloatArray, Candidates]:
        """(names,) what no candidate of a name keeps beyond the prices (n,) of its units; some that exceed `names`."""
        beyond = self._beyond(prices)
        most, best = np.full(len(names), -np.inf), [np.empty(0, dtype=np.int64)]
        for name, (first, last) in enumerate(zip(self._ends, self._ends[1:], strict=False)):
            if first < last:
                most[name] = beyond[first:last].max()
                helpful = first + np.flatnonzero(beyond[first:last] > names[name] + LEAST_GAIN)
                best.append(helpful[np.argsort(-beyond[helpful], kind="stable")[:OFFERED]])
        return most, self._candidates(np.concatenate(best))

    def near(self, prices: FloatArray, least: FloatArray, most: int) -> Candidates | None:
        """All that keep at least so many (names,) beyond the prices; None where there are more than `most`."""
        found = np.flatnonzero(self._beyond(prices) >= least[self._names])
        return None if len(found) > most else self._candidates(found)

    def _beyond(self, prices: FloatArray) -> FloatArray:
        beyond: FloatArray = self._kept - (self._units @ prices)[self._sets]
        return beyond

    def _candidates(self, some: IntArray) -> Candidates:
        masks: Masks = self._units[self._sets[some]].toarray() > 0
        return Candidates(masks, self._names[some], self._kept[some])


def list_all(problem: Problem) -> Listed | None:
    """The candidates of a pool; None where there are more than SETS connected sets up to the limit of a part.

    `problem.home` numbers today's communities from 0.
    """
    columns = possible_parts(problem, SETS, ANY)
    if columns is None:
        return None
    units = csr_array(columns.matrix(problem.size))
    return Listed(units, *named(problem, units), int(problem.home.max()) + 2)


def named(problem: Problem, units: csr_array) -> tuple[IntArray, IntArray, IntArray]:
    """The set, the name and the households that stay of each candidate that some sets of units (sets, n) make.

    A part with units of one lock bears its name, of two there is none; any other bears that of a community it holds
    households of, or none.
    """
    new = int(problem.home.max()) + 1
    kept = units @ _one_hot(problem.home, problem.weights, new)
    held = units @ _one_hot(problem.locks, np.ones(problem.size, dtype=np.int64), new)
    locks = np.diff(held.indptr)
    free, bound = np.flatnonzero(locks == 0), np.flatnonzero(locks == 1)
    own, locked = kept[free].tocoo(), held.indices[held.indptr[bound]].astype(np.int64)
    kept_there = np.asarray(kept.multiply(held > 0).sum(axis=1))[bound]
    sets = np.concatenate([free, free[own.row], bound])
    names = np.concatenate([np.full(len(free), new), own.col, locked])
    stays = np.concatenate([np.zeros(len(free)), own.data, kept_there]).astype(np.int64)
    return sets, names, stays


def _one_hot(labels: IntArray, values: IntArray, width: int) -> csr_array:
    """(n, width) the value of every unit in the column of its label; labels below 0 have none."""
    known = np.flatnonzero((labels >= 0) & (values != 0))
    return csr_array((values[known].astype(np.float64), (known, labels[known])), shape=(len(labels), width))
