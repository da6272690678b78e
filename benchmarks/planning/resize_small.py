"""`resize` of small pools, as where whole grids move: how many plans are proven best, and the gap of the others.

./run exec python benchmarks/planning/resize_small.py [--seeds 8]

Squares of so many households, drawn by lot; each lies in the community of the nearest of some places, so that many of
these are too small or too large.
"""

import argparse
import statistics
import time

import geopandas as gpd
import numpy as np
import shapely

from gridmgmt.planning import resize

BOARDS = [  # across, up, fewest and most households of a square, communities
    (5, 5, 100, 300, 4),
    (6, 6, 100, 300, 5),
    (8, 6, 100, 400, 6),
    (8, 8, 200, 500, 9),
    (8, 8, 120, 200, 6),
    (12, 10, 120, 200, 14),
]


def board(across: int, up: int, fewest: int, most: int, communities: int, seed: int) -> gpd.GeoDataFrame:
    random = np.random.default_rng(seed)
    x, y = np.arange(across * up) % across, np.arange(across * up) // across
    place = random.choice(across * up, communities, replace=False)
    home = (np.abs(x[:, None] - x[place]) + np.abs(y[:, None] - y[place])).argmin(axis=1)
    squares = shapely.box(100.0 * x, 100.0 * y, 100.0 * (x + 1), 100.0 * (y + 1))
    households = random.integers(fewest, most + 1, across * up)
    return gpd.GeoDataFrame(geometry=squares, crs=4547).assign(households=households, community=home)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8)
    asked = parser.parse_args()
    resize(board(5, 5, 100, 300, 4, 99), current="community")  # compiles
    print("| squares | households | proven best | mean gap | largest gap | CPU, median / most |")
    print("|---|---|---|---|---|---|")
    for across, up, fewest, most, communities in BOARDS:
        gaps, spent = [], []
        for seed in range(asked.seeds):
            started = time.process_time()
            report = resize(board(across, up, fewest, most, communities, seed), current="community").report
            spent.append(time.process_time() - started)
            gaps.append(report["objective"]["gap"] if report["share_in_range"] == 1.0 else 1.0)
        print(
            f"| {across} × {up} | {fewest}–{most} | {sum(gap == 0 for gap in gaps)} of {asked.seeds} | "
            f"{100 * statistics.mean(gaps):.1f} % | {100 * max(gaps):.1f} % | "
            f"{statistics.median(spent):.1f} / {max(spent):.1f} s |",
            flush=True,
        )


if __name__ == "__main__":
    main()
