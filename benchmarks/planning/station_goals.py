"""Stations by each goal alone and by weights, in pools of sixty and a hundred: value, bound, gap and time.

./run exec python benchmarks/planning/station_goals.py [--seconds 60] [--pools cells-60 …] [--goals type …]
"""

import argparse
import time
from typing import Any

import geopandas
import numpy as np
from stations import HIGH, LOW, lattice, tiles, uneven

from gridmgmt.planning.merge import merge

POOLS = {
    "cells-60": lambda: tiles(60, 1100, 1),
    "cells-100": lambda: tiles(100, 1100, 1),
    "lattice-100": lambda: lattice(10, 1100, 1),
    "uneven-60": lambda: uneven(60, 1100, 1),
}
ASKED: dict[str, dict[str, Any]] = {
    "walk": {"goals": ("walk",)},
    "type": {"goals": ("type",)},
    "upgrade": {"goals": ("upgrade",)},
    "staff": {"goals": ("staff",)},
    "premises": {"goals": ("premises",)},
    "stations, type, walk": {"goals": ("stations", "type", "walk")},
    "weights": {"weights": {"walk": 1.0, "stations": 300.0, "type": 0.2, "upgrade": 0.5, "staff": 30.0}},
}


def dressed(frame: geopandas.GeoDataFrame) -> tuple[geopandas.GeoDataFrame, Any]:
    """The pool with types, what premises lack and people, and the norms that premises miss; all drawn by chance."""
    rng = np.random.default_rng(100)
    count, homes = len(frame), frame["households"].to_numpy()
    rank = rng.integers(0, 3, count)
    people = np.maximum(1, np.rint(homes / 300 + rng.normal(0, 1.5, count))).astype(int)
    kinds = rng.choice(["old", "new", "village"], count, p=[0.4, 0.4, 0.2])
    return frame.assign(kind=kinds, lacks=rng.integers(0, 10, count) * 100, people=people), rank


def main(seconds: float, pools: list[str], goals: list[str]) -> None:
    """Print one line per pool and goal."""
    merge(tiles(8, 1100, 1), parent=None)
    print("| pool | goal | value | bound | gap | wall | CPU |\n|---|---|---|---|---|---|---|")
    for pool in pools or POOLS:
        frame, rank = dressed(POOLS[pool]())
        for goal in goals or ASKED:
            began, cpu = time.perf_counter(), time.process_time()
            how: dict[str, Any] = {"site_rank": rank} if goal == "premises" else {}
            columns: dict[str, Any] = {"kinds": "kind", "upgrade": "lacks", "staff": "people"}
            found = merge(frame, parent=None, low=LOW, high=HIGH, time_limit_s=seconds, **columns, **how, **ASKED[goal])
            worst = max(reversed(found.report["objectives"]), key=lambda row: row["gap"])
            figures = f"{worst['value']:,} | {worst['bound']:,} | {100 * worst['gap']:.2f} %"
            spent = f"{time.perf_counter() - began:.1f} s | {time.process_time() - cpu:.1f} s"
            print(f"| {pool} | {goal} | {figures} | {spent} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--pools", nargs="*", default=[], choices=list(POOLS))
    parser.add_argument("--goals", nargs="*", default=[], choices=list(ASKED))
    asked = parser.parse_args()
    main(asked.seconds, asked.pools, asked.goals)
