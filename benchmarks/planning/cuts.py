"""Least cut edges with few, tightly balanced parts: ours beside METIS, METIS with annealing, and GerryChain.

./run exec python benchmarks/planning/cuts.py [folder with <state>_<level>.json and proven_optima.csv]

Peers are the group `peers`. Without a folder only the invented graphs are run: planar triangulations of random points,
some long edges left out, lognormal weights. With towns, most points crowd around a few places and weigh about the same,
as census tracts do. A value in brackets is out of the range by so much weight. Ours is run with several seeds.
"""

import csv
import json
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial as bound_to
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.spatial import Delaunay

from gridmgmt.planning import metrics
from gridmgmt.planning.partition import partition

Ints = NDArray[np.int64]
LIMIT_S, SEEDS, METIS_SEEDS, BURSTS = 60, 3, 100, 150
INVENTED = [  # units, parts, tolerance, seed, towns
    (300, 3, 0.01, 2, 0),
    (300, 5, 0.005, 1, 0),
    (700, 4, 0.005, 4, 0),
    (700, 7, 0.01, 3, 0),
    (500, 3, 0.005, 5, 6),
    (700, 4, 0.005, 6, 8),
]
TOWN_SHARE, TOWN_RADIUS = 0.75, 0.03  # of the units; of the square's side


@dataclass(frozen=True)
class Instance:
    """A graph with unit costs, weights, the number of parts and their range; the published optimum if known."""

    name: str
    graph: csr_array
    weights: Ints
    parts: int
    low: int
    high: int
    best: str = "?"

    def outside(self, labels: Ints) -> float:
        loads = np.bincount(labels, weights=self.weights, minlength=self.parts)
        torn = 1e12 * metrics.not_contiguous(self.graph, labels)
        return float(np.maximum(self.low - loads, loads - self.high).clip(min=0).sum() + torn)

    def rank(self, labels: Ints) -> tuple[float, float]:
        return self.outside(labels), metrics.cut_cost(self.graph, labels)


def published(folder: Path) -> Iterator[Instance]:
    for row in csv.DictReader((folder / "proven_optima.csv").read_text().splitlines()):
        units = json.loads((folder / f"{row['state']}_{row['level']}.json").read_text())
        number = {node["id"]: place for place, node in enumerate(units["nodes"])}
        pairs = [(place, number[edge["id"]]) for place, edges in enumerate(units["adjacency"]) for edge in edges]
        weights = np.array([node["TOTPOP"] for node in units["nodes"]])
        graph = _graph(np.array(pairs), len(weights))
        yield Instance(
            f"{row['state']} {row['level']}, {len(weights)}",
            graph,
            weights,
            int(row["k"]),
            int(row["L"]),
            int(row["U"]),
            row["best"],
        )


def invented(units: int, parts: int, tolerance: float, seed: int, towns: int) -> Instance:
    rng = np.random.default_rng(seed)
    points = rng.random((units, 2))
    if towns:
        crowd = rng.random(units) < TOWN_SHARE
        places = rng.random((towns, 2))[rng.choice(towns, crowd.sum(), p=rng.dirichlet(np.ones(towns)))]
        points[crowd] = places + rng.normal(0, TOWN_RADIUS, places.shape)
    for _ in range(2):  # points a little more even, as counties are
        first, around = Delaunay(points).vertex_neighbor_vertices
        means = [points[around[first[u] : first[u + 1]]].mean(axis=0) for u in range(units)]
        points = (points + np.array(means)) / 2
    corners = Delaunay(points).simplices
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    lengths = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    weights = np.maximum(50, rng.lognormal(np.log(9000), 0.4 if towns else 1.0, units)).astype(np.int64)
    ideal = weights.sum() / parts
    low, high = int(np.ceil(ideal * (1 - tolerance))), int(ideal * (1 + tolerance))
    name = f"{units} units, {tolerance:.1%}" + (f", {towns} towns" if towns else "")
    kept = pairs if towns else pairs[lengths < 3 / units**0.5]
    return Instance(name, _graph(kept, units), weights, parts, low, high)


def _graph(pairs: Ints, count: int) -> csr_array:
    both = np.concatenate([pairs, pairs[:, ::-1]])
    graph = coo_array((np.ones(len(both)), both.T), shape=(count, count)).tocsr()
    graph.data[:] = 1
    return graph


def metis(case: Instance) -> list[Ints]:
    """The plans of 100 seeds, the best first."""
    import pymetis

    first, around = case.graph.indptr.tolist(), case.graph.indices.tolist()
    tolerance = max(1, round(1000 * (case.high * case.parts / case.weights.sum() - 1)))
    plans = []
    for seed in range(METIS_SEEDS):
        options = pymetis.Options(contig=1, seed=seed, ufactor=tolerance, niter=20)
        weights = case.weights.tolist()
        answer = pymetis.part_graph(
            case.parts, xadj=first, adjncy=around, vweights=weights, recursive=False, options=options
        )
        plans.append(np.array(answer[1], dtype=np.int64))
    return sorted(plans, key=case.rank)


def annealed(case: Instance, starts: list[Ints]) -> Ints:
    """Annealing from the best of METIS: single units cross the cut, the cost of imbalance fixed; the compiled walk."""
    from gridmgmt.planning.partition.fewparts import annealing
    from gridmgmt.planning.partition.streams import new_stream

    first, around = case.graph.indptr.astype(np.int64), case.graph.indices.astype(np.int64)
    graph = (first, around, annealing.reverse_arcs(first, around), case.graph.data)
    weights, limits = case.weights.astype(float), (float(case.low), float(case.high), case.weights.sum() / case.parts)
    plans = []
    for seed, start in enumerate(starts):
        if len(np.unique(start)) < case.parts or metrics.not_contiguous(case.graph, start):
            continue
        state = annealing.start_walk(first, around, weights, start.copy(), case.parts)
        best = (start.copy(), np.full(3, np.inf))
        heats, free = np.geomspace(0.6, 0.15, 400), np.zeros(len(weights), dtype=bool)
        prices = np.array([1.0, 0.0, 30.0])
        annealing.walk(graph, weights, free, limits, prices, False, state, best, heats, 5000, new_stream(seed))
        plans.append(best[0])
    return min(plans, key=case.rank) if plans else starts[0]


def gerrychain(case: Instance) -> Ints | None:
    """Short bursts of ReCom for the least cut (Cannon et al. 2023); None where no plan to begin with is found."""
    import networkx
    from gerrychain import Graph, Partition, constraints, updaters
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.proposals import recom
    from gerrychain.tree import recursive_tree_part

    random.seed(0)
    plain = networkx.from_scipy_sparse_array(case.graph)
    networkx.set_node_attributes(plain, dict(enumerate(case.weights.tolist())), "weight")
    graph = Graph.from_networkx(plain)
    ideal = float(case.weights.sum()) / case.parts
    tolerance = case.high / ideal - 1
    try:
        start = recursive_tree_part(graph, range(case.parts), ideal, "weight", tolerance, 0)
        first = Partition(graph, start, {"weight": updaters.Tally("weight"), "cut": updaters.cut_edges})
        proposal = bound_to(recom, pop_col="weight", pop_target=ideal, epsilon=tolerance, node_repeats=0)
        chain = SingleMetricOptimizer(proposal, constraints.contiguous, first, lambda plan: len(plan["cut"]), False)
        for _ in chain.short_bursts(10, BURSTS):
            pass
    except Exception as fault:  # peers give up in many ways
        print("  GerryChain:", type(fault).__name__, str(fault)[:90], file=sys.stderr)
        return None
    best = chain.best_part.assignment
    return np.array([int(best[unit]) for unit in range(len(case.weights))])


def timed(action: Callable[[], Ints | None]) -> tuple[Ints | None, float]:
    start = time.perf_counter()
    return action(), time.perf_counter() - start


def cell(case: Instance, plan: Ints | None, seconds: float) -> str:
    if plan is None:
        return f"none, {seconds:.1f} s"
    outside, cut = case.rank(plan)
    return f"{cut:.0f}, {seconds:.1f} s" if not outside else f"({cut:.0f}, {outside:,.0f} out), {seconds:.1f} s"


def ours(case: Instance) -> tuple[str, str]:
    """Cut and time by seed, and what the first proves."""
    cells, bounds = [], []
    for seed in range(SEEDS):
        start = time.perf_counter()
        labels, proof = partition(
            case.graph,
            case.weights,
            parts=case.parts,
            low=case.low,
            high=case.high,
            objective="cut_edges",
            time_limit_s=LIMIT_S,
            seed=seed,
        )
        cells.append(cell(case, labels, time.perf_counter() - start))
        bounds.append(f"{proof.bound:.0f}, {proof.status}")
    return "; ".join(cells), bounds[0]


def row(case: Instance) -> str:
    mine, proof = ours(case)
    seeds, metis_s = timed_list(lambda: metis(case))
    walked, walked_s = timed(lambda: annealed(case, seeds[:8]))
    peers = [cell(case, seeds[0], metis_s), cell(case, walked, metis_s + walked_s)]
    peers.append(cell(case, *timed(lambda: gerrychain(case))))
    return (
        f"| {case.name} | {case.parts} | {case.best} | **{mine}** | {proof} " + "".join(f"| {p} " for p in peers) + "|"
    )


def timed_list(action: Callable[[], list[Ints]]) -> tuple[list[Ints], float]:
    start = time.perf_counter()
    return action(), time.perf_counter() - start


def main() -> None:
    warnings.simplefilter("ignore")  # of peers about their own ways
    print("| graph | k | published | ours | bound | METIS best of 100 | and annealing | GerryChain |")
    print("|---|---|---|---|---|---|---|---|")
    for case in published(Path(sys.argv[1])) if len(sys.argv) > 1 else ():
        print(row(case), flush=True)
    for shape in INVENTED:
        print(row(invented(*shape)), flush=True)


if __name__ == "__main__":
    main()
