"""Station merges beside the usual ways, in one run: ten subdistricts of the demo, one pool of a hundred, the front.

./run exec python benchmarks/planning/stations.py [--seconds 60] [--only ten hundred peers front suggestion coverage]

Peers: CP-SAT on the same groups (ten subdistricts), CP-SAT on the capacitated p-median with contiguity let go (a
hundred communities), and spopt's MaxP heuristic where it is installed (group `peers`). Household-metres are straight
lines.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import geopandas
import numpy as np
import shapely
from ortools.sat.python import cp_model

from gridmgmt.demo.city import build_city
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning import metrics
from gridmgmt.planning.frames import metric
from gridmgmt.planning.merge import merge, station_pools
from gridmgmt.planning.merging.front import merge_front
from gridmgmt.planning.merging.groups import Pool
from gridmgmt.planning.merging.pricedgroups import groups_within
from gridmgmt.planning.service import coverage
from gridmgmt.planning.service_suggestion import suggest_station

LOW, HIGH = 6000, 10000
Labels = np.ndarray[Any, np.dtype[np.int64]]


def main(seconds: float, only: Sequence[str]) -> None:
    """Print one table per task."""
    city = build_city("full")
    communities = city.boundaries[city.boundaries["level"] == "community"].reset_index(drop=True)
    merge(communities.iloc[:8])  # compile
    print("| task | way | time | stations | out of range | household-km | gap | not contiguous |")
    print("|---|---|---|---|---|---|---|---|")
    tasks: dict[str, Callable[[], None]] = {
        "ten": lambda: ten(communities),
        "hundred": lambda: hundreds(seconds),
        "peers": lambda: peers(tiles(100, 1100, 1), seconds),
        "front": lambda: front(communities, city.stations),
        "suggestion": lambda: suggestion(city),
        "coverage": half_a_million,
    }
    for name, task in tasks.items():
        if name in (only or tasks):
            task()


def ten(communities: geopandas.GeoDataFrame) -> None:
    """The demo's ten subdistricts, each a pool."""
    plane, task = metric(communities), "ten subdistricts"
    row(task, "gridmgmt", plane, *timed(lambda: merge(communities)))
    pools = station_pools(communities, low=LOW, high=HIGH)

    def cp_sat() -> Labels:
        labels = np.zeros(len(communities), dtype=np.int64)
        for where in pools:
            found = covered_by_cp_sat(where.pool)
            labels[where.rows] = found + 1 + labels.max()
        return labels

    row(task, "CP-SAT on the same groups", plane, *timed(cp_sat))
    peer = max_p(plane, "parent_code")
    if peer is not None:
        row(task, "spopt MaxP", plane, *timed(peer))


def pools_of_a_hundred() -> Iterator[tuple[str, geopandas.GeoDataFrame]]:
    """Pools of a hundred communities of about 1,100 households, of four kinds of ground and households."""
    for seed in (1, 2, 3, 4):
        yield f"cells, seed {seed}", tiles(100, 1100, seed)
    for seed in (1, 2):
        yield f"lattice, seed {seed}", lattice(10, 1100, seed)
    for seed in (1, 2):
        yield f"uneven cells, seed {seed}", uneven(100, 1100, seed)
    yield "cells of one long street", tiles(100, 1100, 1, stretch=8.0)


def hundreds(seconds: float) -> None:
    """Every pool of a hundred."""
    for name, frame in pools_of_a_hundred():
        hundred(name, frame, seconds)


def hundred(name: str, frame: geopandas.GeoDataFrame, seconds: float) -> None:
    """One pool of a hundred communities."""
    solved = timed(lambda: merge(frame, parent=None, low=LOW, high=HIGH, time_limit_s=seconds))
    row(f"a hundred in one pool, {name}", "gridmgmt", frame, *solved)


def peers(frame: geopandas.GeoDataFrame, seconds: float) -> None:
    """The first pool of a hundred by other ways."""
    task = "a hundred in one pool, cells, seed 1"
    [where] = station_pools(frame, parent=None, low=LOW, high=HIGH)
    labels, elapsed_s, gap = timed_gap(lambda: median_by_cp_sat(where.pool, seconds))
    row(task, "CP-SAT p-median, contiguity let go", frame, labels, elapsed_s, gap)
    peer = max_p(frame, None)
    if peer is not None:
        row(task, "spopt MaxP", frame, *timed(peer))


def front(communities: geopandas.GeoDataFrame, stations: geopandas.GeoDataFrame) -> None:
    """The complete front of the ten subdistricts; what premises lack is that of the demo's stations."""
    norms = {"office": 200, "service": 900, "plaza": 1000}
    best = {name: stations[[f"{name}_m2", f"{name}_planned_m2"]].max(axis=1) for name in norms}
    lacking = sum(np.maximum(0, norm - best[name]) for name, norm in norms.items())
    started = time.perf_counter()
    found = merge_front(communities.assign(lacking=np.asarray(lacking, dtype=int)), upgrade="lacking")
    elapsed_s = time.perf_counter() - started
    print(f"\nPareto front, complete: {elapsed_s:.2f} s, plans {found.groupby('parent').size().to_dict()}")


def suggestion(city: Any) -> None:
    """Where the next two stations help most, among all public places of the demo."""
    started = time.perf_counter()
    some = city.stations.iloc[::2]
    found = suggest_station(city.buildings, city.streets, some, city.barriers, candidates=city.places, count=2)
    figures = {key: found.report[key] for key in ("candidates", "mean_m_before", "mean_m_after", "gained_households")}
    print(f"\nnext two stations: {time.perf_counter() - started:.1f} s, {figures}")


def half_a_million() -> None:
    """Walks of half a million households on a lattice of streets with rivers, frames at hand: in buildings, and each
    household a point of its own."""
    rng = np.random.default_rng(5)
    side, gap = 160, 100.0
    edge = np.arange(side) * gap
    lines = [shapely.LineString([(x, y) for y in edge]) for x in edge]
    lines += [shapely.LineString([(x, y) for x in edge]) for y in edge]
    streets = geopandas.GeoDataFrame(geometry=lines, crs=4547)
    rivers = [shapely.LineString([(0, y), (edge[-1], y)]) for y in (3950.0, 8050.0, 12050.0)]
    sites = geopandas.GeoDataFrame(geometry=shapely.points(rng.uniform(0, edge[-1], (115, 2))), crs=4547)
    barriers = geopandas.GeoDataFrame(geometry=rivers, crs=4547)
    for count, homes in ((25_000, rng.integers(1, 40, 25_000)), (500_000, np.ones(500_000, dtype=int))):
        places = shapely.points(rng.uniform(0, edge[-1], (count, 2)))
        buildings = geopandas.GeoDataFrame({"households": homes}, geometry=places, crs=4547)
        started, cpu = time.perf_counter(), time.process_time()
        found = coverage(buildings, streets, sites, barriers).report
        elapsed_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
        figures = {key: found[key] for key in ("households", "median_m", "share_within_15_minutes")}
        print(f"\ncoverage: {elapsed_s:.2f} s, CPU {cpu_s:.2f} s, {count} buildings, {figures}", flush=True)


def tiles(count: int, mean: int, seed: int, stretch: float = 1.0) -> geopandas.GeoDataFrame:
    """Voronoi cells of about 0.25 km², relaxed three times, with households 30 % about the mean."""
    rng = np.random.default_rng(seed)
    side = 500 * count**0.5
    frame = shapely.box(0, 0, side * stretch**0.5, side / stretch**0.5)
    points = rng.uniform(0, side, (count, 2)) * [stretch**0.5, stretch**-0.5]
    for _ in range(3):
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=frame))
        cells = shapely.intersection(cells, frame)
        points = shapely.get_coordinates(shapely.centroid(cells))
    homes = np.rint(mean * rng.uniform(0.7, 1.3, count)).astype(int)
    return geopandas.GeoDataFrame({"households": homes}, geometry=cells, crs=4547)


def lattice(columns: int, mean: int, seed: int) -> geopandas.GeoDataFrame:
    """Squares of 500 m with households 30 % about the mean."""
    place = np.arange(columns * columns)
    x, y = place % columns * 500.0, place // columns * 500.0
    homes = np.rint(mean * np.random.default_rng(seed).uniform(0.7, 1.3, len(place))).astype(int)
    return geopandas.GeoDataFrame({"households": homes}, geometry=shapely.box(x, y, x + 500, y + 500), crs=4547)


def uneven(count: int, mean: int, seed: int) -> geopandas.GeoDataFrame:
    """The cells of `tiles` with lognormal households: a third of the mean to three times as many."""
    homes = mean * np.random.default_rng(seed).lognormal(-0.1, 0.45, count)
    return tiles(count, mean, seed).assign(households=np.rint(homes).astype(int))


def covered_by_cp_sat(pool: Pool) -> Labels:
    """Least violation, then stations, then walk over all groups that could matter, by one CP-SAT model."""
    groups = groups_within(pool, int(pool.weights.sum())) or []
    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in groups]
    for node in range(len(pool)):
        model.add_exactly_one(var for var, group in zip(take, groups, strict=True) if group.mask >> node & 1)
    most = sum(group.travel for group in groups) // len(groups) * len(pool)
    price = [(group.violation * (len(pool) + 1) + 1) * most + group.travel for group in groups]
    model.minimize(sum(cost * var for cost, var in zip(price, take, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.solve(model)
    labels = np.zeros(len(pool), dtype=np.int64)
    for number, (var, group) in enumerate(zip(take, groups, strict=True)):
        if solver.boolean_value(var):
            labels[group.members] = number
    return labels


def median_by_cp_sat(pool: Pool, seconds: float) -> tuple[Labels, float]:
    """The capacitated p-median without contiguity, fewest stations by count; the labels and the gap it proves."""
    n, stations = len(pool), -(-int(pool.weights.sum()) // HIGH)
    model = cp_model.CpModel()
    serve = [[model.new_bool_var("") for _ in range(n)] for _ in range(n)]
    opened = [serve[site][site] for site in range(n)]
    for node in range(n):
        model.add_exactly_one(serve[node])
        for site in range(n):
            model.add_implication(serve[node][site], opened[site])
    for site in range(n):
        load = sum(int(pool.weights[node]) * serve[node][site] for node in range(n))
        model.add(load <= HIGH * opened[site])
        model.add(load >= LOW * opened[site])
    model.add(sum(opened) == stations)
    model.minimize(sum(int(pool.travel[u, s]) * serve[u][s] for u in range(n) for s in range(n)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = seconds
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return np.zeros(n, dtype=np.int64), 1.0
    labels = [next(site for site in range(n) if solver.boolean_value(serve[node][site])) for node in range(n)]
    return np.asarray(labels), 1 - solver.best_objective_bound / solver.objective_value


def max_p(frame: geopandas.GeoDataFrame, parent: str | None) -> Callable[[], Labels] | None:
    """spopt's MaxP heuristic with the range's lower end as its floor; None where spopt is not installed."""
    try:
        from libpysal.weights import Rook
        from spopt.region import MaxPHeuristic
    except ImportError:
        return None
    import warnings

    def solve() -> Labels:
        labels = np.zeros(len(frame), dtype=np.int64)
        names = np.zeros(len(frame)) if parent is None else frame[parent].to_numpy()
        for name in np.unique(names):
            rows = np.flatnonzero(names == name)
            some = frame.iloc[rows].reset_index(drop=True)
            some = some.assign(x=some.geometry.centroid.x, y=some.geometry.centroid.y)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = MaxPHeuristic(
                    some, Rook.from_dataframe(some, use_index=False), ["x", "y"], "households", LOW, 2
                )
                model.solve()
            labels[rows] = np.asarray(model.labels_, dtype=np.int64) + 1 + labels.max()
        return labels

    return solve


def timed(action: Callable[[], Any]) -> tuple[Labels, float, float]:
    """The labels, the seconds, and the worst gap of the goals (NaN where nothing is proven)."""
    started = time.perf_counter()
    found = action()
    elapsed_s = time.perf_counter() - started
    if isinstance(found, np.ndarray):
        return found, elapsed_s, float("nan")
    return found.units["part"].to_numpy(), elapsed_s, max(goal["gap"] for goal in found.report["objectives"])


def timed_gap(action: Callable[[], tuple[Labels, float]]) -> tuple[Labels, float, float]:
    started = time.perf_counter()
    labels, gap = action()
    return labels, time.perf_counter() - started, gap


def row(task: str, way: str, frame: geopandas.GeoDataFrame, labels: Labels, elapsed_s: float, gap: float) -> None:
    """One line of the table; all figures are measured here from the labels."""
    _, labels = np.unique(labels, return_inverse=True)
    homes = frame["households"].to_numpy(dtype=np.int64)
    loads = metrics.part_weights(labels, homes)
    out = int((np.maximum(LOW - loads, 0) + np.maximum(loads - HIGH, 0)).sum())
    near = adjacency(frame.geometry, tolerance_m=0.5)
    proven = "—" if np.isnan(gap) else f"{100 * gap:.2f} %"
    walked = f"{household_km(frame, labels, homes):,.0f}"
    split = metrics.not_contiguous(near, labels)
    print(
        f"| {task} | {way} | {elapsed_s:.2f} s | {len(loads)} | {out:,} | {walked} | {proven} | {split} |", flush=True
    )


def household_km(frame: geopandas.GeoDataFrame, labels: Labels, homes: Labels) -> float:
    """Household-kilometres to the best site of each station."""
    points = shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()))
    total = 0.0
    for part in range(labels.max() + 1):
        mine = np.flatnonzero(labels == part)
        metres = np.hypot(*(points[mine][:, None] - points[mine][None, :]).transpose(2, 0, 1))
        total += float((homes[mine][:, None] * metres).sum(axis=0).min())
    return total / 1000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--only", nargs="*", default=())
    asked = parser.parse_args()
    main(asked.seconds, asked.only)
