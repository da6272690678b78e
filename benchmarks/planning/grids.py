"""Grids of 120–180 households on a synthetic city: `divide` beside METIS, GerryChain and spopt, in one run.

./run exec python benchmarks/planning/grids.py ../shared/bench/synth_city.py --scale M --seed 20240601

The city's cells are divided community by community. All methods get the same graph and are scored by one function;
grids with a building above 180 are forgiven. METIS, GerryChain and the spopt methods get round(total / 150) parts.
A peer that is not installed, or does not end, is named. With --slow only so many communities go to the slow peers; the
product is scored on the same communities beside each of them.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gridmgmt.planning import divide, metrics

LOW, HIGH, TARGET = 120, 180, 150
UFACTOR = 200  # thousandths by which a part of METIS may exceed the mean
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Community:
    """Cells in one community, with their neighbours (shared border, m)."""

    cells: gpd.GeoDataFrame
    households: NDArray[np.int64]
    graph: csr_array

    @property
    def parts(self) -> int:
        return max(2, round(int(self.households.sum()) / TARGET))


def read(folder: Path) -> list[Community]:
    cells, edges = gpd.read_parquet(folder / "cells.parquet"), pd.read_parquet(folder / "edges.parquet")
    towns = []
    for number, frame in cells.groupby("cid"):
        place = pd.Index(frame["bid"])
        own = edges[edges["cid"] == number]
        u, v = place.get_indexer(own["u"]), place.get_indexer(own["v"])
        pair = (np.concatenate([u, v]), np.concatenate([v, u]))
        graph = coo_array((np.tile(own["len"], 2), pair), shape=(len(frame), len(frame))).tocsr()
        households = frame["households"].to_numpy(dtype=np.int64)
        towns.append(Community(frame.reset_index(drop=True), households, graph))
    return towns


def score(towns: list[Community], answers: list[Labels]) -> dict[str, Any]:
    """One row of the table, over the grids of all communities."""
    loads, forgiven, round_, apart = [], [], [], 0
    for town, answer in zip(towns, answers, strict=True):
        labels = np.unique(answer, return_inverse=True)[1].astype(np.int64)
        load = metrics.part_weights(labels, town.households)
        loads.append(load)
        forgiven.append(np.isin(np.arange(len(load)), labels[town.households > HIGH]))
        shapes = town.cells.geometry.to_numpy()
        dissolved = [shapely.union_all(shapes[labels == part]) for part in range(len(load))]
        round_.append(metrics.polsby_popper(np.array(dissolved)))
        apart += metrics.not_contiguous(town.graph, labels)
    load, lenient = np.concatenate(loads), np.concatenate(forgiven)
    return {
        "communities": len(towns),
        "in range %": 100 * metrics.share(metrics.in_range(load, LOW, HIGH)[~lenient]),
        "mean |dev|": float(np.abs(load - TARGET).mean()),
        "smallest": int(load.min()),
        "largest": int(load.max()),
        "apart": apart,
        "PP": float(np.concatenate(round_).mean()),
    }


def metis(town: Community, seeds: int) -> Labels:
    import pymetis

    graph, best, rank = town.graph, np.zeros(len(town.households), dtype=np.int64), (-1, 0.0)
    for seed in range(seeds):
        options = pymetis.Options(contig=1, ufactor=UFACTOR, seed=seed)
        neighbours = pymetis.CSRAdjacency(graph.indptr.astype(np.int32), graph.indices.astype(np.int32))
        _, parts = pymetis.part_graph(
            town.parts, neighbours, vweights=town.households.tolist(), recursive=False, options=options
        )
        labels = np.asarray(parts, dtype=np.int64)
        load = np.bincount(labels, weights=town.households)
        found = (int(((load >= LOW) & (load <= HIGH)).sum()), -float(np.abs(load - TARGET).mean()))
        if found > rank:
            best, rank = labels, found
    return best


def gerrychain(town: Community, seed: int) -> Labels:
    import networkx
    from gerrychain import Graph
    from gerrychain.tree import bipartition_tree, recursive_tree_part

    random.seed(seed)
    graph = networkx.from_scipy_sparse_array(town.graph)
    networkx.set_node_attributes(graph, dict(enumerate(town.households.tolist())), "households")
    wanted = float(town.households.sum()) / town.parts
    method = partial(bipartition_tree, max_attempts=2000)
    found = recursive_tree_part(
        Graph.from_networkx(graph), range(town.parts), wanted, "households", 0.2, bipartition_tree_fn=method
    )
    return np.array([found[unit] for unit in range(len(town.households))], dtype=np.int64)


def spopt(town: Community, seed: int, method: str) -> Labels:
    import libpysal
    from spopt.region import MaxPHeuristic, RegionKMeansHeuristic, Skater

    graph = town.graph
    near = {unit: graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]].tolist() for unit in range(graph.shape[0])}
    weights = libpysal.weights.W(near, silence_warnings=True)
    frame = town.cells.assign(x=town.cells.centroid.x, y=town.cells.centroid.y)
    np.random.seed(seed)  # noqa: NPY002 - spopt draws from the global stream
    if method == "MaxP":
        model = MaxPHeuristic(frame, weights, ["x", "y"], "households", LOW, top_n=2)
    elif method == "Skater":
        model = Skater(frame, weights, ["x", "y"], n_clusters=town.parts)
    else:
        model = RegionKMeansHeuristic(frame[["x", "y"]].to_numpy(), town.parts, weights)
    model.solve()
    return np.asarray(model.labels_, dtype=np.int64)


def product(towns: list[Community], effort: str, seed: int) -> tuple[list[Labels], float, dict[str, int]]:
    """Parts of every community, CPU seconds for each with adjacency, dissolving and report, and misses by reason."""
    cells = pd.concat([town.cells for town in towns], ignore_index=True)
    divide(towns[0].cells, within="cid")  # compiles
    started = time.process_time()
    plan = divide(cells, within="cid", effort=effort, seed=seed, time_limit_s=3600)
    spent = (time.process_time() - started) / len(towns)
    part = plan.units["part"].to_numpy()
    return np.split(part, np.cumsum([len(town.cells) for town in towns])[:-1]), spent, plan.report["missed_by_reason"]


def solved_by(
    towns: list[Community], solve: Callable[[Community], Labels]
) -> tuple[list[int], list[Labels], float, str]:
    """Which communities a peer ended on, its parts there, CPU seconds for each it was given, and what went wrong."""
    ended, answers, fault = [], [], ""
    started = time.process_time()
    for number, town in enumerate(towns):
        try:
            answers.append(solve(town))
            ended.append(number)
        except ImportError as absent:
            return [], [], 0.0, f"not installed: {absent.name}"
        except (RuntimeError, ValueError, IndexError, KeyError) as failed:
            fault = type(failed).__name__
    return ended, answers, (time.process_time() - started) / max(1, len(towns)), fault


def line(name: str, row: dict[str, Any], seconds: float, note: str = "") -> None:
    figures = "".join(f"{value:>12.3f}" if isinstance(value, float) else f"{value:>12}" for value in row.values())
    print(f"{name:<28}{1000 * seconds:>12.1f}{figures}  {note}", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("generator", type=Path)
    arguments.add_argument("--scale", default="M", choices=["S", "M", "L", "XL"])
    arguments.add_argument("--seed", type=int, default=20240601, help="of the city")
    arguments.add_argument("--efforts", nargs="*", default=["fast", "thorough", "exact"])
    arguments.add_argument("--slow", type=int, default=8, help="communities for GerryChain and MaxP")
    arguments.add_argument("--no-peers", action="store_true")
    asked = arguments.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, asked.generator, folder, "--seed", str(asked.seed), asked.scale],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        towns = read(Path(folder) / asked.scale)
    compare(towns, asked)


def compare(towns: list[Community], asked: argparse.Namespace) -> None:
    columns = ["communities", "in range %", "mean |dev|", "smallest", "largest", "apart", "PP"]
    print(f"{'method':<28}{'CPU ms each':>12}" + "".join(f"{column:>12}" for column in columns))
    mine: list[Labels] = []
    for effort in asked.efforts:
        answers, seconds, missed = product(towns, effort, 0)
        mine = mine or answers
        line(f"divide, {effort}", score(towns, answers), seconds, f"out of range: {missed}")
    peers: list[tuple[str, int, Callable[[Community], Labels]]] = [
        ("METIS", len(towns), lambda town: metis(town, 1)),
        ("METIS, best of 20", len(towns), lambda town: metis(town, 20)),
        ("METIS, best of 100", len(towns), lambda town: metis(town, 100)),
        ("spopt RegionKMeans", len(towns), lambda town: spopt(town, 0, "RegionKMeans")),
        ("spopt Skater", len(towns), lambda town: spopt(town, 0, "Skater")),
        ("spopt MaxP", asked.slow, lambda town: spopt(town, 0, "MaxP")),
        ("GerryChain", asked.slow, lambda town: gerrychain(town, 0)),
    ]
    for name, count, solve in [] if asked.no_peers else peers:
        ended, answers, seconds, fault = solved_by(towns[:count], solve)
        if not ended:
            print(f"{name:<28}{fault or 'ended nowhere'}")
            continue
        own = [towns[number] for number in ended]
        note = f"ended on {len(ended)} of {min(count, len(towns))} {fault}"
        line(name, score(own, answers), seconds, note)
        if len(ended) < len(towns) and mine:
            line(f"  divide, {asked.efforts[0]}, there", score(own, [mine[number] for number in ended]), 0.0)


if __name__ == "__main__":
    main()
