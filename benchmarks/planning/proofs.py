"""How many pools of at most 80 units end with their least total deviation proven, in what time.

./run exec python benchmarks/planning/proofs.py ../shared/bench/synth_city.py --seeds 1 2 3 4 5 --pools 70

The cells of synthetic cities, community by community, less the units above the cap; of the pools left over those of 30
to 80 units. Each is divided alone by `partition` with effort `exact`. With --first the count can be made in shares.
With --monolith every pool is also given so many seconds of CP-SAT on one model: unit by part, each part a tree rooted
in it, the plan of the product as its hint.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from grids import HIGH, LOW, TARGET, Community, read
from scipy.sparse import csr_array

from gridmgmt.planning.dividing.goals import GOALS
from gridmgmt.planning.partition import Certificate, partition
from gridmgmt.planning.partition.evenness import least_total_deviation
from gridmgmt.planning.partition.pools import carve
from gridmgmt.planning.partition.problem import IntArray, Problem, make_problem

SMALLEST, LARGEST = 30, 80  # units of a pool


def pools_of(town: Community) -> list[Problem]:
    graph, shapes = csr_array(town.graph), town.cells.geometry.to_numpy()
    nothing = csr_array((np.zeros_like(graph.data), graph.indices, graph.indptr), shape=graph.shape)
    shape = (graph, shapely.area(shapes), shapely.length(shapes))
    whole = make_problem(
        nothing, town.households, LOW, HIGH, TARGET, None, ("deviation",), None, None, *shape, GOALS["exact"]
    )
    pools = [whole.pool(pool.units) for pool in carve(whole).pools]
    return [pool for pool in pools if SMALLEST <= pool.size <= LARGEST]


def divided(pool: Problem, limit_s: float) -> tuple[IntArray, Certificate]:
    return partition(
        pool.graph, pool.weights, low=LOW, high=HIGH, target=TARGET, borders=pool.borders, areas=pool.areas,
        perimeters=pool.perimeters, goals=pool.goals, effort="exact", time_limit_s=limit_s,
    )  # fmt: skip


def monolith(pool: Problem, hint: IntArray, limit_s: float) -> tuple[float, float]:
    """Total deviation and its bound by one CP-SAT model with as many parts as the hint; one worker."""
    from ortools.sat.python import cp_model

    model, parts, size = cp_model.CpModel(), int(hint.max()) + 1, pool.size
    edges = pool.graph.tocoo()
    arcs = list(zip(edges.row.tolist(), edges.col.tolist(), strict=True))
    inside = [[model.new_bool_var("") for _ in range(parts)] for _ in range(size)]
    up, height = {arc: model.new_bool_var("") for arc in arcs}, [model.new_int_var(0, size, "") for _ in range(size)]
    for unit in range(size):
        model.add_exactly_one(inside[unit])
        root = model.new_bool_var("")
        model.add_exactly_one([root, *(up[arc] for arc in arcs if arc[0] == unit)])
        height.append(root)
    model.add(sum(height[size:]) == parts)
    for part in range(parts):
        model.add(sum(model_root for model_root in _roots(model, inside, height[size:], part)) == 1)
    for one, other in arcs:
        model.add(height[one] >= height[other] + 1).only_enforce_if(up[one, other])
        for part in range(parts):
            model.add(inside[one][part] == inside[other][part]).only_enforce_if(up[one, other])
    off = []
    for part in range(parts):
        load = sum(int(weight) * row[part] for weight, row in zip(pool.weights, inside, strict=True))
        off.append(model.new_int_var(0, TARGET, ""))
        model.add_linear_constraint(load, LOW, HIGH)
        model.add(off[-1] >= load - TARGET)
        model.add(off[-1] >= TARGET - load)
    model.minimize(sum(off))
    for row, label in zip(inside, hint.tolist(), strict=True):
        for part, variable in enumerate(row):
            model.add_hint(variable, int(part == label))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.max_time_in_seconds = 1, limit_s
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return (solver.objective_value if found else float("inf")), solver.best_objective_bound


def _roots(model: Any, inside: list[list[Any]], roots: list[Any], part: int) -> list[Any]:
    """For each unit, whether it is the root of that part."""
    both = [model.new_bool_var("") for _ in roots]
    for variable, root, row in zip(both, roots, inside, strict=True):
        model.add_bool_and([root, row[part]]).only_enforce_if(variable)
        model.add_bool_or([root.negated(), row[part].negated(), variable])
    return both


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("generator", type=Path)
    arguments.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5], help="of the cities")
    arguments.add_argument("--first", type=int, default=0, help="number of the first pool")
    arguments.add_argument("--pools", type=int, default=70, help="at most")
    arguments.add_argument("--limit", type=float, default=60.0, help="seconds for a pool")
    arguments.add_argument("--monolith", type=float, default=0.0, help="seconds of CP-SAT for a pool")
    asked = arguments.parse_args()
    pools: list[Problem] = []
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [sys.executable, asked.generator, folder, "--seed", str(seed), "M"],
                check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            pools += [pool for town in read(Path(folder) / "M") for pool in pools_of(town)]
    count(pools[asked.first :][: asked.pools], asked.limit, asked.monolith)


def count(pools: list[Problem], limit_s: float, monolith_s: float) -> None:
    print("| units | households | outside (bound) | total deviation (bound) | CPU s | CP-SAT (bound) |")
    print("|---|---|---|---|---|---|")
    spent, proven, theirs = [], 0, 0
    for pool in pools:
        started = time.process_time()
        labels, proof = divided(pool, limit_s)
        spent.append(time.process_time() - started)
        off = float(np.abs(np.bincount(labels, weights=pool.weights) - TARGET).sum())
        joined = csr_array((np.ones_like(pool.graph.data), pool.graph.indices, pool.graph.indptr))
        bound = least_total_deviation(joined, pool.weights, TARGET) + proof.uneven
        proven += off <= bound + 1e-6 and proof.outside == proof.outside_bound
        beside = ""
        if monolith_s and not proof.outside:
            value, least = monolith(pool, labels, monolith_s)
            theirs += value <= least + 1e-6
            beside = f"{value:.0f} ({least:.0f})"
        figures = f"{proof.outside} ({proof.outside_bound}) | {off:.0f} ({bound:.0f}) | {spent[-1]:.1f}"
        print(f"| {pool.size} | {pool.total} | {figures} | {beside} |", flush=True)
    print(f"\nproven: {proven} of {len(pools)}; CPU s: median {np.median(spent):.1f}, most {max(spent):.1f}")
    if monolith_s:
        print(f"proven by CP-SAT for the same number of parts: {theirs}")


if __name__ == "__main__":
    main()
