"""Street coverage and points in grids on a synthetic city, beside shapely and scipy in one run.

python benchmarks/field/patrol_coverage.py FOLDER TRACKS.parquet [--peers]

FOLDER holds `streets.parquet` and `cells.parquet` (columns cid, households; geometry in metres) of a synthetic city,
TRACKS the GPS points (track, t, x, y). `--peers` measures the peers too, which takes minutes at ten million points.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridmgmt.field.places import AreaIndex
from gridmgmt.field.streets import StreetIndex, Stretches, streets_in_areas

RADIUS_M = 25.0
GRID_HOUSEHOLDS = 150
SAMPLE = 300  # streets whose coverage is compared with shapely's
SAMPLED_M = 5.0  # spacing of the peer that samples streets

Geometries = NDArray[Any]


@dataclass(frozen=True)
class Cost:
    """What a step took: wall time, and processor time of all threads, which others on the machine hardly change."""

    wall_s: float
    cpu_s: float


def once(action: Callable[[], Any]) -> tuple[Cost, Any]:
    """The cost of one run, for the slow ones, and the answer."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = action()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu), answer


def timed(action: Callable[[], Any], runs: int = 3) -> tuple[Cost, Any]:
    """The quickest of some runs after a warm-up."""
    action()
    tries = [once(action) for _ in range(runs)]
    return min(tries, key=lambda one: one[0].wall_s)


def row(what: str, cost: Cost, note: str = "") -> None:
    print(f"| {what} | {cost.wall_s:.3f} s | {cost.cpu_s:.3f} s | {note} |", flush=True)


def grids_of(cells: geopandas.GeoDataFrame) -> Geometries:
    """Cells of each community joined to compact grids of about 150 households by halving again and again."""
    xy = shapely.get_coordinates(shapely.centroid(cells.geometry.to_numpy()))
    households = cells["households"].to_numpy()
    groups: list[NDArray[np.int64]] = []
    waiting = [np.asarray(rows) for rows in cells.reset_index(drop=True).groupby("cid").indices.values()]
    while waiting:
        rows = waiting.pop()
        if len(rows) < 2 or households[rows].sum() <= 1.4 * GRID_HOUSEHOLDS:
            groups.append(rows)
            continue
        axis = int(np.argmax(np.ptp(xy[rows], axis=0)))
        order = rows[np.argsort(xy[rows, axis])]
        half = int(np.searchsorted(np.cumsum(households[order]), households[order].sum() / 2)) + 1
        half = min(max(half, 1), len(order) - 1)
        waiting += [order[:half], order[half:]]
    shapes = cells.geometry.to_numpy()
    return np.array([shapely.coverage_union_all(shapes[rows]) for rows in groups], dtype=object)


def streets(lines: Geometries, grids: Geometries, x: Any, y: Any, peers: bool) -> None:
    built, index = once(lambda: StreetIndex(lines))
    row("streets: build the lookup", built, f"{len(lines):,} streets")
    laid, inside = once(lambda: streets_in_areas(lines, grids))
    row("streets of the grids: linear referencing", laid, f"{len(inside.area):,} stretches in {len(grids):,} grids")
    cost, near = timed(lambda: index.near_points(x, y))
    row("street coverage, exact", cost, f"{len(x):,} points")
    cost, covered_m = timed(lambda: inside.covered_m(near))
    share = covered_m.sum() / inside.length_m().sum()
    row("share of each grid", cost, f"{share:.4%} of all street length")
    fresh = slice(0, max(1, len(x) // 1000))
    cost, _ = timed(lambda: near.united(index.near_points(x[fresh], y[fresh])))
    row("a thousandth more points, united with what is known", cost)
    compare(lines, near, x, y)
    if peers:
        peer_streets(lines, x, y)


def compare(lines: Geometries, near: Stretches, x: Any, y: Any) -> None:
    """Beside shapely: the street inside the union of fine discs, on a sample of streets away from full coverage."""
    thin = np.random.default_rng(0).choice(len(x), min(len(x), 4 * len(lines)), replace=False)
    x, y = x[thin], y[thin]
    index = StreetIndex(lines)
    ours = index.near_points(x, y).length_m(len(lines))
    chosen = np.random.default_rng(1).choice(len(lines), min(SAMPLE, len(lines)), replace=False)
    points = shapely.points(x, y)
    tree = shapely.STRtree(points)
    worst = 0.0
    for street in chosen:
        some = tree.query(lines[street], predicate="dwithin", distance=RADIUS_M)
        discs = shapely.union_all(shapely.buffer(points[some], RADIUS_M, quad_segs=256))
        worst = max(worst, abs(shapely.intersection(lines[street], discs).length - ours[street]))
    share = ours[chosen].sum() / index.length_m[chosen].sum()
    print(f"exactness: {len(chosen)} streets, {share:.1%} covered: worst difference {worst * 1000:.2f} mm")


def peer_streets(lines: Geometries, x: Any, y: Any) -> None:
    """The usual ways: STRtree pairs and intervals in numpy (exact); cKDTree on streets sampled every 5 m."""

    def by_tree() -> Stretches:
        tree = shapely.STRtree(lines)
        ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
        length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
        parts = []
        for start in range(0, len(x), 1_000_000):
            some = slice(start, start + 1_000_000)
            point, street = tree.query(shapely.points(x[some], y[some]), predicate="dwithin", distance=RADIUS_M)
            off = np.column_stack([x[some], y[some]])[point] - ends[street, 0]
            way = (ends[street, 1] - ends[street, 0]) / length[street][:, None]
            along, aside = (off * way).sum(axis=1), off[:, 0] * way[:, 1] - off[:, 1] * way[:, 0]
            half = np.sqrt(np.maximum(RADIUS_M**2 - aside**2, 0.0))
            low, high = np.maximum(along - half, 0.0), np.minimum(along + half, length[street])
            parts.append(Stretches.of(street[high > low], low[high > low], high[high > low]))
        return parts[0].united(*parts[1:])

    def by_samples() -> float:
        spots = shapely.get_coordinates(shapely.segmentize(lines, SAMPLED_M))
        distance, _ = cKDTree(np.column_stack([x, y])).query(spots, distance_upper_bound=RADIUS_M, workers=2)
        return float(np.isfinite(distance).mean())

    row("peer: shapely STRtree pairs, intervals in numpy (exact)", once(by_tree)[0])
    cost, share = once(by_samples)
    row("peer: cKDTree, streets sampled every 5 m (not exact)", cost, f"{share:.4%}")


def points_in(grids: Geometries, x: Any, y: Any, peers: bool) -> None:
    built, index = once(lambda: AreaIndex(grids))
    row("points in grids: build the lookup", built, f"{len(grids):,} grids")
    for threads in (1, 2):
        cost, found = timed(lambda threads=threads: index.locate(x, y, threads=threads))
        row(f"points in grids, {threads} thread(s)", cost, f"{(found >= 0).mean():.2%} inside")
    if peers:

        def by_tree() -> NDArray[np.int64]:
            tree = shapely.STRtree(grids)
            answer = np.full(len(x), len(grids))
            for start in range(0, len(x), 1_000_000):
                some = slice(start, start + 1_000_000)
                point, grid = tree.query(shapely.points(x[some], y[some]), predicate="intersects")
                np.minimum.at(answer[some], point, grid)
            return np.where(answer == len(grids), -1, answer)

        cost, theirs = once(by_tree)
        row("peer: shapely STRtree", cost, f"{(theirs != found).sum()} points laid elsewhere")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("tracks", type=Path)
    arguments.add_argument("--peers", action="store_true")
    asked = arguments.parse_args()
    lines = geopandas.read_parquet(asked.folder / "streets.parquet").geometry.to_numpy()
    grids = grids_of(geopandas.read_parquet(asked.folder / "cells.parquet"))
    points = pd.read_parquet(asked.tracks, columns=["x", "y"])
    x, y = (np.array(points[name], dtype=float) for name in ("x", "y"))
    print("| step | wall | processor | |\n|---|---|---|---|")
    streets(lines, grids, x, y, asked.peers)
    points_in(grids, x, y, asked.peers)


if __name__ == "__main__":
    main()
